// The matrix of roles: a row for each entity, field or action, a column for each role, a chip for what it may do.

import { find } from "../frame.js";
import { chinese, element, icon, say, undisturbed } from "../parts.js";
import { bar } from "./draft.js";
import { Rules, VERBS } from "./role_tree.js";
import { RolePanel } from "./role_panel.js";
import { Seeing } from "./seeing.js";
import { Several } from "./several.js";
import { shown } from "./tree.js";

const data = JSON.parse(find("#design-data").textContent);
const { words } = data;
const entities = new Map(data.entities.map((one) => [one.name, one]));
const draft = new Several("role", data.roles, data.draft);
const address = new URLSearchParams(location.search);
const narrow = matchMedia("(max-width: 767px)");
const state = {
  tab: address.get("tab") ?? "records", entity: address.get("entity") ?? data.entities[0]?.name ?? "", asked: "",
  cell: null, only: address.get("role") ?? Object.keys(data.roles)[0],
};
const table = find("[data-matrix]");
const named = (name) => shown(draft.trees[name]?.label, name);
const rules = (name) => new Rules(draft.trees[name], entities);
const roles = () => (narrow.matches ? [state.only] : Object.keys(draft.trees)).filter((name) => draft.trees[name]);

const seeing = new Seeing({ words, entities, named, changed: () => { matrix(); panel.draw(); } });
const panel = new RolePanel(find("[data-panel]"), { words, draft, entities, rules, named, seeing, held: data.held, redraw: () => { panel.later(); matrix(); } });
bar(draft);

// ---------- the address keeps what is looked at, so that it can be sent and come back to ----------
function remember() {
  const kept = new URL(location.href);
  kept.search = new URLSearchParams({ tab: state.tab, ...(state.tab === "records" ? {} : { entity: state.entity }), ...(state.cell ? { role: state.cell.role } : {}) });
  history.replaceState(null, "", kept);
}

// ---------- rows ----------
const fits = (...texts) => texts.join(" ").toLowerCase().includes(state.asked.toLowerCase());

function rows() {
  const entity = entities.get(state.entity);
  if (state.tab === "records") return data.entities.filter((one) => fits(one.plural, one.label, one.name)).map((one) => ({ key: one.name, label: one.plural, child: one.parent, entity: one.name, chips: VERBS }));
  if (state.tab === "fields") return entity.fields.filter((one) => !one.fixed && fits(one.label, one.name)).map((one) => ({ key: one.name, label: one.label, entity: entity.name, field: one.name, chips: ["read", "write"] }));
  return entity.actions.filter((one) => fits(one.label, one.name)).map((one) => ({ key: one.name, label: one.label, entity: entity.name, action: one.name, chips: [one.name] }));
}

const levelOf = (role, row, chip) => (row.field ? rules(role).field(row.entity, row.field)[chip] : rules(role).level(row.entity, chip));
const short = (chip, row) => (row.action ? (chinese ? "做" : "✓") : words[`${chip}_short`]);
const LEVELS = { all: 2, some: 1, none: 0 };

function chip(role, row, name, level) {
  const verb = row.action ? row.label : words[name];
  const said = say(words.cell, { role: role ? named(role) : words.together, entity: row.label, verb, level: words[level] });
  const inside = level === "none" ? "–" : short(name, row);
  if (!role) return element("i", { class: level, title: said, "aria-label": said, role: "img" }, inside);
  const cell = state.cell;
  const on = cell && cell.role === role && cell.key === row.key && cell.chip === name;
  const made = element("button", { type: "button", class: `${level}${on ? " sel" : ""}`, title: said, "aria-label": said, "data-cell": `${role} ${row.key} ${name}`, "aria-pressed": String(Boolean(on)) }, inside);
  made.addEventListener("click", () => choose({ role, key: row.key, entity: row.entity, field: row.field, action: row.action, chip: name }));
  return made;
}

function choose(cell) {
  state.cell = cell;
  panel.show(cell);
  matrix();
  remember();
  find(`[data-cell="${CSS.escape(`${cell.role} ${cell.key} ${cell.chip}`)}"]`, table)?.focus();
}

