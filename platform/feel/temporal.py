"""Dates, times and durations: from text, to text, and their arithmetic."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from formloom.feel.values import YearMonthDuration

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
_SECOND = timedelta(seconds=1)
_MAX_MONTHS = 12 * 999_999_999


def temporal(text: str) -> Any:
    """The value of `@"text"`, or None where it is none of the kinds."""
    for parse in (parse_date, parse_date_time, parse_time, parse_duration):
        value = parse(text)
        if value is not None:
            return value
    return None


def parse_date(text: str) -> date | None:
    match = _DATE_TEXT.fullmatch(text)
    return _made(lambda: _date_of(match)) if match else None


def parse_time(text: str) -> time | None:
    match = _TIME_TEXT.fullmatch(text)
    return _made(lambda: _time_of(match)) if match else None


def parse_date_time(text: str) -> datetime | None:
    """A date alone is its midnight; hour 24 is the next day's."""
    match = _DATE_TIME_TEXT.fullmatch(text)
    if match is None:
        day = parse_date(text)
        return datetime.combine(day, time()) if day else None
    moment: datetime | None = _made(lambda: _date_time_of(match))
    return moment


def parse_duration(text: str) -> timedelta | YearMonthDuration | None:
    return parse_months(text) or _made(lambda: _days_of(text))


def parse_months(text: str) -> YearMonthDuration | None:
    match = _MONTHS_TEXT.fullmatch(text)
    if match is None:
        return None
    months = 12 * int(match["years"] or 0) + int(match["months"] or 0)
    return YearMonthDuration(-months if match["sign"] else months) if months <= _MAX_MONTHS else None


def _made(make: Callable[[], Any]) -> Any:
    try:
        return make()
    except (ValueError, OverflowError):
        return None


def _date_of(match: re.Match[str]) -> date:
    return date(int(match["year"]), int(match["month"]), int(match["day"]))


def _time_of(match: re.Match[str]) -> time:
    hour = int(match["hour"])
    if hour == 24 and not (int(match["minute"]) or int(match["second"])):
        hour = 0
    return time(hour, int(match["minute"]), int(match["second"]), _micros(match["fraction"]), _zone_of(match["zone"]))


def _date_time_of(match: re.Match[str]) -> datetime:
    found = datetime.combine(_date_of(match), _time_of(match))
    return found + timedelta(days=1) if match["hour"] == "24" else found


def _days_of(text: str) -> timedelta | None:
    match = _DAYS_TEXT.fullmatch(text)
    if match is None:
        return None
    parts = {name: int(match[name] or 0) for name in ("days", "hours", "minutes", "seconds")}
    length = timedelta(**parts, microseconds=_micros(match["fraction"]))
    return -length if match["sign"] else length


def _micros(fraction: str | None) -> int:
    return int(fraction[1:7].ljust(6, "0")) if fraction else 0


def _zone_of(text: str | None) -> tzinfo | None:
    if not text:
        return None
    if text[0] == "@":
        return zone(text[1:])
    if text == "Z":
        return UTC
    hours, minutes, seconds = (*(int(part) for part in text[1:].split(":")), 0)[:3]
    if hours > 18 or minutes > 59 or seconds > 59:
        raise ValueError(text)
    offset = timedelta(hours=hours, minutes=minutes, seconds=seconds)
    return timezone(-offset if text[0] == "-" else offset)


@lru_cache(maxsize=256)
def zone(name: str) -> tzinfo:
    """The zone of an IANA name; ValueError where there is none."""
    try:
        return ZoneInfo(name)
    except (OSError, KeyError) as error:
        raise ValueError(name) from error


# -- zones -------------------------------------------------------------------------------------------------------


def offset(value: datetime | time) -> timedelta | None:
    """Distance from UTC. A time in a named zone has that of the zone's standard time."""
    if isinstance(value, time) and value.tzinfo is not None:
        return datetime.combine(date(1970, 1, 1), value).utcoffset()
    return value.utcoffset()


