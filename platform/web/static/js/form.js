// A form that lives: rules and formulas as one types, drafts, Ctrl S, errors. Without this file it is a plain form.

import { evaluate, test } from "./feel.js";
import { find } from "./frame.js";
import { editors } from "./editor.js";
import { lines } from "./lines.js";
import { pickers } from "./picker.js";
import { Scope, print } from "./scope.js";

const all = (selector, within) => [...within.querySelectorAll(selector)];

export function enliven(form, rules) {
  const scope = new Scope(form, rules);
  const update = () => { recompute(form, rules, scope); obey(form, rules, scope); };
  pickers(form);
  editors(form);
  lines(form, rules, update);
  tabs(form);
  keep(form, update);
  form.addEventListener("input", update);
  form.addEventListener("change", update);
  form.addEventListener("click", (event) => fix(event, form));
  form.addEventListener("change", tidy);
  if (Object.keys(rules).length) update();
  const summary = find("[data-summary]", form);
  if (summary) summary.focus();
  else if (!form.matches("[data-key^='task:']")) find("input:not([type=hidden]):not([tabindex='-1']), textarea, select", form)?.focus({ preventScroll: true });
}

// ---------- formulas and roll-ups: children first, then the record, until nothing changes ----------
function recompute(form, rules, scope) {
  const options = { now: rules.now };
  for (const [table, fields] of Object.entries(rules.tables ?? {})) {
    for (const row of scope.rows(table)) {
      for (const [name, spec] of Object.entries(fields)) {
        if (spec.formula) scope.compute(`${row.prefix}${name}`, row.key, name, spec, evaluate(spec.formula, scope.ofRow(row), options));
      }
    }
  }
  const computed = Object.entries(rules.fields ?? {}).filter(([, spec]) => spec.formula || spec.rollup);
  for (let pass = 0; pass < computed.length; pass += 1) {
    let changed = false;
    for (const [name, spec] of computed) {
      const value = spec.rollup ? scope.rollUp(spec.rollup) : evaluate(spec.formula, scope.ofRecord(), options);
      changed = scope.compute(name, "", name, spec, value) || changed;
    }
    if (!changed) break;
  }
  total(form, rules, scope);
}

function total(form, rules, scope) {
  const bar = find("[data-total]", form);
  const last = Object.entries(rules.fields ?? {}).filter(([, s]) => (s.formula || s.rollup) && (s.returns === "money" || s.rollup?.function === "sum")).at(-1);
  if (!bar || !last) return;
  const output = find(`[data-output="${last[0]}"]`, form);
  if (!output) return;
  bar.hidden = false;
  find("[data-total-label]", bar).textContent = find(".fl-label", output.closest(".fl-field"))?.textContent ?? "";
  find("[data-total-value]", bar).textContent = print(scope.value(last[0]), last[1], rules.locale);
}

// ---------- visible, required, read-only ----------
function obey(form, rules, scope) {
  const names = scope.ofRecord();
  const options = { now: rules.now };
  for (const [name, spec] of Object.entries(rules.fields ?? {})) {
    const field = find(`[data-for="${name}"], [data-lines="${name}"]`, form);
    if (!field) continue;
    if (spec.visible) field.hidden = !test(spec.visible, names, options);
    if (spec.required) need(field, spec.always || test(spec.required, names, options));
    if (spec.readonly) lock(field, test(spec.readonly, names, options));
  }
  (rules.sections ?? []).forEach((tree, index) => {
    if (tree) find(`[data-section="${index}"]`, form).hidden = !test(tree, names, options);
  });
}

function need(field, required) {
  const star = find(".req", field);
  if (star) star.hidden = !required;
  find("[data-field]:not([type=hidden]), [role=combobox]", field)?.setAttribute("aria-required", String(required));
}

function lock(field, locked) {
  for (const input of all("input:not([type=hidden]), textarea", field)) input.readOnly = locked;
  for (const input of all("select, [type=checkbox], [type=radio]", field)) input.toggleAttribute("data-locked", locked);
  field.classList.toggle("locked", locked);
}

// ---------- small help ----------
function tidy(event) {
  const input = event.target;
  if (!input.matches?.("[data-money]") || !input.value.trim()) return;
  const plain = input.value.normalize("NFKC").replace(/[\s,，¥￥$€£]/g, "");
  if (!/^-?\d+(\.\d+)?$/.test(plain)) return;
  const [whole, rest = ""] = plain.split(".");
  input.value = `${whole.replace(/\B(?=(\d{3})+$)/g, ",")}.${rest.padEnd(2, "0")}`;
}

function fix(event, form) {
  const target = event.target.closest("[data-act=fix]");
  if (!target) return;
  const input = form.querySelector(`#${CSS.escape(target.dataset.target)}`);
  input.value = target.dataset.value;
  input.dispatchEvent(new Event("input", { bubbles: true }));
  input.focus();
}

