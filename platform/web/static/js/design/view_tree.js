// What the designer of views reads out of an entity's tree, and how it writes into it.

import { chinese } from "../parts.js";

export const labels = (label) => (typeof label === "string" ? { en: label } : { ...label });
export const spoken = (label, name) => { const both = labels(label); return (chinese ? both.zh || both.en : both.en || both.zh) || name; };

// Nothing is written for what is empty: the definition says what differs from the usual.
export function put(object, key, value) {
  const empty = value === "" || value === false || value === null || value === undefined || (Array.isArray(value) && !value.length);
  if (empty) delete object[key];
  else object[key] = value;
}

export class Fields {
  constructor(tree, { stamps, hidden, needed }) {
    this.tree = tree;
    this.all = { ...tree.fields, ...stamps };
    Object.assign(this, { hidden, needed });
  }

  words(name) { return spoken(this.all[name]?.label, name); }
  kind(name) { return this.all[name]?.returns ?? this.all[name]?.type; }
  choices(name) { return this.all[name]?.choices ?? []; }

  // Fields that a row or a card can show.
  shown() { return Object.keys(this.all).filter((name) => !this.hidden.includes(this.all[name].type)); }

  fitting(kind, key) {
    const types = this.needed[kind][key];
    return types.length ? Object.keys(this.all).filter((name) => types.includes(this.kind(name))) : this.shown();
  }
}

export function freshName(tree, label) {
  const taken = new Set((tree.views ?? []).map((view) => view.name));
  const stem = (label.toLowerCase().replace(/[^a-z0-9]+/g, "_").replace(/^[^a-z]+|_+$/g, "") || "view").slice(0, 36);
  let name = stem;
  for (let n = 2; taken.has(name); n += 1) name = `${stem}_${n}`;
  return name;
}

const kept = new Map();      // settings of the kinds that a view had before, while the page is open

// Settings belong to the kind of a view; those of another one wait until it is chosen again.
export function turn(view, kind, fields) {
  for (const other of ["kanban", "calendar"]) {
    if (view[other]) kept.set(`${view.name}:${other}`, view[other]);
    delete view[other];
  }
  put(view, "kind", kind === "list" ? "" : kind);
  const before = kept.get(`${view.name}:${kind}`);
  if (kind === "kanban") {
    const state = fields.tree.state ?? fields.fitting("kanban", "group_by")[0];
    view.kanban = before ?? (state ? { group_by: state } : {});
  } else if (kind === "calendar") {
    const [start] = fields.fitting("calendar", "start");
    view.calendar = before ?? (start ? { start } : undefined);
    if (!view.calendar) delete view.calendar;
  }
}
