"""What a dot after a value reads."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from formloom.feel.values import NUMBERS, Range, YearMonthDuration
from formloom.feel.wide import (
    SECOND,
    Clock,
    Length,
    Moment,
    WideDate,
    WideDateTime,
    WideDuration,
    WideTime,
    nanosecond,
    nanoseconds,
    offset,
    twin,
)


class _Missing:
    __slots__ = ()


MISSING = _Missing()


def member(value: Any, name: str) -> Any:
    """The entry or property, or MISSING. No attribute of a Python object is ever read by name."""
    if value.__class__ is dict:
        return value.get(name, MISSING)
    if hasattr(type(value), "feel_path"):
        return _answered(value, name)
    if isinstance(value, Mapping):
        return value.get(name, MISSING)
    for family, properties in _PROPERTIES:
        if isinstance(value, family):
            read = properties.get(name)
            return read(value) if read else MISSING
    return MISSING


def _answered(value: Any, name: str) -> Any:
    try:
        return value.feel_path(name)
    except KeyError:
        return MISSING


def _whole(length: Length, unit: int, wrap: int | None) -> int:
    count = nanoseconds(length)
    units = abs(count) // SECOND // unit
    found = units % wrap if wrap else units
    return -found if count < 0 else found


def _years(value: YearMonthDuration) -> int:
    return abs(value.months) // 12 * (1 if value.months >= 0 else -1)


def _months(value: YearMonthDuration) -> int:
    return abs(value.months) % 12 * (1 if value.months >= 0 else -1)


def _zone(value: Moment | Clock) -> str | None:
    return value.tzinfo.key if isinstance(value.tzinfo, ZoneInfo) else None


def _seconds(value: Moment | Clock) -> Any:
    nanos = nanosecond(value)
    return NUMBERS.add(value.second, NUMBERS.divide(Decimal(nanos), Decimal(SECOND))) if nanos else value.second


_Properties = Mapping[str, Callable[[Any], Any]]
_DATE: _Properties = {
    "year": lambda v: v.year, "month": lambda v: v.month, "day": lambda v: v.day,
    "weekday": lambda v: twin(v).isoweekday(),
}
_CLOCK: _Properties = {
    "hour": lambda v: v.hour, "minute": lambda v: v.minute, "second": _seconds,
    "time offset": offset, "timezone": _zone,
}
_PROPERTIES: tuple[tuple[type | tuple[type, ...], _Properties], ...] = (
    ((datetime, WideDateTime), {**_DATE, **_CLOCK}),
    ((date, WideDate), _DATE),
    ((time, WideTime), _CLOCK),
    ((timedelta, WideDuration), {
        "days": lambda v: _whole(v, 86_400, None), "hours": lambda v: _whole(v, 3_600, 24),
        "minutes": lambda v: _whole(v, 60, 60), "seconds": lambda v: _whole(v, 1, 60),
    }),
    (YearMonthDuration, {"years": _years, "months": _months}),
    (Range, {
        "start": lambda v: v.low, "end": lambda v: v.high,
        "start included": lambda v: v.low_closed, "end included": lambda v: v.high_closed,
    }),
)
