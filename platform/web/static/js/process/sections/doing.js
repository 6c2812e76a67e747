// Steps that run by themselves: actions, decisions, calculations, messages, other processes.

import { element } from "../../parts.js";
import { area, button, field, row, section, select, small, text } from "../controls.js";
import { feelBox } from "../feel_box.js";

const names = (model) => () => [...model.subjects(), ...model.names()];

function feelField(context, label, value, commit, help = "", extra = []) {
  const box = feelBox(value, () => [...names(context.model)(), ...extra], commit);
  const made = field(label, box.input, help);
  made.append(box.node.lastElementChild);
  return made;
}

export function automatic(context, about) {
  const { model, words, offers } = context;
  const holder = model.part(about, "Action");
  const chosen = offers.actions.find((one) => one.name === holder?.name);
  const choose = (name) => (holder ? model.update(holder, { name }, about) : model.write(about, "Action", [{ name }]));
  return [section(words.what_to_do,
    field(words.action, select(holder?.name ?? "", [["", words.choose], ...offers.actions.map((one) => [one.name, one.label])], choose), chosen?.about),
    ...(chosen ? parameters(context, about, holder, chosen) : []))];
}

function parameters(context, about, holder, chosen) {
  const { model, words } = context;
  const set = (name) => (value) => model.setParameter(about, holder, name, value);
  const known = new Set(chosen.parameters.map((one) => one.name));
  const declared = chosen.parameters.map((one) => parameter(context, about, holder, one));
  const target = model.entityOf(/^"(\w+)"$/.exec(model.parameter(holder, "entity"))?.[1]) ?? model.entity;
  const rest = (holder.get("parameters") ?? []).filter((one) => !known.has(one.name) && one.name !== "for");
  return [...declared, ...writtenFields(context, about, holder, { target, rest, more: chosen.fields }), feelField(context, words.for_each, model.parameter(holder, "for"), set("for"), words.for_each_help)];
}

// Which fields of a record are written, with what; one more is chosen from those that are left.
export function writtenFields(context, about, holder, { target = context.model.entity, rest = holder.get("parameters") ?? [], more = true } = {}) {
  const { model, words } = context;
  const set = (name) => (value) => model.setParameter(about, holder, name, value);
  const labelOf = (name) => target?.fields.find((one) => one.name === name)?.label ?? name;
  const written = rest.map((one) => element("div", { class: "fl-wf-param" }, feelField(context, labelOf(one.name), one.value ?? "", set(one.name)), small(words.remove, "x", () => set(one.name)(""))));
  const free = (target?.fields ?? []).filter((one) => !one.fixed && !rest.some((each) => each.name === one.name));
  const add = more && free.length ? [field(words.set_field, select("", [["", words.choose], ...free.map((one) => [one.name, one.label])], (name) => name && set(name)("null")))] : [];
  return [...written, ...add];
}

// Constants of a known list are chosen; anything else is FEEL.
function parameter(context, about, holder, one) {
  const { model, offers, words } = context;
  const value = model.parameter(holder, one.name);
  const set = (next) => model.setParameter(about, holder, one.name, next);
  const constant = /^"([^"\\]*)"$/.exec(value)?.[1];
  const lists = { role: offers.roles, entity: offers.entities, action: model.entity?.actions };
  const list = lists[one.name];
  const label = one.required ? `${one.label} *` : one.label;
  if (list && (value === "" || constant !== undefined)) {
    return field(label, select(constant ?? "", [["", one.required ? words.choose : words.none], ...list.map((each) => [each.name, each.label])], (next) => set(next ? JSON.stringify(next) : "")));
  }
  if (one.name === "mail") return field(label, select(value, [["", words.no], ["true", words.yes]], set));
  if (["text", "subject", "body"].includes(one.name)) return feelField(context, label, value, set, words.text_help);
  return feelField(context, label, value, set);
}

export function decided(context, about) {
  const { model, words, offers } = context;
  const holder = model.part(about, "Decision");
  const chosen = offers.decisions.find((one) => one.id === holder?.ref);
  const inputs = (chosen?.inputs ?? []).map((one) => feelField(context, one.label, model.parameter(holder, one.name), (next) => model.setParameter(about, holder, one.name, next), context.say(words.input_help, { name: one.name })));
  return [section(words.what_to_do,
    field(words.decision, select(holder?.ref ?? "", [["", words.choose], ...offers.decisions.map((one) => [one.id, one.label])], (ref) => (holder ? model.update(holder, { ref }, about) : model.write(about, "Decision", [{ ref }])))),
    chosen ? element("a", { class: "link sm", href: `/decisions`, text: words.open_decisions }) : null,
    ...inputs,
    holder ? field(words.result, text(holder.result ?? "", (result) => model.update(holder, { result: result || undefined }, about), { class: "form-control mono" }), words.result_help) : null)];
}

export function script(context, about) {
  const { model, words } = context;
  return [section(words.what_to_do, field(words.calculation, area(about.script ?? "", (next) => model.update(about, { script: next || undefined })), words.script_help))];
}

export function called(context, about) {
  const { model, words, offers } = context;
  const chosen = offers.processes.find((one) => one.key === about.calledElement);
  return [section(words.what_to_do,
    field(words.process, select(about.calledElement ?? "", [["", words.choose], ...offers.processes.map((one) => [one.key, one.label])], (next) => model.update(about, { calledElement: next || undefined }))),
    ...carried(context, about, chosen?.inputs ?? []))];
}

export function message(context, about) {
  const { model, words } = context;
  const sends = about.$type === "bpmn:SendTask";
  const choose = (name) => model.update(about, { messageRef: name ? model.named("bpmn:Message", name) : undefined });
  return [section(words.message, field(words.message_name, text(about.messageRef?.name ?? "", choose)), correlation(context, about), ...(sends ? carried(context, about) : []))];
}

export function correlation(context, about) {
  const { model, words } = context;
  return feelField(context, words.key, model.text(about, "Correlation", "key"), (key) => model.set(about, "Correlation", { key }), words.key_help);
}

// What a message, signal or call takes along.
export function carried(context, about, expected = []) {
  const { model, words } = context;
  const held = model.parts(about, "Param");
  const missing = expected.filter((name) => !held.some((one) => one.name === name));
  const line = (one) => element("div", { class: "fl-wf-param" },
    row(text(one.name ?? "", (name) => model.update(one, { name }, about), { class: "form-control mono", "aria-label": words.name })),
    feelField(context, words.value, one.value ?? "", (value) => model.update(one, { value }, about)),
    small(words.remove, "x", () => model.write(about, "Param", model.parts(about, "Param").filter((each) => each !== one))));
  return [...held.map(line), button(words.add_value, () => model.write(about, "Param", [...held, { name: missing[0] ?? `value_${held.length + 1}`, value: "null" }]))];
}
