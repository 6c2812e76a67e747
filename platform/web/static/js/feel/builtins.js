// All built-in functions of FEEL, one module for each kind of value.

import "./functions/aggregates.js";
import "./functions/contexts.js";
import "./functions/lists.js";
import "./functions/moments.js";
import "./functions/numbers.js";
import "./functions/ranges.js";
import "./functions/strings.js";

export { BUILTINS, call, valueOf } from "./registry.js";
