// The modeler of bpmn-js with our menus in the place of its own; on a phone its viewer.

import { icon, script, token } from "../parts.js";
import { APPROVAL, AUTOMATIC, DECISION, END, LIMIT, SPLIT, WAIT, make } from "./elements.js";
import { formloom } from "./moddle.js";

// The bundles put themselves on the window, each under the same name.
export const load = async (address) => { await script(address); return globalThis.BpmnJS; };

export const appearance = () => ({
  bpmnRenderer: { defaultFillColor: token("surface"), defaultStrokeColor: token("muted"), defaultLabelColor: token("text") },
  textRenderer: { defaultStyle: { fontFamily: token("font"), fontSize: 13 }, externalStyle: { fontSize: 12 } },
});

export function modeler(Kind, container, context) {
  return new Kind({ container, ...appearance(), moddleExtensions: { formloom }, additionalModules: context.readonly ? [] : [menus(context)] });
}

function menus(context) {
  class Pad {
    constructor(contextPad, create, connect, autoPlace, modeling) {
      Object.assign(this, { create, connect, autoPlace, modeling });
      contextPad.registerProvider(this);
    }

    getContextPadEntries(shape) {
      if (shape.labelTarget) return {};
      const { words } = context;
      const entries = {};
      const add = (name, group, glyph, title, action) => { entries[name] = { group, title, html: entry(glyph), action }; };
      const type = shape.type;
      const leaves = !["bpmn:EndEvent", "bpmn:SequenceFlow", "bpmn:Process", "bpmn:TextAnnotation"].includes(type) && !shape.waypoints && !shape.businessObject.triggeredByEvent;
      if (leaves) {
        for (const what of [APPROVAL, AUTOMATIC, DECISION, SPLIT, WAIT, END]) {
          add(what.kind, "append", what.icon, context.say(words.append, { kind: context.offers.elements[what.kind] }), {
            click: () => { context.select(this.autoPlace.append(shape, make(context, what)).id); },
            dragstart: (event) => this.create.start(event, make(context, what), { source: shape }),
          });
        }
        add("connect", "connect", "arrow-up-right", words.connect, { click: (event) => this.connect.start(event, shape), dragstart: (event) => this.connect.start(event, shape) });
      }
      if (/Task$|SubProcess$|CallActivity$|Transaction$/.test(type) && !shape.businessObject.triggeredByEvent) {
        add("limit", "edit", "hourglass", words.add_limit, { click: () => this.#limit(shape) });
      }
      add("delete", "edit", "trash", `${words.remove} (Del)`, { click: () => this.modeling.removeElements([shape]) });
      return entries;
    }

    #limit(shape) {
      const place = { x: shape.x + shape.width - 24, y: shape.y + shape.height };
      const made = this.modeling.createShape(make(context, LIMIT), place, shape, { attach: true });
      context.select(made.id);
    }
  }
  Pad.$inject = ["contextPad", "create", "connect", "autoPlace", "modeling"];
  return { __init__: ["contextPadProvider"], contextPadProvider: ["type", Pad], paletteProvider: ["value", null], replaceMenuProvider: ["value", null] };
}

function entry(glyph) {
  const box = document.createElement("div");
  box.className = "entry";
  box.draggable = true;
  box.append(icon(glyph));
  return box.outerHTML;
}
