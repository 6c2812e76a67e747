// The technical name follows the English one until somebody writes it.

import { find } from "../frame.js";
import { slug } from "./tree.js";

const [label, key, plural] = ["label", "key", "plural"].map((name) => find(`[name=${name}]`));
let own = key.value !== "";
key.addEventListener("input", () => { own = key.value !== ""; });
label.addEventListener("input", () => { if (!own) key.value = slug(label.value); });
label.addEventListener("change", () => { if (!plural.value && label.value) plural.placeholder = `${label.value}s`; });
