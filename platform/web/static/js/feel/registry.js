// Built-in functions by name, and the conversions that FEEL makes of their arguments.

import { Func, Num, kind, plain } from "./values.js";

export const BUILTINS = {};

const SHORT = {
  moment: "date and time", days: "days and time duration", months: "years and months duration",
  point: ["number", "string", "date", "time", "date and time", "days and time duration", "years and months duration"],
};
const REFUSED = Symbol("refused");

// `signature` lists the kinds of the arguments: "string number number/null?"; alternatives are separated by a slash, `?`
// may be left out, `*` repeats. Signatures of one name are tried in order.
export function define(name, signature, implementation) {
  const parameters = signature.split(" ").filter(Boolean).map((part) => ({
    kinds: part.replace(/[?*]$/, "").split("/").flatMap((each) => SHORT[each] ?? each),
    optional: part.endsWith("?"),
    repeated: part.endsWith("*"),
  }));
  (BUILTINS[name] ??= []).push({ parameters, implementation });
}

export function call(name, run, values) {
  for (const { parameters, implementation } of BUILTINS[name] ?? []) {
    const fitted = accepts(parameters, values.length) && values.map((value, index) => fit(value, parameters[Math.min(index, parameters.length - 1)]));
    if (fitted && !fitted.includes(REFUSED)) {
      run.spend(1 + fitted.reduce((sum, value) => sum + (Array.isArray(value) ? value.length : 0), 0));
      const result = plain(implementation(run, ...fitted));
      return result instanceof Num && !result.isFinite() ? null : result;
    }
  }
  return null;
}

const VALUES = new Map();

// The function as a value, one for each name.
export function valueOf(name) {
  if (!Object.hasOwn(BUILTINS, name)) return null;
  if (!VALUES.has(name)) VALUES.set(name, new Func(null, (values, run) => call(name, run, values)));
  return VALUES.get(name);
}

function accepts(parameters, count) {
  const least = parameters.filter((parameter) => !parameter.optional).length;
  return least <= count && (parameters.at(-1)?.repeated || count <= parameters.length);
}

function fit(value, { kinds }) {
  const family = kind(value);
  if (kinds.includes("any") || kinds.includes(family)) return value;
  if (family === "list" && value.length === 1 && !kinds.includes("list") && kinds.includes(kind(plain(value[0])))) return plain(value[0]);
  return kinds.includes("list") && value !== null ? [value] : REFUSED;
}

export const truncated = (number) => number.trunc().toNumber();
export const items = (values) => (values.length === 1 && kind(values[0]) === "list" ? values[0] : values).map(plain);
