// Sections and tabs of a form, whether it is that of everybody or a layout.

import { put } from "./tree.js";

const says = (form) => Boolean(form?.sections || form?.tabs);

// As it is seen: the usual form of an entity that says none holds every field.
export function seenOf(tree, name) {
  if (name) return tree.layouts?.find((one) => one.name === name);
  return says(tree.form) ? tree.form : { ...tree.form, sections: [{ fields: Object.keys(tree.fields) }] };
}

// To be changed: from now on it says what it holds.
export function holderOf(tree, name) {
  if (!name && !says(tree.form)) tree.form = seenOf(tree, name);
  return seenOf(tree, name);
}

// A form without tabs has one, which says nothing.
export const tabsOf = (holder) => holder.tabs ?? [holder];
export const sectionsOf = (holder) => tabsOf(holder).flatMap((tab) => tab.sections ?? []);
export const placedIn = (holder) => new Set(sectionsOf(holder).flatMap((section) => section.fields));

export function takeOff(holder, name) {
  for (const section of sectionsOf(holder)) section.fields = section.fields.filter((one) => one !== name);
}

export function putInto(holder, section, name, at = section.fields.length) {
  takeOff(holder, name);
  section.fields.splice(at, 0, name);
}

export function addSection(tab, label, at = (tab.sections ?? []).length) {
  const made = { label, fields: [] };
  (tab.sections ??= []).splice(at, 0, made);
  return made;
}

export function addTab(holder, first, label) {
  if (!holder.tabs) {
    holder.tabs = [{ label: first, sections: holder.sections ?? [] }];
    delete holder.sections;
  }
  holder.tabs.push({ label, sections: [] });
}

// Its sections go to the one before it; the last one that is left needs no tab.
export function removeTab(holder, at) {
  const [gone] = holder.tabs.splice(at, 1);
  const to = holder.tabs[Math.max(0, at - 1)];
  to.sections = at === 0 ? [...gone.sections, ...to.sections] : [...to.sections, ...gone.sections];
  if (holder.tabs.length === 1) {
    holder.sections = to.sections;
    delete holder.tabs;
  }
}

export function copyOf(tree, holder, name, label) {
  const { sections, tabs } = structuredClone(holder);
  const made = { name, label };
  if (tabs) made.tabs = tabs; else made.sections = sections ?? [];
  tree.layouts = [...(tree.layouts ?? []), made];
}

export function dropLayout(tree, name) { put(tree, "layouts", tree.layouts.filter((one) => one.name !== name)); }
