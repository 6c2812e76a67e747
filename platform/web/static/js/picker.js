// Reference pickers: a combobox that asks the server what fits, by keyboard and by mouse.

import { find } from "./frame.js";

const list = document.createElement("ul");
list.className = "fl-pop fl-offers";
list.setAttribute("role", "listbox");
let owner = null;
let turn = 0;
let pending = 0;

// Records made for a picker come back by name of the wait for them: another window says which one it made.
export const PICKED = "formloom-picked";
const waiting = new Map();

export function pickers(within) {
  for (const combo of within.querySelectorAll("[data-pick]")) {
    if (combo.dataset.ready) continue;
    combo.dataset.ready = "1";
    connect(combo, find("[role=combobox]", combo));
  }
}

function connect(combo, input) {
  input.addEventListener("input", () => { clear(combo); clearTimeout(pending); pending = setTimeout(() => ask(combo, input), 150); });
  input.addEventListener("click", () => ask(combo, input, ""));
  input.addEventListener("keydown", (event) => press(event, combo, input));
  input.addEventListener("blur", () => setTimeout(() => { if (owner === combo && !list.matches(":hover")) close(); }, 120));
  input.dataset.label = input.value;
}

function clear(combo) {
  const hidden = find("[data-picked]", combo);
  if (hidden?.value) { hidden.value = ""; hidden.dispatchEvent(new Event("change", { bubbles: true })); }
}

async function ask(combo, input, words = input.value) {
  const mine = ++turn;
  const response = await fetch(`/pick/${combo.dataset.pick}?${new URLSearchParams({ q: words })}`, { headers: { "HX-Request": "true" } });
  if (mine !== turn || !response.ok || document.activeElement !== input) return;
  list.innerHTML = await response.text();
  list.id = input.getAttribute("aria-controls");
  owner = combo;
  (input.closest("dialog[open], details[open]") ?? document.body).append(list);      // behind a dialog it could not be reached, outside a menu it would close that
  place(input);
  input.setAttribute("aria-expanded", "true");
  mark(0, input);
}

function place(input) {
  const box = input.getBoundingClientRect();
  const below = innerHeight - box.bottom;
  list.style.setProperty("left", `${box.left}px`);
  list.style.setProperty("min-width", `${Math.max(box.width, 240)}px`);
  list.style.setProperty("max-height", `${Math.min(320, Math.max(below, box.top) - 16)}px`);
  list.style.setProperty(below > 220 || below > box.top ? "top" : "bottom", below > 220 || below > box.top ? `${box.bottom + 4}px` : `${innerHeight - box.top + 4}px`);
  list.style.removeProperty(below > 220 || below > box.top ? "bottom" : "top");
}

const options = () => [...list.querySelectorAll("[role=option]")];

function mark(index, input) {
  const all = options();
  if (!all.length) { input.removeAttribute("aria-activedescendant"); return; }
  const at = (index + all.length) % all.length;
  all.forEach((option, n) => { option.id = `${list.id}-${n}`; option.setAttribute("aria-selected", String(n === at)); });
  input.setAttribute("aria-activedescendant", all[at].id);
  all[at].scrollIntoView({ block: "nearest" });
}

function press(event, combo, input) {
  const open = owner === combo && list.isConnected;
  const at = options().findIndex((option) => option.getAttribute("aria-selected") === "true");
  if (event.isComposing) return;
  if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    event.preventDefault();
    event.stopPropagation();
    if (open) mark(at + (event.key === "ArrowDown" ? 1 : -1), input);
    else ask(combo, input);
  } else if (event.key === "Enter" && open && !event.ctrlKey && !event.metaKey) {
    event.preventDefault();
    if (options()[at]) choose(combo, input, options()[at].dataset);
  } else if (event.key === "Escape" && open) {
    event.preventDefault();
    event.stopPropagation();
    close();
  } else if (event.key === "Backspace" && input.value === "" && combo.dataset.adds) {
    find("[data-chosen]", combo.closest("[data-many]"))?.lastElementChild?.remove();
  }
}

function choose(combo, input, { id, label }) {
  if (combo.dataset.adds) {
    chip(combo, id, label);
    input.value = "";
  } else {
    find("[data-picked]", combo).value = id;
    input.value = label;
    input.dataset.label = input.value;
    find("[data-picked]", combo).dispatchEvent(new Event("change", { bubbles: true }));
  }
  close();
}

function chip(combo, id, label) {
  const chosen = find("[data-chosen]", combo.closest("[data-many]"));
  if (find(`input[value="${CSS.escape(id)}"]`, chosen)) return;
  const tag = document.createElement("span");
  const hidden = Object.assign(document.createElement("input"), { type: "hidden", name: combo.dataset.adds, value: id });
  const off = Object.assign(document.createElement("button"), { type: "button", className: "fl-bare", textContent: "×" });
  off.dataset.act = "unpick";
  off.setAttribute("aria-label", `× ${label}`);
  tag.className = "fl-tag";
  tag.append(label, hidden, off);
  chosen.append(tag);
  combo.dispatchEvent(new Event("change", { bubbles: true }));
}

function close() {
  if (owner) find("[role=combobox]", owner).setAttribute("aria-expanded", "false");
  list.remove();
  owner = null;
}

// What was pasted names a record: exactly one that fits is taken, else the words stay for the person to choose.
export async function resolve(input, words) {
  const combo = input.closest("[data-pick]");
  input.value = words;
  if (!words) return;
  const response = await fetch(`/pick/${combo.dataset.pick}?${new URLSearchParams({ q: words })}`, { headers: { "HX-Request": "true" } });
  const holder = document.createElement("template");
  holder.innerHTML = response.ok ? await response.text() : "";
  const found = [...holder.content.querySelectorAll("[role=option]")];
  const one = found.find((option) => option.dataset.label === words) ?? (found.length === 1 ? found[0] : null);
  if (one) { find("[data-picked]", combo).value = one.dataset.id; input.value = one.dataset.label; }
}

list.addEventListener("mousedown", (event) => {
  const option = event.target.closest("[role=option]");
  if (!option) return;
  event.preventDefault();
  choose(owner, find("[role=combobox]", owner), option.dataset);
});
list.addEventListener("click", (event) => {
  const link = event.target.closest(".make a");
  if (!link || !owner) return;
  event.preventDefault();
  const token = Math.random().toString(36).slice(2);
  const address = new URL(link.href);
  address.searchParams.set("pick", token);
  waiting.set(token, owner);
  window.open(address);
  close();
});
new BroadcastChannel(PICKED).addEventListener("message", ({ data }) => {
  const combo = waiting.get(data.token);
  if (!combo?.isConnected) return;
  waiting.delete(data.token);
  const input = find("[role=combobox]", combo);
  choose(combo, input, data);
  input.focus();
});
document.addEventListener("click", (event) => {
  if (event.target.closest("[data-act=unpick]")) {
    const tag = event.target.closest(".fl-tag");
    const many = tag.closest("[data-many]");
    tag.remove();
    many.dispatchEvent(new Event("change", { bubbles: true }));
  }
});
addEventListener("scroll", (event) => { if (owner && !list.contains(event.target)) close(); }, true);
