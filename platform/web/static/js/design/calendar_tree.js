// What a calendar says, read and written: hours of the week, and days that are special.

import { put } from "./tree.js";

const SPAN = /^([01]\d|2[0-3]):[0-5]\d-(([01]\d|2[0-3]):[0-5]\d|24:00)$/;
export const GROUPS = { weekdays: ["monday", "tuesday", "wednesday", "thursday", "friday"], weekend: ["saturday", "sunday"] };
const groupOf = (day) => (GROUPS.weekend.includes(day) ? "weekend" : "weekdays");
const same = (one, other) => JSON.stringify(one) === JSON.stringify(other);

// The days of `dates`, each single.
export function expand(dates = []) {
  const found = new Set();
  for (const text of dates) {
    const [first, last] = text.split("..");
    for (let day = first; day <= (last ?? first); day = next(day)) found.add(day);
  }
  return found;
}

export function next(day) {
  const at = new Date(`${day}T00:00:00Z`);
  at.setUTCDate(at.getUTCDate() + 1);
  return at.toISOString().slice(0, 10);
}

export function compress(days) {
  const result = [];
  for (const day of [...days].sort()) {
    const last = result.at(-1);
    if (last && next(last[1]) === day) last[1] = day;
    else result.push([day, day]);
  }
  return result.map(([first, last]) => (first === last ? first : `${first}..${last}`));
}

// null if it cannot be read.
export function hours(text) {
  const spans = text.replaceAll("，", ",").replaceAll("–", "-").split(",").map((one) => one.replaceAll(" ", "")).filter(Boolean);
  return spans.every((one) => SPAN.test(one)) ? spans : null;
}

// What a calendar says, or that which it is like.
export function given(trees, name, key, seen = new Set()) {
  const tree = trees[name];
  if (!tree || seen.has(name)) return undefined;
  return tree[key] ?? given(trees, tree.like, key, seen.add(name));
}

export function hoursOf(trees, name, day) {
  const week = given(trees, name, "week") ?? {};
  return week[day] ?? week[groupOf(day)] ?? [];
}

export function setHours(trees, tree, day, spans) {
  const name = tree.calendar, all = {};
  for (const each of [...GROUPS.weekdays, ...GROUPS.weekend]) all[each] = each === day ? spans : hoursOf(trees, name, each);
  const week = {};
  for (const [group, days] of Object.entries(GROUPS)) {
    const common = days.map((one) => all[one]).sort((a, b) => days.filter((one) => same(all[one], b)).length - days.filter((one) => same(all[one], a)).length)[0];
    if (common.length) week[group] = common;
    for (const one of days) if (!same(all[one], common)) week[one] = all[one];
  }
  tree.week = week;
}

// Of the calendar itself from now on, if it had them of another one.
export function own(trees, tree, key) { return (tree[key] ??= structuredClone(given(trees, tree.calendar, key) ?? [])); }

export function clear(trees, tree, days) {
  for (const key of ["holidays", "worked"]) {
    if (!(given(trees, tree.calendar, key) ?? []).some((one) => [...expand(one.dates)].some((day) => days.has(day)))) continue;
    const list = own(trees, tree, key);
    for (const one of list) if (one.dates) one.dates = compress([...expand(one.dates)].filter((day) => !days.has(day)));
    tree[key] = list.filter((one) => !one.dates || one.dates.length);
  }
}

export function mark(trees, tree, days, key, label, like) {
  clear(trees, tree, days);
  const list = own(trees, tree, key);
  const fits = list.find((one) => one.dates && same(one.label, label) && !one.hours && (one.like ?? "monday") === (like ?? "monday"));
  if (fits) fits.dates = compress(new Set([...expand(fits.dates), ...days]));
  else { const made = { dates: compress(days), label }; if (key === "worked") put(made, "like", like === "monday" ? "" : like); list.push(made); }
}

export const entryOf = (trees, name, day) => {
  for (const key of ["worked", "holidays"]) {
    const found = (given(trees, name, key) ?? []).findLast((one) => expand(one.dates).has(day));
    if (found) return { key, entry: found };
  }
  return null;
};
