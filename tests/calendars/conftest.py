"""Random calendars in zones whose clocks are put forward and back in every way there is."""

from __future__ import annotations

from datetime import date, timedelta
from random import Random
from zoneinfo import ZoneInfo

from formloom.calendars.special_days import EachYear, Given, Hours, NthWeekday, SpecialDay
from formloom.calendars.working_time import Calendar

# Half an hour, at midnight, a day left out, odd minutes, twice a year for a month, never.
ZONES = ("Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "America/Sao_Paulo", "Pacific/Apia",
         "America/St_Johns", "Africa/Casablanca", "Asia/Beirut", "Asia/Kathmandu", "Asia/Shanghai", "America/Asuncion")


def random_hours(random: Random, most: int = 3) -> Hours:
    cuts = sorted(random.sample(range(0, 1441, random.choice((1, 15, 30))), 2 * random.randint(0, most)))
    return tuple(zip(cuts[::2], cuts[1::2], strict=True))


def random_calendar(random: Random, first: date, days: int) -> Calendar:
    """With special days between `first` and so many days later; about one in four has no lunch, one in ten no end."""
    round_the_clock = random.random() < 0.1
    week = tuple(((0, 1440),) if round_the_clock else random_hours(random) for _ in range(7))
    given = frozenset(first + timedelta(random.randrange(days)) for _ in range(random.randrange(6)))
    special = (
        SpecialDay(Given(given)), SpecialDay(EachYear(random.randint(1, 12), random.randint(1, 28)), ((540, 720),)),
        SpecialDay(NthWeekday(random.randint(1, 12), random.randrange(7), random.choice((1, 2, 3, 4, 5, -1)))),
        SpecialDay(Given(frozenset({first + timedelta(random.randrange(days))})), random_hours(random)),
    )
    return Calendar("random", ZoneInfo(random.choice(ZONES)), week, special)
