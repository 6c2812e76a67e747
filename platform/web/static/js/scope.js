// What expressions see of a form: typed values by name, child rows as lists, what the server computed, the person.

import { Num, kind, parse } from "./feel.js";

const NOISE = /[\s,，_'’¥￥$€£%]/g;
const SYMBOLS = { CNY: "¥", USD: "$", EUR: "€", GBP: "£", JPY: "¥" };

// A value as people read it.
export function print(value, spec, locale) {
  if (value === null || value === undefined) return "—";
  if (kind(value) !== "number") return String(value?.valueOf?.() ?? value);
  const money = spec.currency || spec.returns === "money" || spec.type === "money";
  const digits = money ? 2 : Math.min(6, value.decimalPlaces());
  const [whole, rest] = value.toFixed(digits).split(".");
  const sign = whole.startsWith("-") ? "-" : "";
  const grouped = whole.replace("-", "").replace(/\B(?=(\d{3})+$)/g, ",") + (rest ? `.${rest}` : "");
  return `${sign}${money && spec.currency ? SYMBOLS[spec.currency] ?? `${spec.currency} ` : ""}${grouped}`;
}

export class Scope {
  constructor(form, rules) {
    Object.assign(this, { form, rules, computed: new Map() });
  }

  typed(name, spec) {
    const inputs = [...this.form.querySelectorAll(`[name="${CSS.escape(name)}"][data-field]`)];
    if (!inputs.length) return undefined;
    if (inputs[0].type === "radio") return parse(spec.feel, inputs.find((one) => one.checked)?.value ?? "");
    if (spec.type === "boolean") return inputs[0].checked;
    if (inputs[0].type === "checkbox") return inputs.filter((one) => one.checked).map((one) => one.value);
    return this.read(inputs[0].value, spec);
  }

  read(text, spec) {
    if (text.trim() === "") return null;
    if (spec.feel === "number") return parse("number", text.normalize("NFKC").replace(NOISE, ""));
    if (spec.type === "datetime") return parse(spec.feel, `${text}:00${this.rules.now.slice(19)}`);
    return parse(spec.feel, text);
  }

  value(name) {
    if (this.computed.has(name)) return this.computed.get(name);
    const spec = this.rules.fields[name];
    const typed = spec && this.typed(name, spec);
    if (typed !== undefined) return typed;
    const given = this.rules.given?.[name];
    return given === undefined || given === null ? null : typeof given === "object" ? given : parse(spec?.feel ?? "string", String(given));
  }

  ofRecord() {
    const names = { user: numbers(this.rules.user ?? {}) };
    for (const [name, spec] of Object.entries(this.rules.fields ?? {})) {
      names[name] = spec.type === "table" ? this.rows(name).map((row) => this.ofRow(row)) : this.value(name);
    }
    return names;
  }

  rows(table) {
    return [...this.form.querySelectorAll(`[data-lines="${table}"] tbody tr[data-row]`)].map((tr) => (
      { table, key: tr.dataset.row, prefix: `${table}/${tr.dataset.row}/` }));
  }

  ofRow(row) {
    const names = { user: numbers(this.rules.user ?? {}) };
    for (const [name, spec] of Object.entries(this.rules.tables[row.table] ?? {})) {
      const key = `${row.prefix}${name}`;
      names[name] = this.computed.has(key) ? this.computed.get(key) : this.typed(key, spec) ?? null;
    }
    return names;
  }

  rollUp({ of, function: how, field }) {
    const values = this.rows(of).map((row) => this.ofRow(row)[field]).filter((value) => value !== null && value !== undefined);
    if (how === "count") return new Num(this.rows(of).length);
    const sum = values.reduce((total, value) => total.plus(value), new Num(0));
    if (how === "sum") return sum;
    if (!values.length) return null;
    if (how === "average") return sum.div(values.length);
    return values.reduce((best, value) => ((how === "min" ? value.lt(best) : value.gt(best)) ? value : best));
  }

  // Whether the value is another than before; shows it where the form shows it.
  compute(key, _row, _name, spec, value) {
    const before = this.computed.get(key);
    this.computed.set(key, value);
    const output = this.form.querySelector(`[data-output="${CSS.escape(key)}"]`);
    if (output) output.textContent = print(value, spec, this.rules.locale);
    return String(before) !== String(value);
  }
}

const numbers = (context) => Object.fromEntries(Object.entries(context).map(([key, value]) => [key, typeof value === "number" ? new Num(value) : value]));
