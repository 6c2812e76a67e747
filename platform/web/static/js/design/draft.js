// A definition that is being designed: changed at once on the page, kept on the server a moment later, undone and
// redone there. A designer asks for `tree`, changes it inside `change`, and draws again when told so.

import { post } from "../parts.js";

const PAUSE = 400;

export class Draft extends EventTarget {
  constructor({ kind, name, tree, pack, draft }) {
    super();
    Object.assign(this, { kind, name, tree, pack, draft, problems: [], saving: null, waiting: 0, failed: null });
  }

  // Keeps what `edit` makes of the tree. Edits that come close together are one step of undo.
  change(edit) {
    edit(this.tree);
    this.tell("change");
    clearTimeout(this.waiting);
    this.waiting = setTimeout(() => this.save(), PAUSE);
  }

  get pending() { return this.waiting !== 0 || this.saving !== null; }

  // One after the other: each says which draft it has seen, and that is what the one before left.
  async save() {
    clearTimeout(this.waiting);
    this.waiting = 0;
    const mine = (this.saving ?? Promise.resolve()).then(() => this.keep());
    this.saving = mine;
    await mine;
    if (this.saving === mine) this.saving = null;
    if (!this.pending) this.tell("saved");
  }

  async keep() { await this.send(`/design/${this.kind}/${this.name}/tree`, { tree: this.tree, draft: this.draft }); }

  async undo() { await this.step("undo"); }
  async redo() { await this.step("redo"); }

  async step(way) {
    if (this.waiting) await this.save();
    else if (this.saving) await this.saving;
    if (await this.send(`/design/${way}`, { draft: this.draft })) await this.load();
  }

  async load() {
    const response = await fetch(`/design/${this.kind}/${this.name}/tree`, { headers: { Accept: "application/json" } });
    if (!response.ok) { location.assign("/design"); return; }
    const { tree, pack, draft } = await response.json();
    Object.assign(this, { tree, pack, draft });
    this.tell("change");
    this.tell("saved");
  }

  // What is wrong with the draft as the page found it.
  async examine() {
    const response = await fetch("/design/problems", { headers: { Accept: "application/json" } });
    if (!response.ok || this.pending) return;
    this.problems = (await response.json()).problems;
    this.tell("examined");
  }

  async send(address, body) {
    const { ok, told } = await post(address, body);
    this.failed = ok ? null : told ?? { title: "" };
    if (ok) Object.assign(this, { draft: told.draft, problems: told.problems });
    else this.tell("failed");
    return ok;
  }

  tell(what) { this.dispatchEvent(new CustomEvent(what)); }
}

// Of pages that show the whole model as the server drew it: taking back draws them again.
export class WholeDraft extends Draft {
  constructor(draft) { super({ draft }); }
  async save() { clearTimeout(this.waiting); this.waiting = 0; }
  async load() { location.reload(); }
}

// The bar that every designer has: what is kept, undo, redo, problems, and the way to publishing.
export function bar(draft, within = document) {
  const find = (name) => within.querySelector(`[data-draft="${name}"]`);
  const show = () => {
    find("undo").disabled = !draft.draft?.undo;
    find("redo").disabled = !draft.draft?.redo;
    find("review").hidden = !draft.draft;
    find("title").textContent = draft.draft?.title ?? "";
    const errors = draft.problems.filter((p) => p.severity === "error").length;
    find("problems").hidden = !draft.problems.length;
    find("problems-count").textContent = errors || draft.problems.length;
    find("problems").classList.toggle("stop", errors > 0);
    find("list").replaceChildren(...draft.problems.map(line));
  };
  const state = (name) => { for (const one of within.querySelectorAll("[data-draft-state]")) one.hidden = one.dataset.draftState !== name; };
  draft.addEventListener("change", () => state("saving"));
  draft.addEventListener("saved", () => { if (!draft.failed) { state("saved"); show(); } });
  draft.addEventListener("examined", show);
  draft.addEventListener("failed", () => { state("failed"); find("reload").hidden = draft.failed.code !== "change-overtaken"; find("again").hidden = !find("reload").hidden; find("trouble").textContent = why(draft.failed); });
  find("undo").addEventListener("click", () => draft.undo());
  find("redo").addEventListener("click", () => draft.redo());
  find("again").addEventListener("click", () => draft.save());
  find("reload").addEventListener("click", () => draft.load());
  find("review").addEventListener("click", async (event) => {
    if (!draft.pending) return;
    event.preventDefault();
    await draft.save();
    if (!draft.failed) location.assign(event.target.closest("a").href);
  });
  document.addEventListener("keydown", (event) => {
    if (!(event.ctrlKey || event.metaKey) || event.key.toLowerCase() !== "z" || event.target.closest("input, textarea, select, [contenteditable=true]")) return;
    event.preventDefault();
    if (event.shiftKey) draft.redo(); else draft.undo();
  });
  addEventListener("beforeunload", (event) => { if (draft.pending) event.preventDefault(); });
  state("none");
  show();
  if (draft.draft) draft.examine();
}

// What stopped it, rather than that something did.
export function why({ title, hint, errors = [] }) {
  const [first] = errors;
  return (first ? [first.message, first.hint] : [title, hint]).filter(Boolean).join(" ");
}

function line(problem) {
  const item = document.createElement("li");
  item.className = problem.severity === "error" ? "stop" : "wait";
  item.textContent = [problem.message, problem.hint].filter(Boolean).join(" ");
  if (problem.element) item.dataset.element = problem.element;
  return item;
}
