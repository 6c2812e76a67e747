// The inbox: J and K move, A and R decide, C comments; the work pane comes alive after each change.

import { find, typing } from "./frame.js";
import { drawAll } from "./diagram.js";
import { enliven } from "./form.js";

const inbox = find("#inbox");
const items = () => [...inbox.querySelectorAll(".fl-task")];
const current = () => items().findIndex((item) => item.getAttribute("aria-current") === "true");

function liven() {
  const form = find("#work [data-form]");
  if (form && !form.dataset.ready) {
    form.dataset.ready = "1";
    enliven(form, JSON.parse(form.dataset.rules || "{}"));
    const at = current();
    const next = items()[at + 1] ?? items()[at - 1];
    find("[name=next]", form).value = next?.dataset.task ?? "";
  }
  drawAll(find("#work"));
}

inbox.addEventListener("click", (event) => {
  const item = event.target.closest(".fl-task");
  if (!item) return;
  for (const one of items()) one.removeAttribute("aria-current");
  item.setAttribute("aria-current", "true");
  inbox.classList.add("open");
});
document.addEventListener("htmx:afterSettle", liven);

// An outcome that needs a reason asks for it before anything is sent.
inbox.addEventListener("submit", (event) => {
  const button = event.submitter;
  const comment = find("#f-comment", event.target);
  if (button?.dataset.needsComment === undefined || !comment || comment.value.trim()) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  comment.classList.add("is-invalid");
  comment.setAttribute("aria-invalid", "true");
  comment.focus();
}, true);

const decide = (tone) => find(`#work .fl-decide [data-tone="${tone}"]`)?.click();

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || typing(event.target) || find("dialog[open]")) return;
  const step = { j: 1, ArrowDown: 1, k: -1, ArrowUp: -1 }[event.key];
  if (step) {
    const goal = items()[current() + step];
    if (goal) { event.preventDefault(); goal.click(); goal.scrollIntoView({ block: "nearest" }); }
  } else if (event.key === "a") decide("done");
  else if (event.key === "r") decide("stop");
  else if (event.key === "c") { event.preventDefault(); find("#f-comment")?.focus(); }
});

liven();
