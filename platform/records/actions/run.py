from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from formloom.metadata.catalog import Action, Entity
from formloom.policy.decision import Access
from formloom.records import audit, changes, validation
from formloom.records.actions.update import refuse_conflicts
from formloom.records.context import Context
from formloom.records.events import Event
from formloom.records.presentation import present
from formloom.records.record import Record
from formloom.records.resolution import row_for
from formloom.records.scope import Scope


def run(
    context: Context, entity: str, id: int, action: str, values: Mapping[str, Any] | None = None,
    version: int | None = None,
) -> Record:
    """A declared action: takes values for its own fields, sets what it says, tells listeners that it happened."""
    target = context.catalog.entity(entity)
    declared = target.action(action)
    before = row_for(context, target, id, action, lock=True)
    given = dict(values or {})
    parsed, errors = validation.parse(context, target, given, _access(context, target, declared, before),
                                      before=before)
    if version is not None and version != before["version"]:
        refuse_conflicts(context, target, before, parsed, version)
    draft = changes.open_draft(context, target, before)
    draft.errors += errors
    changes.fill(context, draft, parsed)
    _set(context, draft, declared)
    after = changes.save(context, draft, "updated", action)
    if after == before:
        audit.write(context, "action", target, id, after["version"], {}, {}, (), action)
    changes.tell(context, Event(
        kind="action", entity=entity, id=id, actor=context.actor, at=context.now, before=before, after=after,
        changed=draft.changed, action=action, values=parsed))
    return present(context, target, context.store.get(context.unit, entity, id) or after)


def _access(context: Context, entity: Entity, action: Action, before: Mapping[str, Any]) -> Access:
    """An action takes its own fields and no others, whatever the roles say of editing."""
    seen = context.policy.access(context.actor, entity, Scope(context, entity, before), context.now)
    return replace(seen, writable=frozenset(action.fields), readable=seen.readable | frozenset(action.fields))


def _set(context: Context, draft: changes.Draft, action: Action) -> None:
    scope = Scope(context, draft.entity, dict(draft.row), draft.rows)
    for name, expression in action.set.items():
        value = expression.evaluate(scope, context.now)
        field = draft.entity.fields[name]
        draft.row[name] = None if value is None else field.type.parse(value, field)