function tabs(form) {
  const links = all("[role=tab]", form);
  if (!links.length) return;
  const show = (link) => {
    for (const one of links) {
      one.setAttribute("aria-selected", String(one === link));
      find(one.hash, form).hidden = one !== link;
    }
  };
  for (const link of links) link.addEventListener("click", (event) => { event.preventDefault(); show(link); });
  show(links.find((link) => find("[aria-invalid=true]", find(link.hash, form))) ?? links[0]);
  form.addEventListener("click", (event) => {
    const target = event.target.closest("[data-summary] a");
    const panel = target && find(target.hash, form)?.closest("[role=tabpanel]");
    if (panel) show(links.find((link) => link.hash === `#${panel.id}`));
  });
}

// ---------- nothing typed is lost: kept on this device until it is saved ----------
function keep(form, update) {
  const key = `draft:${form.dataset.key}`;
  const before = state(form);
  let leaving = false;
  let pending = 0;
  const save = () => {
    const now = state(form);
    if (now === before && form.dataset.failed !== "true") { localStorage.removeItem(key); return; }
    try { localStorage.setItem(key, now); } catch { return; }
    const mark = find("[data-draft]");
    if (mark) {
      mark.hidden = false;
      const words = find("[data-saved-at]", mark);
      words.textContent = words.dataset.savedAt.replace("{time}", new Date().toTimeString().slice(0, 5));
    }
  };
  form.addEventListener("input", () => { clearTimeout(pending); pending = setTimeout(save, 400); });
  form.addEventListener("change", save);
  form.addEventListener("submit", () => { leaving = true; save(); sessionStorage.setItem("submitted", key); });
  addEventListener("beforeunload", (event) => {
    if (!leaving && form.isConnected && state(form) !== before) { save(); event.preventDefault(); }
  });
  find("[data-cancel]", form)?.addEventListener("click", () => { leaving = true; localStorage.removeItem(key); });
  offer(form, key, before, update);
}

function offer(form, key, before, update) {
  const note = find("[data-restore]", form);
  const kept = localStorage.getItem(key);
  if (!note || !kept || kept === before || form.dataset.failed === "true") return;
  note.hidden = false;
  note.addEventListener("click", (event) => {
    const act = event.target.closest("[data-act]")?.dataset.act;
    if (act === "restore") { restore(form, JSON.parse(kept)); update(); }
    if (act === "forget") localStorage.removeItem(key);
    if (act) note.hidden = true;
  });
}

const SKIPPED = new Set(["csrf_token", "version", "was", "next", "pick"]);

function state(form) {
  const pairs = [...new FormData(form)].filter(([name, value]) => !SKIPPED.has(name) && typeof value === "string");
  const labels = all("[role=combobox]", form).map((input) => [input.id, input.value]);
  return JSON.stringify({ pairs, labels });
}

function restore(form, { pairs, labels }) {
  for (const card of all("[data-lines]", form)) {
    card.dispatchEvent(new CustomEvent("fl:rows", { detail: [...new Set(pairs.filter(([n]) => n.startsWith(`${card.dataset.lines}/`)).map(([n]) => n.split("/")[1]))] }));
  }
  const values = Map.groupBy ? Map.groupBy(pairs, ([name]) => name) : pairs.reduce((map, pair) => map.set(pair[0], [...(map.get(pair[0]) ?? []), pair]), new Map());
  for (const input of all("[name]", form)) {
    if (SKIPPED.has(input.name) || input.type === "file") continue;
    const given = (values.get(input.name) ?? []).map(([, value]) => value);
    if (input.type === "checkbox" || input.type === "radio") input.checked = given.includes(input.value);
    else if (given.length && !all(`[type=checkbox][name="${CSS.escape(input.name)}"]`, form).length) input.value = given.at(-1);
  }
  for (const [id, value] of labels) {
    const input = form.querySelector(`#${CSS.escape(id)}`);
    if (input) input.value = value;
  }
  form.dispatchEvent(new CustomEvent("fl:restored"));
}

// A page that is not the form again after sending it: what was kept has arrived.
const submitted = sessionStorage.getItem("submitted");
if (submitted) {
  sessionStorage.removeItem("submitted");
  if (!find("[data-failed=true], .fl-conflict, .fl-error, .fl-login")) localStorage.removeItem(submitted);
}

document.addEventListener("keydown", (event) => {
  if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "s") {
    const button = find("[data-save]");
    if (button) { event.preventDefault(); button.form.requestSubmit(button); }
  }
});

for (const form of all("[data-form]", document)) {
  if (form.closest(".fl-inbox")) continue;
  enliven(form, JSON.parse(find("#rules")?.textContent ?? "{}"));
}

