// FEEL in the browser: the server parses and checks, this walks the tree it sends. No text is ever evaluated.
//
//     evaluate(tree, { amount: new Num("100"), status: "draft" }, { now: "2026-01-31T09:00:00+08:00" })
//
// Values: null, booleans, strings, Num, Day, Clock, Moment, Days, Months, arrays, plain objects. JavaScript numbers are
// taken as decimals. A tree that cannot be evaluated gives null, as on the server.

import { calculate, negative, properties } from "./feel/arithmetic.js";
import { BUILTINS, call } from "./feel/builtins.js";
import { Day, Func, Moment, Num, Range, equal, every, kind, order, parse, parseMoment, plain, some } from "./feel/values.js";

export { Clock, Day, Days, Func, Moment, Months, Num, Range, kind, parse, text } from "./feel/values.js";

const STEPS = 1_000_000;
const LIST = 100_000;
const STRING = 1_000_000;
const CALLS = 60;

class LimitExceeded extends Error {}

class Run {
  constructor(now) { this.steps = STEPS; this.calls = 0; this.clock = now; }

  get now() {
    this.clock = typeof this.clock === "string" ? parseMoment(this.clock) : this.clock ?? localNow();
    return this.clock;
  }

  spend(steps) {
    this.steps -= steps;
    if (this.steps < 0) throw new LimitExceeded();
  }

  sized(length) {
    if (length > LIST) throw new LimitExceeded();
    this.spend(length);
  }

  invoke(func, values) {
    this.calls += 1;
    if (this.calls > CALLS) throw new LimitExceeded();
    const result = func.call(values);
    this.calls -= 1;
    return result;
  }
}

function localNow() {
  const now = new Date();
  const minutes = -now.getTimezoneOffset();
  const [hours, rest] = [Math.floor(Math.abs(minutes) / 60), Math.abs(minutes) % 60].map((part) => String(part).padStart(2, "0"));
  const zone = minutes === 0 ? "Z" : `${minutes < 0 ? "-" : "+"}${hours}:${rest}`;
  return new Moment(BigInt(now.getTime() + minutes * 60_000) * 1000n, zone);
}

// Names bound around a node: `find` gives undefined for a name that is not there.
class Scope {
  constructor(names, parent, run) { Object.assign(this, { names, parent, run }); }

