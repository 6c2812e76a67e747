// The designer of menus: the order of workspaces, the lists of one, and what a role finds in its menu.

import { find } from "../frame.js";
import { afterwards, element, icon, redrawn, say, undisturbed } from "../parts.js";
import { begin, remove, section, select } from "../process/controls.js";
import { bar } from "./draft.js";
import { labels } from "./labels.js";
import { picks } from "./picks.js";
import { glyph as drawing, pictures } from "./pictures.js";
import { Several } from "./several.js";
import { free, put, shown } from "./tree.js";

const STEP = 10;
const data = JSON.parse(find("#design-data").textContent);
const { words } = data;
const entities = new Map(data.entities.map((one) => [one.name, one]));
const draft = new Several("workspace", data.workspaces, data.draft);
const state = { chosen: Object.keys(data.workspaces)[0] ?? null, role: "" };
bar(draft);

const placed = ([, one]) => one.position ?? Infinity;
const names = () => Object.entries(draft.trees).sort((a, b) => (placed(a) === placed(b) ? 0 : placed(a) - placed(b))).map(([name]) => name);
const titled = (name) => shown(draft.trees[name]?.label, name);
const glyph = (name) => drawing(name, "table");
const listed = (item) => {
  const entity = entities.get(item.entity);
  if (!entity) return item.entity;
  const view = entity.views.find((one) => one.name === item.view);
  return entity.label + (item.view ? ` · ${view?.label ?? item.view}` : "");
};

function choose(name) { state.chosen = name; draw(); }

// ---------- the order of workspaces ----------
function drawWorkspaces() {
  picks(find("[data-workspaces]"), {
    words, items: names().map((name) => ({ key: name, words: titled(name) })),
    inside: (item) => {
      const made = element("button", { type: "button", class: "pick" }, glyph(draft.trees[item.key].icon ?? "folder"), element("span", { class: "clip", text: item.words }));
      made.addEventListener("click", () => { choose(item.key); find(`[data-workspaces] [data-key="${CSS.escape(item.key)}"] .pick`).focus(); });
      return [made];
    },
    moved: (order) => { order.forEach((name, at) => { if (draft.trees[name].position !== (at + 1) * STEP) draft.alter(name, (tree) => { tree.position = (at + 1) * STEP; }); }); },
  });
  find(`[data-workspaces] [data-key="${CSS.escape(state.chosen ?? "")}"]`)?.setAttribute("aria-current", "true");
}

find("[data-new-workspace]").addEventListener("click", () => {
  const name = free(new Set(Object.keys(draft.trees)), "workspace");
  const last = Math.max(0, ...Object.values(draft.trees).map((one) => one.position ?? 0));
  draft.trees[name] = { workspace: name, label: { en: "New workspace", zh: "新工作区" }, icon: "folder", ...(last ? { position: last + STEP } : {}), items: [] };
  draft.alter(name, () => {});
  choose(name);
  find("[data-panel] input")?.select();
});

