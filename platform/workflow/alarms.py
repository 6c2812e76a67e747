"""Tells administrators that processes have stopped: once for a burst, however many stop for the same cause."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta

import sqlalchemy as sa

from formloom.metadata.catalog import Label
from formloom.policy.actor import SYSTEM
from formloom.records.context import Context
from formloom.records.events import Event
from formloom.storage import platform_tables as t
from formloom.storage import state
from formloom.workflow import incidents
from formloom.workflow.triggers import Runtime

GATHER = timedelta(seconds=10)      # what stops within these seconds is told together
QUIET = timedelta(minutes=15)       # after it was told; what stops meanwhile is told after that
_TOLD = "incidents_told"
_NEW = (t.fl_incident.c.status == "open") & t.fl_incident.c.told_at.is_(None)


def tell(runtime: Runtime, now: datetime) -> int:
    """How many incidents the listeners were told of."""
    with runtime.reading(SYSTEM) as context:
        first = context.unit.connection.scalar(sa.select(sa.func.min(t.fl_incident.c.at, type_=t.fl_incident.c.at.type))
                                               .where(_NEW))
        if first is None or now - first < GATHER or now - _told(context) < QUIET:
            return 0
    with runtime.writing(SYSTEM) as context:
        found = context.unit.connection.scalars(
            sa.update(t.fl_incident).where(_NEW).values(told_at=now).returning(t.fl_incident.c.id)).all()
        if found:
            state.put(context.unit, _TOLD, now.isoformat())
            _announce(context, list(found))
    return len(found)


def _told(context: Context) -> datetime:
    kept = state.values(context.unit).get(_TOLD)
    return datetime.fromisoformat(kept) if kept else context.now - 2 * QUIET


def _announce(context: Context, found: list[int]) -> None:
    """By process, the most frequent first."""
    labels: dict[str, Label] = {}
    counted: Counter[str] = Counter()
    for incident_id in found:
        incident = incidents.get(context, incident_id)
        labels[incident.key] = incident.label
        counted[incident.key] += 1
    stopped = [(labels[key], count) for key, count in counted.most_common()]
    event = Event(kind="incident", entity="", id=0, actor=context.actor, at=context.now, action="stopped",
                  values={"count": len(found), "processes": stopped})
    for listener in context.listeners:
        listener(context, event)
