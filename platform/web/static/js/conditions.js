// The builder of conditions: operators and the input follow the field, rows come and go, FEEL is the other way to write it.

import { find } from "./frame.js";

const all = (selector, within) => [...within.querySelectorAll(selector)];

export function conditions(root) {
  root.addEventListener("click", (event) => {
    const target = event.target.closest("[data-act]");
    if (target) acts[target.dataset.act]?.(target);
  }, true);
  root.addEventListener("change", (event) => {
    const row = event.target.closest(".fl-cond");
    if (!row) return;
    if (event.target.name === "f") adapt(row);
    if (event.target.name === "f" || event.target.name === "o") free(row);
  });
  root.addEventListener("formdata", (event) => {
    if (event.target.querySelector?.(".fl-cond")) joined(event.target, event.formData);
  }, true);
}

export function fit(root) { for (const row of all(".fl-cond", root)) free(row); }

// Several values of one condition travel as one, so that fields, comparisons and values stay in step.
function joined(form, data) {
  data.delete("v");
  for (const row of all(".fl-cond", form)) {
    const value = find("[name=v]", row);
    data.append("v", value.multiple ? [...value.selectedOptions].map((o) => o.value).join(",") : value.value);
  }
}

const acts = {
  mode(target) {
    const dialog = target.closest(".fl-query");
    for (const pane of all("[data-pane]", dialog)) pane.hidden = pane.dataset.pane !== target.dataset.mode;
    for (const button of all("[data-mode]", dialog)) button.setAttribute("aria-pressed", String(button === target));
  },
  "add-row"(target) {
    const box = target.parentElement.querySelector("[data-rows]");
    const row = box.lastElementChild.cloneNode(true);
    box.append(row);
    adapt(row);
    find("select", row).focus();
  },
  "drop-row"(target) {
    const row = target.closest(".fl-cond");
    if (row.parentElement.childElementCount > 1) row.remove();
    else clear(row);
  },
};

function adapt(row) {
  const field = find("select[name=f]", row).value;
  find("select[name=o]", row).innerHTML = find(`template[data-operators="${CSS.escape(field)}"]`).innerHTML;
  find("[data-slot]", row).innerHTML = find(`template[data-value="${CSS.escape(field)}"]`).innerHTML;
}

function clear(row) {
  const value = find("[name=v]", row);
  if (value) value.value = "";
}

function free(row) {
  const operator = find("select[name=o]", row).value;
  const value = find("[name=v]", row);
  find("[data-slot]", row).hidden = operator.startsWith("is ");
  if (value.tagName === "SELECT" && (operator === "in" || operator === "between")) {
    value.multiple = operator === "in";
  }
  if (value.type === "date" && operator === "between") value.type = "text";
}
