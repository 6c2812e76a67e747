// The panel of a cell: which records, in which states, which fields; or of a role as a whole.

import { afterwards, element, icon, redrawn, say } from "../parts.js";
import { condition } from "../process/builder.js";
import { begin, check, field, remove, section, select, text } from "../process/controls.js";
import { fieldRule, level, ownRules, sayState, setField, setRule, setState } from "./role_tree.js";
import { labels } from "./labels.js";
import { subjectsOf } from "./offers.js";
import { put, spoken } from "./tree.js";

const BY = "condition";

export class RolePanel {
  constructor(box, context) {
    Object.assign(this, { box, context, cell: null, open: new Set(), later: afterwards(() => this.draw()) });
  }

  show(cell) { if (cell?.key !== this.cell?.key || cell?.role !== this.cell?.role) this.open.clear(); this.cell = cell; this.later(); }

  draw() { redrawn(this.box, () => this.#drawn()); }

  #drawn() {
    begin();
    this.box.replaceChildren(...(this.cell ? this.cell.entity ? this.#ofCell() : this.#ofRole() : this.#empty()));
  }

  get role() { return this.context.draft.trees[this.cell.role]; }
  get rules() { return this.context.rules(this.cell.role); }
  get entity() { return this.context.entities.get(this.cell.entity); }
  alter(change) { this.context.draft.alter(this.cell.role, change); }

  #empty() {
    const { words } = this.context;
    return [section("", element("div", { class: "fl-empty" }, icon("shield-lock"), element("b", { text: words.choose_cell }), element("p", { class: "muted sm", text: words.choose_help })))];
  }

  // ---------- a role ----------
  #ofRole() {
    const { words, named, held } = this.context;
    const name = this.cell.role;
    const copy = element("a", { class: "btn btn-sm", href: `/design/roles/new?like=${name}` }, icon("copy"), say(words.copy_of, { name: named(name) }));
    const gone = remove(words.remove_role, () => this.context.draft.save().then(() => removing(name, named(name))));
    return [
      section("", element("div", { class: "row-flex" }, element("h2", { class: "fs-4 m-0 clip", text: named(name) }), element("code", { class: "mono faint xs ms-auto", text: name })),
        element("p", { class: "help", text: (held[name] ?? 0) === 1 ? words.person : held[name] ? say(words.people, { n: held[name] }) : words.nobody })),
      section("", ...labels(this.role, (edit) => this.alter(edit), words.name_zh, words.name_en)),
      section("", check(words.admin, Boolean(this.role.admin), (on) => this.alter((role) => put(role, "admin", on))), element("p", { class: "help", text: words.admin_help })),
      section("", copy, gone)];
  }

  // ---------- a cell ----------
  #ofCell() {
    const { words, named, seeing } = this.context;
    const { cell, entity } = this;
    const inside = this.role.admin ? [section("", element("p", { class: "help", text: words.everything }))]
      : this.rules.follows(cell.entity) && !cell.action ? this.#following()
      : cell.field ? this.#ofField() : this.#ofVerb();
    const about = cell.field ? entity.fields.find((one) => one.name === cell.field)?.label : cell.action ? entity.actions.find((one) => one.name === cell.action)?.label : words[cell.chip];
    return [section("", element("p", { class: "muted xs m-0", text: `${named(cell.role)} · ${entity.plural}` }), element("h2", { class: "fs-4 m-0", text: about ?? "" })), ...seeing.told(cell), ...inside];
  }

