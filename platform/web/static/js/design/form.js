// The designer of forms: what is laid out where, for whom; and the real form as it will be.

import Sortable from "../../vendor/sortablejs@1.15.7/sortable.esm.js";
import { find } from "../frame.js";
import { chinese, element, icon, say, undisturbed } from "../parts.js";
import { Draft, bar } from "./draft.js";
import { FormPanel } from "./form_panel.js";
import { addSection, addTab, copyOf, holderOf, placedIn, putInto, seenOf, tabsOf, takeOff } from "./form_tree.js";
import { Offers } from "./offers.js";
import { free, shown } from "./tree.js";

const data = JSON.parse(find("#design-data").textContent);
const { words } = data;
const draft = new Draft(data.definition);
const offers = new Offers(data, draft);
const [canvas, palette, layouts, tabs, view] = ["canvas", "palette", "layouts", "tabs", "preview"].map((name) => find(`[data-${name}]`));
const DRAG = { animation: 120, forceFallback: true, fallbackOnBody: true, fallbackTolerance: 4, ghostClass: "ghost" };
const state = { layout: new URLSearchParams(location.search).get("layout") ?? "", tab: 0, chosen: null };

const holder = () => seenOf(draft.tree, state.layout);
const tab = () => tabsOf(holder())[state.tab] ?? tabsOf(holder())[0];
const labelled = (name) => shown(draft.tree.fields[name]?.label, name);
const titled = (section) => shown(section.label, words.untitled);
const both = (zh, en) => ({ en, zh });
const speak = (text) => { find("[data-said]").textContent = text; };

const context = {
  words, draft, offers, model: offers, roles: data.roles, steps: data.steps, state, holder, labelled,
  change: (edit) => draft.change(edit), choose, redraw: () => panel.later(),
  gone: () => { state.layout = ""; state.tab = 0; choose(null); draw(); soon(); }, toTab: (at) => { state.tab = at; draw(); },
};
const panel = new FormPanel(find("[data-panel]"), context);
bar(draft);

function choose(what) {
  state.chosen = what;
  mark();
  panel.draw();
}

// ---------- which form ----------
function drawLayouts() {
  const all = [{ key: "", label: words.usual, note: "" }, ...(draft.tree.layouts ?? []).map((one) => ({ key: one.name, label: shown(one.label, one.name), note: [...(one.roles ?? []).map((name) => data.roles.find((role) => role.name === name)?.label ?? name), ...(one.steps ?? []).map((name) => data.steps.find((step) => step.name === name)?.label ?? name)].join("、") }))];
  layouts.replaceChildren(...all.map((one) => {
    const made = element("button", { type: "button", class: "pick", "data-layout": one.key, "aria-pressed": String(one.key === state.layout) }, icon(one.key ? "users" : "forms"), element("span", { class: "grow" }, element("span", { class: "clip d-block", text: one.label }), one.note ? element("span", { class: "clip xs muted d-block", text: one.note }) : null));
    made.addEventListener("click", () => select(one.key));
    return element("li", { "aria-current": one.key === state.layout ? "true" : null }, made);
  }));
}

function select(name) {
  Object.assign(state, { layout: name, tab: 0 });
  const address = new URL(location.href);
  if (name) address.searchParams.set("layout", name); else address.searchParams.delete("layout");
  history.replaceState(null, "", address);
  choose(null);
  draw();
  soon(0);
}

find("[data-new-layout]").addEventListener("click", () => {
  const n = (draft.tree.layouts?.length ?? 0) + 1;
  const name = free(new Set((draft.tree.layouts ?? []).map((one) => one.name)), "layout");
  draft.change((tree) => copyOf(tree, seenOf(tree, state.layout), name, both(`版式 ${n}`, `Form ${n}`)));
  select(name);
  speak(words.copied);
  find("[data-panel] input")?.select();
});

// ---------- fields that are not on it ----------
function drawPalette() {
  const there = placedIn(holder());
  const rest = Object.keys(draft.tree.fields).filter((name) => !there.has(name));
  const asked = find("[data-find-field]").value.trim().toLowerCase();
  const fits = rest.filter((name) => `${labelled(name)} ${name}`.toLowerCase().includes(asked));
  palette.replaceChildren(...fits.map((name) => element("li", { "data-name": name }, element("button", { type: "button", class: "fl-design-type" }, icon("grip-vertical"), element("span", { class: "clip", text: labelled(name) }), draft.tree.fields[name].required ? element("span", { class: "req", title: words.required, text: "*" }) : null))));
  find("[data-all-placed]").hidden = rest.length > 0;
}

