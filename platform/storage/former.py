"""Names that something had: what was renamed, when, and what it is called now. Ids stay, so the past is found again."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from formloom.metadata.catalog import Catalog, Entity
from formloom.metadata.references import spellings
from formloom.storage.database import Unit
from formloom.storage.platform_tables import fl_former


@dataclass(frozen=True, slots=True)
class Alias:
    """What is called `name` now, and since when."""

    name: str
    since: datetime


@dataclass(frozen=True, slots=True)
class Former:
    """By the names that nothing has any more; of fields by the entity's name of today."""

    entities: Mapping[str, Alias] = field(default_factory=dict)
    fields: Mapping[str, Mapping[str, Alias]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Renames:
    """Between two catalogs. `fields` by the entity's name before, with the further columns of each field."""

    entities: Mapping[str, str]
    fields: Mapping[str, Mapping[str, str]]

    def __bool__(self) -> bool:
        return bool(self.entities or self.fields)


def between(old: Catalog, new: Catalog) -> Renames:
    entities: dict[str, str] = {}
    fields: dict[str, dict[str, str]] = {}
    now = {entity.id: entity for entity in new.entities.values()}
    for was in old.entities.values():
        entity = now.get(was.id)
        if entity is None:
            continue
        if entity.name != was.name:
            entities[was.name] = entity.name
        names = {one.id: one.name for one in entity.fields.values()}
        for one in was.fields.values():
            name = names.get(one.id, one.name)
            if name != one.name:
                fields.setdefault(was.name, {}).update(
                    {column: name + column.removeprefix(one.name) for column in spellings(was, one.name)})
    return Renames(entities, fields)


def note(unit: Unit, old: Catalog, new: Catalog, now: datetime) -> None:
    """Keeps the names of `old` that are others in `new`."""
    rows = [{"entity_id": entity_id, "field_id": field_id, "name": name, "at": now}
            for entity_id, field_id, name in _gone(old, new)]
    if rows:
        unit.connection.execute(fl_former.insert(), rows)


def _gone(old: Catalog, new: Catalog) -> Iterator[tuple[str, str, str]]:
    now = {entity.id: entity for entity in new.entities.values()}
    for was in old.entities.values():
        entity = now.get(was.id)
        names = {one.id: one.name for one in entity.fields.values()} if entity else {}
        if entity and entity.name != was.name:
            yield was.id, "", was.name
        for one in was.fields.values():
            if names.get(one.id, one.name) != one.name:
                for column in spellings(was, one.name):
                    yield was.id, one.id, column


def load(unit: Unit, catalog: Catalog) -> Former:
    """The newest meaning of each name. One that something has again is no former name."""
    known = {entity.id: entity for entity in catalog.entities.values()}
    entities: dict[str, Alias] = {}
    fields: dict[str, dict[str, Alias]] = {}
    for row in unit.connection.execute(sa.select(fl_former).order_by(fl_former.c.id)):
        entity = known.get(row.entity_id)
        if entity is None:
            continue
        if not row.field_id:
            if row.name not in catalog.entities:
                entities[row.name] = Alias(entity.name, row.at)
            continue
        name = _column(entity, row.field_id, row.name)
        taken = {column for one in entity.fields for column in spellings(entity, one)}
        if name and row.name not in taken:
            fields.setdefault(entity.name, {})[row.name] = Alias(name, row.at)
    return Former(entities, fields)


def _column(entity: Entity, field_id: str, was: str) -> str | None:
    """What a column of the field is called now: the field's name and, behind it, what was behind its old name."""
    now = next((one.name for one in entity.fields.values() if one.id == field_id), None)
    if now is None:
        return None
    suffixes = [name.removeprefix(now) for name in spellings(entity, now)[1:]]
    return now + next((suffix for suffix in suffixes if was.endswith(suffix)), "")


def past(unit: Unit, entity: Entity) -> Callable[[datetime, Any], Any] | None:
    """Reads values that were kept by the names of a moment by those of today; None where names never changed."""
    chosen = sa.select(fl_former).where(fl_former.c.entity_id == entity.id, fl_former.c.field_id != "")
    gone = [(row.at, row.name, name) for row in unit.connection.execute(chosen.order_by(fl_former.c.id))
            if (name := _column(entity, row.field_id, row.name))]

    def read(at: datetime, values: Any) -> Any:
        if not isinstance(values, dict):
            return values
        then: dict[str, str] = {}
        for until, was, now in gone:
            if at <= until:
                then.setdefault(was, now)
        return {then.get(name, name): value for name, value in values.items()}

    return read if gone else None
