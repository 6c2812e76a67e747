// Comments: @ offers people, Ctrl Enter sends, chosen files are named.

import { find } from "./frame.js";

const list = document.createElement("ul");
list.className = "fl-pop fl-offers";
let chosen = new Map();
let area = null;

const words = (field) => /@([^\s@[\]]{0,20})$/.exec(field.value.slice(0, field.selectionStart))?.[1];

async function ask(field) {
  const asked = words(field);
  if (asked === undefined) { list.remove(); return; }
  const response = await fetch(`/pick/@user?${new URLSearchParams({ q: asked })}`, { headers: { "HX-Request": "true" } });
  if (!response.ok || words(field) !== asked) return;
  list.innerHTML = await response.text();
  area = field;
  const box = field.getBoundingClientRect();
  list.style.setProperty("left", `${box.left}px`);
  list.style.setProperty("bottom", `${innerHeight - box.top + 4}px`);
  list.style.setProperty("max-height", "240px");
  list.style.setProperty("min-width", "200px");
  document.body.append(list);
  find("[role=option]", list)?.setAttribute("aria-selected", "true");
}

function take(option) {
  const end = area.selectionStart;
  const before = area.value.slice(0, end).replace(/@[^\s@[\]]*$/, `@${option.dataset.label} `);
  area.value = before + area.value.slice(end);
  area.setSelectionRange(before.length, before.length);
  chosen.set(option.dataset.label, option.dataset.id);
  list.remove();
  area.focus();
}

// The server knows people by number: `@[7]`.
function numbered(text) {
  for (const [name, id] of chosen) text = text.replaceAll(`@${name}`, `@[${id}]`);
  return text;
}

export function compose() {
  document.addEventListener("input", (event) => {
    if (event.target.matches?.("[data-compose]")) ask(event.target);
    if (event.target.matches?.(".fl-compose [type=file]")) {
      find("[data-chosen-files]", event.target.form).textContent = [...event.target.files].map((file) => file.name).join(", ");
    }
  });
  list.addEventListener("mousedown", (event) => {
    const option = event.target.closest("[role=option]");
    if (option) { event.preventDefault(); take(option); }
  });
  document.addEventListener("keydown", (event) => {
    if (!event.target.matches?.("[data-compose]")) return;
    const options = [...list.querySelectorAll("[role=option]")];
    const at = options.findIndex((option) => option.getAttribute("aria-selected") === "true");
    if (list.isConnected && ["ArrowDown", "ArrowUp"].includes(event.key)) {
      event.preventDefault();
      options.forEach((option, n) => option.setAttribute("aria-selected", String(n === (at + (event.key === "ArrowDown" ? 1 : -1) + options.length) % options.length)));
    } else if (list.isConnected && event.key === "Enter" && options[at]) {
      event.preventDefault();
      take(options[at]);
    } else if (event.key === "Escape") {
      list.remove();
    } else if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      event.target.form.requestSubmit();
    }
  });
  document.addEventListener("htmx:configRequest", (event) => {
    const { parameters } = event.detail;
    if (parameters.text !== undefined) {
      if (parameters.set) parameters.set("text", numbered(String(parameters.get("text"))));
      else parameters.text = numbered(parameters.text);
      chosen = new Map();
    }
  });
}
