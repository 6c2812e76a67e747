"""Periods of the calendar: this quarter, the last thirty days, the one before, and the parts of each.

Weeks begin on Monday, quarters in January, April, July and October. A period holds its first day and not its end.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from formloom.metadata.dashboard_language import PARTS

MOST_PARTS: Final = 62
_FEWEST_PARTS: Final = 2
_ENOUGH_PARTS: Final = 7
_MONTHS: Final[Mapping[str, int]] = {"month": 1, "quarter": 3, "year": 12}
_DAYS: Final[Mapping[str, int]] = {"day": 1, "week": 7}
_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Period:
    start: date
    end: date

    def until(self, day: date) -> date:
        """The end of what has passed of it when this day is over."""
        return max(self.start, min(self.end, day + _DAY))


def named(name: str, today: date) -> Period | None:
    """None for all of time. The name is one of `dashboard_language.PERIODS`."""
    if name in _NAMED:
        return _NAMED[name](today)
    which, _, every = name.partition("_")
    if every not in PARTS:
        return None
    now = _whole(every, today)
    return now if which == "this" else _whole(every, now.start - _DAY)


def before(name: str, today: date) -> Period | None:
    """The period of the same kind that ends where this one begins."""
    now, every = named(name, today), name.partition("_")[2]
    if now is None:
        return None
    if every in PARTS:
        return _whole(every, now.start - _DAY)
    return Period(_moved(now.start, -12) if name == "last_12_months" else now.start - (now.end - now.start), now.start)


def parts(period: Period, every: str) -> tuple[date, ...]:
    """Its start, where each further part begins, and its end."""
    found, day = [period.start], _start(every, period.start)
    while (day := _next(every, day)) < period.end:
        found.append(day)
    return (*found, period.end)


def fitting(period: Period, every: str) -> str:
    """The parts to draw it in: as wished, unless they are too many or too few to see anything."""
    if _FEWEST_PARTS <= _count(period, every) <= MOST_PARTS:
        return every
    fine = [part for part in PARTS if _count(period, part) <= MOST_PARTS]
    return next((part for part in reversed(fine) if _count(period, part) >= _ENOUGH_PARTS), fine[0])


def latest(every: str, today: date, number: int = 12) -> Period:
    """The latest parts, with the one that is under way."""
    day = _start(every, today)
    end = _next(every, day)
    for _ in range(number - 1):
        day = _start(every, day - _DAY)
    return Period(day, end)


def bounds_of(period: Period, previous: Period | None, today: date) -> Sequence[date]:
    """Where to cut so that both can be told up to the same day: the one before up to it and after it, then this one."""
    until = period.until(today)
    if previous is None:
        return (period.start, until, period.end)
    same = min(previous.start + (until - period.start), previous.end)
    return (previous.start, same, period.start, until, period.end)


def _count(period: Period, every: str) -> int:
    days = (period.end - period.start).days
    return -(-days // _DAYS[every]) if every in _DAYS else len(parts(period, every)) - 1


def _whole(every: str, day: date) -> Period:
    start = _start(every, day)
    return Period(start, _next(every, start))


def _start(every: str, day: date) -> date:
    if every == "week":
        return day - timedelta(days=day.weekday())
    months = _MONTHS.get(every)
    return day.replace(month=(day.month - 1) // months * months + 1, day=1) if months else day


def _next(every: str, start: date) -> date:
    return _moved(start, _MONTHS[every]) if every in _MONTHS else start + timedelta(days=_DAYS[every])


def _moved(day: date, months: int) -> date:
    """Of the first days of months."""
    number = day.year * 12 + day.month - 1 + months
    return date(number // 12, number % 12 + 1, 1)


def _of_months(today: date) -> Period:
    end = _moved(today.replace(day=1), 1)
    return Period(_moved(end, -12), end)


_NAMED: Final[Mapping[str, Callable[[date], Period]]] = {
    "today": lambda day: _whole("day", day), "last_30_days": lambda day: Period(day - 29 * _DAY, day + _DAY),
    "last_12_months": _of_months,
}
