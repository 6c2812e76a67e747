// What designers do with the definition of an entity: labels, fields and their order, and whatever names a field.

import { chinese } from "../parts.js";

export const spoken = (words, language) => (typeof words === "string" ? (language === "en" ? words : "") : words?.[language] ?? "");
export const shown = (words, otherwise = "") => {
  const [first, second] = chinese ? ["zh", "en"] : ["en", "zh"];
  return spoken(words, first) || spoken(words, second) || otherwise;
};

// Keeps what says something; an attribute that says nothing is not there.
export function put(node, key, value) {
  if (value === undefined || value === null || value === "" || value === false || (Array.isArray(value) && !value.length)) delete node[key];
  else node[key] = value;
}

export function say(node, key, language, text) {
  const held = typeof node[key] === "string" ? { en: node[key] } : { ...node[key] };
  put(held, language, text);
  put(node, key, Object.keys(held).length ? held : "");
}

export function slug(text) {
  const plain = text.normalize("NFKD").toLowerCase().replace(/[^a-z0-9]+/g, "_").replace(/^_+|_+$/g, "").slice(0, 50);
  return /^[a-z]/.test(plain) ? plain : plain ? `f_${plain}`.slice(0, 50) : "";
}

export function free(taken, wish) {
  if (!taken.has(wish)) return wish;
  let n = 2;
  while (taken.has(`${wish}_${n}`)) n += 1;
  return `${wish}_${n}`;
}

const reordered = (fields, names) => Object.fromEntries(names.map((name) => [name, fields[name]]));
export const sections = (tree) => tree.form?.sections ?? (tree.form?.tabs ?? []).flatMap((tab) => tab.sections ?? []);

// In the order of the definition, and beside its new neighbour where a form is laid out.
export function place(tree, name, at) {
  const names = Object.keys(tree.fields).filter((one) => one !== name);
  names.splice(at, 0, name);
  tree.fields = reordered(tree.fields, names);
  const laid = sections(tree);
  if (!laid.length) return;
  for (const one of laid) one.fields = one.fields.filter((each) => each !== name);
  const before = names.slice(0, at).reverse().find((one) => laid.some((section) => section.fields.includes(one)));
  const after = names.slice(at + 1).find((one) => laid.some((section) => section.fields.includes(one)));
  const home = laid.find((section) => section.fields.includes(before ?? after)) ?? laid[0];
  home.fields.splice(before ? home.fields.indexOf(before) + 1 : Math.max(0, home.fields.indexOf(after)), 0, name);
}

export function add(tree, name, spec, at = Object.keys(tree.fields).length) {
  tree.fields[name] = spec;
  place(tree, name, at);
}

const without = (list, name) => list.filter((one) => one !== name && one !== `-${name}`);

// With every place of the entity that names it; formulas that do are told as mistakes.
export function remove(tree, name) {
  const { [name]: _, ...rest } = tree.fields;
  tree.fields = rest;
  for (const key of ["title", "number", "state", "owner"]) if (tree[key] === name) delete tree[key];
  const actions = Object.values(tree.actions ?? {});
  for (const section of [tree, ...(tree.layouts ?? []).map((form) => ({ form }))].flatMap(sections)) section.fields = without(section.fields, name);
  for (const [node, key] of [[tree, "search"], [tree.form, "headline"], [tree.list, "columns"], [tree.list, "sort"], ...(tree.views ?? []).flatMap((view) => [[view, "columns"], [view, "sort"]]), ...actions.map((one) => [one, "fields"])]) {
    if (Array.isArray(node?.[key])) put(node, key, without(node[key], name));
  }
  for (const key of ["unique", "indexes"]) if (tree[key]) put(tree, key, tree[key].map((group) => without(group, name)).filter((group) => group.length));
  for (const action of actions) if (action.set) delete action.set[name];
  for (const one of tree.constraints ?? []) if (one.field === name) delete one.field;
}
