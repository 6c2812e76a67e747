"""User tasks as people see them: what is offered to me, what is mine, what I did, what I started."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from formloom.errors import BadRequest, NotFound, Text
from formloom.metadata.catalog import Label
from formloom.policy.actor import Actor
from formloom.records.context import Context
from formloom.storage import platform_tables as t
from formloom.workflow import definitions, deputies, signatures
from formloom.workflow.definition import Outcome, TaskField
from formloom.workflow.deputies import Absence
from formloom.workflow.offers import OPEN

BOXES = ("open", "mine", "offered", "done", "started", "copied", "delegated")
PAGE_SIZE, LARGEST_PAGE = 25, 200
_CHILD = t.fl_task.alias("child")
_MINE = (t.fl_copy.c.task_id == t.fl_task.c.id) & (t.fl_copy.c.user_id == sa.bindparam("reader"))
_NAMED = sa.select(sa.func.aggregate_strings(sa.cast(t.fl_candidate.c.user_id, sa.Text), ",")).where(
    t.fl_candidate.c.task_id == t.fl_task.c.id)
_TASKS = sa.select(
    t.fl_task, t.fl_instance.c.key, t.fl_instance.c.hash, t.fl_instance.c.started_by, t.fl_instance.c.started_at,
    t.fl_instance.c.status.in_(("running", "incident")).label("running"),
    _NAMED.scalar_subquery().label("users"), t.fl_copy.c.id.label("copy_id"), t.fl_copy.c.read_at.label("copy_read_at"),
).join(t.fl_instance, t.fl_instance.c.id == t.fl_task.c.instance_id).outerjoin(t.fl_copy, _MINE)
_SIGNED = sa.exists().where(_CHILD.c.instance_id == t.fl_task.c.instance_id, _CHILD.c.parent_id == t.fl_task.c.id)
_TASK = _TASKS.add_columns(_SIGNED.label("signed")).where(t.fl_task.c.id == sa.bindparam("task"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """status: ready | claimed | held (somebody else comes first) | done | cancelled. kind: see `signatures`.
    `in_name_of`: for whom the actor may do it, being that person's deputy. `acted_for`: for whom it was done.
    """

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
    token: str = ""
    running: bool = True
    kind: str = ""
    parent: int | None = None
    in_name_of: int | None = None
    acted_for: int | None = None
    urged: int = 0
    urged_at: datetime | None = None
    copied: bool = False
    unread: bool = False
    signed: bool = False        # others sign it as well, or do something for it; only known of a task alone

    @property
    def open(self) -> bool:
        return self.status in OPEN

    def offered_to(self, actor: Actor) -> bool:
        return self.assignee is None and (self.role in actor.roles or actor.user_id in self.users)

    def may_complete(self, actor: Actor) -> bool:
        return self.open and (self.assignee == actor.user_id or self.offered_to(actor) or self.in_name_of is not None)

    def overdue(self, now: datetime) -> bool:
        return self.open and self.due_at is not None and self.due_at < now


@dataclass(frozen=True, slots=True)
class TaskPage:
    tasks: tuple[Task, ...]
    page: int
    page_size: int
    more: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """What of a box is asked for; `words` are looked for in the titles of records. due: overdue | soon | none."""

    process: str = ""
    entity: str = ""
    record_id: int | None = None
    starter: int | None = None
    due: str = ""
    words: str = ""
    until: datetime | None = None       # what `soon` means: the end of the day, or of seven days


def inbox(context: Context, box: str = "mine", *, process: str | None = None, entity: str | None = None,
          record_id: int | None = None, overdue: bool = False, page: int = 1, page_size: int = PAGE_SIZE,
          only: Filter | None = None) -> TaskPage:
    """Open tasks by due date, those without one last; done ones by when they were done."""
    if page < 1 or not 1 <= page_size <= LARGEST_PAGE:
        raise BadRequest(Text("Pages are counted from 1 and hold 1 to {limit} tasks.", limit=LARGEST_PAGE))
    asked = only or Filter(process=process or "", entity=entity or "", record_id=record_id,
                           due="overdue" if overdue else "")
    query = _TASKS.where(_in_box(context, box), *_filtered(context, asked))
    rows = _read(context, query.order_by(*_order(box)).limit(page_size + 1).offset((page - 1) * page_size))
    return TaskPage(tuple(_present(context, rows[:page_size])), page, page_size, len(rows) > page_size)


def _order(box: str) -> tuple[Any, ...]:
    if box in ("done", "copied"):
        return (t.fl_task.c.done_at.desc() if box == "done" else t.fl_task.c.created_at.desc(), t.fl_task.c.id.desc())
    return (t.fl_task.c.due_at.is_(None), t.fl_task.c.due_at, t.fl_task.c.id)


def _filtered(context: Context, asked: Filter) -> Iterator[sa.ColumnElement[bool]]:
    equal = ((t.fl_instance.c.key, asked.process), (t.fl_task.c.entity, asked.entity),
             (t.fl_task.c.record_id, asked.record_id), (t.fl_instance.c.started_by, asked.starter))
    yield from (column == value for column, value in equal if value not in ("", None))
    due = t.fl_task.c.due_at
    if asked.due == "overdue":
        yield due < context.now
    elif asked.due == "none":
        yield due.is_(None)
    elif asked.due and asked.until is not None:
        yield (due >= context.now) & (due < asked.until)
    if asked.words:
        yield sa.or_(sa.false(), *_titled(context, asked.words))


def _titled(context: Context, words: str) -> Iterator[sa.ColumnElement[bool]]:
    """Records whose title or number holds the words; of entities that have processes only."""
    pattern = f"%{words.replace('!', '!!').replace('%', '!%').replace('_', '!_')}%"
    for name in {d.entity for d in context.definitions.values() if d.entity}:
        entity, table = context.catalog.entities[name], context.store.tables[name]
        columns = [table.c[f] for f in dict.fromkeys((entity.title, entity.number)) if f and f in table.c]
        if columns:
            hit = sa.or_(*(sa.cast(c, sa.Text).ilike(pattern, escape="!") for c in columns))
            yield (t.fl_task.c.entity == name) & t.fl_task.c.record_id.in_(sa.select(table.c.id).where(hit))


def counts(context: Context) -> Mapping[str, int]:
    """Open tasks per box, how many of mine are overdue, and copies I have not read: for badges."""
    mine = _in_box(context, "mine")
    asked = {"mine": mine, "offered": _in_box(context, "offered"), "overdue": mine & (t.fl_task.c.due_at < context.now)}
    joined = t.fl_task.join(t.fl_instance, t.fl_instance.c.id == t.fl_task.c.instance_id)
    sums = [sa.func.coalesce(sa.func.sum(sa.case((condition, 1), else_=0)), 0).label(name)
            for name, condition in asked.items()]
    wanted = sa.select(*sums).select_from(joined).where(t.fl_task.c.status.in_(OPEN))
    found = {name: int(value) for name, value in context.unit.connection.execute(wanted).one()._mapping.items()}
    unread = (t.fl_copy.c.user_id == context.actor.user_id) & t.fl_copy.c.read_at.is_(None)
    found["copied"] = int(context.unit.connection.scalar(
        sa.select(sa.func.count()).select_from(t.fl_copy).where(unread)) or 0)
    return found


def get(context: Context, task_id: int, titled: bool = True) -> Task:
    """A task that this actor has, may take, has done or has started; any task for administrators. Without `titled` it
    is not looked up what its record is called.
    """
    asked = {"task": task_id, "reader": context.actor.user_id}
    row = context.unit.connection.execute(_TASK, asked).one_or_none()
    task = _present(context, [row], titled)[0] if row is not None else None
    if task is None or not (_may_see(context.actor, task) or _took_part(context, task_id)):
        raise NotFound(Text("There is no task {id} for you.", id=task_id))
    return task


def of_instance(context: Context, instance_id: int) -> list[Task]:
    return _present(context, _read(context, _TASKS.where(t.fl_task.c.instance_id == instance_id).order_by(
        t.fl_task.c.id)))


def of_record(context: Context, entity: str, record_id: int) -> list[Task]:
    of = (t.fl_task.c.entity == entity) & (t.fl_task.c.record_id == record_id)
    return _present(context, _read(context, _TASKS.where(of).order_by(t.fl_task.c.id)))


def _read(context: Context, query: sa.Select[Any]) -> Sequence[Any]:
    return context.unit.connection.execute(query, {"reader": context.actor.user_id}).all()


def _may_see(actor: Actor, task: Task) -> bool:
    mine = actor.user_id in (task.assignee, task.done_by, task.started_by, *task.users)
    return (mine or actor.admin or actor.system or task.role in actor.roles or task.in_name_of is not None
            or task.copied)


def _took_part(context: Context, task_id: int) -> bool:
    """Who handed it on may see what becomes of it."""
    kept = (t.fl_history.c.kind.in_(("transferred", "returned")) & (t.fl_history.c.actor_id == context.actor.user_id))
    found = sa.select(t.fl_history.c.data).join(t.fl_task, t.fl_task.c.instance_id == t.fl_history.c.instance_id).where(
        t.fl_task.c.id == task_id, kept)
    return any(json.loads(data or "{}").get("task") == task_id for data in context.unit.connection.scalars(found))


def _in_box(context: Context, box: str) -> sa.ColumnElement[bool]:
    actor, is_open = context.actor, t.fl_task.c.status.in_(OPEN)
    if box == "open":
        return _in_box(context, "mine") | _in_box(context, "offered")
    if box == "mine":
        return is_open & sa.or_(t.fl_task.c.assignee_id == actor.user_id, _assigned_to_principals(context))
    if box == "offered":
        return is_open & t.fl_task.c.assignee_id.is_(None) & sa.or_(_offered(actor), *(
            _offered(principal) & _covered(absence) for absence, principal in deputies.principals(context)))
    if box == "done":
        return (t.fl_task.c.status == "done") & (t.fl_task.c.done_by == actor.user_id)
    if box == "started":
        return is_open & (t.fl_instance.c.started_by == actor.user_id)
    if box == "copied":
        return t.fl_task.c.id.in_(sa.select(t.fl_copy.c.task_id).where(t.fl_copy.c.user_id == actor.user_id))
    if box == "delegated":
        return (t.fl_task.c.status == "held") & (t.fl_task.c.assignee_id == actor.user_id)
    raise BadRequest(Text("There is no box {box}.", box=box), Text("Use one of {boxes}.", boxes=", ".join(BOXES)))


def _assigned_to_principals(context: Context) -> sa.ColumnElement[bool]:
    found = ((t.fl_task.c.assignee_id == principal.user_id) & _covered(absence)
             for absence, principal in deputies.principals(context))
    return sa.or_(sa.false(), *found)


def _covered(absence: Absence) -> sa.ColumnElement[bool]:
    return t.fl_instance.c.key.in_(absence.processes) if absence.processes else sa.true()


def _offered(actor: Actor) -> sa.ColumnElement[bool]:
    named = sa.exists().where(t.fl_candidate.c.task_id == t.fl_task.c.id, t.fl_candidate.c.user_id == actor.user_id)
    return t.fl_task.c.role.in_(sorted(actor.roles)) | named


def _present(context: Context, rows: Any, titled: bool = True) -> list[Task]:
    titles = _titles(context, rows) if titled else {}
    tasks = [_task(context, row, titles.get((row.entity, row.record_id), "")) for row in rows]
    if not any(_of_others(context.actor, task) for task in tasks):
        return tasks
    standing = deputies.principals(context)
    return [replace(task, in_name_of=_principal(context.actor, task, standing)) for task in tasks]


def _of_others(actor: Actor, task: Task) -> bool:
    """Whether only a deputy could do it in the actor's place."""
    return task.open and task.assignee != actor.user_id and not task.offered_to(actor)


