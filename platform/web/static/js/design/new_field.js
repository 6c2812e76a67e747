// What a field of each type begins with, so that it stands at once.

export function begun(type, { label, offers, name, words }) {
  const spec = { type, label };
  if (type === "choice" || type === "choices") spec.choices = [1, 2].map((n) => ({ value: `choice_${n}`, label: { en: `Choice ${n}`, zh: `选项${n}` } }));
  if (type === "reference" || type === "references") spec.entity = offers.choosable.find((one) => !one.parent && one.name !== name)?.name ?? name;
  if (type === "table") spec.entity = offers.choosable.find((one) => one.parent === name)?.name ?? "";
  if (type === "sequence") spec.pattern = `${prefix(name)}-{YYYY}-{0000}`;
  if (type === "formula") spec.formula = "null";
  if (type === "rollup") Object.assign(spec, { of: offers.table ?? "", function: "count" });
  if (type === "money") spec.currency = "CNY";
  return spec;
}

const prefix = (name) => name.split("_").map((word) => word[0]).join("").toUpperCase().padEnd(2, name[1]?.toUpperCase() ?? "X").slice(0, 3);
