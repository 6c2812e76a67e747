// The diagram: moved and zoomed, searched, and drawn into: from the handle of one entity to another makes a link.

import { find } from "../frame.js";
import { post, say } from "../parts.js";
import { add, free, slug } from "./tree.js";
import { data, draft } from "./whole.js";

const canvas = find("[data-canvas]");
const svg = canvas && find("svg[data-wide]", canvas);
const [NEAR, FAR, STEP] = [0.1, 2.5, 1.25];
let view = { x: 0, y: 0, scale: 1 };
let [held, linking] = [null, null];

// ---------- looking ----------
function show() {
  const { width, height } = canvas.getBoundingClientRect();
  svg.setAttribute("viewBox", `${view.x} ${view.y} ${width / view.scale} ${height / view.scale}`);
}

function fit() {
  const { width, height } = canvas.getBoundingClientRect();
  const [wide, high] = [Number(svg.dataset.wide) + 64, Number(svg.dataset.high) + 64];
  const scale = Math.min(1.1, width / wide, height / high);
  view = { scale, x: -32 - (width / scale - wide) / 2, y: -32 - (height / scale - high) / 2 };
  show();
}

function zoom(factor, at = { x: canvas.clientWidth / 2, y: canvas.clientHeight / 2 }) {
  const scale = Math.min(FAR, Math.max(NEAR, view.scale * factor));
  view = { scale, x: view.x + at.x / view.scale - at.x / scale, y: view.y + at.y / view.scale - at.y / scale };
  show();
}

const moved = (x, y) => { view.x += x / view.scale; view.y += y / view.scale; show(); };
const inside = (event) => { const box = canvas.getBoundingClientRect(); return { x: event.clientX - box.x, y: event.clientY - box.y }; };
const entities = () => [...svg.querySelectorAll("[data-entity]")];

function light(name) {
  for (const one of svg.querySelectorAll(".tie")) one.classList.toggle("lit", one.dataset.source === name || one.dataset.target === name);
}

// Those that fit stand out; with one left, it is in the middle. One that is not drawn is shown with what is around it.
function search(words) {
  const wanted = words.trim().toLowerCase();
  const fits = (one) => `${one.dataset.label} ${one.dataset.entity}`.toLowerCase().includes(wanted);
  for (const one of entities()) one.classList.toggle("out", wanted !== "" && !fits(one));
  const left = entities().filter((one) => wanted && fits(one));
  if (left.length !== 1) return;
  const { e: x, f: y } = left[0].transform.baseVal.consolidate().matrix;
  view = { ...view, x: x + 88 - canvas.clientWidth / 2 / view.scale, y: y + 22 - canvas.clientHeight / 2 / view.scale };
  show();
}

function around(words) {
  const named = [...document.querySelectorAll("#entity-names option")].find((one) => one.value === words || one.dataset.name === words);
  if (named) location.assign(`/design/model?around=${named.dataset.name}`);
}

// ---------- drawing ----------
function line(event) {
  const at = inside(event);
  const [x, y] = [view.x + at.x / view.scale, view.y + at.y / view.scale];
  held.line.setAttribute("d", `M${held.x} ${held.y}L${x} ${y}`);
  const over = document.elementFromPoint(event.clientX, event.clientY)?.closest("[data-entity]");
  for (const one of entities()) one.classList.toggle("target", one === over);
}

function begin(event, box) {
  const { e, f } = box.transform.baseVal.consolidate().matrix;
  held = { from: box.dataset.entity, x: e + 176, y: f + 22, line: document.createElementNS("http://www.w3.org/2000/svg", "path") };
  held.line.setAttribute("class", "tie drawn");
  svg.append(held.line);
  canvas.setPointerCapture(event.pointerId);
}

function end(event) {
  const over = document.elementFromPoint(event.clientX, event.clientY)?.closest("[data-entity]");
  held.line.remove();
  for (const one of entities()) one.classList.remove("target");
  const { from } = held;
  held = null;
  if (over) link(from, over.dataset.entity);
}

const label = (name) => svg.querySelector(`[data-entity="${name}"]`)?.dataset.label ?? document.querySelector(`#entity-names [data-name="${name}"]`).value;

