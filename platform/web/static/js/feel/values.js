// FEEL values in the browser: the types that JavaScript lacks, their order, and how they read from and to text.

import Decimal from "../../vendor/decimal.js@10.6.0/decimal.mjs";

export const Num = Decimal.clone({ precision: 34, rounding: Decimal.ROUND_HALF_EVEN, minE: -6143, maxE: 6144, toExpNeg: -7000, toExpPos: 7000 });

export class Day { constructor(days) { this.days = days; } }                                 // since 1970-01-01
export class Clock { constructor(micros, zone = null) { this.micros = micros; this.zone = zone; } }
// On the wall clock, not in UTC; `shift` tells the two passes of an hour apart that the clock repeats.
export class Moment {
  constructor(micros, zone = null, shift = null) { Object.assign(this, { micros, zone, shift }); }
}
export class Days { constructor(micros) { this.micros = micros; } }
export class Months { constructor(months) { this.months = months; } }
export class Range {
  constructor(low, high, lowClosed, highClosed) { Object.assign(this, { low, high, lowClosed, highClosed }); }
}
export class Func { constructor(parameters, call) { this.parameters = parameters; this.call = call; } }

export const SECOND = 1_000_000n;
export const DAY = 86_400n * SECOND;

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
  return value.zone ? value.micros - offset(value) : value.micros;
}

export function equal(a, b, budget) {
  if (a === null || b === null) return a === b;
  const family = kind(a);
  if (family !== kind(b)) return null;
  if (ORDERED.has(family)) { const found = order(a, b); return found === null ? null : found === 0; }
  if (family === "list") return equalLists(a, b, budget);
  if (family === "context") return equalContexts(a, b, budget);
  if (family === "range") {
    if (a.lowClosed !== b.lowClosed || a.highClosed !== b.highClosed) return false;
    return every([equal(a.low, b.low, budget), equal(a.high, b.high, budget)]);
  }
  return a === b;
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

// -- calendar -----------------------------------------------------------------------------------------------------

const floorDiv = (a, b) => Math.floor(a / b);
export const leap = (year) => year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
export const monthDays = (year, month) => (month === 2 && leap(year) ? 29 : [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1]);

// The proleptic Gregorian calendar, in years of 400 that begin in March.
export function daysOf(year, month, day) {
  const y = year - (month <= 2 ? 1 : 0);
  const era = floorDiv(y, 400);
  const dayOfYear = floorDiv(153 * (month + (month > 2 ? -3 : 9)) + 2, 5) + day - 1;
  const yearOfEra = y - era * 400;
  return era * 146_097 + yearOfEra * 365 + floorDiv(yearOfEra, 4) - floorDiv(yearOfEra, 100) + dayOfYear - 719_468;
}

export function calendar(days) {
  const shifted = days + 719_468;
  const era = floorDiv(shifted, 146_097);
  const dayOfEra = shifted - era * 146_097;
  const yearOfEra = floorDiv(dayOfEra - floorDiv(dayOfEra, 1460) + floorDiv(dayOfEra, 36_524) - floorDiv(dayOfEra, 146_096), 365);
  const dayOfYear = dayOfEra - (365 * yearOfEra + floorDiv(yearOfEra, 4) - floorDiv(yearOfEra, 100));
  const index = floorDiv(5 * dayOfYear + 2, 153);
  const month = index < 10 ? index + 3 : index - 9;
  return { year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day: dayOfYear - floorDiv(153 * index + 2, 5) + 1 };
}

export function makeDay(year, month, day) {
  const valid = [year, month, day].every(Number.isInteger) && year >= 1 && year <= 9999 && month >= 1 && month <= 12;
  return valid && day >= 1 && day <= monthDays(year, month) ? new Day(daysOf(year, month, day)) : null;
}

const FIRST_DAY = daysOf(1, 1, 1);
const LAST_DAY = daysOf(9999, 12, 31);
export const dayOrNull = (days) => (days >= FIRST_DAY && days <= LAST_DAY ? new Day(days) : null);
export const momentDay = (moment) => Number(moment.micros / DAY) - (moment.micros % DAY < 0n ? 1 : 0);
export const momentClock = (moment) => ((moment.micros % DAY) + DAY) % DAY;
export const momentOrNull = (micros, zone, shift = null) => {
  const moment = new Moment(micros, zone, shift);
  return dayOrNull(momentDay(moment)) && moment;
};

export function addMonths(day, months) {
  const { year, month, day: date } = calendar(day.days);
  const index = year * 12 + month - 1 + months;
  const [newYear, newMonth] = [floorDiv(index, 12), index - floorDiv(index, 12) * 12 + 1];
  return makeDay(newYear, newMonth, Math.min(date, monthDays(newYear, newMonth)));
}

// -- zones --------------------------------------------------------------------------------------------------------

// The distance from UTC in microseconds of a clock or moment with a zone: "Z", "+08:00" or "@Asia/Shanghai".
export function offset(value) {
  const zone = value.zone;
  if (value.shift) return value.shift;
  if (zone === "Z") return 0n;
  if (zone[0] === "@") return namedOffset(zone.slice(1), value.micros);
  const [hours, minutes, seconds = "0"] = zone.slice(1).split(":");
  const length = BigInt(Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds)) * SECOND;
  return zone[0] === "-" ? -length : length;
}

