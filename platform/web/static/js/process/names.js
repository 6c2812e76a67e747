// The drawing shows names in the language of the person: on the way in they stand in `name`, on the way out where the
// file keeps them (English in `name`, others in `<formloom:label zh="..."/>`).

import { chinese } from "../parts.js";

const OURS = "https://formloom.org/bpmn/1.0";

function each(text, change) {
  const parsed = new DOMParser().parseFromString(text, "application/xml");
  for (const label of [...parsed.getElementsByTagNameNS(OURS, "label")]) {
    const owner = label.parentElement?.parentElement;
    if (owner) change(owner, label);
  }
  return new XMLSerializer().serializeToString(parsed);
}

export function inward(text) {
  if (!chinese) return text;
  return each(text, (owner, label) => {
    const zh = label.getAttribute("zh");
    if (!zh) return;
    if (owner.getAttribute("name")) label.setAttribute("en", owner.getAttribute("name"));
    owner.setAttribute("name", zh);
  });
}

export function outward(text) {
  if (!chinese) return text;
  return each(text, (owner, label) => {
    const [en, zh] = [label.getAttribute("en"), owner.getAttribute("name")];
    label.removeAttribute("en");
    if (en) {
      owner.setAttribute("name", en);
      if (zh) label.setAttribute("zh", zh);
    } else {
      label.removeAttribute("zh");
      if (!label.attributes.length) label.remove();
    }
  });
}
