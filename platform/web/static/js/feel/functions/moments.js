// Built-in functions that make and read dates, times and durations.

import { DAY, calendar, clockOf, dayOf, daysOf, isZone, monthDays } from "../calendar.js";
import { define } from "../registry.js";
import { makeDay, parseClock, parseDay, parseDuration, parseMoment, text, zoneOf } from "../text.js";
import { Clock, Day, Moment, Num, equal, kind, momentOrNull, monthsOrNull } from "../values.js";

const WEEKDAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];
const MONTH_NAMES = ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"];

const NO_ZONE = Symbol("no zone");

const whole = (number) => (number.isInteger() ? number.toNumber() : NaN);
const daysIn = (value) => (value instanceof Day ? value.days : dayOf(value));
const weekday = (days) => (((days + 3) % 7) + 7) % 7;
const day = (...parts) => makeDay(...parts.map(whole));
const combined = (date, clock) => date && clock && momentOrNull(BigInt(daysIn(date)) * DAY + clock.nanos, clock.zone);

function clock(hour, minute, second, zone = null) {
  const [h, m] = [whole(hour), whole(minute)];
  const nanos = second.times(1_000_000_000).trunc();
  if (!(h >= 0 && h < 24 && m >= 0 && m < 60) || nanos.lt(0) || nanos.gte(60_000_000_000) || zone === NO_ZONE) return null;
  return new Clock(BigInt(h * 3600 + m * 60) * 1_000_000_000n + BigInt(nanos.toFixed()), zone);
}

const zoned = (length) => (length === null ? null : zoneOf(length.nanos) ?? NO_ZONE);
const named = (name) => (isZone(name) ? `@${name}` : NO_ZONE);

function monthsBetween(from, to) {
  const [a, b] = [from, to].map((value) => calendar(daysIn(value)));
  const rest = (value, date) => BigInt(date.day) * DAY + (value instanceof Moment ? clockOf(value) : 0n);
  let months = (b.year - a.year) * 12 + b.month - a.month;
  if (months > 0 && rest(to, b) < rest(from, a)) months -= 1;
  else if (months < 0 && rest(to, b) > rest(from, a)) months += 1;
  return monthsOrNull(months);
}

function weekOfYear(days) {
  const thursday = days - weekday(days) + 3;
  return Math.floor((thursday - daysOf(calendar(thursday).year, 1, 1)) / 7) + 1;
}

function same(run, a, b) {
  if (kind(a) !== kind(b)) return false;
  return ["time", "date and time"].includes(kind(a)) ? text(a) === text(b) : equal(a, b, run) === true;
}

const SIX = "number number number number number number";

define("now", "", (run) => run.now);
define("today", "", (run) => new Day(dayOf(run.now)));
define("date", "string", (run, value) => parseDay(value));
define("date", "date/moment", (run, value) => new Day(daysIn(value)));
define("date", "number number number", (run, ...parts) => day(...parts));
define("time", "string", (run, value) => parseClock(value));
define("time", "time/moment", (run, value) => (value instanceof Clock ? value : new Clock(clockOf(value), value.zone)));
define("time", "date", () => new Clock(0n, "Z"));
define("time", "number number number days/null?", (run, hour, minute, second, length = null) => clock(hour, minute, second, zoned(length)));
define("date and time", "string", (run, value) => parseMoment(value));
define("date and time", "date/moment time", (run, date, time) => combined(date, time));
define("date and time", "moment", (run, value) => value);
define("date and time", "date", (run, value) => new Moment(BigInt(value.days) * DAY));
define("date and time", SIX, (run, ...parts) => combined(day(...parts.slice(0, 3)), clock(...parts.slice(3))));
define("date and time", `${SIX} days/null`, (run, ...parts) => combined(day(...parts.slice(0, 3)), clock(...parts.slice(3, 6), zoned(parts[6]))));
define("date and time", `${SIX} string`, (run, ...parts) => combined(day(...parts.slice(0, 3)), clock(...parts.slice(3, 6), named(parts[6]))));
define("duration", "string", (run, value) => parseDuration(value));
define("duration", "days/months", (run, value) => value);
define("years and months duration", "date/moment date/moment", (run, from, to) => monthsBetween(from, to));
define("day of year", "date/moment", (run, value) => new Num(daysIn(value) - daysOf(calendar(daysIn(value)).year, 1, 1) + 1));
define("day of week", "date/moment", (run, value) => WEEKDAYS[weekday(daysIn(value))]);
define("month of year", "date/moment", (run, value) => MONTH_NAMES[calendar(daysIn(value)).month - 1]);
define("week of year", "date/moment", (run, value) => weekOfYear(daysIn(value)));
define("last day of month", "date/moment", (run, value) => {
  const { year, month } = calendar(daysIn(value));
  return makeDay(year, month, monthDays(year, month));
});
define("is", "any? any?", (run, a = null, b = null) => same(run, a, b));
