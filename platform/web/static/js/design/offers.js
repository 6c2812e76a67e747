// What formulas and conditions can say: the fields of the entity as they are drawn now, and of those it points at.

import { shown } from "./tree.js";

const SIMPLE = new Set(["number", "string", "boolean", "date", "date and time"]);

// What the builder of conditions offers: fields, and through references those of the entity they point at, which
// `beyond(entity)` gives.
export function subjectsOf(fields, beyond) {
  const subject = ({ kind, choices }, path, label) => ({ path, label, kind, choices });
  return fields.filter((one) => one.type !== "table").flatMap((one) => [subject(one, one.name, one.label),
    ...(one.type === "reference" ? beyond(one.target) ?? [] : []).filter((each) => !each.fixed && each.type !== "table").map((each) => subject(each, `${one.name}.${each.name}`, `${one.label} · ${each.label}`))]);
}

export class Offers {
  constructor({ palette, offers, entities }, draft) {
    Object.assign(this, { draft, choosable: entities, types: new Map(palette.flatMap(([, types]) => types).map((one) => [one.name, one])) });
    this.known = new Map(offers.map((one) => [one.name, one]));
  }

  get table() { return Object.entries(this.draft.tree.fields).find(([, spec]) => spec.type === "table")?.[0]; }
  kind(spec) { return this.types.get(spec.returns ?? (spec.type === "rollup" ? "decimal" : spec.type))?.kind ?? ""; }

  fields() {
    return Object.entries(this.draft.tree.fields).map(([name, spec]) => ({
      name, label: shown(spec.label, name), kind: SIMPLE.has(this.kind(spec)) ? this.kind(spec) : "", type: spec.type,
      choices: spec.choices?.map((one) => ({ value: String(one.value), label: shown(one.label, one.value) })), target: spec.entity,
    }));
  }

  // Of another entity; asked for once.
  async of(name) {
    if (!name) return null;
    if (!this.known.has(name)) {
      const response = await fetch(`/design/entities/${name}/offer`, { headers: { Accept: "application/json" } });
      this.known.set(name, response.ok ? await response.json() : null);
    }
    return this.known.get(name);
  }

  held(name) { return this.known.get(name)?.fields ?? []; }

  // As the builder of conditions asks: `subjects` to choose from, `names` for FEEL.
  subjects() { return subjectsOf(this.fields(), (target) => this.held(target)); }
  names() { return [{ path: "user.id", label: "" }, { path: "today()", label: "" }, { path: "now()", label: "" }, ...this.rows()]; }
  rows() {
    return this.fields().filter((one) => one.type === "table").flatMap(({ name, label, target }) => this.held(target).filter((one) => !one.fixed).map((one) => ({ path: `${name}.${one.name}`, label: `${label} · ${one.label}` })));
  }
  of_rows(target) {
    const fields = this.held(target).filter((one) => !one.fixed);
    return { subjects: () => fields.map((one) => ({ path: one.name, label: one.label, kind: one.kind, choices: one.choices })), names: () => [] };
  }
}
