// What may be drawn, and nothing else: kinds by their business word, how each is made, what it may become.

import { belongs } from "./moddle.js";

const task = (kind, icon, type, id) => ({ kind, icon, type: `bpmn:${type}`, id });
const event = (kind, icon, type, definition, id) => ({ kind, icon, type: `bpmn:${type}`, definition: definition && `bpmn:${definition}EventDefinition`, id });

export const START = event("startEvent", "circle", "StartEvent", "", "begin");
export const APPROVAL = task("userTask", "user-square-rounded", "UserTask", "step");
export const AUTOMATIC = task("serviceTask", "settings-automation", "ServiceTask", "action");
export const DECISION = task("businessRuleTask", "table", "BusinessRuleTask", "decision");
export const SPLIT = task("exclusiveGateway", "git-fork", "ExclusiveGateway", "split");
export const TOGETHER = task("parallelGateway", "git-merge", "ParallelGateway", "together");
export const WAIT = event("intermediateCatchEvent:timer", "clock", "IntermediateCatchEvent", "Timer", "wait");
export const MESSAGE = event("intermediateCatchEvent:message", "mail", "IntermediateCatchEvent", "Message", "message");
export const GROUP = { ...task("subProcess", "layers-subtract", "SubProcess", "group"), expanded: true };
export const CALL = task("callActivity", "sitemap", "CallActivity", "call");
export const END = event("endEvent", "circle-dot", "EndEvent", "", "end");
export const LIMIT = event("boundaryEvent:timer", "hourglass", "BoundaryEvent", "Timer", "limit");

export const PALETTE = [[START, APPROVAL, AUTOMATIC, DECISION], [SPLIT, TOGETHER, WAIT, MESSAGE], [GROUP, CALL, END]];

const many = (prefix, icon, type, kinds, id) => Object.entries(kinds).map(([kind, definition]) => event(kind ? `${prefix}:${kind}` : prefix, icon, type, definition, id));
const WAITED = { timer: "Timer", message: "Message", signal: "Signal", conditional: "Conditional" };

// Each group may become one another.
export const KINDS = [
  [APPROVAL, AUTOMATIC, DECISION, task("scriptTask", "calculator", "ScriptTask", "calculation"), task("sendTask", "broadcast", "SendTask", "send"), task("receiveTask", "mail", "ReceiveTask", "receive"), CALL],
  [SPLIT, TOGETHER, task("inclusiveGateway", "git-fork", "InclusiveGateway", "split"), task("eventBasedGateway", "hourglass", "EventBasedGateway", "race")],
  [...many("intermediateCatchEvent", "clock", "IntermediateCatchEvent", WAITED, "wait"), ...many("intermediateThrowEvent", "broadcast", "IntermediateThrowEvent", { "": "", message: "Message", signal: "Signal", escalation: "Escalation" }, "send")],
  many("endEvent", "circle-dot", "EndEvent", { "": "", terminate: "Terminate", error: "Error", message: "Message", signal: "Signal", escalation: "Escalation" }, "end"),
  many("boundaryEvent", "hourglass", "BoundaryEvent", { ...WAITED, error: "Error", escalation: "Escalation" }, "limit"),
  many("startEvent", "circle", "StartEvent", { "": "", timer: "Timer", message: "Message", signal: "Signal", conditional: "Conditional" }, "begin"),
];

// A short id that expressions can name: step_1, step_2.
export function fresh(model, prefix) {
  const fields = new Set(model.entity?.fields.map((one) => one.name));
  const taken = (id) => model.elementRegistry.get(id) || fields.has(id) || model.moddle.ids.assigned(id);
  let n = 1;
  while (taken(`${prefix}_${n}`)) n += 1;
  return `${prefix}_${n}`;
}

function defaults(model, kind) {
  if (kind !== "userTask") return [];
  return [{ value: "approve", label: "Approve", "label-zh": "同意", tone: "done", comment: "optional" },
    { value: "reject", label: "Reject", "label-zh": "驳回", tone: "stop", comment: "required" }].map((one) => model.create("formloom:Outcome", one));
}

export function make(context, what) {
  const { model } = context;
  const about = model.create(what.type, { id: fresh(model, what.id) });
  const values = defaults(model, what.kind);
  if (values.length) {
    about.extensionElements = model.create("bpmn:ExtensionElements", { values });
    about.extensionElements.$parent = about;
    for (const one of values) one.$parent = about.extensionElements;
  }
  const shape = model.modeler.get("elementFactory").createShape({ type: what.type, businessObject: about, eventDefinitionType: what.definition || undefined, isExpanded: what.expanded });
  if (what === LIMIT) about.cancelActivity = false;
  const timer = about.eventDefinitions?.[0];
  if (timer?.$type === "bpmn:TimerEventDefinition" && !what.kind.startsWith("startEvent")) {
    timer.timeDuration = model.create("bpmn:FormalExpression", { body: "P2D" });
    timer.timeDuration.$parent = timer;
  }
  return shape;
}

// Another kind in the same place, with the same id: what expressions call it stays true.
export function become(context, about, what) {
  const { model } = context;
  const { id, $type } = about;
  const made = model.modeler.get("bpmnReplace").replaceElement(model.shape(about), { type: what.type, eventDefinitionType: what.definition || undefined, isExpanded: what.expanded });
  const next = made.businessObject;
  model.modeling.updateProperties(made, { id });
  if ($type !== what.type) {
    const held = next.extensionElements?.values ?? [];
    const kept = held.filter((one) => belongs(one, what.type));
    if (kept.length < held.length) {
      const holder = model.create("bpmn:ExtensionElements", { values: kept });
      holder.$parent = next;
      for (const one of kept) one.$parent = holder;
      model.update(next, { extensionElements: kept.length ? holder : undefined });
    }
  }
  context.select(id);
}
