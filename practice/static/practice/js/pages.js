// How many pages the report in the preview will have, about: the preview is the very page that is printed, one long
// sheet, so its pages are counted off along it as the printer would: what is kept whole moves on, what begins anew does.
// <p data-pages data-one="…" data-many="… {n} …"> says it; the frame is .preview.

const SHEETS = { a4: { height: 297, top: 24, foot: 21 }, letter: { height: 279.4, top: 21, foot: 18 } }; // paper.css, letter.css
const WIDTH = 210; // of the body in preview.css, padding included
const DRAWN = 20; // what preview.css puts above a part that begins a new page
const SLACK = 1; // lines are a hair's breadth different in print

function blocks(page) {
  const found = [];
  const walk = (element) => {
    const begins = element.classList.contains("new");
    const whole = page.defaultView.getComputedStyle(element).breakInside === "avoid";
    if (begins || whole) found.push({ element, begins, whole });
    if (!whole) for (const one of element.children) walk(one);
  };
  for (const one of page.body.children) walk(one);
  return found;
}

function count(page, sheet) {
  const edge = page.body.getBoundingClientRect();
  const millimetre = edge.width / WIDTH;
  const at = (y) => (y - edge.top) / millimetre;
  const room = sheet.height - sheet.top - sheet.foot + SLACK;
  let pages = 1;
  let end = sheet.height - sheet.foot + SLACK; // the first page has no margin above
  const flow = (to) => {
    for (; to > end; end += room) pages += 1;
  };
  for (const { element, begins, whole } of blocks(page)) {
    const place = element.getBoundingClientRect();
    const top = at(place.top) + (begins ? DRAWN : 0);
    flow(begins ? at(place.top) - DRAWN : top);
    if (begins || (whole && at(place.bottom) > end && at(place.bottom) - top <= room)) {
      pages += 1;
      end = top + room;
    }
    if (whole) flow(at(place.bottom));
  }
  flow(at((page.querySelector("main") ?? page.body).getBoundingClientRect().bottom));
  return pages;
}

async function say(frame) {
  const sign = document.querySelector("[data-pages]");
  const page = frame.contentDocument;
  if (!sign || !page?.body) return;
  await page.fonts.ready;
  const letter = page.querySelector('link[href*="letter"]');
  const pages = count(page, letter ? SHEETS.letter : SHEETS.a4);
  const words = pages === 1 ? sign.dataset.one : sign.dataset.many.replace("{n}", pages);
  if (sign.textContent !== words) sign.textContent = words;
}

// A frame's load does not bubble, and the frame is another one after each choice.
document.addEventListener("load", (event) => event.target.matches?.("iframe.preview") && say(event.target), true);
for (const frame of document.querySelectorAll("iframe.preview")) if (frame.contentDocument?.readyState === "complete") say(frame);