def instant(value: datetime | time) -> Any:
    """The value on the UTC line, so that two of them compare and subtract."""
    if isinstance(value, datetime):
        return value.replace(tzinfo=None) - datetime.min - (value.utcoffset() or timedelta())
    length = timedelta(hours=value.hour, minutes=value.minute, seconds=value.second, microseconds=value.microsecond)
    return length - (offset(value) or timedelta())


# -- text --------------------------------------------------------------------------------------------------------


def text_of(value: Any) -> str:
    """The text that `string()` gives and that reads back as the same value."""
    if isinstance(value, datetime):
        return f"{date_text(value)}T{_clock(value)}"
    if isinstance(value, date):
        return date_text(value)
    if isinstance(value, time):
        return _clock(value)
    return months_text(value) if isinstance(value, YearMonthDuration) else days_text(value)


def date_text(value: date) -> str:
    return f"{value.year:04d}-{value.month:02d}-{value.day:02d}"


def _clock(value: datetime | time) -> str:
    fraction = f".{value.microsecond:06d}".rstrip("0") if value.microsecond else ""
    return f"{value.hour:02d}:{value.minute:02d}:{value.second:02d}{fraction}{_zone_text(value)}"


def _zone_text(value: datetime | time) -> str:
    if value.tzinfo is None:
        return ""
    if isinstance(value.tzinfo, ZoneInfo):
        return f"@{value.tzinfo.key}"
    distance = offset(value) or timedelta()
    if not distance:
        return "Z"
    minutes, seconds = divmod(abs(distance) // _SECOND, 60)
    tail = f":{seconds:02d}" if seconds else ""
    return f"{'-' if distance < timedelta() else '+'}{minutes // 60:02d}:{minutes % 60:02d}{tail}"


def months_text(value: YearMonthDuration) -> str:
    years, months = divmod(abs(value.months), 12)
    parts = f"{years}Y" * bool(years) + f"{months}M" * bool(months)
    return f"{'-' * (value.months < 0)}P{parts or '0M'}"


def days_text(value: timedelta) -> str:
    length = abs(value)
    hours, rest = divmod(length.seconds, 3600)
    minutes, seconds = divmod(rest, 60)
    fraction = f".{length.microseconds:06d}".rstrip("0") if length.microseconds else ""
    clock = f"{hours}H" * bool(hours) + f"{minutes}M" * bool(minutes)
    clock += f"{seconds}{fraction}S" if seconds or fraction else ""
    days = f"{length.days}D" * bool(length.days)
    sign = "-" * (value < timedelta())
    return f"{sign}P{days}{'T' + clock if clock else ''}" if days or clock else "PT0S"


# -- arithmetic --------------------------------------------------------------------------------------------------


def add_months(value: date, months: int) -> date:
    """The same day in another month; its last day where that month is shorter. Keeps a time and its zone."""
    year, month = divmod(value.year * 12 + value.month - 1 + months, 12)
    return value.replace(year=year, month=month + 1, day=min(value.day, days_in_month(year, month + 1)))


def days_in_month(year: int, month: int) -> int:
    return 29 if month == 2 and leap(year) else (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)[month - 1]


def leap(year: int) -> bool:
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)


def months_between(start: date, end: date) -> YearMonthDuration:
    """Whole months from start to end, negative backwards."""
    months = (end.year - start.year) * 12 + end.month - start.month
    if months > 0 and _rest(end) < _rest(start):
        months -= 1
    elif months < 0 and _rest(end) > _rest(start):
        months += 1
    return YearMonthDuration(months)


def _rest(value: date) -> tuple[int, ...]:
    clock = (value.hour, value.minute, value.second, value.microsecond) if isinstance(value, datetime) else ()
    return (value.day, *clock)


def add_to_time(value: time, length: timedelta) -> time:
    """Around the clock."""
    moved = datetime.combine(date(2000, 1, 3), value.replace(tzinfo=None)) + timedelta(seconds=length.seconds,
                                                                                       microseconds=length.microseconds)
    return moved.time().replace(tzinfo=value.tzinfo)
