// + - * / ** over numbers, strings, dates, times and durations; null where the server says null.

import {
  Clock, DAY, Day, Days, Moment, Months, Num, addMonths, calendar, dayOrNull, kind, momentClock, momentDay, momentOrNull, offset,
  offsetAt,
} from "./values.js";

const finite = (number) => (number.isFinite() ? number : null);

export const NUMERIC = {
  "+": (a, b) => finite(a.plus(b)),
  "-": (a, b) => finite(a.minus(b)),
  "*": (a, b) => finite(a.times(b)),
  "/": (a, b) => (b.isZero() ? null : finite(a.dividedBy(b))),
  "**": (a, b) => (a.isZero() && b.isZero() ? null : finite(a.pow(b))),
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
    case "days and time duration": return new Days(-value.micros);
    case "years and months duration": return new Months(-value.months);
    default: return null;
  }
}

// -- durations ----------------------------------------------------------------------------------------------------

const Wide = Num.clone({ precision: 80, rounding: Num.ROUND_HALF_EVEN });
const wide = (value) => new Wide(value.toString());
const days = (micros) => new Days(BigInt(micros.toDecimalPlaces(0).toFixed()));
const months = (count) => new Months(count.trunc().toNumber());
const scaledDays = (a, b) => days(wide(a.micros).times(wide(b)));
const scaledMonths = (a, b) => months(wide(a.months).times(wide(b)));
const ratio = (a, b) => (b.isZero() ? null : a.dividedBy(b));
const number = (value) => new Num(value.toString());

// -- days and moments ---------------------------------------------------------------------------------------------

const floorDays = (micros) => Number(micros / DAY) - (micros % DAY < 0n ? 1 : 0);
const utc = (moment) => (moment.zone ? moment.micros - offset(moment) : moment.micros);

// Along real time, not along the clock on the wall.
function moved(moment, length) {
  if (moment.zone?.[0] !== "@") return momentOrNull(moment.micros + length, moment.zone);
  const instant = utc(moment) + length;
  const shift = offsetAt(moment.zone.slice(1), instant);
  return momentOrNull(instant + shift, moment.zone, shift);
}

function movedMonths(value, count) {
  if (value instanceof Day) return addMonths(value, count);
  const day = addMonths(new Day(momentDay(value)), count);
  return day && new Moment(BigInt(day.days) * DAY + momentClock(value), value.zone);
}

const between = (a, b) => ((a.zone ?? null) === null === ((b.zone ?? null) === null) ? new Days(utc(a) - utc(b)) : null);
const midnight = (day) => new Moment(BigInt(day.days) * DAY, "Z");
const around = (clock, length) => new Clock((((clock.micros + length) % DAY) + DAY) % DAY, clock.zone);

const DATE = "date";
const TIME = "time";
const MOMENT = "date and time";
const LENGTH = "days and time duration";
const MONTHS = "years and months duration";

const OPERATIONS = {
  "string + string": (a, b) => a + b,
  [`${DATE} + ${LENGTH}`]: (a, b) => dayOrNull(a.days + floorDays(b.micros)),
  [`${LENGTH} + ${DATE}`]: (a, b) => dayOrNull(b.days + floorDays(a.micros)),
  [`${DATE} - ${LENGTH}`]: (a, b) => dayOrNull(a.days + floorDays(-b.micros)),
  [`${DATE} + ${MONTHS}`]: (a, b) => movedMonths(a, b.months),
  [`${MONTHS} + ${DATE}`]: (a, b) => movedMonths(b, a.months),
  [`${DATE} - ${MONTHS}`]: (a, b) => movedMonths(a, -b.months),
  [`${DATE} - ${DATE}`]: (a, b) => new Days(BigInt(a.days - b.days) * DAY),
  [`${MOMENT} + ${LENGTH}`]: (a, b) => moved(a, b.micros),
  [`${LENGTH} + ${MOMENT}`]: (a, b) => moved(b, a.micros),
  [`${MOMENT} - ${LENGTH}`]: (a, b) => moved(a, -b.micros),
  [`${MOMENT} + ${MONTHS}`]: (a, b) => movedMonths(a, b.months),
  [`${MONTHS} + ${MOMENT}`]: (a, b) => movedMonths(b, a.months),
  [`${MOMENT} - ${MONTHS}`]: (a, b) => movedMonths(a, -b.months),
  [`${MOMENT} - ${MOMENT}`]: between,
  [`${MOMENT} - ${DATE}`]: (a, b) => between(a, midnight(b)),
  [`${DATE} - ${MOMENT}`]: (a, b) => between(midnight(a), b),
  [`${TIME} + ${LENGTH}`]: (a, b) => around(a, b.micros),
  [`${LENGTH} + ${TIME}`]: (a, b) => around(b, a.micros),
  [`${TIME} - ${LENGTH}`]: (a, b) => around(a, -b.micros),
  [`${TIME} - ${TIME}`]: between,
  [`${LENGTH} + ${LENGTH}`]: (a, b) => new Days(a.micros + b.micros),
  [`${LENGTH} - ${LENGTH}`]: (a, b) => new Days(a.micros - b.micros),
  [`${LENGTH} * number`]: scaledDays,
  [`number * ${LENGTH}`]: (a, b) => scaledDays(b, a),
  [`${LENGTH} / number`]: (a, b) => (b.isZero() ? null : days(wide(a.micros).dividedBy(wide(b)))),
  [`${LENGTH} / ${LENGTH}`]: (a, b) => ratio(number(a.micros), number(b.micros)),
  [`${MONTHS} + ${MONTHS}`]: (a, b) => new Months(a.months + b.months),
  [`${MONTHS} - ${MONTHS}`]: (a, b) => new Months(a.months - b.months),
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
  hour: Number(value / (3600n * 1_000_000n)),
  minute: Number(value / (60n * 1_000_000n)) % 60,
  second: new Num((value % (60n * 1_000_000n)).toString()).dividedBy(1_000_000),
  "time offset": zoned.zone ? new Days(offset(zoned)) : null,
  timezone: zoned.zone?.[0] === "@" ? zoned.zone.slice(1) : null,
});

function lengthParts(micros) {
  const sign = micros < 0n ? -1 : 1;
  const seconds = Number((micros < 0n ? -micros : micros) / 1_000_000n);
  const part = (unit, wrap) => { const found = Math.floor(seconds / unit); return sign * (wrap ? found % wrap : found); };
  return { days: part(86_400), hours: part(3600, 24), minutes: part(60, 60), seconds: part(1, 60) };
}

// The properties of a value that is no context; undefined where it has none.
export function properties(value) {
  switch (kind(value)) {
    case DATE: return dayParts(value.days);
    case TIME: return clockParts(value.micros, value);
    case MOMENT: return { ...dayParts(momentDay(value)), ...clockParts(momentClock(value), value) };
    case LENGTH: return lengthParts(value.micros);
    case MONTHS: return { years: Math.trunc(value.months / 12), months: value.months % 12 };
    case "range": return { start: value.low, end: value.high, "start included": value.lowClosed, "end included": value.highClosed };
    default: return undefined;
  }
}
