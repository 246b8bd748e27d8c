// Nobody has done anything here for a while: say so two minutes before the sign-in ends, and then end it. What was
// typed into a form that does not save itself is handed over, sealed, to wait for the same person.

const notice = document.querySelector("[data-rests]");
const REST = Number(notice.dataset.rests) * 1000;
const WARNING = 120 * 1000;
const tabs = "BroadcastChannel" in window ? new BroadcastChannel("attune-resting") : null;

let last = Date.now();
let typed = null;

function act(tell = true) {
  last = Date.now();
  notice.hidden = true;
  if (tell) tabs?.postMessage("act");
}

tabs?.addEventListener("message", () => act(false));
tabs?.postMessage("act");

// What a person does on the page and the server hears of counts; what the page asks for by itself does not.
document.addEventListener("htmx:beforeRequest", (event) => {
  if (!event.detail.requestConfig?.headers?.["X-By-Itself"]) act();
});

// Whoever writes for long is there, though their page only saves by itself: say so, once a minute at most.
let told = Date.now();
function writes() {
  act();
  if (Date.now() - told < 60 * 1000) return;
  told = Date.now();
  post(notice.dataset.still, new URLSearchParams()).catch(() => null);
}

document.addEventListener("input", (event) => {
  if (event.isTrusted) writes();
  const form = event.target.form;
  if (form?.method === "post" && !form.matches("[data-save], [data-write]")) typed = form;
});
document.addEventListener("submit", () => (typed = null));

const headers = () => {
  try {
    return JSON.parse(document.body.getAttribute("hx-headers"));
  } catch {
    return {};
  }
};

const token = () => headers()?.["X-CSRFToken"] ?? document.querySelector("[name=csrfmiddlewaretoken]")?.value ?? "";

function post(url, fields) {
  return fetch(url, { method: "POST", body: fields, headers: { "X-CSRFToken": token() }, credentials: "same-origin" });
}

notice.querySelector("button").addEventListener("click", async () => {
  const answer = await post(notice.dataset.still, new URLSearchParams()).catch(() => null);
  if (answer?.status === 204) act();
  else end();
});

async function end() {
  clearInterval(watch);
  const fields = new URLSearchParams();
  const waits = typed?.isConnected;
  if (waits) {
    for (const [name, value] of new FormData(typed)) if (typeof value === "string") fields.append(name, value);
    const to = new URL(typed.action || location.href, location.href);
    fields.set("path", to.pathname + to.search);
  }
  const then = waits ? notice.dataset.kept : location.pathname + location.search;
  await post(notice.dataset.rest, fields).catch(() => null);
  document.body.replaceChildren();
  location.replace(`${notice.dataset.again}?next=${encodeURIComponent(then)}`);
}

const watch = setInterval(() => {
  const rested = Date.now() - last;
  if (rested >= REST) end();
  else if (rested >= REST - WARNING && notice.hidden) notice.hidden = false;
}, 5000);
