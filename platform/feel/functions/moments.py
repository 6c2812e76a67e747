"""Built-ins that make and read dates, times and durations."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from decimal import Decimal
from typing import Any

from formloom.feel import comparison, temporal
from formloom.feel.functions.numeric import exact
from formloom.feel.functions.registry import builtin
from formloom.feel.values import YearMonthDuration, integer, kind

_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
           "November", "December")
_MICROSECONDS = Decimal(1_000_000)


@builtin("now()", "现在")
def now(run: Any) -> datetime:
    moment: datetime = run.now
    return moment


@builtin("today()", "今天")
def today(run: Any) -> date:
    day: date = run.now.date()
    return day


@builtin("date(from: string)", "日期")
def date_from_text(text: str) -> date | None:
    return temporal.parse_date(text)


@builtin("date(from: date | date and time)", "日期")
def date_from_moment(moment: date) -> date:
    return moment.date() if isinstance(moment, datetime) else moment


@builtin("date(year: number, month: number, day: number)", "日期")
def date_of(year: Any, month: Any, day: Any) -> date:
    return date(*map(_whole, (year, month, day)))


@builtin("time(from: string)", "时间")
def time_from_text(text: str) -> time | None:
    return temporal.parse_time(text)


@builtin("time(from: time | date and time)")
def time_from_moment(moment: time | datetime) -> time:
    return moment.timetz() if isinstance(moment, datetime) else moment


@builtin("time(from: date)")
def time_from_date(day: date) -> time:
    return time(tzinfo=UTC)


@builtin("time(hour: number, minute: number, second: number, offset?: days and time duration | null)")
def time_of(hour: Any, minute: Any, second: Any, offset: timedelta | None = None) -> time:
    seconds, micros = divmod(int(exact(second) * _MICROSECONDS), 1_000_000)
    return time(_whole(hour), _whole(minute), seconds, micros, _zone(offset))


def _zone(offset: timedelta | None) -> tzinfo | None:
    if offset is None:
        return None
    return timezone(offset) if offset else UTC


@builtin("date and time(from: string)", "日期时间")
def moment_from_text(text: str) -> datetime | None:
    return temporal.parse_date_time(text)


@builtin("date and time(date: date | date and time, time: time)", "日期时间")
def moment_of(day: date, clock: time) -> datetime:
    return datetime.combine(day.date() if isinstance(day, datetime) else day, clock)


@builtin("date and time(from: date and time)", "日期时间")
def moment_itself(moment: datetime) -> datetime:
    return moment


@builtin("date and time(from: date)", "日期时间")
def moment_of_day(day: date) -> datetime:
    return datetime.combine(day, time())


@builtin("date and time(year: number, month: number, day: number, hour: number, minute: number, second: number)")
def moment_of_parts(*parts: Any) -> datetime:
    year, month, day, hour, minute, second = parts
    return datetime.combine(date_of(year, month, day), time_of(hour, minute, second))


@builtin(
    "date and time(year: number, month: number, day: number, hour: number, minute: number, second: number, "
    "offset: days and time duration | null)"
)
def moment_of_parts_at(*parts: Any) -> datetime:
    *rest, offset = parts
    moment: datetime = moment_of_parts(*rest)
    return moment.replace(tzinfo=_zone(offset))


@builtin(
    "date and time(year: number, month: number, day: number, hour: number, minute: number, second: number, "
    "timezone: string)"
)
def moment_of_parts_in(*parts: Any) -> datetime:
    *rest, name = parts
    moment: datetime = moment_of_parts(*rest)
    return moment.replace(tzinfo=temporal.zone(name))


@builtin("duration(from: string)", "时长")
def duration_from_text(text: str) -> timedelta | YearMonthDuration | None:
    return temporal.parse_duration(text)


@builtin("duration(from: days and time duration | years and months duration)")
def duration_itself(length: Any) -> Any:
    return length


@builtin("years and months duration(from: date | date and time, to: date | date and time)", "年月差")
def months_between(start: date, end: date) -> YearMonthDuration:
    return temporal.months_between(start, end)


@builtin("day of year(date: date | date and time)", "年中第几天")
def day_of_year(day: date) -> int:
    return day.timetuple().tm_yday


@builtin("day of week(date: date | date and time)", "星期")
def day_of_week(day: date) -> str:
    return _WEEKDAYS[day.weekday()]


@builtin("month of year(date: date | date and time)", "月份")
def month_of_year(day: date) -> str:
    return _MONTHS[day.month - 1]


@builtin("week of year(date: date | date and time)", "周数")
def week_of_year(day: date) -> int:
    return day.isocalendar().week


@builtin("last day of month(date: date | date and time)", "月末")
def last_day_of_month(day: date) -> date:
    return date(day.year, day.month, temporal.days_in_month(day.year, day.month))


@builtin("is(value1: any, value2: any)")
def same(run: Any, left: Any, right: Any) -> bool:
    """Equal and of one type; for times and moments, in the same zone as well."""
    family = kind(left)
    if family != kind(right):
        return False
    if family in ("time", "date and time"):
        return temporal.text_of(left) == temporal.text_of(right)
    return comparison.equal(left, right, run) is True


def _whole(value: Any) -> int:
    found = integer(value)
    if found is None:
        raise ValueError("a whole number is needed")
    return found
