// The tools at the left: pointer, lasso, way, and one for each kind of element. A click takes it along, Enter puts it.

import { element, icon } from "../parts.js";
import { PALETTE, make } from "./elements.js";

export function toolbox(box, context) {
  const { modeler, words, offers, model } = context;
  const tool = (glyph, label, act, drag) => {
    const made = element("button", { type: "button", class: "fl-icon-btn", "aria-label": label, title: label, draggable: drag ? "true" : undefined, tabindex: "-1" }, icon(glyph));
    made.addEventListener("click", act);
    if (drag) made.addEventListener("dragstart", (event) => { event.preventDefault(); drag(event); });
    return made;
  };
  const hands = [
    tool("lasso", words.lasso, (event) => modeler.get("lassoTool").activateSelection(event)),
    tool("hand-move", words.space, (event) => modeler.get("spaceTool").activateSelection(event)),
    tool("arrow-up-right", words.connect, (event) => modeler.get("globalConnect").start(event)),
  ];
  const kinds = PALETTE.map((group) => group.map((what) => {
    const take = (event) => modeler.get("create").start(event, make(context, what));
    const made = tool(what.icon, offers.elements[what.kind], (event) => (event.detail === 0 ? put(context, what) : take(event)), take);
    made.dataset.kind = what.kind;
    return made;
  }));
  const line = () => element("hr", {});
  box.replaceChildren(...hands, ...kinds.flatMap((group) => [line(), ...group]));
  box.querySelector("button").tabIndex = 0;
  box.addEventListener("keydown", (event) => move(box, event));
  return { model };
}

// By keyboard: behind what is selected, else in the middle of what one sees.
function put(context, what) {
  const { modeler, model } = context;
  const selected = modeler.get("selection").get()[0];
  const shape = make(context, what);
  if (selected && !selected.waypoints && selected.type !== "bpmn:EndEvent" && selected !== model.root) {
    context.select(modeler.get("autoPlace").append(selected, shape).id);
    return;
  }
  const view = model.canvas.viewbox();
  context.select(model.modeling.createShape(shape, { x: Math.round(view.x + view.width / 2), y: Math.round(view.y + view.height / 2) }, model.root).id);
}

function move(box, event) {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!step) return;
  const all = [...box.querySelectorAll("button")];
  const next = all[(all.indexOf(document.activeElement) + step + all.length) % all.length];
  event.preventDefault();
  for (const one of all) one.tabIndex = one === next ? 0 : -1;
  next.focus();
}
