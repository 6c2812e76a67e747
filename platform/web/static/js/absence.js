// The page on which a deputy is chosen.

import { pickers } from "./picker.js";

pickers(document);
