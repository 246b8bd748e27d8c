// Forms: sent once, errors met first, filters applied as they change. Each works without this file, too.

const sent = new WeakSet();

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.getAttribute("method")?.toLowerCase() !== "post" || "again" in form.dataset || event.defaultPrevented) return;
  if (sent.has(form)) {
    event.preventDefault();
    return;
  }
  sent.add(form);
  // aria-disabled, not disabled: a disabled button would not be sent along with its name and value.
  event.submitter?.setAttribute("aria-disabled", "true");
});

// A page that comes back out of the browser's memory may be sent again.
window.addEventListener("pageshow", (event) => {
  if (!event.persisted) return;
  for (const form of document.forms) {
    sent.delete(form);
    form.querySelectorAll('[type="submit"][aria-disabled]').forEach((button) => button.removeAttribute("aria-disabled"));
  }
});

// A button that says it is not available does nothing, by mouse or by key.
document.addEventListener("click", (event) => {
  const button = event.target.closest?.('button[aria-disabled="true"], a[aria-disabled="true"]');
  if (button) event.preventDefault();
  if (event.target.closest?.("[data-print]")) window.print();
});

document.addEventListener("change", (event) => {
  const form = event.target.form;
  if (form && "submitOnChange" in form.dataset) form.requestSubmit();
});

function meetErrors(root) {
  root.querySelector("[data-error-summary]")?.focus();
}

// An error link leads to the control itself, also where its id belongs to a group of choices.
document.addEventListener("click", (event) => {
  const link = event.target.closest?.("[data-error-summary] a[href^='#']");
  if (!link) return;
  const spot = document.getElementById(link.hash.slice(1));
  const control = spot?.matches("input, select, textarea, button") ? spot : spot?.querySelector("input, select, textarea");
  if (!control) return;
  event.preventDefault();
  control.focus();
  (control.closest(".field, fieldset") ?? control).scrollIntoView({ block: "start" });
});

meetErrors(document);
document.addEventListener("htmx:afterSwap", (event) => meetErrors(event.target));
