"""The list of the inbox: which box, what of it, in which groups."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from urllib.parse import urlencode

from flask import request

from formloom.errors import Text
from formloom.forms.display import Shown
from formloom.policy import people
from formloom.records.context import Context
from formloom.web.i18n import label, t
from formloom.web.pages.frame import display
from formloom.workflow import tasks
from formloom.workflow.inbox import Filter, Task

BOXES = ("mine", "offered", "delegated", "copied", "started", "done")
DUE = {"overdue": Text("Overdue"), "today": Text("Due today"), "week": Text("Due in 7 days"),
       "none": Text("No due date")}
PAGE = 200


@dataclass(frozen=True, slots=True)
class Item:
    task: Task
    what: str
    starter: str
    clock: Shown | None
    outcome: str = ""
    for_whom: str = ""


@dataclass(frozen=True, slots=True)
class Group:
    label: str
    tone: str
    items: tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class Asked:
    """What the address asks for; `link` keeps it in the address of other pages."""

    box: str
    process: str = ""
    entity: str = ""
    starter: int | None = None
    due: str = ""
    words: str = ""
    grouped: str = "due"        # due | process

    @property
    def narrowed(self) -> bool:
        return bool(self.process or self.entity or self.starter or self.due or self.words)

    @property
    def query(self) -> str:
        named = {"box": self.box, "process": self.process, "entity": self.entity, "starter": self.starter or "",
                 "due": self.due, "q": self.words, "group": self.grouped if self.grouped != "due" else ""}
        return urlencode({name: value for name, value in named.items() if value})

    def other(self, box: str) -> str:
        return replace(self, box=box).query

    def filter(self, now: datetime) -> Filter:
        days = {"today": 1, "week": 7}.get(self.due)
        return Filter(process=self.process, entity=self.entity, starter=self.starter, words=self.words,
                      due="soon" if days else self.due, until=_midnight(now, days) if days else None)


def asked(context: Context, task_id: int | None) -> Asked:
    given = request.args
    due, grouped = given.get("due", ""), given.get("group", "due")
    return Asked(
        box=_box(context, task_id), process=given.get("process", ""), entity=given.get("entity", ""),
        starter=given.get("starter", type=int), due=due if due in DUE else "", words=given.get("q", "").strip()[:100],
        grouped=grouped if grouped in ("due", "process") else "due")


def _box(context: Context, task_id: int | None) -> str:
    """The box asked for; of a task that was linked to, the one it lies in; else the first that holds something."""
    given = request.args.get("box", "")
    if given in BOXES:
        return given
    if task_id is not None:
        task = tasks.get(context, task_id)
        if task.copied:
            return "copied"
        return "done" if not task.open else "offered" if task.offered_to(context.actor) else "mine"
    counts = tasks.counts(context)
    return "offered" if not counts["mine"] and counts["offered"] else "mine"


def groups(context: Context, found: Sequence[Task], chosen: Asked) -> Iterator[Group]:
    listed = items(context, found)
    if chosen.grouped == "process":
        for key in dict.fromkeys(i.task.process for i in listed):
            inside = tuple(i for i in listed if i.task.process == key)
            yield Group(label(inside[0].task.process_label), "", inside)
    elif chosen.box in ("done", "copied"):
        if listed:
            yield Group(t(Text("Done") if chosen.box == "done" else Text("Copied to me")), "", tuple(listed))
    else:
        yield from _by_due(context, listed)


def _by_due(context: Context, listed: list[Item]) -> Iterator[Group]:
    midnight = _midnight(context.now, 1)
    late = [i for i in listed if i.task.overdue(context.now)]
    today = [i for i in listed if i not in late and i.task.due_at and i.task.due_at <= midnight]
    later = [i for i in listed if i not in late and i not in today]
    for words, tone, members in ((Text("Overdue"), "stop", late), (Text("Due today"), "wait", today),
                                 (Text("Later"), "", later)):
        if members:
            yield Group(t(words), tone, tuple(members))


def _midnight(now: datetime, days: int) -> datetime:
    """The end of today, or of a later day, where the person is."""
    local = now.astimezone(display().timezone)
    return datetime.combine(local.date() + timedelta(days=days), time.min, local.tzinfo)


def items(context: Context, found: Sequence[Task]) -> list[Item]:
    wanted = {task.started_by for task in found} | {task.in_name_of for task in found if task.in_name_of}
    who = people.names(context.unit, wanted)
    return [_item(task, who) for task in found]


def _item(task: Task, who: Mapping[int, str]) -> Item:
    outcome = next((label(o.label) for o in task.outcomes if o.value == task.outcome), task.outcome or "")
    clock = display().left(task.due_at) if task.due_at and task.open else None
    what = f"{label(task.process_label)} · {label(task.label)}"
    return Item(task, what, who.get(task.started_by, ""), clock, outcome, who.get(task.in_name_of or 0, ""))
