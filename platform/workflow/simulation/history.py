"""The last real cases of a process as a simulation needs them: the record as it was, who decided what, and when."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from formloom.metadata.catalog import EMPTY, Entity
from formloom.policy.actor import SYSTEM
from formloom.records.context import Context
from formloom.storage import platform_tables as t
from formloom.workflow import definitions, engine
from formloom.workflow.definition import ProcessDefinition
from formloom.workflow.scope import local_now, zone

MOST_CASES = 5000
_AT_ONCE = 500        # cases whose rows are read together
_LEFT = "left"          # the kind of a task that was returned to an earlier step instead of decided
_FROM_OUTSIDE = frozenset({"message", "signal"})


@dataclass(frozen=True, slots=True)
class Visit:
    """One time that people had a task. `done` is None while it is open. `values`: what was typed into its form.
    `withdrawn`: nobody decided it; the process went on without it, or went back, at that time.
    """

    node: str
    arrived: datetime
    done: datetime | None
    outcome: str
    comment: str
    by: int | None
    values: Mapping[str, Any] = EMPTY
    withdrawn: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """`row`: the record as it was when the case began. `happened`: when events from outside reached each element.
    `changes`: what others changed in the record meanwhile. `results`: what elements gave, and what it was started with.
    """

    id: int
    started_by: int
    started_at: datetime
    ended_at: datetime | None
    start: str = ""
    row: Mapping[str, Any] | None = None
    visits: Mapping[str, Sequence[Visit]] = EMPTY
    happened: Mapping[str, Sequence[datetime]] = EMPTY
    changes: Sequence[tuple[datetime, Mapping[str, Any]]] = ()
    results: Mapping[str, Any] = EMPTY


def cases(context: Context, key: str, limit: int, content: str = "") -> list[Case]:
    """The newest cases, the oldest of them first: finished ones and running ones, not those that were cancelled.
    `content`: only those on the version of this hash.
    """
    query = sa.select(t.fl_instance).where(t.fl_instance.c.key == key, t.fl_instance.c.status != "cancelled")
    if content:
        query = query.where(t.fl_instance.c.hash == content)
    newest = query.order_by(t.fl_instance.c.id.desc()).limit(min(limit, MOST_CASES))
    found = list(context.unit.connection.execute(newest))[::-1]
    return [case for at in range(0, len(found), _AT_ONCE) for case in _read(context, found[at:at + _AT_ONCE])]


def _read(context: Context, rows: Sequence[Any]) -> list[Case]:
    ids = [row.id for row in rows]
    tasks = _grouped(context, t.fl_task, t.fl_task.c.instance_id.in_(ids), "instance_id")
    passed = _grouped(context, t.fl_history, t.fl_history.c.instance_id.in_(ids) & (t.fl_history.c.kind == "passed"),
                      "instance_id")
    records = [row.record_id for row in rows if row.record_id is not None]
    audits: Mapping[int, list[Any]] = {}
    if records:
        about = (t.fl_audit.c.entity == rows[0].entity) & t.fl_audit.c.record_id.in_(records)
        audits = _grouped(context, t.fl_audit, about & (t.fl_audit.c.at >= rows[0].started_at), "record_id")
    return [_case(context, row, tasks.get(row.id, ()), passed.get(row.id, ()), audits.get(row.record_id, ()))
            for row in rows]


def _grouped(context: Context, table: sa.Table, condition: sa.ColumnElement[bool], by: str) -> Mapping[int, list[Any]]:
    found: dict[int, list[Any]] = defaultdict(list)
    for row in context.unit.connection.execute(sa.select(table).where(condition).order_by(table.c.id)):
        found[getattr(row, by)].append(row)
    return found


def _case(context: Context, row: Any, tasks: Sequence[Any], passed: Sequence[Any], audits: Sequence[Any]) -> Case:
    definition = definitions.pinned(context, row.key, row.hash)
    entity = context.catalog.entities.get(row.entity)
    later = [entry for entry in audits if entry.at > row.started_at
             or (entry.at == row.started_at and entry.actor_id == SYSTEM.user_id)]
    typed = {(entry.at, entry.actor_id): _after(entity, entry) for entry in later}
    visits = [_visit(definition, task, typed) for task in tasks
              if task.kind in (None, _LEFT)]
    by_people = {(visit.done, visit.by) for visit in visits}
    return Case(
        id=row.id, started_by=row.started_by, started_at=row.started_at, ended_at=row.ended_at,
        start=_start(definition, passed), row=_as_it_began(context, entity, row, later),
        visits=_by_node(visits), happened=_happened(definition, passed), results=_results(context, definition, row),
        changes=tuple((entry.at, _after(entity, entry)) for entry in later
                      if entry.actor_id != SYSTEM.user_id and (entry.at, entry.actor_id) not in by_people))


def _visit(definition: ProcessDefinition, task: Any, typed: Mapping[Any, Mapping[str, Any]]) -> Visit:
    node = definition.nodes.get(task.node)
    values = typed.get((task.done_at, task.done_by), {}) if node else {}
    return Visit(task.node, task.created_at, task.done_at, task.outcome or "", task.comment or "", task.done_by,
                 {name: value for name, value in values.items() if node and name in node.editable},
                 task.status == "cancelled" or task.kind == _LEFT)


def _by_node(visits: Iterable[Visit]) -> Mapping[str, Sequence[Visit]]:
    found: dict[str, list[Visit]] = defaultdict(list)
    for visit in visits:
        found[visit.node].append(visit)
    return found


def _start(definition: ProcessDefinition, passed: Sequence[Any]) -> str:
    """The start event, where it is not the plain one."""
    first = definition.nodes.get(passed[0].node) if passed else None
    return first.id if first and first.kind == "startEvent" and first.event else ""


def _happened(definition: ProcessDefinition, passed: Sequence[Any]) -> Mapping[str, Sequence[datetime]]:
    found: dict[str, list[datetime]] = defaultdict(list)
    for entry in passed:
        node = definition.nodes.get(entry.node)
        if node is not None and (node.event in _FROM_OUTSIDE or node.kind == "receiveTask"):
            found[node.id].append(entry.at)
    return found


def _results(context: Context, definition: ProcessDefinition, row: Any) -> Mapping[str, Any]:
    if not row.state:
        return {}
    return dict(engine.load(definition, row.state, {}, local_now(context), zone(context)).variables)


def _as_it_began(context: Context, entity: Entity | None, instance: Any,
                 later: Sequence[Any]) -> Mapping[str, Any] | None:
    """The record of today without what was changed since, the newest change first."""
    if entity is None or instance.record_id is None:
        return None
    row = dict(context.store.get(context.unit, entity.name, instance.record_id) or {})
    for entry in reversed(later):
        row |= _parsed(entity, entry.before or {})
    return row


def _after(entity: Entity | None, entry: Any) -> Mapping[str, Any]:
    return _parsed(entity, entry.after or {}) if entity else {}


def _parsed(entity: Entity, dumped: Mapping[str, Any]) -> Mapping[str, Any]:
    return {name: value if value is None else entity.fields[name].type.parse(value, entity.fields[name])
            for name, value in dumped.items()
            if name in entity.fields and entity.fields[name].type.name != "table"
            and not entity.fields[name].type.computed}
