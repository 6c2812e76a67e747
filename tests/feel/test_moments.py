"""Dates beyond the years of Python, and nanoseconds, work as all others do."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from formloom import feel
from formloom.feel.wide import WideDate, WideDateTime, WideDuration, WideTime
from formloom.metadata import values
from formloom.web.exact_json import _plain


def _evaluated(text: str) -> Any:
    return feel.compile(text).evaluate()


@pytest.mark.parametrize("text", [
    "-999999999-12-31", "999999999-01-01", "0000-02-29", "10000-01-01", "-2021-01-01T10:10:10+11:00",
    "99999-12-31T11:22:33", "2011-12-31T10:15:30.123456789@Europe/Paris",
    "999999999-12-31T23:59:59.999999999@Europe/Paris",
    "10:00:00.000000001", "10:00:00.123456789+01:30", "PT0.000000001S", "-P36520589999DT0.5S", "P999999999Y",
])
def test_text_reads_back(text: str) -> None:
    assert _evaluated(f'string(@"{text}")') == text


@pytest.mark.parametrize(("text", "expected"), [
    ('@"9999-12-31" + @"P1D"', '@"10000-01-01"'),
    ('@"10000-01-01" - @"P1D"', '@"9999-12-31"'),
    ('@"0001-01-01" - @"P1M"', '@"0000-12-01"'),
    ('@"-2020-02-29" + @"P1Y"', '@"-2019-02-28"'),
    ('@"9999-12-31T23:59:59Z" + @"PT1S"', '@"10000-01-01T00:00:00Z"'),
    ('@"-2021-01-01T10:10:10@Australia/Melbourne" + @"PT1H"', '@"-2021-01-01T11:10:10@Australia/Melbourne"'),
    ('@"10:00:00.000000001" + @"PT0.000000999S"', '@"10:00:00.000001"'),
    ('@"10000-01-01" - @"0001-01-01"', '@"P3652059D"'),
    ('@"999999999-12-31" - @"-999999999-01-01"', '@"P730484999633D"'),
    ('years and months duration(@"-0001-01-01", @"10000-03-01")', '@"P10001Y2M"'),
    ('(@"P730484999634D" / 2) + @"PT0S"', '@"P365242499817D"'),
    ('for d in @"9999-12-31"..@"10000-01-01" return d.year', "[9999, 10000]"),
    ('date(@"10000-01-01T10:00:00.000000001Z")', '@"10000-01-01"'),
    ('time(@"10000-01-01T10:00:00.000000001Z")', '@"10:00:00.000000001Z"'),
    ('date and time(@"10000-01-01", @"10:00:00")', '@"10000-01-01T10:00:00"'),
    ('last day of month(@"10000-02-01")', '@"10000-02-29"'),
    ('day of week(@"-999999999-01-01")', 'day of week(@"2001-01-01" + @"P0D")'),
    ('(@"10:00:00.123456789").second', "0.123456789"),
    ('sort([@"10000-01-01", @"-1000-01-01", @"2020-01-01"])', '[@"-1000-01-01", @"2020-01-01", @"10000-01-01"]'),
    ('distinct values([@"10000-01-01T00:00:00Z", @"10000-01-01T01:00:00+01:00"])', '[@"10000-01-01T00:00:00Z"]'),
])
def test_calculation_gives(text: str, expected: str) -> None:
    found, wanted = _evaluated(text), _evaluated(expected)
    assert found == wanted
    assert type(found) is type(wanted)


@pytest.mark.parametrize("text", [
    '@"2024-01-01" < @"99999-12-31"', '@"-0001-01-01" < @"0000-01-01"',
    '@"9999-12-31T23:00:00-05:00" = @"10000-01-01T04:00:00Z"',
    '@"10:00:00.000000001" > @"10:00:00"',
    '@"2024-06-01" in [@"-1000-01-01"..@"99999-01-01"]', '@"P1D" < @"P9999999999D"',
    '@"10:00:00.0001" = @"10:00:00.0002"',
    '@"2018-12-08T00:00:00.5Z" = @"2018-12-08T00:00:00Z"', '(=10) != [10..10]',
    'is(@"10:00:00.1", @"10:00:00.1")',
    'not(is(@"10:00:00.1", @"10:00:00.2"))', "not(is(value1: 1))", "not(is(value2: 1))",
    '@"99999-12-31" instance of date', '@"10:00:00.000000001" instance of time', "([1..10[.end included) = false",
])
def test_comparison_holds(text: str) -> None:
    assert _evaluated(text) is True


@pytest.mark.parametrize("text", [
    '@"1000000000-01-01"', '@"999999999-12-31" + @"P1D"', '@"-10000-02-30"', '@"P1000000000Y"',
    '@"10:00:00" = @"10:00:00Z"',
])
def test_beyond_all_bounds_is_null(text: str) -> None:
    assert _evaluated(text) is None


def test_what_python_holds_stays_of_python() -> None:
    kinds = {'@"2024-01-01"': date, '@"10000-01-01" - @"P1D"': date, '@"2024-01-01T00:00:00.000001Z"': datetime,
             '@"PT0.000001S"': timedelta, '@"10000-01-01"': WideDate, '@"10:00:00.0000001"': WideTime,
             '@"2024-01-01T00:00:00.0000001Z"': WideDateTime, '@"P9999999999D"': WideDuration}
    assert {text: type(_evaluated(text)) for text in kinds} == kinds


WIDE = ['@"10000-01-01"', '@"10000-01-01T00:00:00Z"', '@"10:00:00.000000001"', '@"P9999999999D"']


@pytest.mark.parametrize("text", WIDE)
def test_records_refuse_wide_values(text: str) -> None:
    for parse in (values.day, values.moment, values.duration):
        with pytest.raises(ValueError, match="must be"):
            parse(_evaluated(text), None)  # type: ignore[arg-type]


@pytest.mark.parametrize("text", WIDE)
def test_json_carries_wide_values(text: str) -> None:
    assert _plain(_evaluated(text)) == text[2:-1]
    assert feel.compile(text).json["value"] == text[2:-1]


def test_clock_may_be_any_moment() -> None:
    assert feel.compile("now()").evaluate({}, datetime(2026, 1, 1, tzinfo=UTC)) == datetime(2026, 1, 1, tzinfo=UTC)
