// The entity designer: palette, fields, preview and panel over one draft.

import Sortable from "../../vendor/sortablejs@1.15.7/sortable.esm.js";
import { find } from "../frame.js";
import { chinese, element, icon, say as filled, undisturbed } from "../parts.js";
import { Draft, bar, why } from "./draft.js";
import { begun } from "./new_field.js";
import { Offers } from "./offers.js";
import { Panel } from "./panel.js";
import { add, free, place, remove, shown } from "./tree.js";

const data = JSON.parse(find("#design-data").textContent);
const { words, palette } = data;
const draft = new Draft(data.definition);
const offers = new Offers(data, draft);
const [list, kinds, view] = [find("[data-fields]"), find("[data-palette]"), find("[data-preview]")];
const glyph = (type) => (find("#type-icons").content.querySelector(`[data-icon="${offers.types.get(type)?.icon ?? "plug"}"]`) ?? find("#icons").content.querySelector("[data-icon=plus]")).firstElementChild.cloneNode(true);
const names = () => Object.keys(draft.tree.fields ?? {});
const labelled = (name) => shown(draft.tree.fields[name]?.label, name);
const DRAG = { animation: 120, forceFallback: true, fallbackOnBody: true, fallbackTolerance: 4 };      // a button is no native thing to drag
let [chosen, leaving] = [null, null];

function speak(text, wrong = false) {
  find("[data-said]").textContent = text;
  if (wrong) find("#toasts").append(element("div", { class: "fl-toast", text }));
}

const acts = {
  add(type, at = names().length) {
    const name = free(new Set(names()), type === "text" ? "field" : type);
    const label = chinese ? { zh: offers.types.get(type).label } : { en: offers.types.get(type).label };
    draft.change((tree) => add(tree, name, begun(type, { label, offers, name: draft.name, words }), at));
    choose(name);
    speak(filled(words.added, { name: labelled(name) }));
    find("input", find("[data-panel]"))?.select();
  },
  duplicate(name) {
    const made = free(new Set(names()), name);
    draft.change((tree) => {
      const { id: _, ...spec } = structuredClone(tree.fields[name]);
      const language = chinese ? "zh" : "en";
      spec.label = { [language]: filled(words.copy_of, { name: labelled(name) }) };
      add(tree, made, spec, names().indexOf(name) + 1);
    });
    choose(made);
  },
  // On the server, so that formulas, rules and diagrams follow.
  async call(name, next) {
    if (draft.pending) await draft.save();
    if (!await draft.send(`/design/entities/${draft.name}/fields/${name}/rename`, { name: next, draft: draft.draft })) { panel.later(); return; }
    if (data.held[name]) { data.held[next] = data.held[name]; delete data.held[name]; }
    chosen = next;
    await draft.load();
    choose(next);
  },
  retype(name, type) {
    draft.change((tree) => {
      const held = tree.fields[name];
      const kept = Object.fromEntries(["id", "label", "help", "required", "indexed", "readonly", "visible_when", "required_when", "readonly_when"].filter((key) => key in held).map((key) => [key, held[key]]));
      tree.fields[name] = { ...begun(type, { label: held.label, offers, name: draft.name, words }), ...(held.choices && type.startsWith("choice") ? { choices: held.choices } : {}), ...kept };
    });
    panel.later();
  },
  async remove(name) {
    leaving = name;
    const dialog = find("#removing");
    find("h2", dialog).textContent = filled(words.removing, { name: labelled(name) });
    find("[data-kept]", dialog).textContent = name in data.held ? words.kept : "";
    dialog.showModal();
    await uses(find("[data-uses]", dialog), `/design/entities/${draft.name}/fields/${name}/uses`);
  },
  removed() {
    find("#removing").close();
    const [at, name] = [names().indexOf(leaving), labelled(leaving)];
    draft.change((tree) => remove(tree, leaving));
    choose(names()[Math.min(at, names().length - 1)] ?? null);
    speak(filled(words.taken, { name }));
  },
  async "remove-entity"() {
    const dialog = find("#removing-entity");
    dialog.showModal();
    await uses(find("[data-uses]", dialog), `/design/entities/${draft.name}/uses`);
  },
  async "rename-entity"() {
    const dialog = find("#renaming-entity");
    dialog.showModal();
    find("input", dialog).select();
    await uses(find("[data-uses]", dialog), `/design/entities/${draft.name}/mentions`);
  },
  async "renamed-entity"() {
    const dialog = find("#renaming-entity"), name = find("input", dialog).value.trim();
    if (name === draft.name) { dialog.close(); return; }
    if (draft.pending) await draft.save();
    if (await draft.send(`/design/entities/${draft.name}/rename`, { name, draft: draft.draft })) { location.assign(`/design/entities/${name}`); return; }
    find("[data-wrong]", dialog).textContent = why(draft.failed);
  },
  move(name, at) {
    if (at < 0 || at >= names().length) return;
    draft.change((tree) => place(tree, name, at));
    speak(filled(words.moved, { name: labelled(name), n: at + 1 }));
    row(name)?.querySelector(".what").focus();
  },
};
const context = { words, palette, draft, offers, model: offers, glyph, acts, say: speak };
const panel = new Panel(find("[data-panel]"), context);

