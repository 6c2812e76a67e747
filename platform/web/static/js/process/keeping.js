// Nothing drawn is lost: every change goes to this device at once and to the draft on the server soon after.

import { post } from "../parts.js";
import { outward } from "./names.js";

const DELAY = 600;

// status 0: the server cannot be reached.
export async function ask(address, body) {
  try {
    return await post(address, body);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    return { ok: false, status: 0, told: null };
  }
}

export class Keeping {
  constructor(context, data, tell) {
    Object.assign(this, { context, tell, stem: data.stem, was: data.was, seen: data.seen, text: data.text, name: `process:${data.stem}` });
    this.saving = Promise.resolve();
  }

  async drawn() { return outward((await this.context.modeler.saveXML({ format: true })).xml); }

  // What did not reach the server the last time, if it is another drawing than the one that did.
  left() {
    const held = JSON.parse(localStorage.getItem(this.name) ?? "null");
    return held && held.text !== this.text ? held : null;
  }

  forget() { localStorage.removeItem(this.name); }

  changed() {
    clearTimeout(this.timer);
    this.dirty = true;
    this.timer = setTimeout(() => this.flush(), DELAY);
    this.#hold();
  }

  async #hold() {
    const text = await this.drawn();
    if (this.dirty) localStorage.setItem(this.name, JSON.stringify({ text }));
  }

  // One after the other: the number of the draft tells who was faster.
  flush(over = false) {
    clearTimeout(this.timer);
    this.saving = this.saving.then(() => this.#save(over));
    return this.saving;
  }

  async #save(over) {
    if (!this.dirty && !over) return;
    this.dirty = false;
    const text = await this.drawn();
    localStorage.setItem(this.name, JSON.stringify({ text }));
    const answer = await this.ask("draft", { text, was: this.was, seen: this.seen, over });
    if (answer.ok) {
      Object.assign(this, { seen: answer.told.seen, text });
      if (!this.dirty) this.forget();
    } else if (answer.status !== 409) this.dirty = true;
    this.tell(answer);
  }

  async check() {
    this.tell(await this.ask("check", { text: this.text }));
  }

  ask(what, body) { return ask(`/workflows/${this.stem}/${what}`, body); }
}
