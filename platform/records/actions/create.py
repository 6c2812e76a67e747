from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from formloom.errors import FieldError, Forbidden, ValidationFailed
from formloom.records import changes, derivation, validation
from formloom.records.context import Context
from formloom.records.presentation import present
from formloom.records.record import Record
from formloom.records.scope import Scope

_PLACED = frozenset({"parent", "position"})


def create(context: Context, entity: str, values: Mapping[str, Any]) -> Record:
    """A new record from values by field name, with defaults for what was not sent."""
    target = context.catalog.entity(entity)
    if not (possible := context.policy.decide(context.actor, "create", target, None, context.now)):
        raise Forbidden(possible.reason)
    access = context.policy.access(context.actor, target, None, context.now)
    always = _PLACED if target.parent else frozenset[str]()
    parsed, errors = validation.parse(context, target, values, access, always=always)
    draft = changes.open_draft(context, target, None)
    draft.errors += errors
    changes.fill(context, draft, derivation.defaults(context, target, parsed) | parsed)
    if target.parent:
        _place(context, draft)
    scope = Scope(context, target, draft.row, draft.rows)
    decision = context.policy.decide(context.actor, "create", target, scope, context.now)
    settled = context.policy.access(context.actor, target, scope, context.now, creating=True)
    if decision and settled is not access:
        # Some role would let the actor make another record than this one; what only that role opens stays closed.
        draft.errors += validation.parse(context, target, values, settled, always=always)[1]
    if not decision and draft.errors:
        raise ValidationFailed(draft.errors)
    if not decision:
        raise Forbidden(decision.reason)
    _number(context, draft)
    return present(context, target, changes.save(context, draft, "created"))


def _place(context: Context, draft: changes.Draft) -> None:
    """A child record made by itself belongs to a parent, after the rows that are there."""
    parent = draft.row.get("parent")
    if parent is None and not any(e.path == "parent" for e in draft.errors):
        draft.errors.append(FieldError("parent", "required", validation.REQUIRED))
    if draft.row.get("position") is None:
        table = context.store.tables[draft.entity.name]
        last = context.unit.connection.scalar(sa.select(sa.func.max(table.c.position)).where(table.c.parent == parent))
        draft.row["position"] = 0 if last is None else last + 1


def _number(context: Context, draft: changes.Draft) -> None:
    """Sequence numbers, only once nothing is wrong: a refused record uses up none."""
    changes.settle(context, draft)
    for field in draft.entity.fields.values():
        if field.type.name == "sequence" and draft.row.get(field.name) is None:
            draft.row[field.name] = context.store.next_number(context.unit, draft.entity.name, field.name, context.now)
