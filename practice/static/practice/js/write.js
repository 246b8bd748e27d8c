// The builder: htmx saves as one types; this file shows whether it arrived, renews the preview, and moves questions.
// Every page works without it, too: with buttons, and a frame that shows what was last saved.

const form = () => document.querySelector("form[data-write]");
const line = () => document.getElementById("saved");
const frame = document.getElementById("preview");
let dirty = false;
let again = 0;

// ── where it is ──

function say(kind) {
  const spot = line();
  if (!spot?.dataset[kind]) return;
  const text = document.createElement("span");
  text.textContent = spot.dataset[kind];
  spot.replaceChildren(text);
  spot.dataset.kind = kind;
}

document.addEventListener("input", (event) => {
  if (event.target.form !== form()) return;
  dirty = true;
  nameLine(event.target);
});

document.addEventListener("htmx:beforeRequest", (event) => {
  if (event.target === form()) say("saving");
});

document.addEventListener("htmx:afterRequest", (event) => {
  if (!event.detail.successful || event.detail.requestConfig?.verb !== "post") return;
  if (event.target === form()) dirty = false;
  show();
});

for (const name of ["htmx:sendError", "htmx:timeout"]) {
  document.addEventListener(name, () => {
    dirty = true;
    say("offline");
    window.clearTimeout(again);
    again = window.setTimeout(retry, 5000);
  });
}

document.addEventListener("htmx:responseError", () => {
  dirty = true;
  say("failed");
});

function retry() {
  if (dirty && form()) window.htmx.trigger(form(), "submit");
}

window.addEventListener("online", retry);
window.addEventListener("beforeunload", (event) => {
  if (dirty && line()?.dataset.kind) event.preventDefault();
});

// ── the phone beside it ──

/** Fetch the frame's page and put its new state in: no flicker, and it stays where it was scrolled to. */
async function show() {
  const inside = frame?.contentDocument;
  if (!inside?.querySelector("main")) return;
  try {
    const answer = await fetch(inside.location.href, { credentials: "same-origin", headers: { Accept: "text/html" } });
    if (!answer.ok) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const now = frame.contentDocument?.querySelector("main");
    if (page.querySelector("main")) now?.replaceWith(frame.contentDocument.adoptNode(page.querySelector("main")));
  } catch {
    // it shows the state before
  }
}

// ── lists that grow as they are filled ──

/** A new line of a list gets its lasting name when its first letter is typed, and an empty one follows it. */
function nameLine(control) {
  const lines = control.closest("[data-lines]");
  const one = control.closest(".lines__one");
  if (!lines || !one || control.value === "") return;
  const name = one.querySelector("input[type=hidden]");
  if (name && name.value === "") {
    name.value = `o_${Array.from(crypto.getRandomValues(new Uint8Array(4)), (byte) => byte.toString(16).padStart(2, "0")).join("")}`;
  }
  if (one !== lines.lastElementChild) return;
  const next = one.cloneNode(true);
  for (const input of next.querySelectorAll("input")) {
    input.value = "";
    if (input.id) input.id = `${input.id}-n`;
  }
  next.querySelectorAll("button, label").forEach((part) => part.remove());
  if (lines.children.length < 61) lines.append(next);
}

// ── moving questions: by the grip, with a finger, a mouse or the arrow keys ──

function send(list, values) {
  return window.htmx.ajax("POST", list.dataset.outline, {
    source: list.closest(".write"),
    swap: "none",
    values: { ...values, current: list.dataset.current },
  });
}

document.addEventListener("keydown", async (event) => {
  const grip = event.target.closest?.(".grip");
  if (!grip || !["ArrowUp", "ArrowDown"].includes(event.key)) return;
  event.preventDefault();
  const list = grip.closest("[data-outline]");
  await send(list, { act: event.key === "ArrowUp" ? "up" : "down", key: grip.closest("[data-key]").dataset.key });
  document.getElementById(grip.id)?.focus();
});

let held = null;

document.addEventListener("pointerdown", (event) => {
  const grip = event.target.closest?.(".grip");
  if (!grip || event.button > 0) return;
  held = { row: grip.closest("[data-key]"), list: grip.closest("[data-outline]"), grip, over: null };
  grip.setPointerCapture(event.pointerId);
  held.row.classList.add("is-held");
});

document.addEventListener("pointermove", (event) => {
  if (!held) return;
  event.preventDefault();
  const rows = [...held.list.querySelectorAll("[data-key]")].filter((row) => row !== held.row);
  const over = rows.find((row) => event.clientY < row.getBoundingClientRect().top + row.offsetHeight / 2) ?? null;
  rows.forEach((row) => row.classList.toggle("is-over", row === over));
  held.list.classList.toggle("is-over-end", over === null);
  held.over = over;
  held.moved = true;
});

for (const name of ["pointerup", "pointercancel"]) {
  document.addEventListener(name, async (event) => {
    if (!held) return;
    const { row, list, over, moved, grip } = held;
    held = null;
    row.classList.remove("is-held");
    list.classList.remove("is-over-end");
    list.querySelectorAll(".is-over").forEach((one) => one.classList.remove("is-over"));
    if (event.type === "pointercancel" || !moved || over === row.nextElementSibling) return;
    await send(list, { act: "before", key: row.dataset.key, other: over?.dataset.key ?? "" });
    document.getElementById(grip.id)?.focus();
  });
}

// ── a link from the gate leads to the field itself ──

function meet() {
  const spot = location.hash.length > 1 ? document.getElementById(decodeURIComponent(location.hash.slice(1))) : null;
  if (!spot) return;
  spot.closest("details")?.setAttribute("open", "");
  const control = spot.matches("input, select, textarea, button, [tabindex]") ? spot : spot.querySelector("input:not([type=hidden]), select, textarea");
  (control ?? spot).focus();
  spot.scrollIntoView({ block: "center" });
}

// Going to a fragment takes the focus away again, so this waits until the browser is done with it.
window.addEventListener("load", () => requestAnimationFrame(() => requestAnimationFrame(meet)));
window.addEventListener("hashchange", () => requestAnimationFrame(meet));
