"""The inbox: tasks by urgency, the record with its form, and the decision."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from flask import jsonify, render_template, request
from flask.typing import ResponseReturnValue

from formloom.errors import FieldError, NotFound, Text
from formloom.forms import form, names
from formloom.metadata import form_layout
from formloom.metadata.catalog import Entity
from formloom.policy import people
from formloom.records.context import Context
from formloom.records.presentation import present
from formloom.web.i18n import label
from formloom.web.pages import flow, inbox_list, live, summary
from formloom.web.pages.blueprint import blueprint
from formloom.web.pages.frame import display
from formloom.web.pages.inbox_list import Item
from formloom.web.requests import reading, writing
from formloom.workflow import copies, instances, offering, steps, tasks, undo, verbs
from formloom.workflow.inbox import Task
from formloom.workflow.offering import Offered


@dataclass(frozen=True, slots=True)
class Verbs:
    """What the menu offers, and what its dialogs ask."""

    offers: tuple[Offered, ...] = ()
    targets: tuple[tuple[str, str], ...] = ()
    chooses_way: bool = False
    roles: tuple[tuple[str, str], ...] = ()        # to whose people it can be copied
    advice: tuple[tuple[str, str], ...] = ()        # who gave the task back, with what words


@dataclass(frozen=True, slots=True)
class Work:
    """One task as it is done: what is shown, what is to be filled in, what may be decided."""

    task: Task
    item: Item
    verbs: Verbs
    asked: tuple[str, str]
    head: summary.Head | None
    facts: tuple[form.Control, ...]
    inputs: tuple[form.Section, ...]
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
    _read_copy(task_id)
    return page(task_id)


def _read_copy(task_id: int) -> None:
    """Opening a copy is reading it."""
    with reading() as context:
        unread = tasks.get(context, task_id).unread
    if unread:
        with writing() as context:
            copies.mark_read(context, task_id)


@blueprint.get("/inbox/counts")
def inbox_counts() -> ResponseReturnValue:
    """Asked for by every open page now and then: one statement, no lock, nothing kept open in the server."""
    with reading() as context:
        return jsonify(tasks.counts(context))


def page(task_id: int | None, typed: Mapping[str, Any] | None = None, errors: Sequence[FieldError] = (),
         comment: str = "") -> str:
    """The whole inbox, or for htmx only what changes when another task is opened."""
    with reading() as context:
        asked = inbox_list.asked(context, task_id)
        found = tasks.inbox(context, asked.box, page_size=inbox_list.PAGE, only=asked.filter(context.now))
        chosen = tasks.get(context, task_id) if task_id else next(iter(found.tasks), None)
        shown = work(context, chosen, typed or {}, errors, comment) if chosen else None
        return render_template(
            "inbox/_work.html" if _partial() else "inbox/inbox.html", asked=asked, box=asked.box,
            counts=tasks.counts(context), groups=list(inbox_list.groups(context, found.tasks, asked)), work=shown,
            opened=task_id is not None, show=display(), more=found.more, due=inbox_list.DUE,
            starter=_name(context, asked.starter), taken_back=_undoable(context),
            choices=_choices(context) if not _partial() else {})


def _name(context: Context, user_id: int | None) -> str:
    return people.names(context.unit, [user_id]).get(user_id, f"#{user_id}") if user_id else ""


def _choices(context: Context) -> Mapping[str, Sequence[tuple[str, str]]]:
    """What the list may be narrowed to: processes and entities of the tasks that people can have."""
    definitions = sorted(context.definitions.values(), key=lambda d: label(d.label))
    entities = {d.entity: label(context.catalog.entities[d.entity].label) for d in definitions if d.entity}
    return {"process": [(d.key, label(d.label)) for d in definitions if d.user_tasks],
            "entity": sorted(entities.items(), key=lambda pair: pair[1])}


@dataclass(frozen=True, slots=True)
class Undoable:
    """The decision just made. `reason`: why it cannot be taken back."""

    task: Task
    outcome: str
    reason: Text | None
    seconds: int = undo.SECONDS


def _undoable(context: Context) -> Undoable | None:
    number = request.args.get("done", type=int)
    if number is None or _partial():
        return None
    try:
        task = tasks.get(context, number)
    except NotFound:
        return None
    outcome = inbox_list.items(context, [task])[0].outcome
    return None if task.open else Undoable(task, outcome, undo.possible(context, task))


def _partial() -> bool:
    return request.headers.get("HX-Target") == "work"


def work(context: Context, task: Task, typed: Mapping[str, Any], errors: Sequence[FieldError], comment: str) -> Work:
    entity, row = _bound(context, task)
    sheet = _sheet(context, task, entity, row, typed, errors) if entity and row else None
    inputs = _inputs(sheet, task) if sheet else ()
    panel = flow.panel(context, instances.get(context, task.instance_id))
    return Work(
        task=task, item=inbox_list.items(context, [task])[0], verbs=_verbs(context, task),
        head=_head(context, entity, row), errors=tuple(errors),
        facts=tuple(_facts(sheet, task)) if sheet else (), inputs=inputs, comment=comment,
        panel=panel, asked=_asked(context, task, panel), rules=_rules(sheet, inputs) if sheet else "{}",
        mine=task.open and (task.assignee == context.actor.user_id or task.in_name_of is not None),
        offered=task.open and task.offered_to(context.actor),
        taker=_taker(context, task))


def _verbs(context: Context, task: Task) -> Verbs:
    advice = _advice(context, task)
    if not task.running:
        return Verbs(advice=advice)
    step = steps.look_at(context, task.instance_id)
    approval = step.definition.nodes[task.node].approval
    return Verbs(tuple(offering.of_task(context, step, task)),
                 tuple((n.id, label(n.label) or n.id) for n in verbs.targets(context, step, task)),
                 approval is not None and approval.resume == "choose",
                 tuple((role.name, label(role.label)) for role in context.catalog.roles.values()), advice)


def _advice(context: Context, task: Task) -> tuple[tuple[str, str], ...]:
    found = [other for other in tasks.of_instance(context, task.instance_id)
             if other.parent == task.id and other.status == "done" and other.comment]
    who = people.names(context.unit, {other.done_by for other in found if other.done_by})
    return tuple((who.get(other.done_by or 0, ""), other.comment or "") for other in found)


def _asked(context: Context, task: Task, panel: flow.Panel) -> tuple[str, str]:
    """Who handed the task on to this person, with what words."""
    found = [v for v in panel.diagram.history if v.data.get("comment") and task.parent and v.actor_id
             and v.data.get("task") == task.parent and v.kind in ("returned", "delegated", "signer_added")]
    if not found:
        return "", ""
    who = people.names(context.unit, [found[-1].actor_id or 0])
    return who.get(found[-1].actor_id or 0, ""), str(found[-1].data["comment"])


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


def _inputs(sheet: form.Sheet, task: Task) -> tuple[form.Section, ...]:
    """In the layout of the step, if the entity has one for it; what that leaves out follows, for it is asked."""
    layout = form_layout.of_step(sheet.entity.layouts, f"{task.process}/{task.node}")
    asked = [spec.name for spec in task.fields if spec.name in sheet.readable and spec.editable]
    laid_out = replace(sheet, readable=frozenset(asked), layout=layout)
    sections = [s for tab in form.tabs(laid_out) for s in tab.sections] if layout else []
    placed = {control.name for section in sections for control in section.controls}
    rest = tuple(form.control(sheet, sheet.entity.fields[name]) for name in asked if name not in placed)
    return (*sections, form.Section({}, 2, rest, True, None)) if rest else tuple(sections)


def _rules(sheet: form.Sheet, inputs: tuple[form.Section, ...]) -> str:
    return live.script(sheet, (form.Tab({}, inputs),))


