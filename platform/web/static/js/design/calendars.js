// The designer of calendars: a year of days as they come out, and what makes them so.

import { find } from "../frame.js";
import { afterwards, chinese, element, icon, redrawn, say, undisturbed } from "../parts.js";
import { begin, check, field, remove as gone, row, section, select, small, text } from "../process/controls.js";
import { clear, entryOf, expand, given, hours, hoursOf, mark, next, setHours } from "./calendar_tree.js";
import { bar } from "./draft.js";
import { labels } from "./labels.js";
import { Several } from "./several.js";
import { free, put, shown, spoken } from "./tree.js";

const data = JSON.parse(find("#design-data").textContent);
const { words, weekdays, today } = data;
const draft = new Several("calendar", data.calendars, data.draft);
const state = { name: Object.keys(data.calendars).find((name) => data.calendars[name].default) ?? Object.keys(data.calendars)[0] ?? null, year: Number(today.slice(0, 4)), day: null, days: new Map() };
const LOCALE = chinese ? "zh-CN" : "en-GB";
const UTC = { timeZone: "UTC" };
const titled = (name) => shown(draft.trees[name]?.label, name);
const tree = () => draft.trees[state.name];
const alter = (edit) => draft.alter(state.name, edit);
const weekday = (day) => (new Date(`${day}T00:00:00Z`).getUTCDay() + 6) % 7;
const spokenDay = (day) => new Intl.DateTimeFormat(LOCALE, { ...UTC, dateStyle: "full" }).format(new Date(`${day}T00:00:00Z`));
bar(draft);

// ---------- which calendar ----------
function drawCalendars() {
  find("[data-calendars]").replaceChildren(...Object.keys(draft.trees).map((name) => {
    const made = element("button", { type: "button", class: "pick" }, icon("calendar-time"), element("span", { class: "clip", text: titled(name) }), draft.trees[name].default ? element("span", { class: "fl-tag", text: words.standard }) : null);
    made.addEventListener("click", () => { Object.assign(state, { name, day: null, days: new Map() }); draw(); year(); });
    return element("li", { "aria-current": name === state.name ? "true" : null }, made);
  }));
}

find("[data-new-calendar]").addEventListener("click", () => {
  const name = free(new Set(Object.keys(draft.trees)), "calendar");
  draft.trees[name] = { calendar: name, label: { en: "New calendar", zh: "新日历" }, ...(state.name ? { like: state.name } : { timezone: "Asia/Shanghai", week: { weekdays: ["09:00-12:00", "13:00-18:00"] } }) };
  Object.assign(state, { name, day: null, days: new Map() });
  draft.alter(name, () => {});
  drawPanel();
  find("[data-panel] input")?.select();
});

// ---------- the year ----------
let turn = 0;
async function year() {
  if (!state.name) return;
  const now = ++turn;
  const answer = await fetch(`/design/calendars/${state.name}/${state.year}`, { headers: { Accept: "application/json" } }).catch(() => null);
  if (now !== turn) return;
  find("[data-trouble]").hidden = Boolean(answer?.ok);
  if (!answer?.ok) { find("[data-trouble]").textContent = answer ? words.mistakes : words.failed; return; }
  state.days = new Map((await answer.json()).days.map((one) => [one.date, one]));
  drawYear();
  if (!find("[data-panel]").contains(document.activeElement)) drawPanel();
}

const kindOf = (one) => (one.special !== null ? (one.minutes ? "made" : "holiday") : one.minutes ? "work" : "free");
const KINDS = { made: "legend_made", holiday: "legend_holiday", work: "legend_work", free: "legend_free" };

function drawYear() {
  const all = [...state.days.values()];
  find("[data-year]").textContent = state.year;
  find("[data-sum]").textContent = say(words.days_worked, { n: all.filter((one) => one.minutes).length, year: state.year });
  const short = new Intl.DateTimeFormat(LOCALE, { ...UTC, weekday: "narrow" });
  const heads = Array.from({ length: 7 }, (_, n) => element("span", { class: "head", "aria-hidden": "true", text: short.format(Date.UTC(2024, 0, n + 1)) }));
  const focused = document.activeElement?.dataset?.day;
  find("[data-months]").replaceChildren(...Array.from({ length: 12 }, (_, month) => {
    const inside = all.filter((one) => Number(one.date.slice(5, 7)) === month + 1);
    const name = new Intl.DateTimeFormat(LOCALE, { ...UTC, month: "long" }).format(Date.UTC(2024, month, 1));
    return element("section", { class: "fl-cal-month", "aria-label": name }, element("h3", { text: name }),
      element("div", { class: "grid" }, ...heads.map((one) => one.cloneNode(true)), ...inside.map((one, n) => {
        const kind = kindOf(one);
        const made = element("button", { type: "button", class: `${kind}${one.date === state.day ? " on" : ""}${one.date === today ? " today" : ""}`, "data-day": one.date, title: one.special || words[KINDS[kind]], "aria-label": say(words.called, { date: spokenDay(one.date), what: one.special || words[KINDS[kind]] }), "aria-pressed": String(one.date === state.day), style: n === 0 ? `grid-column-start:${weekday(one.date) + 1}` : null }, String(n + 1));
        return made;
      })));
  }));
  if (focused) find(`[data-day="${focused}"]`)?.focus();
}

