"""When something is due: ISO 8601 as bpmn-js writes it, or FEEL; cycles and cron lines for schedules."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Any

from formloom import feel
from formloom.errors import FormloomError, Text
from formloom.workflow.definition import Moment

_DURATION = re.compile(r"P(?=[\dT])(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)W)?(?:(\d+)D)?"
                       r"(?:T(?=\d)(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?")
_CYCLE = re.compile(r"R(\d*)/(P[^/]+)")
FIRST = datetime(2000, 1, 1, tzinfo=UTC)
LATE = timedelta(seconds=60)           # what is this late was missed: a worker looks every second
_SHORTEST = timedelta(seconds=60)      # a repetition that is quicker would keep the worker busy for nothing


class BadMoment(FormloomError):
    """A timer whose expression gave no time."""

    code = "bad-moment"


@dataclass(frozen=True, slots=True)
class Cycle:
    count: int          # -1 for ever
    every: timedelta
    missed: str = "once"


def duration(text: str) -> timedelta | None:
    """Days and time only: months and years have no fixed length; write those in FEEL."""
    match = _DURATION.fullmatch(text)
    if not match or match[1] or match[2]:
        return None
    weeks, days, hours, minutes = (int(match[i] or 0) for i in (3, 4, 5, 6))
    try:
        return timedelta(weeks=weeks, days=days, hours=hours, minutes=minutes, seconds=float(match[7] or 0))
    except OverflowError:
        return None


def cycle(text: str) -> Cycle | None:
    """`R3/PT1H` or `R/PT1H`; at least a minute apart."""
    match = _CYCLE.fullmatch(text)
    every = duration(match[2]) if match else None
    if match is None or every is None or every < _SHORTEST:
        return None
    return Cycle(int(match[1]) if match[1] else -1, every)


def point(text: str) -> datetime | None:
    try:
        value = datetime.fromisoformat(text)
    except ValueError:
        return None
    return value if value.tzinfo else value.replace(tzinfo=UTC)


def valid_iso(kind: str, text: str) -> bool:
    """Whether `text` is ISO 8601 of that kind, so that it is not read as FEEL."""
    readings: Mapping[str, Any] = {"duration": duration, "date": point, "cycle": cycle}
    kinds = ("duration", "date") if kind == "any" else (kind,)
    return any(readings[k](text) is not None for k in kinds)


def resolve(moment: Moment, scope: Mapping[str, Any], now: datetime, zone: tzinfo = UTC) -> datetime | Cycle:
    """When it is due, counted from `now`. Raises BadMoment where the expression gives no time."""
    value: Any = moment.iso or (moment.expression.evaluate(scope, now) if moment.expression else None)
    due = _from_text(value) if isinstance(value, str) else value
    if isinstance(due, timedelta):
        return now + due
    if isinstance(due, feel.YearMonthDuration):
        return _after_months(now, due)
    if isinstance(due, datetime):
        return due if due.tzinfo else due.replace(tzinfo=zone)
    if isinstance(due, date):
        return datetime.combine(due, time(), zone)
    if isinstance(due, Cycle):
        return replace(due, missed=moment.missed)
    shown = moment.iso or (moment.expression.text if moment.expression else "")
    raise BadMoment(Text("{text} gives {value}, which is neither a duration nor a point in time.",
                         text=shown, value=repr(value)))


def _from_text(text: str) -> timedelta | Cycle | datetime | None:
    return cycle(text) or duration(text) or point(text)


def _after_months(now: datetime, months: feel.YearMonthDuration) -> datetime:
    value = feel.compile("now + months").evaluate({"now": now, "months": months})
    if not isinstance(value, datetime):
        raise BadMoment(Text("A timer lies too far in the future."))
    return value


def next_time(every: str, after: datetime, zone: tzinfo) -> datetime | None:
    """The first time after `after` of a schedule: an ISO 8601 duration or a cron line (five fields, in `zone`)."""
    step = duration(every)
    if step:
        return after + step if step >= _SHORTEST else None
    fields = _cron(every)
    return _next_cron(fields, after, zone) if fields else None


_RANGES = ((0, 59), (0, 23), (1, 31), (1, 12), (0, 7))


def _cron(text: str) -> tuple[frozenset[int], ...] | None:
    parts = text.split()
    if len(parts) != 5:
        return None
    sets = [_cron_field(part, low, high) for part, (low, high) in zip(parts, _RANGES, strict=True)]
    return None if any(not s for s in sets) else tuple(s for s in sets if s)


def _cron_field(text: str, low: int, high: int) -> frozenset[int] | None:
    values: set[int] = set()
    for part in text.split(","):
        match = re.fullmatch(r"(\*|\d+(?:-\d+)?)(?:/(\d+))?", part)
        if not match or match[2] == "0":
            return None
        first, _, last = ("", "", "") if match[1] == "*" else match[1].partition("-")
        start = int(first) if first else low
        end = int(last) if last else (high if match[1] == "*" or match[2] else start)
        if not low <= start <= end <= high:
            return None
        values.update(range(start, end + 1, int(match[2] or 1)))
    return frozenset(values)


def _next_cron(fields: tuple[frozenset[int], ...], after: datetime, zone: tzinfo) -> datetime | None:
    minutes, hours, days, months, weekdays = fields
    day = after.astimezone(zone).date()
    for _ in range(366 * 5):
        fits = day.isoweekday() % 7 in weekdays or day.isoweekday() in weekdays      # Sunday is 0 or 7
        if fits and day.day in days and day.month in months:
            for at in (time(h, m) for h in sorted(hours) for m in sorted(minutes)):
                moment = datetime.combine(day, at, zone).astimezone(UTC)
                if moment > after:
                    return moment
        day += timedelta(days=1)
    return None
