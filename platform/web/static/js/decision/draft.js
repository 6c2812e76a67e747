// The draft of a decision: what was typed, undo and redo, and a copy on this device so that nothing is lost.

import { chinese, post } from "../parts.js";

export { chinese, element, icon, say } from "../parts.js";

const STEPS = 200;
const copy = (value) => structuredClone(value);
const sorted = (_, value) => (value && typeof value === "object" && !Array.isArray(value) ? Object.fromEntries(Object.entries(value).sort()) : value);
const written = (value) => JSON.stringify(value, sorted);

// The server writes the names of a mapping in any order.
export const same = (a, b) => written(a) === written(b);

export const heading = (column) => (chinese && column.label_zh) || column.label || column.expression || column.name || "";
export const remark = (row) => (chinese && row.note_zh) || row.note;
export const title = (part) => (chinese && part.label_zh) || part.name;

let fresh = 0;
export const freshKey = () => `new-${fresh += 1}`;

export class Draft extends EventTarget {
  constructor(data) {
    super();
    Object.assign(this, { stem: data.stem, was: data.was, words: data.words, published: data.sheet, sheet: copy(data.sheet) });
    this.key = data.sheet.top || (this.sheet.parts[0]?.key ?? "");
    this.past = [];
    this.future = [];
  }

  get part() { return this.sheet.parts.find((part) => part.key === this.key); }
  get grid() { return this.part?.grid; }
  get changed() { return !same(this.sheet.parts, this.published.parts); }

  // Every edit goes through here: one step to undo.
  change(edit, detail = {}) {
    const before = copy(this.part);
    edit(this.part);
    if (same(before, this.part)) return;
    this.past.push(before);
    this.past.splice(0, this.past.length - STEPS);
    this.future = [];
    this.#tell(detail);
  }

  undo() { return this.#step(this.past, this.future); }
  redo() { return this.#step(this.future, this.past); }

  #step(from, to) {
    const part = from.pop();
    if (!part) return false;
    const at = this.sheet.parts.findIndex((one) => one.key === part.key);
    to.push(copy(this.sheet.parts[at]));
    this.sheet.parts[at] = part;
    this.key = part.key;
    this.#tell({ whole: true });
    return true;
  }

  choose(key) {
    this.key = key;
    this.dispatchEvent(new CustomEvent("choose"));
  }

  // What is in force now: the draft goes on from there.
  settle(was, sheet) {
    Object.assign(this, { was, published: sheet, sheet: copy(sheet), past: [], future: [] });
    this.#tell({ whole: true });
  }

  kept() {
    const found = JSON.parse(localStorage.getItem(`decision:${this.stem}`) ?? "null");
    return found && !same(found.sheet.parts, this.published.parts) ? found : null;
  }

  bring(found) {
    this.past.push(copy(this.part));
    Object.assign(this, { was: found.was, sheet: found.sheet });
    this.#tell({ whole: true });
  }

  // What was typed as the server writes it: 5万 becomes 50000. No step of its own to undo.
  tidy(cells) {
    for (const [key, row, side, at, from, to] of cells) {
      const there = this.sheet.parts.find((one) => one.key === key)?.grid?.rows[row]?.[side];
      if (there?.[at] === from) there[at] = to;
    }
    if (cells.length) this.dispatchEvent(new CustomEvent("tidy"));
  }

  forget() { localStorage.removeItem(`decision:${this.stem}`); }

  #tell(detail) {
    if (this.changed) localStorage.setItem(`decision:${this.stem}`, JSON.stringify({ was: this.was, sheet: this.sheet }));
    else this.forget();
    this.dispatchEvent(new CustomEvent("change", { detail }));
  }
}

export const ask = (draft, what, body, signal) =>
  post(`/decisions/${draft.stem}/${what}`, { was: draft.was, sheet: { parts: draft.sheet.parts }, ...body }, signal);
