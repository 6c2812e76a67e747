"""Clocks as rows of `fl_sla`, and their ledger: rows of `fl_sla_entry` are added and never changed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from formloom.records.context import Context
from formloom.sla.clock import Clock
from formloom.storage.platform_tables import fl_sla, fl_sla_entry

_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Kept:
    """One clock as it is stored. `due_at` stays as it was when a clock is over."""

    id: int
    entity: str
    record_id: int
    name: str
    calendar: str           # the name of what it runs by
    due_at: datetime | None
    clock: Clock
    cancelled: bool = False

    @property
    def state(self) -> str:
        return "cancelled" if self.cancelled else self.clock.state


@dataclass(frozen=True, slots=True)
class Entry:
    """kind: started paused resumed reopened retargeted moved recomputed warned breached met stopped cancelled.

    `at` is when it happened, `noted_at` when that was written down: a breach during downtime is noted later.
    """

    kind: str
    at: datetime
    noted_at: datetime
    actor_id: int | None
    state: str
    target: timedelta
    consumed: timedelta
    due_at: datetime | None
    calendar: str
    reason: str = ""


def of_records(context: Context, entity: str, ids: Iterable[int]) -> dict[tuple[int, str], Kept]:
    """By record and name of the service level."""
    wanted = sorted(set(ids))
    if not wanted:
        return {}
    query = sa.select(fl_sla).where(fl_sla.c.entity == entity, fl_sla.c.record_id.in_(wanted))
    return {(row.record_id, row.name): _kept(row) for row in context.unit.connection.execute(query)}


def locked(context: Context, entity: str, record_id: int) -> dict[str, Kept]:
    """By name. The record's own row is locked before these are, always: so nobody waits in a circle."""
    query = sa.select(fl_sla).where(fl_sla.c.entity == entity, fl_sla.c.record_id == record_id).order_by(fl_sla.c.id)
    return {row.name: _kept(row) for row in context.unit.connection.execute(query.with_for_update())}


def due(context: Context, now: datetime, limit: int) -> list[tuple[str, int]]:
    """Records with a clock on which something has come due, the longest due first."""
    query = (sa.select(fl_sla.c.entity, fl_sla.c.record_id).where(fl_sla.c.next_at <= now)
             .order_by(fl_sla.c.next_at).limit(limit))
    return list(dict.fromkeys((row.entity, row.record_id) for row in context.unit.connection.execute(query)))


def open_ids(context: Context, after: int, limit: int) -> list[Any]:
    """Clocks that run or stand still, in the order they were made."""
    query = (sa.select(fl_sla.c.id, fl_sla.c.entity, fl_sla.c.record_id, fl_sla.c.name)
             .where(fl_sla.c.state.in_(("running", "paused")), fl_sla.c.id > after).order_by(fl_sla.c.id).limit(limit))
    return list(context.unit.connection.execute(query))


def entries(context: Context, sla_id: int) -> list[Entry]:
    """Oldest first."""
    query = sa.select(fl_sla_entry).where(fl_sla_entry.c.sla_id == sla_id).order_by(fl_sla_entry.c.id)
    return [Entry(row.kind, row.at, row.noted_at, row.actor_id, row.state, row.target * _MICROSECOND,
                  row.consumed * _MICROSECOND, row.due_at, row.calendar, row.reason or "")
            for row in context.unit.connection.execute(query)]


def put(context: Context, kept: Kept, next_at: datetime | None) -> int:
    """Stores the clock; its id."""
    clock = kept.clock
    values = {
        "entity": kept.entity, "record_id": kept.record_id, "name": kept.name, "state": kept.state,
        "target": clock.target // _MICROSECOND, "consumed": clock.consumed // _MICROSECOND, "calendar": kept.calendar,
        "started_at": clock.started_at, "since": clock.since,
        "paused_at": clock.paused_at, "due_at": kept.due_at, "breached_at": clock.breached_at,
        "ended_at": clock.ended_at, "warned": clock.warned, "next_at": next_at,
    }
    if kept.id:
        context.unit.connection.execute(sa.update(fl_sla).where(fl_sla.c.id == kept.id).values(values))
        return kept.id
    return int(context.unit.connection.scalar(sa.insert(fl_sla).values(values).returning(fl_sla.c.id)) or 0)


def add(context: Context, sla_id: int, noted: Sequence[Entry]) -> None:
    rows = [{"sla_id": sla_id, "kind": e.kind, "at": e.at, "noted_at": e.noted_at, "actor_id": e.actor_id,
             "state": e.state, "target": e.target // _MICROSECOND, "consumed": e.consumed // _MICROSECOND,
             "due_at": e.due_at, "calendar": e.calendar, "reason": e.reason or None} for e in noted]
    if rows:
        context.unit.connection.execute(sa.insert(fl_sla_entry), rows)


def _kept(row: Any) -> Kept:
    clock = Clock(target=row.target * _MICROSECOND, consumed=row.consumed * _MICROSECOND, started_at=row.started_at,
                  since=row.since, paused_at=row.paused_at, breached_at=row.breached_at, ended_at=row.ended_at,
                  warned=row.warned)
    return Kept(row.id, row.entity, row.record_id, row.name, row.calendar, row.due_at, clock,
                row.state == "cancelled")
