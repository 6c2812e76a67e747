// FEEL values from text and to text, as the server reads and writes them.

import { DAY, SECOND, calendar, clockOf, dayOf, daysOf, floorDiv, isDate, isZone } from "./calendar.js";
import { Clock, Day, Months, Num, kind, lengthOrNull, momentOrNull, monthsOrNull, plain } from "./values.js";

// -- text to values -----------------------------------------------------------------------------------------------

const DATE = /^(-?(?:[1-9]\d{4,8}|\d{4}))-(\d{2})-(\d{2})$/;
const TIME = /^(\d{2}):(\d{2}):(\d{2})(\.\d+)?(Z|[+-]\d{2}:\d{2}(?::\d{2})?|@[A-Za-z0-9_+\-/]+)?$/;
const MONTHS = /^(-)?P(?=.)(?:(\d+)Y)?(?:(\d+)M)?$/;
const DAYS = /^(-)?P(?=.)(?:(\d+)D)?(?:T(?=.)(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)(\.\d*)?S)?)?$/;

const nanos = (fraction) => BigInt((fraction ?? ".").slice(1, 10).padEnd(9, "0"));

export const makeDay = (year, month, day) => (isDate(year, month, day) ? new Day(daysOf(year, month, day)) : null);

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
  return new Clock(BigInt(hour * 3600 + Number(match[2]) * 60 + Number(match[3])) * SECOND + nanos(match[4]), zone);
}

// null without a zone, undefined for one that does not exist.
function normalZone(zone) {
  if (!zone) return null;
  if (/^[+-]00:00(:00)?$/.test(zone)) return "Z";
  if (zone[0] === "@") return isZone(zone.slice(1)) ? zone : undefined;
  if (zone === "Z") return zone;
  const [hours, minutes, seconds = 0] = zone.slice(1).split(":").map(Number);
  return hours <= 18 && minutes <= 59 && seconds <= 59 ? zone.replace(/^(.{6}):00$/, "$1") : undefined;
}

// The zone of a distance from UTC; undefined where it is too far.
export function zoneOf(length) {
  const seconds = Number(floorDiv(length < 0n ? -length : length, SECOND));
  if (seconds > 18 * 3600) return undefined;
  if (seconds === 0) return "Z";
  const tail = seconds % 60 ? `:${pad(seconds % 60)}` : "";
  return `${length < 0n ? "-" : "+"}${pad(floorDiv(seconds, 3600))}:${pad(floorDiv(seconds, 60) % 60)}${tail}`;
}

export function parseMoment(text) {
  const place = text.indexOf("T");
  const [date, clock] = place < 0 ? [text, null] : [text.slice(0, place), text.slice(place + 1)];
  const day = parseDay(date);
  if (!day) return null;
  if (clock === null) return momentOrNull(BigInt(day.days) * DAY, null);
  const found = parseClock(clock);
  return found && momentOrNull(BigInt(day.days + (clock.startsWith("24") ? 1 : 0)) * DAY + found.nanos, found.zone);
}

export function parseDuration(text) {
  const months = MONTHS.exec(text);
  if (months) return monthsOrNull((months[1] ? -1 : 1) * (12 * Number(months[2] ?? 0) + Number(months[3] ?? 0)));
  const match = DAYS.exec(text);
  if (!match) return null;
  const [days, hours, minutes, seconds] = match.slice(2, 6).map((part) => BigInt(part ?? 0));
  const length = (((days * 24n + hours) * 60n + minutes) * 60n + seconds) * SECOND + nanos(match[6]);
  return lengthOrNull(match[1] ? -length : length);
}

const NUMBER = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d{1,5})?$/;

export function parseNumber(text) {
  const found = NUMBER.test(text) ? new Num(text).toSignificantDigits(34) : null;
  return found?.isFinite() ? found : null;
}

const PARSERS = {
  number: parseNumber, date: parseDay, time: parseClock, "date and time": parseMoment,
  "days and time duration": parseDuration, "years and months duration": parseDuration,
};

// A constant as the server sends it, or what a person typed into a control of that type; null where it does not read.
export function parse(type, text) {
  if (text === null || text === undefined || text === "") return type === "string" ? text ?? null : null;
  return PARSERS[type] ? PARSERS[type](String(text)) : text;
}

export function parseAt(text) {
  for (const read of [parseDay, parseMoment, parseClock, parseDuration]) {
    const found = read(text);
    if (found !== null) return found;
  }
  return null;
}

// -- values to text -----------------------------------------------------------------------------------------------

const pad = (value, size = 2) => String(value).padStart(size, "0");

function dayText(days) {
  const { year, month, day } = calendar(days);
  return `${year < 0 ? "-" : ""}${pad(Math.abs(year), 4)}-${pad(month)}-${pad(day)}`;
}

const fractionText = (value) => (value ? `.${pad(value, 9)}`.replace(/0+$/, "") : "");

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
    case "time": return clockText(value.nanos, value.zone);
    case "date and time": return `${dayText(dayOf(value))}T${clockText(clockOf(value), value.zone)}`;
    case "days and time duration": return daysText(value.nanos);
    case "years and months duration": return monthsText(value.months);
    case "function": return `function(${value.parameters?.join(", ") ?? "..."})`;
    default: return String(value);
  }
}

const quoted = (text) => `"${text.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n")}"`;
// What a name may begin with, as the server reads it.
const FIRST = "A-Z_a-z\\u00c0-\\u00d6\\u00d8-\\u00f6\\u00f8-\\u02ff\\u0370-\\u037d\\u037f-\\u1fff\\u200c-\\u200d\\u2070-\\u218f\\u2c00-\\u2fef\\u3005-\\u3007\\u3021-\\ud7ff\\uf900-\\ufdcf\\ufdf0-\\ufefe\\uff10-\\uff19\\uff21-\\uff3a\\uff41-\\uff5a\\uff66-\\ufffd\\u{10000}-\\u{effff}";
const REST = `${FIRST}0-9\\u00b7\\u0300-\\u036f\\u203f-\\u2040`;
const NAME = new RegExp(`^[${FIRST}][${REST}]*(?: [${FIRST}][${REST}]*)*$`, "u");

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
