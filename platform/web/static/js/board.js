// A board: cards go from column to column by dragging, by keys and by a menu; each way is the same question to the server.

import Sortable from "../vendor/sortablejs@1.15.7/sortable.esm.js";
import { find } from "./frame.js";
import { element, say } from "./parts.js";
import { send, toast } from "./toast.js";

const all = (selector, within) => [...within.querySelectorAll(selector)];
const laneOf = (card) => card.closest(".fl-lane");
const cardsOf = (lane) => find(".fl-lane-cards", lane);
const link = (card) => find("a.name", card);

class Board {
  constructor(root) {
    this.root = root;
    this.words = root.dataset;
    this.ways = new Map();      // what each column would do with a card, by card and version
    this.held = null;           // the card that is moved by keys, and where it stood
    for (const cards of all(".fl-lane-cards", root)) this.sortable(cards);
    root.addEventListener("click", (event) => this.click(event));
    root.addEventListener("keydown", (event) => this.key(event));
    root.addEventListener("focusout", (event) => { if (this.held && !this.moving && event.target === link(this.held.card)) this.release(false); });
    this.total();
  }

  lanes() { return all(".fl-lane", this.root); }

  sortable(cards) {
    Sortable.create(cards, {
      group: "lanes", draggable: ".fl-kcard", filter: "button, .fl-moves", preventOnFilter: false, sort: false, animation: 120,
      ghostClass: "ghost", chosenClass: "lifted", delay: 160, delayOnTouchOnly: true, scroll: true, emptyInsertThreshold: 24,
      onStart: (event) => { this.close(); this.hint(event.item); },
      onEnd: (event) => {
        this.unhint();
        if (event.from === event.to) return;
        const place = { parent: event.from, before: event.from.children[event.oldIndex] ?? null };
        this.commit(event.item, place);
      },
    });
  }

  // ---------- what a drop would do ----------
  async ask(card) {
    const key = `${card.dataset.id}:${card.dataset.version}`;
    if (!this.ways.has(key)) {
      const address = `${this.words.path}/${card.dataset.id}/moves?by=${this.words.by}`;
      this.ways.set(key, fetch(address).then((answer) => (answer.ok ? answer.json() : [])).catch(() => []));
    }
    return new Map((await this.ways.get(key)).map((way) => [way.to, way]));
  }

  async hint(card) {
    this.dragged = card;
    this.root.classList.add("dragging");
    const from = laneOf(card), ways = await this.ask(card);
    if (this.dragged !== card) return;
    for (const lane of this.lanes()) {
      const way = ways.get(lane.dataset.value);
      if (lane === from || !way) continue;
      lane.classList.add(way.allowed ? "takes" : "refuses");
      const why = find("[data-why]", lane);
      why.textContent = way.allowed ? way.action : way.reason;
      why.hidden = !why.textContent;
    }
  }

  unhint() {
    this.dragged = null;
    this.root.classList.remove("dragging");
    for (const lane of this.lanes()) {
      lane.classList.remove("takes", "refuses", "aimed");
      find("[data-why]", lane).hidden = true;
    }
  }

  // ---------- a move: the card is there at once, and goes back if the server refuses ----------
  async commit(card, place) {
    const lane = laneOf(card);
    const body = new URLSearchParams({ by: this.words.by, to: lane.dataset.value, version: card.dataset.version });
    card.classList.add("pending");
    const { ok, told } = await send(`${this.words.path}/${card.dataset.id}/move${location.search}`, body, this.words.failed);
    card.classList.remove("pending");
    if (!ok || told.ask) this.back(card, place);
    if (!ok) { toast(told.said); return; }
    if (told.ask) { location.assign(`${told.ask}&next=${encodeURIComponent(location.pathname + location.search)}`); return; }
    const shown = this.renew(card, told);
    toast(told.said, this.words.undo, told.undo ? () => this.undo(shown, place, told) : null);
    this.total();
  }

