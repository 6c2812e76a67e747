"""Writing one record with its child rows: derived, checked, stored, audited, told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy.exc

from formloom.errors import Conflict, FieldError, StaleVersion, Text, ValidationFailed
from formloom.metadata.catalog import Entity
from formloom.records import audit, derivation, files, validation
from formloom.records.context import Context
from formloom.records.events import Event
from formloom.records.rows import RowRights
from formloom.records.scope import Scope

_STAMPS = frozenset({"id", "version", "created_at", "created_by", "updated_at", "updated_by"})


@dataclass(slots=True)
class Draft:
    """A record about to be written: the row as it was, the row as it will be, and its child rows likewise."""

    entity: Entity
    before: Mapping[str, Any] | None
    row: dict[str, Any]
    rows: dict[str, list[dict[str, Any]]]
    rows_before: Mapping[str, Sequence[Mapping[str, Any]]]
    errors: list[FieldError] = field(default_factory=list)

    @property
    def changed(self) -> frozenset[str]:
        before = self.before or {}
        own = {n for n, v in self.row.items() if v != before.get(n) and n not in _STAMPS}
        tables = {n for n, rows in self.rows.items() if rows != list(self.rows_before.get(n, ()))}
        return frozenset(own | tables)


def open_draft(context: Context, entity: Entity, before: Mapping[str, Any] | None) -> Draft:
    tables = context.catalog.children(entity)
    kept = context.store.children(context.unit, entity.name, before["id"]) if before and tables else {}
    rows = {name: [dict(row) for row in kept.get(name, ())] for name in tables}
    return Draft(entity, before, dict(before or {}), rows, {name: list(kept.get(name, ())) for name in tables})


def fill(context: Context, draft: Draft, values: Mapping[str, Any]) -> None:
    """Takes parsed values in; child tables are parsed row by row."""
    for name, value in values.items():
        if name in draft.rows:
            draft.rows[name] = _child_rows(context, draft, name, value)
        else:
            draft.row[name] = value


def _child_rows(context: Context, draft: Draft, name: str, given: Any) -> list[dict[str, Any]]:
    """Rows with an id change, rows without one are new, those not sent go."""
    child = context.catalog.entity(draft.entity.fields[name].target or "")
    if not isinstance(given, list) or not all(isinstance(row, Mapping) for row in given):
        draft.errors.append(FieldError(name, "invalid-value", Text("Send a list of rows, each an object.")))
        return draft.rows[name]
    there = {row["id"]: dict(row) for row in draft.rows_before.get(name, ())}
    rights = RowRights(context, draft.entity, child, draft.row)
    found: list[dict[str, Any]] = []
    for index, raw in enumerate(given):
        values = {k: v for k, v in raw.items() if k not in _STAMPS and k not in ("parent", "position")}
        prefix, number = f"{name}/{index}/", raw.get("id")
        # To a dictionary true is 1; and a row that is sent twice would be stored twice.
        before = there.pop(number, {}) if type(number) is int else {}
        if number is not None and not before:
            gone = Text("There is no row number {id}.", id=number)
            draft.errors.append(FieldError(prefix + "id", "unknown-row", gone))
        parsed, errors = validation.parse(context, child, values, rights.access(before), prefix, before=before)
        row = {**(before or derivation.defaults(context, child, parsed)), **parsed, "position": index}
        draft.errors += errors or ([] if before else rights.refused("create", row, f"{name}/{index}"))
        found.append(row)
    kept = [row for row in there.values() if not rights.seen(row)]
    for row in there.values():
        draft.errors += rights.refused("delete", row, name) if rights.seen(row) else []
    return found + [{**row, "position": len(found) + index} for index, row in enumerate(kept)]


def settle(context: Context, draft: Draft) -> None:
    """Computes what follows and checks the whole; raises `ValidationFailed` with everything that is wrong."""
    entity, parent = draft.entity, _parent_scope(context, draft)
    derivation.compute(context, entity, draft.row, draft.rows, parent)
    scope = Scope(context, entity, draft.row, draft.rows, parent)
    errors = draft.errors + validation.check(context, entity, draft.row, scope, draft.changed)
    for name, child in context.catalog.children(entity).items():
        before = {row["id"]: row for row in draft.rows_before.get(name, ())}
        for index, row in enumerate(draft.rows[name]):
            old = before.get(row.get("id", 0), {})
            changed = [n for n, v in row.items() if v != old.get(n)]
            below = Scope(context, child, row, {}, scope)
            errors += validation.check(context, child, row, below, changed, f"{name}/{index}/")
    if errors:
        raise ValidationFailed(_once(errors))


def _once(errors: Sequence[FieldError]) -> list[FieldError]:
    """One finding per input: that a value cannot be read says more than that it is missing."""
    found: dict[str, FieldError] = {}
    for error in errors:
        found.setdefault(error.path or error.code, error)
    return list(found.values())


def _parent_scope(context: Context, draft: Draft) -> Scope | None:
    number = draft.row.get("parent") if draft.entity.parent else None
    row = context.store.get(context.unit, draft.entity.parent, number) if draft.entity.parent and number else None
    return Scope(context, context.catalog.entity(draft.entity.parent), row) if draft.entity.parent and row else None


def store(context: Context, draft: Draft) -> int:
    """Inserts or updates row and child rows; the id."""
    stamps = {"updated_at": context.now, "updated_by": context.actor.user_id or None}
    own = {n: v for n, v in draft.row.items() if n not in _STAMPS and n not in draft.rows}
    if draft.before is None:
        created = {"created_at": context.now, "created_by": context.actor.user_id or None}
        number = context.store.insert(context.unit, draft.entity.name, own | stamps | created)
    else:
        number = draft.before["id"]
        changed = {n: v for n, v in own.items() if v != draft.before.get(n)}
        if not context.store.update(context.unit, draft.entity.name, number, changed | stamps, draft.before["version"]):
            raise StaleVersion(draft.before["version"])
    _adopt(context, draft.entity, number, own, draft.before or {})
    _store_rows(context, draft, number, stamps)
    return number


def _adopt(context: Context, entity: Entity, number: int, row: Mapping[str, Any], before: Mapping[str, Any]) -> None:
    for name, value in row.items():
        field = entity.fields.get(name)
        if field and field.type.name in ("file", "image") and value is not None and value != before.get(name):
            files.adopt(context, entity.name, number, name, value)


def _store_rows(context: Context, draft: Draft, parent: int, stamps: Mapping[str, Any]) -> None:
    for name, child in context.catalog.children(draft.entity).items():
        before = {row["id"]: row for row in draft.rows_before.get(name, ())}
        for row in draft.rows[name]:
            old = before.pop(row.get("id", 0), None)
            values = {n: v for n, v in row.items() if n not in _STAMPS and (old is None or v != old.get(n))}
            if old is None:
                created = {"created_at": context.now, "created_by": stamps["updated_by"]}
                row_id = context.store.insert(
                    context.unit, child.name, {**values, "parent": parent, **stamps, **created})
                _adopt(context, child, row_id, values, {})
            elif values:
                context.store.update(context.unit, child.name, old["id"], {**values, **stamps}, old["version"])
                _adopt(context, child, old["id"], values, old)
        for number in before:
            context.store.delete(context.unit, child.name, number)


def tell(context: Context, event: Event) -> None:
    for listener in context.listeners:
        listener(context, event)


def save(context: Context, draft: Draft, kind: str, action: str = "", parent: bool = True) -> dict[str, Any]:
    """Settle, store, audit, tell; the row as it is now. A draft that changes nothing writes nothing."""
    settle(context, draft)
    if draft.before is not None and not draft.changed:
        return dict(draft.before)
    after = _write(context, draft, kind, action)
    if parent:
        refresh_parent(context, draft.entity, after)
    return after


def _write(context: Context, draft: Draft, kind: str, action: str = "") -> dict[str, Any]:
    changed = draft.changed
    number = _stored(context, draft)
    after = context.store.get(context.unit, draft.entity.name, number) or {}
    _audit(context, draft, kind, action, number, after, changed)
    tell(context, Event(kind=kind, entity=draft.entity.name, id=number, actor=context.actor, at=context.now,
                        before=draft.before, after=after, changed=changed))
    # Clocks of service levels are listeners and write into the record.
    return (context.store.get(context.unit, draft.entity.name, number) or after) if draft.entity.levels else after


def _stored(context: Context, draft: Draft) -> int:
    """Stores; a value that another writer took since it was checked is a finding like any other."""
    try:
        with context.unit.connection.begin_nested():
            return store(context, draft)
    except sqlalchemy.exc.IntegrityError as error:
        errors = validation.unique(context, draft.entity, draft.row, draft.changed)
        if errors:
            raise ValidationFailed(errors) from error
        raise Conflict(Text("Someone else changed something that this record needs, just now."),
                       Text("Read the record again and save once more.")) from error


def _audit(
    context: Context, draft: Draft, kind: str, action: str, number: int, after: Mapping[str, Any],
    changed: frozenset[str],
) -> None:
    rows_after = {n: plain_rows(context, draft.entity, n, draft.rows[n]) for n in changed & draft.rows.keys()}
    rows_before = {n: plain_rows(context, draft.entity, n, draft.rows_before[n]) for n in rows_after}
    names = changed - rows_after.keys()
    audit.write(context, kind, draft.entity, number, after["version"], draft.before, after, names, action,
                rows_before, rows_after)


def plain_rows(context: Context, entity: Entity, name: str, rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    child = context.catalog.entity(entity.fields[name].target or "")
    return [audit.dumped(child, row, [n for n in row if n in child.fields and n not in _STAMPS - {"id"}])
            for row in rows]


def refresh_parent(context: Context, entity: Entity, row: Mapping[str, Any]) -> None:
    """A child that changed by itself changes the roll-ups and formulas of its parent."""
    if not entity.parent or row.get("parent") is None:
        return
    above = context.catalog.entity(entity.parent)
    before = context.store.get(context.unit, above.name, row["parent"], lock=True)
    if before is None:
        return
    draft = open_draft(context, above, before)
    derivation.compute(context, above, draft.row, draft.rows)
    if not draft.changed - draft.rows.keys():
        return
    scope = Scope(context, above, draft.row, draft.rows)
    if errors := validation.constraints(context, above, scope, only=draft.changed):
        raise ValidationFailed([FieldError("", e.code, e.message) for e in errors])
    refresh_parent(context, above, _write(context, draft, "updated"))
