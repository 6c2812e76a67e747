// The list of a choice field: words in both languages, colour, order; many at once by pasting lines.

import { chinese, element, say as told } from "../parts.js";
import { area, button, field, row, select, small, text } from "../process/controls.js";
import { free, put, say, slug, spoken } from "./tree.js";

const TONES = ["idle", "wait", "run", "done", "stop"];

export function choices({ words }, list, commit) {
  const change = (edit) => commit(edit(structuredClone(list)));
  const taken = () => new Set(list.map((one) => String(one.value)));
  const made = (name) => ({ value: free(taken(), slug(name) || "choice"), label: { [chinese ? "zh" : "en"]: name } });
  const paste = (lines) => change((next) => {
    for (const name of lines.split(/\r?\n/).map((one) => one.trim()).filter(Boolean)) {
      next.push({ ...made(name), value: free(new Set(next.map((one) => one.value)), slug(name) || "choice") });
    }
    return next;
  });
  const box = area("", paste, { rows: 3, class: "form-control", "aria-label": words.paste_choices });
  return [
    ...list.map((one, n) => line(one, n, list, words, change)),
    button(words.add_choice, () => change((next) => [...next, made(told(words.new_choice, { n: list.length + 1 }))])),
    element("details", {}, element("summary", { text: words.paste_choices }), box),
  ];
}

function line(one, n, list, words, change) {
  const put_ = (edit) => change((next) => { edit(next[n]); return next; });
  const move = (step) => change((next) => { next.splice(n + step, 0, ...next.splice(n, 1)); return next; });
  const [first, second] = chinese ? ["zh", "en"] : ["en", "zh"];
  const words_ = (language) => text(spoken(one.label, language), (next) => put_((choice) => say(choice, "label", language, next)), { "aria-label": language === "zh" ? words.in_zh : words.in_en, placeholder: language === "zh" ? words.in_zh : words.in_en });
  const controls = [small(words.up, "arrow-up", () => move(-1)), small(words.down, "arrow-down", () => move(1)), small(words.remove, "trash", () => change((next) => next.filter((_, at) => at !== n)))];
  controls[0].disabled = n === 0;
  controls[1].disabled = n === list.length - 1;
  controls[2].disabled = list.length === 1;
  const more = element("details", {}, element("summary", { text: String(one.value) }),
    field(words.choice_value, text(one.value, (next) => put_((choice) => put(choice, "value", next)), { class: "form-control mono" })),
    field(words.fill, text(one.fill ?? "", (next) => put_((choice) => put(choice, "fill", next === "" ? "" : Math.min(1, Math.max(0, Number(next) || 0)))), { type: "number", min: 0, max: 1, step: 0.05 })));
  return element("div", { class: "fl-design-choice" },
    row(element("span", { class: `dot ${one.tone ?? "idle"}`, "aria-hidden": "true" }), words_(first), ...controls),
    words_(second),
    select(one.tone ?? "idle", TONES.map((tone) => [tone, words[`tone_${tone}`]]), (tone) => put_((choice) => put(choice, "tone", tone === "idle" ? "" : tone)), { "aria-label": words.choice_tone }),
    more);
}
