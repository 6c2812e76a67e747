// The settings of a dashboard and of one card, in the words of the business.

import { element } from "../parts.js";
import { condition } from "../process/builder.js";
import { button, check, field, remove, section, select, text } from "../process/controls.js";
import { labels } from "./labels.js";
import { subjectsOf } from "./offers.js";
import { pictures } from "./pictures.js";
import { put, shown } from "./tree.js";

const COUNTED = new Set(["count", "share"]);

export class DashboardPanel {
  constructor(context) { this.context = context; }

  draw() {
    const { data, words, alter, chosen, gone } = this.context;
    const { name, tree } = chosen();
    const set = (key) => (next) => alter((held) => put(held, key, next));
    return [
      section("", element("h2", { class: "fs-4 m-0 clip", text: shown(tree.label, name) }), ...labels(tree, alter, words.name_zh, words.name_en),
        field(words.workspace, select(tree.workspace, data.workspaces, set("workspace"))),
        field(words.period, select(tree.period ?? "this_month", data.periods, set("period")))),
      section(words.icon, pictures({ now: tree.icon ?? "chart-bar", names: data.icons, otherwise: "chart-bar", words: words.icon, choose: set("icon") })),
      section("", remove(words.remove_dashboard, gone), element("p", { class: "help", text: words.remove_help })),
    ];
  }
}

export class CardPanel {
  constructor(context) {
    this.context = context;
    this.offers = new Map();
  }

  // What the fields of an entity can be used for; asked for once, and drawn when it is there.
  offer(entity) {
    const known = this.offers.get(entity);
    if (known !== undefined) return known;
    this.offers.set(entity, null);
    fetch(`/design/dashboards/offer/${entity}`, { headers: { Accept: "application/json" } }).then(async (answer) => {
      this.offers.set(entity, answer.ok ? await answer.json() : { fields: [], related: {} });
      if (this.context.chosen().card?.entity === entity) this.context.redraw();
    }, () => this.offers.delete(entity));
    return null;
  }

  draw() {
    const { data, words, choose, drop, copy } = this.context;
    const { name, tree, card } = this.context.chosen();
    const up = button(shown(tree.label, name), () => choose(null), "arrow-up");
    const kind = card.kind ?? "number";
    const offer = this.offer(card.entity);
    const entities = data.entities.map((one) => [one.name, one.label]);
    return [
      section("", up, element("h2", { class: "fs-4 m-0 clip", text: shown(card.label, card.name) }), ...labels(card, (edit) => this.edit(edit), words.name_zh, words.name_en),
        field(words.kind, select(kind, data.kinds, (next) => this.become(next))),
        field(words.entity, select(card.entity, entities, (next) => this.of(next)))),
      ...(offer ? [this.which(card, offer), this.told(card, kind, offer), this.time(card, kind, offer)] : []),
      section("", field(words.width, select(String(card.width ?? (kind === "number" ? 3 : 6)), data.widths.map(([width, said]) => [String(width), said]), (next) => this.edit((held) => { held.width = Number(next); })))),
      section("", button(words.copy_card, copy, "copy"), remove(words.remove_card, drop)),
    ];
  }

  edit(change) {
    const { name } = this.context.chosen().card;
    this.context.alter((held) => change(held.cards.find((one) => one.name === name)));
  }

  set(key) { return (next) => this.edit((card) => put(card, key, next)); }

  // What another kind or another entity has no use for goes; what it needs is chosen where there is something to choose.
  become(kind) {
    const offer = this.offer(this.context.chosen().card.entity);
    this.edit((card) => {
      put(card, "kind", kind === "number" ? "" : kind);
      delete card.width;
      if (["number", "line"].includes(kind)) delete card.group_by;
      else card.group_by ??= fitting(offer, "group_by", kind)[0]?.name;
      if (kind === "funnel" && !fitting(offer, "group_by", kind).some((one) => one.name === card.group_by)) card.group_by = fitting(offer, "group_by", kind)[0]?.name;
      if (kind === "line") card.date ??= fitting(offer, "date")[0]?.name;
      else delete card.every;
      if (kind === "funnel") { delete card.compare; delete card.target; }
      for (const key of ["group_by", "date"]) if (card[key] === undefined) delete card[key];
    });
  }

