// Step by step, in step with the other phone. All steps are in the page: without a connection it goes on, and says
// where it is when the connection is back. Without this file the same buttons are plain forms.

const EVERY = 3000;
const AT_MOST = 30000;
const root = document.querySelector("[data-sitting]");
const watch = document.querySelector("[data-watch]");

class SignedOut extends Error {}

async function ask(url, fields) {
  const answer = await fetch(url, {
    method: fields ? "POST" : "GET",
    headers: { Accept: "application/json", ...(fields ? { "Content-Type": "application/x-www-form-urlencoded" } : {}) },
    body: fields ? new URLSearchParams(fields).toString() : undefined,
    redirect: "manual",
  });
  if (answer.type === "opaqueredirect" || [401, 403, 404].includes(answer.status)) throw new SignedOut();
  if (answer.status !== 200 && answer.status !== 409) throw new Error(String(answer.status));
  return { told: await answer.json(), behind: answer.status === 409 };
}

/** Ask again and again, slower while nothing answers or nothing changes; not at all while nobody looks. */
function keepAsking(url, heard, failed, idle = () => false) {
  let wait = EVERY;
  let same = 0;
  let last = "";
  async function round() {
    if (document.hidden || idle()) return void setTimeout(round, wait);
    try {
      const { told } = await ask(url);
      const version = `${told.key}.${told.version}.${told.ended}`;
      same = version === last ? same + 1 : 0;
      last = version;
      wait = same > 100 ? EVERY * 4 : same > 40 ? EVERY * 2 : EVERY;
      heard(told);
    } catch (error) {
      wait = Math.min(wait * 2, AT_MOST);
      if (failed(error)) return;
    }
    setTimeout(round, wait);
  }
  setTimeout(round, wait);
}

if (watch) {
  // A break that somebody calls closes the card, too.
  keepAsking(watch.dataset.watch, (told) => told.paused && location.replace(watch.dataset.away), (error) => error instanceof SignedOut);
}

if (root) walk();

