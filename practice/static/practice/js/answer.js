// Answers are saved as they are typed, and never lost on the way. Every page works without this file, too.
//
// What the server has not confirmed stays on this phone under one key per person and occurrence:
// { question: { parts: [...], base: 3 } }. It goes as soon as the server has it, on sending and on Leave.

const form = document.querySelector("form[data-answer]");
const STORE = "attune:";
const OLDEST = 14 * 24 * 3600 * 1000;
const PAUSE = 800;
const FAR_APART = 60000;

// ── what is on this phone ──────────────────────────────────────────────────

function stored(key) {
  try {
    return JSON.parse(localStorage.getItem(STORE + key)) ?? {};
  } catch {
    return {};
  }
}

function store(key, entries) {
  try {
    if (Object.keys(entries).length) localStorage.setItem(STORE + key, JSON.stringify(entries));
    else localStorage.removeItem(STORE + key);
    return true;
  } catch {
    return false; // no room, or switched off: the server's copy is the only one
  }
}

function forget(key) {
  try {
    localStorage.removeItem(STORE + key);
  } catch {
    // nothing to forget
  }
}

function forgetOld() {
  try {
    for (const name of Object.keys(localStorage).filter((one) => one.startsWith(STORE))) {
      const newest = Math.max(0, ...Object.values(JSON.parse(localStorage.getItem(name)) ?? {}).map((one) => one.at ?? 0));
      if (Date.now() - newest > OLDEST) localStorage.removeItem(name);
    }
  } catch {
    // then there is nothing of ours
  }
}

forgetOld();
const sent = document.querySelector("[data-sent]");
if (sent) forget(sent.dataset.sent);

document.querySelector("main h1[tabindex='-1']")?.focus({ preventScroll: true });

// ── talking to the server ──────────────────────────────────────────────────

class SignedOut extends Error {}

/** Post urlencoded fields; a redirect means that the sign-in has expired. */
async function post(url, fields) {
  const answer = await fetch(url, {
    method: "POST",
    body: new URLSearchParams(fields),
    headers: { "X-CSRFToken": token(), Accept: "application/json" },
    redirect: "manual",
    credentials: "same-origin",
  });
  if (answer.type === "opaqueredirect" || answer.status === 403 || answer.status === 401) throw new SignedOut();
  if (answer.status >= 500 || answer.status === 429) throw new Error(`status ${answer.status}`);
  return answer;
}

function token() {
  return document.querySelector("[name=csrfmiddlewaretoken]")?.value ?? "";
}

if (form) start(form);

