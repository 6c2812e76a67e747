// The decision editor: draft, grid, columns, test, findings and publishing held together.

import { find } from "./frame.js";
import { Columns } from "./decision/columns.js";
import { pretty } from "./decision/cells.js";
import { Draft, ask, element, heading, icon, say, title } from "./decision/draft.js";
import { Grid } from "./decision/grid.js";
import { Publishing } from "./decision/publish.js";
import { Trial } from "./decision/trial.js";

const data = JSON.parse(find("#decision-data").textContent);
const { words } = data;
for (const name of ["types", "policies", "aggregations"]) data[name] = Object.fromEntries(data[name]);      // in their order
const page = find("[data-decision]");
const draft = new Draft(data);
const grid = new Grid(draft, find("[data-scroll]"));
const trial = new Trial(draft, find("#side-trial"), (hits) => grid.mark(grid.findings, new Set(hits[draft.key] ?? [])));
const columns = new Columns(draft, find("#side-columns"), data.types);
const publishing = new Publishing(draft, data, { trouble, refused });
let overview = false;

function trouble(text) {
  const note = find("[data-trouble]");
  find(".grow", note).textContent = text;
  note.hidden = !text;
  if (text) note.focus();
}

function refused(findings) {
  told(findings);
  trouble(findings.filter((one) => !one.path).map((one) => [one.message, one.hint].filter(Boolean).join(" ")).join(" ") || say(words.errors, { n: findings.length }));
}

// ---------- which part is open ----------
function show(key) {
  overview = key === "" && !find("[data-graph]").matches("[data-none]");
  if (key) draft.choose(key);
  for (const tab of document.querySelectorAll(".fl-dec-parts [data-part]")) {
    const here = tab.dataset.part === (overview ? "" : draft.key);
    tab.toggleAttribute("aria-current", here);
    if (here) tab.setAttribute("aria-current", "page");
  }
  draw();
}

function draw() {
  const { part } = draft;
  find("[data-graph]").hidden = !overview;
  page.classList.toggle("overview", overview);
  find("[data-tools]").hidden = overview || !part.grid;
  find("[data-scroll]").hidden = overview || !part.grid;
  find("[data-other]").hidden = overview || Boolean(part.grid);
  find("[data-title]").textContent = overview ? data.title : title(part);
  if (part.grid) { grid.draw(); policy(); }
  else other(part);
  state();
}

function other(part) {
  const box = find("[data-other]");
  if (part.expression === undefined) {
    box.replaceChildren(element("pre", { class: "fl-feel", text: part.text || "–" }));
    return;
  }
  const area = element("textarea", { class: "form-control mono", rows: 6, spellcheck: "false", id: "expression" });
  area.value = part.expression;
  area.addEventListener("input", () => draft.change((one) => { one.expression = area.value; }));
  box.replaceChildren(element("label", { class: "fl-field" }, element("span", { class: "fl-label", text: words.expression }), area, element("span", { class: "err", id: "expression-problem", role: "status" })));
}

// ---------- the hit policy, in words ----------
function policy() {
  const { policy: chosen, aggregation } = draft.grid;
  const [name, help] = data.policies[chosen] ?? [chosen, ""];
  find("[data-policy]").textContent = chosen === "COLLECT" && aggregation ? `${name} · ${data.aggregations[aggregation]}` : name;
  find("[data-policy-help]").textContent = help;
  const option = (group, value, on, first, second, act) => {
    const input = element("input", { type: "radio", name: group, value, class: "form-check-input", checked: on });
    input.addEventListener("change", act);
    return element("label", { class: "fl-dec-option" }, input, element("span", {}, element("b", { text: first }), second ? element("span", { class: "d-block sm muted", text: second }) : null));
  };
  find("[data-policies]").replaceChildren(
    ...Object.entries(data.policies).map(([value, [first, second]]) => option("policy", value, value === chosen, first, second,
      () => { draft.change((part) => { part.grid.policy = value; if (value !== "COLLECT") part.grid.aggregation = ""; }); policy(); })),
    ...(chosen === "COLLECT" ? [element("h3", { class: "fl-dec-sub", text: words.aggregation }),
      ...Object.entries(data.aggregations).map(([value, first]) => option("aggregation", value, value === aggregation, first, "",
        () => { draft.change((part) => { part.grid.aggregation = value; }); policy(); }))] : []));
}

