"""What references are called, and who is called so: the lookup of conversions, read from the database once per fill."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Final

import sqlalchemy as sa

from formloom.metadata.catalog import Catalog, Entity, Field
from formloom.storage.database import Unit
from formloom.storage.tables import columns_of, table_name

_SEVERAL: Final = 0


@dataclass(frozen=True, slots=True)
class Place:
    """Where the records of an entity are, and which columns name them."""

    table: str
    names: tuple[str, ...]      # the title first


_FIXED: Mapping[str, Place] = {
    "user": Place("ab_user", ("username",)), "team": Place("fl_team", ("name",)),
    "file": Place("fl_file", ("name",)), "image": Place("fl_file", ("name",)),
}


def places(catalog: Catalog, called: Mapping[str, str] | None = None) -> dict[str, Place]:
    """By name of the entity; `called`: what an entity is called by those who will ask, by its id."""
    return {(called or {}).get(e.id, e.name): Place(table_name(e.name), names_of(e)) for e in catalog.entities.values()}


def names_of(entity: Entity) -> tuple[str, ...]:
    wanted = (entity.title, entity.number)
    return tuple(n for n in wanted if n and n in entity.fields and _is_text(entity.fields[n]))


def _is_text(field: Field) -> bool:
    return [(c.kind, c.suffix) for c in columns_of(field)] == [("text", "")]


@dataclass(slots=True)
class _Read:
    titles: dict[int, str] = field(default_factory=dict)
    ids: dict[str, int] = field(default_factory=dict)


class Names:
    """Reads the names of an entity when the first of them is asked for, and keeps them for further units of work."""

    def __init__(self, unit: Unit, places: Mapping[str, Place]) -> None:
        self.unit, self._places = unit, places
        self._known: dict[str, _Read] = {}

    def title(self, field: Field, id: int) -> str | None:
        return self._of(field).titles.get(id)

    def find(self, field: Field, name: str) -> int | None:
        return self._of(field).ids.get(name.strip().casefold()) or None

    def near(self, field: Field, name: str) -> str | None:
        close = get_close_matches(name.strip().casefold(), list(self._of(field).ids), n=1, cutoff=0.6)
        return close[0] if close else None

    def _of(self, field: Field) -> _Read:
        key = field.target or field.type.name
        if key not in self._known:
            place = self._places.get(field.target) if field.target else _FIXED.get(field.type.name)
            self._known[key] = _read(self.unit, place) if place and place.names else _Read()
        return self._known[key]


def _read(unit: Unit, place: Place) -> _Read:
    """A name that several have finds none of them."""
    table = sa.table(place.table, sa.column("id"), *map(sa.column, place.names))
    found = _Read()
    for id, *names in unit.connection.execute(sa.select(table.c.id, *(table.c[n] for n in place.names))):
        if names[0] is not None:
            found.titles[id] = names[0]
        for word in {name.strip().casefold() for name in names if name}:
            found.ids[word] = id if word not in found.ids else _SEVERAL
    return found
