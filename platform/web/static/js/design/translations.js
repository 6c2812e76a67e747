// The table of translations: a cell is kept when it is left; columns of a spreadsheet fill cells downwards.

import { find } from "../frame.js";
import { WholeDraft, bar } from "./draft.js";

const PAUSE = 500;
const data = JSON.parse(find("#design-data").textContent);
const cells = [...document.querySelectorAll("[data-language]")];
const changed = new Set();

class Texts extends WholeDraft {
  keep(cell) {
    changed.add(cell);
    cell.closest("td").classList.toggle("missing", cell.value.trim() === "");
    this.tell("change");
    clearTimeout(this.waiting);
    this.waiting = setTimeout(() => this.save(), PAUSE);
  }

  async save() {
    clearTimeout(this.waiting);
    this.waiting = 0;
    if (this.saving) await this.saving;
    const sent = [...changed];
    if (!sent.length) return;
    changed.clear();
    const texts = sent.map((cell) => {
      const { kind, name, path } = cell.closest("tr").dataset;
      return { kind, name, path: JSON.parse(path), language: cell.dataset.language, text: cell.value };
    });
    this.saving = this.send("/design/translations", { texts, draft: this.draft });
    if (!await this.saving) sent.forEach((cell) => changed.add(cell));
    this.saving = null;
    this.tell("saved");
  }
}

const draft = new Texts(data.draft);
bar(draft);

function fill(cell, text) {
  if (cell.value === text) return;
  cell.value = text;
  draft.keep(cell);
}

function pasted(cell, text) {
  const rows = text.replace(/\r?\n$/, "").split(/\r?\n/).map((line) => line.split("\t"));
  const lines = [...document.querySelectorAll("tbody tr")];
  const [top, left] = [lines.indexOf(cell.closest("tr")), [...cell.closest("tr").querySelectorAll("[data-language]")].indexOf(cell)];
  rows.forEach((values, down) => values.forEach((value, across) => {
    const goal = lines[top + down]?.querySelectorAll("[data-language]")[left + across];
    if (goal) fill(goal, value.trim());
  }));
}

document.addEventListener("change", (event) => { if (event.target.matches("[data-language]")) draft.keep(event.target); });
document.addEventListener("paste", (event) => {
  const text = event.clipboardData.getData("text/plain");
  if (!event.target.matches("[data-language]") || !/[\t\n]/.test(text.trim())) return;
  event.preventDefault();
  pasted(event.target, text);
});
document.addEventListener("keydown", (event) => {
  if (!event.target.matches("[data-language]") || event.isComposing) return;
  const step = event.key === "Enter" && !event.shiftKey ? 2 : { ArrowDown: 2, ArrowUp: -2 }[event.altKey ? event.key : ""];
  if (!step) return;
  event.preventDefault();
  cells[cells.indexOf(event.target) + step]?.focus();
});
find("main").dataset.ready = "";
