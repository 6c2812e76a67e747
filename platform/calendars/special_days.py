"""Days that are not like their weekday: holidays, make-up working days, days with hours of their own."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TypeAlias

Hours: TypeAlias = tuple[tuple[int, int], ...]     # spans in minutes since midnight, ascending, apart from each other


@dataclass(frozen=True, slots=True)
class EachYear:
    """A fixed date; 29 February comes in leap years only."""

    month: int
    day: int

    def dates(self, year: int) -> Iterator[date]:
        if not (self.month == 2 and self.day == 29) or _leap(year):
            yield date(year, self.month, self.day)


@dataclass(frozen=True, slots=True)
class NthWeekday:
    """The nth Monday (0) to Sunday (6) of a month; -1 is the last one. A fifth that a month lacks does not come."""

    month: int
    weekday: int
    nth: int

    def dates(self, year: int) -> Iterator[date]:
        if self.nth > 0:
            first = date(year, self.month, 1)
            day = first + timedelta((self.weekday - first.weekday()) % 7 + 7 * (self.nth - 1))
        else:
            last = date(year + self.month // 12, self.month % 12 + 1, 1) - timedelta(1)
            day = last - timedelta((last.weekday() - self.weekday) % 7 + 7 * (-self.nth - 1))
        if day.month == self.month:
            yield day


@dataclass(frozen=True, slots=True)
class Given:
    """Dates as they were decided: lunar festivals, what a government announces year by year."""

    days: frozenset[date]

    def dates(self, year: int) -> Iterator[date]:
        return (day for day in self.days if day.year == year)


@dataclass(frozen=True, slots=True)
class SpecialDay:
    """`hours` is what is worked on these days: nothing on a holiday."""

    rule: EachYear | NthWeekday | Given
    hours: Hours = ()


def _leap(year: int) -> bool:
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
