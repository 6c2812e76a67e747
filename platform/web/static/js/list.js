// Lists: selection and its bar, moving by key, dense rows; boards and calendars are loaded from here.

import { conditions, fit } from "./conditions.js";
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
  }
}

conditions(list);

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
  fit(list);
  const download = find("[data-export]");
  if (download) download.search = location.search;
  reflect();
  layout();
}

document.addEventListener("htmx:afterSettle", ready);
ready();