// Where the clock repeats an hour or skips one, the offset from before the change, as on the server.
function namedOffset(name, wall) {
  const [before, after] = [offsetAt(name, wall - DAY), offsetAt(name, wall + DAY)];
  const holds = (shift) => offsetAt(name, wall - shift) === shift;
  return holds(before) || !holds(after) ? before : after;
}

// The offset of a zone at an instant in UTC.
export function offsetAt(name, utc) {
  const format = new Intl.DateTimeFormat("en-US", {
    timeZone: name, hourCycle: "h23", year: "numeric", month: "numeric", day: "numeric", hour: "numeric", minute: "numeric", second: "numeric",
  });
  const parts = Object.fromEntries(format.formatToParts(Number(utc / 1000n)).map((part) => [part.type, Number(part.value)]));
  const local = BigInt(daysOf(parts.year, parts.month, parts.day)) * 86_400n + BigInt(parts.hour * 3600 + parts.minute * 60 + parts.second);
  const seconds = utc / SECOND - (utc % SECOND < 0n ? 1n : 0n);
  return (local - seconds) * SECOND;
}

// -- text to values -----------------------------------------------------------------------------------------------

const DATE = /^(\d{4})-(\d{2})-(\d{2})$/;
const TIME = /^(\d{2}):(\d{2}):(\d{2})(\.\d+)?(Z|[+-]\d{2}:\d{2}(?::\d{2})?|@[A-Za-z0-9_+\-/]+)?$/;
const MONTHS = /^(-)?P(?=.)(?:(\d+)Y)?(?:(\d+)M)?$/;
const DAYS = /^(-)?P(?=.)(?:(\d+)D)?(?:T(?=.)(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)(\.\d*)?S)?)?$/;

const micros = (fraction) => BigInt((fraction ?? ".").slice(1, 7).padEnd(6, "0"));

export function parseDay(text) {
  const match = DATE.exec(text);
  return match && makeDay(Number(match[1]), Number(match[2]), Number(match[3]));
}

export function parseClock(text) {
  const match = TIME.exec(text);
  if (!match || Number(match[2]) > 59 || Number(match[3]) > 59) return null;
  const hour = match[1] === "24" && match[2] === "00" && match[3] === "00" ? 0 : Number(match[1]);
  const zone = normalZone(match[5]);
  if (hour > 23 || zone === undefined) return null;
  return new Clock(BigInt(hour * 3600 + Number(match[2]) * 60 + Number(match[3])) * SECOND + micros(match[4]), zone);
}

// null without a zone, undefined for one that does not exist.
function normalZone(zone) {
  if (!zone) return null;
  if (/^[+-]00:00(:00)?$/.test(zone)) return "Z";
  if (zone[0] === "@") return knownZone(zone.slice(1)) ? zone : undefined;
  return zone === "Z" || (Number(zone.slice(1, 3)) <= 18 && Number(zone.slice(4, 6)) <= 59) ? zone : undefined;
}

function knownZone(name) {
  try { new Intl.DateTimeFormat("en-US", { timeZone: name }); return true; } catch { return false; }
}

export function parseMoment(text) {
  const [date, clock, more] = text.split("T");
  const day = parseDay(date);
  if (!day || more !== undefined) return null;
  if (clock === undefined) return new Moment(BigInt(day.days) * DAY);
  const found = parseClock(clock);
  return found && momentOrNull(BigInt(day.days + (clock.startsWith("24") ? 1 : 0)) * DAY + found.micros, found.zone);
}

