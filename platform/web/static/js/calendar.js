// A calendar: events of the days that are looked at, dragged to other days. Times are clocks on the person's wall, so
// FullCalendar is told that they are UTC and never converts them.

import { find } from "./frame.js";
import { chinese, element, say, script } from "./parts.js";
import { send, toast } from "./toast.js";

const DAY = 86400000;

// 2026-11-30 and 2026-11-30T09:00, as addresses and forms take them.
const wall = (moment, whole) => moment.toISOString().slice(0, whole ? 10 : 16);

class Agenda {
  constructor(root, addressed) {
    this.root = root;
    this.addressed = addressed;
    this.words = root.dataset;
    this.timed = "timed" in root.dataset;
    const narrow = matchMedia("(max-width: 767px)").matches;
    const asked = new URLSearchParams(addressed ? location.search : "");
    const spans = this.spans(narrow);
    this.calendar = new FullCalendar.Calendar(find("[data-calendar]", root), {
      locale: chinese ? "zh-cn" : "en-gb", timeZone: "UTC", now: this.words.now, firstDay: 1, height: narrow ? "auto" : "100%",
      initialView: spans.includes(asked.get("span")) ? asked.get("span") : spans[0],
      initialDate: /^\d{4}-\d{2}-\d{2}$/.test(asked.get("day") ?? "") ? asked.get("day") : undefined,
      headerToolbar: narrow ? { start: "title", end: "today prev,next" } : { start: "prev,next today", center: "title", end: spans.join(",") },
      footerToolbar: narrow ? { center: spans.join(",") } : false,
      buttonText: chinese ? { list: "日程" } : { today: "Today", month: "Month", week: "Week", day: "Day", list: "List" },
      dayMaxEvents: true, navLinks: true, nowIndicator: true, editable: true, eventDurationEditable: Boolean(this.words.until),
      ...this.hints(),
      allDaySlot: !this.timed, displayEventTime: this.timed, slotMinTime: "06:00:00", scrollTime: "08:00:00", eventTimeFormat: { hour: "2-digit", minute: "2-digit", hour12: false },
      slotLabelFormat: { hour: "2-digit", minute: "2-digit", hour12: false },
      events: (info, done, failed) => this.events(info).then(done, failed),
      eventContent: (info) => this.content(info),
      eventDidMount: (info) => this.mounted(info),
      eventDrop: (info) => this.moved(info), eventResize: (info) => this.moved(info),
      datesSet: () => this.remember(),
      dayCellDidMount: (info) => this.day(info),
      dateClick: (info) => { if (this.words.new && !info.allDay) location.assign(this.newAt(info.date)); },
    });
    this.calendar.render();
    root.addEventListener("keydown", (event) => this.key(event));
  }

  // What is read aloud; FullCalendar itself knows only English for it.
  hints() {
    const words = JSON.parse(this.words.hints);
    return {
      timeHint: words.time, eventHint: words.event, closeHint: words.close, navLinkHint: words.go, viewHint: words.view, moreLinkHint: words.more,
      buttonHints: { prev: words.previous, next: words.next, today: words.current },
    };
  }

  spans(narrow) {
    if (narrow) return ["listMonth", "dayGridMonth"];
    return this.timed ? ["dayGridMonth", "timeGridWeek", "timeGridDay", "listMonth"] : ["dayGridMonth", "dayGridWeek", "dayGridDay", "listMonth"];
  }

  async events(info) {
    const joint = this.words.events.includes("?") ? "&" : "?";
    const answer = await fetch(`${this.words.events}${joint}start=${wall(info.start)}&end=${wall(info.end)}`);
    const told = await answer.json();
    const note = find("[data-note]", this.root);
    note.hidden = !told.more && answer.ok;
    note.textContent = answer.ok ? say(this.words.many, { n: told.most }) : told.said;
    if (!answer.ok) throw new Error(told.said);
    return told.events;
  }

  legend(event) {
    return event.extendedProps.choice ? find(`[data-choice="${CSS.escape(event.extendedProps.choice)}"]`, this.root) : null;
  }

