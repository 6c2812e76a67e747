// Seeing as somebody else: their columns are lit, and each answer says which rule gave it, now and in the draft.

import { find } from "../frame.js";
import { element, icon, say } from "../parts.js";

const PAUSE = 200;

export class Seeing {
  constructor(context) {
    Object.assign(this, { context, person: null, record: null, turn: 0 });
    const asked = find("[data-see]"), list = find("[data-see-list]");
    asked.addEventListener("input", () => { clearTimeout(this.timer); this.timer = setTimeout(() => this.#offer(asked.value, list), PAUSE); });
    find("[data-see-menu]").addEventListener("toggle", (event) => { if (event.target.open) { asked.focus(); this.#offer("", list); } });
    list.addEventListener("click", (event) => { const one = event.target.closest("[data-person]"); if (one) this.be(JSON.parse(one.dataset.person)); });
    find("[data-see-stop]").addEventListener("click", () => this.be(null));
    const held = new URLSearchParams(location.search).get("person");
    if (held) this.#return(held);
  }

  // Of the person, those that there are.
  roles(trees) { return this.person ? this.person.roles.filter((name) => name in trees) : []; }

  async #return(number) {
    const answer = await fetch(`/design/seeing/people/${number}`, { headers: { Accept: "application/json" } });
    if (answer.ok) this.be(await answer.json());
  }

  async #offer(words, list) {
    const turn = ++this.turn;
    const answer = await fetch(`/design/seeing/people?q=${encodeURIComponent(words)}`, { headers: { Accept: "application/json" } }).catch(() => null);
    if (turn !== this.turn || !answer?.ok) return;
    const { people } = await answer.json();
    const { named } = this.context;
    list.replaceChildren(...people.map((one) => element("button", { type: "button", class: "fl-menu-item", "data-person": JSON.stringify(one) },
      element("span", { class: "grow" }, element("span", { class: "d-block", text: one.name }), element("span", { class: "xs muted d-block", text: one.roles.map(named).join("、") || this.context.words.nothing_yet })))));
    if (!people.length) list.replaceChildren(element("p", { class: "muted sm px-2", text: this.context.words.nobody }));
  }

  be(person) {
    const { words, named, changed } = this.context;
    Object.assign(this, { person, record: null });
    find("[data-see-menu]").open = false;
    find("[data-see-name]").textContent = person ? say(words.seeing, { name: person.name }) : find("[data-see-name]").dataset.seeName;
    find("[data-seen]").hidden = !person;
    if (person) {
      find("[data-seen-name]").textContent = person.name;
      find("[data-seen-roles]").textContent = person.roles.map(named).join("、");
      find("[data-seen-help]").textContent = person.roles.length || person.admin ? words.highlighted : words.no_roles;
    }
    changed();
  }

  // The part of the panel that answers for the person.
  told(cell) {
    if (!this.person) return [];
    const { words, entities } = this.context;
    const box = element("div", { "data-answer": true });
    const slot = element("div", { class: "fl-design-when" });
    const verb = cell.action ?? (cell.field ? "read" : cell.chip);
    const entity = entities.get(cell.entity);
    if (this.record?.entity !== cell.entity) this.record = null;
    const input = element("input", { class: "form-control", type: "search", placeholder: words.find_record, "aria-label": words.a_record, value: this.record?.label ?? "", autocomplete: "off" });
    const offers = element("div", { class: "fl-roles-records" });
    input.addEventListener("input", () => { clearTimeout(this.asking); this.asking = setTimeout(() => this.#records(cell, input, offers, box, verb), PAUSE); });
    input.addEventListener("focus", () => this.#records(cell, input, offers, box, verb), { once: true });
    const list = element("a", { class: "link sm", href: `/design/seeing/${cell.entity}?person=${this.person.id}` }, say(words.what_they_see, { name: this.person.name }), ": ", entity.plural);
    if (verb !== "create") slot.append(input, offers);
    this.#ask(cell.entity, verb, box);
    return [element("section", { class: "fl-props" }, element("h3", { text: say(words.seeing, { name: this.person.name }) }), slot, box, list)];
  }

  async #records(cell, input, offers, box, verb) {
    const answer = await fetch(`/design/seeing/${cell.entity}/records?q=${encodeURIComponent(input.value)}`, { headers: { Accept: "application/json" } }).catch(() => null);
    if (!answer?.ok || !offers.isConnected) return;
    const { records } = await answer.json();
    offers.replaceChildren(...records.map((one) => {
      const pick = element("button", { type: "button", class: "fl-menu-item", "data-record": one.id }, one.label);
      pick.addEventListener("click", () => { this.record = { ...one, entity: cell.entity }; input.value = one.label; offers.replaceChildren(); this.#ask(cell.entity, verb, box); });
      return pick;
    }));
    if (!records.length) offers.replaceChildren(element("p", { class: "help", text: this.context.words.no_record }));
    if (!input.value && this.record) { this.record = null; this.#ask(cell.entity, verb, box); }
  }

  // The draft says something else by now.
  again() { if (this.last?.[2].isConnected) this.#ask(...this.last); }

  async #ask(entity, verb, box) {
    const { words } = this.context;
    this.last = [entity, verb, box];
    const record = this.record ? `&record=${this.record.id}` : "";
    const answer = await fetch(`/design/seeing/${entity}/${verb}?person=${this.person.id}${record}`, { headers: { Accept: "application/json" } }).catch(() => null);
    const told = answer && await answer.json();
    if (!answer?.ok) { box.replaceChildren(element("p", { class: "help", text: told?.title ?? words.failed })); return; }
    const parts = told.draft ? [this.#one(words.in_force, told.now), this.#one(words.drafted, told.draft)] : [this.#one("", told.now)];
    if (told.broken) parts.push(element("p", { class: "help", text: words.mistakes }));
    box.replaceChildren(...parts);
  }

  #one(title, told) {
    const { words, named } = this.context;
    const verdict = element("span", { class: `fl-tag ${told.allowed ? "done" : "stop"}` }, icon(told.allowed ? "circle-check" : "lock"), told.allowed ? words.allowed : words.denied);
    const steps = told.rules.map((one) => element("li", {}, element("span", { class: one.allowed ? "t-done" : "t-stop" }, icon(one.allowed ? "circle-check" : "circle-x")),
      element("div", {}, element("b", { text: one.role === "admin" ? words.everything : named(one.role) }), one.allowed ? null : element("div", { class: "sm", text: one.reason }), one.rule && one.rule !== "true" ? element("code", { class: "fl-feel mt-1", text: one.rule.replaceAll("\n)", ")") }) : null, this.#values(one.values))));
    return element("div", { class: "fl-roles-answer" }, element("div", { class: "row-flex" }, verdict, title ? element("span", { class: "xs muted ms-auto", text: title }) : null), told.allowed ? null : element("p", { class: "sm mb-1 mt-1", text: told.reason }), element("ol", { class: "fl-trace" }, ...steps));
  }

  #values(values) {
    const all = Object.entries(values);
    if (!all.length) return null;
    return element("div", { class: "xs muted mono", text: all.map(([name, value]) => `${name} = ${JSON.stringify(value)}`).join(", ") });
  }
}
