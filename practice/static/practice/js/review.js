// Working through answers by key: j and k move, r marks, u takes back, c comments, b brings to the session.
// The keys live inside the pile and only while something in it has the focus; without this file all is buttons.

const pile = document.querySelector("[data-pile]");
const cards = () => [...pile.querySelectorAll("[data-work]")];

function move(from, by) {
  const all = cards();
  const to = all[Math.min(Math.max(all.indexOf(from) + by, 0), all.length - 1)];
  to?.focus();
  to?.scrollIntoView({ block: "nearest" });
}

pile?.addEventListener("click", (event) => {
  if (!event.target.closest("a, button, input, textarea, summary")) event.target.closest("[data-work]")?.focus();
});

pile?.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.matches("input, textarea, select")) return;
  const card = event.target.closest("[data-work]");
  if (!card) return;
  if (event.key === "j" || event.key === "k") {
    event.preventDefault();
    move(card, event.key === "j" ? 1 : -1);
    return;
  }
  const control = /^[rucb]$/.test(event.key) && card.querySelector(`[data-key="${event.key}"]`);
  if (control) {
    event.preventDefault();
    control.click();
  }
});

// The card that comes in place of another has the focus once its buttons are wired, so that the next key finds it.
document.addEventListener("htmx:afterSettle", (event) => {
  const id = event.detail.target?.id;
  if (id?.startsWith("work-")) document.getElementById(id)?.focus({ preventScroll: true });
});
