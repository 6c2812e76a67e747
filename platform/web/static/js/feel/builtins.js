// Built-in functions of FEEL. Each takes its arguments already fitted to the declared kinds; null is "no result".

import {
  Clock, DAY, Day, Days, Moment, Months, Num, Range, calendar, daysOf, equal, every, kind, makeDay, momentClock, momentDay,
  monthDays, order, parseClock, parseDay, parseDuration, parseMoment, parseNumber, plain, some, text,
} from "./values.js";
import { calculate } from "./arithmetic.js";

export const BUILTINS = {};

// `signature` lists the kinds of the arguments: "string number number?", "any*"; alternatives are separated by a slash.
function define(name, signature, implementation) {
  const parameters = signature.split(" ").filter(Boolean).map((part) => ({
    kinds: part.replace(/[?*]$/, "").split("/").map((each) => SHORT[each] ?? each),
    optional: part.endsWith("?"),
    repeated: part.endsWith("*"),
  }));
  (BUILTINS[name] ??= []).push({ parameters, implementation });
}

const SHORT = { moment: "date and time", days: "days and time duration", months: "years and months duration" };
const REFUSED = Symbol("refused");

export function call(name, run, values) {
  for (const { parameters, implementation } of BUILTINS[name] ?? []) {
    const fitted = accepts(parameters, values.length) && values.map((value, index) => fit(value, parameters[Math.min(index, parameters.length - 1)]));
    if (fitted && !fitted.includes(REFUSED)) {
      run.spend(1 + fitted.reduce((sum, value) => sum + (Array.isArray(value) ? value.length : 0), 0));
      const result = implementation(run, ...fitted);
      return result instanceof Num && !result.isFinite() ? null : plain(result);
    }
  }
  return null;
}

function accepts(parameters, count) {
  const least = parameters.filter((parameter) => !parameter.optional).length;
  return least <= count && (parameters.at(-1)?.repeated || count <= parameters.length);
}

function fit(value, { kinds, optional }) {
  const family = kind(value);
  if (kinds.includes("any") || kinds.includes(family) || (value === null && optional)) return value;
  if (family === "list" && value.length === 1 && kinds.includes(kind(plain(value[0])))) return plain(value[0]);
  return kinds.includes("list") && value !== null ? [value] : REFUSED;
}

const whole = (number) => (number.isInteger() ? number.toNumber() : NaN);
const truncated = (number) => number.trunc().toNumber();
const items = (values) => (values.length === 1 && kind(values[0]) === "list" ? values[0] : values).map(plain);

// -- logic and numbers --------------------------------------------------------------------------------------------

const ROUNDING = { decimal: "HALF_EVEN", floor: "FLOOR", ceiling: "CEIL", "round up": "UP", "round down": "DOWN", "round half up": "HALF_UP", "round half down": "HALF_DOWN" };

function rounded(value, scale, mode) {
  const digits = truncated(scale);
  if (digits < -6111 || digits > 6176) return null;
  const rounding = Num[`ROUND_${mode}`];
  if (digits >= 0) return value.toDecimalPlaces(digits, rounding);
  const unit = new Num(10).pow(-digits);
  return value.dividedBy(unit).toDecimalPlaces(0, rounding).times(unit);
}

for (const [name, mode] of Object.entries(ROUNDING)) {
  const scale = name === "floor" || name === "ceiling" ? "number?" : "number";
  define(name, `number ${scale}`, (run, value, digits = new Num(0)) => (digits === null ? null : rounded(value, digits, mode)));
}
define("not", "any", (run, value) => (typeof value === "boolean" ? !value : null));
define("abs", "number", (run, value) => value.abs());
define("abs", "days", (run, value) => new Days(value.micros < 0n ? -value.micros : value.micros));
define("abs", "months", (run, value) => new Months(Math.abs(value.months)));
define("modulo", "number number", (run, value, by) => {
  if (by.isZero() || value.dividedBy(by).abs().gte("1e34")) return null;
  const rest = value.mod(by);
  return !rest.isZero() && rest.isNegative() !== by.isNegative() ? rest.plus(by) : rest;
});
define("sqrt", "number", (run, value) => (value.isNegative() && !value.isZero() ? null : value.sqrt()));
define("log", "number", (run, value) => (value.isNegative() || value.isZero() ? null : value.ln()));
define("exp", "number", (run, value) => value.exp());
define("odd", "number", (run, value) => (value.isInteger() ? !value.mod(2).isZero() : null));
define("even", "number", (run, value) => (value.isInteger() ? value.mod(2).isZero() : null));

