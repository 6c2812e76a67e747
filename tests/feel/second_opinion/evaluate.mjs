// A JSON list of expressions in, a JSON list of their values out, by an evaluator that is not ours.

import { readFileSync } from "node:fs";
import { evaluate } from "feelin";

const plain = (value) => {
  if (value === null || value === undefined) return null;
  if (Array.isArray(value)) return value.map(plain);
  return ["boolean", "string", "number"].includes(typeof value) ? value : Object.fromEntries(Object.entries(value).map(([key, item]) => [key, plain(item)]));
};

function answer(text) {
  try { return plain(evaluate(text, {}).value); } catch (error) { return `error: ${error.message}`; }
}

process.stdout.write(JSON.stringify(JSON.parse(readFileSync(0, "utf8")).map(answer)));
