"""One year of a calendar laid out, so that any question about it is a search in a sorted list."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from formloom.calendars.offsets import DAY, even_stretches, instant, moment_of
from formloom.calendars.special_days import Hours

_MINUTE = 60_000_000


@dataclass(frozen=True, slots=True)
class Year:
    """The working intervals of one year in UTC. `before[i]` is what was worked in it before interval `i`."""

    begins: list[int]
    ends: list[int]
    before: list[int]
    total: int

    def worked(self, when: int) -> int:
        """What was worked from the beginning of the year until then."""
        index = bisect_right(self.begins, when) - 1
        return 0 if index < 0 else self.before[index] + min(when, self.ends[index]) - self.begins[index]

    def earliest(self, amount: int) -> int:
        """The first instant by which that much was worked; `0 < amount <= total`."""
        index = bisect_left(self.before, amount) - 1
        return self.begins[index] + amount - self.before[index]

    def latest(self, amount: int) -> int:
        """The last instant by which no more than that was worked; `0 <= amount < total`."""
        index = bisect_right(self.before, amount) - 1
        return self.begins[index] + amount - self.before[index]

    def next_working(self, when: int) -> int | None:
        index = bisect_right(self.ends, when)
        return None if index == len(self.ends) else max(when, self.begins[index])


def lay_out(year: int, zone: ZoneInfo, hours_on: Callable[[date], Hours]) -> Year:
    found = Year([], [], [], 0)
    total = 0
    for begin, end in _intervals(year, zone, hours_on):
        found.begins.append(begin)
        found.ends.append(end)
        found.before.append(total)
        total += end - begin
    return Year(found.begins, found.ends, found.before, total)


def _intervals(year: int, zone: ZoneInfo, hours_on: Callable[[date], Hours]) -> Iterator[tuple[int, int]]:
    """Wall-clock spans of every local day, cut to the stretches in which that clock ran evenly."""
    first, last = (instant(datetime(y, 1, 1, tzinfo=UTC)) for y in (year, year + 1))
    for begin, end, offset in even_stretches(zone, first, last):
        day = moment_of(begin + offset).date()
        midnight = (begin + offset) // DAY * DAY - offset
        while midnight < end:
            for opens, closes in hours_on(day):
                left, right = max(begin, midnight + opens * _MINUTE), min(end, midnight + closes * _MINUTE)
                if left < right:
                    yield left, right
            midnight, day = midnight + DAY, day + timedelta(1)
