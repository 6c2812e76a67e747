"""FEEL asks the calendar that the scope holds; without one there is no answer."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from formloom import feel
from formloom.calendars.special_days import EachYear, SpecialDay
from formloom.calendars.working_time import Calendar
from formloom.feel.functions.working import CALENDARS

SHANGHAI = ZoneInfo("Asia/Shanghai")
HOURS = ((9 * 60, 12 * 60), (13 * 60, 18 * 60))
OFFICE = Calendar("office", SHANGHAI, (HOURS,) * 5 + ((), ()), (SpecialDay(EachYear(1, 1)),))
ALWAYS = Calendar("always", SHANGHAI, (((0, 1440),),) * 7)
FRIDAY = datetime(2026, 3, 6, 16, tzinfo=SHANGHAI)


def calendars(name: str | None) -> Calendar:
    if name not in (None, "always"):
        raise ValueError(f"there is no calendar {name}")
    return ALWAYS if name else OFFICE


SCOPE: dict[Any, Any] = {CALENDARS: calendars, "friday": FRIDAY, "local": FRIDAY.replace(tzinfo=None)}
NAMES = frozenset({"friday", "local"})


@pytest.mark.parametrize(("text", "value"), [
    ('add working time(friday, @"PT4H")', datetime(2026, 3, 9, 11, tzinfo=SHANGHAI)),
    ('加工作时间(friday, @"PT4H")', datetime(2026, 3, 9, 11, tzinfo=SHANGHAI)),
    ('add working time(friday, -@"PT7H")', datetime(2026, 3, 5, 17, tzinfo=SHANGHAI)),
    ('add working time(friday, @"PT4H", "always")', FRIDAY + timedelta(hours=4)),
    ('add working time(duration: @"PT4H", start: friday, calendar: "always")', FRIDAY + timedelta(hours=4)),
    ('add working time(local, @"PT4H")', datetime(2026, 3, 9, 11)),
    ('working time between(friday, friday + @"P3D")', timedelta(hours=8)),
    ('工作时间间隔(friday, friday + @"P3D")', timedelta(hours=8)),
    ('add working days(date(friday), 1)', date(2026, 3, 9)),
    ("add working days(friday, -5)", datetime(2026, 2, 27, 16, tzinfo=SHANGHAI)),
    ('加工作日(@"2025-12-31", 1)', date(2026, 1, 2)),
    ('working days between(@"2026-03-06", @"2026-03-13")', 5),
    ('工作日间隔(@"2026-03-13", @"2026-03-06")', -5),
    ("is working time(friday)", True),
    ('是否工作时间(friday + @"PT2H")', False),
    ('next working moment(friday + @"PT2H")', datetime(2026, 3, 9, 9, tzinfo=SHANGHAI)),
    ('下一工作时刻(friday)', FRIDAY),
])
def test_working_time_is_that_of_the_calendar(text: str, value: Any) -> None:
    assert feel.compile(text, NAMES).evaluate(SCOPE) == value


@pytest.mark.parametrize("text", [
    'add working time(friday, @"P1Y")', "add working days(friday, 1.5)", 'is working time(friday, "nowhere")',
    'add working time(friday, @"P999999D")', 'working days between(friday, "tomorrow")',
])
def test_question_without_an_answer_is_null_with_the_reason(text: str) -> None:
    value, warnings = feel.compile(text, NAMES).evaluate_with_warnings(SCOPE)
    assert value is None
    assert warnings


def test_without_a_calendar_there_is_no_answer() -> None:
    value, warnings = feel.compile('is working time(@"2026-03-06T09:00:00Z")').evaluate_with_warnings({})
    assert value is None
    assert "no calendar" in str(warnings[0])
    assert feel.compile("1 + 1").evaluate({}, datetime(2026, 1, 1, tzinfo=UTC)) == 2
