"""What could not go on: why, with which data, and the ways out of it. For administrators; each act is audited.

An incident belongs to an instance whose step failed (nothing of the step was kept), to a job that an instance waits for
or has sent, or to a job of nobody's. An instance that could not even start is kept with what it was to start with.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from formloom.errors import Conflict, Forbidden, FormloomError, NotFound, Text
from formloom.jobs import queue
from formloom.metadata.catalog import EMPTY, Label
from formloom.records.context import Context
from formloom.storage import platform_tables as t
from formloom.workflow import definitions, engine, trail
from formloom.workflow.definition import ProcessDefinition
from formloom.workflow.failure import RecordRef, Start, StepFailed

PAGE_SIZE = 50
LARGEST_PAGE = 200
STATUSES = ("open", "resolved")


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """`error` begins with the type of the exception. `key` is the process, or the kind of a job that has none."""

    id: int
    instance_id: int | None
    job_id: int | None
    key: str
    label: Label
    node: str
    node_label: Label
    error: str
    at: datetime
    attempts: int
    status: str                 # open | resolved
    resolution: str             # went on | retried | skipped | cancelled
    resolved_at: datetime | None
    resolved_by: int | None
    record: RecordRef | None
    skippable: bool
    said: Text | None           # the cause, for whoever reads another language

    @property
    def drawn(self) -> str:
        """The element of the diagram that shows it."""
        return self.node.partition("/")[0]

    @property
    def exception(self) -> str:
        return self.error.partition(": ")[0] if ": " in self.error else ""

    @property
    def cause(self) -> str:
        return self.error.partition(": ")[2] or self.error


@dataclass(frozen=True, slots=True)
class Filter:
    """`cause` is part of the error's words, `node` an element, `key` a process or a kind of job."""

    status: str = "open"
    key: str = ""
    node: str = ""
    cause: str = ""
    instance_id: int | None = None


@dataclass(frozen=True, slots=True)
class IncidentPage:
    items: tuple[Incident, ...]
    total: int


def record(context: Context, failure: StepFailed, keep: bool = False) -> None:
    """After the failed step was rolled back. `keep`: of a process that could not start, what it was to start with."""
    connection, found = context.unit.connection, t.fl_instance.c
    known = connection.scalar(sa.select(found.id).where(found.id == failure.instance_id))
    if known is None and keep and failure.start is not None:
        known = _keep(context, failure.start)
    cause = failure.cause
    told = {"error": f"{type(cause).__name__}: {cause}",
            "said": cause.message.as_json() if isinstance(cause, FormloomError) else None}
    if known is None or not _again(context, failure, told):
        connection.execute(sa.insert(t.fl_incident).values(
            instance_id=known, key=failure.key, node=failure.node, at=context.now, status="open",
            job_id=failure.job_id, attempts=1, **told))
    if known is not None:
        connection.execute(sa.update(t.fl_instance).where(found.id == known).values(status="incident"))
        trail.note(context, known, "incident", [(failure.node, context.now)], None, {"error": str(failure.cause)})


def _again(context: Context, failure: StepFailed, told: Mapping[str, Any]) -> bool:
    """Whether it is an incident already: the same step, tried once more."""
    of = t.fl_incident.c
    same = ((of.instance_id == failure.instance_id) & (of.node == failure.node) & (of.status == "open")
            & (of.job_id.is_(None) if failure.job_id is None else of.job_id == failure.job_id))
    values = {"attempts": of.attempts + 1, "at": context.now, **told}
    return bool(context.unit.connection.execute(sa.update(t.fl_incident).where(same).values(values)).rowcount)


def _keep(context: Context, start: Start) -> int:
    definitions.keep(context, start.definition)
    entity, record_id = start.record or ("", None)
    made = context.unit.connection.scalar(sa.insert(t.fl_instance).values(
        key=start.definition.key, hash=start.definition.hash, entity=entity, record_id=record_id, status="incident",
        version=1, state=engine.dump_start(start.at, start.variables), started_by=start.started_by,
        started_at=context.now).returning(t.fl_instance.c.id))
    trail.note(context, int(made or 0), "started", [("", context.now)], start.started_by)
    return int(made or 0)


def listed(context: Context, wanted: Filter = Filter(), page: int = 1,
           page_size: int = PAGE_SIZE) -> IncidentPage:
    """Newest first. For administrators."""
    administrator(context)
    matching = _matching(wanted)
    rows = context.unit.connection.execute(
        _rows().where(matching).order_by(t.fl_incident.c.id.desc()).limit(page_size).offset((page - 1) * page_size))
    total = context.unit.connection.scalar(sa.select(sa.func.count()).select_from(_joined()).where(matching))
    return IncidentPage(tuple(_incident(context, row) for row in rows.all()), int(total or 0))


