// Built-in functions over numbers.

import { narrow, wide } from "../arithmetic.js";
import { define, truncated } from "../registry.js";
import { parseNumber } from "../text.js";
import { Days, Months, Num } from "../values.js";

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
  define(name, `number ${scale}`, (run, value, digits = new Num(0)) => rounded(value, digits, mode));
}

function modulo(value, by) {
  if (by.isZero() || wide(value).dividedBy(wide(by)).trunc().abs().gte("1e34")) return null;
  const rest = value.mod(by);
  return !rest.isZero() && rest.isNegative() !== by.isNegative() ? rest.plus(by) : rest;
}

// Rounded once, from more digits than are kept; what is too large or too small to be a number has no further digits.
const fine = (value, first, compute) => (first.isFinite() && !first.isZero() ? narrow(compute(wide(value).toSignificantDigits(34)).toSignificantDigits(60)) : first);

define("not", "any", (run, value) => (typeof value === "boolean" ? !value : null));
define("abs", "number", (run, value) => value.abs());
define("abs", "days", (run, value) => new Days(value.nanos < 0n ? -value.nanos : value.nanos));
define("abs", "months", (run, value) => new Months(Math.abs(value.months)));
define("modulo", "number number", (run, value, by) => modulo(value, by));
define("sqrt", "number", (run, value) => (value.isNegative() && !value.isZero() ? null : value.sqrt()));
define("log", "number", (run, value) => (value.isNegative() || value.isZero() ? null : fine(value, value.ln(), (each) => each.ln())));
define("exp", "number", (run, value) => fine(value, value.exp(), (each) => each.exp()));
define("odd", "number", (run, value) => (value.isInteger() ? !value.mod(2).isZero() : null));
define("even", "number", (run, value) => (value.isInteger() ? value.mod(2).isZero() : null));
define("number", "string string/null? string/null?", (run, value, grouping = null, decimal = null) => {
  if (grouping !== null && (![" ", ",", "."].includes(grouping) || grouping === decimal)) return null;
  if (decimal !== null && ![",", "."].includes(decimal)) return null;
  const bare = grouping === null ? value : value.replaceAll(grouping, "");
  return parseNumber(decimal === null ? bare : bare.replaceAll(decimal, "."));
});
define("number", "number", (run, value) => value);
