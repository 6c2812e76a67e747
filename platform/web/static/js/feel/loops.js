// `for`, `some` and `every`.

import { LimitExceeded } from "./run.js";
import { listOf } from "./structures.js";
import { NODES, mentions, value } from "./tree.js";
import { Day, Num, Range, kind } from "./values.js";

const LIST = 100_000;

// What a variable runs through; null where that is no list.
function elements(binding, scope) {
  const first = value(binding.source, scope);
  if (binding.until) return steps(first, value(binding.until, scope), scope.run);
  if (first instanceof Range) {
    const found = steps(first.low, first.high, scope.run);
    return found && found.slice(first.lowClosed ? 0 : 1, first.highClosed ? undefined : -1);
  }
  return first === null ? null : listOf(first);
}

function steps(first, last, run) {
  if (first instanceof Day && last instanceof Day) return counted(BigInt(first.days), BigInt(last.days), run).map((days) => new Day(Number(days)));
  if (kind(first) !== "number" || kind(last) !== "number" || !first.isInteger() || !last.isInteger()) return null;
  return counted(BigInt(first.toFixed()), BigInt(last.toFixed()), run).map((number) => new Num(number.toString()));
}

function counted(first, last, run) {
  const length = Number(first <= last ? last - first : first - last) + 1;
  run.sized(length);
  return Array.from({ length }, (_, index) => (first <= last ? first + BigInt(index) : first - BigInt(index)));
}

// The body in a scope for every combination, without one where a source is no list; true ends the loop.
function each(bindings, scope, body) {
  if (!bindings.length) return body(scope);
  const found = elements(bindings[0], scope);
  if (!found) return body(null);
  return found.some((item) => {
    scope.run.spend(1);
    return each(bindings.slice(1), scope.with({ [bindings[0].name]: item }), body);
  });
}

NODES.For = (node, scope) => {
  const results = [];
  const partial = mentions(node.body, "partial");
  const missing = each(node.bindings, scope, (inner) => {
    if (!inner) return true;
    if (results.length >= LIST) throw new LimitExceeded();
    if (partial) inner.run.spend(results.length >> 3);
    results.push(value(node.body, partial ? inner.with({ partial: [...results] }) : inner));
    return false;
  });
  return missing ? null : results;
};

NODES.Quantified = (node, scope) => {
  const decisive = node.kind === "some";
  let result = !decisive;
  const ended = each(node.bindings, scope, (inner) => {
    const verdict = inner ? value(node.condition, inner) : null;
    if (typeof verdict !== "boolean") result = null;
    return verdict === decisive;
  });
  return ended ? decisive : result;
};
