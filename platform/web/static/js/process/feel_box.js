// A field for FEEL that offers the names that exist here. The server says at once what is wrong with it.

import { element } from "../parts.js";
import { area } from "./controls.js";

const WORD = /[A-Za-z_\u0080-\uffff][\w.\u0080-\uffff]*$/;
const MOST = 8;

export function feelBox(value, names, commit, attributes = {}) {
  const input = area(value, commit, { rows: 2, ...attributes });
  const list = element("ul", { class: "fl-wf-names fl-pop", role: "listbox", id: `${input.id}-names`, hidden: true });
  for (const [name, said] of [["role", "combobox"], ["aria-expanded", "false"], ["aria-controls", list.id], ["aria-autocomplete", "list"]]) input.setAttribute(name, said);
  const known = names();
  let chosen = 0;

  const typed = () => WORD.exec(input.value.slice(0, input.selectionStart))?.[0] ?? "";
  const close = () => { list.hidden = true; input.setAttribute("aria-expanded", "false"); input.removeAttribute("aria-activedescendant"); };

  function offer() {
    const start = typed().toLowerCase();
    const fits = start ? known.filter(({ path, label }) => path !== start && (path.toLowerCase().startsWith(start) || label.toLowerCase().includes(start))).slice(0, MOST) : [];
    if (!fits.length) { close(); return; }
    chosen = 0;
    list.replaceChildren(...fits.map(({ path, label }, n) => element("li", { role: "option", id: `${list.id}-${n}`, "data-path": path, "aria-selected": String(n === 0) },
      element("code", { text: path }), label ? element("span", { class: "faint xs", text: label }) : null)));
    list.hidden = false;
    input.setAttribute("aria-expanded", "true");
    input.setAttribute("aria-activedescendant", `${list.id}-0`);
  }

  function take(path) {
    const end = input.selectionStart;
    const start = end - typed().length;
    input.setRangeText(path, start, end, "end");
    close();
  }

  function move(step) {
    const all = [...list.children];
    chosen = (chosen + step + all.length) % all.length;
    all.forEach((one, n) => one.setAttribute("aria-selected", String(n === chosen)));
    input.setAttribute("aria-activedescendant", all[chosen].id);
  }

  input.addEventListener("input", offer);
  input.addEventListener("blur", () => setTimeout(close, 150));
  input.addEventListener("keydown", (event) => {
    if (list.hidden || event.isComposing) return;
    const act = { ArrowDown: () => move(1), ArrowUp: () => move(-1), Enter: () => take(list.children[chosen].dataset.path), Tab: () => take(list.children[chosen].dataset.path), Escape: close }[event.key];
    if (!act) return;
    event.preventDefault();
    event.stopPropagation();
    act();
  });
  list.addEventListener("pointerdown", (event) => {
    const path = event.target.closest("[data-path]")?.dataset.path;
    if (path) { event.preventDefault(); take(path); }
  });
  return { input, node: element("div", { class: "fl-wf-feel" }, input, list) };
}
