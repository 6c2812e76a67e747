// A condition as rows (what, how compared, with what) and as FEEL: both ways for plain chains of "and" or "or".

const TOKEN = /\s*(?:("(?:[^"\\]|\\.)*")|(-?\d+(?:\.\d+)?)|([A-Za-z_\u0080-\uffff][\w\u0080-\uffff]*(?:\.[A-Za-z_\u0080-\uffff][\w\u0080-\uffff]*)*)|(<=|>=|!=|=|<|>|\(|\)|,))/y;

function tokens(text) {
  const found = [];
  TOKEN.lastIndex = 0;
  const end = text.trimEnd().length;
  while (TOKEN.lastIndex < end) {
    const match = TOKEN.exec(text);
    if (!match) return null;
    const [, string, number, name, sign] = match;
    found.push(string ? { kind: "string", value: JSON.parse(string) } : number ? { kind: "number", value: number } : name ? { kind: "name", value: name } : { kind: "sign", value: sign });
  }
  return found;
}

class Reader {
  constructor(list) { this.list = list; this.at = 0; }
  get next() { return this.list[this.at] ?? { kind: "end" }; }
  take(kind, value) {
    if (this.next.kind !== kind || (value !== undefined && this.next.value !== value)) throw new SyntaxError(kind);
    return this.list[this.at++].value;
  }
  is(kind, value) { return this.next.kind === kind && this.next.value === value; }

  literal() {
    const { kind, value } = this.next;
    if (kind === "string" || kind === "number") { this.at += 1; return { kind, value }; }
    const name = this.take("name");
    if (name === "true" || name === "false") return { kind: "boolean", value: name };
    if (name === "null") return { kind: "null", value: "" };
    if (name !== "date") throw new SyntaxError(name);
    this.take("sign", "(");
    const day = this.take("string");
    this.take("sign", ")");
    return { kind: "date", value: day };
  }

  clause() {
    const path = this.take("name");
    if (path === "contains" && this.is("sign", "(")) {
      this.take("sign", "(");
      const about = this.take("name");
      this.take("sign", ",");
      const value = this.take("string");
      this.take("sign", ")");
      return { path: about, operator: "contains", value, kind: "string" };
    }
    if (this.is("name", "in")) return this.among(path);
    const operator = this.take("sign");
    if (!["=", "!=", "<", "<=", ">", ">="].includes(operator)) throw new SyntaxError(operator);
    const { kind, value } = this.literal();
    if (kind !== "null") return { path, operator, value, kind };
    if (operator !== "=" && operator !== "!=") throw new SyntaxError(operator);
    return { path, operator: operator === "=" ? "empty" : "filled", value: "", kind: "" };
  }

  among(path) {
    this.take("name", "in");
    this.take("sign", "(");
    const found = [this.literal()];
    while (this.is("sign", ",")) { this.take("sign", ","); found.push(this.literal()); }
    this.take("sign", ")");
    if (found.some((one) => one.value.includes(","))) throw new SyntaxError(",");
    return { path, operator: "in", value: found.map((one) => one.value).join(", "), kind: found[0].kind };
  }
}

// The rows and what joins them; null for what only FEEL can say.
export function parse(text) {
  if (!text.trim()) return { joiner: "and", rows: [] };
  const list = tokens(text);
  if (!list) return null;
  const reader = new Reader(list);
  try {
    const rows = [reader.clause()];
    const joiner = reader.is("name", "or") ? "or" : "and";
    while (reader.is("name", joiner)) { reader.take("name"); rows.push(reader.clause()); }
    return reader.next.kind === "end" ? { joiner, rows } : null;
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}

function literal(value, kind) {
  const text = value.trim();
  if (kind === "number") return /^-?\d+(\.\d+)?$/.test(text.replace(/[,，]/g, "")) ? text.replace(/[,，]/g, "") : null;
  if (kind === "boolean") return text === "true" || text === "false" ? text : null;
  if (kind === "date" || kind === "date and time") return /^\d{4}-\d\d-\d\d/.test(text) ? `date("${text.slice(0, 10)}")` : null;
  return JSON.stringify(text);
}

function clause({ path, operator, value, kind }) {
  if (operator === "empty") return `${path} = null`;
  if (operator === "filled") return `${path} != null`;
  if (value.trim() === "") return null;
  if (operator === "contains") return `contains(${path}, ${JSON.stringify(value)})`;
  if (operator !== "in") { const one = literal(value, kind); return one && `${path} ${operator} ${one}`; }
  const many = value.split(/[,，]/).filter((one) => one.trim()).map((one) => literal(one, kind));
  return many.includes(null) || !many.length ? null : `${path} in (${many.join(", ")})`;
}

// Rows that are not filled in yet are left out.
export const write = ({ joiner, rows }) => rows.map(clause).filter(Boolean).join(` ${joiner} `);

export const operators = (kind, choices) => {
  if (choices) return ["=", "!=", "in", "empty", "filled"];
  if (kind === "string") return ["=", "!=", "contains", "in", "empty", "filled"];
  if (kind === "boolean") return ["=", "empty", "filled"];
  return kind ? ["=", "!=", "<", "<=", ">", ">=", "empty", "filled"] : ["empty", "filled"];
};
