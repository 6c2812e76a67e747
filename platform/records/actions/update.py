from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from formloom.errors import FieldConflict, FieldError, StaleVersion
from formloom.metadata.catalog import Entity
from formloom.records import audit, changes, rows, validation
from formloom.records.context import Context
from formloom.records.presentation import present
from formloom.records.record import Record
from formloom.records.resolution import row_for
from formloom.records.scope import Scope


def update(context: Context, entity: str, id: int, values: Mapping[str, Any], version: int | None = None) -> Record:
    """Changes the fields that were sent. With an older `version`, fields that others changed meanwhile are kept and
    merged; a field that both changed is a conflict. Without one, the last writer of a field wins."""
    target = context.catalog.entity(entity)
    before = row_for(context, target, id, "update", lock=True)
    access = context.policy.access(context.actor, target, Scope(context, target, before), context.now)
    parsed, errors = validation.parse(context, target, values, access, before=before)
    if version is not None and version != before["version"]:
        refuse_conflicts(context, target, before, parsed, version)
    draft = changes.open_draft(context, target, before)
    draft.errors += errors
    changes.fill(context, draft, parsed)
    draft.errors += _fixed(context, draft, parsed)
    return present(context, target, changes.save(context, draft, "updated"))


def _fixed(context: Context, draft: changes.Draft, sent: Mapping[str, Any]) -> list[FieldError]:
    """Fields that nobody types while `readonly_when` holds, as forms show it: over the record with what was sent."""
    if context.actor.system:
        return []
    scope = Scope(context, draft.entity, draft.row, draft.rows)
    return [validation.forbidden(name) for name in draft.changed & sent.keys()
            if (field := draft.entity.fields.get(name)) is not None and field.readonly_when is not None
            and field.readonly_when.test(scope, context.now)]


def refuse_conflicts(
    context: Context, entity: Entity, before: Mapping[str, Any], mine: Mapping[str, Any], version: int
) -> None:
    """Raises `StaleVersion` for fields that were changed since `version` to something else than what is sent."""
    if version > before["version"]:
        raise StaleVersion(before["version"])
    base: dict[str, Any] = {}
    by = ""
    for entry in audit.since(context, entity.name, before["id"], version):
        for name, value in (entry["before"] or {}).items():
            base.setdefault(name, value)
        by = entry["actor_name"]
    found = [_conflict(context, entity, before, name, base[name], value) for name, value in mine.items()
             if name in base and (_is_table(entity, name) or value != before.get(name))]
    if found:
        raise StaleVersion(before["version"], found, by)


def _conflict(
    context: Context, entity: Entity, before: Mapping[str, Any], name: str, base: Any, mine: Any
) -> FieldConflict:
    if not _is_table(entity, name):
        return FieldConflict(name, base, audit.dump(entity, name, before.get(name)), audit.dump(entity, name, mine))
    there = context.store.children(context.unit, entity.name, before["id"])[name]
    field, theirs = entity.fields[name], changes.plain_rows(context, entity, name, there)
    return FieldConflict(name, rows.as_kept(context, field, base), rows.as_kept(context, field, theirs), mine)


def _is_table(entity: Entity, name: str) -> bool:
    return name in entity.fields and entity.fields[name].type.name == "table"
