"""What starts processes: record changes, declared actions, messages, schedules and people."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime
from typing import Any, Protocol

import sqlalchemy as sa

from formloom.errors import Forbidden, Text
from formloom.policy.actor import SYSTEM, Actor
from formloom.records.context import Context
from formloom.records.events import Event
from formloom.storage import platform_tables as t
from formloom.storage import query
from formloom.workflow import definitions, incidents, instances, messages, moments, steps
from formloom.workflow.definition import ProcessDefinition, Trigger
from formloom.workflow.engine import EndlessLoop
from formloom.workflow.failure import RecordRef, StepFailed
from formloom.workflow.instances import Instance
from formloom.workflow.performing import transactional
from formloom.workflow.scope import Surroundings, local_now, zone

_NESTED = 10            # processes that start each other within one change
MOST = 1000             # instances that one due time of a schedule starts; the rest follow with the next
_depth: ContextVar[int] = ContextVar("depth", default=0)


class Runtime(Protocol):
    """What the worker needs of the composition root."""

    def writing(self, actor: Actor) -> Any: ...
    def reading(self, actor: Actor) -> Any: ...
    def now(self) -> datetime: ...


@transactional
def listener(context: Context, event: Event) -> None:
    """Starts what is triggered by a record's change, inside the same transaction; ends what a deletion makes moot."""
    if event.kind == "deleted":
        instances.cancel_of_record(context, event.entity, event.id)
    elif event.kind in ("created", "updated", "action", "sla"):
        with _bounded():
            for definition in definitions.all_of(context):
                bound = definition.triggers if definition.entity == event.entity else ()
                trigger = next((x for x in bound if _fits(context, x, event)), None)
                if trigger is not None:
                    _start(context, definition, event, trigger.start)
            _notice_change(context, event)
    elif event.kind in ("message", "signal"):
        with _bounded():
            _pass_on(context, event)


def _pass_on(context: Context, event: Event) -> None:
    """What a process sent, to whoever waits for it or is started by it."""
    record = (event.entity, event.id) if event.entity else None
    payload = event.values["payload"]
    if event.kind == "message":
        deliver(context, event.action, record, payload, event.values["key"])
    else:
        signal(context, event.action, record, payload, event.values["sender"])


def _notice_change(context: Context, event: Event) -> None:
    """Conditions that have come true with the change. The change stays, whatever becomes of them."""
    for instance_id in messages.awaiting_change(context, (event.entity, event.id)):
        _or_incident(context, lambda due=instance_id: steps.open_instance(context, due).fire())  # type: ignore[misc]


@contextmanager
def _bounded() -> Iterator[None]:
    depth = _depth.get()
    if depth >= _NESTED:
        raise EndlessLoop(Text("Processes start each other {count} deep.", count=_NESTED))
    token = _depth.set(depth + 1)
    try:
        yield
    finally:
        _depth.reset(token)


def _fits(context: Context, trigger: Trigger, event: Event) -> bool:
    if trigger.on == "condition":
        return _came_true(context, trigger, event)
    if trigger.on != event.kind or (trigger.on == "action" and trigger.action != event.action):
        return False
    if trigger.on == "sla" and (trigger.level, trigger.at) != (event.action, event.values["at"]):
        return False
    if trigger.when is None:
        return True
    scope = {**Surroundings(context, (event.entity, event.id), context.actor.user_id), "old": event.before}
    return trigger.when.test(scope, local_now(context))


def _came_true(context: Context, trigger: Trigger, event: Event) -> bool:
    """A condition starts a process when it begins to hold, not with each change while it holds."""
    if trigger.when is None:
        return False
    now = Surroundings(context, (event.entity, event.id), context.actor.user_id)
    held = event.before is not None and trigger.when.test({**now, **event.before}, local_now(context))
    return not held and trigger.when.test(now, local_now(context))


def _start(context: Context, definition: ProcessDefinition, event: Event, at: str) -> None:
    """An action whose process cannot start is refused. A plain change stays: the failure becomes an incident."""
    def begin() -> None:
        instances.start(context, definition, (event.entity, event.id), at=at)

    if event.kind == "action":
        begin()
    else:
        _or_incident(context, begin)


def _or_incident(context: Context, act: Callable[[], object]) -> None:
    failure: StepFailed | None = None
    try:
        with context.unit.connection.begin_nested():
            act()
    except StepFailed as error:
        failure = error
    if failure is not None:
        incidents.record(context, failure, keep=True)


def start_manually(context: Context, key: str, record: RecordRef | None = None) -> Instance:
    definition = definitions.current(context, key)
    if not any(trigger.on == "manual" for trigger in definition.triggers):
        raise Forbidden(Text("The process {process} is not started by hand.", process=definition.label))
    return instances.start(context, definition, record)


