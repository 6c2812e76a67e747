"""Dates, times and durations that Python's types cannot hold: years to +-999,999,999, nanoseconds.

Whatever `date`, `time`, `datetime` or `timedelta` can hold is one: the makers below choose, and nothing else makes a
wide value. So a value has one form, and the usual ones are as fast as Python's.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import lru_cache
from typing import Final, TypeAlias
from zoneinfo import ZoneInfo

YEARS: Final = 999_999_999
SECOND: Final = 1_000_000_000           # in nanoseconds, as every count below
DAY: Final = 86_400 * SECOND
_LONGEST: Final = 2 * (YEARS + 1) * 366 * DAY
_MICROSECOND: Final = timedelta(microseconds=1)
_CYCLE: Final = 146_097                 # days of 400 years, after which the calendar repeats, weekdays too
_LAST: Final = date.max.toordinal()
_DAYS_BEFORE: Final = (0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334)


@dataclass(frozen=True, slots=True, order=True)
class WideDate:
    year: int
    month: int
    day: int

    def __str__(self) -> str:
        return date_text(self)


@dataclass(frozen=True, slots=True)
class WideTime:
    hour: int
    minute: int
    second: int
    nanosecond: int
    tzinfo: tzinfo | None

    def __str__(self) -> str:
        return clock_text(self)


@dataclass(frozen=True, slots=True)
class WideDateTime:
    year: int
    month: int
    day: int
    hour: int
    minute: int
    second: int
    nanosecond: int
    tzinfo: tzinfo | None

    def __str__(self) -> str:
        return f"{date_text(self)}T{clock_text(self)}"


@dataclass(frozen=True, slots=True, order=True)
class WideDuration:
    nanoseconds: int

    def __str__(self) -> str:
        return days_text(self)


Day: TypeAlias = date | WideDate
Clock: TypeAlias = time | WideTime
Moment: TypeAlias = datetime | WideDateTime
Length: TypeAlias = timedelta | WideDuration
WIDE: Final = (WideDate, WideTime, WideDateTime, WideDuration)


# -- makers: ValueError for what is no day, no time, or beyond all bounds -----------------------------------------


def make_date(year: int, month: int, day: int) -> Day:
    if 1 <= year <= 9999:
        return date(year, month, day)
    if abs(year) > YEARS:
        raise ValueError(f"years go to {YEARS}")
    date(_twin_year(year), month, day)
    return WideDate(year, month, day)


def make_time(hour: int, minute: int, second: int, nanosecond: int, zone: tzinfo | None) -> Clock:
    micros, rest = divmod(nanosecond, 1000)
    found = time(hour, minute, second, micros, zone)
    return WideTime(hour, minute, second, nanosecond, zone) if rest else found


def combine(day: Day | Moment, clock: Clock) -> Moment:
    if isinstance(clock, time) and 1 <= day.year <= 9999:
        return datetime(day.year, day.month, day.day, clock.hour, clock.minute, clock.second, clock.microsecond,
                        clock.tzinfo)
    return WideDateTime(day.year, day.month, day.day, clock.hour, clock.minute, clock.second, nanosecond(clock),
                        clock.tzinfo)


def make_duration(nanoseconds: int) -> Length:
    if abs(nanoseconds) > _LONGEST:
        raise OverflowError("the duration is too long")
    micros, rest = divmod(nanoseconds, 1000)
    if not rest:
        try:
            return timedelta(microseconds=micros)
        except OverflowError:
            pass    # more days than timedelta has
    return WideDuration(nanoseconds)


# -- parts -------------------------------------------------------------------------------------------------------


def nanosecond(value: Clock | Moment) -> int:
    return value.nanosecond if isinstance(value, (WideTime, WideDateTime)) else value.microsecond * 1000


def nanoseconds(length: Length) -> int:
    return length.nanoseconds if isinstance(length, WideDuration) else length // _MICROSECOND * 1000


def day_of(value: Day | Moment) -> Day:
    return value if isinstance(value, WideDate) else make_date(value.year, value.month, value.day)


def clock_of(value: Moment) -> Clock:
    if isinstance(value, datetime):
        return value.timetz()
    return make_time(value.hour, value.minute, value.second, value.nanosecond, value.tzinfo)


def with_zone(value: Moment, zone: tzinfo | None) -> Moment:
    if isinstance(value, datetime):
        return value.replace(tzinfo=zone)
    return combine(value, make_time(value.hour, value.minute, value.second, value.nanosecond, zone))


def twin(value: Day | Moment) -> date:
    """The same day in a year that Python has: equal month, day, weekday, week of the year and place in it."""
    return value if isinstance(value, date) else date(_twin_year(value.year), value.month, value.day)


def _twin_year(year: int) -> int:
    """Early years stay before the first change of any zone, late ones after the last that is known."""
    if year < 1:
        return 401 + (year - 1) % 400
    return year if year <= 9999 else 9201 + (year - 1) % 400


# -- counting ----------------------------------------------------------------------------------------------------


def day_number(value: Day | Moment) -> int:
    """1 is the first of January of the year 1, as `toordinal` counts."""
    if isinstance(value, date):
        return value.toordinal()
    before = value.year - 1
    found = before * 365 + before // 4 - before // 100 + before // 400 + _DAYS_BEFORE[value.month - 1] + value.day
    return found + (value.month > 2 and leap(value.year))


def from_day_number(number: int) -> Day:
    if 1 <= number <= _LAST:
        return date.fromordinal(number)
    cycles, within = divmod(number - 1, _CYCLE)
    day = date.fromordinal(within + 1)
    return make_date(day.year + 400 * cycles, day.month, day.day)


def leap(year: int) -> bool:
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)


def since_midnight(value: Clock | Moment) -> int:
    return ((value.hour * 60 + value.minute) * 60 + value.second) * SECOND + nanosecond(value)


def clock_at(count: int, zone: tzinfo | None) -> Clock:
    """The time that many nanoseconds after midnight, around the clock."""
    minutes, rest = divmod(count % DAY, 60 * SECOND)
    return make_time(minutes // 60, minutes % 60, rest // SECOND, rest % SECOND, zone)


# -- the line of UTC ---------------------------------------------------------------------------------------------


def offset(value: Moment | Clock) -> timedelta | None:
    """Distance from UTC. A time in a named zone has that of the zone's standard time."""
    if isinstance(value, datetime) or value.tzinfo is None:
        return value.utcoffset() if isinstance(value, datetime) else None
    if isinstance(value, WideDateTime):
        return datetime(_twin_year(value.year), value.month, value.day, value.hour, value.minute, value.second,
                        tzinfo=value.tzinfo).utcoffset()
    return datetime(1970, 1, 1, value.hour, value.minute, value.second, tzinfo=value.tzinfo).utcoffset()


