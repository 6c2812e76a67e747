"""User tasks as people see them: what is offered to me, what is mine, what I did, what I started."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from formloom.errors import BadRequest, NotFound, Text
from formloom.metadata.catalog import Label
from formloom.policy.actor import Actor
from formloom.records.context import Context
from formloom.storage import platform_tables as t
from formloom.workflow import definitions
from formloom.workflow.definition import Outcome, TaskField
from formloom.workflow.offers import OPEN

BOXES = ("open", "mine", "offered", "done", "started")
PAGE_SIZE, LARGEST_PAGE = 25, 200
_COLUMNS = (t.fl_task, t.fl_instance.c.key, t.fl_instance.c.hash, t.fl_instance.c.started_by,
            t.fl_instance.c.started_at)


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """status: ready | claimed | done | cancelled."""

    id: int
    instance_id: int
    process: str
    process_label: Label
    node: str
    label: Label
    entity: str
    record_id: int | None
    record_title: str
    status: str
    assignee: int | None
    role: str | None
    users: tuple[int, ...]
    due_at: datetime | None
    created_at: datetime
    done_at: datetime | None
    done_by: int | None
    outcome: str | None
    comment: str | None
    started_by: int
    started_at: datetime
    fields: tuple[TaskField, ...] = ()
    outcomes: tuple[Outcome, ...] = ()

    @property
    def open(self) -> bool:
        return self.status in OPEN

    def offered_to(self, actor: Actor) -> bool:
        return self.assignee is None and (self.role in actor.roles or actor.user_id in self.users)

    def may_complete(self, actor: Actor) -> bool:
        return self.open and (self.assignee == actor.user_id or self.offered_to(actor))

    def overdue(self, now: datetime) -> bool:
        return self.open and self.due_at is not None and self.due_at < now


@dataclass(frozen=True, slots=True)
class TaskPage:
    tasks: tuple[Task, ...]
    page: int
    page_size: int
    more: bool


def inbox(context: Context, box: str = "mine", *, process: str | None = None, entity: str | None = None,
          record_id: int | None = None, overdue: bool = False, page: int = 1, page_size: int = PAGE_SIZE) -> TaskPage:
    """Open tasks by due date, those without one last; done ones by when they were done."""
    if page < 1 or not 1 <= page_size <= LARGEST_PAGE:
        raise BadRequest(Text("Pages are counted from 1 and hold 1 to {limit} tasks.", limit=LARGEST_PAGE))
    query = _tasks().where(_in_box(context.actor, box))
    if process:
        query = query.where(t.fl_instance.c.key == process)
    if entity:
        query = query.where(t.fl_task.c.entity == entity)
    if record_id is not None:
        query = query.where(t.fl_task.c.record_id == record_id)
    if overdue:
        query = query.where(t.fl_task.c.due_at < context.now)
    order = (t.fl_task.c.done_at.desc(), t.fl_task.c.id.desc()) if box == "done" else (
        t.fl_task.c.due_at.is_(None), t.fl_task.c.due_at, t.fl_task.c.id)
    rows = context.unit.connection.execute(
        query.order_by(*order).limit(page_size + 1).offset((page - 1) * page_size)).all()
    return TaskPage(tuple(_present(context, rows[:page_size])), page, page_size, len(rows) > page_size)


def counts(context: Context) -> Mapping[str, int]:
    """Open tasks per box, and how many of mine are overdue: for badges."""
    joined = t.fl_task.join(t.fl_instance, t.fl_instance.c.id == t.fl_task.c.instance_id)
    result = {box: int(context.unit.connection.scalar(
        sa.select(sa.func.count()).select_from(joined).where(_in_box(context.actor, box))) or 0)
        for box in ("mine", "offered")}
    late = _in_box(context.actor, "mine") & (t.fl_task.c.due_at < context.now)
    result["overdue"] = int(context.unit.connection.scalar(
        sa.select(sa.func.count()).select_from(joined).where(late)) or 0)
    return result


def get(context: Context, task_id: int) -> Task:
    """A task that this actor has, may take, has done or has started; any task for administrators."""
    row = context.unit.connection.execute(_tasks().where(t.fl_task.c.id == task_id)).one_or_none()
    task = _present(context, [row])[0] if row is not None else None
    if task is None or not _may_see(context.actor, task):
        raise NotFound(Text("There is no task {id} for you.", id=task_id))
    return task


def of_instance(context: Context, instance_id: int) -> list[Task]:
    rows = context.unit.connection.execute(
        _tasks().where(t.fl_task.c.instance_id == instance_id).order_by(t.fl_task.c.id)).all()
    return _present(context, rows)


def of_record(context: Context, entity: str, record_id: int) -> list[Task]:
    rows = context.unit.connection.execute(
        _tasks().where(t.fl_task.c.entity == entity, t.fl_task.c.record_id == record_id).order_by(t.fl_task.c.id)).all()
    return _present(context, rows)


def _may_see(actor: Actor, task: Task) -> bool:
    mine = actor.user_id in (task.assignee, task.done_by, task.started_by, *task.users)
    return mine or actor.admin or actor.system or task.role in actor.roles


def _tasks() -> sa.Select[Any]:
    return sa.select(*_COLUMNS).join(t.fl_instance, t.fl_instance.c.id == t.fl_task.c.instance_id)


def _in_box(actor: Actor, box: str) -> sa.ColumnElement[bool]:
    is_open = t.fl_task.c.status.in_(OPEN)
    if box == "open":
        return _in_box(actor, "mine") | _in_box(actor, "offered")
    if box == "mine":
        return is_open & (t.fl_task.c.assignee_id == actor.user_id)
    if box == "offered":
        named = sa.exists().where(t.fl_candidate.c.task_id == t.fl_task.c.id, t.fl_candidate.c.user_id == actor.user_id)
        return is_open & t.fl_task.c.assignee_id.is_(None) & (t.fl_task.c.role.in_(sorted(actor.roles)) | named)
    if box == "done":
        return (t.fl_task.c.status == "done") & (t.fl_task.c.done_by == actor.user_id)
    if box == "started":
        return is_open & (t.fl_instance.c.started_by == actor.user_id)
    raise BadRequest(Text("There is no box {box}.", box=box), Text("Use one of {boxes}.", boxes=", ".join(BOXES)))


def _present(context: Context, rows: Any) -> list[Task]:
    users = _candidates(context, [row.id for row in rows])
    titles = _titles(context, rows)
    return [_task(context, row, users.get(row.id, ()), titles.get((row.entity, row.record_id), "")) for row in rows]


def _task(context: Context, row: Any, users: tuple[int, ...], title: str) -> Task:
    definition = definitions.pinned(context, row.key, row.definition or row.hash)
    node = definition.nodes[row.node]
    return Task(
        id=row.id, instance_id=row.instance_id, process=row.key, process_label=definition.label, node=row.node,
        label=node.label or {"en": row.node}, entity=row.entity, record_id=row.record_id, record_title=title,
        status=row.status, assignee=row.assignee_id, role=row.role, users=users, due_at=row.due_at,
        created_at=row.created_at, done_at=row.done_at, done_by=row.done_by, outcome=row.outcome, comment=row.comment,
        started_by=row.started_by, started_at=row.started_at, fields=node.fields, outcomes=node.outcomes,
    )


def _candidates(context: Context, task_ids: list[int]) -> dict[int, tuple[int, ...]]:
    found: dict[int, tuple[int, ...]] = {}
    for row in context.unit.connection.execute(
            sa.select(t.fl_candidate).where(t.fl_candidate.c.task_id.in_(task_ids)).order_by(t.fl_candidate.c.user_id)):
        found[row.task_id] = (*found.get(row.task_id, ()), row.user_id)
    return found


def _titles(context: Context, rows: Any) -> dict[tuple[str, int | None], str]:
    wanted: dict[str, set[int]] = {}
    for row in rows:
        if row.record_id is not None and row.entity in context.catalog.entities:
            wanted.setdefault(row.entity, set()).add(row.record_id)
    return {(entity, record_id): title for entity, ids in wanted.items()
            for record_id, title in context.store.titles(context.unit, entity, sorted(ids)).items()}