// -- strings ------------------------------------------------------------------------------------------------------

function part(sequence, start, length) {
  const first = truncated(start);
  const count = length === undefined || length === null ? null : truncated(length);
  if (first === 0 || Math.abs(first) > sequence.length) return null;
  const begin = first > 0 ? first - 1 : sequence.length + first;
  return count === null ? { begin, end: sequence.length } : { begin, end: begin + count, count };
}

define("string length", "string", (run, value) => [...value].length);
define("substring", "string number number?", (run, value, start, length) => {
  const points = [...value];
  const found = part(points, start, length);
  return !found || found.count < 1 ? null : points.slice(found.begin, found.end).join("");
});
define("upper case", "string", (run, value) => value.toUpperCase());
define("lower case", "string", (run, value) => value.toLowerCase());
define("trim", "string", (run, value) => value.trim());
define("contains", "string string", (run, value, match) => value.includes(match));
define("starts with", "string string", (run, value, match) => value.startsWith(match));
define("ends with", "string string", (run, value, match) => value.endsWith(match));
define("substring before", "string string", (run, value, match) => {
  const index = value.indexOf(match);
  return index > 0 ? value.slice(0, index) : "";
});
define("substring after", "string string", (run, value, match) => {
  const index = value.indexOf(match);
  return index < 0 ? "" : value.slice(index + match.length);
});
define("string join", "list string?", (run, list, delimiter) => {
  const texts = list.filter((item) => item !== null);
  return texts.every((item) => typeof item === "string") ? texts.join(delimiter ?? "") : null;
});
define("string", "any", (run, value) => (value === null ? null : text(value)));
define("number", "number", (run, value) => value);
define("number", "string string? string?", (run, value, grouping = null, decimal = null) => {
  if (grouping !== null && (![" ", ",", "."].includes(grouping) || grouping === decimal)) return null;
  if (decimal !== null && ![",", "."].includes(decimal)) return null;
  const bare = grouping === null ? value : value.replaceAll(grouping, "");
  return parseNumber(decimal === null ? bare : bare.replaceAll(decimal, "."));
});

// Patterns of the pack's author over what a person typed: short texts only, the server decides about the others.
const PATTERN_TEXT = 10_000;

function pattern(source, flags, value) {
  if (value.length > PATTERN_TEXT || source.length > 1000 || /[^smi]/.test(flags ?? "")) return null;
  try { return new RegExp(source, `u${flags ?? ""}`); } catch { return null; }
}

// `$1` stands for a group, `$12` for group 12 where there are so many; a backslash escapes.
function filled(replacement, match) {
  const groups = match.length - 3;
  return replacement.replace(/\\([\\$])|\$(\d+)/g, (_, escaped, digits) => {
    if (escaped) return escaped;
    let size = digits.length;
    while (size > 1 && Number(digits.slice(0, size)) > groups) size -= 1;
    const number = Number(digits.slice(0, size));
    return (number <= groups ? match[number] ?? "" : "") + digits.slice(size);
  });
}

define("matches", "string string string?", (run, value, source, flags) => pattern(source, flags, value)?.test(value) ?? null);
define("replace", "string string string string?", (run, value, source, replacement, flags) => {
  const found = pattern(source, flags, value);
  if (!found || found.test("")) return null;
  const everywhere = new RegExp(found.source, `${found.flags}g`);
  return value.replace(everywhere, (...match) => filled(replacement, match.filter((each) => typeof each !== "object")));
});
define("split", "string string", (run, value, delimiter) => {
  const found = pattern(delimiter, "", value);
  return found && value.split(found);
});

// -- lists --------------------------------------------------------------------------------------------------------

const booleans = (values) => items(values).map((item) => (typeof item === "boolean" ? item : null));
const numbers = (values) => { const list = items(values); return list.every((item) => kind(item) === "number") ? list : null; };

function folded(values, operator) {
  const list = numbers(values);
  return list?.length ? list.reduce((left, right) => calculate(operator, left, right)) : null;
}