def ids(context: Context, wanted: Filter, most: int) -> list[int]:
    """Of the oldest: what a bulk act is about."""
    administrator(context)
    query = sa.select(t.fl_incident.c.id).select_from(_joined()).where(_matching(wanted))
    return list(context.unit.connection.scalars(query.order_by(t.fl_incident.c.id).limit(most)))


def of_instance(context: Context, instance_id: int) -> list[Incident]:
    """The open ones, without a check: what of them is shown to whom is for the door to say."""
    rows = context.unit.connection.execute(
        _rows().where(_matching(Filter(instance_id=instance_id))).order_by(t.fl_incident.c.id.desc()))
    return [_incident(context, row) for row in rows.all()]


def get(context: Context, incident_id: int) -> Incident:
    administrator(context)
    row = context.unit.connection.execute(_rows().where(t.fl_incident.c.id == incident_id)).one_or_none()
    if row is None:
        raise NotFound(Text("There is no incident {id}.", id=incident_id))
    return _incident(context, row)


def open_count(context: Context) -> int:
    found = t.fl_incident.c
    return int(context.unit.connection.scalar(
        sa.select(sa.func.count()).select_from(t.fl_incident).where(found.status == "open")) or 0)


def processes(context: Context) -> list[str]:
    """Whose incidents are open, for a filter."""
    return list(context.unit.connection.scalars(
        sa.select(_KEY).select_from(_joined()).where(t.fl_incident.c.status == "open").distinct().order_by(_KEY)))


def administrator(context: Context) -> None:
    if not (context.actor.admin or context.actor.system):
        raise Forbidden(Text("Only administrators repair processes."))


def unresolved(context: Context, incident_id: int) -> Incident:
    """The incident, if something may still be done about it. Its instance is locked until the transaction ends."""
    found = get(context, incident_id)
    if found.instance_id is not None:
        context.unit.connection.execute(
            sa.select(t.fl_instance.c.id).where(t.fl_instance.c.id == found.instance_id).with_for_update())
        found = get(context, incident_id)
    if found.status != "open":
        raise Conflict(Text("This incident is over: {how}.", how=found.resolution))
    return found


def job_of(context: Context, incident: Incident) -> queue.Job | None:
    return queue.get(context.unit, incident.job_id) if incident.job_id is not None else None


_KEY = sa.func.coalesce(t.fl_instance.c.key, t.fl_incident.c.key).label("process")


def _joined() -> sa.FromClause:
    return t.fl_incident.outerjoin(t.fl_instance, t.fl_instance.c.id == t.fl_incident.c.instance_id)


def _rows() -> sa.Select[Any]:
    found = t.fl_instance.c
    return sa.select(t.fl_incident, _KEY, found.hash, found.entity, found.record_id).select_from(_joined())


def _matching(wanted: Filter) -> sa.ColumnElement[bool]:
    of = t.fl_incident.c
    found: sa.ColumnElement[bool] = of.status == wanted.status
    if wanted.key:
        found &= sa.func.coalesce(t.fl_instance.c.key, of.key) == wanted.key
    if wanted.node:
        found &= of.node == wanted.node
    if wanted.cause:
        found &= of.error.icontains(wanted.cause, autoescape=True)
    if wanted.instance_id is not None:
        found &= of.instance_id == wanted.instance_id
    return found


def _incident(context: Context, row: Any) -> Incident:
    definition = definitions.pinned(context, row.process, row.hash) if row.hash else None
    node = definition.nodes.get(row.node) if definition else None
    return Incident(
        id=row.id, instance_id=row.instance_id, job_id=row.job_id, key=row.process, node=row.node or "",
        label=definition.label if definition else _known_label(context, row.process),
        node_label=node.label if node else EMPTY, error=row.error, at=row.at, attempts=row.attempts, status=row.status,
        resolution=row.resolution or "", resolved_at=row.resolved_at, resolved_by=row.resolved_by,
        record=(row.entity, row.record_id) if row.record_id is not None else None,
        skippable=row.job_id is not None or can_skip(definition, row.node),
        said=Text.from_json(row.said) if row.said else None)


def _known_label(context: Context, key: str) -> Label:
    known = context.definitions.get(key)
    return known.label if known else {"en": key}


def can_skip(definition: ProcessDefinition | None, node_id: str) -> bool:
    """Elements that are performed; where a token goes from a gateway is for the diagram to say."""
    node = definition.nodes.get(node_id) if definition else None
    return node is not None and (node.action is not None or node.decision is not None)