function walk() {
  const words = JSON.parse(root.dataset.words);
  const of = Number(root.dataset.of);
  const find = (name) => document.querySelector(`[data-${name}]`);
  const form = document.getElementById("sitting");
  const token = form.elements.csrfmiddlewaretoken.value;
  const status = find("status");
  const still = matchMedia("(prefers-reduced-motion: reduce)");
  let state = JSON.parse(root.dataset.state);
  let waiting = [];
  let sending = false;
  let timerEnds = null;
  let restEnds = null;
  let rung = true;

  const say = (text) => { if (status.textContent !== text) status.textContent = text; };
  const show = (name, on) => { const spot = find(name); if (spot) spot.hidden = !on; };
  const pair = (seconds) => `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;

  function take(told) {
    const stepped = told.step !== state.step;
    if (told.timer === null) timerEnds = null;
    else if (timerEnds === null || told.timer !== state.timer) { timerEnds = Date.now() + told.timer * 1000; rung = told.timer <= 0; }
    restEnds = told.paused && told.rest !== null ? Date.now() + told.rest * 1000 : null;
    state = told;
    draw(stepped);
  }

  function draw(stepped = false) {
    const { step, paused } = state;
    const closing = step >= of;
    show("walk", !paused);
    show("rest", paused);
    show("dock-walk", !paused);
    show("dock-rest", paused);
    for (const one of document.querySelectorAll("[data-step]")) one.hidden = Number(one.dataset.step) !== step;
    for (const name of ["line", "turns", "timer", "deck", "next"]) show(name, !closing);
    show("end", closing);
    show("first", step === 0);
    show("back", step > 0);
    find("back").value = step - 1;
    find("next").value = step + 1;
    find("at").textContent = words.at.replace("%1", Math.min(step + 1, of)).replace("%2", of);
    root.querySelector("progress").value = Math.min(step + 1, of);
    for (const one of document.querySelectorAll("[data-turn]")) one.hidden = one.dataset.turn !== state.turn;
    if (stepped && !closing) choose(document.querySelector(`[data-step="${step}"]`).dataset.seconds);
    show("timer-off", timerEnds === null);
    show("timer-on", timerEnds !== null);
    if (paused && state.until) find("until").textContent = words.until.replace("%1", state.until);
    form.elements.version.value = state.version;
    tick();
  }

  function choose(seconds) {
    form.elements.seconds.value = seconds;
  }

  function tick() {
    if (timerEnds !== null) {
      const left = Math.max(Math.round((timerEnds - Date.now()) / 1000), 0);
      const about = Math.max(Math.ceil(left / 60), 1);
      find("left").textContent = left === 0 ? words.time_up : still.matches ? words.about.replace("%1", about) : words.left.replace("%1", pair(left));
      if (left === 0 && !rung) {
        rung = true;
        say(words.time_up);
        if (find("tone").querySelector("input").checked) tone();
      }
    }
    if (state.paused && restEnds !== null) {
      const left = Math.max(Math.ceil((restEnds - Date.now()) / 60000), 0);
      find("rest-left").textContent = ` · ${left ? words.rest_left.replace("%1", left) : words.rest_over}`;
    }
  }

  function tone() {
    const sound = new AudioContext();
    const note = sound.createOscillator();
    const loud = sound.createGain();
    note.frequency.value = 440;
    loud.gain.setValueAtTime(0.0001, sound.currentTime);
    loud.gain.exponentialRampToValueAtTime(0.12, sound.currentTime + 0.2);
    loud.gain.exponentialRampToValueAtTime(0.0001, sound.currentTime + 2.5);
    note.connect(loud).connect(sound.destination);
    note.start();
    note.stop(sound.currentTime + 2.6);
    note.onended = () => sound.close();
  }

  /** What pressing a button means, shown at once; the server hears of it when it can. */
  function foresee(name, value) {
    const next = { ...state };
    if (name === "to") Object.assign(next, { step: Math.min(Math.max(Number(value), 0), of), timer: null });
    else if (value === "pause") Object.assign(next, { paused: true, until: "", rest: null, timer: null });
    else if (value === "resume") Object.assign(next, { paused: false, rest: null });
    else if (value === "timer") { Object.assign(next, { timer: Number(form.elements.seconds.value) }); timerEnds = null; }
    else if (value === "still") next.timer = null;
    else if (value === "turn") {
      const all = [...document.querySelectorAll("[data-turn]")].map((one) => one.dataset.turn);
      Object.assign(next, { turn: all[(all.indexOf(state.turn) + 1) % all.length], timer: null });
    }
    take(next);
    // Focus follows one's own press only: what the other phone does moves nobody's place.
    const spot = state.paused ? find("rest") : document.querySelector("[data-step]:not([hidden])");
    if (name === "to" || value === "pause" || value === "resume") {
      spot.querySelector("h1").focus();
      scrollTo(0, 0);
    }
  }

  async function flush() {
    if (sending) return;
    sending = true;
    try {
      while (waiting.length) {
        const [name, value, extra] = waiting[0];
        const { told, behind } = await ask(root.dataset.move, { csrfmiddlewaretoken: token, version: state.version, [name]: value, ...extra });
        waiting.shift();
        if (told.ended) return void location.replace(root.dataset.home);
        if (behind) {
          waiting = waiting.filter(([, one]) => one === "pause");
          if (told.step !== state.step || told.paused !== state.paused) say(words.elsewhere);
        }
        if (waiting.length) Object.assign(state, { version: told.version, key: told.key });
        else take(told);
      }
      if (status.textContent === words.alone) say("");
    } catch (error) {
      say(error instanceof SignedOut ? words.signed_out : words.alone);
      if (!(error instanceof SignedOut)) setTimeout(flush, EVERY);
    } finally {
      sending = false;
    }
  }

  document.addEventListener("submit", (event) => {
    if (event.target !== form || !event.submitter || event.submitter.value === "end") return;
    event.preventDefault();
    const { name, value } = event.submitter;
    const extra = value === "timer" ? { seconds: form.elements.seconds.value } : {};
    // Of several steps taken without a connection only the last one counts.
    if (name === "to" && waiting.at(-1)?.[0] === "to" && !sending) waiting.pop();
    waiting.push([name, value, extra]);
    say("");
    foresee(name, value);
    flush();
  });

  // Arrow keys go through the steps, like pages.
  document.addEventListener("keydown", (event) => {
    if (event.altKey || event.ctrlKey || event.metaKey || event.target.closest("input, select, textarea") || state.paused) return;
    const button = event.key === "ArrowRight" ? find("next") : event.key === "ArrowLeft" ? find("back") : null;
    if (!button || button.hidden) return;
    event.preventDefault();
    button.click();
  });

  if ("several" in root.dataset) {
    keepAsking(
      root.dataset.ask,
      (told) => {
        if (status.textContent === words.alone) say("");
        if (told.ended) location.replace(root.dataset.home);
        else if (told.key !== state.key) location.reload();
        else if (!waiting.length && !sending && told.version > state.version) {
          if (told.step !== state.step) say(words.elsewhere);
          take(told);
        }
      },
      (error) => {
        say(error instanceof SignedOut ? words.signed_out : words.alone);
        return error instanceof SignedOut;
      },
      () => waiting.length > 0,
    );
  }
  addEventListener("online", flush);
  setInterval(tick, 1000);
  if (find("tone")) find("tone").hidden = false;
  if (state.timer !== null) { timerEnds = Date.now() + state.timer * 1000; rung = state.timer <= 0; }
  if (state.rest !== null) restEnds = Date.now() + state.rest * 1000;
  draw();
  (state.paused ? find("rest") : document.querySelector("[data-step]:not([hidden])")).querySelector("h1").focus({ preventScroll: true });
}
