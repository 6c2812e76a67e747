"""How a record comes to another choice, as a drop on a board asks: by a declared action, else by an ordinary change."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from formloom.errors import Forbidden, Text
from formloom.metadata.catalog import Action, Entity, Field
from formloom.policy.decision import Decision
from formloom.records import actions, audit
from formloom.records.context import Context
from formloom.records.record import Record
from formloom.records.scope import Scope


@dataclass(frozen=True, slots=True)
class Move:
    """To one value; `action` is None where it is an ordinary change."""

    value: str | None
    decision: Decision
    action: Action | None = None

    @property
    def asks(self) -> bool:
        """Whether it takes more than a drop: fields to fill in, or a question to confirm."""
        return self.action is not None and bool(self.action.fields or self.action.confirm)


def offered(context: Context, record: Record, field: Field) -> tuple[Move, ...]:
    """To each choice that the record does not have now, and to none where it may be empty."""
    values = [choice.value for choice in field.choices] + ([] if field.required else [None])
    return tuple(way(context, record, field, v) for v in values if v != record.row.get(field.name))


def way(context: Context, record: Record, field: Field, value: str | None) -> Move:
    """The action whose `set` gives the value, if one is declared: one that may be run, else with the reason why not."""
    entity = context.catalog.entity(record.entity)
    leading = [a for a in entity.actions.values() if field.name in a.set and _leads(a, field.name, value)]
    scope = Scope(context, entity, record.row)
    moves = [Move(value, context.policy.decide(context.actor, a.name, entity, scope, context.now), a) for a in leading]
    moves.sort(key=lambda move: (not move.decision, move.asks))
    return moves[0] if moves else Move(value, changeable(context, entity, record, field))


def _leads(action: Action, name: str, value: str | None) -> bool:
    expression = action.set[name]
    return expression.constant == value if value is not None else expression.text.strip() == "null"


def changeable(context: Context, entity: Entity, record: Record, field: Field) -> Decision:
    """Whether this actor may change this field of this record by an ordinary change."""
    scope = Scope(context, entity, record.row)
    decision = context.policy.decide(context.actor, "update", entity, scope, context.now)
    if not decision:
        return decision
    access = context.policy.access(context.actor, entity, scope, context.now)
    held = field.readonly_when is not None and field.readonly_when.test(scope, context.now)
    if field.name in access.writable and not held:
        return decision
    return Decision(False, Text("You may not change {field} here; only actions and processes do.", field=field.label))


def move(context: Context, record: Record, field: Field, chosen: Move, version: int | None = None) -> Record:
    """Raises Forbidden with the reason of the move; and whatever the action or the change refuses."""
    if not chosen.decision:
        raise Forbidden(chosen.decision.reason)
    if chosen.action is not None:
        return actions.run(context, record.entity, record.id, chosen.action.name, version=version)
    return actions.update(context, record.entity, record.id, {field.name: chosen.value}, version)


def undoing(context: Context, before: Record, after: Record) -> Mapping[str, Any] | None:
    """What to change back, if this actor may change all of it; None where only an action could."""
    entity = context.catalog.entity(after.entity)
    changed = [n for n, f in entity.fields.items() if not f.system and not f.type.computed and f.type.name != "table"
               and before.row.get(n) != after.row.get(n)]
    scope = Scope(context, entity, after.row)
    allowed = context.policy.decide(context.actor, "update", entity, scope, context.now)
    access = context.policy.access(context.actor, entity, scope, context.now)
    if not allowed or not changed or not access.writable.issuperset(changed):
        return None
    return {name: audit.dump(entity, name, before.row.get(name)) for name in changed}
