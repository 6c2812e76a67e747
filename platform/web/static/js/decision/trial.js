// The test beside the table: values by kind, the result, and the rules that fit while one types.

import { ask, element, icon, say } from "./draft.js";

export class Trial {
  #turn = null;
  #timer = 0;

  constructor(draft, box, shown) {
    Object.assign(this, { draft, box, shown, words: draft.words, asks: {}, values: {} });
    this.form = element("form", { class: "fl-dec-ask", autocomplete: "off" });
    this.result = element("div", { class: "fl-dec-result", role: "status", "aria-live": "polite" });
    box.replaceChildren(this.form, this.result);
    this.form.addEventListener("submit", (event) => event.preventDefault());
    this.form.addEventListener("input", (event) => { this.mine[event.target.name] = event.target.value; this.later(); });
    draft.addEventListener("choose", () => { this.draw(); this.later(); });
  }

  get mine() { return (this.values[this.draft.key] ??= {}); }

  // What is asked for, as the server reads the draft.
  know(asks) {
    if (JSON.stringify(asks) !== JSON.stringify(this.asks)) { this.asks = asks; this.draw(); }
    this.later();
  }

  draw() {
    const asked = this.asks[this.draft.key] ?? [];
    const lead = asked.length ? this.words.ask : this.words.no_inputs;
    this.form.replaceChildren(element("p", { class: "sm muted", text: lead }), ...asked.map((one) => this.#field(one)));
  }

  fill(example) {
    for (const one of this.asks[this.draft.key] ?? []) {
      if (example[one.name] !== undefined) this.mine[one.name] = example[one.name] === "null" ? "" : example[one.name];
    }
    this.draw();
    this.later();
  }

  #field({ name, label, kind, values }) {
    const value = this.mine[name] ?? "";
    const choices = kind === "boolean" ? [["true", this.words.yes], ["false", this.words.no]] : values.map((one) => [one, one]);
    let input;
    if (choices.length && (value === "" || choices.some(([one]) => one === value))) {
      input = element("select", { class: "form-select", name }, element("option", { value: "", text: this.words.choose }),
        ...choices.map(([one, words]) => element("option", { value: one, text: words, selected: one === value })));
    } else {
      input = element("input", { class: "form-control", name, type: kind === "date" ? "date" : "text", inputmode: kind === "number" ? "decimal" : null });
      input.value = value;
    }
    return element("label", { class: "fl-field" }, element("span", { class: "fl-label", text: label }), input, element("span", { class: "err", "data-error": name }));
  }

  later() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#run(), 200);
  }

  async #run() {
    this.#turn?.abort();
    this.#turn = new AbortController();
    const asked = this.asks[this.draft.key];
    if (!asked || !asked.some((one) => this.mine[one.name])) { this.result.replaceChildren(); this.shown({}); return; }
    const inputs = Object.fromEntries(asked.map((one) => [one.name, this.mine[one.name] ?? ""]));
    try {
      const { ok, told } = await ask(this.draft, "try", { decision: this.draft.key, inputs }, this.#turn.signal);
      if (ok) this.#tell(told);
    } catch (error) {
      if (error.name !== "AbortError" && !(error instanceof TypeError)) throw error;      // away: the page says so
    }
  }

  #tell(told) {
    const { words } = this;
    for (const spot of this.form.querySelectorAll("[data-error]")) spot.textContent = told.errors?.[spot.dataset.error] ?? "";
    if (told.broken) { this.result.replaceChildren(element("p", { class: "sm muted", text: words.fix_first })); this.shown({}); return; }
    if (Object.keys(told.errors).length) { this.result.replaceChildren(); this.shown({}); return; }
    this.shown(told.hits);
    const numbers = (told.hits[this.draft.key] ?? []).map((n) => n + 1).join(", ");
    const value = told.empty && !told.failures.length ? element("p", { class: "t-wait", text: words.nothing }) : element("dl", { class: "values" }, ...told.values.flatMap(([name, one]) => [name ? element("dt", { text: name }) : null, element("dd", { text: one })]));
    this.result.replaceChildren(element("h3", { text: words.result }), ...(told.empty && told.failures.length ? [] : [value]),
      ...told.failures.map((text) => element("p", { class: "err" }, icon("alert-circle"), document.createTextNode(text))),
      numbers ? element("p", { class: "sm muted", text: say(words.fits, { numbers }) }) : "");
  }
}
