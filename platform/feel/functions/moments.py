"""Built-ins that make and read dates, times and durations."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from decimal import Decimal
from typing import Any

from formloom.feel import comparison, temporal, wide
from formloom.feel.functions.numeric import exact
from formloom.feel.functions.registry import builtin
from formloom.feel.values import YearMonthDuration, integer, kind
from formloom.feel.wide import SECOND, Clock, Day, Length, Moment, WideDateTime, nanoseconds

_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
           "November", "December")
_SECOND = Decimal(SECOND)


@builtin("now()", "现在")
def now(run: Any) -> datetime:
    moment: datetime = run.now
    return moment


@builtin("today()", "今天")
def today(run: Any) -> date:
    day: date = run.now.date()
    return day


@builtin("date(from: string)", "日期")
def date_from_text(text: str) -> Day | None:
    return temporal.parse_date(text)


@builtin("date(from: date | date and time)", "日期")
def date_from_moment(moment: Day | Moment) -> Day:
    return wide.day_of(moment)


@builtin("date(year: number, month: number, day: number)", "日期")
def date_of(year: Any, month: Any, day: Any) -> Day:
    return wide.make_date(*map(_whole, (year, month, day)))


@builtin("time(from: string)", "时间")
def time_from_text(text: str) -> Clock | None:
    return temporal.parse_time(text)


@builtin("time(from: time | date and time)")
def time_from_moment(moment: Clock | Moment) -> Clock:
    return wide.clock_of(moment) if isinstance(moment, (datetime, WideDateTime)) else moment


@builtin("time(from: date)")
def time_from_date(day: Day) -> time:
    return time(tzinfo=UTC)


@builtin("time(hour: number, minute: number, second: number, offset?: days and time duration | null)")
def time_of(hour: Any, minute: Any, second: Any, offset: Length | None = None) -> Clock:
    seconds, nanos = divmod(int(exact(second) * _SECOND), SECOND)
    return wide.make_time(_whole(hour), _whole(minute), seconds, nanos, _zone(offset))


def _zone(offset: Length | None) -> tzinfo | None:
    if offset is None:
        return None
    if abs(nanoseconds(offset)) > nanoseconds(temporal.FARTHEST):
        raise ValueError("time zones are within 18 hours of UTC")
    return timezone(timedelta(microseconds=nanoseconds(offset) // 1000)) if nanoseconds(offset) else UTC


@builtin("date and time(from: string)", "日期时间")
def moment_from_text(text: str) -> Moment | None:
    return temporal.parse_date_time(text)


@builtin("date and time(date: date | date and time, time: time)", "日期时间")
def moment_of(day: Day | Moment, clock: Clock) -> Moment:
    return wide.combine(day, clock)


@builtin("date and time(from: date and time)", "日期时间")
def moment_itself(moment: Moment) -> Moment:
    return moment


@builtin("date and time(from: date)", "日期时间")
def moment_of_day(day: Day) -> Moment:
    return wide.combine(day, time())


@builtin("date and time(year: number, month: number, day: number, hour: number, minute: number, second: number)")
def moment_of_parts(*parts: Any) -> Moment:
    year, month, day, hour, minute, second = parts
    return wide.combine(date_of(year, month, day), time_of(hour, minute, second))


@builtin(
    "date and time(year: number, month: number, day: number, hour: number, minute: number, second: number, "
    "offset: days and time duration | null)"
)
def moment_of_parts_at(*parts: Any) -> Moment:
    *rest, offset = parts
    return wide.with_zone(moment_of_parts(*rest), _zone(offset))


@builtin(
    "date and time(year: number, month: number, day: number, hour: number, minute: number, second: number, "
    "timezone: string)"
)
def moment_of_parts_in(*parts: Any) -> Moment:
    *rest, name = parts
    return wide.with_zone(moment_of_parts(*rest), temporal.zone(name))


@builtin("duration(from: string)", "时长")
def duration_from_text(text: str) -> Length | YearMonthDuration | None:
    return temporal.parse_duration(text)


@builtin("duration(from: days and time duration | years and months duration)")
def duration_itself(length: Any) -> Any:
    return length


@builtin("years and months duration(from: date | date and time, to: date | date and time)", "年月差")
def months_between(start: Day | Moment, end: Day | Moment) -> YearMonthDuration:
    return temporal.months_between(start, end)


@builtin("day of year(date: date | date and time)", "年中第几天")
def day_of_year(day: Day | Moment) -> int:
    return wide.twin(day).timetuple().tm_yday


@builtin("day of week(date: date | date and time)", "星期")
def day_of_week(day: Day | Moment) -> str:
    return _WEEKDAYS[wide.twin(day).weekday()]


@builtin("month of year(date: date | date and time)", "月份")
def month_of_year(day: Day | Moment) -> str:
    return _MONTHS[day.month - 1]


@builtin("week of year(date: date | date and time)", "周数")
def week_of_year(day: Day | Moment) -> int:
    return wide.twin(day).isocalendar().week


@builtin("last day of month(date: date | date and time)", "月末")
def last_day_of_month(day: Day | Moment) -> Day:
    return wide.make_date(day.year, day.month, temporal.days_in_month(day.year, day.month))


@builtin("is(value1?: any, value2?: any)")
def same(run: Any, left: Any = None, right: Any = None) -> bool:
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
