"""What the ids in a record are called: references, people, teams, files. One query per kind and field."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import sqlalchemy as sa

from formloom.errors import label_in
from formloom.metadata.catalog import Entity, Field
from formloom.policy import people
from formloom.records.context import Context
from formloom.records.presentation import reference_titles
from formloom.storage.platform_tables import fl_file, fl_team

SIGNATURES = frozenset({"created_by", "updated_by"})


def of_rows(
    context: Context, entity: Entity, rows: Iterable[Mapping[str, Any]], locale: str
) -> dict[str, dict[int, str]]:
    """By field, the words for every id that occurs in `rows`; fields without any are left out."""
    found = {}
    kept = list(rows)
    for field in entity.fields.values():
        if ids := _ids(field, kept):
            found[field.name] = of(context, field, ids, locale)
    return found


def of(context: Context, field: Field, ids: set[int], locale: str) -> dict[int, str]:
    kind = field.type.name
    if kind == "user" or field.name in SIGNATURES:
        return people.names(context.unit, ids)
    if kind == "team":
        return teams(context, locale, ids)
    if kind in ("file", "image"):
        return _files(context, ids)
    return reference_titles(context, context.catalog.entity(field.target), ids) if field.target else {}


def teams(context: Context, locale: str, ids: Iterable[int] | None = None) -> dict[int, str]:
    query = sa.select(fl_team.c.id, fl_team.c.label, fl_team.c.name).order_by(fl_team.c.name)
    if ids is not None:
        query = query.where(fl_team.c.id.in_(sorted(ids)))
    return {row.id: label_in(row.label, locale) or row.name for row in context.unit.connection.execute(query)}


def _files(context: Context, ids: Iterable[int]) -> dict[int, str]:
    query = sa.select(fl_file.c.id, fl_file.c.name).where(fl_file.c.id.in_(sorted(ids)))
    return {row.id: row.name for row in context.unit.connection.execute(query)}


def _ids(field: Field, rows: list[Mapping[str, Any]]) -> set[int]:
    if field.type.name == "table" or not points(field):
        return set()
    found: set[int] = set()
    for row in rows:
        value = row.get(field.name)
        found.update(v for v in (value if isinstance(value, list) else [value]) if isinstance(v, int))
    return found


def points(field: Field) -> bool:
    """Whether the field holds ids of something that has a name."""
    return bool(field.target) or field.type.name in ("user", "team", "file", "image") or field.name in SIGNATURES


def of_value(context: Context, field: Field, value: Any, locale: str) -> dict[int, str]:
    ids = _ids(field, [{field.name: value}])
    return of(context, field, ids, locale) if ids else {}
