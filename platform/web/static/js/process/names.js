// The drawing shows names in the language of the person: on the way in they stand in `name`, on the way out where the
// file keeps them (English in `name`, others in `<formloom:label zh="..."/>`). The modeler drops elements of a namespace
// that it knows but has no type for; those of ours that are newer than this page travel under another one.

import { chinese } from "../parts.js";
import { formloom } from "./moddle.js";

const OURS = formloom.uri;
const KEPT = `${OURS}/kept`;
const KNOWN = new Set(formloom.types.map((one) => one.name.toLowerCase()));

function moved(element, space, prefix) {
  const made = element.ownerDocument.createElementNS(space, `${prefix}:${element.localName}`);
  for (const attribute of element.attributes) if (attribute.name !== "xmlns:kept") made.setAttributeNS(attribute.namespaceURI, attribute.name, attribute.value);
  made.append(...element.childNodes);
  element.replaceWith(made);
  return made;
}

function keep(parsed) {
  const strange = [...parsed.getElementsByTagNameNS(OURS, "*")].filter((one) => !KNOWN.has(one.localName));
  for (const one of strange) for (const inner of [...one.getElementsByTagNameNS(OURS, "*")].reverse()) if (KNOWN.has(inner.localName)) moved(inner, KEPT, "kept");
  for (const one of strange) moved(one, KEPT, "kept");
}

function release(parsed) {
  for (const one of [...parsed.getElementsByTagNameNS(KEPT, "*")]) moved(one, OURS, "formloom");
  parsed.documentElement.removeAttribute("xmlns:kept");
}

const parse = (text) => new DOMParser().parseFromString(text, "application/xml");
const write = (parsed) => new XMLSerializer().serializeToString(parsed);

function each(parsed, change) {
  for (const label of [...parsed.getElementsByTagNameNS(OURS, "label")]) {
    const owner = label.parentElement?.parentElement;
    if (owner) change(owner, label);
  }
}

export function inward(text) {
  const parsed = parse(text);
  keep(parsed);
  if (chinese) each(parsed, show);
  return write(parsed);
}

function show(owner, label) {
  const zh = label.getAttribute("zh");
  if (!zh) return;
  if (owner.getAttribute("name")) label.setAttribute("en", owner.getAttribute("name"));
  owner.setAttribute("name", zh);
}

export function outward(text) {
  const parsed = parse(text);
  release(parsed);
  if (chinese) each(parsed, store);
  return write(parsed);
}

function store(owner, label) {
  const [en, zh] = [label.getAttribute("en"), owner.getAttribute("name")];
  label.removeAttribute("en");
  if (en) {
    owner.setAttribute("name", en);
    if (zh) label.setAttribute("zh", zh);
  } else {
    label.removeAttribute("zh");
    if (!label.attributes.length) label.remove();
  }
}
