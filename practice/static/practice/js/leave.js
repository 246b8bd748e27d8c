// The quick exit. Everything here only makes the plain link faster and cleaner: without script,
// the same link ends the session on the server and shows another site.

const link = document.querySelector("a[data-leave]");
let left = false;

function forget(name) {
  try {
    const store = window[name];
    Object.keys(store).filter((key) => key.startsWith("attune")).forEach((key) => store.removeItem(key));
  } catch {
    // Storage may be switched off; then there is nothing of ours in it.
  }
}

async function closeNotifications() {
  const registrations = (await navigator.serviceWorker?.getRegistrations?.()) ?? [];
  for (const registration of registrations) {
    for (const note of await registration.getNotifications()) note.close();
  }
}

// A form that does not save itself waits on the server for its author. One with a password is none of those.
let typed = null;
document.addEventListener("input", (event) => {
  const form = event.target.form;
  if (form?.method === "post" && !form.matches("[data-save], [data-space]")) typed = form;
});
document.addEventListener("submit", () => (typed = null));

const begunForm = () => (typed?.isConnected && !typed.querySelector("[type=password]") ? typed : null);
const tokenOf = (form) => form?.elements.csrfmiddlewaretoken?.value ?? "";

function wordsOf(form) {
  const words = new URLSearchParams();
  for (const [name, value] of new FormData(form)) if (typeof value === "string") words.append(name, value);
  return words;
}

/** What was typed and not saved yet, for the beacon: the page that knows it is asked before it is gone. */
function lastWords() {
  const told = { save: "", token: "", drafts: [] };
  document.dispatchEvent(new CustomEvent("attune:leave", { detail: told }));
  const begun = begunForm();
  if (!told.drafts.length && !begun) return undefined;
  const body = new URLSearchParams([["save", told.save], ["csrfmiddlewaretoken", told.token || tokenOf(begun)]]);
  if (begun) {
    const to = new URL(begun.getAttribute("action") || location.href, location.href);
    body.append("path", to.pathname + to.search);
    body.append("form", wordsOf(begun).toString());
  }
  for (const draft of told.drafts) body.append("draft", new URLSearchParams(draft).toString());
  return body;
}

function leave() {
  left = true;
  const words = lastWords();
  // First what an onlooker sees: an empty page with no name, before any request.
  document.body.replaceChildren();
  document.title = "\u200b";
  forget("localStorage");
  forget("sessionStorage");
  forgetDevice().catch(() => {});
  // Words that are too long for a beacon stay behind: leaving must not wait for them.
  const gone = (words && navigator.sendBeacon?.(link.href, words)) || navigator.sendBeacon?.(link.href);
  if (!gone) fetch(link.href, { method: "POST", keepalive: true }).catch(() => {});
  // The entry that this page holds in the history becomes the neutral start page, and is then replaced.
  history.replaceState(null, "", link.dataset.start || "/");
  location.replace(link.dataset.away || link.href);
}

// No notice of one person may appear on a phone that another one uses now.
async function forgetDevice() {
  await closeNotifications();
  const registration = await navigator.serviceWorker?.getRegistration("/");
  await (await registration?.pushManager?.getSubscription())?.unsubscribe();
}

// Signing out ends what this phone kept for the person, too.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!form.action?.includes("/logout/")) return;
  forget("localStorage");
  forget("sessionStorage");
  if (!navigator.serviceWorker?.controller) return;
  event.preventDefault();
  const soon = new Promise((done) => setTimeout(done, 1000));
  Promise.race([forgetDevice().catch(() => {}), soon]).then(() => form.submit());
});

if (link) {
  link.addEventListener("click", (event) => {
    event.preventDefault();
    leave();
  });

  // Three times Shift, with no other key in between, within five seconds.
  const presses = [];
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Shift") presses.length = 0;
  });
  document.addEventListener("keyup", (event) => {
    if (event.key !== "Shift") return;
    presses.push(event.timeStamp);
    if (presses.length > 3) presses.shift();
    if (presses.length === 3 && presses[2] - presses[0] <= 5000) leave();
  });

  // Back must not bring the page out of the browser's memory.
  window.addEventListener("pageshow", (event) => {
    if (event.persisted && left) location.replace(link.dataset.away || link.href);
  });
}
