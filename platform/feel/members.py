"""What a dot after a value reads."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from formloom.feel import temporal
from formloom.feel.values import Range, YearMonthDuration, number


class _Missing:
    __slots__ = ()


MISSING = _Missing()
_SECOND = timedelta(seconds=1)


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


def _whole(length: timedelta, unit: int, wrap: int | None) -> int:
    seconds = int(abs(length) / _SECOND) // unit
    found = seconds % wrap if wrap else seconds
    return -found if length < timedelta() else found


def _years(value: YearMonthDuration) -> int:
    return abs(value.months) // 12 * (1 if value.months >= 0 else -1)


def _months(value: YearMonthDuration) -> int:
    return abs(value.months) % 12 * (1 if value.months >= 0 else -1)


def _zone(value: datetime | time) -> str | None:
    return value.tzinfo.key if isinstance(value.tzinfo, ZoneInfo) else None


def _seconds(value: datetime | time) -> Any:
    return number(value.second + value.microsecond / 1_000_000) if value.microsecond else value.second


_Properties = Mapping[str, Callable[[Any], Any]]
_DATE: _Properties = {
    "year": lambda v: v.year, "month": lambda v: v.month, "day": lambda v: v.day, "weekday": lambda v: v.isoweekday(),
}
_CLOCK: _Properties = {
    "hour": lambda v: v.hour, "minute": lambda v: v.minute, "second": _seconds,
    "time offset": temporal.offset, "timezone": _zone,
}
_PROPERTIES: tuple[tuple[type, _Properties], ...] = (
    (datetime, {**_DATE, **_CLOCK}),
    (date, _DATE),
    (time, _CLOCK),
    (timedelta, {
        "days": lambda v: _whole(v, 86_400, None), "hours": lambda v: _whole(v, 3_600, 24),
        "minutes": lambda v: _whole(v, 60, 60), "seconds": lambda v: _whole(v, 1, 60),
    }),
    (YearMonthDuration, {"years": _years, "months": _months}),
    (Range, {
        "start": lambda v: v.low, "end": lambda v: v.high,
        "start included": lambda v: v.low_closed, "end included": lambda v: v.high_closed,
    }),
)
