// The process itself: which records it is about and what starts it.

import { element } from "../../parts.js";
import { condition } from "../builder.js";
import { area, button, field, section, select, small, text } from "../controls.js";
import { missed, schedule } from "../when.js";
import { writtenFields } from "./doing.js";

export function about(context, process, names) {
  const { model, words, offers } = context;
  const bind = (entity) => model.set(process, "Binding", { entity });
  const documentation = process.documentation?.[0]?.text ?? "";
  return [
    section("", element("div", { class: "row-flex" }, element("span", { class: "fl-tag accent", text: words.process }), element("code", { class: "mono faint ms-auto xs", text: process.id })), ...names,
      field(words.entity, select(model.part(process, "Binding")?.entity ?? "", [["", words.no_entity], ...offers.entities.map((one) => [one.name, one.label])], bind)),
      field(words.note, area(documentation, (next) => model.update(process, { documentation: next ? [model.create("bpmn:Documentation", { text: next })] : [] }), { class: "form-control", rows: 2 }))),
    section(words.starts, ...model.parts(process, "Trigger").map((one, n) => trigger(context, process, one, n)),
      button(words.add_start, () => model.write(process, "Trigger", [...model.parts(process, "Trigger"), { on: "created" }]))),
    takenBack(context, process),
  ];
}

// Whether whoever started it may take it back, and what the record says then.
function takenBack(context, process) {
  const { model, words } = context;
  const held = model.part(process, "Withdraw");
  const choices = [["", words.withdraw_never], ["undecided", words.withdraw_undecided], ["always", words.withdraw_always]];
  const choose = (next) => (held && next ? model.update(held, { while: next }, process) : model.write(process, "Withdraw", next ? [{ while: next }] : []));
  return section(words.withdraw, field(words.withdraw_who, select(held ? held.get("while") || "undecided" : "", choices, choose)),
    ...(held ? [element("h4", { text: words.withdraw_writes }), ...writtenFields(context, process, held)] : []));
}

function trigger(context, process, one, n) {
  const { model, words } = context;
  const key = `trigger-${n}`;
  const kinds = ["action", "created", "updated", "schedule", "sla", "message", "signal", "manual"];
  const strange = kinds.includes(one.on) ? [] : [[one.on ?? "", context.say(words.on_strange, { kind: one.on ?? "" })]];
  const put = (changes) => model.update(one, Object.fromEntries(Object.entries(changes).map(([name, value]) => [name, value || undefined])), process);
  const become = (on) => put({ ...NOTHING, on, ...first(model, on) });
  const drop = () => model.write(process, "Trigger", model.parts(process, "Trigger").filter((each) => each !== one));
  const parts = {
    action: () => [field(words.action, select(one.action ?? "", [["", words.choose], ...(model.entity?.actions ?? []).map((each) => [each.name, each.label])], (action) => put({ action }))), only()],
    created: () => [only()], updated: () => [only()],
    schedule: () => [...schedule(context, key, one.every ?? "", (every) => put({ every })), element("h4", { text: words.for_each_record }), condition(context, `${key}-each`, one.get("for-each") ?? "", (text_) => put({ "for-each": text_ })),
      missed(context, one.get("missed"), (next) => put({ missed: next }))],
    sla: () => promise(context, one, put),
    message: () => [named()], signal: () => [named()], manual: () => [],
  };
  const only = () => element("div", { class: "fl-stack-s" }, element("h4", { text: words.only_if }), condition(context, `${key}-when`, one.when ?? "", (when) => put({ when })));
  const named = () => field(words.message_name, text(one.message ?? "", (message) => put({ message })));
  return element("div", { class: "fl-wf-card" }, element("div", { class: "fl-wf-row" },
    select(one.on ?? "", [...strange, ...kinds.map((kind) => [kind, words[`on_${kind}`]])], become, { "aria-label": words.starts }), small(words.remove, "x", drop)), ...(parts[one.on]?.() ?? []));
}

const NOTHING = { action: "", every: "", missed: "", message: "", when: "", "for-each": "", level: "", at: "" };

// What a trigger that has just become of this kind begins with.
function first({ entity }, on) {
  if (on === "action") return { action: entity?.actions[0]?.name };
  if (on === "schedule") return { every: "0 8 * * 1-5" };
  return on === "sla" ? { level: entity?.levels[0]?.name, at: "breached" } : {};
}

// The clock of a service level: which, and what happens to it.
function promise(context, one, put) {
  const { model, words, offers } = context;
  if (!model.entity) return [element("p", { class: "help", text: words.bind_first })];
  const { levels } = model.entity;
  if (!levels.length && !one.get("level")) return [element("p", { class: "help", text: words.no_promise })];
  const chosen = levels.find((each) => each.name === one.get("level"));
  const warnings = (chosen?.warn ?? []).map((percent) => [`${percent}%`, context.say(words.used_up, { n: percent })]);
  return [
    field(words.promise, select(one.get("level") ?? "", [["", words.choose], ...levels.map((each) => [each.name, each.label])], (level) => put({ level }))),
    field(words.happens, select(one.get("at") ?? "", [["", words.choose], ...warnings, ...offers.clock], (at) => put({ at })))];
}
