// FEEL in the browser: the server parses and checks, this walks the tree it sends. No text is ever evaluated.
//
//     evaluate(tree, { amount: new Num("100"), status: "draft" }, { now: "2026-01-31T09:00:00+08:00" })
//
// Values: null, booleans, strings, Num, Day, Clock, Moment, Days, Months, Range, Func, arrays, plain objects. JavaScript
// numbers are taken as decimals. A tree that cannot be evaluated gives null, as on the server.

import "./feel/calls.js";
import "./feel/loops.js";
import "./feel/operators.js";
import "./feel/structures.js";
import "./feel/types.js";
import { LimitExceeded, Run, Scope } from "./feel/run.js";
import { value } from "./feel/tree.js";

export { parse, text } from "./feel/text.js";
export { Clock, Day, Days, Func, Moment, Months, Num, Range, kind } from "./feel/values.js";

export function evaluate(tree, scope = {}, { now } = {}) {
  const run = new Run(now);
  try {
    return bounded(value(tree, new Scope(scope, null, run)), run);
  } catch (error) {
    if (error instanceof LimitExceeded || isTooDeep(error)) return null;
    throw error;
  }
}

// What engines throw when functions call each other, or trees nest, deeper than their stack.
const isTooDeep = (error) => error instanceof RangeError || error.name === "InternalError";

// The value, unless it is too large once written out: a list may hold another one many times.
function bounded(found, run) {
  const pending = [found];
  while (pending.length) {
    const part = pending.pop();
    const inner = part?.constructor === Object || Array.isArray(part) ? Object.values(part) : [];
    run.spend(inner.length);
    for (const each of inner) pending.push(each);
  }
  return found;
}

// Whether a condition holds: its value is exactly true.
export const test = (tree, scope, options) => evaluate(tree, scope, options) === true;