async function uses(box, address) {
  box.textContent = words.looking;
  const response = await fetch(address, { headers: { Accept: "application/json" } });
  const found = response.ok ? (await response.json()).uses : [];
  box.replaceChildren(element("p", { class: "sm", text: found.length ? words.used_in : words.not_used }),
    element("ul", { class: "fl-design-uses" }, ...found.map((one) => element("li", {}, element("b", { text: one.where }), document.createTextNode(one.what ? ` · ${one.what}` : "")))));
}

// ---------- the fields ----------
const row = (name) => list.querySelector(`[data-name="${name}"]`);

function badge(name, words_) {
  const made = icon(name);
  made.setAttribute("aria-hidden", "true");
  return element("span", { title: words_ }, made, element("span", { class: "visually-hidden", text: words_ }));
}

function line(name) {
  const spec = draft.tree.fields[name];
  const role = ["title", "number", "state", "owner"].find((key) => draft.tree[key] === name);
  const wrong = draft.problems.some((one) => one.severity === "error" && one.element?.split(".")[1] === name && one.element.startsWith(`${draft.name}.`));
  const fresh = !data.definition.pack?.fields?.[name] && !(name in data.held);
  return element("li", { class: `fl-design-field${name === chosen ? " on" : ""}${wrong ? " bad" : ""}`, "data-name": name },
    element("span", { class: "grip", "aria-hidden": "true" }, icon("grip-vertical")), glyph(spec.type),
    element("button", { type: "button", class: "what", "aria-pressed": String(name === chosen), "aria-keyshortcuts": "Alt+ArrowUp Alt+ArrowDown Delete" },
      element("b", { class: "clip" }, document.createTextNode(labelled(name)), spec.required ? element("span", { class: "req", text: " *", title: words.must }) : null),
      element("span", { class: "clip", text: [offers.types.get(spec.type)?.label ?? spec.type, role && words[`${role}_badge`]].filter(Boolean).join(" · ") })),
    element("span", { class: "badges" }, spec.visible_when ? badge("eye", words.conditional) : null, spec.readonly ? badge("lock", words.readonly) : null),
    fresh ? element("span", { class: "fl-tag accent", text: words.new }) : null);
}

function draw() {
  const focused = document.activeElement?.closest?.("[data-name]")?.dataset.name;
  list.dataset.empty = words.no_fields;
  list.replaceChildren(...names().map(line));
  if (focused) row(focused)?.querySelector(".what").focus();
  find("[data-field-count]").textContent = names().length;
  find("[data-title]").textContent = shown(draft.tree.label, draft.name);
  if (chosen && !(chosen in draft.tree.fields)) choose(null);
  mark();
}

function choose(name) {
  chosen = name;
  for (const one of list.children) {
    one.classList.toggle("on", one.dataset.name === name);
    find(".what", one).setAttribute("aria-pressed", String(one.dataset.name === name));
  }
  panel.show(name);
  mark();
  if (name) row(name)?.scrollIntoView({ block: "nearest" });
}

function mark() {
  for (const one of view.querySelectorAll("[data-for]")) one.classList.toggle("on", one.dataset.for === chosen);
  view.querySelector("[data-shown]:not([hidden]) [data-for].on")?.scrollIntoView({ block: "nearest" });
}

