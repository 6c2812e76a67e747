"""After a calendar or a service level was changed: which due times move, and moving them.

The ledger is added up again: each stretch of time by the calendar that the clock ran by then, as that calendar is now.
What is over, or was breached, stays as it is.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from formloom.calendars.working_time import OutOfReach
from formloom.metadata.catalog import Catalog, Entity, Label, ServiceLevel, WorkCalendar
from formloom.policy.actor import SYSTEM
from formloom.records.calendars import NoCalendar
from formloom.records.context import Context
from formloom.sla import ledger, rows
from formloom.sla.clock import ZERO, Clock
from formloom.sla.firing import Runtime
from formloom.sla.rows import Entry, Kept

JOB = "sla.recompute"
BATCH = 100
_STARTS = frozenset({"started", "resumed", "reopened"})
_STOPS = frozenset({"paused", "met", "stopped"})


@dataclass(frozen=True, slots=True)
class Move:
    """A clock whose due time or target is not what its ledger gives now. `after` is None where it ends or pauses."""

    entity: str
    record_id: int
    name: str
    label: Label
    before: datetime | None
    after: datetime | None
    target_before: timedelta
    target_after: timedelta


def moves(context: Context) -> Iterator[Move]:
    """Every one, without changing anything."""
    for row in _every_open(context):
        kept = rows.of_records(context, row.entity, [row.record_id])[row.record_id, row.name]
        found = _again(context, kept)
        if found is not None and _differs(kept, found):
            yield _move(context, kept, found)


def recompute(runtime: Runtime) -> int:
    """How many clocks moved. In short transactions, so that people go on working."""
    moved, after = 0, 0
    while True:
        with runtime.writing(SYSTEM) as context:
            batch = rows.open_ids(context, after, BATCH)
            moved += sum(_recompute(context, row.entity, row.record_id, row.name) for row in batch)
        if len(batch) < BATCH:
            return moved
        after = batch[-1].id


def _every_open(context: Context) -> Iterator[Any]:
    after = 0
    while batch := rows.open_ids(context, after, BATCH):
        yield from batch
        after = batch[-1].id


def _recompute(context: Context, entity: str, record_id: int, name: str) -> bool:
    known = context.catalog.entities.get(entity)
    record = context.store.get(context.unit, entity, record_id, lock=True) if known else None
    kept = rows.locked(context, entity, record_id)[name]
    found = _again(context, kept)
    if found is None or not _differs(kept, found):
        return False
    if found.cancelled or known is None or record is None:
        ledger.cancel(context, kept, "the service level or its calendar is gone")
        return True
    rows.add(context, kept.id, [Entry("recomputed", context.now, context.now, context.actor.user_id or None,
                                      found.state, found.clock.target, found.clock.consumed, found.due_at,
                                      found.calendar)])
    rows.put(context, found, context.now)
    ledger.settle(context, known, record, react=False)
    return True


def _again(context: Context, kept: Kept) -> Kept | None:
    """The clock as its ledger gives it today; None for one that is over."""
    if kept.state not in ("running", "paused"):
        return None
    entity = context.catalog.entities.get(kept.entity)
    level = entity.levels.get(kept.name) if entity else None
    record = context.store.get(context.unit, kept.entity, kept.record_id) if entity else None
    if entity is None or level is None or record is None:
        return replace(kept, cancelled=True)
    try:
        return _computed(context, kept, entity, level, record)
    except (NoCalendar, OutOfReach):
        return replace(kept, cancelled=True)


def _computed(context: Context, kept: Kept, entity: Entity, level: ServiceLevel, record: Any) -> Kept:
    work = ledger.calendar_of(context, entity, level, record)
    target = ledger.level_target(level, record) or kept.clock.target
    consumed, since = added_up(rows.entries(context, kept.id), context.catalog, work, context.now)
    clock: Clock = replace(kept.clock, target=target, consumed=consumed, since=since)
    return replace(kept, calendar=work.name, clock=clock, due_at=clock.due(work.calendar))


def added_up(entries: Sequence[Entry], catalog: Catalog, last: WorkCalendar,
             now: datetime) -> tuple[timedelta, datetime | None]:
    """What was consumed, and since when the clock runs by `last` without a break; None while it stands still."""
    total, since, by = ZERO, None, last

    def until(at: datetime) -> timedelta:
        return by.calendar.between(since, at) if since is not None else ZERO

    for entry in entries:
        calendar = catalog.calendars.get(entry.calendar, last)
        if entry.kind in _STOPS:
            total, since = total + until(entry.at), None
        elif entry.kind in _STARTS:
            since = entry.at
        elif since is not None and calendar.name != by.name:
            total, since = total + until(entry.at), entry.at
        by = calendar
    return (total, since) if since is None or by.name == last.name else (total + until(now), now)


def _differs(kept: Kept, found: Kept) -> bool:
    return (found.cancelled, found.due_at, found.clock.target) != (False, kept.due_at, kept.clock.target)


def _move(context: Context, kept: Kept, found: Kept) -> Move:
    entity = context.catalog.entities.get(kept.entity)
    level = entity.levels.get(kept.name) if entity else None
    return Move(kept.entity, kept.record_id, kept.name, level.label if level else {"en": kept.name}, kept.due_at,
                None if found.cancelled else found.due_at, kept.clock.target, found.clock.target)