  #following() {
    const { words, entities } = this.context;
    const parent = entities.get(this.rules.follows(this.cell.entity));
    const own = element("button", { type: "button", class: "btn btn-sm" }, words.own_rules);
    own.addEventListener("click", () => this.alter((role) => ownRules(role, this.rules, this.cell.entity)));
    return [section("", element("p", { class: "help", text: say(words.follows, { name: parent.label }) }), own)];
  }

  // ---------- which records ----------
  #ofVerb() {
    const { words } = this.context;
    const { cell } = this;
    const rule = this.rules.rule(cell.entity, cell.chip);
    const how = this.open.has(`some ${cell.chip}`) ? "some" : level(rule);
    const set = (next) => this.alter((role) => setRule(role, cell.entity, cell.chip, next));
    const seg = element("div", { class: "fl-seg", role: "group", "aria-label": words.which });
    for (const one of ["none", "all", "some"]) {
      const button = element("button", { type: "button", "data-level": one, "aria-pressed": String(how === one) }, words[one]);
      button.addEventListener("click", () => {
        this.open.delete(`some ${cell.chip}`);
        if (one === "some") { if (level(rule) !== "some") { this.open.add(`some ${cell.chip}`); this.draw(); } } else set(one === "all" ? true : "");
      });
      seg.append(button);
    }
    const body = [element("p", { class: "help", text: words[`${how}_of`] }), ...(how === "some" ? this.#which(cell.chip, level(rule) === "some" ? String(rule) : "", set) : [])];
    const states = ["update", "delete"].includes(cell.chip) && level(rule) !== "none" ? this.#states() : [];
    return [section(words.which, seg, ...body), ...states];
  }

  // Whose records first: that is what most rules say. Then the builder, then FEEL.
  #which(key, rule, set) {
    const { words } = this.context;
    const named = this.#whose();
    const known = named.find(([value]) => value === rule);
    const byHand = this.open.has(`by ${key}`) || (rule && !known);
    const choice = select(byHand ? BY : rule, [["", words.choose], ...named, [BY, words.by_condition]], (next) => {
      if (next === BY) { this.open.add(`by ${key}`); this.draw(); return; }
      this.open.delete(`by ${key}`);
      if (next) { this.open.delete(`some ${key}`); set(next); }
    }, { "aria-label": words.which, "data-whose": true });
    const commit = (next) => { if (next) this.open.delete(`some ${key}`); else this.open.add(`some ${key}`); set(next); };
    return [choice, byHand ? condition({ words, model: this.#model(), redraw: () => this.later() }, `${this.cell.role}.${this.cell.entity}.${key}`, rule, commit) : known ? element("code", { class: "fl-feel", text: rule }) : null,
      rule ? null : element("p", { class: "help", text: words.no_rule_yet })].filter(Boolean);
  }

  #whose() {
    const { words, entities } = this.context;
    const fields = this.entity.fields;
    const of = (path, label) => [[`${path} = user.id`, say(words.own, { field: label })], [`${path} in user.team`, say(words.team, { field: label })], [`${path} in user.reports or ${path} = user.id`, say(words.reports, { field: label })]];
    const label = (name) => fields.find((one) => one.name === name)?.label ?? name;
    const own = this.entity.people.flatMap((name) => of(name, label(name)));
    const beyond = Object.entries(this.entity.related).flatMap(([name, target]) => (entities.get(target)?.people ?? []).filter((one) => one === "owner").flatMap((one) => of(`${name}.${one}`, `${label(name)} · ${entities.get(target).fields.find((each) => each.name === one)?.label ?? one}`)));
    return [...own, ...beyond];
  }

  // As the builder of conditions asks.
  #model() {
    const { entities } = this.context;
    const subjects = subjectsOf(this.entity.fields, (target) => entities.get(target)?.fields);
    const user = ["id", "team", "reports", "roles", "teams", "team_names", "manager"].map((name) => ({ path: `user.${name}`, label: "" }));
    return { subjects: () => subjects, names: () => user };
  }

  // ---------- in certain states ----------
  #states() {
    const { words } = this.context;
    const { cell, entity } = this;
    const choices = entity.fields.find((one) => one.name === entity.state)?.choices;
    if (!choices) return [];
    const held = this.role.entities[cell.entity].states ?? {};
    const said = choices.filter((one) => (held[one.value] && cell.chip in held[one.value]) || this.open.has(`state ${one.value}`));
    const rest = choices.filter((one) => !said.includes(one));
    const add = select("", [["", words.add_state], ...rest.map((one) => [one.value, one.label])], (value) => {
      this.open.add(`state ${value}`);
      this.alter((role) => setState(role, cell.entity, value, cell.chip, false));
    }, { "aria-label": words.add_state, "data-add-state": true });
    return [section(words.in_states, ...said.map((one) => this.#state(one, held[one.value] ?? {})), rest.length ? add : null)];
  }

  #state(choice, held) {
    const { words } = this.context;
    const { cell } = this;
    const rule = held[cell.chip];
    const key = `${cell.chip} ${choice.value}`;
    const how = rule === undefined || level(rule) === "all" ? "all" : this.open.has(`some ${key}`) ? "some" : level(rule);
    const set = (next) => this.alter((role) => setState(role, cell.entity, choice.value, cell.chip, next));
    const control = select(how, [["all", words.as_always], ["none", words.never], ["some", words.some_of]], (next) => {
      this.open.delete(`some ${key}`);
      this.open.add(`state ${choice.value}`);
      if (next === "some") { this.open.add(`some ${key}`); this.draw(); } else set(next === "all" ? undefined : false);
    });
    const reason = (language) => text(spoken(held.reason, language), (next) => this.alter((role) => sayState(role, cell.entity, choice.value, language, next)));
    const why = how === "all" ? null : element("details", { open: Boolean(held.reason) }, element("summary", { class: "xs", text: words.reason_help }), element("div", { class: "fl-design-when" }, field(words.reason_zh, reason("zh")), field(words.reason_en, reason("en"))));
    return element("div", { class: "fl-roles-state" }, field(choice.label, control), ...(how === "some" ? this.#which(key, level(rule) === "some" ? String(rule) : "", (next) => set(next || false)) : []), why);
  }

  // ---------- a field ----------
  #ofField() {
    const { words } = this.context;
    const { cell, entity, role } = this;
    if (this.rules.level(cell.entity, "read") === "none" && this.rules.level(cell.entity, "create") === "none") return [section("", element("p", { class: "help", text: words.no_fields }))];
    if (!role.entities?.[cell.entity]) return this.#following();
    const { how, mask } = fieldRule(role, cell.entity, cell.field, null);
    const set = (next, part, state = null) => this.alter((tree) => setField(tree, cell.entity, cell.field, state, next, part));
    const ways = [["open", words.open], ["read_only", words.read_only], ["hidden", words.hidden]];
    const masks = ["", "last4", "first1", "email", "all"].map((one) => [one, words[`mask_${one || "none"}`]]);
    const always = section("", field(words.field, select(how, ways, (next) => set(next, "")), ""), how === "read_only" ? field(words.mask, select(mask, masks, (next) => set("read_only", next))) : null);
    const choices = entity.fields.find((one) => one.name === entity.state)?.choices ?? [];
    const states = how === "hidden" || cell.field === entity.state ? [] : choices.map((one) => field(one.label, select(fieldRule(role, cell.entity, cell.field, one.value).how, [["open", words.as_always], ["read_only", words.read_only], ["hidden", words.hidden]], (next) => set(next, "", one.value))));
    return [always, states.length ? section(words.in_states, ...states) : null].filter(Boolean);
  }
}

// What goes with a role, asked before it goes.
async function removing(name, label) {
  const dialog = document.querySelector("#removing");
  dialog.querySelector("h2").textContent = label;
  dialog.querySelector("form").action = `/design/roles/${name}/remove`;
  const list = dialog.querySelector("[data-uses]");
  list.replaceChildren();
  dialog.showModal();
  const answer = await fetch(`/design/roles/${name}/uses`, { headers: { Accept: "application/json" } });
  if (!answer.ok) return;
  const told = await answer.json();
  const people = told.people.length ? [[...told.people, ...(told.more ? [`+ ${told.more}`] : [])].join(", ")] : [];
  list.replaceChildren(...[...people, ...told.uses.map((one) => `${one.where}: ${one.what}`)].map((line) => element("li", { text: line })));
}
