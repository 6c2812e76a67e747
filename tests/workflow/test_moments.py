from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from formloom import feel
from formloom.workflow import moments
from formloom.workflow.definition import Moment

NOW = datetime(2026, 1, 31, 12, tzinfo=UTC)
SHANGHAI = ZoneInfo("Asia/Shanghai")


@pytest.mark.parametrize(("text", "expected"), [
    ("PT24H", timedelta(hours=24)), ("P1DT2H3M4.5S", timedelta(days=1, hours=2, minutes=3, seconds=4.5)),
    ("P2W", timedelta(weeks=2)), ("P1M", None), ("P1Y", None), ("P", None), ("PT", None), ("-PT1H", None), ("1H", None),
    ("P99999999999D", None),
])
def test_duration_has_a_fixed_length(text: str, expected: timedelta | None) -> None:
    assert moments.duration(text) == expected


@pytest.mark.parametrize("text", ["R3/PT1S", "R/P", "R-1/PT1H", "PT1H", "R3/PT1H/2026-01-01"])
def test_cycle_is_refused_when_it_cannot_run(text: str) -> None:
    assert moments.cycle(text) is None


@pytest.mark.parametrize(("every", "expected"), [
    ("PT1H", "2026-01-31T13:00:00+00:00"), ("0 8 * * 1-5", "2026-02-02T00:00:00+00:00"),
    ("*/15 * * * *", "2026-01-31T12:15:00+00:00"), ("0 0 29 2 *", "2028-02-28T16:00:00+00:00"),
    ("30 9 * * 0", "2026-02-01T01:30:00+00:00"), ("30 9 * * 7", "2026-02-01T01:30:00+00:00"),
])
def test_schedule_gives_the_next_time_in_the_zone(every: str, expected: str) -> None:
    assert moments.next_time(every, NOW, SHANGHAI) == datetime.fromisoformat(expected)


@pytest.mark.parametrize("every", ["", "PT1S", "* * * *", "61 * * * *", "a b c d e", "5-1 * * * *", "*/0 * * * *"])
def test_bad_schedule_gives_none(every: str) -> None:
    assert moments.next_time(every, NOW, UTC) is None


@pytest.mark.parametrize(("text", "expected"), [
    ('duration("P1M")', "2026-02-28T12:00:00+00:00"), ("start", "2026-01-30T16:00:00+00:00"),
    ('"PT1H"', "2026-01-31T13:00:00+00:00"), ("now() + duration(\"PT5M\")", "2026-01-31T12:05:00+00:00"),
])
def test_expression_gives_a_point_in_time(text: str, expected: str) -> None:
    names = {"start": datetime(2026, 1, 31).date()}
    found = moments.resolve(Moment("any", expression=feel.compile(text)), names, NOW, SHANGHAI)
    assert found == datetime.fromisoformat(expected)


@pytest.mark.parametrize("value", [None, 5, "soon", True])
def test_expression_that_gives_no_time_is_an_error(value: Any) -> None:
    with pytest.raises(moments.BadMoment):
        moments.resolve(Moment("date", expression=feel.compile("x")), {"x": value}, NOW)
