// A voice note, recorded on the page it goes with. Where a browser can't, or without this file, the file field is there.
//
// The microphone is asked for when somebody taps, and let go of as soon as they stop. What was recorded stays in
// this page until it is kept.

const MOST = 600; // seconds: what the server takes
const QUIET = 32000; // bits a second: ten minutes stay well under what fits
const KINDS = ["audio/webm;codecs=opus", "audio/mp4", "audio/ogg;codecs=opus"];

const minutes = (seconds) => `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, "0")}`;

function kind() {
  return KINDS.find((one) => MediaRecorder.isTypeSupported(one));
}

function prepare(box) {
  const form = box.closest("form");
  const part = (name) => box.querySelector(`[data-${name}]`);
  const [record, clock, stop, decide, told] = ["record", "clock", "stop", "decide", "told"].map(part);
  const player = box.querySelector("audio");
  let recorder = null;
  let began = 0;
  let ticking = 0;
  let heard = null;

  const show = (state) => {
    record.hidden = state !== "ready";
    clock.hidden = stop.hidden = state !== "recording";
    player.hidden = decide.hidden = state !== "recorded";
  };

  const tick = () => {
    const seconds = (performance.now() - began) / 1000;
    clock.textContent = box.dataset.time.replace("%1", minutes(seconds)).replace("%2", minutes(MOST));
    if (seconds >= MOST) {
      told.textContent = box.dataset.full;
      recorder.stop();
    }
  };

  async function start() {
    told.textContent = "";
    let sound;
    try {
      sound = await navigator.mediaDevices.getUserMedia({ audio: true });
    } catch {
      told.textContent = box.dataset.refused;
      return;
    }
    const parts = [];
    recorder = new MediaRecorder(sound, { mimeType: kind(), audioBitsPerSecond: QUIET });
    recorder.addEventListener("dataavailable", (event) => event.data.size && parts.push(event.data));
    recorder.addEventListener("stop", () => {
      clearInterval(ticking);
      for (const track of sound.getTracks()) track.stop();
      heard = new Blob(parts, { type: recorder.mimeType });
      player.src = URL.createObjectURL(heard);
      show("recorded");
      player.focus();
    });
    recorder.start(1000);
    began = performance.now();
    ticking = setInterval(tick, 500);
    show("recording");
    tick();
    stop.focus();
  }

  function forget() {
    if (player.src) URL.revokeObjectURL(player.src);
    player.removeAttribute("src");
    heard = null;
    show("ready");
  }

  record.addEventListener("click", start);
  stop.addEventListener("click", () => recorder?.state === "recording" && recorder.stop());
  part("discard").addEventListener("click", () => {
    forget();
    told.textContent = "";
    record.focus();
  });
  part("keep").addEventListener("click", () => {
    if (!heard) return;
    const carrier = new DataTransfer();
    carrier.items.add(new File([heard], "voice", { type: heard.type.split(";")[0] }));
    form.elements.file.files = carrier.files;
    form.requestSubmit();
  });
  // Leaving the page ends a recording: nothing listens on.
  addEventListener("pagehide", () => recorder?.state === "recording" && recorder.stop());

  show("ready");
  box.hidden = false;
}

if (navigator.mediaDevices?.getUserMedia && globalThis.MediaRecorder && kind()) {
  document.querySelectorAll("[data-recorder]").forEach(prepare);
}
