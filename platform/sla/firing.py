"""Fires what clocks come due for: any worker may, each breach and warning happens once, and late if nothing ran."""

from __future__ import annotations

import logging
from datetime import datetime
from typing import Any, Protocol

from formloom.policy.actor import SYSTEM, Actor
from formloom.sla import ledger, rows

log = logging.getLogger(__name__)

BATCH = 100


class Runtime(Protocol):
    """What is needed of the composition root."""

    def writing(self, actor: Actor) -> Any: ...
    def reading(self, actor: Actor) -> Any: ...


def fire_due(runtime: Runtime, now: datetime) -> int:
    """How many records had something happen to their clocks."""
    with runtime.reading(SYSTEM) as context:
        due = rows.due(context, now, BATCH)
    return sum(_fire(runtime, entity, record_id) for entity, record_id in due)


def _fire(runtime: Runtime, entity: str, record_id: int) -> bool:
    """One transaction each: one that fails does not hold up the others, and is tried again with the next sweep."""
    try:
        with runtime.writing(SYSTEM) as context:
            target = context.catalog.entities.get(entity)
            record = context.store.get(context.unit, entity, record_id, lock=True) if target else None
            if target is None or record is None:
                for kept in rows.locked(context, entity, record_id).values():
                    ledger.cancel(context, kept, "the record is gone")
            else:
                ledger.settle(context, target, record, react=False)
    except Exception:
        log.exception("the clocks of %s %s could not be settled", entity, record_id)
        return False
    return True
