// The panel at the side: the entity, or one of its fields, in the words of the business.

import { afterwards, chinese, element, icon, redrawn } from "../parts.js";
import { condition } from "../process/builder.js";
import { area, begin, check, field, section, select, small, text } from "../process/controls.js";
import { feelBox } from "../process/feel_box.js";
import { choices } from "./choices.js";
import { numbering } from "./numbering.js";
import { put, say, shown, slug, spoken } from "./tree.js";

const [FIRST, SECOND] = chinese ? ["zh", "en"] : ["en", "zh"];
const OWN = new Set(["choices", "entity", "pattern", "formula", "of", "function", "field", "where", "returns", "scale"]);
const NAMED = /^[a-z][a-z0-9_]*$/;

export class Panel {
  constructor(box, context) {
    Object.assign(this, { box, context, name: null });
    this.later = afterwards(() => this.draw());
    context.redraw = this.later;
  }

  get tree() { return this.context.draft.tree; }
  get spec() { return this.tree.fields[this.name]; }

  show(name) { this.name = name; this.later(); }

  draw() { redrawn(this.box, () => this.#drawn()); }

  #drawn() {
    begin();
    const open = [...this.box.querySelectorAll("details[data-open][open]")].map((one) => one.dataset.open);
    this.box.replaceChildren(...(this.spec ? this.#ofField() : this.#ofEntity()));
    for (const name of open) this.box.querySelector(`details[data-open="${name}"]`)?.setAttribute("open", "");
  }

  edit(change) {
    const name = this.name;
    this.context.draft.change((tree) => change(tree.fields[name], tree));
  }

  // ---------- a field ----------
  #ofField() {
    const { words, offers } = this.context;
    const { name, spec } = this;
    const type = offers.types.get(spec.type);
    const body = [this.#head(type), this.#rules(type)];
    const limits = (type?.options ?? []).filter((one) => !OWN.has(one.name) || (one.name === "scale" && spec.type !== "rollup")).map((one) => this.#option(one));
    body.splice(1, 0, ...this.#own(spec));
    if (limits.length) body.push(section(words.limits, ...limits));
    body.push(this.#conditions());
    const told = this.context.draft.problems.filter((one) => one.element?.startsWith(`${this.context.draft.name}.${name}`) && (one.element.split(".")[1] === name));
    return [...told.map((one) => element("div", { class: `fl-note ${one.severity === "error" ? "stop" : "wait"} fl-design-told` }, icon(one.severity === "error" ? "alert-circle" : "alert-triangle"), element("div", {}, element("div", { text: one.message }), one.hint ? element("div", { class: "muted xs", text: one.hint }) : null))), ...body];
  }

  #labels(node, key, inside, first, second, help = "") {
    const input = (language) => text(spoken(node?.[key], language), (next) => inside((held) => say(held, key, language, next)));
    return [field(first, input(FIRST), help), field(second, input(SECOND))];
  }

  #head(type) {
    const { words } = this.context;
    const { name, spec } = this;
    const change = (edit) => this.edit(edit);
    const head = element("div", { class: "row-flex" }, element("span", { class: "fl-tag accent" }, this.context.glyph(spec.type), document.createTextNode(type?.label ?? spec.type)), element("code", { class: "mono faint ms-auto xs", text: name }),
      small(words.duplicate, "copy", () => this.context.acts.duplicate(name)), small(words.remove_field, "trash", () => this.context.acts.remove(name)));
    const key = text(name, (next) => this.#call(next), { class: "form-control mono" });
    return section("", head, ...this.#labels(spec, "label", change, FIRST === "zh" ? words.name_zh : words.name_en, FIRST === "zh" ? words.name_en : words.name_zh),
      element("details", { "data-open": "help" }, element("summary", { text: words.help }), element("div", { class: "fl-design-when" }, ...this.#labels(spec, "help", change, FIRST === "zh" ? words.help_zh : words.help_en, FIRST === "zh" ? words.help_en : words.help_zh, words.help_help))),
      element("details", { "data-open": "key" }, element("summary", { text: words.key }), element("div", { class: "fl-design-when" }, field(words.key, key, words.key_help), this.#retype())));
  }

  #retype() {
    const { words, palette } = this.context;
    const groups = palette.map(([label, types]) => ({ label, options: types.map((one) => [one.name, one.label]) }));
    return field(words.change_type, select(this.spec.type, groups, (next) => this.context.acts.retype(this.name, next)));
  }

  #call(next) {
    const { words, acts, say: speak } = this.context;
    const wrong = !NAMED.test(next) ? words.bad_key : next !== this.name && next in this.tree.fields ? words.key_taken : "";
    if (wrong) { speak(wrong, true); this.later(); } else if (next !== this.name) acts.call(this.name, next);
  }

  #rules(type) {
    const { words } = this.context;
    const flag = (key) => check(words[key], Boolean(this.spec[key]), (on) => this.edit((spec) => put(spec, key, on)));
    if (type?.computed || this.spec.type === "table") return section(words.rules, flag("indexed"));
    return section(words.rules, flag("required"), flag("unique"), flag("readonly"), flag("indexed"), this.#default());
  }

  #default() {
    const { words, offers } = this.context;
    const { spec } = this;
    if (spec.decision) return element("p", { class: "help", text: words.decided.replace("{name}", spec.decision) });
    const commit = (next) => this.edit((held) => put(held, "default", next));
    const value = spec.default === undefined ? "" : String(spec.default);
    if (spec.type === "choice") return field(words.default, select(value, [["", words.no_default], ...(spec.choices ?? []).map((one) => [JSON.stringify(String(one.value)), shown(one.label, one.value)])], commit));
    if (spec.type === "boolean") return field(words.default, select(value, [["", words.no_default], ["true", words.yes], ["false", words.no]], commit));
    return field(words.default, feelBox(value, () => [...offers.subjects(), ...offers.names()], commit, { rows: 1 }).input, words.default_help);
  }

  // ---------- what only some types have ----------
  #own(spec) {
    const { words, offers } = this.context;
    const key = `${this.context.draft.name}.${this.name}`;
    const set = (name) => (next) => this.edit((held) => put(held, name, next));
    if (spec.choices) return [section(words.choices, ...choices(this.context, spec.choices, set("choices")))];
    if ("pattern" in spec) return [section(words.pattern, ...numbering(this.context, key, spec.pattern, set("pattern")))];
    if (spec.type === "reference" || spec.type === "references") return [section(words.points, this.#target(spec, offers.choosable.filter((one) => !one.parent), set("entity")))];
    if (spec.type === "table") return [section(words.points, this.#target(spec, offers.choosable.filter((one) => one.parent === this.context.draft.name), set("entity")))];
    if (spec.type === "formula") return [section(words.formula, ...this.#formula(spec, set))];
    return spec.type === "rollup" ? [section(words.formula, ...this.#rollup(spec, set, key))] : [];
  }

  #target(spec, list, commit) {
    const { words } = this.context;
    const to = list.find((one) => one.name === spec.entity);
    const fresh = spec.type === "table" ? `/design/entities/new?parent=${this.context.draft.name}` : "/design/entities/new";
    return element("div", { class: "fl-design-when" },
      select(spec.entity ?? "", [...(spec.entity ? [] : [["", words.choose]]), ...list.map((one) => [one.name, one.label])], async (next) => { await this.context.offers.of(next); commit(next); }, { "aria-label": words.points }),
      spec.type === "table" && !list.length ? element("p", { class: "help", text: words.no_child }) : null,
      element("div", { class: "row-flex" }, to ? element("a", { class: "link sm", href: `/design/entities/${to.name}`, text: words.open_entity.replace("{name}", to.label) }) : null, element("a", { class: "link sm", href: fresh, text: words.new_entity })));
  }

  #formula(spec, set) {
    const { words, offers } = this.context;
    if (spec.decision) return [element("p", { class: "help", text: words.decided.replace("{name}", spec.decision) })];
    const box = feelBox(spec.formula ?? "", () => [...offers.subjects(), ...offers.names()], set("formula"), { rows: 3, "aria-label": words.formula });
    return [box.node, element("p", { class: "help", text: words.formula_help }), this.#named("returns")];
  }

  #rollup(spec, set, key) {
    const { words, offers } = this.context;
    const tables = offers.fields().filter((one) => one.type === "table");
    const target = tables.find((one) => one.name === spec.of)?.target;
    const columns = offers.held(target).filter((one) => !one.fixed && one.kind === "number");
    const rows = { ...this.context, model: offers.of_rows(target) };
    return [field(this.#word("of"), select(spec.of ?? "", [["", words.choose], ...tables.map((one) => [one.name, one.label])], set("of"))), this.#named("function"),
      spec.function === "count" ? null : field(this.#word("field"), select(spec.field ?? "", [["", words.choose], ...columns.map((one) => [one.name, one.label])], set("field"))),
      element("div", { class: "fl-stack-s" }, element("span", { class: "fl-label", text: this.#word("where") }), condition(rows, `${key}.where`, spec.where ?? "", set("where")))].filter(Boolean);
  }

  #declared(name) { return this.context.offers.types.get(this.spec.type)?.options.find((one) => one.name === name); }
  #word(name) { return this.#declared(name)?.label ?? name; }
  #named(name) { const option = this.#declared(name); return option ? this.#option(option) : null; }

  #option(option) {
    const held = this.spec[option.name];
    const put_ = (next) => this.edit((spec) => put(spec, option.name, next));
    const known = option.values.length;
    if (known) return field(option.label, select(held ?? option.default ?? "", option.values, put_), option.help);
    if (option.type === "array") return field(option.label, text((held ?? []).join(", "), (next) => put_(next.split(/[,，\s]+/).filter(Boolean).map((one) => one.toUpperCase()))), option.help);
    if (option.type === "integer" || option.type === "number") return field(option.label, text(held ?? "", (next) => put_(next === "" ? "" : Number(next)), { type: "number", step: option.type === "integer" ? 1 : "any", min: option.least, max: option.most, placeholder: option.default ?? "" }), option.help);
    return field(option.label, text(held ?? "", put_), option.help);
  }

  #conditions() {
    const { words } = this.context;
    const keys = this.spec.type === "sequence" || this.context.offers.types.get(this.spec.type)?.computed ? ["visible_when"] : ["visible_when", "required_when", "readonly_when"];
    const used = keys.some((key) => this.spec[key]);
    return section("", element("details", { "data-open": "when", open: used }, element("summary", { text: words.when }), element("div", { class: "fl-design-when" },
      ...keys.map((key) => element("div", { class: "fl-stack-s", role: "group", "aria-label": words[key] }, element("span", { class: "fl-label", text: words[key] }), condition(this.context, `${this.name}.${key}`, this.spec[key] ?? "", (next) => this.edit((spec) => put(spec, key, next))))))));
  }

  // ---------- the entity ----------
  #ofEntity() {
    const { words, offers } = this.context;
    const { tree } = this;
    const change = (edit) => this.context.draft.change(edit);
    const titled = (key, fits) => field(words[key], select(tree[key] ?? "", [["", words.nothing], ...offers.fields().filter(fits).map((one) => [one.name, one.label])], (next) => change((held) => put(held, key, next))));
    const several = (label, list, commit) => element("div", { class: "fl-stack-s", role: "group", "aria-label": label }, element("span", { class: "fl-label", text: label }), ...offers.fields().filter((one) => one.type !== "table").map((one) => check(one.label, list.includes(one.name), (on) => commit(on ? [...list, one.name] : list.filter((each) => each !== one.name)))));
    return [
      section(words.singular, ...this.#labels(tree, "label", change, words[`in_${FIRST}`], words[`in_${SECOND}`])),
      section(words.plural, ...this.#labels(tree, "plural", change, words[`in_${FIRST}`], words[`in_${SECOND}`])),
      section(words.about_entity, ...["zh", "en"].map((language) => field(words[`in_${language}`], area(spoken(tree.help, language), (next) => change((held) => say(held, "help", language, next)), { rows: 2, class: "form-control" })))),
      section(words.roles_of_fields, titled("title", (one) => one.type === "text"), titled("number", (one) => ["sequence", "text"].includes(one.type)), titled("state", (one) => one.type === "choice"), titled("owner", (one) => one.type === "user")),
      section("", field(words.parent, select(tree.parent ?? "", [["", words.no_parent], ...offers.choosable.filter((one) => one.name !== this.context.draft.name).map((one) => [one.name, one.label])], (next) => change((held) => put(held, "parent", next)))),
        field(words.icon, text(tree.icon ?? "table", (next) => change((held) => put(held, "icon", slug(next).replaceAll("_", "-")))))),
      section("", element("details", { "data-open": "search" }, element("summary", { text: words.search }), several(words.search, tree.search ?? [], (next) => change((held) => put(held, "search", next)))),
        element("details", { "data-open": "columns" }, element("summary", { text: words.list_columns }), several(words.list_columns, tree.list?.columns ?? [], (next) => change((held) => { const list = { ...held.list }; put(list, "columns", next); put(held, "list", Object.keys(list).length ? list : ""); })))),
    ];
  }
}
