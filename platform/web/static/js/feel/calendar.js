// Counting days, months and nanoseconds; the distance of zones from UTC.

export const SECOND = 1_000_000_000n;
export const DAY = 86_400n * SECOND;
export const YEARS = 999_999_999;
const CYCLE = 146_097;      // days of 400 years, after which the calendar repeats

export const floorDiv = (a, b) => (typeof a === "bigint" ? (a - (((a % b) + b) % b)) / b : Math.floor(a / b));

export const leap = (year) => year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
export const monthDays = (year, month) => (month === 2 && leap(year) ? 29 : [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1]);

// The proleptic Gregorian calendar, in years of 400 that begin in March.
export function daysOf(year, month, day) {
  const y = year - (month <= 2 ? 1 : 0);
  const era = floorDiv(y, 400);
  const dayOfYear = floorDiv(153 * (month + (month > 2 ? -3 : 9)) + 2, 5) + day - 1;
  const yearOfEra = y - era * 400;
  return era * CYCLE + yearOfEra * 365 + floorDiv(yearOfEra, 4) - floorDiv(yearOfEra, 100) + dayOfYear - 719_468;
}

export function calendar(days) {
  const shifted = days + 719_468;
  const era = floorDiv(shifted, CYCLE);
  const dayOfEra = shifted - era * CYCLE;
  const yearOfEra = floorDiv(dayOfEra - floorDiv(dayOfEra, 1460) + floorDiv(dayOfEra, 36_524) - floorDiv(dayOfEra, 146_096), 365);
  const dayOfYear = dayOfEra - (365 * yearOfEra + floorDiv(yearOfEra, 4) - floorDiv(yearOfEra, 100));
  const index = floorDiv(5 * dayOfYear + 2, 153);
  const month = index < 10 ? index + 3 : index - 9;
  return { year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day: dayOfYear - floorDiv(153 * index + 2, 5) + 1 };
}

// Whether the three make a date.
export function isDate(year, month, day) {
  const whole = [year, month, day].every(Number.isInteger) && Math.abs(year) <= YEARS && month >= 1 && month <= 12;
  return whole && day >= 1 && day <= monthDays(year, month);
}

const FIRST_DAY = daysOf(-YEARS, 1, 1);
const LAST_DAY = daysOf(YEARS, 12, 31);
export const inCalendar = (days) => days >= FIRST_DAY && days <= LAST_DAY;

// The same day of another month, its last day where that month is shorter.
export function monthsLater(days, months) {
  const { year, month, day } = calendar(days);
  const index = year * 12 + month - 1 + months;
  const [newYear, newMonth] = [floorDiv(index, 12), index - floorDiv(index, 12) * 12 + 1];
  return daysOf(newYear, newMonth, Math.min(day, monthDays(newYear, newMonth)));
}

// Of a moment: the day it is on, and how far into it.
export const dayOf = (moment) => Number(floorDiv(moment.nanos, DAY));
export const clockOf = (moment) => moment.nanos - floorDiv(moment.nanos, DAY) * DAY;

// -- zones --------------------------------------------------------------------------------------------------------

// The distance from UTC in nanoseconds of a clock or moment with a zone: "Z", "+08:00" or "@Asia/Shanghai".
export function offset(value) {
  const { zone, shift } = value;
  if (shift !== null && shift !== undefined) return shift;
  if (zone === "Z") return 0n;
  if (zone[0] === "@") return namedOffset(zone.slice(1), value.nanos);
  const [hours, minutes, seconds = "0"] = zone.slice(1).split(":");
  const length = BigInt(Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds)) * SECOND;
  return zone[0] === "-" ? -length : length;
}

// On the line of UTC; without a zone, on its own.
export const instant = (value) => (value.zone ? value.nanos - offset(value) : value.nanos);

// Where the clock repeats an hour or skips one, the offset from before the change, as on the server.
function namedOffset(name, wall) {
  const [before, after] = [offsetAt(name, wall - DAY), offsetAt(name, wall + DAY)];
  const holds = (shift) => offsetAt(name, wall - shift) === shift;
  return holds(before) || !holds(after) ? before : after;
}

const FORMATS = new Map();

function formatOf(name) {
  if (!FORMATS.has(name)) {
    FORMATS.set(name, new Intl.DateTimeFormat("en-US", {
      timeZone: name, hourCycle: "h23", year: "numeric", month: "numeric", day: "numeric", hour: "numeric", minute: "numeric", second: "numeric",
    }));
  }
  return FORMATS.get(name);
}

export function isZone(name) {
  try { formatOf(name); return true; } catch { return false; }
}

// The offset of a zone at an instant in UTC; of years that clocks do not know, that of an early or a late year.
export function offsetAt(name, utc) {
  const days = Number(floorDiv(utc, DAY));
  const { year } = calendar(days);
  const cycles = year < 1 ? floorDiv(year - 1, 400) - 1 : year > 9999 ? floorDiv(year - 9201, 400) : 0;
  const seconds = floorDiv(utc, SECOND) - BigInt(cycles) * BigInt(CYCLE) * 86_400n;
  const parts = Object.fromEntries(formatOf(name).formatToParts(Number(seconds) * 1000).map((part) => [part.type, Number(part.value)]));
  const local = BigInt(daysOf(parts.year, parts.month, parts.day)) * 86_400n + BigInt(parts.hour * 3600 + parts.minute * 60 + parts.second);
  return (local - seconds) * SECOND;
}