  content({ event, timeText, view }) {
    const ring = find("svg, i", this.legend(event) ?? document.createElement("i"))?.cloneNode(true);
    const time = timeText && this.timed && !view.type.startsWith("list") ? element("time", { text: timeText }) : null;
    const glyph = ring ? element("span", { class: "fl-ring" }, ring) : null;
    return { domNodes: [element("span", { class: "fl-event" }, glyph, time, element("span", { class: "clip", text: event.title }))] };
  }

  mounted({ el, event }) {
    const { said, name } = event.extendedProps, legend = this.legend(event);
    el.dataset.tone = legend?.dataset.tone ?? "";
    el.dataset.at = legend?.dataset.at ?? "";
    el.title = [event.title === name ? "" : name, event.title, said].filter(Boolean).join(" · ");
    if (event.startEditable) {
      el.setAttribute("aria-keyshortcuts", "Alt+ArrowLeft Alt+ArrowRight Alt+ArrowUp Alt+ArrowDown");
      el.setAttribute("aria-description", this.words.keys);
    }
    el.dataset.event = event.id;
  }

  // ---------- other days ----------
  async moved(info) {
    const { event, oldEvent } = info, whole = !this.timed;
    const body = new URLSearchParams({ by: this.words.by, start: wall(event.start, whole), version: event.extendedProps.version });
    if (this.words.until && oldEvent.end) {
      body.set("until", this.words.until);
      body.set("end", wall(event.end ?? event.start, whole));
    } else if (this.words.until && event.end && +event.start === +oldEvent.start) {
      body.set("until", this.words.until);
      body.set("end", wall(event.end, whole));
    }
    const { ok, told } = await send(`${this.words.path}/${event.id}/days`, body, this.words.failed);
    if (!ok) { info.revert(); toast(told.said); return; }
    event.setExtendedProp("version", told.version);
    toast(told.said, this.words.undo, told.undo ? () => this.undo(info, told) : null);
  }

  async undo({ event, revert }, moved) {
    const { ok, told } = await send(`${this.words.path}/${event.id}/change`, { values: moved.undo, version: moved.version }, this.words.failed);
    if (!ok) { toast(told.said); return; }
    revert();
    this.calendar.getEventById(event.id)?.setExtendedProp("version", told.version);
    toast(this.words.undone);
  }

  // Alt and an arrow: a day, or a week.
  key(keys) {
    const days = keys.altKey && { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -7, ArrowDown: 7 }[keys.key];
    const id = days && keys.target.closest("[data-event]")?.dataset.event;
    const event = id && this.calendar.getEventById(id);
    if (!event || !event.startEditable) return;
    keys.preventDefault();
    const oldEvent = { start: event.start, end: event.end };
    event.moveDates({ days });
    const again = () => find(`[data-event="${CSS.escape(id)}"]`, this.root)?.focus();
    again();
    this.moved({ event, oldEvent, revert: () => { event.moveDates({ days: -days }); again(); } });
  }

  // ---------- a new one on a day ----------
  newAt(moment) {
    const here = encodeURIComponent(location.pathname + location.search);
    const whole = this.timed && moment.getTime() % DAY === 0 ? new Date(moment.getTime() + 9 * 3600000) : moment;
    return `${this.words.new}?${this.words.by}=${encodeURIComponent(wall(whole, !this.timed))}&next=${here}`;
  }

  day({ date, el, view }) {
    if (!this.words.new || !view.type.startsWith("dayGrid")) return;
    const words = say(this.words.add, { day: wall(date, true) });
    find(".fc-daygrid-day-top", el)?.append(element("a", { class: "fl-day-new", href: this.newAt(date), "aria-label": words, title: words, text: "+" }));
  }

  remember() {
    if (!this.addressed) return;
    const address = new URL(location.href);
    address.searchParams.set("span", this.calendar.view.type);
    address.searchParams.set("day", wall(this.calendar.getDate(), true));
    history.replaceState(history.state, "", address);
  }
}

// `addressed`: the days that are looked at are part of the address of the page.
export async function calendar(root, addressed = true) {
  if (root.dataset.ready) return;
  root.dataset.ready = "1";
  await script(root.dataset.script);
  if (chinese) await script(root.dataset.chinese);
  if (root.isConnected) new Agenda(root, addressed);
}
