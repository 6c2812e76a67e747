// A menu at a button: arrows move, Enter chooses, Esc goes back to where one was.

import { element, icon } from "./draft.js";

export function menu(opener, items) {
  document.querySelector("[data-rule-menu]")?.remove();
  const box = element("div", { class: "fl-menu-body fl-dec-menu", role: "menu", "data-rule-menu": true });
  const back = document.activeElement;
  const close = (focus = true) => { box.remove(); if (focus && back?.isConnected) back.focus(); };
  for (const [glyph, words, act, keys, off] of items) {
    const item = element("button", { type: "button", class: "fl-menu-item", role: "menuitem", disabled: Boolean(off) },
      icon(glyph), element("span", { class: "grow", text: words }), keys ? element("kbd", { class: "wide-only", text: keys }) : null);
    item.addEventListener("click", () => { close(false); act(); });
    box.append(item);
  }
  document.body.append(box);
  const at = opener.getBoundingClientRect();
  box.style.setProperty("left", `${Math.min(at.left, innerWidth - box.offsetWidth - 8)}px`);
  box.style.setProperty("top", `${Math.min(at.bottom + 4, innerHeight - box.offsetHeight - 8)}px`);
  const all = [...box.querySelectorAll("button:not(:disabled)")];
  all[0].focus();
  box.addEventListener("keydown", (event) => {
    const n = all.indexOf(document.activeElement);
    if (event.key === "ArrowDown") all[(n + 1) % all.length].focus();
    else if (event.key === "ArrowUp") all[(n - 1 + all.length) % all.length].focus();
    else if (event.key === "Escape" || event.key === "Tab") close();
    else return;
    event.preventDefault();
    event.stopPropagation();
  });
  box.addEventListener("focusout", (event) => { if (event.relatedTarget && !box.contains(event.relatedTarget)) close(false); });
  setTimeout(() => document.addEventListener("click", (event) => { if (!box.contains(event.target)) close(false); }, { once: true }));
}
