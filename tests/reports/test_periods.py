"""Periods of the calendar and their parts."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from formloom.metadata.dashboard_language import PARTS, PERIODS
from formloom.reports import periods

DAYS = st.dates(date(1999, 1, 1), date(2101, 12, 31))
NAMES = st.sampled_from([name for name in PERIODS if name != "all"])
FRIDAY = date(2026, 11, 27)


@pytest.mark.parametrize(("name", "start", "end", "before"), [
    ("today", "2026-11-27", "2026-11-28", "2026-11-26"), ("this_week", "2026-11-23", "2026-11-30", "2026-11-16"),
    ("this_month", "2026-11-01", "2026-12-01", "2026-10-01"),
    ("this_quarter", "2026-10-01", "2027-01-01", "2026-07-01"),
    ("this_year", "2026-01-01", "2027-01-01", "2025-01-01"), ("last_month", "2026-10-01", "2026-11-01", "2026-09-01"),
    ("last_quarter", "2026-07-01", "2026-10-01", "2026-04-01"), ("last_year", "2025-01-01", "2026-01-01", "2024-01-01"),
    ("last_30_days", "2026-10-29", "2026-11-28", "2026-09-29"),
    ("last_12_months", "2025-12-01", "2026-12-01", "2024-12-01")])
def test_periods_begin_and_end(name: str, start: str, end: str, before: str) -> None:
    found, earlier = periods.named(name, FRIDAY), periods.before(name, FRIDAY)
    assert found
    assert earlier
    assert (str(found.start), str(found.end), str(earlier.start)) == (start, end, before)


def test_all_time_has_no_period() -> None:
    assert periods.named("all", FRIDAY) is None
    assert periods.before("all", FRIDAY) is None


@given(NAMES, DAYS)
def test_period_before_ends_where_it_begins(name: str, today: date) -> None:
    found, earlier = periods.named(name, today), periods.before(name, today)
    assert found
    assert earlier
    assert earlier.start < earlier.end == found.start < found.end
    if not name.startswith("last_") or name.startswith(("last_30", "last_12")):
        assert found.start <= today < found.end


@given(NAMES, st.sampled_from(PARTS), DAYS)
def test_parts_tile_the_period(name: str, every: str, today: date) -> None:
    found = periods.named(name, today)
    assert found
    cuts = periods.parts(found, every)
    assert (cuts[0], cuts[-1]) == (found.start, found.end)
    assert all(one < other for one, other in pairwise(cuts))
    fitting = periods.fitting(found, every)
    assert len(periods.parts(found, fitting)) - 1 <= periods.MOST_PARTS


@given(NAMES, DAYS)
def test_cuts_compare_the_same_number_of_days(name: str, today: date) -> None:
    found, earlier = periods.named(name, today), periods.before(name, today)
    assert found
    first, same, start, until, end = periods.bounds_of(found, earlier, today)
    assert first <= same <= start <= until <= end
    assert same - first == min(until - start, start - first)
    assert until == min(end, max(start, today + timedelta(days=1)))


@given(st.sampled_from(PARTS), DAYS)
def test_latest_parts_hold_today(every: str, today: date) -> None:
    found = periods.latest(every, today)
    cuts = periods.parts(found, every)
    assert len(cuts) - 1 == 12
    assert cuts[-2] <= today < cuts[-1]
