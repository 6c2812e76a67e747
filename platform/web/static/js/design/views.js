// The designer of views: which there are, the settings of one, and what it shows with the records of now.

import { find } from "../frame.js";
import { element, icon } from "../parts.js";
import { bar, Draft } from "./draft.js";
import { picks } from "./picks.js";
import { Panel } from "./view_panel.js";
import { Fields, freshName, put, spoken } from "./view_tree.js";

const PAUSE = 500;
const GLYPHS = { list: "list", kanban: "layout-kanban", calendar: "calendar" };
const STANDARD = "";         // stands for the list of everything; no view is called so

const data = JSON.parse(find("#views-data").textContent);
const { words } = data;
const draft = new Draft(data.definition);
const path = `/design/entities/${draft.name}/views`;
const preview = find("[data-preview]");
let selected = new URLSearchParams(location.search).get("view") ?? STANDARD;
let own = false;             // the change that is told now was made here, so the panel stands already

const views = () => draft.tree.views ?? [];
const chosen = () => views().find((view) => view.name === selected);
const fields = () => new Fields(draft.tree, data);
const panel = new Panel(find("[data-panel]"), { words, path, edit, remove });
bar(draft);

function change(edited) {
  own = true;
  draft.change(edited);
  own = false;
}

function edit(edited, redraw) {
  change((tree) => {
    if (selected === STANDARD) { const list = tree.list ?? {}; edited(list); put(tree, "list", Object.keys(list).length ? list : ""); }
    else edited(tree.views.find((view) => view.name === selected));
  });
  if (redraw) settings();
}

function remove() {
  change((tree) => put(tree, "views", tree.views.filter((view) => view.name !== selected)));
  select(STANDARD);
  find("[data-views] .pick").focus();
}

find("[data-new-view]").addEventListener("click", () => {
  const name = freshName(draft.tree, "view");
  change((tree) => { tree.views = [...(tree.views ?? []), { name, label: { en: "New view", zh: "新视图" } }]; });
  select(name);
  find("[data-panel] [data-name]").select();
});

function select(name) {
  selected = name;
  const address = new URL(location.href);
  if (name) address.searchParams.set("view", name); else address.searchParams.delete("view");
  history.replaceState(null, "", address);
  list();
  settings();
  soon(0);
}

// ---------- the views, in their order ----------
function list() {
  const items = [{ key: STANDARD, words: words.standard, glyph: "table", fixed: true },
    ...views().map((view) => ({ key: view.name, words: spoken(view.label, view.name), glyph: GLYPHS[view.kind ?? "list"] }))];
  picks(find("[data-views]"), {
    items, words,
    inside: (item) => {
      const button = element("button", { type: "button", class: "pick" }, icon(item.glyph), element("span", { class: "clip", text: item.words }));
      button.addEventListener("click", () => { select(item.key); find(`[data-views] [data-key="${CSS.escape(item.key)}"] .pick`).focus(); });
      return [button];
    },
    moved: (order) => change((tree) => { tree.views = order.map((name) => tree.views.find((view) => view.name === name)); }),
  });
  find(`[data-views] [data-key="${CSS.escape(selected)}"]`)?.setAttribute("aria-current", "true");
}

function settings() {
  if (selected === STANDARD) panel.draw(draft.tree.list ?? {}, fields(), true);
  else panel.draw(chosen(), fields(), false);
}

// ---------- what it looks like ----------
let waiting = 0, turn = 0;

function soon(pause = PAUSE) {
  clearTimeout(waiting);
  waiting = setTimeout(draw, pause);
}

async function draw() {
  if (!data.there) return;
  const now = ++turn;
  const view = chosen() ?? { name: "all", ...draft.tree.list };
  const filled = { columns: draft.tree.list?.columns, sort: draft.tree.list?.sort, ...view };
  find("[data-busy]").hidden = false;
  const answer = await fetch(`${path}/preview?view=${encodeURIComponent(JSON.stringify(filled))}`).catch(() => null);
  if (now !== turn) return;
  find("[data-busy]").hidden = true;
  const told = answer?.headers.get("Content-Type")?.includes("json") ? await answer.json() : null;
  if (!answer || told) { preview.replaceChildren(element("p", { class: "fl-quiet sm muted", text: told?.said ?? words.failed })); return; }
  preview.innerHTML = await answer.text();
  const [board, calendar] = [find("#board", preview), find("#calendar", preview)];
  if (board) (await import("../board.js")).board(board);
  if (calendar) await (await import("../calendar.js")).calendar(calendar, false);
}

draft.addEventListener("change", () => {
  if (selected !== STANDARD && !chosen()) { select(STANDARD); return; }
  list();
  if (!own) settings();
  soon();
});
select(views().some((view) => view.name === selected) ? selected : STANDARD);
