"""Which calendar holds for a record: that of its owner's team, else the organisation's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from formloom.calendars.working_time import Calendar
from formloom.metadata.catalog import Entity, WorkCalendar
from formloom.policy import people
from formloom.records.context import Context


class NoCalendar(ValueError):
    """No calendar of that name, or none at all; expressions then have no value."""


def of_owner(context: Context, entity: Entity | None, row: Mapping[str, Any]) -> WorkCalendar:
    """Raises NoCalendar."""
    owner = row.get(entity.owner) if entity and entity.owner else None
    team = people.calendar_of(context.unit, int(owner)) if owner else ""
    found = context.catalog.calendars.get(team) if team else None
    found = found or context.catalog.own_calendar
    if found is None:
        raise NoCalendar("no calendar is the organisation's")
    return found


def named(context: Context, name: str) -> WorkCalendar:
    """Raises NoCalendar."""
    found = context.catalog.calendars.get(name)
    if found is None:
        raise NoCalendar(f"there is no calendar {name}")
    return found


class Calendars:
    """The calendars as expressions over one record ask for them; who owns it is looked up once."""

    __slots__ = ("_context", "_entity", "_own", "_row")

    def __init__(self, context: Context, entity: Entity | None, row: Mapping[str, Any]) -> None:
        self._context, self._entity, self._row = context, entity, row
        self._own: Calendar | None = None

    def __call__(self, name: str | None) -> Calendar:
        if name is not None:
            return named(self._context, name).calendar
        if self._own is None:
            self._own = of_owner(self._context, self._entity, self._row).calendar
        return self._own
