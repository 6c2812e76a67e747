// Built-in functions that make one value of many: each takes a list, or several values.

import { NUMERIC } from "../arithmetic.js";
import { define, items } from "../registry.js";
import { Num, kind, order } from "../values.js";

const numbers = (values) => { const list = items(values); return list.every((item) => kind(item) === "number") ? list : null; };

const folded = (list, operator) => (list?.length ? list.reduce((left, right) => left && NUMERIC[operator](left, right)) : null);

function extreme(values, sign) {
  const [first, ...rest] = items(values);
  if (first === undefined || order(first, first) === null) return null;
  let best = first;
  for (const item of rest) {
    const found = order(item, best);
    if (found === null) return null;
    if (found === sign) best = item;
  }
  return best;
}

const mean = (list) => folded(list, "+")?.dividedBy(list.length) ?? null;

function median(list) {
  const sorted = list?.toSorted((a, b) => a.comparedTo(b));
  if (!sorted?.length) return null;
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 ? sorted[middle] : sorted[middle - 1].plus(sorted[middle]).dividedBy(2);
}

// Of a sample.
function deviation(list) {
  if (!list || list.length < 2) return null;
  const average = mean(list);
  const squares = list.map((each) => each.minus(average)).map((each) => each.times(each));
  return folded(squares, "+").dividedBy(list.length - 1).sqrt();
}

// The most frequent numbers, ascending.
function mode(list) {
  if (!list) return null;
  const times = new Map();
  for (const each of list) {
    const key = each.isZero() ? "0" : each.toString();
    times.set(key, { each, count: (times.get(key)?.count ?? 0) + 1 });
  }
  const most = Math.max(0, ...[...times.values()].map(({ count }) => count));
  return [...times.values()].filter(({ count }) => count === most).map(({ each }) => each).sort((a, b) => a.comparedTo(b));
}

const AGGREGATES = {
  sum: (list) => folded(list, "+"), product: (list) => folded(list, "*"), mean, median, stddev: deviation, mode,
};

define("count", "list", (run, list) => new Num(list.length));
for (const [name, sign] of [["min", -1], ["max", 1]]) {
  define(name, "list", (run, list) => extreme([list], sign));
  define(name, "any*", (run, ...values) => extreme(values, sign));
}
for (const [name, compute] of Object.entries(AGGREGATES)) {
  define(name, "list", (run, list) => compute(numbers([list])));
  define(name, "number*", (run, ...values) => compute(numbers(values)));
}