  of(entity) {
    this.edit((card) => {
      card.entity = entity;
      for (const key of ["filter", "field", "where", "date", "group_by", "measure", "compare"]) delete card[key];
    });
  }

  which(card, offer) {
    const { words } = this.context;
    return section(words.filter, condition(this.builder(offer), `${card.name} ${card.entity} filter`, String(card.filter ?? ""), this.set("filter")));
  }

  told(card, kind, offer) {
    const { data, words } = this.context;
    const measure = card.measure ?? "count";
    const measures = data.measures.filter(([name]) => name === measure || (kind !== "funnel" || ["count", "sum"].includes(name)) && (COUNTED.has(name) || fitting(offer, "field").length));
    const tell = (next) => this.edit((held) => {
      put(held, "measure", next === "count" ? "" : next);
      if (COUNTED.has(next)) delete held.field;
      else held.field ??= fitting(offer, "field")[0]?.name;
      if (next !== "share") delete held.where;
    });
    return section(words.measure, field(words.measure, select(measure, measures, tell)),
      COUNTED.has(measure) ? null : field(words.field, select(card.field ?? "", pairs(fitting(offer, "field"), words), this.set("field"))),
      measure === "share" ? element("div", { class: "fl-stack-s", role: "group", "aria-label": words.where }, element("span", { class: "fl-label", text: words.where }), condition(this.builder(offer), `${card.name} ${card.entity} where`, String(card.where ?? ""), this.set("where"))) : null,
      ["number", "line"].includes(kind) ? null : field(words.group_by, select(card.group_by ?? "", pairs(fitting(offer, "group_by", kind), words), this.set("group_by")), fitting(offer, "group_by", kind).length ? "" : words.no_field),
      ["bar", "column"].includes(kind) ? field(words.limit, this.number(card.limit ?? 8, (next) => this.edit((held) => put(held, "limit", Math.min(30, Math.max(2, Math.round(next ?? 8)))))), words.limit_help) : null);
  }

  time(card, kind, offer) {
    const { data, words } = this.context;
    const dates = [...(kind === "line" ? [] : [["", words.no_date]]), ...pairs(fitting(offer, "date"), words, false)];
    const goes = (next) => this.edit((held) => { put(held, "date", next); if (!next) delete held.compare; });
    return section(words.time, field(words.date, select(card.date ?? "", dates, goes), dates.length ? "" : words.no_field),
      kind === "line" ? field(words.every, select(card.every ?? "month", data.parts, this.set("every"))) : null,
      card.date && kind !== "funnel" ? check(words.compare, Boolean(card.compare), this.set("compare")) : null,
      ["number", "line"].includes(kind) ? field(kind === "line" ? words.target_line : words.target, this.number(card.target, (next) => this.edit((held) => { if (next === null) delete held.target; else held.target = next; }))) : null,
      kind === "number" ? field(words.better, select(card.better ?? "more", [["more", words.more], ["less", words.less]], (next) => this.edit((held) => put(held, "better", next === "more" ? "" : next)))) : null);
  }

  number(value, commit) {
    return text(value ?? "", (next) => commit(next === "" || !Number.isFinite(Number(next)) ? null : Number(next)), { inputmode: "decimal", type: "number", step: "any" });
  }

  // As the builder of conditions asks.
  builder(offer) {
    const subjects = subjectsOf(offer.fields, (target) => offer.related[target]);
    const names = ["user.id", "today()", "now()"].map((path) => ({ path, label: "" }));
    return { words: this.context.words, model: { subjects: () => subjects, names: () => names }, redraw: this.context.redraw };
  }
}

const fitting = (offer, key, kind = "") => (offer?.fields ?? []).filter((one) => one.fits.includes(key) && (kind !== "funnel" || one.choices));
const pairs = (fields, words, choose = true) => [...(choose ? [["", words.choose]] : []), ...fields.map((one) => [one.name, one.label])];
