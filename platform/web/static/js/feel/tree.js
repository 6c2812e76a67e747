// The walk: each kind of node registers how it is evaluated.

export const NODES = {};

export function value(node, scope) {
  scope.run.spend(1);
  return (Object.hasOwn(NODES, node.node) ? NODES[node.node](node, scope) : null) ?? null;
}

// Whether the tree names its input, as `? > 5` does.
export function asks(node) {
  if (Array.isArray(node)) return node.some(asks);
  return node !== null && typeof node === "object" && ((node.node === "Name" && node.name === "?") || Object.values(node).some(asks));
}