  find(name) {
    for (let scope = this; scope; scope = scope.parent) {
      const found = scope.own(name);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  own(name) { return Object.hasOwn(this.names, name) ? plain(this.names[name]) : undefined; }

  with(names) { return new Scope(names, this, this.run); }
}

class ElementScope extends Scope {
  own(name) {
    const found = member(this.names, name);
    return found === undefined && name === "item" ? this.names : found;
  }
}

export function evaluate(tree, scope = {}, { now } = {}) {
  const run = new Run(now);
  try {
    return value(tree, new Scope(scope, null, run)) ?? null;
  } catch (error) {
    if (error instanceof LimitExceeded || error instanceof RangeError) return null;
    throw error;
  }
}

// Whether a condition holds: its value is exactly true.
export const test = (tree, scope, options) => evaluate(tree, scope, options) === true;

function value(node, scope) {
  scope.run.spend(1);
  return NODES[node.node]?.(node, scope) ?? null;
}

function member(source, name) {
  if (kind(source) === "context") return Object.hasOwn(source, name) ? plain(source[name]) : undefined;
  const found = properties(source);
  return found && Object.hasOwn(found, name) ? plain(found[name]) : undefined;
}

const list = (found) => {
  if (found === null) return [];
  return Array.isArray(found) ? found : [found];
};

// -- names, paths, filters ----------------------------------------------------------------------------------------

function name(node, scope) {
  return scope.find(node.name) ?? null;
}

function path(node, scope) {
  const source = value(node.source, scope);
  if (!Array.isArray(source)) return member(source, node.name);
  scope.run.sized(source.length);
  return source.map((item) => member(plain(item), node.name) ?? null);
}

function at(items, position) {
  if (!position.isInteger()) return null;
  const index = position.toNumber();
  return index === 0 ? null : plain(items.at(index > 0 ? index - 1 : index) ?? null);
}

function filter(node, scope) {
  const items = list(value(node.source, scope)).map(plain);
  const verdict = (item) => value(node.condition, new ElementScope(item, scope, scope.run));
  const first = items.length ? verdict(items[0]) : value(node.condition, scope);
  if (kind(first) === "number") return at(items, first);
  scope.run.sized(items.length);
  return items.filter((item, index) => (index === 0 ? first : verdict(item)) === true);
}

function context(node, scope) {
  const names = {};
  const inner = scope.with(names);
  for (const entry of node.entries) Object.defineProperty(names, entry.key, { value: value(entry.value, inner), enumerable: true, configurable: true, writable: true });
  return names;
}

// -- operators ----------------------------------------------------------------------------------------------------

const RELATIONS = { "<": (found) => found < 0, "<=": (found) => found <= 0, ">": (found) => found > 0, ">=": (found) => found >= 0 };

function compare(operator, a, b, run) {
  if (RELATIONS[operator]) {
    const found = order(a, b);
    return found === null ? null : RELATIONS[operator](found);
  }
  const same = equal(a, b, run);
  return same === null || operator === "=" ? same : !same;
}

function and(node, scope) {
  let result = true;
  for (const operand of node.operands) {
    const found = value(operand, scope);
    if (found === false) return false;
    if (found !== true) result = null;
  }
  return result;
}

function or(node, scope) {
  let result = false;
  for (const operand of node.operands) {
    const found = value(operand, scope);
    if (found === true) return true;
    if (found !== false) result = null;
  }
  return result;
}

function between(node, scope) {
  const [found, low, high] = [node.value, node.low, node.high].map((part) => value(part, scope));
  return every([compare(">=", found, low, scope.run), compare("<=", found, high, scope.run)]);
}

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

function relation(node, scope) {
  const end = value(node.operand, scope);
  if (end === null || node.operator === "!=") return null;
  const closed = node.operator.includes("=");
  if (node.operator === "=") return new Range(end, end, true, true);
  return node.operator[0] === "<" ? new Range(null, end, false, closed) : new Range(end, null, closed, false);
}

function range(node, scope) {
  const [low, high] = [value(node.low, scope), value(node.high, scope)];
  return low === null || high === null || kind(low) !== kind(high) ? null : new Range(low, high, node.low_closed, node.high_closed);
}

function arithmetic(node, scope) {
  const found = calculate(node.operator, value(node.left, scope), value(node.right, scope));
  if (typeof found === "string" && found.length > STRING) throw new LimitExceeded();
  return found;
}

// -- unary tests --------------------------------------------------------------------------------------------------

function asks(node) {
  if (Array.isArray(node)) return node.some(asks);
  return node !== null && typeof node === "object" && ((node.node === "Name" && node.name === "?") || Object.values(node).some(asks));
}

function unaryTest(node, input, scope) {
  if (node.node === "Relation") return passes(input, node, scope);
  const found = value(node, scope);
  if (asks(node)) return typeof found === "boolean" ? found : null;
  return typeof found === "boolean" && typeof input !== "boolean" ? found : memberOf(input, found, scope.run);
}

function unaryTests(node, scope) {
  const input = scope.find("?") ?? null;
  const verdict = some(node.tests.map((each) => unaryTest(each, input, scope)));
  return verdict === null || !node.negated ? verdict : !verdict;
}

// -- loops --------------------------------------------------------------------------------------------------------

function elements(binding, scope) {
  const first = value(binding.source, scope);
  if (binding.until) return steps(first, value(binding.until, scope), scope.run);
  if (first instanceof Range) {
    const found = steps(first.low, first.high, scope.run);
    return found && found.slice(first.lowClosed ? 0 : 1, first.highClosed ? undefined : -1);
  }
  return first === null ? null : list(first);
}

function steps(first, last, run) {
  if (first instanceof Day && last instanceof Day) return counted(first.days, last.days, run).map((days) => new Day(days));
  if (kind(first) !== "number" || kind(last) !== "number" || !first.isInteger() || !last.isInteger()) return null;
  return counted(first.toNumber(), last.toNumber(), run).map((number) => new Num(number));
}

function counted(first, last, run) {
  const length = Math.abs(last - first) + 1;
  run.sized(length);
  return Array.from({ length }, (_, index) => (first <= last ? first + index : first - index));
}

// The body in a scope for every combination; false where a source is no list. A body that returns true ends the loop.
function each(bindings, scope, body) {
  if (!bindings.length) return body(scope) ? "ended" : true;
  const found = elements(bindings[0], scope);
  if (!found) return false;
  for (const item of found) {
    const outcome = each(bindings.slice(1), scope.with({ [bindings[0].name]: plain(item) }), body);
    if (outcome !== true) return outcome;
  }
  return true;
}

function loop(node, scope) {
  const results = [];
  const outcome = each(node.bindings, scope, (inner) => {
    if (results.length >= LIST) throw new LimitExceeded();
    inner.run.spend(results.length >> 3);
    results.push(value(node.body, inner.with({ partial: [...results] })));
  });
  return outcome ? results : null;
}

function quantified(node, scope) {
  const decisive = node.kind === "some";
  let result = !decisive;
  const outcome = each(node.bindings, scope, (inner) => {
    const verdict = value(node.condition, inner);
    if (typeof verdict !== "boolean") result = null;
    return verdict === decisive;
  });
  if (outcome === "ended") return decisive;
  return outcome ? result : null;
}

// -- functions ----------------------------------------------------------------------------------------------------

function definition(node, scope) {
  const names = node.parameters.map((parameter) => parameter.name);
  return new Func(names, (values) => value(node.body, scope.with(Object.fromEntries(names.map((each_, index) => [each_, values[index]])))));
}

function invocation(node, scope) {
  const values = node.arguments.map((argument) => value(argument.value, scope));
  const found = node.function.node === "Name" ? scope.find(node.function.name) : value(node.function, scope);
  if (!(found instanceof Func)) return BUILTINS[node.function.builtin] ? call(node.function.builtin, scope.run, values) : null;
  const ordered = node.arguments.some((argument) => argument.name)
    ? found.parameters.map((parameter) => values[node.arguments.findIndex((argument) => argument.name === parameter)])
    : values;
  if (ordered.length !== found.parameters.length || ordered.includes(undefined)) return null;
  return scope.run.invoke(found, ordered);
}

const INSTANCE = { Any: (found) => found !== null, null: (found) => found === null };

function instanceOf(node, scope) {
  const found = value(node.value, scope);
  return (INSTANCE[node.type.name] ?? ((each_) => fits(each_, node.type)))(found);
}

function fits(found, type) {
  if (type.name === "Any" || kind(found) !== type.name) return type.name === "Any";
  if (type.name === "list" && type.arguments.length) return found.every((item) => item === null || fits(plain(item), type.arguments[0]));
  return true;
}

const NODES = {
  Literal: (node) => parse(node.type, node.value),
  Name: name, Path: path, Filter: filter, Context: context, Range: range, Relation: relation,
  ListOf: (node, scope) => node.items.map((item) => value(item, scope)),
  Negation: (node, scope) => negative(value(node.operand, scope)),
  Arithmetic: arithmetic,
  Comparison: (node, scope) => compare(node.operator, value(node.left, scope), value(node.right, scope), scope.run),
  And: and, Or: or, Between: between, InstanceOf: instanceOf,
  In: (node, scope) => { const found = value(node.value, scope); return some(node.tests.map((each_) => passes(found, each_, scope))); },
  If: (node, scope) => value(value(node.condition, scope) === true ? node.then : node.otherwise, scope),
  For: loop, Quantified: quantified, Function: definition, Call: invocation,
  Anything: () => true, UnaryTests: unaryTests,
};
