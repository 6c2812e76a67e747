"""Operations that put values aside, bring them back, and fill one form of a field from another."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.schema import CreateIndex as CreateIndexStatement

from formloom.errors import Text
from formloom.metadata.catalog import Catalog, Entity, Field
from formloom.storage import archive, filling, tables
from formloom.storage.archive import Archived
from formloom.storage.choices import Conversion
from formloom.storage.database import Unit
from formloom.storage.filling import Fill
from formloom.storage.holding import Held
from formloom.storage.naming import Names, Place
from formloom.storage.operations import Stamp, Statement, add_key, by_name
from formloom.storage.platform_tables import fl_archive
from formloom.storage.tables import columns_of


@dataclass(frozen=True, slots=True)
class PutAside:
    """A field's values get another name, and no longer hold on to the records they point at. `entry.step` says what
    they become; without it the field is removed."""

    element: str
    entry: Archived
    present: Held
    old: Catalog
    new: Catalog

    @property
    def risk(self) -> str:
        return "convert" if self.entry.step else "hide"

    def describe(self) -> Text:
        if self.entry.step:
            return Text("Put the values of {name} aside as they are.", name=self.element)
        return Text("Hide {name}; its values are kept.", name=self.element)

    def statements(self, connection: sa.Connection) -> Iterator[Statement]:
        if self.present.links:
            yield _renamed_table(connection, self.present.links, self._held.links)
            return
        for column in columns_of(self.present.field):
            old, new = self.present.columns[column.suffix], self._held.columns[column.suffix]
            if column.kind == "reference":
                yield from _let_go(connection, self.present.table, old, new, self.entry.id)
            else:
                yield _renamed_column(connection, self.present.table, old, new)

    def apply(self, unit: Unit, stamp: Stamp) -> None:
        rows = count(unit, self.present)
        for statement in self.statements(unit.connection):
            unit.connection.execute(statement)
        for noted in archive.enter(self.entry, self.old, self.new, _noted(stamp), rows):
            unit.connection.execute(noted)

    @property
    def _held(self) -> Held:
        return filling.held_by(self.entry)


@dataclass(frozen=True, slots=True)
class BringBack:
    """A field's values get their name again; what pointed at records that are gone is empty."""

    element: str
    entry: Archived
    target: Held
    table: sa.Table             # of the entity, as it will be
    links: sa.Table | None = None
    risk: str = "safe"

    def describe(self) -> Text:
        return Text("Bring back the values of {name} that were put aside.", name=self.element)

    def statements(self, connection: sa.Connection) -> Iterator[Statement]:
        held = filling.held_by(self.entry)
        if self.links is not None:
            yield _renamed_table(connection, held.links, self.links.name)
            yield from (CreateIndexStatement(index, if_not_exists=True) for index in by_name(self.links).values())
            return
        for column in columns_of(self.target.field):
            old, new = held.columns[column.suffix], self.target.columns[column.suffix]
            if column.kind == "reference":
                yield from self._hold_on(connection, old, new, tables.target_table(column, self.target.field))
            else:
                yield _renamed_column(connection, self.target.table, old, new)

    def _hold_on(self, connection: sa.Connection, old: str, new: str, target: str) -> Iterator[Statement]:
        yield _without_dangling(self.target.table, old, target)
        if connection.dialect.name == "postgresql":
            yield _renamed_column(connection, self.target.table, old, new)
            yield from (add_key(connection, c) for c in self.table.foreign_key_constraints if c.column_keys == [new])
            return
        own = sa.table(self.target.table, sa.column(old), sa.column(bound_name(self.entry.id, old)))
        yield sa.update(own).where(own.c[old].is_not(None)).values({bound_name(self.entry.id, old): own.c[old]})
        yield _renamed_column(connection, self.target.table, bound_name(self.entry.id, old), new)
        yield _dropped_column(connection, self.target.table, old)

    def apply(self, unit: Unit, stamp: Stamp) -> None:
        for statement in (*self.statements(unit.connection), *archive.leave(self.entry)):
            unit.connection.execute(statement)


