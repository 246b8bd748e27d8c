// Long texts on the desk outlive an expired sign-in: what stands in a field is kept in this tab until it was sent.
// <div data-keep="who:where"> around a textarea keeps it; <span data-kept="who:where"> on the page after says it arrived.

const STORE = "kept:";

function store() {
  try {
    return window.sessionStorage;
  } catch {
    return null; // a browser without storage keeps nothing
  }
}

function fields() {
  return [...document.querySelectorAll("[data-keep] textarea")].map((field) => [STORE + field.closest("[data-keep]").dataset.keep, field]);
}

function bringBack() {
  for (const [key, field] of fields()) {
    const words = store()?.getItem(key);
    if (words && !field.value) {
      field.value = words;
      field.dispatchEvent(new Event("input", { bubbles: true }));
    }
  }
}

document.addEventListener("input", () => {
  for (const [key, field] of fields()) field.value ? store()?.setItem(key, field.value) : store()?.removeItem(key);
});

for (const sign of document.querySelectorAll("[data-kept]")) store()?.removeItem(STORE + sign.dataset.kept);

// Whoever signs out leaves nothing behind.
document.addEventListener("submit", (event) => {
  if (!new URL(event.target.action, location.href).pathname.endsWith("/logout/")) return;
  for (const key of Object.keys(store() ?? {}).filter((one) => one.startsWith(STORE))) store().removeItem(key);
});

bringBack();
document.addEventListener("htmx:afterSettle", () => {
  for (const [key, field] of fields()) if (field.value) store()?.setItem(key, field.value);
});
