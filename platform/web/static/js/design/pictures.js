// One picture of many, as buttons.

import { element, icon } from "../parts.js";

// `now` is chosen, and stands first; what the page has no drawing for is drawn as `otherwise`.
export function pictures({ now, names, otherwise, words, choose }) {
  return element("div", { class: "fl-menu-icons", role: "radiogroup", "aria-label": words }, ...[...new Set([now, ...names])].map((name) => {
    const made = element("button", { type: "button", role: "radio", "aria-checked": String(name === now), title: name, "aria-label": name }, glyph(name, otherwise));
    made.addEventListener("click", () => choose(name));
    return made;
  }));
}

export const glyph = (name, otherwise) => icon(document.querySelector("#icons").content.querySelector(`[data-icon="${CSS.escape(name)}"]`) ? name : otherwise);