function extreme(values, sign) {
  const [first, ...rest] = items(values);
  if (first === undefined || order(first, first) === null) return null;
  let best = first;
  for (const item of rest) {
    const found = order(item, best);
    if (found === null) return null;
    if (found === sign) best = item;
  }
  return best;
}

function distinct(run, list) {
  const kept = [];
  for (const item of list.map(plain)) {
    run.spend(kept.length);
    if (!kept.some((earlier) => equal(item, earlier, run))) kept.push(item);
  }
  return kept;
}

function spliced(list, position, remove, ...added) {
  const found = truncated(position);
  if (found === 0 || Math.abs(found) > list.length) return null;
  const copy = [...list];
  copy.splice(found > 0 ? found - 1 : list.length + found, remove, ...added);
  return copy;
}

function flat(run, list) {
  run.spend(list.length);
  return list.flatMap((item) => (Array.isArray(item) ? flat(run, item) : [item]));
}

define("count", "list", (run, list) => list.length);
define("sum", "any*", (run, ...values) => folded(values, "+"));
define("product", "any*", (run, ...values) => folded(values, "*"));
define("min", "any*", (run, ...values) => extreme(values, -1));
define("max", "any*", (run, ...values) => extreme(values, 1));
define("mean", "any*", (run, ...values) => { const total = folded(values, "+"); return total && total.dividedBy(items(values).length); });
define("median", "any*", (run, ...values) => {
  const sorted = numbers(values)?.sort((a, b) => a.comparedTo(b));
  if (!sorted?.length) return null;
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 ? sorted[middle] : sorted[middle - 1].plus(sorted[middle]).dividedBy(2);
});
define("all", "any*", (run, ...values) => every(booleans(values)));
define("any", "any*", (run, ...values) => some(booleans(values)));
define("list contains", "list any", (run, list, element) => list.some((item) => equal(plain(item), element, run)));
define("index of", "list any", (run, list, match) => list.flatMap((item, index) => (equal(plain(item), match, run) ? [new Num(index + 1)] : [])));
define("append", "list any*", (run, list, ...more) => [...list, ...more]);
define("concatenate", "list*", (run, ...lists) => lists.flat());
define("insert before", "list number any", (run, list, position, item) => spliced(list, position, 0, item));
define("remove", "list number", (run, list, position) => spliced(list, position, 1));
define("list replace", "list number any", (run, list, position, item) => spliced(list, position, 1, item));
define("reverse", "list", (run, list) => [...list].reverse());
define("distinct values", "list", distinct);
define("union", "list*", (run, ...lists) => distinct(run, lists.flat()));
define("flatten", "list", flat);
define("sublist", "list number number?", (run, list, start, length) => {
  const found = part(list, start, length);
  return !found || found.count < 0 || found.end > list.length ? null : list.slice(found.begin, found.end);
});
define("sort", "list", (run, list) => {
  const sorted = list.map(plain);
  if (sorted.length > 1 && sorted.some((item) => order(item, sorted[0]) === null)) return null;
  return sorted.sort(order);
});
define("sort", "list function", (run, list, precedes) => list.map(plain).sort((a, b) => {
  if (run.invoke(precedes, [a, b]) === true) return -1;
  return run.invoke(precedes, [b, a]) === true ? 1 : 0;
}));

// -- contexts -----------------------------------------------------------------------------------------------------

define("get value", "context string", (run, context, key) => (Object.hasOwn(context, key) ? context[key] : null));
define("get entries", "context", (run, context) => Object.entries(context).map(([key, value]) => ({ key, value })));
define("context put", "context string any", (run, context, key, value) => ({ ...context, [key]: value }));
define("context merge", "list", (run, contexts) => (contexts.every((each) => kind(each) === "context") ? Object.assign({}, ...contexts) : null));

// -- dates and times ----------------------------------------------------------------------------------------------

const dayOf = (value) => (value instanceof Day ? value : new Day(momentDay(value)));
const WEEKDAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];
const MONTH_NAMES = ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"];
const weekday = (days) => (((days + 3) % 7) + 7) % 7;
const combined = (day, clock) => new Moment(BigInt(dayOf(day).days) * DAY + clock.micros, clock.zone);

