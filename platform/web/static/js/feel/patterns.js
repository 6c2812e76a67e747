// Regular expressions of XPath, which FEEL uses, as those of JavaScript. Patterns of the pack's author over what a
// person typed: short texts only, the server decides about the others.

const TEXT = 10_000;
const PATTERN = 1_000;
const FIRST = ":A-Z_a-z\\u{c0}-\\u{d6}\\u{d8}-\\u{f6}\\u{f8}-\\u{2ff}\\u{370}-\\u{37d}\\u{37f}-\\u{1fff}\\u{200c}-\\u{200d}\\u{2070}-\\u{218f}\\u{2c00}-\\u{2fef}\\u{3001}-\\u{d7ff}\\u{f900}-\\u{fdcf}\\u{fdf0}-\\u{fffd}\\u{10000}-\\u{effff}";
const CLASSES = {
  i: FIRST,
  c: `${FIRST}\\u{2d}.0-9\\u{b7}\\u{300}-\\u{36f}\\u{203f}-\\u{2040}`,
  w: "\\p{Alphabetic}\\p{M}\\p{Nd}\\p{Pc}\\p{Join_Control}",
  d: "\\p{Nd}",
  s: "\\p{White_Space}",
};
const PLAIN = /[\p{L}\p{N}\s]/u;

const literal = (char) => (PLAIN.test(char) ? char : `\\u{${char.codePointAt(0).toString(16)}}`);

// Without the white space that flag x allows everywhere but in character classes.
function compact(pattern) {
  let [kept, depth] = ["", 0];
  for (let index = 0; index < pattern.length; index += 1) {
    const char = pattern[index];
    const escaped = pattern[index - 1] === "\\";
    if (char === "[" && !escaped) depth += 1;
    if (char === "]" && !escaped && depth > 0) depth -= 1;
    if (depth > 0 || !/\s/u.test(char)) kept += char;
  }
  return kept;
}

// The escape at `index` and where it ends; null where XPath has none such.
function escape(pattern, index, inside) {
  const property = /^\\[pP]\{[^}]*\}/u.exec(pattern.slice(index));
  if (property) return [property[0], index + property[0].length];
  const char = String.fromCodePoint(pattern.codePointAt(index + 1) ?? 0);
  if (index + 1 >= pattern.length) return null;
  const end = index + 1 + char.length;
  if (Object.hasOwn(CLASSES, char.toLowerCase())) {
    const chars = CLASSES[char.toLowerCase()];
    const negated = char !== char.toLowerCase();
    return [negated || !inside ? `[${negated ? "^" : ""}${chars}]` : chars, end];
  }
  if (/[0-9]/.test(char)) return inside ? null : [`\\${char}`, end];
  if (/\p{L}/u.test(char)) return "nrt".includes(char) ? [`\\${char}`, end] : null;
  return [literal(char), end];
}

function outside(char, pattern, index, flags) {
  if (char === "$") return flags.includes("m") ? "(?![^\\n])" : "$";
  if (char === "^") return flags.includes("m") ? "(?<![^\\n])" : "^";
  if (char === ".") return flags.includes("s") ? "[^]" : "[^\\n\\r]";
  if (pattern.startsWith("(?", index) && !pattern.startsWith("(?:", index)) return null;
  if (char === ":" && pattern.startsWith("(?:", index - 2)) return ":";
  return "()|*+?".includes(char) ? char : literal(char);
}

// A character class from its bracket on, and where it ends: `[a-z-[aeiou]]` takes one set from another.
function characterClass(pattern, start) {
  const negated = pattern[start + 1] === "^" ? "^" : "";
  let [set, index] = ["", start + 1 + negated.length];
  while (index < pattern.length) {
    const char = String.fromCodePoint(pattern.codePointAt(index));
    if (char === "]") return set && [`[${negated}${set}]`, index + 1];
    if (pattern.startsWith("-[", index)) {
      const taken = characterClass(pattern, index + 1);
      return taken && pattern[taken[1]] === "]" ? [`[[${negated}${set}]--${taken[0]}]`, taken[1] + 1] : null;
    }
    const piece = char === "\\" ? escape(pattern, index, true) : [member(pattern, index, char, set), index + char.length];
    if (!piece) return null;
    [set, index] = [set + piece[0], piece[1]];
  }
  return null;
}

// A hyphen between two characters makes a range of them.
const member = (pattern, index, char, set) => (char === "-" && set && pattern[index + 1] !== "]" ? "-" : literal(char));

function pieceAt(pattern, index, char, flags) {
  if (char === "\\") return escape(pattern, index, false);
  const times = char === "{" && /^\{\d+(?:,\d*)?\}/.exec(pattern.slice(index));
  if (times) return [times[0], index + times[0].length];
  if (char === "{" || char === "}") return null;
  return char === "[" ? characterClass(pattern, index) : [outside(char, pattern, index, flags), index + char.length];
}

function translated(pattern, flags) {
  let [result, index] = ["", 0];
  while (index < pattern.length) {
    const char = String.fromCodePoint(pattern.codePointAt(index));
    const piece = pieceAt(pattern, index, char, flags);
    if (!piece || piece[0] === null) return null;
    [result, index] = [result + piece[0], piece[1]];
  }
  return result;
}

function compiled(value, pattern, flags) {
  if (value.length > TEXT || pattern.length > PATTERN || /[^smixq]/.test(flags)) return null;
  const spaced = flags.includes("x") ? compact(pattern) : pattern;
  const source = flags.includes("q") ? [...pattern].map(literal).join("") : translated(spaced, flags);
  if (source === null) return null;
  try {
    return new RegExp(source, `gv${flags.includes("i") ? "i" : ""}`);
  } catch {
    return null;    // not a pattern: no result, as on the server
  }
}

export function found(value, pattern, flags) {
  return compiled(value, pattern, flags)?.test(value) ?? null;
}

export function parts(value, delimiter) {
  const expression = compiled(value, delimiter, "");
  if (!expression) return null;
  const results = [];
  let end = 0;
  for (const match of value.matchAll(expression)) {
    results.push(value.slice(end, match.index));
    end = match.index + match[0].length;
  }
  return [...results, value.slice(end)];
}

// Texts and group numbers. `$12` is group 12 where there are so many, else group 1 and a 2; null where one is lone.
function pieces(replacement, groups) {
  const results = [];
  let end = 0;
  for (const match of replacement.matchAll(/\\(.)|\$([0-9]+)|([\\$])/gs)) {
    results.push(replacement.slice(end, match.index));
    end = match.index + match[0].length;
    if (match[1] === "$" || match[1] === "\\") { results.push(match[1]); continue; }
    if (match[2] === undefined) return null;
    let size = match[2].length;
    while (size > 1 && Number(match[2].slice(0, size)) > groups) size -= 1;
    const number = Number(match[2].slice(0, size));
    results.push(number <= groups ? number : "", match[2].slice(size));
  }
  return [...results, replacement.slice(end)];
}

export function replaced(value, pattern, replacement, flags) {
  const expression = compiled(value, pattern, flags);
  if (!expression || compiled("", pattern, flags).test("")) return null;
  const groups = new RegExp(`${expression.source}|`, expression.flags).exec("").length - 1;
  const filled = flags.includes("q") ? [replacement] : pieces(replacement, groups);
  if (!filled) return null;
  return value.replace(expression, (...match) => filled.map((piece) => (typeof piece === "number" ? match[piece] ?? "" : piece)).join(""));
}
