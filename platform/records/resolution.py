"""From a name and an id to a row that this actor may act upon."""

from __future__ import annotations

from typing import Any

from formloom.errors import Conflict, Forbidden, NotFound, Text
from formloom.metadata.catalog import Entity
from formloom.metadata.values import LARGEST_ID
from formloom.records.context import Context
from formloom.records.scope import Scope


def row_for(context: Context, entity: Entity, record_id: int, action: str, lock: bool = False) -> dict[str, Any]:
    """The raw row. A record that may not be read is not found; one that may, but not so, is refused with the reason."""
    possible = 0 < record_id <= LARGEST_ID
    row = context.store.get(context.unit, entity.name, record_id, lock=lock) if possible else None
    scope = None if row is None else Scope(context, entity, row)
    if row is None or not context.policy.decide(context.actor, "read", entity, scope, context.now):
        raise NotFound(Text("There is no {entity} number {id}, or you may not see it.",
                            entity=entity.label, id=record_id))
    if action == "read":
        return row
    decision = context.policy.decide(context.actor, action, entity, scope, context.now)
    if decision:
        return row
    declared = entity.actions.get(action)
    if declared is not None and declared.when is not None and not declared.when.test(scope or {}, context.now):
        raise Conflict(decision.reason)
    raise Forbidden(decision.reason)
