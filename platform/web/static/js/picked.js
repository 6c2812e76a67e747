// A record was made for a picker in another window: tell it, and go.

import "./form.js";     // lets go of the draft that has just arrived
import { find } from "./frame.js";
import { PICKED } from "./picker.js";

const { token, id, label } = find("#picked").dataset;
const news = new BroadcastChannel(PICKED);
news.postMessage({ token, id, label });
news.close();
close();
