// Ways, splits, events and repetition.

import { element } from "../../parts.js";
import { condition } from "../builder.js";
import { check, field, section, select, text } from "../controls.js";
import { feelBox } from "../feel_box.js";
import { missed, moment, repetition } from "../when.js";
import { carried, correlation } from "./doing.js";

const DECIDING = ["bpmn:ExclusiveGateway", "bpmn:InclusiveGateway"];

export function flow(context, about) {
  const { model, words } = context;
  const source = about.sourceRef;
  const decides = DECIDING.includes(source.$type) || /Task$|SubProcess$|CallActivity$/.test(source.$type);
  if (!decides) return [section(words.goes, element("p", { class: "help", text: words.always }))];
  const otherwise = source.default === about;
  const make = (on) => {
    if (on && about.conditionExpression) model.formal(about, "conditionExpression", "");
    model.modeling.updateProperties(model.shape(source), { default: on ? about : undefined });
  };
  return [section(words.goes,
    DECIDING.includes(source.$type) && source.outgoing?.length < 2 ? element("p", { class: "help", text: words.only_way }) : null,
    check(words.otherwise, otherwise, make),
    otherwise ? null : condition(context, about.id, about.conditionExpression?.body ?? "", (text_) => model.formal(about, "conditionExpression", text_)))];
}

export function gateway(context, about) {
  const { model, words } = context;
  const ways = (about.outgoing ?? []).map((one) => {
    const made = element("button", { type: "button", class: "fl-wf-way" }, element("span", { class: "clip", text: `${one.name ? `${one.name} → ` : "→ "}${model.title(one.targetRef)}` }),
      element("span", { class: `xs ${about.default === one ? "muted" : one.conditionExpression ? "faint mono clip" : "t-stop"}`, text: about.default === one ? words.otherwise_short : one.conditionExpression?.body ?? words.no_condition }));
    made.addEventListener("click", () => context.select(one.id));
    return made;
  });
  return (about.outgoing ?? []).length > 1 ? [section(words.ways, ...ways)] : [];
}

const CODES = { message: "bpmn:Message", signal: "bpmn:Signal", error: "bpmn:Error", escalation: "bpmn:Escalation" };

export function event(context, about) {
  const { model, words } = context;
  const definition = about.eventDefinitions?.[0];
  const kind = /bpmn:(\w+)EventDefinition/.exec(definition?.$type ?? "")?.[1]?.toLowerCase() ?? "";
  const boundary = about.$type === "bpmn:BoundaryEvent";
  const throws = about.$type === "bpmn:EndEvent" || about.$type === "bpmn:IntermediateThrowEvent";
  const parts = [];
  if (kind === "timer") parts.push(section(words.when, ...timer(context, about, definition)));
  if (kind === "conditional") parts.push(section(words.condition, condition(context, about.id, definition.condition?.body ?? "", (text_) => model.formal(definition, "condition", text_, about))));
  if (CODES[kind]) {
    const property = `${kind}Ref`;
    const held = definition[property];
    const choose = (name) => model.update(definition, { [property]: name ? model.named(CODES[kind], name) : undefined }, about);
    const carries = kind === "message" || kind === "signal";
    parts.push(section(words[`of_${kind}`], field(words[`${kind}_name`], text(held?.errorCode ?? held?.escalationCode ?? held?.name ?? "", choose), kind === "error" && boundary ? words.error_help : ""),
      kind === "message" ? correlation(context, about) : null, ...(throws && carries ? carried(context, about) : [])));
  }
  if (boundary && !["error", "cancel"].includes(kind)) parts.push(section(words.then, check(words.interrupts, about.cancelActivity !== false, (on) => model.update(about, { cancelActivity: on }))));
  return parts;
}

function timer(context, about, definition) {
  const { model, words } = context;
  const cycles = about.$type === "bpmn:BoundaryEvent" && about.cancelActivity === false;
  const repeats = Boolean(definition.timeCycle);
  const value = (definition.timeDuration ?? definition.timeDate ?? definition.timeCycle)?.body ?? "";
  const put = (text_) => {
    const property = repeats ? "timeCycle" : /^\d{4}-/.test(text_) || model.entity?.fields.some((one) => one.name === text_) ? "timeDate" : "timeDuration";
    const made = text_ ? model.create("bpmn:FormalExpression", { body: text_ }) : undefined;
    if (made) made.$parent = definition;
    model.update(definition, { timeDuration: undefined, timeDate: undefined, timeCycle: undefined, [property]: made }, about);
  };
  const repeat = (on) => {
    const made = model.create("bpmn:FormalExpression", { body: on ? "R/P1D" : "P2D" });
    made.$parent = definition;
    model.update(definition, { timeDuration: on ? undefined : made, timeDate: undefined, timeCycle: on ? made : undefined }, about);
  };
  const ticks = cycles || repeats ? [check(words.repeats, repeats, repeat)] : [];
  const late = cycles && repeats ? [missed(context, model.text(about, "Cycle", "missed"), (next) => model.set(about, "Cycle", { missed: next }))] : [];
  return [...(repeats ? repetition(context, about.id, value, put) : moment(context, about.id, value, put)), ...ticks, ...late];
}

const feelOf = (context, label, value, commit, help) => {
  const box = feelBox(value, () => [...context.model.subjects(), ...context.model.names(), { path: "numberOfCompletedInstances", label: "" }, { path: "item", label: "" }], commit);
  const made = field(label, box.input, help);
  made.append(box.node.lastElementChild);
  return made;
};

// "For each ...": once for every element of a list, at the same time or one after the other.
export function rounds(context, about) {
  const { model, words } = context;
  const held = about.loopCharacteristics;
  const kind = !held ? "once" : held.$type === "bpmn:StandardLoopCharacteristics" ? "loop" : held.isSequential ? "sequential" : "parallel";
  const choose = (next) => {
    if (next === "once") { model.update(about, { loopCharacteristics: undefined }); return; }
    const many = held?.$type === "bpmn:MultiInstanceLoopCharacteristics" && next !== "loop";
    if (many) { model.update(held, { isSequential: next === "sequential" }, about); return; }
    const made = next === "loop" ? model.create("bpmn:StandardLoopCharacteristics", {}) : model.create("bpmn:MultiInstanceLoopCharacteristics", { isSequential: next === "sequential" });
    made.$parent = about;
    model.update(about, { loopCharacteristics: made });
  };
  const set = (changes) => model.set(held, "Loop", changes, about);
  const formal = (property) => (next) => model.formal(held, property, next, about);
  const many = () => [
    feelOf(context, words.each_of, model.text(held, "Loop", "items") || (held.loopCardinality?.body ?? ""), (items) => set({ items }), words.each_help),
    field(words.item, text(model.text(held, "Loop", "item"), (item) => set({ item }), { class: "form-control mono", placeholder: "item" })),
    feelOf(context, words.until, held.completionCondition?.body ?? "", formal("completionCondition"), words.until_help)];
  const again = () => [feelOf(context, words.again_while, held.loopCondition?.body ?? "", formal("loopCondition"), "")];
  const options = ["once", "parallel", "sequential", "loop"].map((name) => [name, words[`rounds_${name}`]]);
  return section(words.rounds, field(words.how_often, select(kind, options, choose)), ...(kind === "once" ? [] : kind === "loop" ? again() : many()));
}
