// Definitions of one kind that a page changes together: each is kept as an edit of its own.

import { Draft } from "./draft.js";

export class Several extends Draft {
  constructor(kind, trees, draft) {
    super({ kind, draft });
    Object.assign(this, { trees, touched: new Set() });
  }

  alter(name, edit) {
    edit(this.trees[name]);
    this.touched.add(name);
    this.change(() => {});
  }

  // What was not kept is tried again with the next one; what is changed meanwhile is kept once more.
  async keep() {
    for (const name of [...this.touched]) {
      this.touched.delete(name);
      if (!await this.send(`/design/${this.kind}/${name}/tree`, { tree: this.trees[name] ?? null, draft: this.draft })) { this.touched.add(name); return; }
    }
  }

  // Takes a definition out of force.
  drop(name) {
    delete this.trees[name];
    this.touched.add(name);
    this.change(() => {});
  }

  async load() {
    const response = await fetch(`/design/${this.kind}/trees`, { headers: { Accept: "application/json" } });
    if (!response.ok) { location.reload(); return; }
    this.touched.clear();
    Object.assign(this, await response.json());
    this.tell("change");
    this.tell("saved");
  }
}
