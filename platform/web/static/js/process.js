// The process designer: drawing, side panel, problems, draft and publishing held together.

import { find } from "./frame.js";
import { element, say } from "./parts.js";
import { load, modeler as made } from "./process/drawing.js";
import { Keeping } from "./process/keeping.js";
import { Model } from "./process/model.js";
import { inward } from "./process/names.js";
import { Panel } from "./process/panel.js";
import { Problems } from "./process/problems.js";
import { Publishing } from "./process/publishing.js";
import { Trial } from "./process/trial.js";
import { toolbox } from "./process/toolbox.js";

const source = find("#process-data");
const data = JSON.parse(source.textContent);
const { words, offers } = data;
const readonly = matchMedia("(max-width: 767px)").matches;      // a phone is for reading
const context = { words, offers, say, readonly, problems: () => problems.found, select };

const Kind = await load(readonly ? source.dataset.viewer : source.dataset.modeler);
const modeler = made(Kind, find("[data-canvas]"), context);
Object.assign(context, { modeler });
const problems = new Problems(context);
const keeping = new Keeping(context, data, told);
const publishing = new Publishing(context, keeping, { published, trouble, refused, replaced });
const panel = new Panel(find("[data-panel]"), context);
const trial = new Trial(find("#side-trial"), context, keeping);
const [TOOLS, MARGIN, READABLE] = [76, 24, matchMedia("(max-width: 767px)").matches ? 0 : 0.7];     // TOOLS: room at the left
let number = data.number;
let publishedText = data.published;

async function bring(text) {
  await modeler.importXML(inward(text));
  context.model = new Model(modeler, offers);
  fit(READABLE);
  panel.show(null);
}

// All of it; with `least`, no smaller than one can read, from its left edge on.
function fit(least = 0) {
  const canvas = modeler.get("canvas");
  canvas.zoom("fit-viewport", "auto");
  const view = canvas.viewbox();
  const aside = readonly ? 0 : TOOLS;
  const [wide, high] = [view.outer.width - aside - MARGIN * 2, view.outer.height - MARGIN * 2];
  const scale = Math.max(least, Math.min(1, wide / view.inner.width, high / view.inner.height));
  const left = (aside + MARGIN + Math.max(0, wide - view.inner.width * scale) / 2) / scale;
  const top = (MARGIN + (high - view.inner.height * scale) / 2) / scale;
  canvas.viewbox({ x: view.inner.x - left, y: view.inner.y - top, width: view.outer.width / scale, height: view.outer.height / scale });
}

function select(id, reveal = false) {
  const shape = context.model.elementRegistry.get(id);
  const selection = modeler.get("selection");
  if (!shape || shape === context.model.root) { selection.select(null); panel.show(null); return; }
  selection.select(shape);
  if (reveal) modeler.get("canvas").scrollToElement(shape);
}

// ---------- what the server says ----------
function told(answer) {
  const { ok, status, told: said } = answer;
  if (ok) {
    problems.tell(said.findings);
    panel.tell();
    trouble(null);
    state();
  } else if (status === 409 && said?.text) publishing.ahead(said, () => keeping.flush(true));
  else trouble(answer);
}

function trouble(answer) {
  const note = find("[data-trouble]");
  const text = !answer ? "" : answer.status === 401 ? words.signed_out : answer.told ? [answer.told.title, answer.told.hint].filter(Boolean).join(" ") : words.unreachable;
  find(".grow", note).textContent = text;
  note.hidden = !text;
}

function refused(findings) {
  problems.tell(findings);
  panel.tell();
  const note = find("[data-trouble]");
  find(".grow", note).textContent = say(words.mend_first, { n: findings.length });
  note.hidden = false;
  note.focus();
}

function published(next) {
  number = next;
  publishedText = keeping.text;
  const retire = find("[data-retire]");
  if (retire) retire.hidden = false;
  state();
  if (!find("#side-versions").hidden) versions();
}

async function replaced(theirs) {
  Object.assign(keeping, { was: theirs.was, seen: theirs.seen ?? keeping.seen, text: theirs.text });
  keeping.forget();
  await bring(theirs.text);
  keeping.check();
}

