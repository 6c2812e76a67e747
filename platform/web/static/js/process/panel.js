// The side panel: what is selected, as a form in the words of the business.

import { afterwards, chinese, element, icon, redrawn, undisturbed } from "../parts.js";
import { begin, field, section, select, text } from "./controls.js";
import { KINDS, become } from "./elements.js";
import { about as aboutProcess } from "./sections/process.js";
import { people } from "./sections/people.js";
import { automatic, called, decided, message, script } from "./sections/doing.js";
import { event, flow, gateway, rounds } from "./sections/flow.js";

const SECTIONS = {
  "bpmn:UserTask": people, "bpmn:Task": people, "bpmn:ManualTask": people, "bpmn:ServiceTask": automatic,
  "bpmn:BusinessRuleTask": decided, "bpmn:ScriptTask": script, "bpmn:SendTask": message, "bpmn:ReceiveTask": message,
  "bpmn:CallActivity": called, "bpmn:SequenceFlow": flow, "bpmn:ExclusiveGateway": gateway, "bpmn:InclusiveGateway": gateway,
};

export class Panel {
  constructor(box, context) {
    Object.assign(this, { box, context });
    context.redraw = () => this.draw();
    this.shown = null;
    this.later = afterwards(undisturbed(() => this.draw()));
  }

  show(shape) {
    this.shown = shape;
    this.later();
  }

  get about() {
    const { model } = this.context;
    const shape = this.shown && model.elementRegistry.get(this.shown.id);
    return shape && shape !== model.root ? (shape.labelTarget ?? shape).businessObject : model.process;
  }

  draw() { redrawn(this.box, () => this.#drawn()); }

  #drawn() {
    begin();
    const { about } = this;
    const body = element("fieldset", { class: "fl-wf-form", disabled: this.context.readonly }, ...this.#sections(about));
    this.box.replaceChildren(body);
    this.box.dataset.about = about.id;
    this.tell();
  }

  // What is wrong with it stands on top. The fields stay: somebody may be typing when the server answers.
  tell() {
    const { about } = this;
    const found = this.context.problems().filter((one) => one.element === about.id && one.severity !== "note");
    for (const note of this.box.querySelectorAll(":scope > .fl-wf-told")) note.remove();
    this.box.prepend(...found.map((one) => element("div", { class: `fl-note ${one.severity === "error" ? "stop" : "wait"} fl-wf-told` },
      icon(one.severity === "error" ? "alert-circle" : "alert-triangle"), element("div", {}, element("div", { text: one.message }), one.hint ? element("div", { class: "muted xs", text: one.hint }) : null))));
  }

  #sections(about) {
    const { context } = this;
    if (about === context.model.process) return aboutProcess(context, about, this.#names(about));
    const own = SECTIONS[about.$type]?.(context, about) ?? (about.$type.endsWith("Event") ? event(context, about) : []);
    const voted = context.model.part(about, "Approval") && !about.loopCharacteristics;      // it is given to each approver already
    const looped = /Task$|SubProcess$|CallActivity$|Transaction$/.test(about.$type) && !about.triggeredByEvent && !voted ? [rounds(context, about)] : [];
    return [section("", this.#head(about), ...this.#names(about)), ...own, ...looped].filter(Boolean);
  }

  #head(about) {
    const { model, words } = this.context;
    const kind = model.kind(about);
    const others = KINDS.find((group) => group.some((one) => one.kind === kind)) ?? [];
    const head = element("div", { class: "row-flex" }, element("span", { class: "fl-tag accent", text: model.word(about) }), about.$type === "bpmn:SequenceFlow" ? null : element("code", { class: "mono faint ms-auto xs", title: words.id_help, text: about.id }));
    if (others.length < 2) return head;
    const change = select(kind, others.map((one) => [one.kind, model.offers.elements[one.kind]]), (next) => become(this.context, about, others.find((one) => one.kind === next)));
    return element("div", { class: "fl-stack-s" }, head, field(words.kind, change));
  }

  #names(about) {
    const { model, words } = this.context;
    return [
      field(words.name, text(about.name ?? "", (next) => model.setName(about, next))),
      field(chinese ? words.name_en : words.name_zh, text(model.otherName(about), (next) => model.setOtherName(about, next))),
    ];
  }
}

