// What a role says, read and written: rules of an entity, of its fields, actions and states. As in policy/rules.py, a
// child entity that a role does not name follows its parent.

import { put, say } from "./tree.js";

export const VERBS = ["read", "create", "update", "delete"];

// none | all | some
export function level(rule) {
  if (rule === undefined || rule === null || rule === false || rule === "" || rule === "false") return "none";
  return rule === true || rule === "true" ? "all" : "some";
}

export class Rules {
  constructor(role, entities) { Object.assign(this, { role, entities }); }

  own(entity) { return this.role.entities?.[entity]; }
  follows(entity) { const parent = this.entities.get(entity)?.parent; return parent && !this.own(entity) ? parent : null; }

  // Adding, changing and removing a row of a child table is changing its parent.
  rule(entity, verb) {
    const parent = this.follows(entity);
    if (parent) return VERBS.includes(verb) ? this.rule(parent, verb === "read" ? "read" : "update") : undefined;
    const own = this.own(entity);
    return VERBS.includes(verb) ? own?.[verb] : own?.actions?.[verb];
  }

  tight(entity, verb) {
    const holder = this.follows(entity) ?? entity;
    return Object.values(this.own(holder)?.states ?? {}).some((one) => level(one[verb] ?? true) !== "all");
  }

  level(entity, verb) {
    if (this.role.admin) return "all";
    const found = level(this.rule(entity, verb));
    return found === "all" && this.tight(entity, verb) ? "some" : found;
  }

  // read: all | some | none, write: the same; a mask shows a part.
  field(entity, name) {
    if (this.role.admin) return { read: "all", write: "all" };
    if (this.level(entity, "read") === "none" && this.level(entity, "create") === "none") return { read: "none", write: "none" };
    const rule = this.own(entity)?.fields?.[name] ?? {};
    const states = Object.values(this.own(entity)?.states ?? {}).map((one) => one.fields?.[name]).filter(Boolean);
    const closes = (key) => states.some((one) => one[key] === false || one.mask);
    const read = rule.read === false ? "none" : rule.mask || closes("read") ? "some" : "all";
    const may = this.level(entity, "update") !== "none" || this.level(entity, "create") !== "none";
    const write = !may || read === "none" || rule.mask || rule.write === false ? "none" : closes("write") || closes("read") ? "some" : "all";
    return { read, write };
  }
}

const clean = (node, key) => { if (!Object.keys(node[key] ?? {}).length) delete node[key]; };

export function setRule(role, entity, verb, rule) {
  const own = ((role.entities ??= {})[entity] ??= {});
  const holder = VERBS.includes(verb) ? own : (own.actions ??= {});
  put(holder, verb, rule);
  clean(own, "actions");
  if (!Object.keys(own).length) delete role.entities[entity];
  clean(role, "entities");
}

// A child that gets rules of its own begins with what it had.
export function ownRules(role, rules, entity) {
  const begun = {};
  for (const verb of VERBS) put(begun, verb, level(rules.rule(entity, verb)) === "all" ? true : "");
  (role.entities ??= {})[entity] = begun;
}

export function setState(role, entity, state, key, value) {
  const own = role.entities[entity];
  const held = ((own.states ??= {})[state] ??= {});
  if (value === undefined || value === true) delete held[key];
  else held[key] = value;
  if (!Object.keys(held).length) delete own.states[state];
  clean(own, "states");
}

export function sayState(role, entity, state, language, words) {
  const own = role.entities[entity];
  const held = ((own.states ??= {})[state] ??= {});
  say(held, "reason", language, words);
  if (!Object.keys(held).length) delete own.states[state];
  clean(own, "states");
}

// how: open | read_only | hidden; `state` null is in every state.
export function setField(role, entity, name, state, how, mask = "") {
  const own = role.entities[entity];
  const holder = state === null ? own : ((own.states ??= {})[state] ??= {});
  const rule = {};
  if (how === "hidden") rule.read = false;
  else if (mask) rule.mask = mask;
  else if (how === "read_only") rule.write = false;
  const fields = (holder.fields ??= {});
  if (Object.keys(rule).length) fields[name] = rule;
  else delete fields[name];
  clean(holder, "fields");
  if (state !== null && !Object.keys(holder).length) { delete own.states[state]; clean(own, "states"); }
}

export function fieldRule(role, entity, name, state) {
  const own = role.entities?.[entity];
  const rule = (state === null ? own : own?.states?.[state])?.fields?.[name] ?? {};
  return { how: rule.read === false ? "hidden" : rule.write === false || rule.mask ? "read_only" : "open", mask: rule.mask ?? "" };
}
