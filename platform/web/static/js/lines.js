// Child tables: add, remove, move, paste from a spreadsheet, all by keyboard.

import Sortable from "../vendor/sortablejs@1.15.7/sortable.esm.js";
import { find } from "./frame.js";
import { pickers, resolve } from "./picker.js";

let fresh = 0;

export function lines(form, rules, update) {
  for (const card of form.querySelectorAll("[data-lines]")) {
    if (find("template[data-blank]", card)) table(card, update);
  }
}

function table(card, update) {
  const body = find("tbody", card);
  const changed = () => { count(card, body); update(); card.dispatchEvent(new Event("change", { bubbles: true })); };
  const add = (after = null) => {
    const row = blank(card);
    if (after) after.after(row); else body.append(row);
    pickers(row);
    changed();
    return row;
  };
  Sortable.create(body, { handle: "[data-grip]", draggable: "tr[data-row]", animation: 120, onEnd: changed });
  card.addEventListener("click", (event) => {
    const act = event.target.closest("[data-act]")?.dataset.act;
    if (act === "add") focus(add());
    if (act === "drop") drop(event.target.closest("tr"), changed, card);
  });
  card.addEventListener("keydown", (event) => keys(event, body, add, changed));
  card.addEventListener("paste", (event) => paste(event, body, add, changed));
  card.addEventListener("fl:rows", (event) => {
    while (body.querySelectorAll("tr[data-row]").length < event.detail.length) add();
    [...body.querySelectorAll("tr[data-row]")].forEach((row, n) => event.detail[n] !== undefined && rename(card, row, event.detail[n]));
  });
  count(card, body);
}

function blank(card) {
  fresh += 1;
  const key = `n${fresh}`;
  const holder = document.createElement("template");
  holder.innerHTML = find("template[data-blank]", card).innerHTML.replaceAll("__row__", key);
  return holder.content.querySelector("tr");
}

function rename(card, row, key) {
  const [old, base] = [row.dataset.row, card.dataset.lines];
  row.dataset.row = key;
  for (const input of row.querySelectorAll("[name], [data-output], [id]")) {
    for (const attribute of ["name", "data-output"]) {
      const name = input.getAttribute(attribute);
      if (name?.startsWith(`${base}/${old}/`)) input.setAttribute(attribute, name.replace(`${base}/${old}/`, `${base}/${key}/`));
    }
    if (input.id) input.id = input.id.replace(`f-${base}-${old}-`, `f-${base}-${key}-`);
  }
}

const editable = (row) => [...row.querySelectorAll("input.cell:not([type=hidden]), select.cell, textarea.cell, .cell input[type=checkbox]")];
const focus = (row) => editable(row)[0]?.focus();

function drop(row, changed, card) {
  const next = row.nextElementSibling ?? row.previousElementSibling;
  while (row.nextElementSibling?.classList.contains("why-row")) row.nextElementSibling.remove();
  row.remove();
  changed();
  if (next?.isConnected) focus(next);
  else find("[data-act=add]", card).focus();
}

function count(card, body) {
  const total = body.querySelectorAll("tr[data-row]").length;
  find("[data-count]", card).textContent = total;
  const none = find("[data-none]", card);
  if (none) none.hidden = total > 0;
}

function keys(event, body, add, changed) {
  const row = event.target.closest("tr[data-row]");
  if ((event.ctrlKey || event.metaKey) && event.key === "Enter") {
    event.preventDefault();
    focus(add(row));
  } else if (row && event.target.closest("[data-grip]") && ["ArrowUp", "ArrowDown"].includes(event.key)) {
    event.preventDefault();
    const other = event.key === "ArrowUp" ? row.previousElementSibling : row.nextElementSibling;
    if (other) { if (event.key === "ArrowUp") other.before(row); else other.after(row); changed(); event.target.closest("[data-grip]").focus(); }
  } else if (row && event.target.matches("input.cell:not([role=combobox])") && ["ArrowUp", "ArrowDown"].includes(event.key)) {
    const column = event.target.closest("td").cellIndex;
    const rows = [...body.querySelectorAll("tr[data-row]")];
    const goal = rows[rows.indexOf(row) + (event.key === "ArrowUp" ? -1 : 1)];
    if (goal) { event.preventDefault(); find("input.cell", goal.cells[column])?.focus(); }
  }
}

// Cells are filled from where the caret is, to the right and down; missing rows are added.
async function paste(event, body, add, changed) {
  const text = event.clipboardData?.getData("text/plain") ?? "";
  if (!text.includes("\t") && !text.trim().includes("\n")) return;
  event.preventDefault();
  const grid = text.replace(/\r/g, "").replace(/\n+$/, "").split("\n").map((one) => one.split("\t"));
  const from = event.target.closest("tr[data-row]");
  const start = from ? editable(from).indexOf(event.target) : 0;
  let row = from ?? add();
  for (const [n, cells] of grid.entries()) {
    if (n > 0) row = nextRow(row) ?? add();
    const inputs = editable(row);
    for (const [k, words] of cells.entries()) {
      const input = inputs[Math.max(0, start) + k];
      if (input) await fill(input, words.trim());
    }
  }
  changed();
}

function nextRow(row) {
  let next = row.nextElementSibling;
  while (next && !next.dataset.row) next = next.nextElementSibling;
  return next;
}

async function fill(input, words) {
  if (input.getAttribute("role") === "combobox") await resolve(input, words);
  else if (input.tagName === "SELECT") input.value = [...input.options].find((o) => [o.value, o.text].includes(words))?.value ?? "";
  else if (input.type === "checkbox") input.checked = ["1", "true", "yes", "是", "✓"].includes(words.toLowerCase());
  else input.value = words;
}
