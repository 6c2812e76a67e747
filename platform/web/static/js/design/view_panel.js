// The settings of one view: names, kind, condition, columns, order, and what a board or a calendar needs.

import { conditions, fit } from "../conditions.js";
import { find } from "../frame.js";
import { element, icon, say } from "../parts.js";
import { remove } from "../process/controls.js";
import { send } from "../toast.js";
import { picks } from "./picks.js";
import { labels, put, turn } from "./view_tree.js";

const PAUSE = 350;
const GLYPHS = { list: "list", kanban: "layout-kanban", calendar: "calendar" };
let made = 0;

function field(words, control, help = "") {
  const id = `setting-${made += 1}`;
  control.id = id;
  return element("div", { class: "fl-field" }, element("label", { for: id, text: words }), control, help ? element("span", { class: "help", text: help }) : null);
}

function group(words, ...inside) {
  const id = `setting-${made += 1}`;
  return element("div", { class: "fl-field", role: "group", "aria-labelledby": id }, element("span", { class: "fl-label", id, text: words }), ...inside);
}

function choice(options, value, changed) {
  const select = element("select", { class: "form-select" }, ...options.map(([key, words]) => element("option", { value: key, text: words })));
  select.value = value ?? "";
  select.addEventListener("change", () => changed(select.value));
  return select;
}

function tick(words, on, changed) {
  const box = element("input", { type: "checkbox", class: "form-check-input" });
  box.checked = on;
  box.addEventListener("change", () => changed(box.checked));
  return element("label", { class: "row-flex sm" }, box, element("span", { text: words }));
}

export class Panel {
  // `edit(change, redraw)` keeps what `change` does to the view; `redraw` draws this panel again.
  constructor(root, { words, path, edit, remove }) {
    Object.assign(this, { root, words, path, edit, remove });
    conditions(root);
    root.addEventListener("input", (event) => { if (event.target.closest("[data-conditions], [data-feel]")) this.conditionChanged(); });
    root.addEventListener("click", (event) => { if (event.target.closest("[data-conditions] [data-act=drop-row]")) this.conditionChanged(); }, false);
    root.addEventListener("submit", (event) => event.preventDefault());
  }

  draw(view, fields, standard) {
    clearTimeout(this.waiting);
    Object.assign(this, { view, fields });
    const parts = [element("h2", { class: "clip", text: standard ? this.words.standard : "" }), standard ? element("p", { class: "help", text: this.words.standard_help }) : null];
    if (!standard) parts.splice(0, 2, this.names(), this.kinds(), this.condition());
    const kind = view.kind ?? "list";
    if (kind === "kanban") parts.push(...this.board());
    if (kind === "calendar") parts.push(...this.calendar());
    if (kind === "list") parts.push(this.ordered(this.words.columns, standard ? "" : this.words.columns_help, view.columns, (names) => this.change((v) => put(v, "columns", names), true)));
    if (kind !== "calendar") parts.push(this.sorting());
    if (!standard) {
      parts.push(remove(this.words.remove, () => this.remove()));
    }
    this.root.replaceChildren(element("div", { class: "fl-props" }, ...parts));
  }

  change(edit, redraw = false) { this.edit(edit, redraw); }

  names() {
    const both = labels(this.view.label ?? "");
    const input = (language) => {
      const box = element("input", { class: "form-control", maxlength: 80, value: both[language] ?? "", lang: language, "data-name": language });
      box.addEventListener("input", () => this.change((view) => {
        const label = labels(view.label ?? "");
        put(label, language, box.value.trim());
        put(view, "label", Object.keys(label).length ? label : "");
      }));
      return box;
    };
    return element("div", { class: "fl-two" }, field(this.words.name_zh, input("zh")), field(this.words.name_en, input("en")));
  }

  kinds() {
    const bar = element("div", { class: "fl-seg", role: "group", "aria-label": this.words.kind });
    for (const kind of ["list", "kanban", "calendar"]) {
      const needs = kind === "kanban" ? "group_by" : "start";
      const possible = kind === "list" || this.fields.fitting(kind, needs).length > 0;
      const why = kind === "kanban" ? this.words.no_choice : this.words.no_date;
      const button = element("button", { type: "button", "data-kind": kind, "aria-pressed": String((this.view.kind ?? "list") === kind), "aria-disabled": possible ? null : "true", title: possible ? null : why }, icon(GLYPHS[kind]), this.words[kind]);
      button.addEventListener("click", () => { if (possible) this.change((view) => turn(view, kind, this.fields), true); });
      bar.append(button);
    }
    return group(this.words.kind, bar);
  }

  // ---------- the condition: the builder of lists, which writes FEEL and reads it back ----------
  condition() {
    const text = element("code", { class: "fl-feel", text: String(this.view.filter ?? "") || this.words.all_records });
    const slot = element("div", { "data-builder": true });
    const open = element("button", { type: "button", class: "btn btn-ghost btn-sm", "data-open-filter": true }, icon("filter"), this.words.edit_filter);
    open.addEventListener("click", () => this.builder(slot, open));
    this.shown = text;
    return group(this.words.filter, text, slot, open);
  }

  async builder(slot, open) {
    const address = `${this.path}/conditions?filter=${encodeURIComponent(this.view.filter ?? "")}`;
    const answer = await fetch(address).catch(() => null);
    if (!answer?.ok) { slot.textContent = this.words.failed; return; }
    slot.innerHTML = await answer.text();
    open.remove();
    fit(slot);
    find("select, textarea", slot)?.focus();
  }

  conditionChanged() {
    clearTimeout(this.waiting);
    this.waiting = setTimeout(() => this.keepCondition(), PAUSE);
  }

