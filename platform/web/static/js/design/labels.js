// The two names that whatever is designed has.

import { field, text } from "../process/controls.js";
import { say, spoken } from "./tree.js";

// `change(edit)` hands `edit` the node to write to.
export function labels(node, change, chinese, english) {
  const input = (language) => text(spoken(node.label, language), (next) => change((held) => say(held, "label", language, next)), { lang: language });
  return [field(chinese, input("zh")), field(english, input("en"))];
}
