// Built-in functions over contexts.

import { properties } from "../arithmetic.js";
import { define } from "../registry.js";
import { kind, plain } from "../values.js";

// The entry or property of a value; undefined where it has none.
export function member(source, name) {
  if (typeof name !== "string") return undefined;
  const names = kind(source) === "context" ? source : properties(source);
  return names && Object.hasOwn(names, name) ? plain(names[name]) : undefined;
}

const isContext = (value) => kind(value) === "context";

function along(context, keys) {
  let found = context;
  for (const key of keys) found = member(found, key);
  return keys.length ? found : undefined;
}

function made(entries) {
  const names = new Map();
  for (const entry of entries) {
    const [key, value] = [member(entry, "key"), member(entry, "value")];
    if (typeof key !== "string" || value === undefined || names.has(key)) return null;
    names.set(key, value);
  }
  return Object.fromEntries(names);
}

function put(context, keys, value) {
  if (!isContext(context) || !keys.length || !keys.every((key) => typeof key === "string")) return null;
  const [first, ...rest] = keys;
  const inner = rest.length ? put(Object.hasOwn(context, first) ? context[first] : {}, rest, value) : value;
  return rest.length && inner === null ? null : { ...context, [first]: inner };
}

define("get value", "context string", (run, context, key) => member(context, key));
define("get value", "context list", (run, context, keys) => along(context, keys));
define("get entries", "context", (run, context) => Object.entries(context).map(([key, value]) => ({ key, value })));
define("context", "list", (run, entries) => made(entries));
define("context put", "context string any", (run, context, key, value) => put(context, [key], value));
define("context put", "context list any", (run, context, keys, value) => put(context, keys, value));
define("context merge", "list", (run, contexts) => (contexts.every(isContext) ? Object.fromEntries(contexts.flatMap(Object.entries)) : null));
