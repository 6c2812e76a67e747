"""Stretches of time in which a zone's clock runs evenly; between them it is put forward or back."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_SECOND = 1_000_000
DAY = 86_400 * _SECOND


def instant(moment: datetime) -> int:
    """Microseconds since 1970, exactly."""
    return (moment - EPOCH) // _MICROSECOND


def moment_of(when: int) -> datetime:
    return EPOCH + timedelta(microseconds=when)


def even_stretches(zone: ZoneInfo, begin: int, end: int) -> Iterator[tuple[int, int, int]]:
    """Begin, end and offset from UTC, one after the other from `begin` to `end`, all in microseconds."""
    start, offset = begin, _offset(zone, begin)
    for day in range(begin, end, DAY):
        following = min(day + DAY, end)
        while (after := _offset(zone, following)) != offset:
            change = _change(zone, max(start, day), following, offset)
            if change >= end:
                break
            yield start, change, offset
            start, offset = change, _offset(zone, change)
            if offset == after:
                break
    yield start, end, offset


def _change(zone: ZoneInfo, same: int, other: int, offset: int) -> int:
    """The first second with another offset, between one that has it still and one that has not."""
    while other - same > _SECOND:
        middle = (same + other) // 2 // _SECOND * _SECOND
        if middle <= same:
            break
        same, other = (middle, other) if _offset(zone, middle) == offset else (same, middle)
    return other


def _offset(zone: ZoneInfo, when: int) -> int:
    return (moment_of(when).astimezone(zone).utcoffset() or timedelta()) // _MICROSECOND
