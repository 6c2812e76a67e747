"""Fires what is due: any worker may, each timer happens once, and what came due while nothing ran happens then.

Several instances share a transaction, because most of what one costs is its commit. Where one of them cannot go on,
nothing of the group is kept, and each is fired in a transaction of its own: so one spoils nothing for the others.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import OperationalError

from formloom.errors import BadConfiguration, Conflict, NotFound
from formloom.policy.actor import SYSTEM
from formloom.records.context import Context
from formloom.storage import platform_tables as t
from formloom.workflow import steps
from formloom.workflow.definitions import LostDefinition
from formloom.workflow.failure import StepFailed
from formloom.workflow.triggers import Runtime

BATCH = 500
GROUP = 25      # short enough that nobody who waits for the lock of one of them notices
_DUE = (t.fl_instance.c.status == "running") & (t.fl_instance.c.next_due <= sa.bindparam("moment"))
_IDS = sa.select(t.fl_instance.c.id).where(_DUE).order_by(t.fl_instance.c.next_due).limit(BATCH)
_CLAIM = sa.select(t.fl_instance).where(_DUE, t.fl_instance.c.id.in_(sa.bindparam("ids", expanding=True))).order_by(
    t.fl_instance.c.next_due, t.fl_instance.c.id).with_for_update(skip_locked=True)
_NEXT = sa.select(sa.func.min(t.fl_instance.c.next_due)).where(
    t.fl_instance.c.status == "running", t.fl_instance.c.next_due > sa.bindparam("moment"))


def fire_due(runtime: Runtime, now: datetime) -> int:
    """How many instances moved. An instance that cannot go on becomes an incident and is not tried again by itself."""
    with runtime.reading(SYSTEM) as context:
        due = list(context.unit.connection.scalars(_IDS, {"moment": now}))
    return sum(_fire_group(runtime, due[first:first + GROUP], now) for first in range(0, len(due), GROUP))


def next_due(runtime: Runtime, now: datetime) -> datetime | None:
    """When the next timer comes due after `now`."""
    with runtime.reading(SYSTEM) as context:
        found: datetime | None = context.unit.connection.scalar(_NEXT, {"moment": now})
    return found


def _fire_group(runtime: Runtime, ids: list[int], now: datetime) -> int:
    try:
        return _fire(runtime, ids, now)
    except (_Spoiled, OperationalError):
        return sum(_fire_alone(runtime, instance_id, now) for instance_id in ids)


def _fire_alone(runtime: Runtime, instance_id: int, now: datetime) -> int:
    try:
        with runtime.writing(SYSTEM) as context:
            return sum(_fire_one(context, row) for row in _claimed(context, [instance_id], now))
    except (Conflict, NotFound):
        return 0        # another worker was quicker, or the process ended
    except StepFailed:
        return 0        # the runtime has noted the incident


class _Spoiled(Exception):
    """One of a group could not go on. Whether it is an incident shows when it is fired alone."""


def _fire(runtime: Runtime, ids: list[int], now: datetime) -> int:
    with runtime.writing(SYSTEM) as context:
        try:
            return sum(_fire_one(context, row) for row in _claimed(context, ids, now))
        except (Conflict, NotFound, StepFailed) as error:
            raise _Spoiled from error


def _claimed(context: Context, ids: list[int], now: datetime) -> Sequence[Any]:
    """Locks what is still due, so that each is moved once. What somebody else holds is left for the next sweep: several
    workers then share what is due instead of waiting for each other.
    """
    return context.unit.connection.execute(_CLAIM, {"moment": now, "ids": ids}).all()


def _fire_one(context: Context, row: Any) -> int:
    try:
        step = steps.loaded(context, row)
    except (BadConfiguration, LostDefinition) as error:
        raise StepFailed(row.key, row.id, "", error) from error
    step.fire()
    return 1
