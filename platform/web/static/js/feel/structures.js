// Names, paths, filters, lists, contexts, ranges and conditions.

import { member } from "./functions/contexts.js";
import { valueOf } from "./registry.js";
import { ElementScope } from "./run.js";
import { parse } from "./text.js";
import { NODES, value } from "./tree.js";
import { Range, kind, plain } from "./values.js";

export const listOf = (found) => {
  if (found === null) return [];
  return Array.isArray(found) ? found.map(plain) : [found];
};

NODES.Literal = (node) => parse(node.type, node.value);

NODES.Name = (node, scope) => {
  const found = scope.find(node.name);
  return found === undefined && node.builtin ? valueOf(node.builtin) : found;
};

NODES.Path = (node, scope) => {
  const source = value(node.source, scope);
  if (!Array.isArray(source)) return member(source, node.name);
  scope.run.sized(source.length);
  return source.map((item) => member(plain(item), node.name) ?? null);
};

function at(items, position) {
  if (!position.isInteger()) return null;
  const index = position.toNumber();
  return index === 0 ? null : items.at(index > 0 ? index - 1 : index);
}

NODES.Filter = (node, scope) => {
  const items = listOf(value(node.source, scope));
  const verdict = (item) => value(node.condition, new ElementScope(item, scope, scope.run));
  const first = items.length ? verdict(items[0]) : value(node.condition, scope);
  if (kind(first) === "number") return at(items, first);
  scope.run.sized(items.length);
  return items.filter((item, index) => (index === 0 ? first : verdict(item)) === true);
};

NODES.ListOf = (node, scope) => node.items.map((item) => value(item, scope));

NODES.Context = (node, scope) => {
  const names = {};
  const inner = scope.with(names);
  for (const { key, value: entry } of node.entries) {
    Object.defineProperty(names, key, { value: value(entry, inner), enumerable: true, configurable: true, writable: true });
  }
  return names;
};

NODES.Range = (node, scope) => {
  const [low, high] = [value(node.low, scope), value(node.high, scope)];
  return low === null || high === null || kind(low) !== kind(high) ? null : new Range(low, high, node.low_closed, node.high_closed);
};

NODES.If = (node, scope) => value(value(node.condition, scope) === true ? node.then : node.otherwise, scope);
