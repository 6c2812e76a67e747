"""Rows of tables as dicts by field name, and back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import sqlalchemy as sa

from formloom.metadata.catalog import Entity
from formloom.storage.tables import columns_of, is_link

_SYSTEM = frozenset(("id", "version", "created_at", "created_by", "updated_at", "updated_by", "parent", "position"))


def selected(entity: Entity, table: sa.Table, fields: Iterable[str] | None) -> list[sa.Column[Any]]:
    """The columns of these fields and the system's; all of them without `fields`."""
    if fields is None:
        return list(table.c)
    wanted = _SYSTEM | {name for f in fields if f not in _SYSTEM for name in _column_names(entity, f)}
    return [column for column in table.c if column.name in wanted]


def stored(entity: Entity, table: sa.Table, values: Mapping[str, Any]) -> dict[str, Any]:
    """What goes into columns: fields by name and their companions; links and child tables live elsewhere."""
    elsewhere = {f.name for f in entity.fields.values() if not f.system and not columns_of(f)}
    found = {name: value for name, value in values.items() if name not in elsewhere and name in table.c}
    for name, parts in composites(entity).items():
        if name in values:
            whole = values[name] or {}
            found |= {column: whole.get(part) for column, part in parts.items()}
    return found


def composites(entity: Entity) -> dict[str, dict[str, str]]:
    """Fields whose value is several columns and none of its own, as an address: part by column."""
    return {f.name: {f.name + c.suffix: c.suffix.removeprefix("_") for c in columns_of(f)}
            for f in entity.fields.values() if columns_of(f) and all(c.suffix for c in columns_of(f))}


def composed(row: dict[str, Any], parts: Mapping[str, Mapping[str, str]]) -> dict[str, Any]:
    """The row with such columns as one value; None when every part is missing."""
    for name, columns in parts.items():
        pieces = {part: row.pop(column, None) for column, part in columns.items()}
        row[name] = {part: piece for part, piece in pieces.items() if piece is not None} or None
    return row


def links_of(entity: Entity, names: Iterable[str] | None = None) -> list[str]:
    wanted = None if names is None else set(names)
    return [f.name for f in entity.fields.values() if is_link(f) and (wanted is None or f.name in wanted)]


def _column_names(entity: Entity, name: str) -> Iterable[str]:
    if name in entity.fields:
        return [name + column.suffix for column in columns_of(entity.field(name))]
    return (name,)
