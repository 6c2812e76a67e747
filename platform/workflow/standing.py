"""What an instance holds and waits for besides its tasks: timers, events, jobs, called processes, data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from formloom.metadata.catalog import Label
from formloom.records.context import Context
from formloom.storage import platform_tables as t
from formloom.workflow import definitions, engine
from formloom.workflow.definition import ProcessDefinition
from formloom.workflow.instances import Instance
from formloom.workflow.offers import OPEN
from formloom.workflow.scope import Surroundings, local_now, zone


@dataclass(frozen=True, slots=True)
class Awaited:
    """kind: timer | message | signal | conditional. `key`: what a message must carry."""

    node: str
    label: Label
    kind: str
    due_at: datetime | None = None
    name: str = ""
    key: str | None = None


@dataclass(frozen=True, slots=True)
class Job:
    """Work of the instance that is done in the background."""

    node: str
    label: Label
    status: str
    attempts: int
    run_at: datetime
    error: str


@dataclass(frozen=True, slots=True)
class Call:
    """A process that is called by this one and under way: at which call, and where it stands."""

    label: Label
    steps: tuple[Label, ...]


@dataclass(frozen=True, slots=True)
class Standing:
    """`data`: what later steps can ask for, by name; None for who may not see it."""

    awaited: tuple[Awaited, ...]
    jobs: tuple[Job, ...]
    calls: tuple[Call, ...]
    data: Mapping[str, Any] | None


def of(context: Context, instance: Instance) -> Standing:
    definition = definitions.pinned(context, instance.key, instance.hash)
    awaited, jobs = _awaited(context, instance.id, definition), _jobs(context, instance.id, definition)
    calls = _calls(context, instance.id, definition, awaited)
    return Standing(awaited, jobs, calls, _data(context, instance, definition))


def _label(definition: ProcessDefinition, node: str) -> Label:
    found = definition.nodes.get(node)
    return (found.label if found else {}) or {"en": node}


def _awaited(context: Context, instance_id: int, definition: ProcessDefinition) -> tuple[Awaited, ...]:
    connection = context.unit.connection
    timers = connection.execute(
        sa.select(t.fl_timer).where(t.fl_timer.c.instance_id == instance_id).order_by(t.fl_timer.c.due_at)).all()
    events = connection.execute(sa.select(t.fl_subscription).where(
        t.fl_subscription.c.instance_id == instance_id).order_by(t.fl_subscription.c.id)).all()
    return (*(Awaited(r.node, _label(definition, r.node), "timer", r.due_at) for r in timers),
            *(Awaited(r.node, _label(definition, r.node), r.kind, None, r.name, r.key) for r in events))


def _jobs(context: Context, instance_id: int, definition: ProcessDefinition) -> tuple[Job, ...]:
    rows = context.unit.connection.execute(sa.select(t.fl_job).where(
        t.fl_job.c.instance_id == instance_id, t.fl_job.c.status.in_(("queued", "leased", "failed"))).order_by(
            t.fl_job.c.id))
    return tuple(Job(r.node, _label(definition, r.node), r.status, r.attempts, r.run_at, r.error or "") for r in rows)


def _calls(context: Context, instance_id: int, definition: ProcessDefinition,
           awaited: tuple[Awaited, ...]) -> tuple[Call, ...]:
    tasks = context.unit.connection.scalars(sa.select(t.fl_task.c.node).where(
        t.fl_task.c.instance_id == instance_id, t.fl_task.c.status.in_(OPEN)).order_by(t.fl_task.c.id))
    found: dict[str, list[Label]] = {}
    for node in dict.fromkeys((*tasks, *(one.node for one in awaited))):
        call, inner, _ = node.partition("/")
        if inner:
            found.setdefault(call, []).append(_label(definition, node))
    return tuple(Call(_label(definition, call), tuple(steps)) for call, steps in found.items())


def _data(context: Context, instance: Instance, definition: ProcessDefinition) -> Mapping[str, Any] | None:
    """Results of steps may hold anything of any record, so only administrators see them."""
    if not context.actor.admin:
        return None
    state = str(context.unit.connection.scalar(
        sa.select(t.fl_instance.c.state).where(t.fl_instance.c.id == instance.id)))
    unstarted = engine.load_start(state)
    if unstarted is not None:
        return unstarted[1]
    surroundings = Surroundings(context, instance.record, instance.started_by)
    return engine.load(definition, state, surroundings, local_now(context), zone(context)).variables
