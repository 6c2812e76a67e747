"""What an actor may see of and do with single rows of a child table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from formloom.errors import FieldError
from formloom.metadata.catalog import Entity, Field
from formloom.policy import masks
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


def as_kept(context: Context, field: Field, rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Rows as the audit keeps them. Rules cannot be asked of what is past: only what every row shows is shown."""
    child = context.catalog.entity(field.target or "")
    open_rows = not context.policy.stands_alone(context.actor, child) or context.policy.row_rules(
        context.actor, child).everything
    access = context.policy.list_access(context.actor, child)
    names = access.readable if open_rows else frozenset({"id"})
    return [{n: masks.masked(access.masks[n], v) if n in access.masks else v for n, v in row.items() if n in names}
            for row in rows]
