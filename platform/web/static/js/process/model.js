// What the panel reads from the drawing and writes into it. Every change is one step to undo.

import { chinese } from "../parts.js";

const short = (type) => type.slice(5, 6).toLowerCase() + type.slice(6);

export class Model {
  constructor(modeler, offers) {
    Object.assign(this, { modeler, offers });
    for (const name of ["canvas", "elementRegistry", "moddle"]) this[name] = modeler.get(name);
    this.modeling = modeler.get("modeling", false);
    this.factory = modeler.get("bpmnFactory", false);
  }

  get root() { return this.canvas.getRootElement(); }
  get process() {
    const about = this.root.businessObject;
    return about.$type === "bpmn:Process" ? about : about.participants?.map((one) => one.processRef).find((one) => one?.isExecutable) ?? about.participants?.[0]?.processRef ?? about;
  }
  get entity() { return this.offers.entities.find((one) => one.name === this.part(this.process, "Binding")?.entity); }
  entityOf(name) { return this.offers.entities.find((one) => one.name === name); }

  // The name by which words and problems know its kind: `intermediateCatchEvent:timer`.
  kind(about) {
    const event = about.eventDefinitions?.[0];
    const name = short(about.$type);
    const full = event ? `${name}:${short(event.$type).replace("EventDefinition", "")}` : name;
    return this.offers.elements[full] ? full : name;
  }
  word(about) { return this.offers.elements[this.kind(about)] ?? this.kind(about); }
  title(about) { return about.name || this.word(about); }

  nodes() {
    return this.elementRegistry.filter((one) => one.businessObject && !one.labelTarget && one !== this.root).map((one) => one.businessObject);
  }

  parts(about, type) { return (about.extensionElements?.values ?? []).filter((one) => one.$type === `formloom:${type}`); }
  part(about, type) { return this.parts(about, type)[0]; }
  text(about, type, name) { return this.part(about, type)?.get(name) ?? ""; }

  shape(about) { return this.elementRegistry.get(about.id) ?? this.elementRegistry.get(about.$parent?.id) ?? this.root; }
  update(about, properties, owner = about) { this.modeling.updateModdleProperties(this.shape(owner), about, properties); }
  create(type, properties) { return type.startsWith("formloom:") ? this.moddle.create(type, properties) : this.factory.create(type, properties); }

  // Changes attributes of the one part of this type; makes it, or drops it when nothing is left in it.
  set(about, type, changes, owner = about) {
    const clean = Object.fromEntries(Object.entries(changes).map(([name, value]) => [name, value === "" ? undefined : value]));
    const there = this.part(about, type);
    if (!there) {
      if (Object.values(clean).some((value) => value !== undefined)) this.write(about, type, [clean], owner);
      return;
    }
    const names = there.$descriptor.properties.map((one) => one.name.replace("formloom:", ""));
    const rest = names.some((name) => !(name in clean) && there.get(name)?.length) || Object.keys(there.$attrs).length;
    if (!rest && Object.values(clean).every((value) => value === undefined)) this.write(about, type, [], owner);
    else this.update(there, clean, owner);
  }

  // All parts of this type, in this order; others stay where they are. A part that is given as it was is kept.
  write(about, type, list, owner = about) {
    const held = about.extensionElements?.values ?? [];
    const made = list.map((one) => (one.$type ? one : this.create(`formloom:${type}`, one)));
    const first = held.findIndex((one) => one.$type === `formloom:${type}`);
    const others = held.filter((one) => one.$type !== `formloom:${type}`);
    const at = first < 0 ? others.length : held.slice(0, first).filter((one) => one.$type !== `formloom:${type}`).length;
    const values = [...others.slice(0, at), ...made, ...others.slice(at)];
    const holder = this.create("bpmn:ExtensionElements", { values });
    for (const one of values) one.$parent = holder;
    holder.$parent = about;
    this.update(about, { extensionElements: values.length ? holder : undefined }, owner);
  }

  parameter(holder, name) { return (holder?.get("parameters") ?? []).find((one) => one.name === name)?.value ?? ""; }

  setParameter(about, holder, name, value) {
    const held = holder.get("parameters") ?? [];
    const kept = held.filter((one) => one.name !== name);
    const made = value === "" ? [] : [this.create("formloom:Param", { name, value })];
    const at = held.findIndex((one) => one.name === name);
    const list = at < 0 ? [...kept, ...made] : [...kept.slice(0, at), ...made, ...kept.slice(at)];
    for (const one of list) one.$parent = holder;
    this.update(holder, { parameters: list }, about);
  }

  otherName(about) { return this.text(about, "Label", chinese ? "en" : "zh"); }
  setOtherName(about, words) { this.set(about, "Label", { [chinese ? "en" : "zh"]: words }); }
  setName(about, words) { this.modeling.updateProperties(this.shape(about), { name: words || undefined }); }

  formal(about, property, text, owner = about) {
    const made = text ? this.create("bpmn:FormalExpression", { body: text }) : undefined;
    if (made) made.$parent = about;
    this.update(about, { [property]: made }, owner);
  }

  // A message, signal, error or escalation of this name, which stands at the top of the file.
  named(type, name) {
    const file = this.modeler.getDefinitions();
    const key = { "bpmn:Error": "errorCode", "bpmn:Escalation": "escalationCode" }[type] ?? "name";
    const there = file.rootElements.find((one) => one.$type === type && (one.get(key) ?? one.name) === name);
    if (there) return there;
    const made = this.create(type, { name, [key]: name });
    made.$parent = file;
    file.rootElements.push(made);
    return made;
  }

  // What conditions may ask: fields of the record, of records it refers to, and what earlier steps gave.
  subjects() {
    const fields = (entity, prefix, words) => (entity?.fields ?? []).map((one) => ({ path: prefix + one.name, label: words + one.label, kind: one.kind, choices: one.choices }));
    const near = (this.entity?.fields ?? []).filter((one) => one.type === "reference");
    const steps = this.nodes().filter((one) => this.parts(one, "Outcome").length || one.$type === "bpmn:UserTask");
    return [
      ...fields(this.entity, "", ""),
      ...steps.map((one) => ({ path: `${one.id}.outcome`, label: this.title(one), kind: "string", step: true, choices: this.outcomes(one) })),
      ...near.flatMap((one) => fields(this.entityOf(one.target), `${one.name}.`, `${one.label} · `).filter((inner) => inner.kind)),
    ];
  }

  outcomes(about) {
    return this.parts(about, "Outcome").map((one) => ({ value: one.value, label: (chinese && one.get("label-zh")) || one.label || one.value }));
  }

  // Names for completion, besides the subjects.
  names() {
    const steps = this.nodes().filter((one) => /Task$|CallActivity$/.test(one.$type));
    const inside = (one) => (one.$type === "bpmn:UserTask" ? ["outcome", "comment", "by", "at"] : []);
    return [
      ...steps.flatMap((one) => [{ path: one.id, label: this.title(one) }, ...inside(one).map((name) => ({ path: `${one.id}.${name}`, label: this.title(one) }))]),
      ...["user.id", "user.name", "user.manager", "user.roles", "user.teams", "record"].map((path) => ({ path, label: "" })),
      ...["today()", "now()", "duration(\"P1D\")", "count()", "contains()", "if  then  else "].map((path) => ({ path, label: "" })),
    ];
  }
}
