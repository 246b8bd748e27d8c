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
  let confirmed = text.value;

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

  const say = (words_) => {
    status.textContent = words_;
  };

  async function save() {
    const typed = text.value;
    if (typed === confirmed || !typed.trim()) return;
    try {
      const answer = await fetch(form.action, {
        method: "POST",
        body: new URLSearchParams(new FormData(form)),
        headers: { Accept: "application/json" },
        redirect: "manual",
        credentials: "same-origin",
      });
      if (answer.type === "opaqueredirect" || answer.status === 403) return say(words.sign_in);
      const said = await answer.json();
      if (said.state === "saved") {
        confirmed = typed;
        form.elements.base_version.value = said.version;
        form.action = said.url;
        history.replaceState(null, "", said.url);
        keep();
        say(words.saved.replace("%s", said.at));
      } else say(said.state === "changed" ? words.changed : said.message);
    } catch {
      if (keep()) say(words.kept);
    }
  }

  try {
    const kept = JSON.parse(localStorage.getItem(name) ?? "null");
    if (kept && kept.text.parts[0] !== text.value && kept.text.base === Number(form.elements.base_version.value)) {
      text.value = kept.text.parts[0];
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
  window.addEventListener("online", () => (saving = saving.then(save)));
  form.addEventListener("submit", () => {
    clearTimeout(timer);
    try {
      localStorage.removeItem(name);
    } catch {
      // nothing to forget
    }
  });
}