// ---------- the lists of one ----------
function drawItems() {
  const tree = draft.trees[state.chosen];
  find("[data-title]").textContent = tree ? titled(state.chosen) : words.choose;
  find("[data-adding]").hidden = !tree;
  find("[data-empty]").hidden = !tree || tree.items.length > 0;
  const items = tree?.items ?? [];
  const keyed = items.map((item) => ({ key: `${item.entity}/${item.view ?? ""}`, words: listed(item), item }));
  picks(find("[data-items]"), {
    words, items: keyed,
    inside: ({ words: said, item, key }) => {
      const gone = element("button", { type: "button", class: "fl-icon-btn sm", "aria-label": say(words.take_away, { name: said }), title: say(words.take_away, { name: said }) }, icon("x"));
      gone.addEventListener("click", () => draft.alter(state.chosen, (held) => { held.items = held.items.filter((one) => `${one.entity}/${one.view ?? ""}` !== key); }));
      return [element("span", { class: "pick" }, glyph(entities.get(item.entity)?.icon ?? "table"), element("span", { class: "clip", text: said }), entities.has(item.entity) ? null : element("span", { class: "fl-tag stop", text: words.gone })), gone];
    },
    moved: (order) => draft.alter(state.chosen, (held) => { const by = new Map(held.items.map((one) => [`${one.entity}/${one.view ?? ""}`, one])); held.items = order.map((key) => by.get(key)); }),
  });
  const there = new Set(keyed.map((one) => one.key));
  const options = data.entities.filter((one) => !one.parent).map((one) => ({ label: one.label, options: [[`${one.name}/`, `${one.label}: ${words.everything}`], ...one.views.map((view) => [`${one.name}/${view.name}`, `${one.label} · ${view.label}`])].filter(([key]) => !there.has(key)) })).filter((one) => one.options.length);
  const add = select("", [["", words.add], ...options], (key) => {
    const [entity, view] = key.split("/");
    if (key) draft.alter(state.chosen, (held) => { held.items.push(view ? { entity, view } : { entity }); });
  }, { id: "add-list", "aria-label": words.add, "data-add": true });
  find("[data-adding]").replaceChildren(add);
}

// ---------- names and picture ----------
const drawPanel = () => redrawn(find("[data-panel]"), settings);

function settings() {
  const box = find("[data-panel]");
  begin();
  const tree = draft.trees[state.chosen];
  if (!tree) { box.replaceChildren(); return; }
  const gone = remove(words.remove, () => {
    const name = state.chosen;
    state.chosen = names().find((one) => one !== name) ?? null;
    draft.drop(name);
  });
  box.replaceChildren(section("", element("h2", { class: "fs-4 m-0 clip", text: titled(state.chosen) }), ...labels(tree, (edit) => draft.alter(state.chosen, edit), words.name_zh, words.name_en)),
    section(words.icon, pictures({ now: tree.icon ?? "folder", names: data.icons, otherwise: "table", words: words.icon, choose: (name) => draft.alter(state.chosen, (held) => put(held, "icon", name)) })), section("", gone, element("p", { class: "help", text: words.remove_help })));
}

// ---------- the menu of a role ----------
function drawMenu() {
  const role = data.roles.find((one) => one.name === state.role) ?? data.roles[0];
  const reads = new Set(role?.reads ?? []);
  const boards = (name) => data.dashboards.filter((one) => one.workspace === name && one.entities.some((entity) => reads.has(entity)));
  const entries = (name) => draft.trees[name].items.filter((item) => reads.has(item.entity)).map((item) => ({ icon: entities.get(item.entity)?.icon ?? "table", label: listed(item) }));
  const groups = names().map((name) => [name, [...boards(name), ...entries(name)]]).filter(([, places]) => places.length);
  const menu = find("[data-menu]");
  menu.replaceChildren(...groups.flatMap(([name, places]) => [element("div", { class: "fl-menu-group", text: titled(name) }), ...places.map((one) => element("div", { class: "fl-menu-place" }, glyph(one.icon), element("span", { class: "clip", text: one.label })))]));
  if (!groups.length) menu.replaceChildren(element("p", { class: "muted sm", text: words.nothing }));
}

const asRole = find("[data-as-role]");
asRole.replaceChildren(...data.roles.map((one) => element("option", { value: one.name, text: one.label })));
asRole.addEventListener("change", () => { state.role = asRole.value; drawMenu(); });

function lists() {
  if (state.chosen && !draft.trees[state.chosen]) state.chosen = names()[0] ?? null;
  drawWorkspaces();
  drawItems();
  drawMenu();
}

function draw() {
  lists();
  drawPanel();
}

const panelAfterwards = afterwards(drawPanel);
draft.addEventListener("change", undisturbed(() => { lists(); panelAfterwards(); }));
draw();
find("main").dataset.ready = "";
