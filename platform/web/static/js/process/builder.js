// A condition: rows of field, comparison, value while it is plain; FEEL for the rest. The FEEL is always in sight.

import { element } from "../parts.js";
import { button, check, field, row, select, small, text } from "./controls.js";
import { operators, parse, write } from "./conditions.js";
import { feelBox } from "./feel_box.js";

// Rows that are not complete yet are remembered between redraws, by what they belong to.
const unfinished = new Map();
const plain = new Set();

export function condition(context, key, value, commit) {
  const { words, model } = context;
  const told = parse(value);
  const asText = told === null || plain.has(key);
  const body = asText ? written(context, value, commit) : rows(context, key, told, value, commit);
  const swap = told === null ? element("p", { class: "help", text: words.only_feel })
    : check(words.as_feel, asText, (on) => { if (on) plain.add(key); else plain.delete(key); context.redraw(); });
  return element("div", { class: "fl-wf-condition" }, ...body, asText || !value ? null : element("code", { class: "fl-feel", text: value }), swap);
}

function written({ words, model }, value, commit) {
  const box = feelBox(value, () => [...model.subjects(), ...model.names()], commit, { "aria-label": words.condition, rows: 3 });
  return [box.node];
}

function rows(context, key, told, value, commit) {
  const { words, model } = context;
  const subjects = model.subjects();
  const held = unfinished.get(key)?.value === value ? unfinished.get(key).state : told;
  const change = (state) => {
    const next = write(state);
    unfinished.set(key, { value: next, state });
    if (next === value) context.redraw();
    else commit(next);
  };
  const put = (n, changes) => change({ ...held, rows: held.rows.map((one, at) => (at === n ? { ...one, ...changes } : one)) });
  const add = () => {
    const first = subjects.find((one) => one.step) ?? subjects[0];
    change({ ...held, rows: [...held.rows, { path: first?.path ?? "", kind: first?.kind ?? "", operator: "=", value: first?.choices?.[0]?.value ?? "" }] });
  };
  const lines = held.rows.map((one, n) => line(one, subjects, words, (changes) => put(n, changes), () => change({ ...held, rows: held.rows.filter((_, at) => at !== n) })));
  const joined = held.rows.length > 1 ? field(words.joined, select(held.joiner, [["and", words.all_hold], ["or", words.one_holds]], (joiner) => change({ ...held, joiner }))) : null;
  return [...lines, joined, button(words.add_condition, add)].filter(Boolean);
}

function line(one, subjects, words, put, drop) {
  const subject = subjects.find((each) => each.path === one.path);
  const group = (label, list) => ({ label, options: list.map((each) => [each.path, each.label]) });
  const own = subjects.filter((each) => !each.step && !each.path.includes("."));
  const options = [group(words.steps, subjects.filter((each) => each.step)), group(words.fields, own), group(words.related, subjects.filter((each) => !each.step && each.path.includes(".")))].filter((each) => each.options.length);
  const about = select(one.path, options, (path) => {
    const next = subjects.find((each) => each.path === path);
    put({ path, kind: next?.kind ?? "", operator: operators(next?.kind, next?.choices)[0], value: next?.choices?.[0]?.value ?? "" });
  }, { "aria-label": words.about });
  const how = select(one.operator, operators(subject?.kind ?? one.kind, subject?.choices).map((name) => [name, words[`op_${name}`] ?? name]), (operator) => put({ operator }), { "aria-label": words.comparison });
  return element("div", { class: "fl-wf-clause" }, row(about, small(words.remove, "x", drop)), row(how, worth(one, subject, words, put)));
}

function worth(one, subject, words, put) {
  const kind = subject?.kind ?? one.kind;
  const commit = (value) => put({ value, kind });
  const attributes = { "aria-label": words.value };
  if (one.operator === "empty" || one.operator === "filled") return null;
  if (subject?.choices && one.operator !== "in") return select(one.value, [["", words.choose], ...subject.choices.map((each) => [each.value, each.label])], commit, attributes);
  if (kind === "boolean") return select(one.value, [["", words.choose], ["true", words.yes], ["false", words.no]], commit, attributes);
  if (kind === "date" || kind === "date and time") return text(one.value, commit, { ...attributes, type: "date" });
  return text(one.value, commit, { ...attributes, inputmode: kind === "number" ? "decimal" : undefined, placeholder: one.operator === "in" ? words.comma : undefined });
}
