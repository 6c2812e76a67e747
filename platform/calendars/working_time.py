"""Working time: how much of it lies between two moments, and when so much of it will have passed.

Everything is exact to the microsecond and follows the wall clock of the calendar's zone: an hour that the clock skips
is not worked, an hour that it shows twice is worked twice. A working day is a day that has hours, however many.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from formloom.calendars.calendar_years import Year, lay_out
from formloom.calendars.offsets import instant, moment_of
from formloom.calendars.special_days import Hours, SpecialDay

REACH = 100             # years that an answer may lie from what was asked
_KEPT = 300             # years that are kept laid out
_YEARS = range(2, 9998)
_MICROSECOND = timedelta(microseconds=1)


class OutOfReach(ValueError):
    """The answer lies further away than anybody plans, or nowhere: a calendar without hours."""

    def __init__(self) -> None:
        super().__init__(f"no working time is found within {REACH} years")


@dataclass(frozen=True)
class Calendar:
    """`week` holds the hours of Monday to Sunday; of the special days a later one beats an earlier one."""

    name: str
    zone: ZoneInfo
    week: tuple[Hours, ...]
    special: tuple[SpecialDay, ...] = ()
    _years: dict[int, Year] = field(default_factory=dict, init=False, repr=False, compare=False)
    _days: dict[int, list[int]] = field(default_factory=dict, init=False, repr=False, compare=False)
    _specials: dict[int, dict[date, Hours]] = field(default_factory=dict, init=False, repr=False, compare=False)

    def hours_on(self, day: date) -> Hours:
        specials = self._specials.get(day.year)
        if specials is None:
            specials = {d: s.hours for s in self.special for d in s.rule.dates(day.year)}
            _keep(self._specials, day.year, specials)
        found = specials.get(day)
        return self.week[day.weekday()] if found is None else found

    # hours

    def add(self, start: datetime, duration: timedelta) -> datetime:
        """The first moment by which so much was worked since; for a negative duration the last one before.

        Eight hours from a morning end in the evening, not on the next morning. Raises OutOfReach.
        """
        amount = duration // _MICROSECOND
        if amount == 0:
            return start
        when = instant(start)
        found = self._after(when, amount) if amount > 0 else self._before(when, -amount)
        return moment_of(found).astimezone(start.tzinfo)

    def between(self, start: datetime, end: datetime) -> timedelta:
        """Negative where `end` is the earlier one. Raises OutOfReach."""
        if end < start:
            return -self.between(end, start)
        first, last = _year_of(start), _year_of(end)
        if last - first > REACH:
            raise OutOfReach
        whole = sum(self._year(year).total for year in range(first, last))
        return timedelta(microseconds=whole + self._year(last).worked(instant(end))
                         - self._year(first).worked(instant(start)))

    def is_working(self, moment: datetime) -> bool:
        """A span begins at its first moment and is over at its last."""
        when = instant(moment)
        return self._year(_year_of(moment)).next_working(when) == when

    def next_working(self, moment: datetime) -> datetime:
        """The moment itself if it is worked at, else the beginning of the next span. Raises OutOfReach."""
        first = _year_of(moment)
        for year in range(first, first + REACH):
            found = self._year(year).next_working(instant(moment))
            if found is not None:
                return moment_of(found).astimezone(moment.tzinfo)
        raise OutOfReach

    def _after(self, when: int, amount: int) -> int:
        first = _year_of(moment_of(when))
        amount += self._year(first).worked(when)
        for year in range(first, first + REACH):
            if amount <= (laid := self._year(year)).total:
                return laid.earliest(amount)
            amount -= laid.total
        raise OutOfReach

    def _before(self, when: int, amount: int) -> int:
        first = _year_of(moment_of(when))
        rest = self._year(first).worked(when) - amount
        for year in range(first, first - REACH, -1):
            if rest >= 0:
                return self._year(year).latest(rest)
            rest += self._year(year - 1).total
        raise OutOfReach

    def _year(self, year: int) -> Year:
        found = self._years.get(year)
        if found is None:
            if year not in _YEARS:
                raise OutOfReach
            found = lay_out(year, self.zone, self.hours_on)
            _keep(self._years, year, found)
        return found

    # days

    def add_days(self, start: date, days: int) -> date:
        """The nth working day after that day, or before it; a moment keeps its time of day. Raises OutOfReach."""
        if not isinstance(start, datetime):
            return self._nth_day(start, days)
        local = start.astimezone(self.zone)
        moved = datetime.combine(self._nth_day(local.date(), days), local.time(), self.zone)
        return moved.astimezone(UTC).astimezone(start.tzinfo)

    def days_between(self, start: date, end: date) -> int:
        """Working days after `start` up to and with `end`; negative where `end` is the earlier day."""
        first, last = self._day(start), self._day(end)
        if last < first:
            return -self.days_between(last, first)
        if last.year - first.year > REACH:
            raise OutOfReach
        whole = sum(len(self._working_days(year)) for year in range(first.year, last.year))
        return whole + self._passed(last) - self._passed(first)

    def _day(self, day: date) -> date:
        return day.astimezone(self.zone).date() if isinstance(day, datetime) else day

    def _passed(self, day: date) -> int:
        """Working days of its year until then, with the day itself."""
        return bisect_right(self._working_days(day.year), day.toordinal())

    def _nth_day(self, start: date, days: int) -> date:
        if days == 0:
            return start
        step = 1 if days > 0 else -1
        # Backwards, the day itself does not count either, so that -1 is the working day before a Sunday as well.
        position = self._passed(start if days > 0 else start - timedelta(1)) + days + (days < 0)
        year = (start if days > 0 else start - timedelta(1)).year
        for _ in range(REACH):
            known = self._working_days(year)
            if 1 <= position <= len(known):
                return date.fromordinal(known[position - 1])
            position = position - len(known) if step > 0 else position + len(self._working_days(year - 1))
            year += step
        raise OutOfReach

    def _working_days(self, year: int) -> list[int]:
        found = self._days.get(year)
        if found is None:
            if year not in _YEARS:
                raise OutOfReach
            first = date(year, 1, 1).toordinal()
            found = [n for n in range(first, date(year + 1, 1, 1).toordinal()) if self.hours_on(date.fromordinal(n))]
            _keep(self._days, year, found)
        return found


def _year_of(moment: datetime) -> int:
    return moment.astimezone(UTC).year


def _keep(kept: dict[int, Any], year: int, value: Any) -> None:
    """A hostile expression may ask for any year; what is kept stays small."""
    if len(kept) >= _KEPT:
        kept.clear()
    kept[year] = value
