// FEEL values in the browser: the types that JavaScript lacks, their order and their equality.
//
// Moments and times count nanoseconds on the wall clock, dates count days from 1970-01-01; years go to 999,999,999.

import Decimal from "../../vendor/decimal.js@10.6.0/decimal.mjs";

import { DAY, SECOND, YEARS, dayOf, floorDiv, inCalendar, instant } from "./calendar.js";

export const Num = Decimal.clone({ precision: 34, rounding: Decimal.ROUND_HALF_EVEN, minE: -6143, maxE: 6144, toExpNeg: -7000, toExpPos: 7000 });

export class Day { constructor(days) { this.days = days; } }                                 // since 1970-01-01
export class Clock { constructor(nanos, zone = null) { this.nanos = nanos; this.zone = zone; } }
// On the wall clock, not in UTC; `shift` tells the two passes of an hour apart that the clock repeats.
export class Moment {
  constructor(nanos, zone = null, shift = null) { Object.assign(this, { nanos, zone, shift }); }
}
export class Days { constructor(nanos) { this.nanos = nanos; } }
export class Months { constructor(months) { this.months = months; } }
// `test` marks the range that `= 10` makes.
export class Range {
  constructor(low, high, lowClosed, highClosed, test = false) { Object.assign(this, { low, high, lowClosed, highClosed, test }); }
}
// `call` takes the values and the run; parameters are null where any number of values is taken.
export class Func {
  constructor(parameters, call, types = null) { Object.assign(this, { parameters, call, types }); }
}

const KINDS = new Map([
  [Num, "number"], [Day, "date"], [Clock, "time"], [Moment, "date and time"], [Days, "days and time duration"],
  [Months, "years and months duration"], [Range, "range"], [Func, "function"], [Array, "list"],
]);
const ORDERED = new Set(["number", "string", "date", "time", "date and time", "days and time duration", "years and months duration"]);

export function kind(value) {
  if (value === null || value === undefined) return "null";
  if (typeof value === "boolean" || typeof value === "string") return typeof value;
  return KINDS.get(value.constructor) ?? "context";
}

// What a page holds as a value: JavaScript numbers become decimals by their shortest text, as they do on the server.
export function plain(value) {
  if (value === undefined) return null;
  if (typeof value === "number") return Number.isFinite(value) ? new Num(String(value)) : null;
  if (typeof value === "bigint") return new Num(value.toString());
  return value;
}

// -- order and equality -------------------------------------------------------------------------------------------

// -1, 0 or 1; null where FEEL does not order the two.
export function order(a, b) {
  const family = kind(a);
  if (family !== kind(b) || !ORDERED.has(family)) return null;
  if (family === "number") return a.comparedTo(b);
  if (family === "string") return comparePoints(a, b);
  if ((a.zone ?? null) === null !== ((b.zone ?? null) === null)) return null;
  const [x, y] = [rank(a), rank(b)];
  return x < y ? -1 : Number(x > y);
}

function comparePoints(a, b) {
  const [x, y] = [[...a], [...b]];
  for (let i = 0; i < x.length && i < y.length; i += 1) {
    const difference = x[i].codePointAt(0) - y[i].codePointAt(0);
    if (difference) return Math.sign(difference);
  }
  return Math.sign(x.length - y.length);
}

function rank(value) {
  if (value instanceof Day) return value.days;
  if (value instanceof Months) return value.months;
  return instant(value);
}

export function equal(a, b, budget) {
  if (a === null || b === null) return a === b;
  const family = kind(a);
  if (family !== kind(b)) return null;
  if (family === "time" || family === "date and time") return equalClocks(a, b);
  if (ORDERED.has(family)) { const found = order(a, b); return found === null ? null : found === 0; }
  if (family === "list") return equalLists(a, b, budget);
  if (family === "context") return equalContexts(a, b, budget);
  if (family === "range") {
    if (a.lowClosed !== b.lowClosed || a.highClosed !== b.highClosed || a.test !== b.test) return false;
    return every([equal(a.low, b.low, budget), equal(a.high, b.high, budget)]);
  }
  return a === b;
}

// To the second, as on the server; their order is finer.
function equalClocks(a, b) {
  if (order(a, b) === null) return null;
  return floorDiv(instant(a), SECOND) === floorDiv(instant(b), SECOND);
}

function equalLists(a, b, budget) {
  if (a.length !== b.length) return false;
  budget.spend(a.length);
  return every(a.map((item, index) => equal(plain(item), plain(b[index]), budget)));
}

function equalContexts(a, b, budget) {
  const keys = Object.keys(a);
  budget.spend(keys.length);
  if (keys.length !== Object.keys(b).length || !keys.every((key) => Object.hasOwn(b, key))) return false;
  return every(keys.map((key) => equal(plain(a[key]), plain(b[key]), budget)));
}

export function every(verdicts) {
  if (verdicts.includes(false)) return false;
  return verdicts.includes(null) ? null : true;
}

export function some(verdicts) {
  if (verdicts.includes(true)) return true;
  return verdicts.includes(null) ? null : false;
}

// -- within bounds ------------------------------------------------------------------------------------------------

const LONGEST = 2n * BigInt(YEARS + 1) * 366n * DAY;
const MOST_MONTHS = 12 * YEARS;

export const dayOrNull = (days) => (inCalendar(days) ? new Day(days) : null);
export const momentOrNull = (nanos, zone, shift = null) => (inCalendar(dayOf({ nanos })) ? new Moment(nanos, zone, shift) : null);
export const lengthOrNull = (nanos) => (nanos >= -LONGEST && nanos <= LONGEST ? new Days(nanos) : null);
export const monthsOrNull = (months) => (Math.abs(months) <= MOST_MONTHS ? new Months(months) : null);
