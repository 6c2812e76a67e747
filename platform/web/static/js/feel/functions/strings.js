// Built-in functions over strings.

import { found, parts, replaced } from "../patterns.js";
import { define, truncated } from "../registry.js";
import { text } from "../text.js";

// What the server counts as white space; JavaScript's trim knows other characters.
const SPACE = "[\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000]+";
const ENDS = new RegExp(`^${SPACE}|${SPACE}$`, "g");

function substring(value, start, length) {
  const points = [...value];
  const first = truncated(start);
  const count = length === null ? null : truncated(length);
  if (first === 0 || Math.abs(first) > points.length || (count !== null && count < 1)) return null;
  const begin = first > 0 ? first - 1 : points.length + first;
  return points.slice(begin, count === null ? undefined : begin + count).join("");
}

define("string length", "string", (run, value) => [...value].length);
define("substring", "string number number/null?", (run, value, start, length = null) => substring(value, start, length));
define("upper case", "string", (run, value) => value.toUpperCase());
define("lower case", "string", (run, value) => value.toLowerCase());
define("trim", "string", (run, value) => value.replace(ENDS, ""));
define("contains", "string string", (run, value, match) => value.includes(match));
define("starts with", "string string", (run, value, match) => value.startsWith(match));
define("ends with", "string string", (run, value, match) => value.endsWith(match));
define("substring before", "string string", (run, value, match) => {
  const index = value.indexOf(match);
  return index > 0 ? value.slice(0, index) : "";
});
define("substring after", "string string", (run, value, match) => {
  const index = value.indexOf(match);
  return index < 0 ? "" : value.slice(index + match.length);
});
define("string join", "list string/null?", (run, list, delimiter = null) => {
  const texts = list.filter((item) => item !== null && item !== undefined);
  if (!texts.every((item) => typeof item === "string")) return null;
  run.string(texts.reduce((sum, each) => sum + each.length, (delimiter ?? "").length * texts.length));
  return texts.join(delimiter ?? "");
});
define("string", "any", (run, value) => (value === null ? null : text(value)));
define("matches", "string string string/null?", (run, value, source, flags = null) => found(value, source, flags ?? ""));
define("replace", "string string string string/null?", (run, value, source, replacement, flags = null) => {
  const result = replaced(value, source, replacement, flags ?? "");
  run.string(result?.length ?? 0);
  return result;
});
define("split", "string string", (run, value, delimiter) => parts(value, delimiter));
