// Before publishing: both drawings with what is new, changed and gone, the same in words, and whom it touches.

import { find, open } from "../frame.js";
import { element, say } from "../parts.js";
import { appearance, load } from "./drawing.js";
import { inward } from "./names.js";

export class Publishing {
  constructor(context, keeping, { published, trouble, refused, replaced }) {
    Object.assign(this, { context, keeping, published, trouble, refused, replaced });
    this.dialog = find("#publishing");
    this.overtaken = find("#overtaken");
    for (const [act, verb] of [["confirm", "publish"], ["collect", "collect"]]) find(`[data-do=${act}]`)?.addEventListener("click", () => this.send(verb));
    find("[data-do=mine]").addEventListener("click", () => this.#keep());
    find("[data-do=theirs]").addEventListener("click", () => this.#take());
    this.dialog.addEventListener("close", () => this.#clear());
  }

  // With what is in force; with an earlier version only for looking.
  async ask(version = "") {
    await this.keeping.flush();
    const text = await this.keeping.drawn();
    const answer = await this.keeping.ask("compare", { text, version });
    if (!answer.ok) { this.trouble(answer); return; }
    const { words } = this.context;
    const { changes, before, number } = answer.told;
    const looking = version !== "";
    find("#publishing-title").textContent = looking ? words.compare_title : say(words.publish_title, { n: number + 1 });
    find("[data-changes]").replaceChildren(...(changes.length ? changes : [{ kind: "same", words: before ? words.no_changes : words.first_version }]).map((one) => element("li", { class: one.kind, text: one.words })));
    find("[data-affected] div").replaceChildren(...this.#affected(answer.told).map((text_) => element("div", { text: text_ })));
    const broken = this.context.problems().some((one) => one.severity === "error");
    for (const part of this.dialog.querySelectorAll("[data-affected], [data-reason-field], [data-do]")) part.hidden = looking;
    find("[data-reason-field]").hidden ||= !find("[data-do=confirm]");
    for (const button of this.dialog.querySelectorAll("[data-do]")) button.disabled = !changes.length || broken;
    open(this.dialog);
    await this.#draw(before, text, changes);
  }

  #affected({ running, earlier, number, by, ago, reason }) {
    const { words } = this.context;
    const errors = this.context.problems().filter((one) => one.severity === "error").length;
    const lines = errors ? [say(words.mend_first, { n: errors })] : [];
    if (number) lines.push(say(words.last_published, { n: number, who: by || words.somebody, ago }) + (reason ? `: ${reason}` : ""));
    lines.push(running + earlier ? say(words.stay, { n: running + earlier }) : words.nobody_touched);
    return lines;
  }

  async #draw(before, after, changes) {
    this.Viewer ??= await load(find("#process-data").dataset.viewer);
    const { words } = this.context;
    this.views = [];
    const gone = (one) => one.kind !== "added";
    const here = (one) => one.kind !== "removed";
    const sides = [before ? [words.in_force, before, gone] : null, [words.yours, after, here]].filter(Boolean);
    const boxes = sides.map(([title]) => element("figure", {}, element("figcaption", { class: "xs muted", text: title }), element("div", { class: "fl-diagram" })));
    find("[data-both]").replaceChildren(...boxes);
    for (const [n, [, text, shown]] of sides.entries()) {
      const view = new this.Viewer({ container: boxes[n].lastElementChild, ...appearance() });
      this.views.push(view);
      await view.importXML(inward(text));
      const registry = view.get("elementRegistry");
      for (const one of changes.filter(shown)) if (registry.get(one.id) && one.id !== view.get("canvas").getRootElement().id) view.get("canvas").addMarker(one.id, `is-${one.kind}`);
      view.get("canvas").zoom("fit-viewport", "auto");
    }
  }

  #clear() {
    for (const view of this.views ?? []) view.destroy();
    this.views = [];
  }

  // verb: publish, at once | collect, into the draft of the model
  async send(verb, over = "") {
    const { words } = this.context;
    const text = await this.keeping.drawn();
    const answer = await this.keeping.ask(verb, { text, was: this.keeping.was, over, reason: find("#reason").value });
    this.dialog.close();
    const { ok, status, told } = answer;
    if (ok) {
      Object.assign(this.keeping, { was: told.was, seen: 0, text });
      this.keeping.forget();
      if (verb === "collect") { location.assign(told.page); return; }
      find("#reason").value = "";
      this.published(told.number);
      const toast = element("div", { class: "fl-toast", text: words.published });
      find("#toasts").append(toast);
      setTimeout(() => toast.remove(), 6000);
    } else if (status === 409 && told?.text) this.ahead(told, () => this.send(verb, told.was));
    else if (status === 422 && told?.findings) this.refused(told.findings);
    else this.trouble(answer);
  }

  // Somebody else saved or published meanwhile: theirs or mine.
  async ahead(told, mine) {
    this.theirs = told;
    this.mine = mine;
    find("#overtaken-title").textContent = say(this.context.words.overtaken, { who: told.by || this.context.words.somebody, ago: told.ago });
    find("[data-theirs]").replaceChildren(element("li", { text: told.title }));
    open(this.overtaken);
  }

  #keep() {
    this.overtaken.close();
    this.mine();
  }

  #take() {
    this.overtaken.close();
    this.replaced(this.theirs);
  }
}
