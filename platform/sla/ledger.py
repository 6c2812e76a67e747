"""Keeps the clocks of a record in step with it, in the transaction of the change, and writes down what happened.

A clock is settled in two parts: first what came due by itself until now, at the moment it came due; then what the
record says now. So a late answer is a breach first, whether or not a worker was there to notice.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from formloom.calendars.working_time import Calendar, OutOfReach
from formloom.metadata.catalog import Entity, ServiceLevel, WorkCalendar
from formloom.records import calendars
from formloom.records.context import Context
from formloom.records.events import Event
from formloom.records.scope import Scope
from formloom.sla import rows
from formloom.sla.clock import Clock
from formloom.sla.rows import Entry, Kept


def listener(context: Context, event: Event) -> None:
    """Starts, pauses, stops and re-targets clocks as records change; ends them with the record."""
    entity = context.catalog.entities.get(event.entity)
    if entity is None or not entity.levels:
        return
    if event.kind == "deleted":
        for kept in rows.locked(context, entity.name, event.id).values():
            cancel(context, kept, "the record was deleted")
    elif event.kind in ("created", "updated") and event.after is not None:
        settle(context, entity, event.after)


def settle(context: Context, entity: Entity, record: Mapping[str, Any], react: bool = True) -> None:
    """Every clock of a record, as of now. `record` is locked by the caller; without `react` only what is due."""
    known = rows.locked(context, entity.name, record["id"])
    open_ = [_Turn(context, entity, level, record, known.get(level.name)) for level in entity.levels.values()]
    for turn in open_:
        turn.take(react)
    _mirror(context, entity, record, open_)
    for turn in open_:
        turn.tell()
    for name in known.keys() - entity.levels.keys():
        cancel(context, known[name], "the service level is gone")


def cancel(context: Context, kept: Kept, reason: str) -> None:
    if kept.clock.ended_at is not None or kept.cancelled:
        return
    over = replace(kept, cancelled=True, clock=replace(kept.clock, since=None, ended_at=context.now))
    rows.put(context, over, None)
    rows.add(context, kept.id, [Entry("cancelled", context.now, context.now, context.actor.user_id or None, "cancelled",
                                      over.clock.target, over.clock.consumed, over.due_at, over.calendar, reason)])


def level_target(level: ServiceLevel, record: Mapping[str, Any]) -> timedelta | None:
    """None while the record has no choice that decides it."""
    return level.targets.get(str(record.get(level.by)) if level.by else "")


def calendar_of(context: Context, entity: Entity, level: ServiceLevel, record: Mapping[str, Any]) -> WorkCalendar:
    """Raises NoCalendar."""
    return calendars.named(context, level.calendar) if level.calendar else calendars.of_owner(context, entity, record)


@dataclass(slots=True)
class _Turn:
    """One clock while it is settled."""

    context: Context
    entity: Entity
    level: ServiceLevel
    record: Mapping[str, Any]
    kept: Kept | None
    entries: list[Entry] = field(default_factory=list)
    told: list[str] = field(default_factory=list)
    work: WorkCalendar | None = None
    before: int = 0             # the row of a clock that was cancelled, if there is one

    @property
    def now(self) -> datetime:
        return self.context.now

    @property
    def calendar(self) -> Calendar:
        if self.work is None:
            self.work = calendar_of(self.context, self.entity, self.level, self.record)
        return self.work.calendar

    def take(self, react: bool) -> None:
        if self.kept is not None and self.kept.cancelled:
            self.before, self.kept = self.kept.id, None
        try:
            self._recount()
            self._catch_up()
            if react:
                self._react()
        except (calendars.NoCalendar, OutOfReach) as error:
            if self.kept is not None and self.kept.id:
                cancel(self.context, self.kept, str(error))
            self.kept, self.entries, self.told = None, [], []
        if self.kept is not None and (self.entries or not react):
            self._store(self.kept)

    def tell(self) -> None:
        """What happened to the clock is an event like the change of a record: processes may start on it."""
        for what in self.told:
            event = Event(kind="sla", entity=self.entity.name, id=self.record["id"], actor=self.context.actor,
                          at=self.now, action=self.level.name, after=self.record, values={"at": what})
            for listener in self.context.listeners:
                listener(self.context, event)

    def _catch_up(self) -> None:
        """By the calendar it ran by until now: a change of calendar does not reach back."""
        while self.kept is not None:
            coming = self.kept.clock.next_event(self._running_by(self.kept), self.level.warn)
            if coming is None or coming[0] > self.now:
                return
            when, percent = coming
            kind = "breached" if percent == 100 else "warned"
            self._note(kind, when, self.kept.clock.fired(when, percent), f"{percent}%", by_itself=True)

    def _recount(self) -> None:
        """The calendar may have been changed since; what is due then moves, and the ledger says so."""
        kept = self.kept
        if kept and kept.clock.state == "running" and kept.clock.due(self._running_by(kept)) != kept.due_at:
            self._note("recomputed", self.now, kept.clock, kept.calendar, by_itself=True)

    def _running_by(self, kept: Kept) -> Calendar:
        known = self.context.catalog.calendars.get(kept.calendar)
        return known.calendar if known else self.calendar

    def _react(self) -> None:
        scope = Scope(self.context, self.entity, self.record)
        if self.kept is None:
            self._start(scope)
        if self.kept is None:
            return
        self._follow_calendar(self.kept)
        self._follow_target(self.kept)
        self._follow_conditions(scope)
        self._catch_up()

    def _start(self, scope: Scope) -> None:
        target, level = level_target(self.level, self.record), self.level
        if target is None or self._holds(level.stops, scope) or not (
                level.starts is None or self._holds(level.starts, scope)):
            return
        self.kept = Kept(self.before, self.entity.name, self.record["id"], level.name, self._work.name, None,
                         Clock(target=target, started_at=self.now, since=self.now))
        self._note("started", self.now, self.kept.clock, self._choice())

    @property
    def _work(self) -> WorkCalendar:
        _ = self.calendar
        if self.work is None:
            raise AssertionError("a clock without a calendar")
        return self.work

    def _follow_calendar(self, kept: Kept) -> None:
        if kept.clock.ended_at is None and kept.calendar != self._work.name:
            clock = kept.clock.folded(self._running_by(kept), self.now)
            self.kept = replace(kept, calendar=self._work.name)
            self._note("moved", self.now, clock, self._work.name)

    def _follow_target(self, kept: Kept) -> None:
        """What is consumed stays consumed."""
        target = level_target(self.level, self.record)
        if target is not None and kept.clock.ended_at is None and target != kept.clock.target:
            self._note("retargeted", self.now, kept.clock.retargeted(self.calendar, self.now, target), self._choice())

    def _follow_conditions(self, scope: Scope) -> None:
        clock, level = self._clock, self.level
        over, waits = self._holds(level.stops, scope), self._holds(level.pauses, scope)
        if over and clock.ended_at is None:
            kind = "stopped" if clock.state == "breached" else "met"
            self._note(kind, self.now, clock.stopped(self.calendar, self.now))
        elif not over and clock.ended_at is not None:
            self._note("reopened", self.now, clock.resumed(self.now))
        clock = self._clock
        if clock.ended_at is None and waits and clock.since is not None:
            self._note("paused", self.now, clock.paused(self.calendar, self.now))
        elif clock.ended_at is None and not waits and clock.since is None:
            self._note("resumed", self.now, clock.resumed(self.now))

    @property
    def _clock(self) -> Clock:
        if self.kept is None:
            raise AssertionError("no clock was started")
        return self.kept.clock

    def _holds(self, rule: Any, scope: Scope) -> bool:
        return rule is not None and bool(rule.test(scope, self.now))

    def _choice(self) -> str:
        return f"{self.level.by} = {self.record.get(self.level.by)}" if self.level.by else ""

    def _note(self, kind: str, at: datetime, clock: Clock, reason: str = "", by_itself: bool = False) -> None:
        if self.kept is None:
            raise AssertionError("no clock was started")
        calendar = self._running_by(self.kept)
        due = self.kept.due_at if clock.ended_at is not None else clock.due(calendar)
        self.kept = replace(self.kept, clock=clock, due_at=due)
        actor = None if by_itself else self.context.actor.user_id or None
        self.entries.append(Entry(kind, at, self.now, actor, clock.state, clock.target, clock.counted(calendar, at),
                                  due, self.kept.calendar, reason))
        self.told.append(reason if kind == "warned" else kind)

    def _store(self, kept: Kept) -> None:
        coming = kept.clock.next_event(self._running_by(kept), self.level.warn)
        sla_id = rows.put(self.context, kept, coming[0] if coming else None)
        self.kept = replace(kept, id=sla_id)
        rows.add(self.context, sla_id, self.entries)


def _mirror(context: Context, entity: Entity, record: Mapping[str, Any], turns: list[_Turn]) -> None:
    """Fields that hold when a clock is due and how it stands follow it as a formula follows its fields: without an
    entry in the audit, for the ledger has it, and without a new version, for nobody who edits is to be refused.
    """
    values: dict[str, Any] = {}
    for turn in turns:
        if turn.kept is not None:
            values |= mirrored(entity, turn.level, turn.kept)
    changed = {name: value for name, value in values.items() if record.get(name) != value}
    if changed:
        table = context.store.tables[entity.name]
        context.unit.connection.execute(sa.update(table).where(table.c.id == record["id"]).values(changed))


def mirrored(entity: Entity, level: ServiceLevel, kept: Kept) -> dict[str, Any]:
    values: dict[str, Any] = {level.due: kept.due_at} if level.due else {}
    if level.state:
        warned = kept.state == "running" and kept.clock.warned > 0
        states = {choice.value for choice in entity.fields[level.state].choices}
        values[level.state] = "warning" if warned and "warning" in states else kept.state
    return {name: value for name, value in values.items() if value != "cancelled"}