find("[data-months]").addEventListener("click", (event) => {
  const { day } = event.target.closest("[data-day]")?.dataset ?? {};
  if (!day) return;
  state.day = day === state.day ? null : day;
  drawYear();
  drawPanel();
  if (state.day && matchMedia("(max-width: 767px)").matches) find("[data-panel]").scrollIntoView({ block: "start" });
});
find("[data-months]").addEventListener("keydown", (event) => {
  const step = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -7, ArrowDown: 7 }[event.key];
  if (!step || !event.target.dataset.day) return;
  event.preventDefault();
  const all = [...state.days.keys()];
  find(`[data-day="${all[all.indexOf(event.target.dataset.day) + step]}"]`)?.focus();
});
for (const [name, step] of [["before", -1], ["after", 1]]) find(`[data-${name}]`).addEventListener("click", () => { state.year += step; state.day = null; year(); drawPanel(); });

// ---------- the panel ----------
function drawPanel() {
  const box = find("[data-panel]");
  redrawn(box, () => { begin(); box.replaceChildren(...(tree() ? state.day ? ofDay() : ofCalendar() : [])); });
}

// A day: as usual, a holiday, or worked; with those that follow it, if it is the first of several.
function ofDay() {
  const { day } = state;
  const found = entryOf(draft.trees, state.name, day);
  const held = state.days.get(day);
  const byRule = held?.special !== null && !found;
  const kind = found ? (found.key === "worked" ? "worked" : "holiday") : byRule ? "holiday" : "usual";
  const label = { zh: spoken(found?.entry.label, "zh"), en: spoken(found?.entry.label, "en") };
  const form = { kind, like: found?.entry.like ?? "monday", until: day };
  const [usual] = weekdays[weekday(day)].slice(1);
  const apply = () => {
    const days = new Set();
    for (let one = day; one <= form.until; one = next(one)) days.add(one);
    const said = Object.fromEntries(Object.entries(label).filter(([, one]) => one));
    alter((it) => { if (form.kind === "usual") clear(draft.trees, it, days); else mark(draft.trees, it, days, form.kind === "worked" ? "worked" : "holidays", Object.keys(said).length ? said : { en: "Holiday", zh: "假日" }, form.like); });
  };
  const names = element("div", { class: "fl-design-when", hidden: kind === "usual" });
  const likes = element("div", { hidden: kind !== "worked" });
  const seg = element("div", { class: "fl-seg", role: "group", "aria-label": words.what_day });
  const options = [["usual", say(words.day_usual, { day: usual })], ["holiday", words.day_holiday], ["worked", words.day_worked]];
  for (const [one, said] of options) {
    const made = element("button", { type: "button", "data-kind": one, "aria-pressed": String(one === kind) }, said);
    made.addEventListener("click", () => {
      form.kind = one;
      for (const each of seg.children) each.setAttribute("aria-pressed", String(each === made));
      names.hidden = one === "usual";
      likes.hidden = one !== "worked";
    });
    seg.append(made);
  }
  names.append(field(words.called_zh, text(label.zh, (value) => { label.zh = value; })), field(words.called_en, text(label.en, (value) => { label.en = value; })));
  likes.append(field(words.worked_like, select(form.like, weekdays, (value) => { form.like = value; })));
  const until = text(day, (value) => { form.until = value >= day ? value : day; }, { type: "date", min: day });
  const set = element("button", { type: "button", class: "btn btn-primary btn-sm", "data-apply": true }, words.apply);
  set.addEventListener("click", () => { document.activeElement?.blur(); apply(); });
  return [section("", element("h2", { class: "fs-4 m-0", text: spokenDay(day) }), held ? element("p", { class: "help", text: held.special || words[KINDS[kindOf(held)]] }) : null, byRule ? element("p", { class: "help", text: words.by_rule }) : null),
    section(words.what_day, seg, names, likes, field(words.until, until, words.until_help), set)];
}

