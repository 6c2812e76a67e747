// The columns of a table in the panel beside it: heading, what they ask or answer, kind of value, allowed values.

import { element, freshKey, heading, icon } from "./draft.js";

export class Columns {
  constructor(draft, box, types) {
    Object.assign(this, { draft, box, types, words: draft.words, open: "" });
    draft.addEventListener("choose", () => this.draw());
    draft.addEventListener("change", (event) => { if (event.detail.whole && !this.typing) this.draw(); });
    this.draw();
  }

  draw() {
    const { part, words } = this.draft;
    const about = [
      this.#field(words.label_zh, part.label_zh, (one, text) => { one.label_zh = text; }),
      this.#field(words.description, part.description, (one, text) => { one.description = text; }, { area: true }),
    ];
    if (!part.grid) { this.box.replaceChildren(element("div", { class: "fl-props" }, ...about, this.#kind(part.type, (one, value) => { one.type = value; }))); return; }
    this.box.replaceChildren(
      this.#list("inputs", words.inputs, words.add_input), this.#list("outputs", words.outputs, words.add_output),
      element("div", { class: "fl-props" }, element("h3", { text: words.title }), ...about));
  }

  #list(side, title, add) {
    const columns = this.draft.grid[side];
    const more = element("button", { type: "button", class: "btn btn-sm", "data-add-column": side }, icon("plus"), document.createTextNode(add));
    more.addEventListener("click", () => this.#add(side));
    return element("section", { class: "fl-props" }, element("h3", { text: title }),
      ...columns.map((column, n) => this.#column(side, column, n, columns.length)), more);
  }

  #column(side, column, n, count) {
    const { words } = this;
    const details = element("details", { class: "fl-dec-column", open: this.open === column.key, "data-key": column.key },
      element("summary", {}, icon("chevron-down"), element("span", { class: "clip grow", text: heading(column) || words.new_column }),
        element("span", { class: "faint xs", text: this.#typed(column.type || column.kind) })));
    details.addEventListener("toggle", () => { if (details.open) this.open = column.key; });
    const at = (part) => part.grid[side].find((one) => one.key === column.key);
    const set = (name) => (part, text) => { at(part)[name] = text; };
    details.append(
      this.#field(words.label, column.label, set("label")), this.#field(words.label_zh, column.label_zh, set("label_zh")),
      side === "inputs" ? this.#field(words.asks, column.expression, set("expression"), { help: words.asks_help, mono: true }) : this.#field(words.name, column.name, set("name"), { mono: true }),
      this.#kind(column.type, (part, value) => { Object.assign(at(part), { type: value, kind: value || column.kind }); }),
      this.#field(words.values, column.values.join("\n"), (part, text) => { at(part).values = text.split(/\n/).map((one) => one.trim()).filter(Boolean); }, { area: true, help: words.values_help }),
      ...(side === "outputs" ? [this.#field(words.default, column.default, set("default"))] : []),
      this.#buttons(side, n, count));
    return details;
  }

  #buttons(side, n, count) {
    const { words } = this;
    const button = (glyph, label, act, off) => {
      const made = element("button", { type: "button", class: "fl-icon-btn", "aria-label": label, title: label, disabled: off }, icon(glyph));
      made.addEventListener("click", act);
      return made;
    };
    const needed = side === "outputs" && count === 1;
    return element("div", { class: "row-flex" }, button("arrow-up", words.left, () => this.#move(side, n, n - 1), n === 0),
      button("arrow-down", words.right, () => this.#move(side, n, n + 1), n === count - 1), element("span", { class: "grow" }),
      button("trash", needed ? words.last_column : words.remove_column, () => this.#remove(side, n), needed));
  }

  #field(label, value, set, { area = false, help = "", mono = false } = {}) {
    const input = element(area ? "textarea" : "input", { class: `form-control${mono ? " mono" : ""}`, rows: area ? 2 : null, spellcheck: "false" });
    input.value = value ?? "";
    input.addEventListener("change", () => this.#typedIn((part) => set(part, input.value.trim()), input));
    return element("label", { class: "fl-field" }, element("span", { class: "fl-label", text: label }), input, help ? element("span", { class: "help", text: help }) : null);
  }

  #kind(value, set) {
    const select = element("select", { class: "form-select" }, ...this.#choices(value).map(([name, words]) => element("option", { value: name, text: words, selected: name === value })));
    select.addEventListener("change", () => this.#typedIn((part) => set(part, select.value), select));
    return element("label", { class: "fl-field" }, element("span", { class: "fl-label", text: this.words.kind }), select);
  }

  #choices(value) {
    const named = this.draft.sheet.types.map((one) => [one.name, one.name]);
    const known = [...Object.entries(this.types), ...named];
    return known.some(([name]) => name === value) ? known : [...known, [value, value]];
  }

  #typed = (type) => this.types[type] ?? type;
  #changed = (edit) => this.draft.change(edit, { whole: true });

  // What is typed here stays where it is: drawing the panel anew would take the field that comes next away.
  #typedIn(edit, box) {
    this.typing = true;
    this.#changed(edit);
    this.typing = false;
    const details = box.closest("details");
    const column = details && this.#found(details.dataset.key);
    if (!column) return;
    details.querySelector("summary .grow").textContent = heading(column) || this.words.new_column;
    details.querySelector("summary .xs").textContent = this.#typed(column.type || column.kind);
  }

  #found = (key) => [...this.draft.grid.inputs, ...this.draft.grid.outputs].find((one) => one.key === key);

  #add(side) {
    const key = freshKey();
    this.open = key;
    const both = { key, label: "", label_zh: "", type: "string", kind: "string", values: [] };
    const cells = side === "inputs" ? "tests" : "results";
    this.#changed((part) => {
      const n = part.grid[side].length + 1;
      part.grid[side].push(side === "inputs" ? { ...both, expression: `input${n}` } : { ...both, name: `output${n}`, default: "" });
      for (const row of part.grid.rows) row[cells].push(side === "inputs" ? "-" : "");
    });
    this.box.querySelector("details[open] input")?.focus();
  }

  #remove(side, n) {
    const cells = side === "inputs" ? "tests" : "results";
    this.#changed((part) => {
      part.grid[side].splice(n, 1);
      for (const row of part.grid.rows) row[cells].splice(n, 1);
    });
  }

  #move(side, from, to) {
    const cells = side === "inputs" ? "tests" : "results";
    const moved = (list) => list.splice(to, 0, ...list.splice(from, 1));
    this.#changed((part) => {
      moved(part.grid[side]);
      for (const row of part.grid.rows) moved(row[cells]);
    });
  }
}
