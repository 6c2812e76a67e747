// The table of rules, edited in place as in a spreadsheet. All of it by keyboard.

import Sortable from "../../vendor/sortablejs@1.15.7/sortable.esm.js";
import { Helper, pretty } from "./cells.js";
import { chinese, element, freshKey, heading, icon, remark, say } from "./draft.js";
import { menu } from "./menu.js";

const narrow = matchMedia("(max-width: 767px)");

export class Grid {
  #editing = null;

  constructor(draft, holder) {
    Object.assign(this, { draft, holder, words: draft.words, at: { row: 0, column: 0 }, anchor: null, findings: [], hits: new Set() });
    this.box = element("div", { class: "fl-pop fl-dec-help", hidden: true });
    document.body.append(this.box);
    this.helper = new Helper(draft, this.box);
    holder.addEventListener("mousedown", (event) => this.#pressed(event));
    holder.addEventListener("dblclick", (event) => { if (this.#cell(event.target)) this.edit(); });
    holder.addEventListener("click", (event) => this.#clicked(event));
    holder.addEventListener("keydown", (event) => this.#key(event));
    holder.addEventListener("focusin", (event) => this.#focused(event.target));
    holder.addEventListener("scroll", () => this.#place(), { passive: true });
    for (const name of ["copy", "cut", "paste"]) holder.addEventListener(name, (event) => this[`_${name}`](event));
    draft.addEventListener("tidy", () => { if (!this.#editing) this.draw(); });
    draft.addEventListener("change", (event) => { if (event.detail.whole || event.detail.rows) this.draw(); });
  }

  get rows() { return this.draft.grid?.rows ?? []; }

  columns() {
    const { inputs, outputs } = this.draft.grid;
    return [...inputs.map((column, at) => ({ ...column, side: "tests", at, head: heading(column) })),
      ...outputs.map((column, at) => ({ ...column, side: "results", at, head: heading(column) })),
      { side: "note", kind: "", head: this.words.note, values: [] }];
  }

  read = (row, column) => (column.side === "note" ? remark(row) : row[column.side][column.at]) ?? "";

  write(row, column, text) {
    if (column.side === "note") row[chinese ? "note_zh" : "note"] = text;
    else row[column.side][column.at] = text;
  }

  // ---------- drawing ----------
  draw() {
    if (!this.draft.grid) { this.holder.replaceChildren(); return; }
    this.#stop(false);
    const columns = this.columns();
    const focused = this.holder.contains(document.activeElement);
    this.table = element("table", { class: "fl-dec-table", role: "grid", "aria-label": this.words.rules, "aria-multiselectable": "true", "aria-rowcount": this.rows.length + 1 },
      this.#head(columns), element("tbody", {}, ...this.rows.map((row, n) => this.#row(row, n, columns))));
    const add = element("button", { type: "button", class: "btn btn-ghost fl-dec-add", "data-add": true }, icon("plus"), document.createTextNode(this.words.add_rule));
    const none = this.rows.length ? null : element("p", { class: "fl-quiet muted", text: this.words.no_rules });
    this.holder.replaceChildren(this.table, ...(none ? [none] : []), add);
    Sortable.create(this.table.tBodies[0], { handle: "[data-grip]", animation: 120, onEnd: ({ oldIndex, newIndex }) => this.move(oldIndex, newIndex) });
    this.#clamp();
    this.mark();
    this.#select(focused);
  }

  #head(columns) {
    const { inputs, outputs } = this.draft.grid;
    const groups = element("tr", { class: "groups" }, element("th", { class: "no", "aria-hidden": "true" }),
      ...(inputs.length ? [element("th", { colspan: inputs.length, class: "when", scope: "colgroup", text: this.words.when })] : []),
      element("th", { colspan: outputs.length, class: "then", scope: "colgroup", text: this.words.then }), element("th", { class: "note" }));
    const names = element("tr", {}, element("th", { class: "no", scope: "col" }, element("span", { class: "visually-hidden", text: this.words.rule })),
      ...columns.map((column) => element("th", { scope: "col", class: `${column.side}${column.at === 0 ? " first" : ""}`, "data-column": column.key },
        element("span", { class: "clip d-block", text: column.head, title: column.head }),
        column.side === "note" ? null : element("code", { class: "clip d-block", text: column.expression ?? column.name }))));
    return element("thead", {}, groups, names);
  }

  #row(row, n, columns) {
    const number = element("th", { scope: "row", class: "no" },
      element("span", { class: "grip", "data-grip": true, title: this.words.drag }, icon("grip-vertical")), element("span", { class: "n", text: n + 1 }),
      element("button", { type: "button", class: "fl-icon-btn sm", "data-menu": true, "aria-label": `${this.words.menu} ${n + 1}`, "aria-haspopup": "menu", tabindex: "-1" }, icon("dots-vertical")));
    return element("tr", { "data-row": n }, number, ...columns.map((column, c) => this.#made(row, n, column, c)));
  }

  #made(row, n, column, c) {
    const cell = element("td", { role: "gridcell", tabindex: "-1", "data-c": c, "data-label": column.head, "aria-selected": "false",
      class: `${column.side}${column.at === 0 ? " first" : ""}${column.kind === "number" ? " num" : ""}` });
    this.#fill(cell, this.read(row, column), column);
    return cell;
  }

  #fill(cell, text, column) {
    const any = column.side === "tests" && ["", "-"].includes(text.trim());
    if (any) cell.replaceChildren(element("span", { class: "any", text: "–", title: this.words.any, "aria-label": this.words.any }));
    else if (text.startsWith("=")) cell.replaceChildren(element("code", { text: text.slice(1).trim(), title: text }));
    else cell.replaceChildren(element("span", { class: "clip", text: pretty(text, column.kind, this.words), title: text }));
  }

  // Findings at cells and rules, and the rules that fit the test.
  mark(findings = this.findings, hits = this.hits) {
    Object.assign(this, { findings, hits });
    if (!this.table || !this.draft.grid) return;
    for (const cell of this.table.querySelectorAll(".bad, .warn")) { cell.classList.remove("bad", "warn"); cell.removeAttribute("aria-invalid"); }
    for (const found of findings) {
      const [, key, where, n, side, at] = found.path.split("/");
      if (key !== this.draft.key) continue;
      const spot = where === "rows" ? this.#spot(Number(n), side, Number(at)) : this.table.querySelector(`th[data-column="${CSS.escape(n ?? "")}"]`);
      spot?.classList.add(found.severity === "error" ? "bad" : "warn");
      if (found.severity === "error") spot?.setAttribute("aria-invalid", "true");
    }
    this.table.querySelectorAll("tbody tr").forEach((row, n) => row.classList.toggle("hit", hits.has(n)));
  }

  #spot(n, side, at) {
    const row = this.table.tBodies[0].rows[n];
    if (!side) return row?.cells[0];
    return row?.cells[1 + (side === "tests" ? at : this.draft.grid.inputs.length + at)];
  }

  problem(row, column) {
    const path = `parts/${this.draft.key}/rows/${row}/${column.side}/${column.at}`;
    const found = this.findings.find((one) => one.path === path);
    return found ? [found.message, found.hint].filter(Boolean).join(" ") : "";
  }

  // ---------- selection ----------
  #cell = (target) => target.closest?.("td[data-c]");
  node = (at = this.at) => this.table?.tBodies[0].rows[at.row]?.cells[at.column + 1];

  #clamp() {
    this.at = { row: Math.max(0, Math.min(this.at.row, this.rows.length - 1)), column: Math.max(0, Math.min(this.at.column, this.columns().length - 1)) };
    this.anchor = null;
  }

  range() {
    const other = this.anchor ?? this.at;
    return { top: Math.min(this.at.row, other.row), bottom: Math.max(this.at.row, other.row),
      left: Math.min(this.at.column, other.column), right: Math.max(this.at.column, other.column) };
  }

  #select(focus = true) {
    const { top, bottom, left, right } = this.range();
    for (const cell of this.table?.querySelectorAll("td[data-c]") ?? []) {
      const [row, column] = [cell.parentElement.rowIndex - 2, Number(cell.dataset.c)];
      const inside = row >= top && row <= bottom && column >= left && column <= right;
      cell.setAttribute("aria-selected", String(inside && Boolean(this.anchor)));
      cell.tabIndex = row === this.at.row && column === this.at.column ? 0 : -1;
    }
    if (focus) this.node()?.focus();
  }

  go(row, column, extend = false) {
    if (extend) this.anchor ??= { ...this.at };
    else this.anchor = null;
    this.at = { row: Math.max(0, Math.min(row, this.rows.length - 1)), column: Math.max(0, Math.min(column, this.columns().length - 1)) };
    this.#select();
    this.node()?.scrollIntoView({ block: "nearest", inline: "nearest" });
  }

  #focused(target) {
    const cell = this.#cell(target);
    if (!cell || this.#editing) return;
    const [row, column] = [cell.parentElement.rowIndex - 2, Number(cell.dataset.c)];
    if (row !== this.at.row || column !== this.at.column) { this.at = { row, column }; this.anchor = null; this.#select(false); }
  }

  #pressed(event) {
    const cell = this.#cell(event.target);
    if (!cell || cell.contains(this.#editing?.input)) return;
    const [row, column] = [cell.parentElement.rowIndex - 2, Number(cell.dataset.c)];
    if (event.shiftKey) { event.preventDefault(); this.go(row, column, true); }
  }

  #clicked(event) {
    if (event.target.closest("[data-add]")) { this.add(this.rows.length); return; }
    const opener = event.target.closest("[data-menu]");
    if (opener) { this.#menu(opener, opener.closest("tr").rowIndex - 2); return; }
    const cell = this.#cell(event.target);
    if (cell && narrow.matches) this.edit();
  }

  // ---------- editing a cell ----------
  edit(typed = null) {
    const cell = this.node();
    if (!cell || this.#editing) return;
    const column = this.columns()[this.at.column];
    const text = this.read(this.rows[this.at.row], column);
    if (narrow.matches) { this.#sheet(column, text); return; }
    const input = element("input", { class: "cell-input", "aria-label": `${column.head}, ${this.words.rule} ${this.at.row + 1}`, autocomplete: "off", spellcheck: "false" });
    input.value = typed ?? (text === "-" ? "" : text);
    this.#editing = { input, column, row: this.at.row, text };
    cell.replaceChildren(input);
    cell.classList.add("editing");
    input.focus();
    if (typed === null) input.select();
    input.addEventListener("keydown", (event) => this.#typing(event));
    input.addEventListener("blur", () => this.#stop(true));
    this.helper.open(input, column, this.at.row, this.problem(this.at.row, column));
    this.#place();
  }

  #place() {
    if (!this.#editing) return;
    const box = this.#editing.input.getBoundingClientRect();
    this.box.style.setProperty("left", `${Math.max(8, Math.min(box.left, innerWidth - 328))}px`);
    const below = innerHeight - box.bottom > 160;
    this.box.style.setProperty("top", below ? `${box.bottom + 6}px` : "auto");
    this.box.style.setProperty("bottom", below ? "auto" : `${innerHeight - box.top + 6}px`);
  }

  #typing(event) {
    if (event.isComposing) return;
    const { row, column } = this.at;
    if (event.key === "Escape") { event.preventDefault(); this.#stop(false); this.#select(); }
    else if (event.key === "Enter" && !event.ctrlKey && !event.metaKey) { event.preventDefault(); this.#stop(true); this.go(event.shiftKey ? row - 1 : row + 1, column); }
    else if (event.key === "Tab") { event.preventDefault(); this.#stop(true); this.#along(event.shiftKey ? -1 : 1); }
    else if ((event.ctrlKey || event.metaKey) && ["s", "Enter"].includes(event.key)) { this.#stop(true); this.#select(); return; }
    event.stopPropagation();
  }

  #stop(keep) {
    const editing = this.#editing;
    if (!editing) return;
    this.#editing = null;
    this.helper.close();
    const cell = editing.input.closest("td");
    const typed = editing.input.value.trim() || (editing.column.side === "tests" ? "-" : "");
    const text = keep && !(typed === "-" && editing.text === "") ? typed : editing.text;
    cell?.classList.remove("editing");
    if (cell) this.#fill(cell, text, editing.column);
    if (text !== editing.text) this.draft.change((part) => this.write(part.grid.rows[editing.row], editing.column, text));
  }

  // On a phone a cell is edited in a sheet of its own.
  #sheet(column, text) {
    const dialog = document.querySelector("#cell");
    const row = this.at.row;
    const input = element("input", { class: "form-control", id: "cell-words", "aria-labelledby": "cell-title", autocomplete: "off" });
    input.value = text === "-" ? "" : text;
    dialog.querySelector("#cell-title").textContent = say(this.words.mistake_at, { n: row + 1, column: column.head });
    const help = element("div", { class: "fl-dec-help in-sheet" });
    dialog.querySelector("[data-cell-body]").replaceChildren(input, help);
    const helper = new Helper(this.draft, help);
    helper.open(input, column, row, this.problem(row, column));
    dialog.returnValue = "";
    dialog.addEventListener("close", () => {
      helper.close();
      const typed = input.value.trim() || (column.side === "tests" ? "-" : "");
      if (dialog.returnValue === "done" && typed !== text) {
        this.draft.change((part) => this.write(part.grid.rows[row], column, typed), { rows: true });
      }
    }, { once: true });
    dialog.showModal();
    input.focus();
  }

  // ---------- keys ----------
  #key(event) {
    if (!this.#cell(event.target) || this.#editing || event.isComposing) return;
    const { row, column } = this.at;
    const control = event.ctrlKey || event.metaKey;
    const last = this.columns().length - 1;
    const moves = { ArrowUp: [row - 1, column], ArrowDown: [row + 1, column], ArrowLeft: [row, column - 1], ArrowRight: [row, column + 1],
      Home: [control ? 0 : row, 0], End: [control ? this.rows.length - 1 : row, last], PageUp: [row - 10, column], PageDown: [row + 10, column] };
    if (event.altKey && ["ArrowUp", "ArrowDown"].includes(event.key)) this.move(row, row + (event.key === "ArrowUp" ? -1 : 1));
    else if (moves[event.key]) this.go(...moves[event.key], event.shiftKey);
    else if (control && event.key === "Enter") this.add(row + 1);
    else if (event.key === "Enter" || event.key === "F2") this.edit();
    else if (event.key === "Tab") { if (!this.#along(event.shiftKey ? -1 : 1)) return; }
    else if (event.key === "Escape") { this.leaving = true; this.anchor = null; this.#select(); return; }
    else if (control && ["Delete", "Backspace"].includes(event.key)) this.drop(row);
    else if (["Delete", "Backspace"].includes(event.key)) this.#clear();
    else if (control && event.key.toLowerCase() === "d") this.duplicate(row);
    else if (control && event.key.toLowerCase() === "a") { this.anchor = { row: 0, column: 0 }; this.at = { row: this.rows.length - 1, column: last }; this.#select(); }
    else if ((event.shiftKey && event.key === "F10") || event.key === "ContextMenu") this.#menu(this.node(), row);
    else if (!control && !event.altKey && event.key === "Process") { this.edit(""); return; }
    else if (!control && !event.altKey && event.key.length === 1) this.edit(event.key);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  // To the next cell, over the end of a line; false where the table ends, or after Esc, so that Tab leaves it.
  #along(step) {
    const width = this.columns().length;
    const next = this.at.row * width + this.at.column + step;
    if (this.leaving || next < 0 || next >= width * this.rows.length) { this.leaving = false; return false; }
    this.go(Math.floor(next / width), next % width);
    return true;
  }

  #clear() {
    const { top, bottom, left, right } = this.range();
    const columns = this.columns().slice(left, right + 1);
    this.draft.change((part) => {
      for (const row of part.grid.rows.slice(top, bottom + 1)) for (const column of columns) this.write(row, column, column.side === "tests" ? "-" : "");
    }, { rows: true });
  }

  // ---------- rules ----------
  blank() {
    const { inputs, outputs } = this.draft.grid;
    return { key: freshKey(), tests: inputs.map(() => "-"), results: outputs.map(() => ""), note: "", note_zh: "" };
  }

  add(at, row = this.blank()) {
    this.draft.change((part) => part.grid.rows.splice(at, 0, row), { rows: true });
    this.go(at, 0);
  }

  duplicate(at) {
    this.add(at + 1, { ...structuredClone(this.rows[at]), key: freshKey() });
  }

  drop(at) {
    if (!this.rows[at]) return;
    this.draft.change((part) => part.grid.rows.splice(at, 1), { rows: true });
    this.go(at, this.at.column);
  }

  move(from, to) {
    if (to < 0 || to >= this.rows.length || from === to) { if (from !== to) return; this.draw(); return; }
    this.draft.change((part) => part.grid.rows.splice(to, 0, ...part.grid.rows.splice(from, 1)), { rows: true });
    this.go(to, this.at.column);
  }

  #menu(opener, row) {
    const { words } = this;
    menu(opener, [
      ["plus", words.above, () => this.add(row)], ["row-insert-bottom", words.below, () => this.add(row + 1), "Ctrl ↵"],
      ["copy", words.duplicate, () => this.duplicate(row), "Ctrl D"],
      ["arrow-up", words.up, () => this.move(row, row - 1), "Alt ↑", row === 0],
      ["arrow-down", words.down, () => this.move(row, row + 1), "Alt ↓", row === this.rows.length - 1],
      ["trash", words.delete, () => this.drop(row), "Ctrl Del"],
    ]);
  }

  // ---------- to and from a spreadsheet ----------
  _copy(event) {
    if (this.#editing || !this.#cell(event.target)) return;
    const { top, bottom, left, right } = this.range();
    const columns = this.columns().slice(left, right + 1);
    const quote = (text) => (/[\t\n"]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
    const lines = this.rows.slice(top, bottom + 1).map((row) => columns.map((column) => quote(this.read(row, column))).join("\t"));
    event.clipboardData.setData("text/plain", lines.join("\n"));
    event.preventDefault();
  }

  _cut(event) {
    if (this.#editing || !this.#cell(event.target)) return;
    this._copy(event);
    this.#clear();
  }

  // From where one is, to the right and down; rules that are missing are added.
  _paste(event) {
    if (this.#editing || !this.#cell(event.target)) return;
    event.preventDefault();
    const lines = table(event.clipboardData.getData("text/plain"));
    const columns = this.columns();
    const { top, left } = this.range();
    this.draft.change((part) => {
      lines.forEach((line, n) => {
        if (!part.grid.rows[top + n]) part.grid.rows.push(this.blank());
        line.forEach((text, k) => {
          const column = columns[left + k];
          if (column) this.write(part.grid.rows[top + n], column, text.trim() || (column.side === "tests" ? "-" : ""));
        });
      });
    }, { rows: true });
    this.go(top, left);
  }
}

// Tab-separated lines; a cell in quotes may hold tabs and breaks.
export function table(text) {
  const lines = [[""]];
  let quoted = false;
  const source = text.replace(/\r\n?/g, "\n").replace(/\n$/, "");
  for (let at = 0; at < source.length; at += 1) {
    const sign = source[at];
    const line = lines.at(-1);
    if (quoted && sign === '"' && source[at + 1] === '"') { line[line.length - 1] += '"'; at += 1; }
    else if (sign === '"' && (quoted || (line.at(-1) === "" && /"(\t|\n|$)/.test(source.slice(at + 1))))) quoted = !quoted;
    else if (!quoted && sign === "\t") line.push("");
    else if (!quoted && sign === "\n") lines.push([""]);
    else line[line.length - 1] += sign;
  }
  return lines;
}
