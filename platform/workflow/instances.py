"""Process instances: start, look at, cancel."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from formloom.errors import Conflict, Forbidden, NotFound, Text
from formloom.jobs import queue
from formloom.metadata.catalog import Entity, Label
from formloom.records.context import Context
from formloom.storage import platform_tables as t
from formloom.workflow import definitions, offers, rule_tasks, steps, trail
from formloom.workflow.definition import ProcessDefinition
from formloom.workflow.failure import RecordRef, Start, StepFailed
from formloom.workflow.scope import Surroundings


@dataclass(frozen=True, slots=True, kw_only=True)
class Instance:
    """status: running | done | cancelled | incident (could not go on; `incidents` says why)."""

    id: int
    key: str
    hash: str
    label: Label
    entity: str
    record_id: int | None
    status: str
    started_by: int
    started_at: datetime
    ended_at: datetime | None

    @property
    def record(self) -> RecordRef | None:
        return (self.entity, self.record_id) if self.record_id is not None else None


@dataclass(frozen=True, slots=True)
class Visit:
    """One line of the history. kind: started | passed | decided | ruled | cancelled | incident; retried, edited and
    skipped, of an incident; migrated and restored, for another version.
    """

    node: str
    label: Label
    kind: str
    at: datetime
    actor_id: int | None
    data: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Waiting:
    node: str
    kind: str                   # user | external | timer | message | signal | conditional
    since: datetime | None
    due_at: datetime | None
    assignee: int | None = None
    role: str | None = None


@dataclass(frozen=True, slots=True)
class Diagram:
    """The drawing, where the instance stands in it, and how it came there."""

    text: str
    waiting: tuple[Waiting, ...]
    passed: tuple[str, ...]
    flows: tuple[str, ...]
    history: tuple[Visit, ...]


def start(context: Context, definition: ProcessDefinition, record: RecordRef | None = None,
          variables: Mapping[str, Any] | None = None, at: str = "") -> Instance:
    """`at`: the start event, where the process has several."""
    definitions.keep(context, definition)
    surroundings = Surroundings(context, record, context.actor.user_id)
    step = steps.Step(context, 0, 1, definition, surroundings, record, context.actor.user_id)
    step.trail.add("started", [("", context.now)], context.actor.user_id)
    try:
        step.begin(variables, at)
    except StepFailed as failure:
        failure.start = Start(definition, record, context.actor.user_id, at, variables or {})
        raise
    if step.acted or step.spoke:        # what it did may have come back to it
        return get(context, step.instance_id)
    over = step.running.ended
    return Instance(id=step.instance_id, key=definition.key, hash=definition.hash, label=definition.label,
                    entity=record[0] if record else "", record_id=record[1] if record else None,
                    status="done" if over else "running", started_by=context.actor.user_id, started_at=context.now,
                    ended_at=context.now if over else None)


def get(context: Context, instance_id: int) -> Instance:
    row = context.unit.connection.execute(
        sa.select(t.fl_instance).where(t.fl_instance.c.id == instance_id)).one_or_none()
    if row is None:
        raise NotFound(Text("There is no process instance {id}.", id=instance_id))
    return _instance(context, row)


def of_record(context: Context, entity: str, record_id: int) -> list[Instance]:
    """Newest first."""
    return _listed(context, (t.fl_instance.c.entity == entity) & (t.fl_instance.c.record_id == record_id))


def running(context: Context, key: str, record: RecordRef | None = None) -> bool:
    """Whether an instance of the process runs (for that record)."""
    found = (t.fl_instance.c.key == key) & t.fl_instance.c.status.in_(("running", "incident"))
    if record is not None:
        found &= (t.fl_instance.c.entity == record[0]) & (t.fl_instance.c.record_id == record[1])
    return context.unit.connection.scalar(sa.select(t.fl_instance.c.id).where(found).limit(1)) is not None


def cancel(context: Context, instance_id: int, reason: str = "") -> Instance:
    """Ends an instance and its open tasks. For administrators, the person who started it, and the platform."""
    instance = get(context, instance_id)
    if instance.status not in ("running", "incident"):
        raise Conflict(Text("This process is over."))
    if not (context.actor.admin or context.actor.system or context.actor.user_id == instance.started_by):
        raise Forbidden(Text("Only the person who started a process, or an administrator, can cancel it."))
    context.unit.connection.execute(
        sa.update(t.fl_instance).where(t.fl_instance.c.id == instance_id)
        .values(status="cancelled", ended_at=context.now, next_due=None, version=t.fl_instance.c.version + 1))
    for table in (t.fl_timer, t.fl_subscription):
        context.unit.connection.execute(sa.delete(table).where(table.c.instance_id == instance_id))
    offers.withdraw(context, instance_id)
    waited_for = (t.fl_job.c.instance_id == instance_id) & t.fl_job.c.token.is_not(None)
    queue.cancel(context.unit, waited_for, context.now)
    steps.close_incidents(context, t.fl_incident.c.instance_id == instance_id, "cancelled")
    trail.note(context, instance_id, "cancelled", [("", context.now)], context.actor.user_id,
               {"reason": reason} if reason else None)
    return get(context, instance_id)


def cancel_of_record(context: Context, entity: str, record_id: int) -> None:
    """The record is gone: nobody is to decide about it any more."""
    for instance in of_record(context, entity, record_id):
        if instance.status in ("running", "incident"):
            cancel(context, instance.id, "record deleted")


def diagram(context: Context, instance_id: int) -> Diagram:
    instance = get(context, instance_id)
    definition = definitions.pinned(context, instance.key, instance.hash)
    history = tuple(_history(context, instance, definition))
    passed = [visit.node.partition("/")[0] for visit in history if visit.kind == "passed"]
    return Diagram(definition.text, tuple(_waiting(context, instance_id)), tuple(dict.fromkeys(passed)),
                   _taken(definition, passed), history)


def _taken(definition: ProcessDefinition, passed: list[str]) -> tuple[str, ...]:
    """Flows whose both ends were passed one after the other in the history."""
    seen = set(passed)
    return tuple(flow.id for flow in definition.flows
                 if flow.source in seen and flow.target in seen and not flow.id.endswith(".link"))


def _history(context: Context, instance: Instance, definition: ProcessDefinition) -> list[Visit]:
    rows = context.unit.connection.execute(
        sa.select(t.fl_history).where(t.fl_history.c.instance_id == instance.id).order_by(t.fl_history.c.id)).all()
    entity = context.catalog.entities.get(instance.entity)
    ruled = entity is not None and any(row.kind == "ruled" for row in rows)
    record = context.store.get(context.unit, instance.entity, instance.record_id or 0) if ruled else None
    labels = _labels(context, instance.key, definition, rows)
    return [Visit(row.node, labels[row.id], row.kind, row.at, row.actor_id, _told(context, entity, record, row))
            for row in rows]


def _labels(context: Context, key: str, definition: ProcessDefinition, rows: Sequence[Any]) -> dict[int, Label]:
    """Of each row, as the version said that was in force for the instance when it was written."""
    labels: dict[int, Label] = {}
    for row in reversed(rows):
        node = definition.nodes.get(row.node)
        labels[row.id] = node.label if node else {}
        if row.kind in ("migrated", "restored"):
            definition = definitions.pinned(context, key, json.loads(row.data)["from"])
    return labels


def _told(context: Context, entity: Entity | None, record: Mapping[str, Any] | None, row: Any) -> Mapping[str, Any]:
    data = json.loads(row.data) if row.data else {}
    return rule_tasks.visible(context, entity, record, data) if row.kind == "ruled" else data


def _waiting(context: Context, instance_id: int) -> list[Waiting]:
    tasks = context.unit.connection.execute(sa.select(t.fl_task).where(
        t.fl_task.c.instance_id == instance_id, t.fl_task.c.status.in_(offers.OPEN)).order_by(t.fl_task.c.id))
    timers = context.unit.connection.execute(
        sa.select(t.fl_timer).where(t.fl_timer.c.instance_id == instance_id).order_by(t.fl_timer.c.due_at))
    waits = t.fl_subscription.c
    events = context.unit.connection.execute(
        sa.select(waits.node, waits.kind).where(waits.instance_id == instance_id).order_by(waits.id))
    jobs = t.fl_job.c
    sent = context.unit.connection.execute(sa.select(jobs.node).where(
        jobs.instance_id == instance_id, jobs.token.is_not(None), jobs.status.in_(("queued", "leased", "failed"))))
    return [*(Waiting(_drawn(r.node), "external", None, None) for r in sent),
            *(Waiting(_drawn(r.node), r.kind, None, None) for r in events),
            *(Waiting(_drawn(r.node), "user", r.created_at, r.due_at, r.assignee_id, r.role) for r in tasks),
            *(Waiting(_drawn(r.node), "timer", None, r.due_at) for r in timers)]


def _drawn(node: str) -> str:
    """What is inside a called process is shown at the call."""
    return node.partition("/")[0]


def _listed(context: Context, condition: sa.ColumnElement[bool]) -> list[Instance]:
    rows = context.unit.connection.execute(
        sa.select(t.fl_instance).where(condition).order_by(t.fl_instance.c.id.desc()))
    return [_instance(context, row) for row in rows.all()]


def _instance(context: Context, row: Any) -> Instance:
    label = definitions.pinned(context, row.key, row.hash).label
    return Instance(id=row.id, key=row.key, hash=row.hash, label=label, entity=row.entity, record_id=row.record_id,
                    status=row.status, started_by=row.started_by, started_at=row.started_at, ended_at=row.ended_at)
