"""A clock that runs in working time: starts, stands still, goes on, and is over. Pure; every change is a new clock."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from formloom.calendars.working_time import Calendar

ZERO = timedelta()


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """`consumed` is what was counted until `since`; while `since` is None nothing is counted."""

    target: timedelta
    started_at: datetime
    consumed: timedelta = ZERO
    since: datetime | None = None
    paused_at: datetime | None = None
    breached_at: datetime | None = None
    ended_at: datetime | None = None
    warned: int = 0             # the highest percentage told so far

    @property
    def state(self) -> str:
        """running | paused | met | breached. A breach stays one: it is never undone by what happens later."""
        if self.breached_at is not None:
            return "breached"
        if self.ended_at is not None:
            return "met"
        return "paused" if self.since is None else "running"

    def counted(self, calendar: Calendar, at: datetime) -> timedelta:
        if self.since is None or at <= self.since:
            return self.consumed
        return self.consumed + calendar.between(self.since, at)

    def remaining(self, calendar: Calendar, at: datetime) -> timedelta:
        """Negative once it is overdue."""
        return self.target - self.counted(calendar, at)

    def reaches(self, calendar: Calendar, amount: timedelta) -> datetime | None:
        """When that much will have been counted; None while the clock stands still."""
        if self.since is None:
            return None
        return self.since if amount <= self.consumed else calendar.add(self.since, amount - self.consumed)

    def due(self, calendar: Calendar) -> datetime | None:
        return self.breached_at or self.reaches(calendar, self.target)

    def folded(self, calendar: Calendar, at: datetime) -> Clock:
        """The same clock, counted until now; what is decided afterwards holds from here."""
        return replace(self, consumed=self.counted(calendar, at), since=at if self.since else None)

    def next_event(self, calendar: Calendar, warn: tuple[int, ...]) -> tuple[datetime, int] | None:
        """When something happens by itself, and at how many percent; 100 is the breach."""
        if self.since is None or self.breached_at is not None:
            return None
        percent = next((p for p in warn if p > self.warned), 100)
        when = self.reaches(calendar, self.target * percent / 100)
        return None if when is None else (when, percent)

    # what happens to it

    def fired(self, at: datetime, percent: int) -> Clock:
        return replace(self, warned=percent, breached_at=at if percent == 100 else None)

    def paused(self, calendar: Calendar, at: datetime) -> Clock:
        return replace(self.folded(calendar, at), since=None, paused_at=at)

    def resumed(self, at: datetime) -> Clock:
        """After a pause, or after it was over and is open again: what was consumed stays consumed."""
        return replace(self, since=at, paused_at=None, ended_at=None)

    def stopped(self, calendar: Calendar, at: datetime) -> Clock:
        return replace(self.folded(calendar, at), since=None, paused_at=None, ended_at=at)

    def retargeted(self, calendar: Calendar, at: datetime, target: timedelta) -> Clock:
        return replace(self.folded(calendar, at), target=target)
