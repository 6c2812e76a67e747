"""Built-ins over working time. FEEL knows no calendar: who evaluates puts one into the scope, as `now()` gets its
clock; under a key that is no text, so that no expression can say it.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta, tzinfo
from typing import Any, Final, Protocol, TypeAlias

from formloom.feel import syntax
from formloom.feel.functions.registry import BUILTINS, builtin
from formloom.feel.values import integer


class Calendar(Protocol):
    """What is asked of a calendar; `formloom.calendars` has one. What has no answer raises ValueError."""

    @property
    def zone(self) -> tzinfo: ...
    def add(self, start: datetime, duration: timedelta, /) -> datetime: ...
    def between(self, start: datetime, end: datetime, /) -> timedelta: ...
    def add_days(self, start: date, days: int, /) -> date: ...
    def days_between(self, start: date, end: date, /) -> int: ...
    def is_working(self, moment: datetime, /) -> bool: ...
    def next_working(self, moment: datetime, /) -> datetime: ...


Calendars: TypeAlias = Callable[[str | None], Calendar]     # by name; None for the one that holds here
CALENDARS: Final[Any] = object()                            # where the scope has them
_LAST: Final = "calendar?: string | null"


def _calendar(run: Any, name: str | None) -> Calendar:
    calendars: Calendars | None = run.scope.get(CALENDARS)
    if calendars is None:
        raise ValueError("there is no calendar here")
    return calendars(name)


def _aware(calendar: Calendar, moment: datetime) -> datetime:
    """A moment without a zone is one of the calendar's own clock."""
    return moment if moment.tzinfo else moment.replace(tzinfo=calendar.zone)


def _like(moment: datetime, given: datetime, calendar: Calendar) -> datetime:
    return moment if given.tzinfo else moment.astimezone(calendar.zone).replace(tzinfo=None)


@builtin(f"add working time(start: date and time, duration: days and time duration, {_LAST})", "加工作时间")
def add_working_time(run: Any, start: datetime, duration: timedelta, name: str | None = None) -> datetime:
    calendar = _calendar(run, name)
    return _like(calendar.add(_aware(calendar, start), duration), start, calendar)


@builtin(f"working time between(from: date and time, to: date and time, {_LAST})", "工作时间间隔")
def working_time_between(run: Any, start: datetime, end: datetime, name: str | None = None) -> timedelta:
    calendar = _calendar(run, name)
    return calendar.between(_aware(calendar, start), _aware(calendar, end))


@builtin(f"add working days(start: date | date and time, days: number, {_LAST})", "加工作日")
def add_working_days(run: Any, start: date, days: Any, name: str | None = None) -> date:
    calendar, whole = _calendar(run, name), integer(days)
    if whole is None:
        raise ValueError("a whole number of days is needed")
    if not isinstance(start, datetime):
        return calendar.add_days(start, whole)
    found = calendar.add_days(_aware(calendar, start), whole)
    return _like(found, start, calendar) if isinstance(found, datetime) else found


@builtin(f"working days between(from: date | date and time, to: date | date and time, {_LAST})", "工作日间隔")
def working_days_between(run: Any, start: date, end: date, name: str | None = None) -> int:
    calendar = _calendar(run, name)
    first, last = (_aware(calendar, d) if isinstance(d, datetime) else d for d in (start, end))
    return calendar.days_between(first, last)


@builtin(f"is working time(moment: date and time, {_LAST})", "是否工作时间")
def is_working_time(run: Any, moment: datetime, name: str | None = None) -> bool:
    calendar = _calendar(run, name)
    return calendar.is_working(_aware(calendar, moment))


@builtin(f"next working moment(moment: date and time, {_LAST})", "下一工作时刻")
def next_working_moment(run: Any, moment: datetime, name: str | None = None) -> datetime:
    calendar = _calendar(run, name)
    return _like(calendar.next_working(_aware(calendar, moment)), moment, calendar)


NAMES: Final = frozenset(name for name, found in BUILTINS.items() if any(
    signature.implementation.__module__ == __name__ for signature in found.signatures))


def asked(tree: syntax.Node) -> syntax.Node | None:
    """The first place that names one of these functions: what cannot be answered without a calendar."""
    return next((node for node in tree.walk() if isinstance(node, syntax.Name) and node.name in NAMES), None)