function state() {
  const draft = keeping.text !== publishedText || keeping.dirty;
  const tag = find("[data-state]");
  tag.textContent = keeping.dirty ? words.saving : draft ? say(words.draft_of, { n: number + 1 }) : say(words.version, { n: number });
  tag.className = `fl-tag ${draft ? "wait" : "done"}`;
  tag.hidden = data.collected && !draft;
  find("[data-discard]").hidden = !draft;
  const publish = find("[data-do=publish]");
  publish.title = problems.errors.length ? say(words.mend_first, { n: problems.errors.length }) : "";
  const stack = modeler.get("commandStack", false);
  for (const [name, able] of [["undo", stack?.canUndo()], ["redo", stack?.canRedo()]]) find(`[data-do=${name}]`).disabled = !able;
}

// ---------- versions ----------
async function versions() {
  const response = await fetch(`/workflows/${data.stem}/history`, { headers: { "HX-Request": "true" } });
  if (response.ok) find("#side-versions").innerHTML = await response.text();
}

function side(name) {
  for (const tab of document.querySelectorAll(".fl-wf-tabs [role=tab]")) {
    const here = tab.id === `tab-${name}`;
    for (const attribute of ["aria-selected", "aria-pressed"]) tab.setAttribute(attribute, String(here));
    find(`#${tab.getAttribute("aria-controls")}`).hidden = !here;
  }
  if (name === "versions") versions();
  if (name === "trial") trial.show();
  else trial.hide();
}

// ---------- what is pressed ----------
const zoom = (step) => modeler.get("zoomScroll").stepZoom(step);
const acts = {
  undo: () => modeler.get("commandStack").undo(), redo: () => modeler.get("commandStack").redo(),
  in: () => zoom(1), out: () => zoom(-1), fit: () => fit(), publish: () => publishing.ask(),
  async bring() { find("[data-restore]").hidden = true; await bring(keeping.left().text); keeping.dirty = true; keeping.flush(); },
  forget() { keeping.forget(); find("[data-restore]").hidden = true; },
};

document.addEventListener("click", (event) => {
  acts[event.target.closest("[data-do]")?.dataset.do]?.();
  const tab = event.target.closest(".fl-wf-tabs [role=tab]");
  if (tab) side(tab.id.replace("tab-", ""));
  const version = event.target.closest("[data-compare]")?.dataset.compare;
  if (version) publishing.ask(version);
});

document.addEventListener("keydown", (event) => {
  if (document.querySelector("dialog[open]")) return;
  if (event.key === "F8") { event.preventDefault(); problems.next(); return; }
  if (!(event.ctrlKey || event.metaKey)) return;
  const key = event.key.toLowerCase();
  const typing = event.target.closest("input, textarea, select, [contenteditable=true]");
  if (key === "s" && !readonly) { event.preventDefault(); document.activeElement.blur(); publishing.ask(); }
  else if (key === "0") { event.preventDefault(); fit(); }
  else if (readonly || typing || event.target.closest(".djs-container")) return;
  else if (key === "z") { event.preventDefault(); if (event.shiftKey) acts.redo(); else acts.undo(); }
  else if (key === "y") { event.preventDefault(); acts.redo(); }
});

addEventListener("pagehide", () => { if (keeping.dirty) keeping.flush(); });       // what does not arrive is on this device

// Colours are read when the drawing is made: another theme needs another drawing, after what was drawn is kept.
new MutationObserver(async () => { await keeping.flush(); location.reload(); }).observe(document.documentElement, { attributes: true, attributeFilter: ["data-bs-theme"] });

// ---------- begin ----------
await bring(keeping.text);
modeler.on("selection.changed", ({ newSelection }) => panel.show(newSelection.length === 1 ? newSelection[0] : null));
if (!readonly) {
  toolbox(find("[data-toolbox]"), context);
  modeler.on("commandStack.changed", () => { keeping.changed(); trial.changed(); problems.mark(); panel.later(); state(); });
}
if (keeping.left() && !readonly) find("[data-restore]").hidden = false;
if (data.overtaken) {
  const note = element("div", { class: "fl-note wait fl-dec-note", role: "status", text: words.behind });
  find("[data-trouble]").after(note);
}
find("main").dataset.ready = "";
state();
keeping.check();