function start(form) {
  const key = form.dataset.answer;
  const words = JSON.parse(form.dataset.words);
  const line = document.querySelector("[data-status]");
  const question = form.querySelector("[name=question]")?.value;
  const version = form.querySelector("[name=base_version]");
  let timer = 0;
  let again = 0;
  let tries = 0;
  let underWay = null;
  let clash = null;

  // ── the line that says where it is ──

  const icon = (kind) => [...(document.querySelector(`template[data-icon="${kind}"]`)?.content.cloneNode(true).childNodes ?? [])];

  function say(text, kind = "") {
    if (!line) return;
    const said = document.createElement("span");
    said.textContent = text;
    line.replaceChildren(...icon(kind), said);
    line.dataset.kind = kind;
  }

  function sayKept(error) {
    say(words.kept, "kept");
    if (!(error instanceof SignedOut)) return;
    const link = document.createElement("a");
    link.href = form.dataset.signIn;
    link.textContent = words.sign_in;
    line.append(" ", link);
  }

  // ── what stands in the form ──

  const controls = () => [...form.elements].filter((one) => question && one.name === question && one.type !== "hidden");

  function parts() {
    return controls()
      .filter((one) => (one.type === "radio" || one.type === "checkbox" ? one.checked : one.value !== ""))
      .map((one) => one.value);
  }

  function fill(wanted) {
    const left = [...wanted];
    for (const one of controls()) {
      const choice = one.type === "radio" || one.type === "checkbox";
      if (choice) one.checked = wanted.includes(one.value);
      if (choice && one.checked) left.splice(left.indexOf(one.value), 1);
    }
    for (const one of controls()) {
      if (one.type !== "radio" && one.type !== "checkbox") one.value = left[0] ?? "";
    }
    showRoom();
  }

  const same = (one, other) => one.length === other.length && one.every((part, n) => part === other[n]);

  // ── saving ──

  function keep() {
    if (!question) return;
    const entries = stored(key);
    entries[question] = { parts: parts(), base: Number(version.value), at: Date.now() };
    store(key, entries);
  }

  function drop(name, sentParts) {
    const entries = stored(key);
    if (entries[name] && same(entries[name].parts, sentParts)) {
      delete entries[name];
      store(key, entries);
    }
  }

  /** Send one question's input; true when the server has it. */
  async function saveOne(name, entry) {
    const fields = [["base_version", String(entry.base)], ["question", name], ...entry.parts.map((part) => [name, part])];
    const answer = await post(form.dataset.save, fields);
    const told = await answer.json().catch(() => ({}));
    if (told.state === "saved") {
      if (version && name === question) version.value = told.version;
      else if (version && Number(version.value) === entry.base) version.value = told.version;
      drop(name, entry.parts);
      say(words.saved.replace("%s", told.at), "saved");
      return true;
    }
    if (told.state === "changed") return meetClash(name, entry, told);
    if (told.state === "sent") {
      forget(key);
      location.replace(told.url);
      return false;
    }
    if (told.state === "too_long") say(told.message, "kept");
    else say(words.over, "kept");
    return false;
  }

  /** Send everything that is only on this phone. */
  async function saveAll() {
    if (clash) return false;
    const waiting = Object.entries(stored(key));
    if (!waiting.length) return true;
    let all = true;
    for (const [name, entry] of waiting) all = (await saveOne(name, entry)) && all;
    tries = 0;
    return all;
  }

  function sync() {
    clearTimeout(timer);
    clearTimeout(again);
    underWay ??= saveAll()
      .catch((error) => {
        sayKept(error);
        // An expired sign-in is not mended by asking again.
        if (!(error instanceof SignedOut)) again = setTimeout(sync, Math.min(FAR_APART, 2000 * 2 ** tries++));
        return false;
      })
      .finally(() => (underWay = null));
    return underWay;
  }

  async function settled() {
    // What was typed while a save was under way needs one of its own.
    for (let n = 0; n < 3; n++) {
      if (!(await sync())) return false;
      if (!Object.keys(stored(key)).length) return true;
    }
    return false;
  }

  // ── the same question, changed in another place ──

  function meetClash(name, entry, told) {
    const both = told.questions.find((one) => one.key === name);
    if (!both || same(both.mine, both.kept)) {
      drop(name, entry.parts);
      return true;
    }
    if (name !== question) return true; // its own page asks, when it is opened
    clash = both;
    const place = form.querySelector("[data-conflict]");
    const box = document.createElement("div");
    box.className = "notice";
    box.setAttribute("role", "alert");
    box.append(...icon("changed"), text("h3", words.changed), text("p", words.changed_here));
    box.append(text("blockquote", both.mine_words || words.left_out, "why"));
    box.append(text("p", words.changed_there));
    box.append(text("blockquote", both.kept_words || words.left_out, "why"));
    const acts = document.createElement("div");
    acts.className = "acts";
    acts.append(
      choice(words.take_mine, () => settleClash(entry.parts, told.version)),
      choice(words.take_kept, () => settleClash(both.kept, told.version)),
    );
    box.append(acts);
    place.replaceChildren(box);
    place.hidden = false;
    say(words.kept, "kept");
    return false;
  }

  function settleClash(chosen, at) {
    clash = null;
    version.value = at;
    fill(chosen);
    const place = form.querySelector("[data-conflict]");
    place.replaceChildren();
    place.hidden = true;
    keep();
    sync();
    controls()[0]?.focus();
  }

  function text(tag, words_, className = "") {
    const made = document.createElement(tag);
    made.textContent = words_;
    if (className) made.className = className;
    return made;
  }

  function choice(label, act) {
    const made = text("button", label, "btn btn--line");
    made.type = "button";
    made.addEventListener("click", act);
    return made;
  }

  // ── typing ──

  function showRoom() {
    const area = form.querySelector("textarea[data-limit]");
    const note = form.querySelector("[data-room]");
    if (!area || !note) return;
    const left = Number(area.dataset.limit) - [...area.value.normalize("NFC").trim()].length;
    note.hidden = left > Math.max(50, Number(area.dataset.limit) / 20);
    note.textContent = note.hidden ? "" : (left < 0 ? words.over_room : words.room).replace("%s", Math.abs(left));
  }

  form.addEventListener("input", (event) => {
    const control = event.target;
    if (control.name !== question) return;
    // 'Rather not say' and 'none of these' stand alone.
    if (control.dataset && control.type !== "textarea" && control.checked) {
      for (const one of controls()) {
        if (one !== control && one.checked && ("alone" in control.dataset || "alone" in one.dataset)) one.checked = false;
      }
    }
    showRoom();
    keep();
    clearTimeout(timer);
    timer = setTimeout(sync, control.type === "textarea" || control.type === "text" ? PAUSE : 150);
  });
  showRoom();

  // ── coming back ──

  function restore() {
    const mine = question && stored(key)[question];
    if (mine && !same(mine.parts, parts())) {
      fill(mine.parts);
      say(words.kept, "kept");
    }
    const waiting = Object.keys(stored(key)).length;
    if (waiting) {
      sync().then((all) => {
        // The check page shows what the server has: now it has more.
        if (all && !question && !Object.keys(stored(key)).length) location.reload();
      });
    }
  }

  restore();
  addEventListener("online", () => {
    tries = 0;
    sync();
  });
  addEventListener("offline", () => {
    if (Object.keys(stored(key)).length) sayKept();
  });
  addEventListener("pagehide", () => {
    const mine = question && stored(key)[question];
    if (!mine || clash) return;
    const fields = [["base_version", String(mine.base)], ["question", question], ...mine.parts.map((part) => [question, part])];
    const body = new URLSearchParams(fields);
    // Too large for a last word (64 kB): it waits on this phone and goes next time.
    if (body.toString().length < 60000) fetch(form.dataset.save, { method: "POST", body, keepalive: true, headers: { "X-CSRFToken": token() } }).catch(() => {});
  });

  // ── going on, and sending ──

  let going = false;

  function busy(button, on) {
    if (on) button?.setAttribute("aria-disabled", "true");
    else button?.removeAttribute("aria-disabled");
  }

  form.addEventListener("submit", async (event) => {
    const button = event.submitter;
    if (button?.name === "use") {
      forget(key);
      return;
    }
    event.preventDefault();
    if (going) return;
    going = true;
    busy(button, true);
    try {
      await ("send" in form.dataset ? send(button) : goOn(button));
    } finally {
      going = false;
      busy(button, false);
    }
  });

  async function goOn(button) {
    if (!(await settled())) return;
    natively(button);
  }

  /** Post the form as it is: the server looks at the answer and leads on, or shows what is to be changed. */
  async function natively(button) {
    const fields = new FormData(form);
    if (button?.name) fields.append(button.name, button.value);
    let answer;
    try {
      answer = await fetch(form.action, {
        method: "POST",
        body: new URLSearchParams(fields),
        headers: { "X-CSRFToken": token(), Accept: "application/json" },
        redirect: "manual",
        credentials: "same-origin",
      });
    } catch (error) {
      sayKept(error);
      return;
    }
    if (answer.type === "opaqueredirect") {
      // Sent elsewhere, or signed out: this page's own address knows where to go.
      location.replace(form.action);
      return;
    }
    if (answer.headers.get("Content-Type")?.startsWith("application/json")) {
      location.replace((await answer.json()).url);
      return;
    }
    HTMLFormElement.prototype.submit.call(withButton(button));
  }

  function withButton(button) {
    if (button?.name) {
      const extra = document.createElement("input");
      Object.assign(extra, { type: "hidden", name: button.name, value: button.value });
      form.append(extra);
    }
    return form;
  }

  async function send(button) {
    if (!(await settled())) return;
    for (let n = 0; n < 6; n++) {
      try {
        const answer = await fetch(form.action, {
          method: "POST",
          body: new URLSearchParams(new FormData(form)),
          headers: { "X-CSRFToken": token() },
          credentials: "same-origin",
        });
        if (answer.status >= 500) throw new Error(`status ${answer.status}`);
        if (answer.redirected) {
          // Sent, or sign in first: either way the page to be on.
          location.replace(answer.url);
          return;
        }
        HTMLFormElement.prototype.submit.call(form); // shows what needs another look
        return;
      } catch {
        say(words.sending_again, "kept");
        await new Promise((wake) => setTimeout(wake, Math.min(15000, 1000 * 2 ** n)));
      }
    }
    say(words.not_sent, "kept");
    busy(button, false);
  }
}
