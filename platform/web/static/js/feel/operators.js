// Logic, comparison, membership and unary tests.

import { calculate, negative } from "./arithmetic.js";
import { NODES, mentions, value } from "./tree.js";
import { Range, equal, every, order, plain, some } from "./values.js";

const RELATIONS = { "<": (found) => found < 0, "<=": (found) => found <= 0, ">": (found) => found > 0, ">=": (found) => found >= 0 };

function compare(operator, a, b, run) {
  if (RELATIONS[operator]) {
    const found = order(a, b);
    return found === null ? null : RELATIONS[operator](found);
  }
  const same = equal(a, b, run);
  return same === null || operator === "=" ? same : !same;
}

// The first decisive value of the operands, else null if one is neither true nor false.
const joined = (decisive) => (node, scope) => {
  let result = !decisive;
  for (const operand of node.operands) {
    const found = value(operand, scope);
    if (found === decisive) return decisive;
    if (found !== !decisive) result = null;
  }
  return result;
};

NODES.And = joined(false);
NODES.Or = joined(true);
NODES.Negation = (node, scope) => negative(value(node.operand, scope));
NODES.Comparison = (node, scope) => compare(node.operator, value(node.left, scope), value(node.right, scope), scope.run);

NODES.Arithmetic = (node, scope) => {
  const found = calculate(node.operator, value(node.left, scope), value(node.right, scope));
  if (typeof found === "string") scope.run.string(found.length);
  return found;
};

NODES.Between = (node, scope) => {
  const [found, low, high] = [node.value, node.low, node.high].map((part) => value(part, scope));
  return every([compare(">=", found, low, scope.run), compare("<=", found, high, scope.run)]);
};

// -- membership ---------------------------------------------------------------------------------------------------

function contains(range, found) {
  if (found === null || (range.low === null && range.high === null)) return null;
  const within = (relation, end) => { if (end === null) return true; const o = order(found, end); return o === null ? null : RELATIONS[relation](o); };
  return every([within(range.lowClosed ? ">=" : ">", range.low), within(range.highClosed ? "<=" : "<", range.high)]);
}

function memberOf(found, among, run) {
  if (among instanceof Range) return contains(among, found);
  if (among === null) return found === null ? true : null;
  if (!Array.isArray(among)) return equal(found, among, run);
  run.spend(among.length);
  if (Array.isArray(found) && equal(found, among, run)) return true;
  return some(among.map(plain).map((item) => (item instanceof Range && !(found instanceof Range) ? contains(item, found) : equal(found, item, run) ?? false)));
}

function passes(found, node, scope) {
  if (node.node === "Relation") return compare(node.operator, found, value(node.operand, scope), scope.run);
  return memberOf(found, value(node, scope), scope.run);
}

NODES.In = (node, scope) => {
  const found = value(node.value, scope);
  const verdicts = node.tests.map((test) => passes(found, test, scope));
  return verdicts.length === 1 ? verdicts[0] : some(verdicts);
};

NODES.Relation = (node, scope) => {
  const end = value(node.operand, scope);
  if (end === null || node.operator === "!=") return null;
  const closed = node.operator.includes("=");
  if (node.operator === "=") return new Range(end, end, true, true, true);
  return node.operator[0] === "<" ? new Range(null, end, false, closed) : new Range(end, null, closed, false);
};

// -- unary tests --------------------------------------------------------------------------------------------------

function unaryTest(node, input, scope) {
  if (node.node === "Relation") return passes(input, node, scope);
  const found = value(node, scope);
  if (mentions(node, "?")) return found === null || typeof found === "boolean" ? found : memberOf(input, found, scope.run);
  return typeof found === "boolean" && typeof input !== "boolean" ? found : memberOf(input, found, scope.run);
}

NODES.Anything = () => true;

NODES.UnaryTests = (node, scope) => {
  const input = scope.find("?") ?? null;
  const verdict = some(node.tests.map((test) => unaryTest(test, input, scope)));
  return verdict === null || !node.negated ? verdict : !verdict;
};
