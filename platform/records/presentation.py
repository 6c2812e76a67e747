"""Rows as this actor may see them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from formloom.metadata.catalog import Entity, Field
from formloom.policy import masks, people
from formloom.policy.decision import Access
from formloom.records import reach
from formloom.records.context import Context
from formloom.records.record import Record
from formloom.records.scope import Scope
from formloom.storage.platform_tables import fl_file, fl_team

_PEOPLE = ("created_by", "updated_by")


def present(context: Context, entity: Entity, row: Mapping[str, Any]) -> Record:
    """One record with its child tables."""
    access = context.policy.access(context.actor, entity, Scope(context, entity, row), context.now)
    rows = context.store.children(context.unit, entity.name, row["id"]) if context.catalog.children(entity) else {}
    whole = {**row, **{name: _child_rows(context, entity, name, rows.get(name, [])) for name in rows}}
    titles = _titles(context, entity, [(row, access)])
    return _record(entity, whole, access, titles, None)


def present_all(
    context: Context, entity: Entity, rows: Sequence[Mapping[str, Any]], fields: tuple[str, ...] | None
) -> list[Record]:
    """Rows of a list: access is asked once where it cannot differ from row to row; titles are read in batches."""
    if rows and context.policy.varies(context.actor, entity):
        seen = [(row, context.policy.access(context.actor, entity, Scope(context, entity, row), context.now))
                for row in rows]
    else:
        same = context.policy.list_access(context.actor, entity)
        seen = [(row, same) for row in rows]
    titles = _titles(context, entity, seen)
    return [_record(entity, row, access, titles, fields) for row, access in seen]


def _record(
    entity: Entity, row: Mapping[str, Any], access: Access, titles: Mapping[str, Mapping[int, str]],
    fields: tuple[str, ...] | None,
) -> Record:
    shown = visible(entity, row, access)
    label = str(shown.get(entity.title) or f"#{row['id']}")
    values = shown if fields is None else {name: value for name, value in shown.items() if name in fields}
    mine = {name: {i: words[i] for i in _ids(row.get(name)) if i in words} for name, words in titles.items()
            if name in values and name not in access.masks}
    return Record(entity.name, row["id"], row["version"], values, mine, access, label, row)


def visible(entity: Entity, row: Mapping[str, Any], access: Access) -> dict[str, Any]:
    """Readable values, masked where a mask is; companions of a field (its currency) go with it."""
    if not access.masks and access.readable.issuperset(entity.fields):
        return dict(row)
    found: dict[str, Any] = {}
    for name, value in row.items():
        owner = name if name in entity.fields else name.rpartition("_")[0]
        if owner in access.readable:
            found[name] = masks.masked(access.masks[owner], value) if owner in access.masks else value
    return found


def _child_rows(context: Context, entity: Entity, name: str, rows: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The rows that the actor may read, with what may be read of each."""
    child = context.catalog.entity(entity.fields[name].target or "")
    seen = ((row, Scope(context, child, row)) for row in rows)
    return [visible(child, row, context.policy.access(context.actor, child, scope, context.now)) for row, scope in seen
            if context.policy.decide(context.actor, "read", child, scope, context.now)]


def _ids(value: Any) -> list[int]:
    return [] if value is None else value if isinstance(value, list) else [value]


def _titles(
    context: Context, entity: Entity, rows: Sequence[tuple[Mapping[str, Any], Access]]
) -> dict[str, dict[int, str]]:
    found: dict[str, dict[int, str]] = {}
    for field in entity.fields.values():
        ids = {i for row, access in rows if field.name in access.readable for i in _ids(row.get(field.name))
               if isinstance(i, int)} if _points(field) else set()
        if ids:
            found[field.name] = titles(context, field, ids)
    return found


def _points(field: Field) -> bool:
    return field.type.name in ("reference", "references", "user", "team", "file", "image") or field.name in _PEOPLE


def titles(context: Context, field: Field, ids: set[int]) -> dict[int, str]:
    """What the ids that a field holds stand for, as this actor may know it."""
    if field.type.name in ("reference", "references") and field.target:
        return reference_titles(context, context.catalog.entity(field.target), ids)
    if field.type.name == "user" or field.name in _PEOPLE:
        return people.names(context.unit, ids)
    table = fl_team if field.type.name == "team" else fl_file
    rows = context.unit.connection.execute(sa.select(table.c.id, table.c.name).where(table.c.id.in_(sorted(ids))))
    return {row.id: row.name for row in rows}


def reference_titles(context: Context, target: Entity, ids: set[int]) -> dict[int, str]:
    """The title of each record that this actor may read, `#id` of the others."""
    known: dict[int, str] = {}
    access = context.policy.list_access(context.actor, target)
    if target.title in access.readable and target.title not in access.masks:
        known = context.store.titles(context.unit, target.name, ids, reach.row_filter(context, target))
    return {i: known.get(i) or f"#{i}" for i in ids}
