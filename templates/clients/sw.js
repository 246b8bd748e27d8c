{% load i18n static %}// Shows notifications, and does nothing else: no page is kept, none is answered by this script.

const WORDS = "{% filter escapejs %}{% translate 'You have something to look at' %}{% endfilter %}";
const ICON = "{% static 'practice/icon-192.png' %}";

// A new release takes over at once, also in pages that are open.
self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

function said(event) {
  try {
    return event.data?.json() ?? {};
  } catch {
    return {};
  }
}

function inside(link) {
  const to = new URL(String(link || "/"), self.location.origin);
  return to.origin === self.location.origin ? to.href : self.location.origin;
}

// One tag: a newer notification takes the place of an older one, they never pile up.
self.addEventListener("push", (event) => {
  const { title, link } = said(event);
  const shown = { icon: ICON, tag: "attune", data: { link: inside(link) } };
  event.waitUntil(self.registration.showNotification(String(title || WORDS), shown));
});

async function open(link) {
  const windows = await self.clients.matchAll({ type: "window", includeUncontrolled: true });
  for (const one of windows) {
    try {
      await one.focus();
      return await one.navigate(link);
    } catch {
      // That page can not be led there, or is gone: another one, or a new one.
    }
  }
  return self.clients.openWindow(link);
}

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(open(inside(event.notification.data?.link)));
});

// The browser changed its subscription by itself. Whoever is signed in here takes the new one over; else the
// next visit finds the old one gone, and offers to switch on again.
async function renew(before, fresh) {
  const asked = await fetch("/portal/devices/here/", { redirect: "error" });
  if (!asked.ok) return;
  const { key, token } = await asked.json();
  const options = { userVisibleOnly: true, applicationServerKey: key };
  const subscription = fresh ?? (await self.registration.pushManager.subscribe(before?.options ?? options));
  await fetch("/portal/devices/", {
    method: "POST",
    redirect: "error",
    headers: { "Content-Type": "application/json", "X-CSRFToken": token },
    body: JSON.stringify(subscription),
  });
}

self.addEventListener("pushsubscriptionchange", (event) => {
  event.waitUntil(renew(event.oldSubscription, event.newSubscription));
});
