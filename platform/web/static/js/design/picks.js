// A list of things in an order: dragged by their handles, or moved by the arrow keys while a handle has the focus.

import Sortable from "../../vendor/sortablejs@1.15.7/sortable.esm.js";
import { find } from "../frame.js";
import { element, icon, say } from "../parts.js";

// `items`: {key, words, fixed}; `moved(keys)` gets the new order; `inside(item)` makes what stands in a row.
export function picks(root, { items, words, inside, moved }) {
  const keys = () => [...root.children].filter((row) => row.dataset.key !== undefined && !row.dataset.fixed).map((row) => row.dataset.key);
  root.replaceChildren(...items.map((item) => row(item)));
  root.sorting?.destroy();
  root.sorting = Sortable.create(root, { handle: ".grip", draggable: "li:not([data-fixed])", animation: 120, ghostClass: "ghost", onEnd: (event) => { if (event.oldIndex !== event.newIndex) moved(keys()); } });

  function row(item) {
    const made = element("li", { "data-key": item.key, "data-fixed": item.fixed ? "1" : null });
    if (!item.fixed) {
      const grip = element("button", { type: "button", class: "fl-icon-btn sm grip", "aria-label": say(words.move, { name: item.words }), title: say(words.move, { name: item.words }) }, icon("grip-vertical"));
      grip.addEventListener("keydown", (event) => step(event, made, item));
      made.append(grip);
    }
    made.append(...inside(item));
    return made;
  }

  function step(event, made, item) {
    const way = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    if (!way) return;
    event.preventDefault();
    const order = keys(), at = order.indexOf(item.key), to = at + way;
    if (to < 0 || to >= order.length) return;
    [order[at], order[to]] = [order[to], order[at]];
    if (way < 0) made.previousElementSibling.before(made);
    else made.nextElementSibling.after(made);
    moved(order);
    find(`[data-key="${CSS.escape(item.key)}"] .grip`, root)?.focus();
    find("[data-live]").textContent = say(words.moved, { name: item.words, n: to + 1, all: order.length });
  }
}
