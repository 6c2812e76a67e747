"""What an actor may do with single rows of a child table, while the record that holds them is written."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from formloom.errors import FieldError
from formloom.metadata.catalog import Entity
from formloom.policy.decision import Access, Decision
from formloom.records.context import Context
from formloom.records.scope import Scope


class RowRights:
    """Rows follow their parent, which may be written, unless a role names the child entity: then each row is asked."""

    def __init__(self, context: Context, entity: Entity, child: Entity, parent: Mapping[str, Any]) -> None:
        self._context, self._child = context, child
        self._parent = Scope(context, entity, parent)
        self._alone = context.policy.stands_alone(context.actor, child)
        self._new = context.policy.access(context.actor, child, None, context.now)

    def access(self, before: Mapping[str, Any]) -> Access:
        """Of a row that is there; without one, of a new row."""
        if not (self._alone and before):
            return self._new
        return self._context.policy.access(self._context.actor, self._child, self._scope(before), self._context.now)

    def seen(self, row: Mapping[str, Any]) -> bool:
        """A row that the actor cannot see was not left out on purpose, so it stays."""
        return not self._alone or bool(self._decide("read", row))

    def refused(self, action: str, row: Mapping[str, Any], path: str) -> list[FieldError]:
        if not self._alone or (decision := self._decide(action, row)):
            return []
        return [FieldError(path, "forbidden-row", decision.reason)]

    def _decide(self, action: str, row: Mapping[str, Any]) -> Decision:
        return self._context.policy.decide(self._context.actor, action, self._child, self._scope(row),
                                           self._context.now)

    def _scope(self, row: Mapping[str, Any]) -> Scope:
        return Scope(self._context, self._child, row, {}, self._parent)
