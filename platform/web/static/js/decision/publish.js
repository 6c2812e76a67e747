// Publishing: what changes and who is touched, and what to do when somebody else was faster.

import { open } from "../frame.js";
import { differences } from "./differences.js";
import { ask, element, say } from "./draft.js";

const find = (selector) => document.querySelector(selector);

export class Publishing {
  #theirs = null;
  #verb = "publish";

  constructor(draft, data, { trouble, refused }) {
    Object.assign(this, { draft, policies: data.policies, uses: data.uses, words: draft.words, trouble, refused });
    this.dialog = find("#publishing");
    this.overtaken = find("#overtaken");
    for (const [act, verb] of [["confirm", "publish"], ["collect", "collect"]]) find(`[data-do=${act}]`)?.addEventListener("click", () => this.send(verb));
    find("[data-do=mine]").addEventListener("click", () => this.send(this.#verb, this.#theirs.was));
    find("[data-do=theirs]").addEventListener("click", () => this.#take());
  }

  ask() {
    const changes = differences(this.draft.published, this.draft.sheet, this.words, this.policies);
    find("[data-changes]").replaceChildren(lines(changes, this.words.no_changes));
    const uses = this.uses.map((use) => `${use.place} · ${use.part}`);
    find("[data-uses]").replaceChildren(...(uses.length ? uses.map((text) => element("div", { text })) : [document.createTextNode(find("[data-uses]").dataset.none ?? "")]));
    for (const button of this.dialog.querySelectorAll("[data-do]")) button.disabled = !changes.length;
    open(this.dialog);
  }

  // verb: publish, at once | collect, into the draft of the model
  async send(verb, over = "") {
    let answer;
    this.#verb = verb;
    const buttons = document.querySelectorAll("[data-do=confirm], [data-do=collect], [data-do=mine], [data-do=publish]");
    for (const button of buttons) button.disabled = true;
    try {
      answer = await ask(this.draft, verb, over ? { over } : {});
    } catch (error) {
      if (!(error instanceof TypeError)) throw error;
      answer = { ok: false, status: 0, told: null };
    }
    for (const button of buttons) button.disabled = false;
    this.dialog.close();
    this.overtaken.close();
    const { ok, status, told } = answer;
    if (ok) {
      this.draft.settle(told.was, told.sheet);
      this.trouble("");
      if (told.page) location.assign(told.page);
      else this.said();
    }
    else if (status === 409 && told?.sheet) this.#overtaken(told);
    else if (status === 422 && told?.findings) this.refused(told.findings);
    else this.trouble(status === 401 ? this.words.signed_out : told ? [told.title, told.hint].filter(Boolean).join(" ") : this.words.unreachable);
  }

  said() {
    const toast = element("div", { class: "fl-toast", text: this.words.published });
    find("#toasts").append(toast);
    setTimeout(() => toast.remove(), 6000);
  }

  #overtaken(told) {
    this.#theirs = told;
    find("#overtaken-title").textContent = say(this.words.overtaken, { who: told.by || this.words.somebody, ago: told.ago });
    const side = (title, sheet) => element("section", {}, element("h3", { text: title }),
      lines(differences(this.draft.published, sheet, this.words, this.policies), this.words.no_changes));
    find("[data-both]").replaceChildren(side(this.words.theirs, told.sheet), side(this.words.mine, this.draft.sheet));
    open(this.overtaken);
  }

  #take() {
    this.overtaken.close();
    this.draft.settle(this.#theirs.was, this.#theirs.sheet);
  }
}

function lines(changes, none) {
  if (!changes.length) return element("p", { class: "muted", text: none });
  return element("div", { class: "fl-dec-changes" }, ...changes.flatMap(({ part, lines: told }) => [
    changes.length > 1 ? element("b", { text: part }) : null, element("ul", {}, ...told.map((text) => element("li", { text })))]));
}
