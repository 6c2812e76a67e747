// The tab "Test run": the drawing as it is now, run with a sample. Nothing of it is kept; what was passed is marked.

import { element, redrawn } from "../parts.js";
import { field, section, select, text } from "./controls.js";
import { ask } from "./keeping.js";

const MARKS = ["is-past", "is-now"];
const SPLITS = /Gateway$/;

export class Trial {
  constructor(box, context, keeping) {
    Object.assign(this, { box, context, keeping, moves: [], typed: {}, record: "", trace: null, told: "" });
  }

  show() { this.#draw(); this.#mark(); }

  // Another drawing, or another tab: what was passed is no longer in sight.
  hide() { this.#unmark(); }

  changed() {
    this.latest = null;
    if (!this.trace) return;
    Object.assign(this, { moves: [], trace: null, told: this.context.words.trial_again });
    this.#unmark();
    if (!this.box.hidden) this.#draw();
  }

  async #run(moves) {
    const { model, words } = this.context;
    if (this.context.problems().some((one) => one.severity === "error")) { this.told = words.trial_mend; this.show(); return; }
    const values = Object.fromEntries(Object.entries(this.typed).filter(([, value]) => value !== ""));
    const body = { bpmn: await this.keeping.drawn(), values, record: this.record ? Number(this.record) : null, moves };
    const mine = this.latest = {};
    const answer = await ask(`/processes/${encodeURIComponent(model.process.id)}/test/trace`, body);
    if (mine !== this.latest) return;        // another run began, or the drawing changed
    this.told = answer.ok ? "" : refusal(answer, words);
    if (answer.ok) Object.assign(this, { trace: answer.told, moves });
    this.show();
  }

  #mark() {
    this.#unmark();
    if (!this.trace) return;
    const { canvas, elementRegistry } = this.context.model;
    const { passed, flows, current } = this.trace;
    for (const [mark, ids] of [["is-past", [...passed, ...flows].filter((id) => !current.includes(id))], ["is-now", current]]) {
      for (const id of ids) if (elementRegistry.get(id)) canvas.addMarker(id, mark);
    }
  }