@dataclass(frozen=True, slots=True)
class PutEntityAside:
    """The table gets another name with everything in it. `links`: its tables of references, old name to new."""

    element: str
    entry: Archived
    entity: Entity
    table: str
    links: Mapping[str, str]
    catalog: Catalog
    risk: str = "hide"

    def describe(self) -> Text:
        return Text("Hide {name}; its values are kept.", name=self.element)

    def statements(self, connection: sa.Connection) -> Iterator[Statement]:
        for name in reference_columns(self.entity):
            yield from _let_go(connection, self.table, name, tables.name_of(f"x{self.entry.id}", name))
        yield _renamed_table(connection, self.table, self.entry.table)
        yield sa.update(fl_archive).where(fl_archive.c.table_name == self.table).values(table_name=self.entry.table)
        yield from (_renamed_table(connection, old, new) for old, new in self.links.items())

    def apply(self, unit: Unit, stamp: Stamp) -> None:
        rows = unit.connection.scalar(sa.select(sa.func.count()).select_from(sa.table(self.table))) or 0
        for statement in self.statements(unit.connection):
            unit.connection.execute(statement)
        for noted in archive.enter(self.entry, self.catalog, self.catalog, _noted(stamp), rows):
            unit.connection.execute(noted)


@dataclass(frozen=True, slots=True)
class BringEntityBack:
    """The table as it was when it was put aside; what changed since follows as changes of a table in force."""

    element: str
    entry: Archived
    before: sa.Table
    targets: Mapping[str, str]      # reference column to the table it points at; '' where that is gone
    links: Mapping[str, str]
    risk: str = "safe"

    def describe(self) -> Text:
        return Text("Bring back {name} with its records.", name=self.element)

    def statements(self, connection: sa.Connection) -> Iterator[Statement]:
        table = self.before.name
        yield _renamed_table(connection, self.entry.table, table)
        yield sa.update(fl_archive).where(fl_archive.c.table_name == self.entry.table).values(table_name=table)
        yield from (_renamed_table(connection, old, new) for old, new in self.links.items())
        for name, target in self.targets.items():
            kept = tables.name_of(f"x{self.entry.id}", name)
            if target:
                yield _without_dangling(table, kept, target)
            if connection.dialect.name == "postgresql":
                yield _renamed_column(connection, table, kept, name)
                yield from (_referring(connection, table, name, str(c.name), target)
                            for c in self.before.foreign_key_constraints if c.column_keys == [name] and target)
            else:
                own = sa.table(table, sa.column(name), sa.column(kept))
                yield sa.update(own).where(own.c[kept].is_not(None)).values({name: own.c[kept]})
                yield _dropped_column(connection, table, kept)

    def apply(self, unit: Unit, stamp: Stamp) -> None:
        for statement in (*self.statements(unit.connection), *archive.leave(self.entry)):
            unit.connection.execute(statement)


@dataclass(frozen=True, slots=True)
class Convert:
    """`before` reads the values under the names they have now, `after` under those they have once it is time."""

    element: str
    before: Fill
    after: Fill
    places: Mapping[str, Place]         # where references are named, now
    later: Mapping[str, Place]          # and then
    risk: str = "convert"

    def describe(self) -> Text:
        now = self.after.target.field.type.name
        if self.after.others:
            return Text("Fill {name} from {fields}.", name=self.element,
                        fields=", ".join(held.field.name for held in self.after.others))
        if self.after.back:
            return Text("Bring {name} back to {new}: originals where nothing changed, else converted.",
                        name=self.element, new=now)
        return Text("Convert the values of {name} from {old} to {new}.", name=self.element,
                    old=self.after.source.field.type.name, new=now)

    def statements(self, connection: sa.Connection) -> Iterator[Statement]:
        """As one record is written; many are at once."""
        target = self.after.target
        if target.links:
            yield sa.insert(target.linked)
            return
        own = target.typed
        yield sa.update(own).where(own.c.id == sa.bindparam("row_id")).values(
            {name: sa.bindparam(f"new_{name}") for name in target.columns.values()})

    def apply(self, unit: Unit, stamp: Stamp) -> None:
        filling.fill(unit, self.after, Names(unit, self.later))