// ---------- the form as it is laid out ----------
function fieldBox(name) {
  const spec = draft.tree.fields[name] ?? {};
  const wide = ["long_text", "rich_text", "table", "json", "address"].includes(spec.type);
  return element("li", { class: `fl-form-field${wide ? " wide" : ""}`, "data-name": name },
    element("button", { type: "button", class: "what", "data-field": name, "aria-keyshortcuts": "Alt+ArrowUp Alt+ArrowDown Delete" },
      element("span", { class: "row-flex" }, element("b", { class: "clip", text: labelled(name) }), spec.required ? element("span", { class: "req", text: "*", title: words.required }) : null, spec.visible_when ? element("span", { class: "ms-auto faint", title: words.conditional }, icon("eye")) : null),
      element("span", { class: "input", text: offers.types.get(spec.type)?.label ?? spec.type ?? "" })));
}

function sectionBox(section, at) {
  const head = element("button", { type: "button", class: "head", "data-section": at, title: say(words.move_section, { name: titled(section) }), "aria-keyshortcuts": "Alt+ArrowUp Alt+ArrowDown" },
    element("span", { class: "grip", "aria-hidden": "true" }, icon("grip-vertical")), element("b", { class: `clip${section.label ? "" : " faint"}`, text: titled(section) }), section.visible_when ? element("span", { class: "fl-tag", text: words.conditional }) : null);
  const list = element("ul", { class: `fl-form-fields${section.columns === 1 ? " one" : ""}`, "data-fields-of": at, "data-empty": words.drop_here }, ...section.fields.map(fieldBox));
  Sortable.create(list, { group: "fields", ...DRAG, onAdd: readBack, onUpdate: readBack });
  return element("section", { class: "fl-form-section", "data-at": at }, head, list);
}

function draw() {
  if (!holder()) { state.layout = ""; }
  const parts = tabsOf(holder());
  state.tab = Math.min(state.tab, parts.length - 1);
  drawLayouts();
  drawPalette();
  const focused = document.activeElement?.dataset;
  const several = Boolean(holder().tabs);
  tabs.hidden = !several;
  tabs.replaceChildren(...(several ? parts.map((one, at) => {
    const made = element("button", { type: "button", role: "tab", "aria-selected": String(at === state.tab), "data-tab-at": at }, shown(one.label, words.tab));
    made.addEventListener("click", () => { state.tab = at; choose({ tab: at }); draw(); soon(0); });
    return made;
  }) : []));
  canvas.replaceChildren(...(tab().sections ?? []).map(sectionBox));
  Sortable.create(canvas, { handle: ".head", draggable: ".fl-form-section", ...DRAG, onUpdate: ({ oldIndex, newIndex }) => moveSection(oldIndex, newIndex) });
  if (focused?.field) canvas.querySelector(`[data-field="${CSS.escape(focused.field)}"]`)?.focus();
  else if (focused?.section) canvas.querySelector(`[data-section="${focused.section}"]`)?.focus();
  mark();
}

function mark() {
  const { chosen } = state;
  for (const one of canvas.querySelectorAll(".fl-form-field")) one.classList.toggle("on", chosen?.field === one.dataset.name);
  for (const one of canvas.querySelectorAll(".fl-form-section")) one.classList.toggle("on", chosen?.section === Number(one.dataset.at));
}

// What was dragged is read from the page, for a field may have come from anywhere.
function readBack({ item }) {
  const name = item.dataset.name;
  const wanted = [...canvas.querySelectorAll("[data-fields-of]")].map((list) => [Number(list.dataset.fieldsOf), [...list.children].map((one) => one.dataset.name)]);
  draft.change((tree) => {
    const held = holderOf(tree, state.layout);
    takeOff(held, name);
    const sections = tabsOf(held)[state.tab].sections;
    for (const [at, names] of wanted) sections[at].fields = names;
  });
  choose(canvas.querySelector(`[data-field="${CSS.escape(name)}"]`) ? { field: name } : null);
}

Sortable.create(palette, { group: "fields", sort: false, ...DRAG, onAdd: ({ item }) => { const { name } = item.dataset; draft.change((tree) => takeOff(holderOf(tree, state.layout), name)); speak(say(words.taken, { name: labelled(name) })); } });

function moveSection(from, to) {
  const { length } = tab().sections;
  if (to < 0 || to >= length) return;
  draft.change((tree) => { const { sections } = tabsOf(holderOf(tree, state.layout))[state.tab]; sections.splice(to, 0, ...sections.splice(from, 1)); });
  choose({ section: to });
  canvas.querySelector(`[data-section="${to}"]`)?.focus();
}