function ofCalendar() {
  const it = tree();
  const zone = text(given(draft.trees, state.name, "timezone") ?? "", (value) => { if (data.zones.includes(value)) alter((held) => put(held, "timezone", value)); else { zone.setCustomValidity(words.bad_zone); zone.reportValidity(); } }, { list: "zones" });
  zone.addEventListener("input", () => zone.setCustomValidity(""));
  const others = Object.keys(draft.trees).filter((name) => name !== state.name);
  const like = select(it.like ?? "", [["", words.like_none], ...others.map((name) => [name, titled(name)])], (value) => alter((held) => put(held, "like", value)));
  const remove = gone(words.remove_calendar, () => {
    const { name } = state;
    Object.assign(state, { name: others[0] ?? null, day: null, days: new Map() });
    draft.drop(name);
    year();
  });
  const standard = check(words.default, Boolean(it.default), (on) => {
    for (const name of others) if (on && draft.trees[name].default) draft.alter(name, (held) => put(held, "default", false));
    alter((held) => put(held, "default", on));
  });
  return [
    section("", element("h2", { class: "fs-4 m-0 clip", text: titled(state.name) }), ...labels(it, alter, words.name_zh, words.name_en), field(words.timezone, zone), standard, element("p", { class: "help", text: words.default_help }), field(words.like, like, words.like_help)),
    section(words.week, ...weekdays.map(([day, said]) => hoursRow(day, said)), element("p", { class: "help", text: words.hours_help })),
    special("holidays", words.holidays), special("worked", words.worked), used(), section("", remove)];
}

function hoursRow(day, said) {
  const input = text(hoursOf(draft.trees, state.name, day).join(", "), (value) => {
    const spans = hours(value);
    if (spans) alter((held) => setHours(draft.trees, held, day, spans));
    else { input.setCustomValidity(words.bad_hours); input.reportValidity(); }
  }, { placeholder: words.free, class: "form-control mono" });
  input.addEventListener("input", () => input.setCustomValidity(""));
  return element("div", { class: "fl-cal-hours" }, element("label", { for: input.id, text: said }), input);
}

function special(key, title) {
  const list = given(draft.trees, state.name, key) ?? [];
  const inYear = (one) => !one.dates || [...expand(one.dates)].some((day) => day.startsWith(String(state.year)));
  const told = (one) => {
    if (one.on) return `${words.every_year} ${one.on}`;
    if (one.weekday) return say(words.nth_of, { nth: one.nth === -1 ? words.last : one.nth, day: weekdays.find(([name]) => name === one.weekday)?.[1] ?? one.weekday, month: one.month });
    return (one.dates ?? []).filter((dates) => dates.startsWith(String(state.year))).join(", ");
  };
  return section(`${title} ${state.year}`, ...list.filter(inYear).map((one) => row(element("div", { class: "grow sm" }, element("b", { class: "d-block fw-medium", text: shown(one.label, "—") }), element("span", { class: "xs muted num", text: told(one) })),
    small(words.remove, "trash", () => alter((held) => {
      const mine = (held[key] ??= structuredClone(list));
      const at = mine.findIndex((each) => JSON.stringify(each) === JSON.stringify(one));
      const left = one.dates?.filter((dates) => !dates.startsWith(String(state.year))) ?? [];
      if (left.length) mine[at].dates = left; else mine.splice(at, 1);
    })))));
}

function used() {
  const box = element("div", { class: "fl-design-when" });
  const ask = element("button", { type: "button", class: "btn btn-sm" }, words.ask_moves);
  ask.addEventListener("click", () => moves(box));
  const uses = data.uses[state.name] ?? [];
  return section(words.used_by, ...(uses.length ? uses.map((one) => element("div", { class: "sm", text: one })) : [element("p", { class: "help", text: tree().default ? words.default_help : words.unused })]), ask, box);
}

async function moves(box) {
  if (draft.pending) await draft.save();
  const answer = await fetch("/design/calendars/moves", { headers: { Accept: "application/json" } }).catch(() => null);
  if (!answer?.ok) { box.textContent = words.failed; return; }
  const told = await answer.json();
  const n = told.more ? `${told.count}+` : told.count;
  box.replaceChildren(element("p", { class: "sm m-0", text: told.count ? say(told.drafted ? words.moves_draft : words.moves_now, { n }) : words.moves_none }), ...told.moves.map((one) => element("div", { class: "xs muted", text: one })));
  if (told.count && !told.drafted) box.append(find("#moving").content.cloneNode(true));
}

function draw() {
  drawCalendars();
  drawYear();
  drawPanel();
}

const panelAfterwards = afterwards(drawPanel);
draft.addEventListener("change", undisturbed(() => {
  if (!tree()) state.name = Object.keys(draft.trees)[0] ?? null;
  drawCalendars();
  drawYear();
  panelAfterwards();
}));
draft.addEventListener("saved", year);
draw();
year().then(() => { find("main").dataset.ready = ""; });
