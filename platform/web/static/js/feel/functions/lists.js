// Built-in functions over lists.

import { define, items, truncated } from "../registry.js";
import { equal, every, order, plain, some } from "../values.js";

const booleans = (values) => items(values).map((item) => (typeof item === "boolean" ? item : null));

function distinct(run, list) {
  const kept = [];
  for (const item of list.map(plain)) {
    run.spend(kept.length >> 3);
    if (!kept.some((earlier) => equal(item, earlier, run))) kept.push(item);
  }
  return kept;
}

// The index of a position that counts from either end; null where there is none.
function indexOf(list, position) {
  const found = truncated(position);
  if (found === 0 || !(Math.abs(found) <= list.length)) return null;
  return found > 0 ? found - 1 : list.length + found;
}

function spliced(list, position, remove, ...added) {
  const index = indexOf(list, position);
  return index === null ? null : list.toSpliced(index, remove, ...added);
}

function flat(run, list) {
  run.spend(list.length);
  return list.flatMap((item) => (Array.isArray(item) ? flat(run, item) : [item]));
}

function sublist(list, start, length) {
  const begin = indexOf(list, start);
  const count = length === null ? null : truncated(length);
  if (begin === null || count < 0 || begin + count > list.length) return null;
  return list.slice(begin, count === null ? undefined : begin + count);
}

function joined(run, lists) {
  run.sized(lists.reduce((sum, list) => sum + list.length, 0));
  return lists.flat();
}

function replacedMatching(run, list, match, item) {
  const results = [];
  for (const old of list.map(plain)) {
    const verdict = run.invoke(match, [old, item]);
    if (typeof verdict !== "boolean") return null;
    results.push(verdict ? item : old);
  }
  return results;
}

function sorted(list) {
  const copy = list.map(plain);
  if (copy.length > 1 && copy.some((item) => order(item, copy[0]) === null)) return null;
  return copy.sort(order);
}

function sortedBy(run, list, precedes) {
  return list.map(plain).sort((a, b) => {
    if (run.invoke(precedes, [a, b]) === true) return -1;
    return run.invoke(precedes, [b, a]) === true ? 1 : 0;
  });
}

define("all", "any*", (run, ...values) => every(booleans(values)));
define("any", "any*", (run, ...values) => some(booleans(values)));
define("list contains", "list any", (run, list, element) => list.some((item) => equal(plain(item), element, run)));
define("sublist", "list number number/null?", (run, list, start, length = null) => sublist(list, start, length));
define("append", "list any*", (run, list, ...more) => [...list, ...more]);
define("concatenate", "list*", (run, ...lists) => joined(run, lists));
define("insert before", "list number any", (run, list, position, item) => spliced(list, position, 0, item));
define("remove", "list number", (run, list, position) => spliced(list, position, 1));
define("list replace", "list number any", (run, list, position, item) => spliced(list, position, 1, item));
define("list replace", "list function any", replacedMatching);
define("reverse", "list", (run, list) => list.toReversed());
define("index of", "list any", (run, list, match) => list.flatMap((item, index) => (equal(plain(item), match, run) ? [plain(index + 1)] : [])));
define("union", "list*", (run, ...lists) => distinct(run, joined(run, lists)));
define("distinct values", "list", distinct);
define("flatten", "list", flat);
define("sort", "list", (run, list) => sorted(list));
define("sort", "list function", sortedBy);
