// Offers the device's own time zone where nobody has chosen one yet. It can still be changed.

const known = Intl.DateTimeFormat().resolvedOptions().timeZone;
for (const select of document.querySelectorAll("select[data-own-zone]")) {
  const chosen = select.querySelector("option[selected]");
  if (!chosen && known && [...select.options].some((option) => option.value === known)) select.value = known;
}
