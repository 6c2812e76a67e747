"""Dates, times and durations: from text, to text, and their arithmetic."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from functools import lru_cache
from typing import Any, Final, TypeVar
from zoneinfo import ZoneInfo

from formloom.feel import wide
from formloom.feel.values import YearMonthDuration
from formloom.feel.wide import (
    DAY,
    SECOND,
    YEARS,
    Clock,
    Day,
    Length,
    Moment,
    WideDate,
    WideDateTime,
    WideTime,
    clock_text,
    date_text,
    days_text,
    instant,
    leap,
    nanoseconds,
)

_T = TypeVar("_T")
_DATE = r"(?P<year>-?(?:[1-9][0-9]{4,8}|[0-9]{4}))-(?P<month>[0-9]{2})-(?P<day>[0-9]{2})"
_ZONE = r"(?P<zone>Z|[+-][0-9]{2}:[0-9]{2}(?::[0-9]{2})?|@[A-Za-z0-9_+\-/]+)?"
_TIME = rf"(?P<hour>[0-9]{{2}}):(?P<minute>[0-9]{{2}}):(?P<second>[0-9]{{2}})(?P<fraction>\.[0-9]+)?{_ZONE}"
_DATE_TEXT = re.compile(_DATE)
_TIME_TEXT = re.compile(_TIME)
_DATE_TIME_TEXT = re.compile(rf"{_DATE}T{_TIME}")
_MONTHS_TEXT = re.compile(r"(?P<sign>-)?P(?=.)(?:(?P<years>[0-9]+)Y)?(?:(?P<months>[0-9]+)M)?")
_DAYS_TEXT = re.compile(
    r"(?P<sign>-)?P(?=.)(?:(?P<days>[0-9]+)D)?"
    r"(?:T(?=.)(?:(?P<hours>[0-9]+)H)?(?:(?P<minutes>[0-9]+)M)?(?:(?P<seconds>[0-9]+)(?P<fraction>\.[0-9]*)?S)?)?"
)
_UNITS: Final = {"days": DAY, "hours": 3600 * SECOND, "minutes": 60 * SECOND, "seconds": SECOND}
_MAX_MONTHS = 12 * YEARS
FARTHEST: Final = timedelta(hours=18)      # of a time zone from UTC


def temporal(text: str) -> Any:
    """The value of `@"text"`, or None where it is none of the kinds."""
    for parse in (parse_date, parse_date_time, parse_time, parse_duration):
        value = parse(text)
        if value is not None:
            return value
    return None


def parse_date(text: str) -> Day | None:
    match = _DATE_TEXT.fullmatch(text)
    return _made(lambda: _date_of(match)) if match else None


def parse_time(text: str) -> Clock | None:
    match = _TIME_TEXT.fullmatch(text)
    return _made(lambda: _time_of(match)) if match else None


def parse_date_time(text: str) -> Moment | None:
    """A date alone is its midnight; hour 24 is the next day's."""
    match = _DATE_TIME_TEXT.fullmatch(text)
    if match is None:
        day = parse_date(text)
        return wide.combine(day, time()) if day else None
    return _made(lambda: _date_time_of(match))


def parse_duration(text: str) -> Length | YearMonthDuration | None:
    return parse_months(text) or _made(lambda: _days_of(text))


def parse_months(text: str) -> YearMonthDuration | None:
    match = _MONTHS_TEXT.fullmatch(text)
    return _made(lambda: _months_of(match)) if match else None


def _made(make: Callable[[], _T]) -> _T | None:
    try:
        return make()
    except (ValueError, OverflowError):     # no such day; or more digits than a number may have
        return None


def _date_of(match: re.Match[str]) -> Day:
    return wide.make_date(int(match["year"]), int(match["month"]), int(match["day"]))


def _time_of(match: re.Match[str]) -> Clock:
    hour, minute, second = int(match["hour"]), int(match["minute"]), int(match["second"])
    if hour == 24 and not (minute or second):
        hour = 0
    return wide.make_time(hour, minute, second, _nanos(match["fraction"]), _zone_of(match["zone"]))


def _date_time_of(match: re.Match[str]) -> Moment:
    day, clock = _date_of(match), _time_of(match)
    if match["hour"] == "24":
        day = wide.from_day_number(wide.day_number(day) + 1)
    return wide.combine(day, clock)


def _months_of(match: re.Match[str]) -> YearMonthDuration:
    months = 12 * int(match["years"] or 0) + int(match["months"] or 0)
    return make_months(-months if match["sign"] else months)


def make_months(months: int) -> YearMonthDuration:
    if abs(months) > _MAX_MONTHS:
        raise OverflowError("the duration is too long")
    return YearMonthDuration(months)