// ---------- findings ----------
let turn = null;
let timer = 0;

function check() {
  clearTimeout(timer);
  timer = setTimeout(run, 250);
}

async function run() {
  turn?.abort();
  turn = new AbortController();
  try {
    const { ok, status, told: answer } = await ask(draft, "check", {}, turn.signal);
    if (ok) { draft.tidy(answer.tidy); told(answer.findings); trial.know(answer.asks); trouble(""); }
    else if (status === 401) trouble(words.signed_out);
    else trouble(answer ? [answer.title, answer.hint].filter(Boolean).join(" ") : words.unreachable);
  } catch (error) {
    if (error.name === "AbortError") return;
    if (!(error instanceof TypeError)) throw error;
    trouble(words.unreachable);
  }
}

const glyphs = { error: ["alert-circle", "t-stop"], warning: ["alert-triangle", "t-wait"], note: ["info-circle", "t-idle"] };

function told(findings) {
  grid.mark(findings);
  const problem = find("#expression-problem");
  if (problem) problem.textContent = findings.find((one) => one.path === `parts/${draft.key}/expression`)?.message ?? "";
  const count = (kind) => findings.filter((one) => one.severity === kind).length;
  const counts = [["error", words.errors], ["warning", words.warnings]].filter(([kind]) => count(kind));
  find("[data-counts]").replaceChildren(...(findings.length ? counts.map(([kind, text]) => {
    const tag = element("span", { class: `fl-tag ${kind === "error" ? "stop" : "wait"}` });
    tag.textContent = say(text, { n: count(kind) });
    return tag;
  }) : [element("span", { class: "fl-tag done" }, icon("circle-check"), document.createTextNode(words.fine))]));
  const order = { error: 0, warning: 1, note: 2 };
  find("[data-findings]").replaceChildren(...[...findings].sort((a, b) => order[a.severity] - order[b.severity]).map(line));
}

// In the words of the table, where the server tells it in FEEL.
function message(found, part) {
  const said = { "dmn-gap": words.gap, "dmn-overlap": words.overlap }[found.code];
  if (!said || !found.tests) return found.message;
  const { inputs } = part.grid;
  const asked = found.tests.map((test, n) => (["", "-"].includes(test) ? "" : `${heading(inputs[n])} ${pretty(test, inputs[n].kind, words)}`)).filter(Boolean);
  const named = (name) => heading(inputs.find((one) => one.expression === name) ?? { name });
  const example = Object.entries(found.example).map(([name, value]) => `${named(name)} ${pretty(value, inputs.find((one) => one.expression === name)?.kind ?? "", words)}`);
  return say(said, { where: asked.join(words.and) || words.everywhere, example: example.join(words.and), rules: found.rules.join(words.and) });
}

function line(found) {
  const [glyph, tone] = glyphs[found.severity] ?? glyphs.note;
  const [, key, where, n, side, at] = found.path.split("/");
  const part = draft.sheet.parts.find((one) => one.key === key);
  const buttons = [];
  const button = (text, act) => {
    const made = element("button", { type: "button", class: "btn btn-sm", text });
    made.addEventListener("click", act);
    buttons.push(made);
  };
  if (found.example && Object.keys(found.example).length) button(words.try, () => { show(key); side_("trial"); trial.fill(found.example); });
  if (found.tests && found.code === "dmn-gap") button(words.fill, () => { show(key); grid.add(lastOf(part), { ...grid.blank(), tests: found.tests }); grid.go(grid.at.row, found.tests.length); });
  else if (where === "rows") button(words.go, () => { show(key); grid.go(Number(n), side === "results" ? part.grid.inputs.length + Number(at) : Number(at ?? 0)); });
  const name = part && draft.sheet.parts.length > 1 ? element("b", { text: `${title(part)} · ` }) : null;
  const text = element("div", { class: "grow" }, name, document.createTextNode(message(found, part)), found.hint ? element("span", { class: "muted", text: ` ${found.hint}` }) : null);
  const mark = icon(glyph);
  mark.classList.add(tone);
  return element("li", {}, mark, text, element("span", { class: "row-flex" }, ...buttons));
}

