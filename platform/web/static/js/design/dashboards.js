// The designer of dashboards: which there are, the cards of one in their order and as they look, the settings of one.

import { drawAll } from "../charts.js";
import { find } from "../frame.js";
import { afterwards, element, icon, redrawn, undisturbed } from "../parts.js";
import { begin } from "../process/controls.js";
import { CardPanel, DashboardPanel } from "./dashboard_panel.js";
import { bar } from "./draft.js";
import { picks } from "./picks.js";
import { Several } from "./several.js";
import { free, shown } from "./tree.js";

const PAUSE = 350;
const GLYPHS = { number: "number-123", bar: "chart-bar", column: "chart-area", line: "chart-line", funnel: "chart-funnel" };
const data = JSON.parse(find("#design-data").textContent);
const { words } = data;
const draft = new Several("dashboard", data.dashboards, data.draft);
const state = { name: data.chosen, card: null };
const pictures = new Map();         // what the server drew of a card, by how the card was written
const tree = () => draft.trees[state.name];
const card = () => tree()?.cards.find((one) => one.name === state.card);
const alter = (edit) => draft.alter(state.name, edit);
const titled = (name) => shown(draft.trees[name]?.label, name);
const called = (one) => shown(one.label, one.name);
const context = { data, words, draft, alter, redraw: () => settings(), chosen: () => ({ name: state.name, tree: tree(), card: card() }), choose, drop, copy, gone };
const cardPanel = new CardPanel(context);
const dashboardPanel = new DashboardPanel(context);
bar(draft);

function open(name) {
  Object.assign(state, { name, card: null });
  history.replaceState(null, "", name ? `/design/dashboards/${name}` : "/design/dashboards");
  draw();
}

function choose(name) {
  state.card = name;
  draw();
  if (name && matchMedia("(max-width: 767px)").matches) find("[data-panel]").scrollIntoView({ block: "start" });
  else find("[data-preview] .on")?.scrollIntoView({ block: "nearest" });
}

// ---------- dashboards and cards ----------
function lists() {
  find("[data-dashboards]").replaceChildren(...Object.keys(draft.trees).map((name) => {
    const made = element("button", { type: "button", class: "pick" }, icon("chart-bar"), element("span", { class: "clip", text: titled(name) }));
    made.addEventListener("click", () => { open(name); find(`[data-dashboards] [data-key="${CSS.escape(name)}"] .pick`).focus(); });
    return element("li", { "data-key": name, "aria-current": name === state.name && !state.card ? "true" : null }, made);
  }));
  const cards = tree()?.cards ?? [];
  picks(find("[data-cards]"), {
    words, items: cards.map((one) => ({ key: one.name, words: called(one), glyph: GLYPHS[one.kind ?? "number"] })),
    inside: (item) => {
      const made = element("button", { type: "button", class: "pick" }, icon(item.glyph), element("span", { class: "clip", text: item.words }));
      made.addEventListener("click", () => { choose(item.key); find(`[data-cards] [data-key="${CSS.escape(item.key)}"] .pick`).focus(); });
      return [made];
    },
    moved: (order) => alter((held) => { held.cards = order.map((name) => held.cards.find((one) => one.name === name)); }),
  });
  find(`[data-cards] [data-key="${CSS.escape(state.card ?? "")}"]`)?.setAttribute("aria-current", "true");
  find("[data-empty]").hidden = !tree() || cards.length > 0;
  find("[data-new-card]").hidden = !tree();
}

find("[data-new-dashboard]").addEventListener("click", () => {
  if (!data.workspaces.length) { find("[data-live]").textContent = words.no_workspace; return; }
  const name = free(new Set(Object.keys(draft.trees)), "dashboard");
  draft.trees[name] = { dashboard: name, label: { en: "New dashboard", zh: "新看板" }, workspace: data.workspaces[0][0], cards: [] };
  draft.alter(name, () => {});
  open(name);
  find("[data-panel] input")?.select();
});

