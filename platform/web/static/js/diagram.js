// Draws the process and marks where it is: the part around now, or the whole with data-whole.

import { token } from "./parts.js";

const NAMES = "https://formloom.org/bpmn/1.0";

// Names in the person's language, as the diagram's own labels say them.
function inChinese(text) {
  const parsed = new DOMParser().parseFromString(text, "application/xml");
  for (const label of parsed.getElementsByTagNameNS(NAMES, "label")) {
    const element = label.parentElement?.parentElement;
    if (label.getAttribute("zh") && element) element.setAttribute("name", label.getAttribute("zh"));
  }
  for (const element of parsed.getElementsByTagName("*")) {
    const words = element.getAttributeNS(NAMES, "label-zh");
    if (words) element.setAttribute("name", words);
  }
  return new XMLSerializer().serializeToString(parsed);
}

// `#id` of an element of this page that holds the text, or an address.
async function drawing(box) {
  const place = box.dataset.diagram;
  if (place.startsWith("#")) return document.querySelector(place).value;
  const response = await fetch(place);
  return response.ok ? response.text() : "";
}

export async function draw(box) {
  if (box.dataset.drawn || !box.clientWidth) return;
  box.dataset.drawn = "1";
  const text = await drawing(box);
  if (!text) { box.remove(); return; }
  const viewer = new globalThis.BpmnJS({
    container: box,
    bpmnRenderer: { defaultFillColor: token("surface"), defaultStrokeColor: token("muted"), defaultLabelColor: token("text") },
    textRenderer: { defaultStyle: { fontFamily: token("font"), fontSize: 13 } },
  });
  await viewer.importXML(box.dataset.locale === "zh" ? inChinese(text) : text);
  const [canvas, registry] = [viewer.get("canvas"), viewer.get("elementRegistry")];
  const known = (names) => (names ?? "").split(" ").filter((id) => id && registry.get(id));
  for (const id of known(box.dataset.past)) canvas.addMarker(id, "is-past");
  for (const id of known(box.dataset.now)) { canvas.removeMarker(id, "is-past"); canvas.addMarker(id, "is-now"); }
  for (const id of known(box.dataset.stopped)) canvas.addMarker(id, "is-stopped");
  warm(viewer, box);
  const now = known(box.dataset.now).map((id) => registry.get(id));
  const past = known(box.dataset.past).map((id) => registry.get(id)).filter((element) => element.width);
  if (box.dataset.whole !== undefined || !(now.length + past.length)) canvas.zoom("fit-viewport", "auto");
  else if (now.length) around(canvas, now, box, 1);
  else around(canvas, [past.reduce((last, one) => one.x > last.x ? one : last)], box, -2);    // ended: how it ended
  box.dispatchEvent(new CustomEvent("drawn", { bubbles: true, detail: viewer }));
}

// data-heat: `element:level:words` for each; a colour for the eye, and a badge with the number.
function warm(viewer, box) {
  const [canvas, overlays, registry] = [viewer.get("canvas"), viewer.get("overlays"), viewer.get("elementRegistry")];
  for (const spot of (box.dataset.heat ?? "").split(" ").filter(Boolean)) {
    const [id, level, words] = spot.split(":");
    const element = registry.get(id);
    if (!element) continue;
    canvas.addMarker(id, `heat-${level}`);
    const badge = document.createElement("span");
    badge.className = "fl-heat-count";
    badge.textContent = words.replaceAll("_", " ");
    overlays.add(id, { position: { top: 0, left: element.width ?? 0 }, scale: false, html: badge });
  }
}

// Room is left where it goes on from here (`lead` > 0) or where it came from.
function around(canvas, elements, box, lead) {
  const left = Math.min(...elements.map((e) => e.x));
  const right = Math.max(...elements.map((e) => e.x + e.width));
  const top = Math.min(...elements.map((e) => e.y));
  const bottom = Math.max(...elements.map((e) => e.y + e.height));
  const width = Math.max(430, right - left + 120, ((bottom - top + 60) * box.clientWidth) / box.clientHeight);
  const height = (width * box.clientHeight) / box.clientWidth;
  canvas.viewbox({ x: (left + right - width) / 2 + lead * Math.min(100, width / 8), y: (top + bottom - height) / 2, width, height });
}

export const drawAll = (within = document) => within.querySelectorAll("[data-diagram]").forEach(draw);

new MutationObserver(() => {
  for (const box of document.querySelectorAll("[data-drawn]")) { box.replaceChildren(); delete box.dataset.drawn; draw(box); }
}).observe(document.documentElement, { attributes: true, attributeFilter: ["data-bs-theme"] });

drawAll();