def deliver(context: Context, message: str, record: RecordRef | None = None,
            variables: Mapping[str, Any] | None = None, key: str | None = None) -> list[Instance]:
    """To the one instance that waits for it, by its key or its record; else it starts every process that a message of
    this name starts, with the record it is about.
    """
    taken = messages.correlate(context, message, variables or {}, record, key)
    if taken is not None:
        return [instances.get(context, taken)]
    return _begin(context, "message", message, record, variables)


def signal(context: Context, name: str, record: RecordRef | None = None, variables: Mapping[str, Any] | None = None,
           sender: int | None = None) -> list[Instance]:
    """To every instance that waits for it; the instances that it started."""
    messages.broadcast(context, name, variables or {}, sender)
    return _begin(context, "signal", name, record, variables)


def _begin(context: Context, kind: str, name: str, record: RecordRef | None,
           variables: Mapping[str, Any] | None) -> list[Instance]:
    found = [(definition, x) for definition in definitions.all_of(context) for x in definition.triggers
             if x.on == kind and x.message == name and (record is None or definition.entity in ("", record[0]))]
    payload = dict(variables or {})
    return [instances.start(context, definition, record, {kind: payload, **({x.start: payload} if x.start else {})},
                            x.start) for definition, x in found]


def scheduled(runtime: Runtime, now: datetime) -> int:
    """Starts what schedules have come due; how many instances. Each due time is claimed exactly once."""
    started = 0
    with runtime.reading(SYSTEM) as context:
        due = [(d.key, index) for d in definitions.all_of(context) for index, trigger in enumerate(d.triggers)
               if trigger.on == "schedule"]
    for key, index in due:
        started += _run_schedule(runtime, key, index, now)
    return started


def _run_schedule(runtime: Runtime, key: str, index: int, now: datetime) -> int:
    with runtime.writing(SYSTEM) as context:
        definition = context.definitions.get(key)
        if definition is None or index >= len(definition.triggers):
            return 0
        trigger = definition.triggers[index]
        if not _claim(context, f"{key} {trigger.every}", trigger, now):
            return 0
        records = _matching(context, definition, trigger)
    return sum(_start_scheduled(runtime, key, trigger, record) for record in records)


def _claim(context: Context, name: str, trigger: Trigger, now: datetime) -> bool:
    """Whether this worker is the one to run it now. Of times missed while nothing ran, one is made up for, unless the
    trigger says that all are, each with a sweep of its own, or none.
    """
    every = trigger.every
    row = context.unit.connection.execute(
        sa.select(t.fl_schedule).where(t.fl_schedule.c.name == name).with_for_update()).one_or_none()
    since = row.next_at if row is not None and trigger.missed == "all" else now
    following = moments.next_time(every, since, zone(context))
    if following is None or (row is not None and row.next_at > now):
        return False
    if row is None:
        context.unit.insert_once(t.fl_schedule, {"name": name, "every": every, "next_at": following}, "name")
        return False
    mine = (t.fl_schedule.c.name == name) & (t.fl_schedule.c.next_at == row.next_at)
    claimed = sa.update(t.fl_schedule).where(mine).values(next_at=following)
    if context.unit.connection.execute(claimed).rowcount != 1:
        return False
    return trigger.missed != "skip" or now - row.next_at < moments.LATE


def _matching(context: Context, definition: ProcessDefinition, trigger: Trigger) -> list[RecordRef | None]:
    """One instance for each record that matches and has none running; without a filter, one without a record."""
    if trigger.for_each is None or not definition.entity:
        return [None] if not instances.running(context, definition.key) else []
    where = query.render(trigger.for_each, context.catalog.entity(definition.entity), context.catalog,
                         context.store.tables, context.unit.dialect, user=SYSTEM.feel,
                         now=local_now(context))
    rows = context.store.list(context.unit, definition.entity, where=where, sort=(), limit=MOST, fields=("id",))
    busy = set(context.unit.connection.scalars(sa.select(t.fl_instance.c.record_id).where(
        t.fl_instance.c.key == definition.key, t.fl_instance.c.status.in_(("running", "incident")))))
    return [(definition.entity, row["id"]) for row in rows if row["id"] not in busy]


def _still_matches(context: Context, trigger: Trigger, record: RecordRef | None) -> bool:
    """The record may have changed since it was found."""
    if trigger.for_each is None or record is None:
        return True
    return trigger.for_each.test(Surroundings(context, record, SYSTEM.user_id), local_now(context))


def _start_scheduled(runtime: Runtime, key: str, trigger: Trigger, record: RecordRef | None) -> int:
    """One transaction each: one record that fails, and becomes an incident, does not keep the others from starting."""
    with runtime.writing(SYSTEM) as context:
        if instances.running(context, key, record) or not _still_matches(context, trigger, record):
            return 0
        definition = definitions.current(context, key)
        _or_incident(context, lambda: instances.start(context, definition, record, at=trigger.start))
    return 1