find("[data-new-card]").addEventListener("click", () => {
  const name = free(new Set(tree().cards.map((one) => one.name)), "card");
  const entity = card()?.entity ?? tree().cards.at(-1)?.entity ?? data.entities.find((one) => !one.parent)?.name;
  alter((held) => { held.cards.push({ name, label: { en: "New card", zh: "新卡片" }, entity }); });
  choose(name);
  find("[data-panel] input")?.select();
});

function copy() {
  const name = free(new Set(tree().cards.map((one) => one.name)), state.card);
  alter((held) => { const at = held.cards.findIndex((one) => one.name === state.card); held.cards.splice(at + 1, 0, { ...structuredClone(held.cards[at]), name }); });
  choose(name);
}

function drop() {
  const { card: name } = state;
  state.card = null;
  alter((held) => { held.cards = held.cards.filter((one) => one.name !== name); });
}

function gone() {
  const { name } = state;
  Object.assign(state, { name: Object.keys(draft.trees).find((one) => one !== name) ?? null, card: null });
  draft.drop(name);
}

// ---------- how it looks ----------
let waiting = 0;
function preview() {
  const { cards = [] } = tree() ?? {};
  const box = find("[data-preview]");
  const drawn = new Map([...box.querySelectorAll("[data-written]")].map((one) => [one.dataset.written, one]));
  const made = cards.filter((one) => !drawn.has(written(one)));
  box.replaceChildren(...(tree() ? cards.map((one) => drawn.get(written(one)) ?? article(one)) : [element("p", { class: "fl-quiet c12", text: words.none })]));
  for (const one of box.querySelectorAll("[data-card]")) one.classList.toggle("on", one.dataset.card === state.card);
  for (const one of made) drawAll(find(`[data-card="${CSS.escape(one.name)}"]`, box));
  clearTimeout(waiting);
  waiting = setTimeout(() => cards.forEach(ask), PAUSE);
}

const written = (one) => JSON.stringify([one, tree()?.period ?? ""]);

function article(one) {
  const number = (one.kind ?? "number") === "number";
  const made = element("article", { class: `fl-card ${number ? "fl-kpi " : ""}c${one.width ?? (number ? 3 : 6)}`, "data-card": one.name, "data-written": written(one), "aria-label": called(one) });
  made.innerHTML = pictures.get(written(one)) ?? "";
  if (!made.childNodes.length) made.append(element("header", {}, element("h2", { text: called(one) })), element("div", { class: "fl-chart" }, element("span", { class: "fl-skeleton w-75 m-3" })));
  return made;
}

// What the server sends is its own template; names from records are escaped there.
async function ask(one) {
  const key = written(one);
  if (pictures.has(key)) return;
  pictures.set(key, "");
  const answer = await fetch(`/design/dashboards/preview?period=${tree()?.period ?? ""}`, {
    method: "POST", headers: { "Content-Type": "application/json", "X-CSRFToken": find("meta[name=csrf-token]").content }, body: JSON.stringify({ card: one }),
  }).catch(() => null);
  if (!answer?.ok) { pictures.delete(key); find("[data-live]").textContent = words.failed; return; }
  pictures.set(key, await answer.text());
  const now = tree()?.cards.find((each) => written(each) === key);
  const box = now && find(`[data-card="${CSS.escape(now.name)}"]`);
  if (!box) return;
  box.innerHTML = pictures.get(key);
  drawAll(box);
}

find("[data-preview]").addEventListener("click", (event) => {
  const name = event.target.closest("[data-card]")?.dataset.card;
  if (!name) return;
  event.preventDefault();
  choose(name);
});

// ---------- settings ----------
function settings() {
  const box = find("[data-panel]");
  redrawn(box, () => { begin(); box.replaceChildren(...(card() ? cardPanel.draw() : tree() ? dashboardPanel.draw() : [])); });
}

function board() {
  if (state.name && !tree()) Object.assign(state, { name: Object.keys(draft.trees)[0] ?? null, card: null });
  if (state.card && !card()) state.card = null;
  lists();
  preview();
}

function draw() {
  board();
  settings();
}

const settingsAfterwards = afterwards(settings);
draft.addEventListener("change", undisturbed(() => { board(); settingsAfterwards(); }));
draw();
find("main").dataset.ready = "";
