"""The inbox: tasks by urgency, the record with its form, and the decision."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any

from flask import render_template, request
from flask.typing import ResponseReturnValue

from formloom.errors import FieldError, Text
from formloom.forms import form, names
from formloom.forms.display import Shown
from formloom.metadata.catalog import Entity
from formloom.policy import people
from formloom.records.context import Context
from formloom.records.presentation import present
from formloom.web.i18n import label, t
from formloom.web.pages import flow, live, summary
from formloom.web.pages.blueprint import blueprint
from formloom.web.pages.frame import display
from formloom.web.requests import reading
from formloom.workflow import instances, tasks
from formloom.workflow.inbox import Task
from formloom.workflow.instances import Instance

BOXES = ("mine", "offered", "done")
PAGE = 100


@dataclass(frozen=True, slots=True)
class Item:
    task: Task
    what: str
    starter: str
    clock: Shown | None
    outcome: str = ""


@dataclass(frozen=True, slots=True)
class Group:
    label: str
    tone: str
    items: tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class Work:
    """One task as it is done: what is shown, what is to be filled in, what may be decided."""

    task: Task
    item: Item
    head: summary.Head | None
    facts: tuple[form.Control, ...]
    inputs: tuple[form.Control, ...]
    panel: flow.Panel
    rules: str
    mine: bool
    offered: bool
    taker: str
    errors: tuple[FieldError, ...]
    comment: str

    @property
    def releasable(self) -> bool:
        return self.mine and bool(self.task.role or self.task.users)

    def error(self, path: str) -> FieldError | None:
        return next((e for e in self.errors if e.path == path), None)


@blueprint.get("/inbox")
def inbox() -> ResponseReturnValue:
    return page(None)


@blueprint.get("/inbox/<int:task_id>")
def inbox_task(task_id: int) -> ResponseReturnValue:
    return page(task_id)


def page(task_id: int | None, typed: Mapping[str, Any] | None = None, errors: Sequence[FieldError] = (),
         comment: str = "") -> str:
    """The whole inbox, or for htmx only what changes when another task is opened."""
    with reading() as context:
        box = _box(context, task_id)
        found = tasks.inbox(context, box, page_size=PAGE)
        chosen = tasks.get(context, task_id) if task_id else next(iter(found.tasks), None)
        shown = work(context, chosen, typed or {}, errors, comment) if chosen else None
        return render_template(
            "inbox/_work.html" if _partial() else "inbox/inbox.html", box=box, counts=tasks.counts(context),
            groups=list(_groups(context, found.tasks, box)), work=shown, opened=task_id is not None, show=display(),
            more=found.more)


def _partial() -> bool:
    return request.headers.get("HX-Target") == "work"


def _box(context: Context, task_id: int | None) -> str:
    """The box asked for; of a task that was linked to, the one it lies in; else the first that holds something."""
    asked = request.args.get("box", "")
    if asked in BOXES:
        return asked
    if task_id is not None:
        task = tasks.get(context, task_id)
        return "done" if not task.open else "offered" if task.offered_to(context.actor) else "mine"
    counts = tasks.counts(context)
    return "offered" if not counts["mine"] and counts["offered"] else "mine"


def _groups(context: Context, found: Sequence[Task], box: str) -> Iterator[Group]:
    items = _items(context, found)
    if box == "done":
        if items:
            yield Group(t(Text("Done")), "", tuple(items))
        return
    midnight = _end_of_day(context.now)
    late = [i for i in items if i.task.overdue(context.now)]
    today = [i for i in items if i not in late and i.task.due_at and i.task.due_at <= midnight]
    later = [i for i in items if i not in late and i not in today]
    for words, tone, members in ((Text("Overdue"), "stop", late), (Text("Due today"), "wait", today),
                                 (Text("Later"), "", later)):
        if members:
            yield Group(t(words), tone, tuple(members))


def _end_of_day(now: datetime) -> datetime:
    local = now.astimezone(display().timezone)
    return datetime.combine(local.date() + timedelta(days=1), time.min, local.tzinfo)


def _items(context: Context, found: Sequence[Task]) -> list[Item]:
    who = people.names(context.unit, {task.started_by for task in found})
    return [_item(task, who) for task in found]


def _item(task: Task, who: Mapping[int, str]) -> Item:
    outcome = next((label(o.label) for o in task.outcomes if o.value == task.outcome), task.outcome or "")
    clock = display().left(task.due_at) if task.due_at and task.open else None
    what = f"{label(task.process_label)} · {label(task.label)}"
    return Item(task, what, who.get(task.started_by, ""), clock, outcome)


def work(context: Context, task: Task, typed: Mapping[str, Any], errors: Sequence[FieldError], comment: str) -> Work:
    entity, row = _bound(context, task)
    sheet = _sheet(context, task, entity, row, typed, errors) if entity and row else None
    inputs = tuple(_inputs(sheet, task)) if sheet else ()
    return Work(
        task=task, item=_items(context, [task])[0], head=_head(context, entity, row), errors=tuple(errors),
        facts=tuple(_facts(sheet, task)) if sheet else (), inputs=inputs, comment=comment,
        panel=flow.panel(context, _instance(context, task)), rules=_rules(sheet) if sheet else "{}",
        mine=task.open and task.assignee == context.actor.user_id, offered=task.open and task.offered_to(context.actor),
        taker=_taker(context, task))


def _instance(context: Context, task: Task) -> Instance:
    return instances.get(context, task.instance_id)


def _taker(context: Context, task: Task) -> str:
    number = task.assignee or task.done_by
    return people.names(context.unit, [number]).get(number, "") if number else ""


def _bound(context: Context, task: Task) -> tuple[Entity | None, Mapping[str, Any] | None]:
    """The record the task is about. Its fields are shown by right of the task, not of the roles."""
    entity = context.catalog.entities.get(task.entity)
    if entity is None or task.record_id is None:
        return None, None
    return entity, context.store.get(context.unit, entity.name, task.record_id)


def _head(context: Context, entity: Entity | None, row: Mapping[str, Any] | None) -> summary.Head | None:
    if entity is None or row is None:
        return None
    return summary.head(context, entity, present(context, entity, row))


def _sheet(context: Context, task: Task, entity: Entity, row: Mapping[str, Any], typed: Mapping[str, Any],
           errors: Sequence[FieldError]) -> form.Sheet:
    shown = frozenset(f.name for f in task.fields if f.name in entity.fields)
    values = {**row, **context.store.children(context.unit, entity.name, int(row["id"]))}
    return form.Sheet(
        context=context, entity=entity, values=values, show=display(),
        titles=names.of_rows(context, entity, [row], display().locale),
        readable=shown, writable=frozenset(f.name for f in task.fields if f.editable), typed=typed, errors=errors,
        required=frozenset(f.name for f in task.fields if f.access == "required"), granted=True)


def _facts(sheet: form.Sheet, task: Task) -> Iterator[form.Control]:
    for spec in task.fields:
        if spec.name in sheet.readable and not spec.editable:
            yield form.control(sheet, sheet.entity.fields[spec.name])


def _inputs(sheet: form.Sheet, task: Task) -> Iterator[form.Control]:
    for spec in task.fields:
        if spec.name in sheet.readable and spec.editable:
            yield form.control(sheet, sheet.entity.fields[spec.name])


def _rules(sheet: form.Sheet) -> str:
    return live.script(sheet, ())


