// Prompts as cards, one at a time. Without this file they stand below each other.

for (const section of document.querySelectorAll("[data-cards]")) {
  const cards = [...section.querySelectorAll("[data-cards-list] > li")];
  const { next, back, at: word } = section.dataset;
  if (cards.length < 2 || !next) continue;
  let at = 0;
  const place = document.createElement("p");
  place.className = "note";
  place.setAttribute("role", "status");
  const row = document.createElement("div");
  row.className = "acts";
  const button = (label, step) => {
    const made = document.createElement("button");
    made.type = "button";
    made.className = "btn btn--line";
    made.textContent = label;
    made.addEventListener("click", () => show((at + step + cards.length) % cards.length));
    return made;
  };
  row.append(button(back, -1), button(next, 1), place);
  section.append(row);
  function show(number) {
    at = number;
    cards.forEach((card, n) => (card.hidden = n !== at));
    place.textContent = word.replace("%1", at + 1).replace("%2", cards.length);
  }
  show(0);
}
