// One cell: how its words are shown, and the small panel that helps while somebody types into it.

import { ask, element, icon, say } from "./draft.js";

const grouped = (words) => words.replace(/(?<!\d)(?<!\d\.)\d{4,}/g, (digits) => digits.replace(/\B(?=(\d{3})+$)/g, ","));

const spans = ["number", "date", "date and time", "time", "days and time duration"];

// From 5 to 9; an end that is left out says so.
function span(whole, before, low, high, after) {
  if (!before || (before === "[" && after === "]")) return `${low} – ${high}`;
  return `${before === "[" ? "≥" : ">"} ${low} … ${after === "]" ? "≤" : "<"} ${high}`;
}

// `>= 50000` as ≥ 50,000; what begins with = is FEEL and stays.
export function pretty(text, kind, words) {
  if (text.startsWith("=")) return text;
  let shown = text.replaceAll(">=", "≥").replaceAll("<=", "≤");
  if (kind === "boolean") shown = shown.replace(/\btrue\b/g, words.yes).replace(/\bfalse\b/g, words.no);
  shown = shown.replace(/^not\((.*)\)$/, (whole, values) => say(words.not, { values }));
  if (spans.includes(kind)) shown = shown.replace(/([[(\]]?)([^()[\],]+?)\s*\.\.\s*([^()[\],]+?)([\])[]|$)/g, span);
  return kind === "number" ? grouped(shown) : shown;
}

export function hint(column, words) {
  if (column.side === "note") return words.type_note;
  const kind = column.kind;
  if (column.side === "results") {
    if (kind.startsWith("date")) return words.result_date;
    return { number: words.result_number, string: words.result_string, boolean: words.result_boolean }[kind] ?? words.result_other;
  }
  if (kind.startsWith("date")) return words.date_hint;
  if (kind.includes("duration")) return words.duration_hint;
  return { number: words.number_hint, string: words.string_hint, boolean: words.boolean_hint }[kind] ?? words.other_hint;
}

const listed = (text) => text.split(/[,，、]/).map((one) => one.trim()).filter((one) => one && one !== "-");

// Chips of the allowed values, what the words mean, and what is wrong with them, as one types.
export class Helper {
  #turn = null;
  #timer = 0;

  constructor(draft, box) {
    Object.assign(this, { draft, box, words: draft.words });
    box.addEventListener("mousedown", (event) => event.preventDefault());     // the input keeps the caret
    box.addEventListener("click", (event) => this.#toggle(event.target.closest("[data-value]")));
  }

  open(input, column, row, problem = "") {
    Object.assign(this, { input, column, row });
    this.chips = element("div", { class: "fl-dec-chips" });
    this.meaning = element("div", { class: "xs muted" });
    this.problem = element("div", { class: "err", role: "status", id: "cell-problem" });
    this.box.replaceChildren(this.chips, element("div", { class: "xs faint", text: hint(column, this.words) }), this.meaning, this.problem);
    this.box.hidden = false;
    this.#draw();
    this.tell(problem);
    input.setAttribute("aria-describedby", "cell-problem");
    input.addEventListener("input", () => { this.#draw(); this.#later(); });
  }

  close() {
    this.box.hidden = true;
    this.input = null;
    this.#turn?.abort();
    clearTimeout(this.#timer);
  }

  tell(problem) {
    this.problem.replaceChildren(...(problem ? [icon("alert-circle"), document.createTextNode(problem)] : []));
    this.input?.setAttribute("aria-invalid", String(Boolean(problem)));
  }

  #values() {
    if (this.column.kind === "boolean" && this.column.side !== "note") return ["true", "false"];
    return this.column.values ?? [];
  }

  #draw() {
    const chosen = listed(this.input.value);
    this.chips.replaceChildren(...this.#values().map((value) => element("button", {
      type: "button", class: "fl-dec-chip", "data-value": value, "aria-pressed": String(chosen.includes(value)), tabindex: "-1",
      text: pretty(value, this.column.kind, this.words),
    })));
    if (this.column.side === "tests") {
      this.chips.append(element("button", { type: "button", class: "fl-dec-chip", "data-value": "-", tabindex: "-1",
        "aria-pressed": String(["", "-"].includes(this.input.value.trim())), text: this.words.any }));
    }
  }

  #toggle(chip) {
    if (!chip || !this.input) return;
    const value = chip.dataset.value;
    const chosen = listed(this.input.value);
    if (this.column.side === "results" || value === "-") this.input.value = value;
    else this.input.value = (chosen.includes(value) ? chosen.filter((one) => one !== value) : [...chosen.filter((one) => this.#values().includes(one)), value]).join(", ") || "-";
    this.input.dispatchEvent(new Event("input", { bubbles: true }));
  }

  #later() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#check(), 300);
  }

  // The whole draft with this cell as it is being typed; the draft itself changes when the cell is left.
  async #check() {
    const { input, column, row } = this;
    if (!input || column.side === "note") return;
    this.#turn?.abort();
    this.#turn = new AbortController();
    const part = structuredClone(this.draft.part);
    part.grid.rows[row][column.side][column.at] = input.value;
    const parts = this.draft.sheet.parts.map((one) => (one.key === part.key ? part : one));
    try {
      const { ok, told } = await ask(this.draft, "check", {
        sheet: { parts }, cell: { words: input.value, kind: column.kind, unary: column.side === "tests" } }, this.#turn.signal);
      if (!ok || input !== this.input) return;
      const path = `parts/${part.key}/rows/${row}/${column.side}/${column.at}`;
      const found = told.findings.find((one) => one.path === path);
      this.tell(found ? [found.message, found.hint].filter(Boolean).join(" ") : "");
      this.meaning.textContent = told.feel && told.feel !== input.value.trim() ? say(this.words.means, { feel: told.feel }) : "";
    } catch (error) {
      if (error.name !== "AbortError" && !(error instanceof TypeError)) throw error;      // away: the page says so
    }
  }
}
