// Patterns of running numbers: put together from a word, a date and a counter, with an example of what comes.

import { element, say } from "../parts.js";
import { check, field, select, text } from "../process/controls.js";

const PATTERN = /^([^{}]*?)(-?)(\{YYYY\}|\{YY\}\{MM\}|\{YYYY\}\{MM\}|\{YYYY\}\{MM\}\{DD\})?(-?)\{(0+)\}$/;
const DATES = { "": "date_none", "{YYYY}": "date_year", "{YYYY}{MM}": "date_month", "{YYYY}{MM}{DD}": "date_day" };
const byHand = new Set();

export function example(pattern, number, now = new Date()) {
  const parts = { YYYY: String(now.getFullYear()), YY: String(now.getFullYear()).slice(2), MM: String(now.getMonth() + 1).padStart(2, "0"), DD: String(now.getDate()).padStart(2, "0") };
  return pattern.replace(/\{(YYYY|YY|MM|DD|0+)\}/g, (_, part) => parts[part] ?? String(number).padStart(part.length, "0"));
}

export const read = (pattern) => {
  const found = PATTERN.exec(pattern);
  return found && (found[3] ?? "") in DATES ? { prefix: found[1], date: found[3] ?? "", digits: found[5].length } : null;
};
export const write = ({ prefix, date, digits }) => [prefix, date, `{${"0".repeat(digits)}}`].filter(Boolean).join("-");

export function numbering({ words, redraw }, key, pattern, commit) {
  const told = read(pattern);
  const simple = told && write(told) === pattern && !byHand.has(key);
  const put = (changes) => commit(write({ ...told, ...changes }));
  const own = field(words.pattern_own, text(pattern, commit, { class: "form-control mono" }), "{YYYY} {YY} {MM} {DD} {0000}");
  const parts = simple ? [
    element("div", { class: "two" },
      field(words.pattern_prefix, text(told.prefix, (next) => put({ prefix: next.replace(/[{}]/g, "") }))),
      field(words.pattern_date, select(told.date, Object.entries(DATES).map(([value, name]) => [value, words[name]]), (date) => put({ date })))),
    field(words.pattern_digits, text(told.digits, (next) => put({ digits: Math.min(12, Math.max(1, Number.parseInt(next, 10) || 4)) }), { type: "number", min: 1, max: 12 })),
  ] : [own];
  const counted = /\{0+\}/.test(pattern);
  const shown = element("output", { class: "fl-design-example", text: counted ? say(words.pattern_example, { first: example(pattern, 1), second: example(pattern, 2) }) : words.pattern_none });
  const swap = told && write(told) === pattern ? check(words.pattern_own, !simple, (on) => { if (on) byHand.add(key); else byHand.delete(key); redraw(); }) : null;
  return [...parts, shown, swap].filter(Boolean);
}
