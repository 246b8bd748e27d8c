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

/** What was typed and not saved yet, for the beacon: the page that knows it is asked before it is gone. */
function lastWords() {
  const told = { save: "", token: "", drafts: [] };
  document.dispatchEvent(new CustomEvent("attune:leave", { detail: told }));
  if (!told.drafts.length) return undefined;
  const body = new URLSearchParams([["save", told.save], ["csrfmiddlewaretoken", told.token]]);
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
