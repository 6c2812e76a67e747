// Pickers of time: after how long, on which day, how often.

import { field, row, select, text } from "./controls.js";
import { feelBox } from "./feel_box.js";
import { cron, cycle, daily, duration, repeated, units, written } from "./timing.js";

const modes = new Map();        // chosen, but not filled in yet

function picker(context, key, value, found, shapes, commit) {
  const mode = modes.get(key) ?? found;
  const options = Object.entries(shapes).map(([name, shape]) => [name, shape.label]);
  const choose = (name) => { modes.set(key, name); const first = shapes[name].first; if (first === undefined) context.redraw(); else commit(first); };
  const done = (next) => { modes.delete(key); commit(next); };
  return [select(mode, options, choose, { "aria-label": context.words.when }), ...shapes[mode].draw(done)];
}

const counted = (words, { count, unit }, commit) => row(
  text(count, (next) => commit(Math.max(1, Number.parseInt(next, 10) || 1), unit), { type: "number", min: 1, "aria-label": words.how_many }),
  select(unit, units.map((name) => [name, words[`unit_${name}`]]), (next) => commit(count, next), { "aria-label": words.unit }));

const feel = (context, value, commit) => [feelBox(value, () => [...context.model.subjects(), ...context.model.names()], commit, { "aria-label": context.words.when }).node];

function dateField(context, value, commit) {
  const fields = (context.model.entity?.fields ?? []).filter((one) => one.kind.startsWith("date"));
  return [select(value, [["", context.words.choose], ...fields.map((one) => [one.name, one.label])], commit, { "aria-label": context.words.date_field })];
}

// For a time limit: after some time, at the day of a field, or FEEL; nothing at all where that is allowed.
export function moment(context, key, value, commit, { optional = false } = {}) {
  const { words, model } = context;
  const span = duration(value);
  const isField = model.entity?.fields.some((one) => one.name === value && one.kind.startsWith("date"));
  const found = !value ? (optional ? "none" : "after") : span ? "after" : isField ? "field" : /^\d{4}-/.test(value) ? "day" : "feel";
  const shapes = {
    ...(optional ? { none: { label: words.no_limit, first: "", draw: () => [] } } : {}),
    after: { label: words.after, first: "P2D", draw: (done) => [counted(words, span ?? { count: 2, unit: "days" }, (count, unit) => done(written(count, unit)))] },
    field: { label: words.at_field, draw: (done) => dateField(context, isField ? value : "", done) },
    day: { label: words.at_day, draw: (done) => [text(value.slice(0, 16), done, { type: "datetime-local", "aria-label": words.at_day })] },
    feel: { label: words.by_feel, draw: (done) => feel(context, found === "feel" ? value : "", done) },
  };
  return picker(context, key, value, found, shapes, commit);
}

export function repetition(context, key, value, commit) {
  const { words } = context;
  const told = cycle(value) ?? { count: 1, unit: "days", times: "" };
  return [counted(words, told, (count, unit) => commit(repeated(count, unit, told.times))),
    field(words.times, text(told.times, (times) => commit(repeated(told.count, told.unit, times)), { type: "number", min: 1, placeholder: words.for_ever }))];
}

// When a process starts by the clock.
export function schedule(context, key, value, commit) {
  const { words } = context;
  const [each, clock] = [duration(value), daily(value)];
  const days = [["*", words.every_day], ["1-5", words.weekdays], ...[1, 2, 3, 4, 5, 6, 0].map((n) => [String(n), words[`day_${n}`]])];
  const shapes = {
    daily: { label: words.at_time, first: "0 8 * * 1-5", draw: (done) => [row(
      select(clock?.days ?? "1-5", days, (next) => done(cron(clock?.time ?? "08:00", next)), { "aria-label": words.days }),
      text(clock?.time ?? "08:00", (next) => done(cron(next, clock?.days ?? "1-5")), { type: "time", "aria-label": words.time_of_day }))] },
    every: { label: words.every, first: "PT1H", draw: (done) => [counted(words, each ?? { count: 1, unit: "hours" }, (count, unit) => done(written(count, unit)))] },
    other: { label: words.by_cron, draw: (done) => [text(value, done, { class: "form-control mono", "aria-label": words.by_cron, placeholder: "0 8 * * 1-5" })] },
  };
  return picker(context, key, value, clock ? "daily" : each ? "every" : value ? "other" : "daily", shapes, commit);
}


const MISSED = ["once", "all", "skip"];

// What becomes of times that passed while nothing ran; made up for once unless it says otherwise.
export function missed({ words }, value, commit) {
  return field(words.missed, select(value || "once", MISSED.map((name) => [name, words[`missed_${name}`]]), (next) => commit(next === "once" ? "" : next)));
}
