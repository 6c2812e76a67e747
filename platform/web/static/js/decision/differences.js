// What changes between two states of a decision, in lines for people.

import { pretty } from "./cells.js";
import { heading, remark, same, say, title } from "./draft.js";

const text = (grid, row, words) => {
  const said = (columns, cells) => columns.map((column, n) => [heading(column), cells[n]]).filter(([, one]) => !["", "-"].includes(one));
  const shown = (columns, cells) => said(columns, cells).map(([name, one]) => `${name} ${pretty(one, columns.find((column) => heading(column) === name).kind, words)}`).join(words.and);
  return `${shown(grid.inputs, row.tests) || words.any} → ${shown(grid.outputs, row.results) || words.empty}`;
};
const about = ({ label_zh, description, type }) => [label_zh, description, type];

export function differences(before, after, words, policies) {
  const found = [];
  for (const part of after.parts) {
    const old = before.parts.find((one) => one.key === part.key);
    if (!old || same(old, part)) continue;
    const lines = [...(part.grid && old.grid ? tables(old.grid, part.grid, words, policies) : [])];
    if (part.expression !== old.expression) lines.push(say(words.text, { before: old.expression, after: part.expression }));
    if (!same(about(old), about(part))) lines.push(words.about);
    found.push({ part: title(part), lines });
  }
  return found;
}

function* tables(old, now, words, policies) {
  if (old.policy !== now.policy || old.aggregation !== now.aggregation) {
    yield say(words.policy, { before: policies[old.policy]?.[0] ?? old.policy, after: policies[now.policy]?.[0] ?? now.policy });
  }
  for (const side of ["inputs", "outputs"]) yield* columns(old[side], now[side], words);
  yield* rules(old, now, words);
}

function* columns(old, now, words) {
  for (const column of now) {
    const was = old.find((one) => one.key === column.key);
    if (!was) yield say(words.column_new, { name: heading(column) });
    else if (!same(was, column)) yield say(words.column, { name: heading(column) });
  }
  for (const column of old) if (!now.some((one) => one.key === column.key)) yield say(words.column_gone, { name: heading(column) });
}

function* rules(old, now, words) {
  for (const [n, row] of old.rows.entries()) {
    if (!now.rows.some((one) => one.key === row.key)) yield say(words.gone, { n: n + 1, text: text(old, row, words) });
  }
  for (const [n, row] of now.rows.entries()) {
    const was = old.rows.find((one) => one.key === row.key);
    if (!was) { yield say(words.added, { n: n + 1, text: text(now, row, words) }); continue; }
    for (const [side, cells] of [["inputs", "tests"], ["outputs", "results"]]) {
      for (const [k, column] of now[side].entries()) {
        const at = old[side].findIndex((one) => one.key === column.key);
        if (at >= 0 && was[cells][at] !== row[cells][k]) yield cell(words, n, heading(column), ...[was[cells][at], row[cells][k]].map((one) => pretty(one ?? "", column.kind, words)));
      }
    }
    if (remark(was) !== remark(row)) yield cell(words, n, words.note, remark(was), remark(row));
  }
  const order = (grid, other) => grid.rows.map((one) => one.key).filter((key) => other.rows.some((one) => one.key === key));
  if (!same(order(old, now), order(now, old))) yield words.moved;
}

const cell = (words, n, column, before, after) =>
  say(words.cell, { n: n + 1, column, before: before || words.empty, after: after || words.empty });
