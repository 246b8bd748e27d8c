// Notifications on this phone. On every page of the portal: what was shown is taken away, and a browser that
// belongs to somebody else by now forgets. On the page about reaching you: switching them on, after a tap.

const HERE = "attune-device";

function token() {
  return JSON.parse(document.body.getAttribute("hx-headers") ?? "{}")["X-CSRFToken"] ?? "";
}

function tell(path, words) {
  return fetch(path, {
    method: "POST",
    redirect: "error",
    headers: { "Content-Type": "application/json", "X-CSRFToken": token() },
    body: JSON.stringify(words),
  });
}

async function worker() {
  return navigator.serviceWorker?.getRegistration("/");
}

// Is this browser's subscription that of who is signed in? Anybody else's is dropped.
async function settle() {
  const registration = await worker();
  if (!registration) return false;
  registration.update().catch(() => {});
  for (const note of await registration.getNotifications()) note.close();
  const subscription = await registration.pushManager.getSubscription();
  if (!subscription) return false;
  if (sessionStorage.getItem(HERE) && !part) return true;
  const answer = await tell("/portal/devices/here/", { endpoint: subscription.endpoint });
  if (answer.ok) {
    sessionStorage.setItem(HERE, "1");
    return true;
  }
  if (answer.status === 404) await subscription.unsubscribe();
  return false;
}

// ── the part of the page ────────────────────────────────────────────────────

const part = document.querySelector("[data-devices]");

function show(name) {
  for (const one of part.querySelectorAll("[data-device-say]")) one.hidden = one.dataset.deviceSay !== name;
}

function possible() {
  return "serviceWorker" in navigator && "PushManager" in window && "Notification" in window;
}

async function switchOn() {
  if ((await Notification.requestPermission()) !== "granted") {
    show("denied");
    return;
  }
  await navigator.serviceWorker.register("/sw.js", { scope: "/", updateViaCache: "none" });
  const registration = await navigator.serviceWorker.ready;
  // Never take over what somebody else had subscribed here.
  await (await registration.pushManager.getSubscription())?.unsubscribe();
  const options = { userVisibleOnly: true, applicationServerKey: part.dataset.devices };
  const subscription = await registration.pushManager.subscribe(options);
  const answer = await tell("/portal/devices/", subscription);
  if (!answer.ok) {
    await subscription.unsubscribe();
    throw new Error(String(answer.status));
  }
  sessionStorage.setItem(HERE, "1");
  location.reload();
}

async function offer() {
  const here = await settle().catch(() => false);
  if (!part || here) return;
  // iPhones show notifications only for what stands on the home screen.
  if (navigator.standalone === false) show("install");
  else if (!possible()) show("impossible");
  else if (Notification.permission === "denied") show("denied");
  else show("off");
}

part?.querySelector("[data-device-on]").addEventListener("click", (event) => {
  const button = event.currentTarget;
  button.disabled = true;
  switchOn()
    .catch(() => show("failed"))
    .finally(() => {
      button.disabled = false;
    });
});

// A phone that was lent for a while is still its owner's.
if (!document.querySelector("[data-lent]")) offer();
