// A phone that changes hands: nothing of the first person stays in it, and Back finds nothing.

function forget(name) {
  try {
    const store = window[name];
    Object.keys(store).filter((key) => key.startsWith("attune")).forEach((key) => store.removeItem(key));
  } catch {
    // Storage may be switched off; then there is nothing of ours in it.
  }
}

if (document.querySelector("[data-forget]")) {
  forget("localStorage");
  forget("sessionStorage");
  document.querySelector("h1")?.focus({ preventScroll: true });
}

// The page that is left gives its place in the history to the one that follows.
document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (!form.matches("[data-replace]")) return;
  event.preventDefault();
  try {
    const answer = await fetch(form.action, { method: "POST", body: new URLSearchParams(new FormData(form)) });
    if (!answer.ok) throw new Error(String(answer.status));
    document.body.replaceChildren();
    location.replace(answer.url);
  } catch {
    form.submit();
  }
});

// Lent to one person for a while: when nobody touches it, it closes by itself.
const lent = document.querySelector("[data-lent]");
if (lent) {
  let timer;
  const wait = () => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      forget("localStorage");
      document.body.replaceChildren();
      location.replace(lent.dataset.lent);
    }, Number(lent.dataset.idle) * 1000);
  };
  for (const sign of ["pointerdown", "keydown", "input"]) document.addEventListener(sign, wait, { passive: true });
  wait();
}
