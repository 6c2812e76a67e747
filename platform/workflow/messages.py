"""Messages, signals and changes of records that reach instances which wait for them, in the caller's transaction."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from formloom.errors import Conflict, Text
from formloom.records.context import Context
from formloom.storage import platform_tables as t
from formloom.workflow import steps
from formloom.workflow.failure import RecordRef

_WAITS = (t.fl_subscription.c.instance_id == t.fl_instance.c.id) & t.fl_instance.c.status.in_(("running", "incident"))


def correlate(context: Context, name: str, payload: Mapping[str, Any], record: RecordRef | None = None,
              key: str | None = None) -> int | None:
    """The instance that took the message: the one that waits for its key, else the one about its record. A message is
    for one; where several could be meant, none gets it.
    """
    waits, found = t.fl_subscription.c, t.fl_instance.c
    query = sa.select(waits.instance_id).where(_WAITS, waits.kind == "message", waits.name == name).distinct()
    query = query.where(waits.key == key) if key is not None else query.where(waits.key.is_(None))
    if record is not None and key is None:
        query = query.where(found.entity == record[0], found.record_id == record[1])
    meant = list(context.unit.connection.scalars(query.order_by(waits.instance_id).limit(2)))
    if len(meant) > 1 and key is None:
        raise Conflict(Text("Several processes wait for the message {name}.", name=name),
                       Text("Say which one is meant, by a record or a key."))
    return next((i for i in meant if steps.open_instance(context, i).deliver("message", name, payload, key)), None)


def broadcast(context: Context, name: str, payload: Mapping[str, Any], sender: int | None = None) -> int:
    """How many instances took the signal."""
    waits = t.fl_subscription.c
    query = sa.select(waits.instance_id).where(_WAITS, waits.kind == "signal", waits.name == name).distinct()
    meant = [i for i in context.unit.connection.scalars(query.order_by(waits.instance_id)) if i != sender]
    return sum(bool(steps.open_instance(context, i).deliver("signal", name, payload)) for i in meant)


def awaiting_change(context: Context, record: RecordRef) -> list[int]:
    """Instances about the record that wait for a condition, except those whose step is under way: they see by
    themselves what it changed.
    """
    waits, found = t.fl_subscription.c, t.fl_instance.c
    query = sa.select(waits.instance_id).where(_WAITS, waits.kind == "conditional", found.entity == record[0],
                                               found.record_id == record[1]).distinct()
    return [i for i in context.unit.connection.scalars(query.order_by(waits.instance_id))
            if i not in steps.under_way(context)]
