// `instance of`, and arguments as declared types. True, false, or null for a type that is not known.

import { member } from "./functions/contexts.js";
import { NODES, value } from "./tree.js";
import { Moment, every, kind, plain } from "./values.js";

const NAMES = new Set([
  "number", "string", "boolean", "date", "time", "date and time", "days and time duration", "years and months duration", "list", "context",
  "range", "function",
]);
const OTHER_NAMES = new Map([
  ["dateTime", "date and time"], ["dayTimeDuration", "days and time duration"], ["yearMonthDuration", "years and months duration"],
]);
const DAY = 86_400_000_000_000n;

const standard = (name) => OTHER_NAMES.get(name) ?? name;
const isNull = (name) => name === "null" || name === "Null";

export function fits(found, type) {
  const name = standard(type.name);
  if (name === "Any") return found !== null;
  if (isNull(name)) return found === null;
  if (!NAMES.has(name)) return null;
  if (kind(found) !== name) return false;
  return PARTS[name] && (type.arguments.length || type.result) ? PARTS[name](found, type) : true;
}

// As part of something else, null fits every type.
const admits = (found, type) => (found === null ? true : fits(found, type));

const PARTS = {
  list: (found, type) => every(found.map((item) => admits(plain(item), type.arguments[0]))),
  range: (found, type) => every([found.low, found.high].map((end) => admits(end, type.arguments[0]))),
  context: (found, type) => every(type.keys.map((key, index) => {
    const part = member(found, key);
    return part === undefined ? false : admits(part, type.arguments[index]);
  })),
  function: (found, type) => {
    if (found.parameters && found.parameters.length !== type.arguments.length) return false;
    return type.arguments.every((wanted, index) => !found.types?.[index] || conforms(wanted, found.types[index]));
  },
};

// Whether every value of `narrow` is one of `wide`.
function conforms(narrow, wide) {
  if (wide.name === "Any" || isNull(narrow.name)) return true;
  if (standard(narrow.name) !== standard(wide.name)) return false;
  if (wide.name === "function") return conformingFunction(narrow, wide);
  if (wide.keys.length) {
    return wide.keys.every((key, index) => narrow.keys.includes(key) && conforms(narrow.arguments[narrow.keys.indexOf(key)], wide.arguments[index]));
  }
  return narrow.arguments.every((each, index) => index >= wide.arguments.length || conforms(each, wide.arguments[index]));
}

function conformingFunction(narrow, wide) {
  if (narrow.arguments.length !== wide.arguments.length) return false;
  const results = !narrow.result || !wide.result || conforms(narrow.result, wide.result);
  return results && wide.arguments.every((each, index) => conforms(each, narrow.arguments[index]));
}

// The value as the declared type: a list of one stands for its element and the reverse, a date for its midnight.
// Undefined where it does not fit.
export function converted(found, type) {
  if (!type || found === null) return found;
  if (kind(found) === "date" && standard(type.name) === "date and time") return new Moment(BigInt(found.days) * DAY, "Z");
  if (fits(found, type) !== false) return found;
  if (Array.isArray(found) && found.length === 1 && fits(plain(found[0]), type)) return plain(found[0]);
  return type.name === "list" && fits([found], type) ? [found] : undefined;
}

NODES.InstanceOf = (node, scope) => fits(value(node.value, scope), node.type);