@dataclass(frozen=True, slots=True)
class Adopt:
    """What was removed stays aside, and is from now on a former form of the field that came in its place."""

    element: str
    entry: Archived
    new: Catalog
    field: Field
    chosen: Conversion
    risk: str = "safe"

    def describe(self) -> Text:
        return Text("Keep the earlier values of {name} aside.", name=self.element)

    def statements(self, connection: sa.Connection) -> Iterator[Statement]:
        yield from archive.adopt(self.entry, self.new, self.field, self.chosen)

    def apply(self, unit: Unit, stamp: Stamp) -> None:
        for statement in self.statements(unit.connection):
            unit.connection.execute(statement)


def count(unit: Unit, held: Held) -> int:
    """How many records have a value."""
    query = sa.select(sa.func.count()).select_from(sa.table(held.table, sa.column("id"))).where(held.filled())
    return unit.connection.scalar(query) or 0


def reference_columns(entity: Entity) -> dict[str, str]:
    """Columns of fields that point somewhere, with the table; `parent` keeps its key, for it goes with its parent."""
    return {f.name + c.suffix: tables.target_table(c, f) for f in entity.fields.values()
            for c in columns_of(f) if c.kind == "reference"}


def bound_name(number: int, archived: str) -> str:
    """SQLite cannot drop a foreign key: the column that has it stays, empty, under this name."""
    return tables.name_of(f"z{number}", archived)


def _let_go(
    connection: sa.Connection, table: str, old: str, new: str, number: int | None = None,
) -> Iterator[Statement]:
    """The values go on without a foreign key. With `number` the name becomes free on SQLite too."""
    if connection.dialect.name == "postgresql":
        quote = connection.dialect.identifier_preparer.quote
        for key in _keys_of(connection, table, old):
            yield sa.text(f"ALTER TABLE {quote(table)} DROP CONSTRAINT {quote(key)}")
        yield _renamed_column(connection, table, old, new)
        return
    quote = connection.dialect.identifier_preparer.quote
    yield sa.text(f"ALTER TABLE {quote(table)} ADD COLUMN {quote(new)} INTEGER")
    own = sa.table(table, sa.column(old), sa.column(new))
    yield sa.update(own).where(own.c[old].is_not(None)).values({new: own.c[old], old: None})
    if number is not None:
        yield _renamed_column(connection, table, old, bound_name(number, new))


def _keys_of(connection: sa.Connection, table: str, column: str) -> list[str]:
    if not sa.inspect(connection).has_table(table):
        return []
    return [str(key["name"]) for key in sa.inspect(connection).get_foreign_keys(table)
            if key["constrained_columns"] == [column]]


def _without_dangling(table: str, column: str, target: str) -> Statement:
    own, other = sa.table(table, sa.column(column)), sa.table(target, sa.column("id")).alias("pointed_at")
    gone = ~sa.exists().where(other.c.id == own.c[column])
    return sa.update(own).where(own.c[column].is_not(None), gone).values({column: None})


def _referring(connection: sa.Connection, table: str, column: str, name: str, target: str) -> Statement:
    """In words: the table it points at may be in no catalog at hand."""
    quote = connection.dialect.identifier_preparer.quote
    return sa.text(f"ALTER TABLE {quote(table)} ADD CONSTRAINT {quote(name)} FOREIGN KEY ({quote(column)}) "
                   f"REFERENCES {quote(target)} (id)")


def _renamed_table(connection: sa.Connection, old: str, new: str) -> Statement:
    quote = connection.dialect.identifier_preparer.quote
    return sa.text(f"ALTER TABLE {quote(old)} RENAME TO {quote(new)}")


def _renamed_column(connection: sa.Connection, table: str, old: str, new: str) -> Statement:
    quote = connection.dialect.identifier_preparer.quote
    return sa.text(f"ALTER TABLE {quote(table)} RENAME COLUMN {quote(old)} TO {quote(new)}")


def _dropped_column(connection: sa.Connection, table: str, name: str) -> Statement:
    quote = connection.dialect.identifier_preparer.quote
    return sa.text(f"ALTER TABLE {quote(table)} DROP COLUMN {quote(name)}")


def _noted(stamp: Stamp) -> dict[str, Any]:
    return {"version": stamp.version, "at": stamp.at, "by": stamp.by}
