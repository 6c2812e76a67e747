// + - * / ** over numbers, strings, dates, times and durations; null where the server says null.

import { DAY, SECOND, calendar, clockOf, dayOf, floorDiv, instant, monthsLater, offset, offsetAt } from "./calendar.js";
import { Clock, Day, Days, Moment, Num, dayOrNull, kind, lengthOrNull, momentOrNull, monthsOrNull } from "./values.js";

// Room for every digit on the way; the result is rounded once.
export const Wide = Num.clone({ precision: 130, minE: -9e15, maxE: 9e15 });
export const wide = (value) => new Wide(value.toString());
export const finite = (number) => (number?.isFinite() ? number : null);
export const narrow = (value) => finite(new Num(value.toString()).toSignificantDigits(34));

function power(a, b) {
  if (a.isZero() && b.isZero()) return null;
  const found = finite(a.pow(b));     // whether it has a size at all, before computing all its digits
  return found && !found.isZero() ? narrow(wide(a).pow(wide(b)).toSignificantDigits(60)) : found;
}

export const NUMERIC = {
  "+": (a, b) => finite(a.plus(b)),
  "-": (a, b) => finite(a.minus(b)),
  "*": (a, b) => finite(a.times(b)),
  "/": (a, b) => (b.isZero() ? null : finite(a.dividedBy(b))),
  "**": power,
};

export function calculate(operator, a, b) {
  if (a === null || b === null) return null;
  const [left, right] = [kind(a), kind(b)];
  if (left === "number" && right === "number") return NUMERIC[operator](a, b);
  return OPERATIONS[`${left} ${operator} ${right}`]?.(a, b) ?? null;
}

export function negative(value) {
  switch (kind(value)) {
    case "number": return value.negated();
    case "days and time duration": return new Days(-value.nanos);
    case "years and months duration": return monthsOrNull(-value.months || 0);
    default: return null;
  }
}

// -- durations ----------------------------------------------------------------------------------------------------

const MICRO = 1000n;
const LARGEST_PLAIN = 1_000_000_000n * DAY;     // finer or longer durations are rounded to the nanosecond

const isPlain = (length) => length % MICRO === 0n && length >= DAY - LARGEST_PLAIN && length < LARGEST_PLAIN;

// To the microsecond, as everywhere in the platform, unless the duration is finer already.
function length(count, from) {
  const unit = isPlain(from) ? MICRO : 1n;
  return lengthOrNull(BigInt(count.dividedBy(unit.toString()).toDecimalPlaces(0).toFixed()) * unit);
}

const months = (count) => monthsOrNull(count.trunc().toNumber() || 0);
const scaledDays = (a, b) => length(wide(a.nanos).times(wide(b)), a.nanos);
const scaledMonths = (a, b) => months(wide(a.months).times(wide(b)));
const ratio = (a, b) => (b.isZero() ? null : a.dividedBy(b));
const number = (value) => new Num(value.toString());

// -- days and moments ---------------------------------------------------------------------------------------------

const daysLater = (day, nanos) => dayOrNull(day.days + Number(floorDiv(nanos, DAY)));

// Along real time, not along the clock on the wall.
function moved(moment, nanos) {
  if (moment.zone?.[0] !== "@") return momentOrNull(moment.nanos + nanos, moment.zone);
  const reached = instant(moment) + nanos;
  const shift = offsetAt(moment.zone.slice(1), reached);
  return momentOrNull(reached + shift, moment.zone, shift);
}

function movedMonths(value, count) {
  if (value instanceof Day) return dayOrNull(monthsLater(value.days, count));
  return momentOrNull(BigInt(monthsLater(dayOf(value), count)) * DAY + clockOf(value), value.zone);
}

const between = (a, b) => ((a.zone ?? null) === null === ((b.zone ?? null) === null) ? lengthOrNull(instant(a) - instant(b)) : null);
const midnight = (day) => new Moment(BigInt(day.days) * DAY, "Z");
const around = (clock, nanos) => new Clock((((clock.nanos + nanos) % DAY) + DAY) % DAY, clock.zone);

const DATE = "date";
const TIME = "time";
const MOMENT = "date and time";
const LENGTH = "days and time duration";
const MONTHS = "years and months duration";