export function parseDuration(text) {
  const months = MONTHS.exec(text);
  if (months) return new Months((months[1] ? -1 : 1) * (12 * Number(months[2] ?? 0) + Number(months[3] ?? 0)));
  const match = DAYS.exec(text);
  if (!match) return null;
  const [days, hours, minutes, seconds] = match.slice(2, 6).map((part) => BigInt(part ?? 0));
  const length = (((days * 24n + hours) * 60n + minutes) * 60n + seconds) * SECOND + micros(match[6]);
  return new Days(match[1] ? -length : length);
}

const NUMBER = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d{1,5})?$/;
export const parseNumber = (text) => (NUMBER.test(text) ? new Num(text).toSignificantDigits(34) : null);

const PARSERS = {
  number: parseNumber, date: parseDay, time: parseClock, "date and time": parseMoment,
  "days and time duration": parseDuration, "years and months duration": parseDuration,
};

// A constant as the server sends it, or what a person typed into a control of that type; null where it does not read.
export function parse(type, text) {
  if (text === null || text === undefined || text === "") return type === "string" ? text ?? null : null;
  return PARSERS[type] ? PARSERS[type](String(text)) : text;
}

// -- values to text -----------------------------------------------------------------------------------------------

const pad = (value, size = 2) => String(value).padStart(size, "0");

function dayText(days) {
  const { year, month, day } = calendar(days);
  return `${pad(year, 4)}-${pad(month)}-${pad(day)}`;
}

const fractionText = (value) => (value ? `.${pad(value, 6)}`.replace(/0+$/, "") : "");

function clockText(value, zone) {
  const seconds = Number(value / SECOND);
  const clock = `${pad(floorDiv(seconds, 3600))}:${pad(floorDiv(seconds, 60) % 60)}:${pad(seconds % 60)}`;
  return clock + fractionText(value % SECOND) + (zone ?? "");
}

function daysText(length) {
  const value = length < 0n ? -length : length;
  const [days, rest] = [value / DAY, value % DAY];
  const seconds = rest / SECOND;
  const part = (amount, unit) => (amount ? `${amount}${unit}` : "");
  const last = seconds % 60n || rest % SECOND ? `${seconds % 60n}${fractionText(rest % SECOND)}S` : "";
  const clock = part(seconds / 3600n, "H") + part((seconds / 60n) % 60n, "M") + last;
  if (!days && !clock) return "PT0S";
  return `${length < 0n ? "-" : ""}P${part(days, "D")}${clock && `T${clock}`}`;
}

function monthsText(months) {
  const value = Math.abs(months);
  const parts = (value >= 12 ? `${floorDiv(value, 12)}Y` : "") + (value % 12 ? `${value % 12}M` : "");
  return `${months < 0 ? "-" : ""}P${parts || "0M"}`;
}

export function scalarText(value) {
  switch (kind(value)) {
    case "number": return value.isZero() ? "0" : value.toFixed();
    case "date": return dayText(value.days);
    case "time": return clockText(value.micros, value.zone);
    case "date and time": return `${dayText(momentDay(value))}T${clockText(momentClock(value), value.zone)}`;
    case "days and time duration": return daysText(value.micros);
    case "years and months duration": return monthsText(value.months);
    case "function": return `function(${value.parameters.join(", ")})`;
    default: return String(value);
  }
}

const quoted = (text) => `"${text.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n")}"`;
const NAME = /^[\p{L}_][\p{L}\p{N}_]*(?: [\p{L}_][\p{L}\p{N}_]*)*$/u;

// As string() writes it; strings inside lists and contexts are quoted.
export function text(value, nested = false) {
  const found = plain(value);
  switch (kind(found)) {
    case "string": return nested ? quoted(found) : found;
    case "list": return `[${found.map((item) => text(item, true)).join(", ")}]`;
    case "context": return `{${Object.entries(found).map(([key, item]) => `${NAME.test(key) ? key : quoted(key)}: ${text(item, true)}`).join(", ")}}`;
    case "range": return `${found.lowClosed ? "[" : "("}${text(found.low, true)}..${text(found.high, true)}${found.highClosed ? "]" : ")"}`;
    default: return scalarText(found);
  }
}
