"""What holds of working time in every calendar, and what people know of single days."""

from __future__ import annotations

import os
from datetime import UTC, date, datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from formloom.calendars.special_days import EachYear, Given, NthWeekday, SpecialDay
from formloom.calendars.working_time import Calendar, OutOfReach
from tests.calendars.conftest import random_calendar

SOME = settings(max_examples=int(os.environ.get("FORMLOOM_EXAMPLES", "100")), deadline=None)
OFFICE = ((9 * 60, 12 * 60), (13 * 60, 18 * 60))
HOUR = timedelta(hours=1)
moments = st.datetimes(datetime(2010, 1, 1), datetime(2030, 1, 1)).map(lambda m: m.replace(tzinfo=UTC))
durations = st.timedeltas(timedelta(microseconds=1), timedelta(days=400))


@st.composite
def calendars(draw: st.DrawFn) -> Calendar:
    """With some hours at all: nobody can add to none."""
    calendar = random_calendar(Random(draw(st.integers(0, 10_000))), date(2020, 1, 1), 366)
    return Calendar(calendar.name, calendar.zone, (OFFICE, *calendar.week[1:]), calendar.special)


@SOME
@given(calendars(), moments, moments, moments)
def test_between_is_additive(calendar: Calendar, a: datetime, b: datetime, c: datetime) -> None:
    assert calendar.between(a, b) + calendar.between(b, c) == calendar.between(a, c)


@SOME
@given(calendars(), moments, durations)
def test_adding_is_undone_by_counting(calendar: Calendar, start: datetime, duration: timedelta) -> None:
    assert calendar.between(start, calendar.add(start, duration)) == duration
    assert calendar.between(start, calendar.add(start, -duration)) == -duration


@SOME
@given(calendars(), moments, durations, durations)
def test_adding_twice_adds_the_sum(calendar: Calendar, start: datetime, one: timedelta, two: timedelta) -> None:
    assert calendar.add(calendar.add(start, one), two) == calendar.add(start, one + two)


@SOME
@given(calendars(), moments, moments, durations, durations)
def test_later_and_longer_end_later(
    calendar: Calendar, a: datetime, b: datetime, one: timedelta, two: timedelta
) -> None:
    first, last = sorted((a, b))
    assert calendar.add(first, one) <= calendar.add(last, one)
    assert calendar.add(first, min(one, two)) <= calendar.add(first, max(one, two))


@SOME
@given(calendars(), moments, durations, st.floats(0, 1), st.timedeltas(timedelta(), timedelta(days=90)))
def test_pause_moves_the_end_by_what_was_worked_in_it(
    calendar: Calendar, start: datetime, target: timedelta, part: float, pause: timedelta
) -> None:
    due = calendar.add(start, target)
    paused = start + (due - start) * part
    resumed = paused + pause
    rest = target - calendar.between(start, paused)
    if rest > timedelta():
        moved = calendar.add(resumed, rest)
        assert calendar.between(start, paused) + calendar.between(resumed, moved) == target
        assert calendar.between(due, moved) == calendar.between(paused, resumed)


@SOME
@given(calendars(), moments)
def test_next_working_moment_is_worked_and_nothing_before(calendar: Calendar, moment: datetime) -> None:
    following = calendar.next_working(moment)
    assert calendar.is_working(following)
    assert calendar.between(moment, following) == timedelta()


@SOME
@given(calendars(), moments.map(datetime.date), st.integers(-600, 600))
def test_nth_working_day_is_counted_back(calendar: Calendar, start: date, days: int) -> None:
    found = calendar.add_days(start, days)
    if days > 0:
        assert calendar.hours_on(found)
        assert calendar.days_between(start, found) == days
    if days < 0:
        assert calendar.hours_on(found)
        assert calendar.days_between(found - timedelta(1), start - timedelta(1)) == -days


@SOME
@given(calendars(), *[moments.map(datetime.date)] * 3)
def test_days_between_is_additive(calendar: Calendar, a: date, b: date, c: date) -> None:
    assert calendar.days_between(a, b) + calendar.days_between(b, c) == calendar.days_between(a, c)


def test_make_up_sunday_is_worked_like_a_weekday() -> None:
    made_up = SpecialDay(Given(frozenset({date(2026, 1, 4)})), OFFICE)
    calendar = Calendar("cn", ZoneInfo("Asia/Shanghai"), (OFFICE,) * 5 + ((), ()),
                        (SpecialDay(EachYear(1, 1)), made_up))
    friday = datetime(2026, 1, 2, 17, tzinfo=ZoneInfo("Asia/Shanghai"))
    assert calendar.add(friday, 2 * HOUR) == datetime(2026, 1, 4, 10, tzinfo=ZoneInfo("Asia/Shanghai"))
    assert calendar.add_days(friday, 1).date() == date(2026, 1, 4)


@pytest.mark.parametrize(("day", "hours"), [(date(2026, 3, 29), 3), (date(2026, 10, 25), 5), (date(2026, 6, 7), 4)])
def test_night_of_the_clock_change_has_its_hours(day: date, hours: int) -> None:
    berlin = ZoneInfo("Europe/Berlin")
    calendar = Calendar("night", berlin, (((60, 300),),) * 7)
    midnight = datetime(day.year, day.month, day.day, tzinfo=berlin)
    assert calendar.between(midnight.astimezone(UTC), (midnight + timedelta(1)).astimezone(UTC)) == hours * HOUR


def test_rules_find_their_days() -> None:
    assert list(NthWeekday(11, 3, 4).dates(2026)) == [date(2026, 11, 26)]
    assert list(NthWeekday(5, 0, -1).dates(2026)) == [date(2026, 5, 25)]
    assert list(NthWeekday(12, 3, -1).dates(2026)) == [date(2026, 12, 31)]
    assert list(NthWeekday(2, 0, 5).dates(2026)) == []
    assert list(EachYear(2, 29).dates(2026)) == []


def test_calendar_without_hours_has_no_answer() -> None:
    calendar = Calendar("never", ZoneInfo("UTC"), ((),) * 7)
    now = datetime(2026, 1, 1, tzinfo=UTC)
    assert calendar.between(now, now + timedelta(days=9000)) == timedelta()
    for question in (lambda: calendar.add(now, HOUR), lambda: calendar.add(now, -HOUR),
                     lambda: calendar.next_working(now), lambda: calendar.add_days(now, 1),
                     lambda: calendar.between(now, datetime(9000, 1, 1, tzinfo=UTC))):
        with pytest.raises(OutOfReach):
            question()
