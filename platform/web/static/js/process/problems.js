// What the server found: a pin on the shape, a line in the list with the effect and the way out, F8 for the next.

import { find } from "../frame.js";
import { element, icon, say } from "../parts.js";

const GLYPHS = { error: ["alert-circle", "t-stop"], warning: ["alert-triangle", "t-wait"], note: ["info-circle", "t-idle"] };
const ORDER = { error: 0, warning: 1, note: 2 };

export class Problems {
  constructor(context) {
    this.context = context;
    this.found = [];
    this.marked = [];
    this.at = -1;
  }

  get errors() { return this.found.filter((one) => one.severity === "error"); }

  tell(findings) {
    this.found = [...findings].sort((a, b) => ORDER[a.severity] - ORDER[b.severity]);
    this.at = -1;
    this.mark();
    this.#list();
  }

  // Shapes may have been drawn anew since.
  mark() {
    const { model, modeler, words } = this.context;
    const overlays = modeler.get("overlays");
    overlays.remove({ type: "problem" });
    for (const [id, name] of this.marked) if (model.elementRegistry.get(id)) model.canvas.removeMarker(id, name);
    this.marked = [];
    const groups = Map.groupBy ? Map.groupBy(this.found, (one) => one.element) : grouped(this.found);
    for (const [id, found] of groups) {
      const shape = model.elementRegistry.get(id);
      const serious = found.filter((one) => one.severity !== "note");
      if (!shape || shape === model.root || !serious.length) continue;
      const error = serious.some((one) => one.severity === "error");
      const marker = error ? "has-error" : "has-warning";
      model.canvas.addMarker(id, marker);
      this.marked.push([id, marker]);
      const pin = element("button", { type: "button", class: `fl-pin ${error ? "stop" : "wait"}`, title: serious.map((one) => one.message).join("\n"), text: say(error ? words.pin_error : words.pin_warning, { n: serious.length }) });
      pin.addEventListener("click", () => this.context.select(id));
      overlays.add(id, "problem", { position: { top: -14, left: 4 }, html: pin });
    }
  }

  next() {
    const serious = this.found.filter((one) => one.severity !== "note");
    if (!serious.length) return;
    this.at = (this.at + 1) % serious.length;
    this.context.select(serious[this.at].element, true);
    const line = find("[data-findings]").children[this.found.indexOf(serious[this.at])];
    line?.querySelector("button").focus();
  }

  #list() {
    const { words } = this.context;
    const count = (kind) => this.found.filter((one) => one.severity === kind).length;
    const tags = [["error", "stop", words.errors], ["warning", "wait", words.warnings]].filter(([kind]) => count(kind))
      .map(([kind, tone, text]) => element("span", { class: `fl-tag ${tone}`, text: say(text, { n: count(kind) }) }));
    const fine = element("span", { class: "fl-tag done" }, icon("circle-check"), document.createTextNode(words.fine));
    find("[data-counts]").replaceChildren(...(tags.length ? tags : [fine]));
    find("[data-findings]").replaceChildren(...this.found.map((one) => this.#line(one)));
  }

  #line(one) {
    const { words, model } = this.context;
    const [glyph, tone] = GLYPHS[one.severity] ?? GLYPHS.note;
    const mark = icon(glyph);
    mark.classList.add(tone);
    const show = element("button", { type: "button", class: "fl-wf-problem" }, mark, element("span", { class: "grow" }, element("b", { text: one.message }), one.hint ? element("span", { class: "muted d-block", text: one.hint }) : null));
    show.addEventListener("click", () => this.context.select(one.element, true));
    const gateway = model.elementRegistry.get(one.element)?.businessObject;
    const free = one.code === "bpmn-gateway" && !gateway?.default && gateway?.outgoing?.filter((way) => !way.conditionExpression && (!one.way || way.id === one.way));
    if (!free?.length || this.context.readonly) return element("li", {}, show);
    const way = free.at(-1);
    const mend = element("button", { type: "button", class: "btn btn-sm", text: say(words.make_otherwise, { name: way.name || model.title(way.targetRef) }) });
    mend.addEventListener("click", () => model.modeling.updateProperties(model.shape(gateway), { default: way }));
    return element("li", {}, show, mend);
  }
}

function grouped(found) {
  const groups = new Map();
  for (const one of found) groups.set(one.element, [...(groups.get(one.element) ?? []), one]);
  return groups;
}