function together(row) {
  const best = (name) => seeing.roles(draft.trees).map((role) => levelOf(role, row, name)).reduce((a, b) => (LEVELS[b] > LEVELS[a] ? b : a), seeing.person.admin ? "all" : "none");
  return element("td", { class: "fl-roles-sum" }, element("span", { class: "fl-ops" }, ...row.chips.map((name) => chip("", row, name, best(name)))));
}

function matrix() {
  const shownRoles = roles(), mine = seeing.roles(draft.trees), lines = rows();
  const count = (name) => { const n = data.held[name] ?? 0; return n === 0 ? words.nobody : n === 1 ? words.person : say(words.people, { n }); };
  const head = shownRoles.map((name) => {
    const open = element("button", { type: "button", class: "fl-roles-head", "data-role": name }, element("b", { text: named(name) }), element("span", { text: count(name) }));
    open.addEventListener("click", () => { state.cell = { role: name }; panel.show(state.cell); matrix(); remember(); });
    return element("th", { scope: "col", class: mine.includes(name) ? "me" : null }, open);
  });
  const sum = seeing.person && !narrow.matches ? [element("th", { scope: "col", class: "fl-roles-sum", text: words.together })] : [];
  const body = lines.map((row) => element("tr", {},
    element("th", { scope: "row" }, element("span", { class: row.child ? "child" : null, text: row.label }), element("small", { class: "mono", text: row.key })),
    ...(sum.length ? [together(row)] : []),
    ...shownRoles.map((role) => element("td", { class: [mine.includes(role) ? "me" : "", !row.field && !row.action && rules(role).follows(row.entity) ? "follows" : ""].join(" ").trim() || null }, element("span", { class: "fl-ops" }, ...row.chips.map((name) => chip(role, row, name, levelOf(role, row, name))))))));
  const at = table.contains(document.activeElement) ? document.activeElement.dataset.cell : null;
  table.replaceChildren(element("thead", {}, element("tr", {}, element("th", { "aria-label": words[state.tab === "records" ? "roles" : state.tab === "fields" ? "field" : "action"] }), ...sum, ...head)), element("tbody", {}, ...body));
  find("[data-none]").hidden = lines.length > 0;
  find("[data-none]").textContent = state.tab === "actions" && !state.asked ? words.no_action : words.nothing_yet;
  if (at) find(`[data-cell="${CSS.escape(at)}"]`, table)?.focus();
  const only = find("[data-only]");
  only.replaceChildren(...Object.keys(draft.trees).map((name) => element("option", { value: name, text: named(name), selected: name === state.only })));
}

// ---------- arrows walk through the chips ----------
table.addEventListener("keydown", (event) => {
  const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key], fall = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  const cell = event.target.closest("[data-cell]");
  if (!cell || (!step && !fall)) return;
  event.preventDefault();
  const line = cell.closest("tr"), within = [...line.querySelectorAll("[data-cell]")], at = within.indexOf(cell);
  if (step) within[at + step]?.focus();
  else (fall > 0 ? line.nextElementSibling : line.previousElementSibling)?.querySelectorAll("[data-cell]")[at]?.focus();
});

// ---------- what is shown ----------
function tab(name) {
  state.tab = name;
  for (const one of document.querySelectorAll("[data-tab]")) one.setAttribute("aria-pressed", String(one.dataset.tab === name));
  find("[data-entity-choice]").hidden = name === "records";
  state.cell = null;
  panel.show(null);
  matrix();
  remember();
}

for (const one of document.querySelectorAll("[data-tab]")) one.addEventListener("click", () => tab(one.dataset.tab));
find("[data-find]").addEventListener("input", (event) => { state.asked = event.target.value.trim(); matrix(); });
find("[data-entity]").addEventListener("change", (event) => { state.entity = event.target.value; tab(state.tab); });
find("[data-only]").addEventListener("change", (event) => { state.only = event.target.value; matrix(); });
narrow.addEventListener("change", matrix);
draft.addEventListener("change", undisturbed(() => { if (state.cell && !draft.trees[state.cell.role]) state.cell = null; panel.show(state.cell); matrix(); }));
draft.addEventListener("saved", () => seeing.again());
find("[data-entity]").value = state.entity;
const asked = address.get("role");
tab(["records", "fields", "actions"].includes(state.tab) ? state.tab : "records");
if (asked && draft.trees[asked]) { state.cell = { role: asked }; panel.show(state.cell); matrix(); }
find("main").dataset.ready = "";