  async undo(card, place, moved) {
    const body = { values: moved.undo, version: moved.version, by: this.words.by };
    const { ok, told } = await send(`${this.words.path}/${card.dataset.id}/change${location.search}`, body, this.words.failed);
    if (!ok) { toast(told.said); return; }
    this.back(this.renew(card, told), place);
    toast(this.words.undone);
    this.total();
  }

  back(card, place) {
    const before = place.before?.parentElement === place.parent ? place.before : find(".fl-lane-more", place.parent);
    place.parent.insertBefore(card, before);
  }

  // The card as it is after the move: other fields of it may have changed, too.
  renew(card, told) {
    if (told.card === "") { card.remove(); return card; }
    const focused = card.contains(document.activeElement);
    const holder = document.createElement("ul");
    holder.innerHTML = told.card ?? "";
    const fresh = find(".fl-kcard", holder);
    if (!fresh) { card.dataset.version = told.version; return card; }
    card.replaceWith(fresh);
    if (focused) link(fresh).focus();
    return fresh;
  }

  async total() {
    const answer = await fetch(this.words.totals).catch(() => null);
    if (!answer?.ok) return;
    const totals = await answer.json();
    for (const lane of this.lanes()) {
      const total = totals[lane.dataset.value] ?? { count: "0", sums: [] };
      find("[data-number]", lane).textContent = total.count;
      const sums = find("[data-sums]", lane);
      if (sums) sums.textContent = total.sums.join(" + ");
    }
  }

  // ---------- clicks: more cards, folding, the menu ----------
  click(event) {
    const act = event.target.closest("[data-act]");
    if (!act) {
      const card = event.target.closest(".fl-kcard");
      if (!event.target.closest(".fl-moves")) this.close();
      if (card && !event.target.closest("a, button, .fl-moves")) link(card).click();
      return;
    }
    if (act.dataset.act === "more-cards") this.more(act.closest(".fl-lane-more"), act.dataset.href);
    else if (act.dataset.act === "fold-lane") this.fold(act.closest(".fl-lane"), act);
    else if (act.dataset.act === "move-to") this.menu(act.closest(".fl-kcard"));
  }

  async more(item, address) {
    const button = find("button", item);
    button.disabled = true;
    const answer = await fetch(address, { headers: { "HX-Request": "true" } }).catch(() => null);
    if (!answer?.ok) { button.disabled = false; toast(this.words.failed); return; }
    const holder = document.createElement("ul");
    holder.innerHTML = await answer.text();
    const known = new Set(all(".fl-kcard", this.root).map((card) => card.dataset.id));
    const fresh = [...holder.children].filter((one) => !known.has(one.dataset.id));
    const focused = item.contains(document.activeElement);
    item.replaceWith(...fresh);
    if (focused) find("a.name", fresh[0])?.focus();
  }

  fold(lane, button) {
    const folded = lane.classList.toggle("folded");
    button.setAttribute("aria-expanded", String(!folded));
    if (folded || !lane.dataset.more) return;
    const item = element("li", { class: "fl-lane-more" }, element("button", { type: "button", class: "btn btn-ghost btn-sm" }));
    cardsOf(lane).append(item);
    this.more(item, lane.dataset.more);
    delete lane.dataset.more;
  }

  close() {
    const menu = find(".fl-moves", this.root);
    if (!menu) return;
    find("[data-act=move-to]", menu.closest(".fl-kcard")).setAttribute("aria-expanded", "false");
    menu.remove();
  }

  async menu(card) {
    const open = find(".fl-moves", card);
    this.close();
    if (open) return;
    const ways = await this.ask(card);
    const menu = find("[data-menu]", this.root).content.firstElementChild.cloneNode(true);
    for (const lane of this.lanes()) {
      const way = ways.get(lane.dataset.value);
      if (!way || lane === laneOf(card)) continue;
      const words = element("span", {}, ...[...find("h2", lane).childNodes].map((node) => node.cloneNode(true)));
      if (way.reason) words.append(element("span", { class: "why", text: way.reason }));
      const item = element("button", { type: "button", role: "menuitem", class: "fl-menu-item", "aria-disabled": way.allowed ? null : "true" }, words);
      item.addEventListener("click", () => {
        if (!way.allowed) return;
        this.close();
        this.put(card, lane);
      });
      menu.append(item);
    }
    if (!menu.children.length) menu.append(element("p", { class: "muted sm", text: this.words.none }));
    card.append(menu);
    find("[data-act=move-to]", card).setAttribute("aria-expanded", "true");
    find("button", menu)?.focus();
  }

