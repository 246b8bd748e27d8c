// A page of one's own journal is saved while it is written. Without this file the button does it.
//
// What the server has not confirmed stays on this phone, under a key that names nobody.

const form = document.querySelector("form[data-space]");
const PAUSE = 1200;

if (form) {
  const words = JSON.parse(form.dataset.words);
  const name = `attune:${form.dataset.space}`;
  const text = form.elements.text;
  const status = form.querySelector("[data-status]");
  let timer;
  let saving = Promise.resolve();
  // A page that was handed back shows what the server does not have.
  let confirmed = "unsaved" in form.dataset ? null : text.value;

  const keep = () => {
    try {
      const entry = { text: { parts: [text.value], base: Number(form.elements.base_version.value), at: Date.now() } };
      if (text.value === confirmed) localStorage.removeItem(name);
      else localStorage.setItem(name, JSON.stringify(entry));
      return true;
    } catch {
      return false;
    }
  };

  const forget = () => {
    try {
      localStorage.removeItem(name);
    } catch {
      // nothing of ours
    }
  };

  const say = (words_) => {
    status.textContent = words_;
  };

  /** Send what was typed; tells what became of it: same, saved, changed, refused, signed out or offline. */
  async function save() {
    const typed = text.value;
    if (typed === confirmed || !typed.trim()) return "same";
    try {
      const answer = await fetch(form.action, {
        method: "POST",
        body: new URLSearchParams(new FormData(form)),
        headers: { Accept: "application/json", "X-By-Itself": "1" },
        redirect: "manual",
        credentials: "same-origin",
      });
      if (answer.type === "opaqueredirect" || answer.status === 403) {
        keep();
        say(words.sign_in);
        return "signed out";
      }
      const said = await answer.json();
      if (said.state === "saved") {
        confirmed = typed;
        form.elements.base_version.value = said.version;
        form.action = said.url;
        history.replaceState(null, "", said.url);
        keep();
        say(words.saved.replace("%s", said.at));
      } else say(said.state === "changed" ? words.changed : said.message);
      return said.state;
    } catch {
      if (keep()) say(words.kept);
      return "offline";
    }
  }

  try {
    const kept = JSON.parse(localStorage.getItem(name) ?? "null");
    if (kept && kept.text.parts[0] !== text.value) {
      text.value = kept.text.parts[0];
      // Built on what it was read at: when the page has changed since, both texts are shown.
      form.elements.base_version.value = kept.text.base;
      say(words.kept);
      timer = setTimeout(save, PAUSE);
    }
  } catch {
    // nothing of ours
  }

  text.addEventListener("input", () => {
    keep();
    clearTimeout(timer);
    timer = setTimeout(() => (saving = saving.then(save)), PAUSE);
  });
  document.addEventListener("attune:leave", (event) => {
    if (text.value === confirmed || !text.value.trim()) return;
    event.detail.save = form.getAttribute("action");
    event.detail.token = form.elements.csrfmiddlewaretoken.value;
    event.detail.drafts.push(Object.fromEntries(new FormData(form)));
  });
  window.addEventListener("online", () => (saving = saving.then(save)));
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    clearTimeout(timer);
    saving = saving.then(save);
    const state = await saving;
    if (state === "saved" || (state === "same" && text.value.trim())) location.replace(form.action);
    else if (["changed", "refused", "same"].includes(state)) {
      forget();
      HTMLFormElement.prototype.submit.call(form); // the page that says why, with everything that was typed
    }
  });
}
