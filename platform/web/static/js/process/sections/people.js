// A step for people: who, what they see and fill in, how it may end, until when.

import { chinese, element, icon } from "../../parts.js";
import { button, check, field, section, select, small, text } from "../controls.js";
import { feelBox } from "../feel_box.js";
import { moment } from "../when.js";
import { approval } from "./approval.js";

export function people(context, about) {
  return [who(context, about), approval(context, about), fields(context, about), outcomes(context, about), due(context, about)];
}

const modes = new Map();

function who(context, about) {
  const { model, words, offers } = context;
  const assignee = model.text(about, "Assignment", "assignee");
  const set = (changes) => model.set(about, "Assignment", changes);
  const persons = (model.entity?.fields ?? []).filter((one) => one.type === "user" && !one.fixed);
  const known = [["user.id", words.starter], ["user.manager", words.starter_manager],
    ...persons.flatMap((one) => [[one.name, one.label], [`${one.name}.manager`, context.say(words.manager_of, { field: one.label })]])];
  const mode = modes.get(about.id) ?? (!assignee ? "" : known.some(([path]) => path === assignee) ? assignee : "feel");
  const choose = (next) => {
    if (next === "feel") { modes.set(about.id, "feel"); context.redraw(); return; }
    modes.delete(about.id);
    set({ assignee: next });
    if (next === assignee) context.redraw();
  };
  const box = () => feelBox(assignee, () => [...model.subjects(), ...model.names()], (next) => { modes.delete(about.id); set({ assignee: next }); }, { "aria-label": words.person });
  return section(words.who,
    field(words.person, select(mode, [["", words.nobody_special], ...known, ["feel", words.by_feel]], choose)),
    mode === "feel" ? box().node : null,
    field(assignee ? words.role_else : words.role, select(model.text(about, "Assignment", "role"), [["", words.no_role], ...offers.roles.map((one) => [one.name, one.label])], (role) => set({ role }))),
    further(context, about, set));
}

// More people than one: from a list, by several roles, up the line of managers, at the head of a team.
function further(context, about, set) {
  const { model, words, offers } = context;
  const given = (name) => model.text(about, "Assignment", name);
  const names = () => [...model.subjects(), ...model.names()];
  const feel = (name, label, help = "") => {
    const box = feelBox(given(name), names, (next) => set({ [name]: next }));
    const made = field(label, box.input, help);
    made.append(box.node.lastElementChild);
    return made;
  };
  const role = (name, label) => field(label, select(given(name), [["", words.no_role], ...offers.roles.map((one) => [one.name, one.label])], (next) => set({ [name]: next })));
  const heads = [["", words.no_team], ["initiator", words.own_team], ...offers.teams.map((name) => [name, name])];
  const count = FURTHER.filter((name) => given(name)).length;
  const more = element("details", { class: "fl-wf-more", open: openFurther.get(about.id) ?? count > 0 }, element("summary", { class: "sm" }, icon("chevron-down"), document.createTextNode(words.more_people)),
    feel("users", words.several), feel("roles", words.roles_of, words.roles_help), feel("line", words.managers, words.managers_help),
    given("line") || given("line-until") ? role("line-until", words.managers_until) : null,
    field(words.head_of, select(given("head"), heads, (head) => set({ head }))), role("fallback", words.fallback));
  more.addEventListener("toggle", () => openFurther.set(about.id, more.open));
  return more;
}

const FURTHER = ["users", "roles", "line", "line-until", "head", "fallback"];
const openFurther = new Map();