  put(card, lane) {
    const place = { parent: card.parentElement, before: card.nextElementSibling };
    cardsOf(lane).prepend(card);
    link(card).focus();
    this.commit(card, place);
  }

  // ---------- keys ----------
  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const menu = event.target.closest(".fl-moves");
    const handled = menu ? this.menuKey(event, menu) : this.cardKey(event);
    if (handled) { event.preventDefault(); event.stopPropagation(); }
  }

  menuKey(event, menu) {
    const items = all("button", menu), at = items.indexOf(document.activeElement);
    if (event.key === "ArrowDown" || event.key === "ArrowUp") items[(at + (event.key === "ArrowDown" ? 1 : -1) + items.length) % items.length]?.focus();
    else if (event.key === "Escape" || event.key === "Tab") { const card = menu.closest(".fl-kcard"); this.close(); link(card).focus(); return event.key === "Escape"; }
    else return false;
    return true;
  }

  cardKey(event) {
    const card = event.target.matches("a.name") ? event.target.closest(".fl-kcard") : null;
    if (!card) return false;
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (this.held) {
      if (step) this.carry(step);
      else if (event.key === " " || event.key === "Enter") this.release(true);
      else if (event.key === "Escape") this.release(false);
      else return false;
      return true;
    }
    if (event.key === " ") this.take(card);
    else if (event.key.toLowerCase() === "m") this.menu(card);
    else if (step) this.beside(card, step);
    else if (event.key === "ArrowDown") link(card.nextElementSibling?.matches(".fl-kcard") ? card.nextElementSibling : card).focus();
    else if (event.key === "ArrowUp") link(card.previousElementSibling ?? card).focus();
    else return false;
    return true;
  }

  beside(card, step) {
    const lanes = this.lanes(), row = [...card.parentElement.children].indexOf(card);
    for (let at = lanes.indexOf(laneOf(card)) + step; lanes[at]; at += step) {
      const there = lanes[at].classList.contains("folded") ? [] : all(".fl-kcard", lanes[at]);
      if (there.length) { link(there[Math.min(row, there.length - 1)]).focus(); return; }
    }
  }

  tell(words) { find("[data-live]", this.root).textContent = words; }

  take(card) {
    this.held = { card, from: laneOf(card), place: { parent: card.parentElement, before: card.nextElementSibling } };
    card.classList.add("held");
    this.hint(card);
    this.tell(say(this.words.taken, { name: card.dataset.name }));
  }

  async carry(step) {
    const { card } = this.held, lanes = this.lanes();
    const lane = lanes[lanes.indexOf(laneOf(card)) + step];
    if (!lane) return;
    this.moving = true;
    cardsOf(lane).prepend(card);
    link(card).focus();
    this.moving = false;
    card.scrollIntoView({ block: "nearest", inline: "nearest" });
    const way = (await this.ask(card)).get(lane.dataset.value);
    const words = say(this.words.over, { name: card.dataset.name, lane: find("h2", lane).textContent.trim() });
    this.tell(way?.reason ? `${words}. ${way.reason}` : words);
  }

  release(drop) {
    const { card, from, place } = this.held;
    this.held = null;
    card.classList.remove("held");
    this.unhint();
    if (drop && laneOf(card) !== from) { this.commit(card, place); return; }
    const focused = document.activeElement === link(card);
    this.back(card, place);
    if (focused || drop) link(card).focus();
    this.tell(say(this.words.left, { name: card.dataset.name }));
  }
}

export function board(root) {
  if (root.dataset.ready) return;
  root.dataset.ready = "1";
  new Board(root);
}