// ---------- the palette ----------
function drawKinds(wanted = "") {
  const fits = (one) => `${one.label} ${one.about} ${one.name}`.toLowerCase().includes(wanted.toLowerCase());
  kinds.replaceChildren(...palette.flatMap(([label, types]) => {
    const left = types.filter(fits);
    return left.length ? [element("h3", { text: label }), element("div", { "data-kinds": "" }, ...left.map((one) => element("button", { type: "button", class: "fl-design-type", "data-type": one.name, title: one.about }, glyph(one.name), document.createTextNode(one.label))))] : [];
  }));
  for (const group of kinds.querySelectorAll("[data-kinds]")) Sortable.create(group, { group: { name: "fields", pull: "clone", put: false }, sort: false, ...DRAG });
}

Sortable.create(list, {
  group: "fields", ...DRAG,
  onAdd({ item, newIndex }) { const { type } = item.dataset; item.remove(); acts.add(type, newIndex); },
  onUpdate({ item, newIndex }) { acts.move(item.dataset.name, newIndex); },
});

// ---------- the preview ----------
let asked = 0;
async function preview() {
  const turn = ++asked;
  const response = await fetch(`/design/entities/${draft.name}/preview`, { headers: { "HX-Request": "true" } });
  if (turn !== asked || !response.ok) return;
  view.innerHTML = await response.text();
  const broken = draft.problems.some((one) => one.severity === "error");
  find("[data-stale]").hidden = !broken;
  find("[data-stale]").textContent = words.mistakes;
  tab(find(".fl-design-preview [aria-selected=true]"));
  mark();
}

function tab(pressed) {
  for (const one of document.querySelectorAll(".fl-design-preview [role=tab]")) for (const name of ["aria-selected", "aria-pressed"]) one.setAttribute(name, String(one === pressed));
  view.setAttribute("aria-labelledby", pressed.id);
  for (const part of view.querySelectorAll("[data-shown]")) part.hidden = `tab-${part.dataset.shown}` !== pressed.id;
}

// ---------- what is pressed ----------
document.addEventListener("click", (event) => {
  const act = event.target.closest("[data-do]")?.dataset.do;
  if (act) acts[act]();
  const type = event.target.closest("[data-type]")?.dataset.type;
  if (type) acts.add(type, chosen ? names().indexOf(chosen) + 1 : undefined);
  const field = event.target.closest("[data-fields] [data-name]")?.dataset.name;
  if (field) choose(field === chosen ? null : field);
  const pressed = event.target.closest(".fl-design-preview [role=tab]");
  if (pressed) tab(pressed);
  const seen = event.target.closest("[data-preview] [data-for]")?.dataset.for;
  if (seen && seen in draft.tree.fields) { choose(seen); row(seen)?.scrollIntoView({ block: "nearest" }); }
  const place_ = event.target.closest("[data-draft=list] [data-element]")?.dataset.element.split(".");
  if (place_?.[0] === draft.name && place_[1] in draft.tree.fields) choose(place_[1]);
});

find("#renaming-entity form").addEventListener("submit", (event) => event.preventDefault());

list.addEventListener("keydown", (event) => {
  const name = event.target.closest("[data-name]")?.dataset.name;
  if (!name) return;
  const at = names().indexOf(name);
  const step = { ArrowUp: -1, ArrowDown: 1 }[event.key];
  if (step && event.altKey) acts.move(name, at + step);
  else if (step) row(names()[at + step])?.querySelector(".what").focus();
  else if (event.key === "Delete") acts.remove(name);
  else return;
  event.preventDefault();
});

find("[data-find-type]").addEventListener("input", (event) => drawKinds(event.target.value));
// Of what was kept the panel shows problems; they can wait for whoever is typing there.
const typing = () => document.activeElement?.matches("[data-panel] :is(textarea, input:not([type=checkbox]))");
const redraw = undisturbed(() => { draw(); if (!typing()) panel.later(); });
draft.addEventListener("change", undisturbed(() => { draw(); panel.later(); }));
draft.addEventListener("saved", () => { redraw(); preview(); });

// ---------- begin ----------
drawKinds();
draw();
panel.show(null);
bar(draft);
preview();
find("main").dataset.ready = "";