def _days_of(text: str) -> Length | None:
    match = _DAYS_TEXT.fullmatch(text)
    if match is None:
        return None
    length = sum(int(match[name] or 0) * unit for name, unit in _UNITS.items()) + _nanos(match["fraction"])
    return wide.make_duration(-length if match["sign"] else length)


def _nanos(fraction: str | None) -> int:
    return int(fraction[1:10].ljust(9, "0")) if fraction else 0


def _zone_of(text: str | None) -> tzinfo | None:
    if not text:
        return None
    if text[0] == "@":
        return zone(text[1:])
    if text == "Z":
        return UTC
    hours, minutes, seconds = (*(int(part) for part in text[1:].split(":")), 0)[:3]
    distance = timedelta(hours=hours, minutes=minutes, seconds=seconds)
    if distance > FARTHEST or minutes > 59 or seconds > 59:
        raise ValueError(text)
    return timezone(-distance if text[0] == "-" else distance)


@lru_cache(maxsize=256)
def zone(name: str) -> tzinfo:
    """The zone of an IANA name; ValueError where there is none."""
    try:
        return ZoneInfo(name)
    except (OSError, KeyError) as error:
        raise ValueError(name) from error


# -- text --------------------------------------------------------------------------------------------------------


def text_of(value: Any) -> str:
    """The text that `string()` gives and that reads back as the same value."""
    if isinstance(value, (datetime, WideDateTime)):
        return f"{date_text(value)}T{clock_text(value)}"
    if isinstance(value, (date, WideDate)):
        return date_text(value)
    if isinstance(value, (time, WideTime)):
        return clock_text(value)
    return months_text(value) if isinstance(value, YearMonthDuration) else days_text(value)


def months_text(value: YearMonthDuration) -> str:
    years, months = divmod(abs(value.months), 12)
    parts = f"{years}Y" * bool(years) + f"{months}M" * bool(months)
    return f"{'-' * (value.months < 0)}P{parts or '0M'}"


# -- arithmetic --------------------------------------------------------------------------------------------------


def add_months(value: Day | Moment, months: int) -> Day | Moment:
    """The same day in another month; its last day where that month is shorter. Keeps a time and its zone."""
    year, month = divmod(value.year * 12 + value.month - 1 + months, 12)
    day = min(value.day, days_in_month(year, month + 1))
    if isinstance(value, date) and 1 <= year <= 9999:
        return value.replace(year=year, month=month + 1, day=day)
    moved = wide.make_date(year, month + 1, day)
    return wide.combine(moved, wide.clock_of(value)) if isinstance(value, (datetime, WideDateTime)) else moved


def days_in_month(year: int, month: int) -> int:
    return 29 if month == 2 and leap(year) else (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)[month - 1]


def months_between(start: Day | Moment, end: Day | Moment) -> YearMonthDuration:
    """Whole months from start to end, negative backwards."""
    months = (end.year - start.year) * 12 + end.month - start.month
    if months > 0 and _rest(end) < _rest(start):
        months -= 1
    elif months < 0 and _rest(end) > _rest(start):
        months += 1
    return make_months(months)


def _rest(value: Day | Moment) -> tuple[int, int]:
    return value.day, wide.since_midnight(value) if isinstance(value, (datetime, WideDateTime)) else 0


def add_days(day: Day, length: Length) -> Day:
    """A date moves by whole days; what is left of a duration does not move it."""
    if isinstance(day, date) and isinstance(length, timedelta):
        try:
            return day + length
        except OverflowError:
            pass    # beyond the years that Python has
    return wide.from_day_number(wide.day_number(day) + nanoseconds(length) // DAY)


def days_between(later: Day, earlier: Day) -> Length:
    if isinstance(later, date) and isinstance(earlier, date):
        return later - earlier
    return wide.make_duration((wide.day_number(later) - wide.day_number(earlier)) * DAY)


def moved(moment: Moment, length: Length) -> Moment:
    """Along real time, not along the clock on the wall: a day of 23 hours is 23 hours."""
    if isinstance(moment, datetime) and isinstance(length, timedelta):
        try:
            return moment + length if moment.tzinfo is None else (
                moment.astimezone(UTC) + length).astimezone(moment.tzinfo)
        except OverflowError:
            pass    # beyond the years that Python has
    return wide.at_instant(instant(moment) + nanoseconds(length), moment.tzinfo)


def add_to_time(value: Clock, length: Length) -> Clock:
    """Around the clock."""
    return wide.clock_at(wide.since_midnight(value) + nanoseconds(length), value.tzinfo)


def added(left: Length, right: Length) -> Length:
    if isinstance(left, timedelta) and isinstance(right, timedelta):
        try:
            return left + right
        except OverflowError:
            pass    # more days than timedelta has
    return wide.make_duration(nanoseconds(left) + nanoseconds(right))


def opposite(length: Length) -> Length:
    return wide.make_duration(-nanoseconds(length))