def instant(value: Moment | Clock) -> int:
    """Nanoseconds on the line of UTC, so that two moments, or two times, compare and subtract."""
    count = since_midnight(value) - nanoseconds(offset(value) or timedelta())
    return count if isinstance(value, (time, WideTime)) else day_number(value) * DAY + count


def at_instant(count: int, zone: tzinfo | None) -> Moment:
    """The moment of a count, on the clocks of the zone."""
    days, within = divmod(count, DAY)
    if zone is not None:
        days, within = divmod(count + nanoseconds(_offset_at(days, within // SECOND, zone)), DAY)
    return combine(from_day_number(days), clock_at(within, zone))


@lru_cache(maxsize=256)
def _offset_at(day: int, second: int, zone: tzinfo) -> timedelta:
    found = twin(from_day_number(day))
    moment = datetime(found.year, found.month, found.day, tzinfo=UTC) + timedelta(seconds=second)
    try:
        return moment.astimezone(zone).utcoffset() or timedelta()
    except OverflowError:               # at either end of Python's calendar
        return (moment.replace(year=8000 if moment.year > 5000 else 400).astimezone(zone).utcoffset() or timedelta())


# -- text --------------------------------------------------------------------------------------------------------


def date_text(value: Day | Moment) -> str:
    return f"{'-' * (value.year < 0)}{abs(value.year):04d}-{value.month:02d}-{value.day:02d}"


def clock_text(value: Moment | Clock) -> str:
    return f"{value.hour:02d}:{value.minute:02d}:{value.second:02d}{_fraction(nanosecond(value))}{_zone_text(value)}"


def _fraction(nanos: int) -> str:
    return f".{nanos:09d}".rstrip("0") if nanos else ""


def _zone_text(value: Moment | Clock) -> str:
    if value.tzinfo is None:
        return ""
    if isinstance(value.tzinfo, ZoneInfo):
        return f"@{value.tzinfo.key}"
    distance = nanoseconds(offset(value) or timedelta()) // SECOND
    if not distance:
        return "Z"
    minutes, seconds = divmod(abs(distance), 60)
    tail = f":{seconds:02d}" if seconds else ""
    return f"{'-' if distance < 0 else '+'}{minutes // 60:02d}:{minutes % 60:02d}{tail}"


def days_text(value: Length) -> str:
    length = nanoseconds(value)
    days, rest = divmod(abs(length), DAY)
    hours, rest = divmod(rest, 3600 * SECOND)
    minutes, rest = divmod(rest, 60 * SECOND)
    seconds, fraction = divmod(rest, SECOND)
    clock = f"{hours}H" * bool(hours) + f"{minutes}M" * bool(minutes)
    clock += f"{seconds}{_fraction(fraction)}S" if rest else ""
    return f"{'-' * (length < 0)}P{f'{days}D' * bool(days)}{'T' + clock if clock else ''}" if length else "PT0S"
