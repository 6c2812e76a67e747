// The process itself: which records it is about and what starts it.

import { element } from "../../parts.js";
import { condition } from "../builder.js";
import { area, button, field, section, select, small, text } from "../controls.js";
import { schedule } from "../when.js";

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
  ];
}

function trigger(context, process, one, n) {
  const { model, words } = context;
  const key = `trigger-${n}`;
  const kinds = ["action", "created", "updated", "schedule", "message", "signal", "manual"];
  const put = (changes) => model.update(one, Object.fromEntries(Object.entries(changes).map(([name, value]) => [name, value || undefined])), process);
  const become = (on) => put({ on, action: on === "action" ? model.entity?.actions[0]?.name : "", every: on === "schedule" ? "0 8 * * 1-5" : "", message: "", when: "", "for-each": "" });
  const drop = () => model.write(process, "Trigger", model.parts(process, "Trigger").filter((each) => each !== one));
  const parts = {
    action: () => [field(words.action, select(one.action ?? "", [["", words.choose], ...(model.entity?.actions ?? []).map((each) => [each.name, each.label])], (action) => put({ action }))), only()],
    created: () => [only()], updated: () => [only()],
    schedule: () => [...schedule(context, key, one.every ?? "", (every) => put({ every })), element("h4", { text: words.for_each_record }), condition(context, `${key}-each`, one.get("for-each") ?? "", (text_) => put({ "for-each": text_ }))],
    message: () => [named()], signal: () => [named()], manual: () => [],
  };
  const only = () => element("div", { class: "fl-stack-s" }, element("h4", { text: words.only_if }), condition(context, `${key}-when`, one.when ?? "", (when) => put({ when })));
  const named = () => field(words.message_name, text(one.message ?? "", (message) => put({ message })));
  return element("div", { class: "fl-wf-card" }, element("div", { class: "fl-wf-row" },
    select(one.on ?? "", kinds.map((kind) => [kind, words[`on_${kind}`]]), become, { "aria-label": words.starts }), small(words.remove, "x", drop)), ...(parts[one.on]?.() ?? []));
}