const OPERATIONS = {
  "string + string": (a, b) => a + b,
  [`${DATE} + ${LENGTH}`]: (a, b) => daysLater(a, b.nanos),
  [`${LENGTH} + ${DATE}`]: (a, b) => daysLater(b, a.nanos),
  [`${DATE} - ${LENGTH}`]: (a, b) => daysLater(a, -b.nanos),
  [`${DATE} + ${MONTHS}`]: (a, b) => movedMonths(a, b.months),
  [`${MONTHS} + ${DATE}`]: (a, b) => movedMonths(b, a.months),
  [`${DATE} - ${MONTHS}`]: (a, b) => movedMonths(a, -b.months),
  [`${DATE} - ${DATE}`]: (a, b) => lengthOrNull(BigInt(a.days - b.days) * DAY),
  [`${MOMENT} + ${LENGTH}`]: (a, b) => moved(a, b.nanos),
  [`${LENGTH} + ${MOMENT}`]: (a, b) => moved(b, a.nanos),
  [`${MOMENT} - ${LENGTH}`]: (a, b) => moved(a, -b.nanos),
  [`${MOMENT} + ${MONTHS}`]: (a, b) => movedMonths(a, b.months),
  [`${MONTHS} + ${MOMENT}`]: (a, b) => movedMonths(b, a.months),
  [`${MOMENT} - ${MONTHS}`]: (a, b) => movedMonths(a, -b.months),
  [`${MOMENT} - ${MOMENT}`]: between,
  [`${MOMENT} - ${DATE}`]: (a, b) => between(a, midnight(b)),
  [`${DATE} - ${MOMENT}`]: (a, b) => between(midnight(a), b),
  [`${TIME} + ${LENGTH}`]: (a, b) => around(a, b.nanos),
  [`${LENGTH} + ${TIME}`]: (a, b) => around(b, a.nanos),
  [`${TIME} - ${LENGTH}`]: (a, b) => around(a, -b.nanos),
  [`${TIME} - ${TIME}`]: between,
  [`${LENGTH} + ${LENGTH}`]: (a, b) => lengthOrNull(a.nanos + b.nanos),
  [`${LENGTH} - ${LENGTH}`]: (a, b) => lengthOrNull(a.nanos - b.nanos),
  [`${LENGTH} * number`]: scaledDays,
  [`number * ${LENGTH}`]: (a, b) => scaledDays(b, a),
  [`${LENGTH} / number`]: (a, b) => (b.isZero() ? null : length(wide(a.nanos).dividedBy(wide(b)), a.nanos)),
  [`${LENGTH} / ${LENGTH}`]: (a, b) => ratio(number(a.nanos), number(b.nanos)),
  [`${MONTHS} + ${MONTHS}`]: (a, b) => monthsOrNull(a.months + b.months),
  [`${MONTHS} - ${MONTHS}`]: (a, b) => monthsOrNull(a.months - b.months),
  [`${MONTHS} * number`]: scaledMonths,
  [`number * ${MONTHS}`]: (a, b) => scaledMonths(b, a),
  [`${MONTHS} / number`]: (a, b) => (b.isZero() ? null : months(wide(a.months).dividedBy(wide(b)))),
  [`${MONTHS} / ${MONTHS}`]: (a, b) => ratio(number(a.months), number(b.months)),
};

// -- properties after a dot ---------------------------------------------------------------------------------------

const dayParts = (days) => {
  const { year, month, day } = calendar(days);
  return { year, month, day, weekday: ((days + 3) % 7 + 7) % 7 + 1 };
};

const clockParts = (value, zoned) => ({
  hour: Number(value / (3600n * SECOND)),
  minute: Number(value / (60n * SECOND)) % 60,
  second: new Num((value % (60n * SECOND)).toString()).dividedBy(1_000_000_000),
  "time offset": zoned.zone ? new Days(offset(zoned)) : null,
  timezone: zoned.zone?.[0] === "@" ? zoned.zone.slice(1) : null,
});

function lengthParts(nanos) {
  const sign = nanos < 0n ? -1n : 1n;
  const seconds = (sign * nanos) / SECOND;
  const part = (unit, wrap) => { const found = seconds / unit; return new Num((sign * (wrap ? found % wrap : found)).toString()); };
  return { days: part(86_400n), hours: part(3600n, 24n), minutes: part(60n, 60n), seconds: part(1n, 60n) };
}

// The properties of a value that is no context; undefined where it has none.
export function properties(value) {
  switch (kind(value)) {
    case DATE: return dayParts(value.days);
    case TIME: return clockParts(value.nanos, value);
    case MOMENT: return { ...dayParts(dayOf(value)), ...clockParts(clockOf(value), value) };
    case LENGTH: return lengthParts(value.nanos);
    case MONTHS: return { years: Math.trunc(value.months / 12) || 0, months: value.months % 12 || 0 };
    case "range": return { start: value.low, end: value.high, "start included": value.lowClosed, "end included": value.highClosed };
    default: return undefined;
  }
}