def _principal(actor: Actor, task: Task, standing: list[tuple[Absence, Actor]]) -> int | None:
    """In whose name the actor may do it; nobody's, if it is the actor's own."""
    if not _of_others(actor, task):
        return None
    return next((p.user_id for a, p in standing if a.covers(task.process)
                 and (task.assignee == p.user_id or task.offered_to(p))), None)


def _task(context: Context, row: Any, title: str) -> Task:
    definition = definitions.pinned(context, row.key, row.definition or row.hash)
    node = definition.nodes[row.node]
    return Task(
        id=row.id, instance_id=row.instance_id, process=row.key, process_label=definition.label, node=row.node,
        label=signatures.title(row.kind or "", node.label or {"en": row.node}), entity=row.entity,
        record_id=row.record_id, record_title=title,
        status=row.status, assignee=row.assignee_id, role=row.role, due_at=row.due_at,
        users=tuple(sorted(map(int, row.users.split(",")))) if row.users else (),
        created_at=row.created_at, done_at=row.done_at, done_by=row.done_by, outcome=row.outcome, comment=row.comment,
        started_by=row.started_by, started_at=row.started_at, running=row.running, kind=row.kind or "", token=row.token,
        parent=row.parent_id, fields=signatures.fields(node, row.kind or ""),
        outcomes=signatures.outcomes(node, row.kind or ""), acted_for=row.acting_for, urged=row.urged,
        urged_at=row.urged_at, copied=row.copy_id is not None, signed=bool(row._mapping.get("signed")),
        unread=row.copy_id is not None and row.copy_read_at is None,
    )


def _titles(context: Context, rows: Any) -> dict[tuple[str, int | None], str]:
    wanted: dict[str, set[int]] = {}
    for row in rows:
        if row.record_id is not None and row.entity in context.catalog.entities:
            wanted.setdefault(row.entity, set()).add(row.record_id)
    return {(entity, record_id): title for entity, ids in wanted.items()
            for record_id, title in context.store.titles(context.unit, entity, sorted(ids)).items()}
