"""The register of what schema changes put aside: values stay where they were, under another name, until a purge.

What is archived points at what it was converted into (`into`, nothing for what is in force now), with the choices of
that conversion. So the archive of a field is a tree whose root is the field in force, and the way from any of its
former forms to the present one is known.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa

from formloom.metadata.catalog import Catalog, Entity, Field
from formloom.metadata.fieldtypes import FieldType
from formloom.storage import choices, description
from formloom.storage.choices import Conversion
from formloom.storage.conversion import keeps_values
from formloom.storage.database import Unit
from formloom.storage.holding import Held
from formloom.storage.platform_tables import fl_archive
from formloom.storage.tables import columns_of

COLUMNS: Final = "columns"
LINKS: Final = "links"
ENTITY: Final = "entity"


@dataclass(frozen=True, slots=True)
class Step:
    """How archived values became those that came after them."""

    to: Field
    chosen: Conversion


@dataclass(frozen=True, slots=True, kw_only=True)
class Archived:
    """`held` of a field; `entity` of an entity that was removed. Without `step` it was removed, not converted."""

    id: int
    entity_id: str
    field_id: str
    kind: str
    table: str
    held: Held | None = None
    entity: Entity | None = None
    into: int | None = None
    step: Step | None = None
    version: str = ""
    at: datetime | None = None
    by: int = 0
    rows: int = 0


@dataclass(frozen=True, slots=True)
class Register:
    entries: tuple[Archived, ...] = ()
    next_id: int = 1

    def entity(self, entity_id: str) -> Archived | None:
        found = [e for e in self.entries if e.kind == ENTITY and e.entity_id == entity_id]
        return found[-1] if found else None

    def removed(self, entity_id: str, field_id: str) -> Archived | None:
        """The field as it was when it was removed."""
        found = [e for e in self._of(entity_id, field_id) if e.into is None and e.step is None]
        return found[-1] if found else None

    def way(self, entity_id: str, field: Field, exactly: bool, start: int | None = None) -> tuple[Archived, ...]:
        """From what is in force, or `start`, to the nearest former form that is that of `field`; empty if none is."""
        known = self._of(entity_id, field.id)
        ways: list[tuple[Archived, ...]] = [(e,) for e in reversed(known) if e.into == start and e.step is not None]
        while ways:
            way = ways.pop(0)
            if _same_form(way[-1], field, exactly):
                return way
            ways += [(*way, e) for e in reversed(known) if e.into == way[-1].id]
        return ()

    def _of(self, entity_id: str, field_id: str) -> list[Archived]:
        return [e for e in self.entries if (e.entity_id, e.field_id) == (entity_id, field_id) and e.held is not None]


def _same_form(entry: Archived, now: Field, exactly: bool) -> bool:
    if entry.held is None or not same_columns(entry.held.field, now) or not keeps_values(entry.held.field, now):
        return False
    before, after = {c.value for c in entry.held.field.choices}, {c.value for c in now.choices}
    return before == after if exactly else before <= after


def same_columns(was: Field, now: Field) -> bool:
    """Whether stored values have the same form; lengths and names do not matter."""
    return form_of(was) == form_of(now)


def form_of(field: Field) -> tuple[object, ...]:
    columns = tuple((c.kind, c.suffix, c.scale, c.references) for c in columns_of(field))
    return columns, field.target if field.type.name in ("reference", "references", "table") else None


def load(unit: Unit, types: Mapping[str, FieldType], catalog: Catalog) -> Register:
    """`catalog`: whose names entities have in what is returned."""
    rows = unit.connection.execute(sa.select(fl_archive).order_by(fl_archive.c.id)).all()
    names = {e.id: e.name for e in catalog.entities.values()}
    return Register(tuple(_entry(row, types, names) for row in rows), max((row.id for row in rows), default=0) + 1)


def _entry(row: Any, types: Mapping[str, FieldType], names: Mapping[str, str]) -> Archived:
    entry = Archived(id=row.id, entity_id=row.entity_id, field_id=row.field_id, kind=row.kind, table=row.table_name,
                     into=row.into_id, version=row.version, at=row.at, by=row.by or 0, rows=row.rows)
    if row.kind == ENTITY:
        return replace(entry, entity=description.entity(row.description, types, names))
    own = description.field(row.description, types, names)
    held = Held(own, row.table_name, row.columns, row.columns.get("links", "") if row.kind == LINKS else "")
    step = row.step and Step(description.field(row.step["to"], types, names),
                             choices.conversion_from_json(row.step["choice"]))
    return replace(entry, held=held, step=step or None)


def enter(entry: Archived, catalog: Catalog, to: Catalog, stamp: Mapping[str, Any], rows: int) -> Iterator[Any]:
    """Statements that note what was put aside; what had become of it so far points at it now."""
    same = (fl_archive.c.entity_id == entry.entity_id) & (fl_archive.c.field_id == entry.field_id)
    yield sa.update(fl_archive).where(same, fl_archive.c.into_id.is_(None), fl_archive.c.step.is_not(None)).values(
        into_id=entry.id)
    made = description.of_entity(entry.entity, catalog) if entry.entity else {}
    columns: dict[str, str] = {}
    if entry.held:
        made = description.of_field(entry.held.field, catalog)
        columns = {"links": entry.held.links} if entry.held.links else dict(entry.held.columns)
    step = entry.step and {"to": description.of_field(entry.step.to, to),
                           "choice": choices.conversion_to_json(entry.step.chosen)}
    yield sa.insert(fl_archive).values(
        id=entry.id, entity_id=entry.entity_id, field_id=entry.field_id, kind=entry.kind, table_name=entry.table,
        columns=columns, description=made, into_id=None, step=step, rows=rows, **stamp)


def adopt(entry: Archived, to: Catalog, field: Field, chosen: Conversion) -> Iterator[Any]:
    """Statements for what was removed, and is now converted into a field of the same id."""
    step = {"to": description.of_field(field, to), "choice": choices.conversion_to_json(chosen)}
    yield sa.update(fl_archive).where(fl_archive.c.id == entry.id).values(step=step)


def leave(entry: Archived) -> Iterator[Any]:
    """Statements for what is in force again."""
    yield sa.update(fl_archive).where(fl_archive.c.into_id == entry.id).values(into_id=None)
    yield sa.delete(fl_archive).where(fl_archive.c.id == entry.id)

