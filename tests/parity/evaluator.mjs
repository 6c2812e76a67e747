// The browser's evaluator behind two pipes: a line of JSON in, a line of JSON out.
//
//     {"scopes": [{...}, ...], "now": "..."}     keeps scopes for the trees that follow
//     {"tree": {...}}                            the value of the tree in each of them
//     {"functions": true}                        names of the built-in functions

import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";

const folder = pathToFileURL(process.argv[2]);
const { evaluate, kind, parse, text } = await import(new URL("feel.js", folder));
const { BUILTINS } = await import(new URL("feel/builtins.js", folder));

const mapped = (names, change) => Object.fromEntries(Object.entries(names).map(([key, item]) => [key, change(item)]));

function decode({ type, value }) {
  if (type === "list") return value.map(decode);
  return type === "context" ? mapped(value, decode) : parse(type, value);
}

function encode(value) {
  const type = kind(value);
  if (type === "list") return { type, value: value.map(encode) };
  if (type === "context") return { type, value: mapped(value, encode) };
  return { type, value: ["null", "boolean", "string"].includes(type) ? value ?? null : text(value) };
}

let scopes = [];
let now;

function answer({ tree, scopes: given, now: clock, functions }) {
  if (functions) return Object.keys(BUILTINS).sort();
  if (given) { scopes = given.map(decode); now = clock; return scopes.length; }
  return scopes.map((names) => encode(evaluate(tree, names, { now })));
}

for await (const line of createInterface({ input: process.stdin })) {
  process.stdout.write(`${JSON.stringify(answer(JSON.parse(line)))}\n`);
}
