"""Fires what is due: any worker may, each timer happens once, and what came due while nothing ran happens then."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from formloom.errors import Conflict, NotFound
from formloom.policy.actor import SYSTEM
from formloom.storage import platform_tables as t
from formloom.workflow import steps
from formloom.workflow.failure import StepFailed
from formloom.workflow.triggers import Runtime

BATCH = 100


def fire_due(runtime: Runtime, now: datetime) -> int:
    """How many instances moved. An instance that cannot go on becomes an incident and is not tried again by itself."""
    with runtime.reading(SYSTEM) as context:
        due = list(context.unit.connection.scalars(
            sa.select(t.fl_instance.c.id)
            .where(t.fl_instance.c.status == "running", t.fl_instance.c.next_due <= now)
            .order_by(t.fl_instance.c.next_due).limit(BATCH)))
    return sum(_fire(runtime, instance_id, now) for instance_id in due)


def _fire(runtime: Runtime, instance_id: int, now: datetime) -> bool:
    try:
        with runtime.writing(SYSTEM) as context:
            if not _still_due(context.unit.connection, instance_id, now):
                return False
            steps.open_instance(context, instance_id).fire()
    except (Conflict, NotFound):
        return False        # another worker was quicker, or the process ended
    except StepFailed:
        return False        # the runtime has noted the incident
    return True


def _still_due(connection: sa.Connection, instance_id: int, now: datetime) -> bool:
    """Locks the instance, so that it is moved once. One that somebody else holds is left for the next sweep: several
    workers then share what is due instead of waiting for each other.
    """
    row = connection.execute(
        sa.select(t.fl_instance.c.status, t.fl_instance.c.next_due)
        .where(t.fl_instance.c.id == instance_id).with_for_update(skip_locked=True)).one_or_none()
    return row is not None and row.status == "running" and row.next_due is not None and row.next_due <= now
