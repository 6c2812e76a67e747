// Built-in functions that relate points and ranges: the interval algebra of DMN 1.5, 10.3.4.9.

import { define } from "../registry.js";
import { parseAt, parseClock, parseDay, parseDuration, parseMoment, parseNumber } from "../text.js";
import { Range, kind, order } from "../values.js";

class NoOrder extends Error {}

const span = (value) => (value instanceof Range ? value : new Range(value, value, true, true));

function compared(a, b) {
  const found = order(a, b);
  if (found === null) throw new NoOrder();
  return found;
}

const below = (a, b) => compared(a, b) < 0;
const same = (a, b) => compared(a, b) === 0;
const startsFirst = (a, b) => below(a.low, b.low) || (same(a.low, b.low) && a.lowClosed && !b.lowClosed);
const endsLast = (a, b) => below(b.high, a.high) || (same(a.high, b.high) && a.highClosed && !b.highClosed);
const sameStart = (a, b) => same(a.low, b.low) && a.lowClosed === b.lowClosed;
const sameEnd = (a, b) => same(a.high, b.high) && a.highClosed === b.highClosed;
const reaches = (a, b) => below(b.low, a.high) || (same(a.high, b.low) && a.highClosed && b.lowClosed);

const before = (a, b) => !reaches(a, b);
const meets = (a, b) => a.highClosed && b.lowClosed && same(a.high, b.low);
const includes = (a, b) => !startsFirst(b, a) && !endsLast(b, a);
const finishes = (a, b) => sameEnd(a, b) && !startsFirst(a, b);
const starts = (a, b) => sameStart(a, b) && !endsLast(a, b);
const swapped = (relation) => (a, b) => relation(b, a);

const [POINTS, POINT_RANGE, RANGE_POINT, RANGES] = ["point point", "point range", "range point", "range range"];
const RELATIONS = [
  ["before", before, POINTS, POINT_RANGE, RANGE_POINT, RANGES],
  ["after", swapped(before), POINTS, POINT_RANGE, RANGE_POINT, RANGES],
  ["meets", meets, RANGES],
  ["met by", swapped(meets), RANGES],
  ["overlaps", (a, b) => reaches(a, b) && reaches(b, a), RANGES],
  ["overlaps before", (a, b) => startsFirst(a, b) && reaches(a, b) && !endsLast(a, b), RANGES],
  ["overlaps after", (a, b) => startsFirst(b, a) && reaches(b, a) && !endsLast(b, a), RANGES],
  ["finishes", finishes, POINT_RANGE, RANGES],
  ["finished by", swapped(finishes), RANGE_POINT, RANGES],
  ["includes", includes, RANGE_POINT, RANGES],
  ["during", swapped(includes), POINT_RANGE, RANGES],
  ["starts", starts, POINT_RANGE, RANGES],
  ["started by", swapped(starts), RANGE_POINT, RANGES],
  ["coincides", (a, b) => sameStart(a, b) && sameEnd(a, b), POINTS, RANGES],
];

for (const [name, relation, ...signatures] of RELATIONS) {
  for (const signature of signatures) {
    define(name, signature, (run, a, b) => {
      try {
        return relation(span(a), span(b));
      } catch (error) {
        if (error instanceof NoOrder) return null;
        throw error;
      }
    });
  }
}

// -- a range from its text, whose ends are constants --------------------------------------------------------------

const STRING = '"(?:[^"\\\\]|\\\\.)*"';
const END = `null|-?\\s*(?:\\d+(?:\\.\\d+)?|\\.\\d+)(?:[eE][+-]?\\d+)?|${STRING}|@\\s*${STRING}|(?:date\\s+and\\s+time|date|time|duration)\\s*\\(\\s*${STRING}\\s*\\)`;
const RANGE = new RegExp(`^\\s*([\\[(\\]])\\s*(${END})\\s*\\.\\.\\s*(${END})\\s*([\\])\\[])\\s*$`, "s");
const PLAIN = { n: "\n", r: "\r", t: "\t", '"': '"', "'": "'", "\\": "\\" };
const MAKERS = { "date and time": parseMoment, date: parseDay, time: parseClock, duration: parseDuration };

const unquoted = (quoted) => quoted.slice(1, -1).replace(/\\(?:u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{6})|(.))/gs, (whole, short, long, plain) => {
  const code = short ?? long;
  return code ? String.fromCodePoint(Math.min(parseInt(code, 16), 0x10ffff)) : PLAIN[plain] ?? whole;
});

function end(source) {
  const quote = source.indexOf('"');
  if (source === "null") return null;
  if (quote < 0) return parseNumber(source.replace(/\s/g, ""));
  if (quote === 0) return unquoted(source);
  const inner = unquoted(source.slice(quote, source.lastIndexOf('"') + 1));
  if (source[0] === "@") return parseAt(inner);
  return MAKERS[source.slice(0, source.indexOf("(")).trim().replace(/\s+/g, " ")](inner);
}

function fitting(low, high) {
  if (low === null || high === null) return low !== high;
  return kind(low) === kind(high) && order(low, high) !== null && order(low, high) <= 0;
}

define("range", "string", (run, source) => {
  const match = RANGE.exec(source);
  if (!match) return null;
  const [low, high] = [end(match[2]), end(match[3])];
  return fitting(low, high) ? new Range(low, high, match[1] === "[", match[4] === "]") : null;
});
