// Pages of the whole model: the bar of the draft, and what taking back does to a page that the server drew.

import { find } from "../frame.js";
import { WholeDraft, bar } from "./draft.js";

export const data = JSON.parse(find("#design-data").textContent);
export const draft = new WholeDraft(data.draft);
bar(draft);
