// Evaluates trees from standard input with the browser's evaluator: a JSON list in, a JSON list of typed values out.

import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const { evaluate, kind, parse, text } = await import(pathToFileURL(process.argv[2]));

function decode({ type, value }) {
  if (type === "list") return value.map(decode);
  if (type === "context") return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, decode(item)]));
  return parse(type, value);
}

function encode(value) {
  const type = kind(value);
  if (type === "list") return { type, value: value.map(encode) };
  if (type === "context") return { type, value: Object.fromEntries(Object.entries(value).map(([key, item]) => [key, encode(item)])) };
  return { type, value: ["null", "boolean", "string"].includes(type) ? value ?? null : text(value) };
}

const cases = JSON.parse(readFileSync(0, "utf8"));
const results = cases.map(({ tree, scope, now }) => encode(evaluate(tree, decode(scope), { now })));
process.stdout.write(JSON.stringify(results));
