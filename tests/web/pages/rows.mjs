// Answers each line of rows of a condition with their FEEL, and with the rows that this is read as again.
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";

const { parse, write } = await import(pathToFileURL(process.argv[2]));
for await (const line of createInterface({ input: process.stdin })) {
  const text = write(JSON.parse(line));
  console.log(JSON.stringify({ text, again: parse(text) }));
}
