// A message that was on the screen was read: says so quietly. Without this file a button does.

const form = document.querySelector("[data-seen]");

async function seen() {
  const body = new FormData(form);
  body.append("quietly", "1");
  try {
    await fetch(form.action, { method: "POST", body, credentials: "same-origin", headers: { "X-By-Itself": "1" } });
  } catch {
    // No line: it simply stays new until the next visit.
  }
}

if (form) seen();