// Up and down within a section, and over its edge into the next.
function moveField(name, step) {
  const { sections } = tab();
  const from = sections.findIndex((one) => one.fields.includes(name)), at = sections[from].fields.indexOf(name) + step;
  const over = at < 0 || at >= sections[from].fields.length;
  const to = over ? from + step : from;
  if (!sections[to]) return;
  draft.change((tree) => {
    const held = holderOf(tree, state.layout), goal = tabsOf(held)[state.tab].sections[to];
    putInto(held, goal, name, over ? (step > 0 ? 0 : goal.fields.length) : at);
  });
  const now = tab().sections[to];
  speak(say(words.moved, { name: labelled(name), n: now.fields.indexOf(name) + 1, all: now.fields.length, section: titled(now) }));
  canvas.querySelector(`[data-field="${CSS.escape(name)}"]`)?.focus();
}

function place(name) {
  const { sections } = tab();
  const at = state.chosen?.section ?? (state.chosen?.field ? sections.findIndex((one) => one.fields.includes(state.chosen.field)) : sections.length - 1);
  draft.change((tree) => {
    const held = holderOf(tree, state.layout), part = tabsOf(held)[state.tab];
    putInto(held, part.sections?.[at] ?? addSection(part, both("新分区", "New section")), name);
  });
  speak(say(words.placed, { name: labelled(name) }));
}

canvas.addEventListener("click", (event) => {
  const { field } = event.target.closest("[data-field]")?.dataset ?? {};
  if (field) { choose({ field }); return; }
  const { at } = event.target.closest(".fl-form-section")?.dataset ?? {};
  choose(at === undefined ? null : { section: Number(at) });
});

canvas.addEventListener("keydown", (event) => {
  const { field, section } = event.target.dataset;
  const step = { ArrowUp: -1, ArrowDown: 1 }[event.key];
  if (step && event.altKey && field) moveField(field, step);
  else if (step && event.altKey && section !== undefined) moveSection(Number(section), Number(section) + step);
  else if (step) { const all = [...canvas.querySelectorAll("[data-field], [data-section]")]; all[all.indexOf(event.target) + step]?.focus(); }
  else if (event.key === "Delete" && field) { draft.change((tree) => takeOff(holderOf(tree, state.layout), field)); choose(null); speak(say(words.taken, { name: labelled(field) })); }
  else return;
  event.preventDefault();
});

palette.addEventListener("click", (event) => { const { name } = event.target.closest("[data-name]")?.dataset ?? {}; if (name) place(name); });
find("[data-find-field]").addEventListener("input", drawPalette);
find("[data-new-section]").addEventListener("click", () => {
  draft.change((tree) => addSection(tabsOf(holderOf(tree, state.layout))[state.tab], both("新分区", "New section")));
  choose({ section: tab().sections.length - 1 });
  find("[data-panel] input")?.select();
});
find("[data-new-tab]").addEventListener("click", () => {
  draft.change((tree) => addTab(holderOf(tree, state.layout), both("基本", "General"), both("新页签", "New tab")));
  state.tab = tabsOf(holder()).length - 1;
  draft.change((tree) => addSection(tabsOf(holderOf(tree, state.layout))[state.tab], both("新分区", "New section")));
  choose({ tab: state.tab });
  draw();
});

// ---------- the real form ----------
let asked = 0, waiting = 0;
function soon(pause = 200) { clearTimeout(waiting); waiting = setTimeout(preview, pause); }

async function preview() {
  const turn = ++asked;
  const response = await fetch(`/design/entities/${draft.name}/preview?layout=${encodeURIComponent(state.layout)}`, { headers: { "HX-Request": "true" } }).catch(() => null);
  if (turn !== asked || !response?.ok) return;
  view.innerHTML = await response.text();
  view.querySelector("[data-shown=list]")?.remove();
}

for (const one of document.querySelectorAll("[data-mode]")) {
  one.addEventListener("click", () => {
    for (const each of document.querySelectorAll("[data-mode]")) each.setAttribute("aria-pressed", String(each === one));
    find("[data-drawing]").hidden = one.dataset.mode !== "draw";
    view.hidden = one.dataset.mode === "draw";
    view.classList.toggle("phone", one.dataset.mode === "phone");
  });
}

draft.addEventListener("change", undisturbed(() => { draw(); panel.later(); }));
draft.addEventListener("saved", () => soon());
draw();
choose(null);
preview();
find("main").dataset.ready = "";
