// The inbox: J and K move, X chooses, A and R decide, T S B D open the menu's dialogs, C comments; the work pane comes
// alive after each change.

import { find, typing } from "./frame.js";
import { drawAll } from "./diagram.js";
import { enliven } from "./form.js";
import { pickers } from "./picker.js";

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
  pickers(inbox);
  drawAll(find("#work"));
}

// ---------- what is done to a task besides deciding it ----------
function ask(verb) {
  const item = find(`#work [data-verb="${verb}"]`);
  if (!item || item.getAttribute("aria-disabled") === "true") { item?.closest("details")?.setAttribute("open", ""); return; }
  const dialog = find(`#verb-${verb}`);
  for (const menu of document.querySelectorAll("details.fl-menu[open]")) menu.open = false;
  dialog.showModal();
  find("[role=combobox], select, textarea", dialog)?.focus();
}

document.addEventListener("click", (event) => {
  const item = event.target.closest("[data-verb]");
  if (item) ask(item.dataset.verb);
  if (event.target.matches("dialog.fl-dialog")) event.target.close();
});

// ---------- many at once ----------
const ticked = () => [...inbox.querySelectorAll(".fl-tick input:checked")];

function count() {
  const chosen = ticked().length;
  inbox.classList.toggle("choosing", chosen > 0);
  find("#bulk-bar").hidden = chosen === 0;
  find("[data-chosen-count]").textContent = chosen;
}

inbox.addEventListener("change", (event) => { if (event.target.closest(".fl-tick")) count(); });

// ---------- the decision just made can be taken back for a while ----------
const undo = find("[data-undo]");
if (undo) {
  setTimeout(() => undo.remove(), undo.dataset.undo * 1000);
  const address = new URL(location);
  address.searchParams.delete("done");
  history.replaceState(history.state, "", address);
}

// ---------- new tasks are shown when the person wants to see them ----------
const listed = Number(find("[data-count=mine]")?.textContent || 0);
document.addEventListener("formloom:counts", (event) => { find("[data-fresh]").hidden = event.detail.mine <= listed; });

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

const VERBS = { t: "transfer", s: "add_signer", b: "return", d: "delegate" };
const decide = (tone) => find(`#work .fl-decide [data-tone="${tone}"]`)?.click();

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || typing(event.target) || find("dialog[open]")) return;
  const step = { j: 1, ArrowDown: 1, k: -1, ArrowUp: -1 }[event.key];
  if (step) {
    const goal = items()[current() + step];
    if (goal) { event.preventDefault(); goal.click(); goal.scrollIntoView({ block: "nearest" }); }
  } else if (event.key === "a") decide("done");
  else if (event.key === "r") decide("stop");
  else if (event.key in VERBS) { event.preventDefault(); ask(VERBS[event.key]); }
  else if (event.key === "x") { const box = find(".fl-tick input", items()[current()]?.parentElement ?? inbox); box?.click(); }
  else if (event.key === "c") { event.preventDefault(); find("#f-comment")?.focus(); }
});

liven();