function fields(context, about) {
  const { model, words } = context;
  if (!model.entity) return section(words.what_fields, element("p", { class: "help", text: words.bind_first }));
  const given = new Map(model.parts(about, "Field").map((one) => [one.name, one.access ?? "show"]));
  const change = (name, access) => {
    const held = model.parts(about, "Field");
    const at = held.findIndex((one) => one.name === name);
    if (at >= 0 && access) { model.update(held[at], { access }, about); return; }
    model.write(about, "Field", access ? [...held, { name, access }] : held.filter((one) => one.name !== name));
  };
  const options = (one) => [["", words.hidden], ["show", words.show], ...(one.fixed ? [] : [["edit", words.edit], ["required", words.required]])];
  const line = (one) => {
    const access = given.get(one.name) ?? "";
    const made = select(access, options(one), (next) => change(one.name, next), { class: `form-select form-select-sm ${access}`, "aria-label": one.label });
    return element("tr", {}, element("td", {}, element("span", { class: "clip", title: one.name, text: one.label })), element("td", {}, made));
  };
  const all = model.entity.fields.filter((one) => !SYSTEM.includes(one.name));
  const shown = all.filter((one) => given.has(one.name));
  const rest = all.filter((one) => !given.has(one.name));
  const table = (list) => element("table", { class: "fl-wf-fields" }, element("tbody", {}, ...list.map(line)));
  const more = element("details", { class: "fl-wf-more", open: openMore.has(about.id) }, element("summary", { class: "sm" }, icon("chevron-down"), document.createTextNode(context.say(words.more_fields, { n: rest.length }))), table(rest));
  more.addEventListener("toggle", () => (more.open ? openMore.add(about.id) : openMore.delete(about.id)));
  return section(words.what_fields, shown.length ? table(shown) : element("p", { class: "help", text: words.no_fields }), rest.length ? more : null);
}

const openMore = new Set();
const SYSTEM = ["id", "version", "created_at", "updated_at", "created_by", "updated_by", "deleted_at"];

function outcomes(context, about) {
  const { model, words } = context;
  const held = model.parts(about, "Outcome");
  const add = () => {
    let n = held.length + 1;
    while (held.some((one) => one.value === `outcome_${n}`)) n += 1;
    model.write(about, "Outcome", [...held, { value: `outcome_${n}`, label: `Outcome ${n}`, "label-zh": `结果 ${n}`, tone: "idle", comment: "optional" }]);
  };
  return section(words.outcomes, ...held.map((one) => outcome(context, about, one)), held.length ? null : element("p", { class: "help", text: words.just_done }), button(words.add_outcome, add));
}

function outcome(context, about, one) {
  const { model, words } = context;
  const put = (changes) => model.update(one, changes, about);
  const label = (chinese && one.get("label-zh")) || one.label || one.value;
  const tones = [["done", words.tone_done], ["stop", words.tone_stop], ["idle", words.tone_idle]];
  const glyph = { done: "circle-check", stop: "x" }[one.tone] ?? "circle";
  const made = element("details", { class: "fl-wf-card", open: openOutcomes.has(one.value + about.id) },
    element("summary", {}, element("span", { class: `fl-tag ${one.tone ?? "done"}` }, icon(glyph), document.createTextNode(label)), one.comment === "required" ? element("span", { class: "xs faint", text: words.with_comment }) : null),
    field(words.label_zh, text(one.get("label-zh") ?? "", (next) => put({ "label-zh": next || undefined }))),
    field(words.label_en, text(one.label ?? "", (next) => put({ label: next || undefined }))),
    field(words.tone, select(one.tone ?? "done", tones, (tone) => put({ tone }))),
    check(words.comment_required, one.comment === "required", (on) => put({ comment: on ? "required" : "optional" })),
    field(words.value_key, text(one.value ?? "", (value) => value && put({ value }), { class: "form-control mono" }), words.value_help),
    small(words.remove, "trash", () => model.write(about, "Outcome", model.parts(about, "Outcome").filter((each) => each !== one))));
  made.addEventListener("toggle", () => (made.open ? openOutcomes.add(one.value + about.id) : openOutcomes.delete(one.value + about.id)));
  return made;
}

const openOutcomes = new Set();

function due(context, about) {
  const { model, words } = context;
  return section(words.due, ...moment(context, `due-${about.id}`, model.text(about, "Assignment", "due"), (next) => model.set(about, "Assignment", { due: next }), { optional: true }));
}
