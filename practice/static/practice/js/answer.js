// Answers are saved as they are typed, and never lost on the way. Every page works without this file, too.
//
// What the server has not confirmed stays on this phone under one key per person and occurrence:
// { "question page": { parts: [...], base: 3, at: 0 } }. `page` is one load of one page, so that two tabs never
// write over each other. An entry goes as soon as the server has it, on sending and on Leave.

const form = document.querySelector("form[data-answer]");
const STORE = "attune:";
const OLDEST = 14 * 24 * 3600 * 1000;
const PAUSE = 800;
const FAR_APART = 60000;
const HERE = Array.from(crypto.getRandomValues(new Uint8Array(6)), (one) => one.toString(36)).join("");

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

// After going on, the page's heading is read; after 'add another' and 'change', what was added or is to be
// changed; and what needs another look before anything else.
const spot = location.hash.length > 1 ? document.getElementById(location.hash.slice(1)) : null;
const first =
  document.querySelector("[data-error-summary]") ??
  (spot?.closest("main form") && spot.querySelector("input:not([type=hidden]), textarea, select")) ??
  document.querySelector("main h1[tabindex='-1']");
first?.focus({ preventScroll: !spot && !first.matches("[data-error-summary]") });

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
  const questions = [...form.querySelectorAll("input[type=hidden][name=question]")].map((one) => one.value);
  const version = Number(form.querySelector("[name=base_version]")?.value ?? 0);
  /** For each question the count of the draft that its field was made from. */
  const bases = new Map(questions.map((name) => [name, version]));
  const clashes = new Map();
  let timer = 0;
  let again = 0;
  let tries = 0;
  let underWay = null;

  // As long as this page is open, its entries are its own.
  navigator.locks?.request(`attune:${HERE}`, () => new Promise(() => {}));

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

  const isChoice = (one) => one.type === "radio" || one.type === "checkbox";
  const controls = (name) => [...form.elements].filter((one) => one.name === name && one.type !== "hidden" && one.type !== "submit");

  /** Whether a control says something: words beside 'something else' only while that is chosen, a unit never alone. */
  function counts(one, all) {
    if (isChoice(one)) return one.checked;
    if (one.value === "") return false;
    if ("ownWords" in one.dataset) return all.some((other) => "other" in other.dataset && other.checked);
    if ("unit" in one.dataset) return all.some((other) => other !== one && other.value !== "" && !isChoice(other));
    return true;
  }

  function parts(name) {
    const all = controls(name);
    return all.filter((one) => counts(one, all)).map((one) => one.value);
  }

  const FITS = { date: /^\d{4}-\d\d-\d\d$/, time: /^\d\d:\d\d/ };

  function fill(name, wanted) {
    const left = wanted.flatMap((one) => (/^\d{4}-\d\d-\d\dT/.test(one) ? one.split("T") : [one]));
    const all = controls(name);
    const take = (fits) => {
      const at = left.findIndex(fits);
      return at < 0 ? null : left.splice(at, 1)[0];
    };
    for (const one of all.filter(isChoice)) one.checked = take((part) => part === one.value) !== null;
    for (const one of all.filter((control) => control.tagName === "SELECT")) {
      const options = [...one.options].map((option) => option.value);
      one.value = take((part) => options.includes(part)) ?? options[0];
    }
    for (const one of all.filter((control) => control.type in FITS)) one.value = take((part) => FITS[one.type].test(part)) ?? "";
    for (const one of all.filter((control) => !isChoice(control) && control.tagName !== "SELECT" && !(control.type in FITS))) {
      one.value = left.shift() ?? "";
    }
    showRoom(name);
  }

  const same = (one, other) => one.length === other.length && one.every((part, n) => part === other[n]);

  // ── saving ──

  const label = (name, page = HERE) => `${name} ${page}`;
  const split = (entry) => entry.split(" ");

  function keep(name) {
    const entries = stored(key);
    const base = entries[label(name)]?.base ?? bases.get(name);
    entries[label(name)] = { parts: parts(name), base, at: Date.now() };
    store(key, entries);
  }

  /** The server has it: forget it here, or, when more was typed meanwhile, build that on what the server has. */
  function drop(entry, sentParts, at) {
    const entries = stored(key);
    if (!entries[entry]) return;
    if (same(entries[entry].parts, sentParts)) delete entries[entry];
    else if (at) entries[entry].base = at;
    store(key, entries);
  }

  const fieldsOf = (name, entry) => [
    ["base_version", String(entry.base)],
    ["question", name],
    ...entry.parts.map((part) => [name, part]),
  ];

  /** Show where to turn, or put it away again; only on the page that asks. */
  function support(needed) {
    const help = document.querySelector("[data-support]");
    if (help) help.hidden = !needed;
  }

  /** Send one question's input; true when the server has it. */
  async function saveOne(id, entry) {
    const [name] = split(id);
    const answer = await post(form.dataset.save, fieldsOf(name, entry));
    const told = await answer.json().catch(() => ({}));
    if (told.state === "saved") {
      if (id === label(name)) bases.set(name, told.version);
      drop(id, entry.parts, told.version);
      say(words.saved.replace("%s", told.at), "saved");
      if (told.shown) follow(told.shown);
      if ("help" in told) support(told.help);
      return true;
    }
    if (told.state === "changed") return meetClash(id, entry, told);
    if (told.state === "sent") {
      forget(key);
      location.replace(told.url);
      return false;
    }
    if (told.state === "too_long") say(told.message, "kept");
    else say(words.over, "kept");
    return false;
  }

  /** Send everything that is only on this phone, the oldest first. */
  async function saveAll() {
    let all = true;
    const waiting = Object.entries(stored(key)).sort(([, one], [, other]) => (one.at ?? 0) - (other.at ?? 0));
    for (const [id, entry] of waiting) {
      if (clashes.has(split(id)[0])) all = false;
      else if (await isOurs(id)) all = (await saveOne(id, entry)) && all;
    }
    tries = 0;
    return all && !clashes.size;
  }

  /** Whether an entry is this page's, or of a page that is no longer there. */
  async function isOurs(id) {
    const page = split(id)[1];
    if (!page || page === HERE) return true;
    if (!navigator.locks) return true;
    return navigator.locks.request(`attune:${page}`, { ifAvailable: true }, (lock) => lock !== null);
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

  const waitingHere = () => Object.keys(stored(key)).filter((id) => [HERE, undefined].includes(split(id)[1]));

  async function settled() {
    // What was typed while a save was under way needs one of its own.
    for (let n = 0; n < 3; n++) {
      if (!(await sync())) return false;
      if (!waitingHere().length) return true;
    }
    return false;
  }

  // ── the same question, changed in another place ──

  function meetClash(id, entry, told) {
    const [name] = split(id);
    const both = told.questions.find((one) => one.key === name);
    if (!both || same(both.mine, both.kept)) {
      drop(id, entry.parts, told.version);
      return true;
    }
    if (!bases.has(name)) return true; // its own page asks, when it is opened
    clashes.set(name, both);
    const box = document.createElement("div");
    box.className = "notice";
    box.setAttribute("role", "alert");
    box.append(...icon("changed"), text("h3", words.changed));
    const asked = form.querySelector(`[data-question="${CSS.escape(name)}"] legend`);
    if (questions.length > 1 && asked) box.append(text("p", asked.textContent));
    box.append(text("p", words.changed_here));
    box.append(text("blockquote", both.mine_words || words.left_out, "why"));
    box.append(text("p", words.changed_there));
    box.append(text("blockquote", both.kept_words || words.left_out, "why"));
    const acts = document.createElement("div");
    acts.className = "acts";
    const settle = (chosen) => settleClash(box, id, chosen, told.version);
    acts.append(
      // More may have been typed meanwhile: what stands in the field is what is meant.
      choice(words.take_mine, () => settle(id === label(name) ? parts(name) : entry.parts)),
      choice(words.take_kept, () => settle(both.kept)),
    );
    box.append(acts);
    const place = form.querySelector("[data-conflict]");
    place.append(box);
    place.hidden = false;
    say(words.kept, "kept");
    return false;
  }

  function settleClash(box, id, chosen, at) {
    const [name] = split(id);
    clashes.delete(name);
    bases.set(name, at);
    drop(id, stored(key)[id]?.parts ?? []);
    fill(name, chosen);
    box.remove();
    form.querySelector("[data-conflict]").hidden = !clashes.size;
    keep(name);
    sync();
    controls(name)[0]?.focus();
  }

  function text(tag, words_, className = "") {
    const made = document.createElement(tag);
    made.textContent = words_;
    if (className) made.className = className;
    return made;
  }

  function choice(label_, act) {
    const made = text("button", label_, "btn btn--line");
    made.type = "button";
    made.addEventListener("click", act);
    return made;
  }

  // ── what is asked follows from what was answered: the server decides, the page shows it ──

  function follow(shown) {
    const keys = new Set(shown);
    let more = 0;
    let fewer = 0;
    for (const block of form.querySelectorAll("[data-block]")) {
      if (block.classList.contains("block--add")) continue;
      const hide = !keys.has(block.dataset.block);
      if (hide === block.hidden) continue;
      if (hide && block.contains(document.activeElement)) continue;
      block.hidden = hide;
      if (hide) fewer += 1;
      else more += 1;
    }
    const changes = document.querySelector("[data-changes]");
    if (changes && (more || fewer)) changes.textContent = more ? words.more : words.fewer;
  }

  // ── typing ──

  function showRoom(name) {
    for (const area of form.querySelectorAll("textarea[data-limit]")) {
      if (name && area.name !== name) continue;
      const note = area.closest("[data-question]")?.querySelector("[data-room]");
      if (!note) continue;
      const left = Number(area.dataset.limit) - [...area.value.normalize("NFC").trim()].length;
      note.hidden = left > Math.max(50, Number(area.dataset.limit) / 20);
      note.textContent = note.hidden ? "" : (left < 0 ? words.over_room : words.room).replace("%s", Math.abs(left));
    }
  }

  form.addEventListener("input", (event) => {
    const control = event.target;
    if (!bases.has(control.name)) return;
    const all = controls(control.name);
    // Words of one's own are an answer of their own: writing them chooses it.
    if ("ownWords" in control.dataset && control.value) for (const one of all) if ("other" in one.dataset) one.checked = true;
    // 'Rather not say' and 'none of these' stand alone.
    if (isChoice(control) && control.checked) {
      for (const one of all) {
        if (one !== control && one.checked && ("alone" in control.dataset || "alone" in one.dataset)) one.checked = false;
      }
    }
    showRoom(control.name);
    keep(control.name);
    clearTimeout(timer);
    timer = setTimeout(sync, isChoice(control) || control.tagName === "SELECT" ? 150 : PAUSE);
  });
  showRoom();

  // ── coming back ──

  /** Take over what an earlier page left on this phone: the newest into its field, to be saved from here. */
  async function adopt() {
    const found = new Map();
    for (const [id, entry] of Object.entries(stored(key))) {
      const [name] = split(id);
      if (!bases.has(name) || !(await isOurs(id))) continue;
      if (!found.has(name) || (found.get(name).entry.at ?? 0) < (entry.at ?? 0)) found.set(name, { id, entry });
    }
    for (const [name, { id, entry }] of found) {
      const entries = stored(key);
      if (id === label(name) || !entries[id]) continue;
      delete entries[id];
      entries[label(name)] = entry;
      store(key, entries);
      if (same(entry.parts, parts(name))) continue;
      fill(name, entry.parts);
      say(words.kept, "kept");
    }
  }

  async function restore() {
    await adopt();
    if (!Object.keys(stored(key)).length) return;
    const all = await sync();
    // The check page shows what the server has: now it has more.
    if (all && !going && !questions.length && !Object.keys(stored(key)).length) location.reload();
  }

  restore();
  addEventListener("online", () => {
    tries = 0;
    sync();
  });
  addEventListener("offline", () => {
    if (waitingHere().length) sayKept();
  });
  // The quick exit empties this phone: what is not saved yet goes along with its beacon.
  document.addEventListener("attune:leave", (event) => {
    const entries = stored(key);
    event.detail.save = form.dataset.save;
    event.detail.token = token();
    for (const name of questions) {
      const mine = entries[label(name)];
      if (mine && !clashes.has(name)) event.detail.drafts.push(fieldsOf(name, mine));
    }
  });
  addEventListener("pagehide", () => {
    const entries = stored(key);
    for (const name of questions) {
      const mine = entries[label(name)];
      if (!mine || clashes.has(name)) continue;
      const body = new URLSearchParams(fieldsOf(name, mine));
      // Too large for a last word (64 kB): it waits on this phone and goes next time.
      if (body.toString().length < 60000) fetch(form.dataset.save, { method: "POST", body, keepalive: true, headers: { "X-CSRFToken": token() } }).catch(() => {});
    }
  });

  // ── going on, and sending ──

  let going = false;

  function busy(button, on) {
    if (on) button?.setAttribute("aria-disabled", "true");
    else button?.removeAttribute("aria-disabled");
  }

  const stop = document.querySelector("a[data-stop]");
  const stopButton = form.querySelector("button[value=stop]");
  if (stop && stopButton) {
    stop.addEventListener("click", (event) => {
      event.preventDefault();
      form.requestSubmit(stopButton);
    });
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
    if (await settled()) await natively(button);
  }

  /** Post the form as it is: the server looks at the answers and leads on, or shows what is to be changed. */
  async function natively(button) {
    // What is sent is what was saved: of a question only what counts as its answer.
    const fields = [...new FormData(form)].filter(([name]) => !bases.has(name));
    for (const name of questions) fields.push(...parts(name).map((part) => [name, part]));
    if (button?.name) fields.push([button.name, button.value]);
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
      leadTo((await answer.json()).url);
      return;
    }
    HTMLFormElement.prototype.submit.call(withButton(button));
  }

  /** Go to an address; to this page's own it goes by loading it anew. */
  function leadTo(url) {
    const to = new URL(url, location.href);
    const here = to.pathname === location.pathname && to.search === location.search;
    location.replace(to);
    if (here && to.hash) location.reload();
  }

  function withButton(button) {
    for (const name of questions) {
      const all = controls(name);
      for (const one of all) if ("ownWords" in one.dataset && !counts(one, all)) one.disabled = true;
    }
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
