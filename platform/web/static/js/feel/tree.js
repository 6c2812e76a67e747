// The walk: each kind of node registers how it is evaluated.

export const NODES = {};

export function value(node, scope) {
  scope.run.spend(1);
  return (Object.hasOwn(NODES, node.node) ? NODES[node.node](node, scope) : null) ?? null;
}

const MENTIONS = new WeakMap();

// Whether the tree has the name in it: `?` is the input of a unary test.
export function mentions(node, name) {
  if (node === null || typeof node !== "object") return false;
  if (Array.isArray(node)) return node.some((each) => mentions(each, name));
  if (node.node === "Name") return node.name === name;
  const known = MENTIONS.get(node) ?? MENTIONS.set(node, new Map()).get(node);
  if (!known.has(name)) known.set(name, Object.values(node).some((each) => mentions(each, name)));
  return known.get(name);
}
