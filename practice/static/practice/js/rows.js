// One more row of a form set, without asking the server. Without this file the button asks it.

const MARKS = "abcdef";

document.addEventListener("click", (event) => {
  const button = event.target.closest?.("[data-add-row]");
  if (!button) return;
  const form = button.form;
  const total = form.elements[`${button.dataset.addRow}-TOTAL_FORMS`];
  const next = Number(total.value);
  event.preventDefault();
  const row = form.querySelector("template[data-row]").content.cloneNode(true);
  for (const node of row.querySelectorAll("*")) {
    for (const { name, value } of [...node.attributes]) {
      if (value.includes("__prefix__")) node.setAttribute(name, value.replaceAll("__prefix__", next));
    }
  }
  row.querySelectorAll("[data-number]").forEach((node) => node.replaceChildren(String(next + 1)));
  row.querySelectorAll("[data-mark]").forEach((node) => (node.className = `who who--${MARKS[next]}`));
  form.querySelector("[data-rows]").append(row);
  total.value = next + 1;
  form.querySelector("[data-rows] > :last-child input")?.focus();
  if (next + 1 >= Number(button.dataset.most)) button.remove();
});