// A new rule goes before a last one that accepts everything; otherwise it would never be asked.
function lastOf(part) {
  const { rows } = part.grid;
  const last = rows.at(-1);
  return last && last.tests.every((test) => ["", "-"].includes(test)) ? rows.length - 1 : rows.length;
}

// ---------- state of the page ----------
function state() {
  const tag = find("[data-state]");
  tag.textContent = draft.changed ? words.unsaved : words.in_force;
  tag.className = `fl-tag ${draft.changed ? "wait" : "done"}`;
  tag.hidden = data.collected && !draft.changed;
  find("[data-do=undo]").disabled = !draft.past.length;
  find("[data-do=redo]").disabled = !draft.future.length;
  document.title = document.title.replace(/^(• )?/, draft.changed ? "• " : "");
}

function side_(name) {
  for (const tab of page.querySelectorAll(".fl-dec-side [role=tab]")) {
    const here = tab.id === `tab-${name}`;
    for (const attribute of ["aria-selected", "aria-pressed"]) tab.setAttribute(attribute, String(here));
    find(`#${tab.getAttribute("aria-controls")}`).hidden = !here;
  }
  if (name === "history") history_();
}

async function history_() {
  const box = find("#side-history");
  const response = await fetch(`/decisions/${draft.stem}/history`, { headers: { "HX-Request": "true" } });
  if (response.ok) box.innerHTML = await response.text();
}

const acts = {
  undo: () => draft.undo(), redo: () => draft.redo(), publish: () => publishing.ask(),
  add: () => grid.add(draft.grid.rows.length),
  bring() { draft.bring(draft.kept()); find("[data-restore]").hidden = true; },
  forget() { draft.forget(); find("[data-restore]").hidden = true; },
};

document.addEventListener("click", (event) => {
  const act = event.target.closest("[data-do]")?.dataset.do;
  if (acts[act]) acts[act]();
  const part = event.target.closest("[data-part]");
  if (part) { event.preventDefault(); history.replaceState(null, "", part.dataset.part ? `?decision=${encodeURIComponent(part.dataset.part)}` : location.pathname); show(part.dataset.part); }
  const tab = event.target.closest(".fl-dec-side [role=tab]");
  if (tab) side_(tab.id.replace("tab-", ""));
});

document.addEventListener("keydown", (event) => {
  if (!(event.ctrlKey || event.metaKey) || document.querySelector("dialog[open]")) return;
  const key = event.key.toLowerCase();
  const inField = event.target.matches("textarea, input, select");
  if (key === "s") { event.preventDefault(); document.activeElement.blur(); publishing.ask(); }
  else if (key === "z" && !inField) { event.preventDefault(); if (event.shiftKey) draft.redo(); else draft.undo(); }
  else if (key === "y" && !inField) { event.preventDefault(); draft.redo(); }
});

addEventListener("beforeunload", (event) => { if (draft.changed && !draft.kept()) event.preventDefault(); });

draft.addEventListener("change", (event) => { if (event.detail.whole && !draft.grid) other(draft.part); if (event.detail.whole && draft.grid) policy(); state(); check(); });

if (draft.kept()) find("[data-restore]").hidden = false;
show(page.dataset.chosen || (document.querySelector(".fl-dec-parts [data-part='']") ? "" : draft.key));
check();
