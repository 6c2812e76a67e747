// Fields of the side panel. A control commits when it is left; ids stay the same, so that focus survives a redraw.

import { element, icon } from "../parts.js";

let serial = 0;
export const begin = () => { serial = 0; };
const fresh = () => `p-${serial += 1}`;

export function section(title, ...inside) {
  return element("section", { class: "fl-props" }, title ? element("h3", { text: title }) : null, ...inside.flat().filter(Boolean));
}

export function field(label, control, help = "") {
  const id = control.id || (control.id = fresh());
  const note = help ? element("div", { class: "help", id: `${id}-help`, text: help }) : null;
  if (note) control.setAttribute("aria-describedby", note.id);
  return element("div", { class: "fl-field" }, element("label", { for: id, text: label }), control, note);
}

export function text(value, commit, attributes = {}) {
  const input = element("input", { class: "form-control", id: fresh(), value, autocomplete: "off", spellcheck: "false", ...attributes });
  input.addEventListener("change", () => commit(input.value.trim()));
  return input;
}

export function area(value, commit, attributes = {}) {
  const input = element("textarea", { class: "form-control mono", id: fresh(), rows: 4, spellcheck: "false", ...attributes });
  input.defaultValue = value;
  input.addEventListener("change", () => commit(input.value.trim()));
  return input;
}

// options: [value, label] or { label, options }
export function select(value, options, commit, attributes = {}) {
  const flat = options.flatMap((one) => one.options ?? [one]);
  const held = flat.some(([name]) => name === value) ? options : [[value, value], ...options];
  const option = ([name, label]) => element("option", { value: name, text: label, selected: name === value });
  const input = element("select", { class: "form-select", id: fresh(), ...attributes },
    ...held.map((one) => (one.options ? element("optgroup", { label: one.label }, ...one.options.map(option)) : option(one))));
  input.addEventListener("change", () => commit(input.value));
  return input;
}

export function check(label, on, commit) {
  const input = element("input", { type: "checkbox", class: "form-check-input", id: fresh(), checked: on });
  input.addEventListener("change", () => commit(input.checked));
  return element("label", { class: "fl-wf-check" }, input, element("span", { text: label }));
}

export function button(label, act, glyph = "plus") {
  const made = element("button", { type: "button", class: "btn btn-sm btn-ghost", id: fresh() }, glyph ? icon(glyph) : null, document.createTextNode(label));
  made.addEventListener("click", act);
  return made;
}

export function small(label, glyph, act) {
  const made = element("button", { type: "button", class: "fl-icon-btn sm", "aria-label": label, title: label, id: fresh() }, icon(glyph));
  made.addEventListener("click", act);
  return made;
}

export function remove(label, act, glyph = "trash") {
  const made = element("button", { type: "button", class: "btn btn-ghost btn-stop btn-sm" }, icon(glyph), label);
  made.addEventListener("click", act);
  return made;
}

export const row = (...inside) => element("div", { class: "fl-wf-row" }, ...inside);
