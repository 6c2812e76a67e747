"""Against a counter that looks at every minute: `make sweep` compares a hundred thousand answers."""

from __future__ import annotations

import os
from bisect import bisect_left, bisect_right
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from random import Random

import pytest

from formloom.calendars.working_time import Calendar
from tests.calendars.conftest import random_calendar

CALENDARS = max(1, int(os.environ.get("FORMLOOM_EXAMPLES", "250")) // 10)
EACH = 200
DAYS = 12
MINUTE = timedelta(minutes=1)


class Counter:
    """Looks at the wall clock of every minute of a window, one after the other, and counts those that are worked."""

    def __init__(self, calendar: Calendar, start: datetime) -> None:
        self.start, self.minutes = start, DAYS * 1440
        self.worked = [self._looks(calendar, start + k * MINUTE) for k in range(self.minutes)]
        self.until = [0, *accumulate(self.worked)]

    def _looks(self, calendar: Calendar, moment: datetime) -> bool:
        local = moment.astimezone(calendar.zone)
        clock = local.hour * 60 + local.minute
        return any(opens <= clock < closes for opens, closes in calendar.hours_on(local.date()))

    def earliest(self, minute: int, amount: int) -> int:
        return bisect_left(self.until, self.until[minute] + amount)

    def latest(self, minute: int, amount: int) -> int:
        return bisect_right(self.until, self.until[minute] - amount) - 1

    def next_working(self, minute: int) -> int | None:
        return next((k for k in range(minute, self.minutes) if self.worked[k]), None)


@pytest.mark.parametrize("seed", range(CALENDARS))
def test_every_minute_agrees(seed: int) -> None:
    random = Random(seed)
    start = datetime(random.randint(2009, 2027), random.randint(1, 12), random.randint(1, 28), tzinfo=UTC)
    calendar = random_calendar(random, start.date(), DAYS)
    count = Counter(calendar, start)
    for _ in range(EACH):
        _compare(calendar, count, random)


def _compare(calendar: Calendar, count: Counter, random: Random) -> None:
    begin, end = random.randrange(count.minutes), random.randrange(count.minutes)
    here, there = (count.start + k * MINUTE for k in (begin, end))
    amount = count.until[end] - count.until[begin]
    assert calendar.between(here, there) == amount * MINUTE
    assert calendar.is_working(here) == count.worked[begin]
    if amount > 0:
        assert calendar.add(here, amount * MINUTE) == count.start + count.earliest(begin, amount) * MINUTE
    if amount < 0:
        assert calendar.add(here, amount * MINUTE) == count.start + count.latest(begin, -amount) * MINUTE
    following = count.next_working(begin)
    if following is not None:
        assert calendar.next_working(here) == count.start + following * MINUTE