  async keepCondition() {
    const view = this.view, form = find("[data-conditions]", this.root), feel = find("[data-feel]", this.root), trouble = find("[data-trouble]", this.root);
    let filter = feel.value.trim();
    if (!form.hidden) {
      const { ok, told } = await send(`${this.path}/conditions`, new URLSearchParams(new FormData(form)), this.words.failed);
      if (view !== this.view) return;
      trouble.hidden = ok;
      trouble.textContent = ok ? "" : told.said;
      if (!ok) return;
      filter = told.filter;
      feel.value = filter;
    }
    this.shown.textContent = filter || this.words.all_records;
    this.change((one) => put(one, "filter", filter));
  }

  // ---------- fields in an order ----------
  ordered(words, help, names, changed) {
    const chosen = (names ?? []).filter((name) => this.fields.all[name]);
    const list = element("ul", { class: "fl-picks" });
    picks(list, {
      items: chosen.map((name) => ({ key: name, words: this.fields.words(name) })), words: this.words, moved: changed,
      inside: (item) => {
        const gone = element("button", { type: "button", class: "fl-icon-btn sm", "aria-label": say(this.words.take_away, { name: item.words }) }, icon("x"));
        gone.addEventListener("click", () => changed(chosen.filter((name) => name !== item.key)));
        return [element("span", { class: "pick" }, element("span", { class: "clip", text: item.words })), gone];
      },
    });
    const rest = this.fields.shown().filter((name) => !chosen.includes(name));
    const add = choice([["", this.words.add_field], ...rest.map((name) => [name, this.fields.words(name)])], "", (name) => { if (name) changed([...chosen, name]); });
    add.setAttribute("aria-label", `${words}: ${this.words.add_field}`);
    return group(words, list, add, help ? element("span", { class: "help", text: help }) : null);
  }

  sorting() {
    const sort = this.view.sort ?? [];
    const keep = (next) => this.change((view) => put(view, "sort", next), true);
    const possible = this.fields.shown().map((name) => [name, this.fields.words(name)]);
    const rows = sort.map((one, at) => {
      const name = one.replace(/^-/, ""), down = one.startsWith("-");
      const replaced = (text) => keep(sort.map((other, n) => (n === at ? text : other)));
      const which = choice(possible, name, (value) => replaced((down ? "-" : "") + value));
      const way = choice([["", this.words.ascending], ["-", this.words.descending]], down ? "-" : "", (value) => replaced(value + name));
      const gone = element("button", { type: "button", class: "fl-icon-btn sm", "aria-label": say(this.words.take_away, { name: this.fields.words(name) }) }, icon("x"));
      gone.addEventListener("click", () => keep(sort.filter((_, n) => n !== at)));
      which.setAttribute("aria-label", this.words.sort);
      way.setAttribute("aria-label", this.fields.words(name));
      return element("div", { class: "fl-sort-row" }, which, way, gone);
    });
    const free = possible.filter(([name]) => !sort.some((one) => one.replace(/^-/, "") === name));
    const add = choice([["", this.words.add_field], ...free], "", (name) => { if (name) keep([...sort, name]); });
    add.setAttribute("aria-label", `${this.words.sort}: ${this.words.add_field}`);
    return group(this.words.sort, ...rows, add, element("span", { class: "help", text: this.words.sort_help }));
  }

  // ---------- settings of a kind ----------
  setting(kind, key, redraw = false) {
    return (value) => this.change((view) => { view[kind] ??= {}; put(view[kind], key, value); }, redraw);
  }

  options(kind, key, none) {
    const fields = this.fields.fitting(kind, key).map((name) => [name, this.fields.words(name)]);
    return none === undefined ? fields : [["", none], ...fields];
  }

  board() {
    const { words } = this, settings = this.view.kanban ?? {}, grouped = settings.group_by ?? this.fields.tree.state;
    const folded = settings.collapsed ?? [];
    return [
      field(words.group_by, choice(this.options("kanban", "group_by"), grouped, (name) => this.change((view) => { view.kanban = { ...view.kanban, group_by: name }; delete view.kanban.collapsed; }, true))),
      this.ordered(words.card, words.card_help, settings.card, this.setting("kanban", "card", true)),
      field(words.sum, choice(this.options("kanban", "sum", words.nothing), settings.sum, this.setting("kanban", "sum"))),
      tick(words.hide_empty, settings.hide_empty === true, this.setting("kanban", "hide_empty")),
      group(words.collapsed, ...this.fields.choices(grouped).map((one) => tick(this.choiceWords(one), folded.includes(one.value), (on) => {
        const now = this.view.kanban?.collapsed ?? [];
        this.setting("kanban", "collapsed")(on ? [...now, one.value] : now.filter((value) => value !== one.value));
      }))),
    ];
  }

  choiceWords(one) {
    const both = labels(one.label ?? "");
    return (document.documentElement.lang.startsWith("zh") ? both.zh || both.en : both.en || both.zh) || one.value;
  }

  calendar() {
    const { words } = this, settings = this.view.calendar ?? {};
    const same = this.options("calendar", "end", words.nothing).filter(([name]) => !name || this.fields.kind(name) === this.fields.kind(settings.start));
    return [
      field(words.start, choice(this.options("calendar", "start"), settings.start, (name) => this.change((view) => { view.calendar = { ...view.calendar, start: name }; delete view.calendar.end; }, true))),
      field(words.end, choice(same, settings.end, this.setting("calendar", "end"))),
      field(words.title, choice(this.options("calendar", "title", words.usual_title), settings.title, this.setting("calendar", "title"))),
      field(words.color_by, choice(this.options("calendar", "color_by", this.fields.tree.state ? words.life_cycle : words.nothing), settings.color_by, this.setting("calendar", "color_by"))),
    ];
  }
}