define("now", "", (run) => run.now);
define("today", "", (run) => dayOf(run.now));
define("date", "string", (run, value) => parseDay(value));
define("date", "date/moment", (run, value) => dayOf(value));
define("date", "number number number", (run, ...parts) => makeDay(...parts.map(whole)));
define("time", "string", (run, value) => parseClock(value));
define("time", "time", (run, value) => value);
define("time", "moment", (run, value) => new Clock(momentClock(value), value.zone));
define("time", "number number number", (run, hour, minute, second) => {
  const [h, m, micros] = [whole(hour), whole(minute), second.times(1_000_000).trunc()];
  if (!(h >= 0 && h < 24 && m >= 0 && m < 60) || micros.isNegative() || micros.gte(60_000_000)) return null;
  return new Clock(BigInt(h * 3600 + m * 60) * 1_000_000n + BigInt(micros.toFixed()));
});
define("date and time", "string", (run, value) => parseMoment(value));
define("date and time", "moment", (run, value) => value);
define("date and time", "date", (run, value) => new Moment(BigInt(value.days) * DAY));
define("date and time", "date/moment time", (run, day, clock) => combined(day, clock));
define("duration", "string", (run, value) => parseDuration(value));
define("duration", "days/months", (run, value) => value);
define("years and months duration", "date/moment date/moment", (run, from, to) => {
  const [a, b] = [from, to].map((value) => calendar(dayOf(value).days));
  const rest = (value, date) => BigInt(date.day) * DAY + (value instanceof Moment ? momentClock(value) : 0n);
  let months = (b.year - a.year) * 12 + b.month - a.month;
  if (months > 0 && rest(to, b) < rest(from, a)) months -= 1;
  else if (months < 0 && rest(to, b) > rest(from, a)) months += 1;
  return new Months(months);
});
define("day of year", "date/moment", (run, value) => dayOf(value).days - daysOf(calendar(dayOf(value).days).year, 1, 1) + 1);
define("day of week", "date/moment", (run, value) => WEEKDAYS[weekday(dayOf(value).days)]);
define("month of year", "date/moment", (run, value) => MONTH_NAMES[calendar(dayOf(value).days).month - 1]);
define("week of year", "date/moment", (run, value) => {
  const thursday = dayOf(value).days - weekday(dayOf(value).days) + 3;
  return Math.floor((thursday - daysOf(calendar(thursday).year, 1, 1)) / 7) + 1;
});
define("last day of month", "date/moment", (run, value) => {
  const { year, month } = calendar(dayOf(value).days);
  return makeDay(year, month, monthDays(year, month));
});
define("is", "any any", (run, a, b) => kind(a) === kind(b) && (a?.zone ?? null) === (b?.zone ?? null) && equal(a, b, run) === true);

// -- ranges -------------------------------------------------------------------------------------------------------

const span = (value) => (value instanceof Range ? value : new Range(value, value, true, true));
const POINT = "number/string/date/time/moment/days/months";
const COMPARISONS = {
  before: (a, b) => order(a.high, b.low) < 0 || (order(a.high, b.low) === 0 && !(a.highClosed && b.lowClosed)),
  includes: (a, b) => startsWithin(a, b) && endsWithin(a, b),
  overlaps: (a, b) => !COMPARISONS.before(a, b) && !COMPARISONS.before(b, a),
};
const startsWithin = (a, b) => order(a.low, b.low) < 0 || (order(a.low, b.low) === 0 && (a.lowClosed || !b.lowClosed));
const endsWithin = (a, b) => order(b.high, a.high) < 0 || (order(a.high, b.high) === 0 && (a.highClosed || !b.highClosed));

function related(name, a, b) {
  const [left, right] = [span(a), span(b)];
  return order(left.low, right.low) === null ? null : COMPARISONS[name](left, right);
}

define("before", `${POINT}/range ${POINT}/range`, (run, a, b) => related("before", a, b));
define("after", `${POINT}/range ${POINT}/range`, (run, a, b) => related("before", b, a));
define("includes", `range ${POINT}/range`, (run, a, b) => related("includes", a, b));
define("during", `${POINT}/range range`, (run, a, b) => related("includes", b, a));
define("overlaps", "range range", (run, a, b) => related("overlaps", a, b));
