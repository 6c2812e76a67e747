// How several people decide one step: whose vote counts, in which order, where it may be sent back.

import { element } from "../../parts.js";
import { check, field, section, select, text } from "../controls.js";
import { feelBox } from "../feel_box.js";

const FIRST = { order: "parallel", self: "skip", return: "any", resume: "steps" };        // what holds while nothing is said
const CHOICES = { order: ["parallel", "sequential"], self: ["skip", "fallback", "allow"], return: ["none", "initiator", "any"], resume: ["steps", "back", "choose"] };

export function approval(context, about) {
  const { model, words } = context;
  const mode = model.part(about, "Approval") ? model.text(about, "Approval", "mode") || "all" : "";
  const become = (next) => {
    if (!next) model.write(about, "Approval", []);
    else model.set(about, "Approval", { mode: next, ...(next === "quorum" ? { needed: "2" } : { needed: "", weight: "" }) });
  };
  const modes = ["", "all", "any", "quorum"].map((name) => [name, words[`decided_${name || "one"}`]]);
  return section(words.decided_how, field(words.decided_by, select(mode, modes, become)), ...(mode ? rules(context, about, mode) : []));
}

function rules(context, about, mode) {
  const { model, words } = context;
  const given = (name) => model.text(about, "Approval", name);
  const set = (changes) => model.set(about, "Approval", changes);
  const chosen = (name) => field(words[name], select(given(name) || FIRST[name], CHOICES[name].map((value) => [value, words[`${name}_${value}`]]), (value) => set({ [name]: value === FIRST[name] ? "" : value })));
  return [
    ...(mode === "quorum" ? quorum(context, given, set) : []),
    chosen("order"), chosen("self"), chosen("return"), given("return") === "none" ? null : chosen("resume"),
    ...permitted(context, given, set),
    refuses(model, about) ? null : element("p", { class: "help", text: words.needs_refusal })];
}

function quorum({ model, words }, given, set) {
  const names = () => [{ path: "approver", label: words.approver }, ...model.subjects(), ...model.names()];
  const box = feelBox(given("weight"), names, (weight) => set({ weight }));
  const weight = field(words.weight, box.input, words.weight_help);
  weight.append(box.node.lastElementChild);
  return [field(words.needed, text(given("needed"), (needed) => set({ needed }), { inputmode: "text", placeholder: "2" }), words.needed_help), weight];
}

// The file says what is forbidden; people read what is allowed. Words that are not known here stay in the file.
function permitted({ words, offers }, given, set) {
  const forbidden = given("forbid").split(/\s+/).filter(Boolean);
  const put = (verb, on) => set({ forbid: (on ? forbidden.filter((one) => one !== verb) : [...forbidden, verb]).join(" ") });
  return [element("h4", { text: words.permitted }), ...offers.verbs.map(([verb, label]) => check(label, !forbidden.includes(verb), (on) => put(verb, on)))];
}

function refuses(model, about) {
  const tones = model.parts(about, "Outcome").map((one) => one.tone === "stop");
  return tones.includes(true) && tones.includes(false);
}