  #unmark() {
    const { canvas, elementRegistry } = this.context.model;
    for (const shape of elementRegistry.getAll()) for (const mark of MARKS) if (canvas.hasMarker(shape, mark)) canvas.removeMarker(shape, mark);
  }

  #draw() { redrawn(this.box, () => this.#drawn()); }

  #drawn() {
    const { words } = this.context;
    this.box.replaceChildren(
      section("", element("p", { class: "help", text: words.trial_help }), this.told ? element("div", { class: "fl-note stop", role: "alert", text: this.told }) : null),
      ...(this.trace ? [this.#now(), this.#way(), this.#effects()] : []),
      this.#sample());
  }

  #press(id, label, act, primary = false) {
    const made = element("button", { type: "button", id: `trial-${id}`, class: `btn btn-sm${primary ? " btn-primary" : ""}`, text: label });
    made.addEventListener("click", act);
    return made;
  }

  #sample() {
    const { words, model } = this.context;
    const plain = (model.entity?.fields ?? []).filter((one) => one.kind && !one.fixed);
    const number = text(this.record, (next) => { this.record = next; }, { id: "trial-record", type: "number", min: 1 });
    const values = element("details", { class: "fl-wf-more", open: Object.keys(this.typed).length > 0 }, element("summary", { class: "sm", text: words.trial_values }),
      ...plain.map((one) => input(one, `trial-v-${one.name}`, this.typed[one.name] ?? "", words, (next) => { this.typed[one.name] = next; })));
    return section(words.trial_sample, ...(model.entity ? [field(words.trial_record, number, words.trial_record_help), values] : []),
      this.#press("start", this.trace ? words.trial_restart : words.trial_start, () => this.#run([]), !this.trace));
  }

  #now() {
    const { words } = this.context;
    const { trace } = this;
    const go = (move) => this.#run([...this.moves, move]);
    const running = trace.status === "running";
    const more = [
      this.moves.length ? this.#press("undo", words.trial_undo, () => this.#run(this.moves.slice(0, -1))) : null,
      running && trace.timers.length ? this.#press("next", words.trial_next, () => go({ do: "next" })) : null,
      running ? this.#press("finish", words.trial_finish, () => go({ do: "finish" })) : null];
    const said = [trace.failure && [trace.failure.label, trace.failure.message, trace.failure.hint].filter(Boolean).join(": "), ...trace.unfilled.map((one) => `${one.path}: ${one.message}`)].filter(Boolean);
    return section(words.trial_now,
      element("div", { class: "row-flex" }, element("span", { class: `fl-tag ${trace.tone}`, text: trace.state }), element("span", { class: "xs faint ms-auto", text: trace.clock })),
      ...said.map((one) => element("div", { class: "fl-note stop", text: one })),
      ...trace.tasks.map((task, n) => this.#task(task, n, go)),
      ...trace.timers.map((one) => element("div", { class: "sm", text: `${one.label} · ${one.due_words}` })),
      ...trace.events.map((one, n) => element("div", { class: "fl-wf-row" }, element("span", { class: "sm", text: one.label }), this.#press(`event-${n}`, words.trial_happens, () => go({ do: one.kind, name: one.name })))),
      element("div", { class: "row-flex flex-wrap" }, ...more));
  }

  #task(task, n, go) {
    const { words, model } = this.context;
    const values = {};
    const asked = task.fields.map(({ name }) => model.entity?.fields.find((one) => one.name === name)).filter((one) => one?.kind);
    const complete = (outcome) => go({ do: "complete", node: task.node, outcome: outcome.value, values, comment: outcome.comment === "required" ? words.trial : "" });
    const doers = task.who || task.users.join(", ") || task.role;
    return element("div", { class: "fl-wf-card" }, element("b", { class: "sm", text: task.label }), doers ? element("span", { class: "xs muted", text: doers }) : null,
      ...asked.map((one) => input(one, `trial-t-${n}-${one.name}`, "", words, (next) => { if (next === "") delete values[one.name]; else values[one.name] = next; })),
      element("div", { class: "row-flex flex-wrap" }, ...task.outcomes.map((one) => this.#press(`do-${n}-${one.value}`, one.label, () => complete(one)))));
  }

  #way() {
    const seen = this.trace.history.filter((one) => one.kind === "decided" || !SPLITS.test(one.element));
    const line = (one) => element("li", { class: "sm" }, document.createTextNode(one.kind === "decided" ? [one.who, one.outcome].filter(Boolean).join(": ") : one.label));
    return section(this.context.words.trial_way, element("ol", { class: "fl-wf-passed" }, ...seen.map(line)));
  }

  #effects() {
    const { effects, decisions } = this.trace;
    const lines = [...decisions.map((one) => `${one.decision}: ${one.result}`), ...effects.map((one) => one.words)];
    return lines.length ? section(this.context.words.trial_outside, element("ul", { class: "fl-wf-passed" }, ...lines.map((one) => element("li", { class: "sm", text: one })))) : null;
  }
}

function input(one, id, value, words, commit) {
  const yes = [["true", words.yes], ["false", words.no]];
  const offers = one.choices?.map((each) => [each.value, each.label]) ?? (one.kind === "boolean" ? yes : null);
  const typed = one.kind === "boolean" ? (next) => commit(next === "" ? "" : next === "true") : commit;
  const kind = { date: "date", "date and time": "datetime-local" }[one.kind] ?? "text";
  return field(one.label, offers ? select(String(value), [["", ""], ...offers], typed, { id }) : text(value, commit, { id, type: kind }));
}

function refusal({ status, told }, words) {
  if (status === 401) return words.signed_out;
  if (!told) return words.unreachable;
  return [told.title, told.hint, ...(told.errors ?? []).map((one) => [one.path, one.message].filter(Boolean).join(": "))].filter(Boolean).join(" ");
}
