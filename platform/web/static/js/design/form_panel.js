// The panel of the form designer: a form and who gets it, a tab, a section, or a field with its conditions.

import { afterwards, element, redrawn, say } from "../parts.js";
import { condition } from "../process/builder.js";
import { begin, check, field, remove as gone, section, select } from "../process/controls.js";
import { dropLayout, holderOf, removeTab, tabsOf, takeOff } from "./form_tree.js";
import { labels } from "./labels.js";
import { put, shown } from "./tree.js";

export class FormPanel {
  constructor(box, context) { Object.assign(this, { box, context, later: afterwards(() => this.draw()) }); }

  draw() { redrawn(this.box, () => this.#drawn()); }

  #drawn() {
    begin();
    const { chosen } = this.context.state;
    const parts = chosen?.field ? this.#ofField(chosen.field) : chosen?.section !== undefined ? this.#ofSection(chosen.section) : chosen?.tab !== undefined ? this.#ofTab(chosen.tab) : this.#ofForm();
    this.box.replaceChildren(...parts);
  }

  // What `edit` gets is the form at hand, wherever the tree keeps it.
  edit(change) { this.context.change((tree) => change(holderOf(tree, this.context.state.layout), tree)); }
  part(held) { return tabsOf(held)[this.context.state.tab]; }

  #labels(node, inside, first, second) { return labels(node, (say) => this.edit((held, tree) => say(inside(held, tree))), first, second); }

  // ---------- a form ----------
  #ofForm() {
    const { words, state, draft } = this.context;
    if (!state.layout) return this.#ofUsual();
    const held = this.context.holder();
    const ticks = (all, key) => all.map((one) => check(one.label, (held[key] ?? []).includes(one.name), (on) => this.edit((holder) => put(holder, key, on ? [...(holder[key] ?? []), one.name] : holder[key].filter((name) => name !== one.name)))));
    const none = !(held.roles?.length || held.steps?.length);
    const remove = gone(words.remove_layout, () => {
      this.context.change((tree) => dropLayout(tree, state.layout));
      this.context.gone();
    });
    return [
      section("", element("h2", { class: "fs-4 m-0 clip", text: shown(held.label, held.name) }), ...this.#labels(held, (holder) => holder, words.name_zh, words.name_en)),
      section(words.roles_of, none ? element("p", { class: "help", text: words.nobody_yet }) : null, ...ticks(this.context.roles, "roles")),
      section(words.steps_of, ...(this.context.steps.length ? ticks(this.context.steps, "steps") : [element("p", { class: "help", text: words.no_steps })])),
      section("", remove, element("p", { class: "help", text: say(words.remove_layout_sure, { name: shown(held.label, draft.name) }) }))];
  }

  #ofUsual() {
    const { words, draft, labelled } = this.context;
    const chosen = draft.tree.form?.headline ?? [];
    const ticks = Object.keys(draft.tree.fields).filter((name) => draft.tree.fields[name].type !== "table").map((name) => check(labelled(name), chosen.includes(name), (on) => this.edit((held) => put(held, "headline", on ? [...(held.headline ?? []), name] : held.headline.filter((one) => one !== name)))));
    return [section("", element("h2", { class: "fs-4 m-0", text: words.usual }), element("p", { class: "help", text: words.usual_help })), section(words.headline, element("p", { class: "help", text: words.headline_help }), ...ticks)];
  }

  // ---------- a tab ----------
  #ofTab(at) {
    const { words } = this.context;
    const tab = this.context.holder().tabs?.[at];
    if (!tab) return this.#ofForm();
    const remove = gone(words.remove_tab, () => { this.edit((held) => removeTab(held, at)); this.context.choose(null); this.context.toTab(Math.max(0, at - 1)); });
    return [section(words.tab, ...this.#labels(tab, (held) => held.tabs[at], words.name_zh, words.name_en)), section("", remove, element("p", { class: "help", text: words.remove_tab_help }))];
  }

  // ---------- a section ----------
  #ofSection(at) {
    const { words, state } = this.context;
    const held = this.context.holder();
    const one = this.part(held)?.sections?.[at];
    if (!one) return this.#ofForm();
    const inside = (holder) => this.part(holder).sections[at];
    const columns = select(String(one.columns ?? 2), [["1", words.one], ["2", words.two]], (next) => this.edit((holder) => put(inside(holder), "columns", next === "1" ? 1 : "")));
    const shownIf = condition(this.context, `section ${state.layout} ${state.tab} ${at}`, one.visible_when ?? "", (next) => this.edit((holder) => put(inside(holder), "visible_when", next)));
    const move = held.tabs ? field(words.to_tab, select(String(state.tab), held.tabs.map((tab, n) => [String(n), shown(tab.label, words.tab)]), (next) => {
      this.edit((holder) => { const [taken] = this.part(holder).sections.splice(at, 1); holder.tabs[Number(next)].sections.push(taken); });
      this.context.choose(null);
      this.context.toTab(Number(next));
    })) : null;
    const remove = gone(words.remove_section, () => { this.edit((holder) => this.part(holder).sections.splice(at, 1)); this.context.choose(null); });
    return [
      section(words.section, ...this.#labels(one, inside, words.heading_zh, words.heading_en), field(words.columns, columns), move),
      section(words.shown_if, shownIf), section("", remove, element("p", { class: "help", text: words.remove_section_help }))];
  }

  // ---------- a field ----------
  #ofField(name) {
    const { words, draft, labelled, offers } = this.context;
    const spec = draft.tree.fields[name];
    if (!spec) return this.#ofForm();
    const keys = spec.type === "sequence" || offers.types.get(spec.type)?.computed ? ["visible_when"] : ["visible_when", "required_when", "readonly_when"];
    const rules = keys.map((key) => element("div", { class: "fl-stack-s", role: "group", "aria-label": words[key] }, element("span", { class: "fl-label", text: words[key] }),
      condition(this.context, `${name}.${key}`, spec[key] ?? "", (next) => this.context.change((tree) => put(tree.fields[name], key, next)))));
    const off = gone(words.take_off, () => { this.edit((held) => takeOff(held, name)); this.context.choose(null); }, "x");
    return [
      section("", element("h2", { class: "fs-4 m-0 clip", text: labelled(name) }), element("span", { class: "mono faint xs", text: name }), element("a", { class: "link sm", href: `/design/entities/${draft.name}`, text: words.open_field })),
      section("", ...rules, element("p", { class: "help", text: words.in_every_form })), section("", off)];
  }
}
