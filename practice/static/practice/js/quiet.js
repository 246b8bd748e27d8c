// Portal pages leave few traces: moving between them replaces the history entry instead of adding one.
// Every page carries its own way back. `data-push` on a link keeps the browser's usual behaviour.

document.addEventListener("click", (event) => {
  if (event.defaultPrevented || event.button || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
  const link = event.target.closest?.("a[href]");
  if (!link || link.target || link.hasAttribute("download") || "push" in link.dataset || "leave" in link.dataset) return;
  const to = new URL(link.href, location.href);
  if (to.origin !== location.origin) return;
  if (to.hash && to.pathname === location.pathname && to.search === location.search) return;
  event.preventDefault();
  location.replace(to.href);
});

// A page that comes back out of the browser's memory asks the server whether it may still be seen.
addEventListener("pageshow", (event) => {
  if (event.persisted) location.reload();
});