function link(from, to) {
  linking = { from, to };
  const dialog = find("#linking");
  find("h2", dialog).textContent = say(data.words.link, { from: label(from), to: label(to) });
  for (const input of dialog.querySelectorAll("input[type=text], input:not([type])")) input.value = "";
  find(`[name=${document.documentElement.lang.startsWith("zh") ? "zh" : "en"}]`, dialog).value = label(to);
  dialog.showModal();
}

async function linked() {
  const form = new FormData(find("#linking form"));
  const response = await fetch(`/design/entity/${linking.from}/tree`, { headers: { Accept: "application/json" } });
  const read = await response.json();
  const words = Object.fromEntries(["en", "zh"].map((language) => [language, form.get(language).trim()]).filter(([, text]) => text));
  add(read.tree, free(new Set(Object.keys(read.tree.fields)), slug(words.en ?? "") || linking.to), { type: form.get("kind"), entity: linking.to, ...(Object.keys(words).length ? { label: words } : {}) });
  const { ok, told } = await post(`/design/entity/${linking.from}/tree`, { tree: read.tree, draft: read.draft });
  if (ok) { location.reload(); return; }
  find("#linking").close();
  draft.failed = told ?? { title: "" };
  draft.tell("failed");
}

const acts = {
  in: () => zoom(STEP), out: () => zoom(1 / STEP), fit, link: linked,
  chosen: () => { const dialog = find("#choosing"); dialog.close(); link(dialog.dataset.from, find("#choose-target").value); },
};

// ---------- what is pressed ----------
document.addEventListener("click", (event) => acts[event.target.closest("[data-do]")?.dataset.do]?.());
find("[data-filter]").addEventListener("change", (event) => { if (event.target.matches("[data-find]")) around(event.target.value); else event.currentTarget.submit(); });
find("[data-filter]").addEventListener("submit", (event) => { event.preventDefault(); around(find("[data-find]").value); });

if (svg) {
  find("[data-find]").addEventListener("input", (event) => search(event.target.value));
  canvas.addEventListener("wheel", (event) => {
    event.preventDefault();
    if (event.ctrlKey || event.metaKey) zoom(event.deltaY < 0 ? 1.1 : 1 / 1.1, inside(event));
    else moved(event.deltaX, event.deltaY);
  }, { passive: false });
  canvas.addEventListener("pointerdown", (event) => {
    const box = event.target.closest("[data-entity]");
    if (event.target.closest(".grip")) { event.preventDefault(); begin(event, box); }
    else if (!box) { canvas.setPointerCapture(event.pointerId); held = { at: event }; }
  });
  canvas.addEventListener("pointermove", (event) => {
    if (held?.line) line(event);
    else if (held) { moved(held.at.clientX - event.clientX, held.at.clientY - event.clientY); held = { at: event }; }
  });
  canvas.addEventListener("pointerup", (event) => { if (held?.line) end(event); held = null; });
  canvas.addEventListener("dragstart", (event) => event.preventDefault());
  canvas.addEventListener("click", (event) => { if (event.target.closest(".grip")) event.preventDefault(); });
  canvas.addEventListener("keydown", (event) => {
    const box = event.target.closest("[data-entity]");
    if (box && event.key.toLowerCase() === "l") {
      const dialog = find("#choosing");
      dialog.dataset.from = box.dataset.entity;
      find("h2", dialog).textContent = box.dataset.label;
      dialog.showModal();
      return;
    }
    const act = { "+": () => zoom(STEP), "-": () => zoom(1 / STEP), 0: fit, ArrowLeft: () => moved(-60, 0), ArrowRight: () => moved(60, 0), ArrowUp: () => moved(0, -60), ArrowDown: () => moved(0, 60) }[event.key];
    if (!act || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    act();
  });
  canvas.addEventListener("focusin", (event) => light(event.target.closest("[data-entity]")?.dataset.entity));
  canvas.addEventListener("pointerover", (event) => light(event.target.closest("[data-entity]")?.dataset.entity));
  addEventListener("resize", show);
  fit();
}
find("main").dataset.ready = "";
