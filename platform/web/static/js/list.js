// Lists: selection and its bar, moving by key, the filter builder, dense rows; boards and calendars are loaded from here.

import { find, remember, typing } from "./frame.js";

const list = find("#list");
const all = (selector, within = list) => [...within.querySelectorAll(selector)];
const boxes = () => all("tbody input[name=id]");
const rows = () => all("tbody tr");

// ---------- selection ----------
let last = null;

function reflect() {
  const chosen = boxes().filter((box) => box.checked);
  for (const box of boxes()) box.closest("tr").setAttribute("aria-selected", String(box.checked));
  const bar = find(".fl-bulk", list);
  if (!bar) return;
  bar.hidden = chosen.length === 0;
  find("[data-count]", bar).textContent = chosen.length;
  const head = find("[data-act=all]", list);
  head.checked = chosen.length > 0 && chosen.length === boxes().length;
  head.indeterminate = chosen.length > 0 && !head.checked;
}

function between(box) {
  const every = boxes();
  const [from, to] = [every.indexOf(last), every.indexOf(box)].sort((a, b) => a - b);
  for (const one of every.slice(from, to + 1)) one.checked = box.checked;
}

list.addEventListener("click", (event) => {
  const box = event.target.closest("tbody input[name=id]");
  if (box) {
    if (event.shiftKey && last && last !== box) between(box);
    last = box;
    reflect();
    return;
  }
  const header = event.target.closest("th a[data-add]");
  if (header && event.shiftKey) {
    event.preventDefault();
    event.stopPropagation();
    location.assign(header.dataset.add);
    return;
  }
  const act = event.target.closest("[data-act]");
  if (act) perform(act);
}, true);

function perform(target) {
  const { act } = target.dataset;
  if (act === "all" || act === "none") {
    for (const box of boxes()) box.checked = act === "all" && target.checked;
    reflect();
  } else if (act === "dense") {
    remember("dense", target.checked ? "1" : "0");
    find(".fl-table", list)?.classList.toggle("dense", target.checked);
  } else if (act === "mode") {
    const dialog = target.closest(".fl-query");
    for (const pane of all("[data-pane]", dialog)) pane.hidden = pane.dataset.pane !== target.dataset.mode;
    for (const button of all("[data-mode]", dialog)) button.setAttribute("aria-pressed", String(button === target));
  } else if (act === "add-row") {
    const box = target.parentElement.querySelector("[data-rows]");
    const row = box.lastElementChild.cloneNode(true);
    box.append(row);
    adapt(row);
    find("select", row).focus();
  } else if (act === "drop-row") {
    const row = target.closest(".fl-cond");
    if (row.parentElement.childElementCount > 1) row.remove();
    else clear(row);
  }
}

// ---------- filter builder: operators and the input follow the field ----------
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

list.addEventListener("change", (event) => {
  const row = event.target.closest(".fl-cond");
  if (!row) return;
  if (event.target.name === "f") adapt(row);
  if (event.target.name === "f" || event.target.name === "o") free(row);
});

// Several values of one condition travel as one, so that fields, comparisons and values stay in step.
list.addEventListener("formdata", (event) => {
  const rowsOf = event.target.querySelectorAll?.(".fl-cond") ?? [];
  if (!rowsOf.length) return;
  event.formData.delete("v");
  for (const row of rowsOf) {
    const value = find("[name=v]", row);
    event.formData.append("v", value.multiple ? [...value.selectedOptions].map((o) => o.value).join(",") : value.value);
  }
}, true);

// ---------- keys ----------
function move(step) {
  const every = rows();
  if (!every.length) return;
  const now = every.findIndex((row) => row.classList.contains("cursor"));
  const next = every[Math.max(0, Math.min(every.length - 1, now + step))];
  every[now]?.classList.remove("cursor");
  next.classList.add("cursor");
  next.scrollIntoView({ block: "nearest" });
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target) && event.target.type !== "checkbox" || find("dialog[open]") || !find(".fl-table", list)) return;
  const cursor = find("tr.cursor", list);
  if (event.key === "j" || event.key === "ArrowDown") move(1);
  else if (event.key === "k" || event.key === "ArrowUp") move(cursor ? -1 : 1);
  else if (event.key === "Enter" && cursor && event.target === document.body) location.assign(cursor.dataset.href);
  else if (event.key === "e" && cursor) location.assign(`${cursor.dataset.href}/edit`);
  else if ((event.key === "x" || event.key === " ") && cursor) { find("input[name=id]", cursor).click(); }
  else if (event.key === "Escape") { for (const box of boxes()) box.checked = false; reflect(); return; }
  else return;
  event.preventDefault();
});

// ---------- what else a list is looked at as, loaded once it is ----------
async function layout() {
  const [lanes, days] = [find("#board", list), find("#calendar", list)];
  if (lanes) (await import("./board.js")).board(lanes);
  if (days) await (await import("./calendar.js")).calendar(days);
}

function ready() {
  for (const row of all(".fl-cond")) free(row);
  const download = find("[data-export]");
  if (download) download.search = location.search;
  reflect();
  layout();
}

document.addEventListener("htmx:afterSettle", ready);
ready();
