"""Schema changes as values: each says what it does, gives its SQL, and applies itself.

The set is small on purpose. Lengths, choices and required are rules of the application, what is removed or converted is
put aside under another name, so most changes of a catalog need no DDL at all, and none destroys a value.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

import sqlalchemy as sa
from sqlalchemy.schema import AddConstraint, CreateTable
from sqlalchemy.schema import CreateIndex as CreateIndexStatement

from formloom.errors import Text
from formloom.storage import platform_tables
from formloom.storage.database import Unit
from formloom.storage.platform_tables import fl_archive
from formloom.storage.tables import name_of

Statement: TypeAlias = sa.TextClause | sa.Update | sa.Insert | sa.Delete | sa.schema.ExecutableDDLElement


@dataclass(frozen=True, slots=True)
class Stamp:
    """Of the publication: what the archive notes beside each entry."""

    version: str
    at: Any
    by: int


class Operation(Protocol):
    @property
    def risk(self) -> str:
        """safe: nothing is lost and no row is read; check: fails if the data does not fit; hide: values are put aside;
        convert: values become others, and the originals are put aside."""
        ...

    @property
    def element(self) -> str:
        """The entity or field it is about: `deal.colour`."""
        ...

    def describe(self) -> Text: ...

    def statements(self, connection: sa.Connection) -> Iterator[Statement]:
        """What has to be executed on this database as it is now."""
        ...

    def apply(self, unit: Unit, stamp: Stamp) -> None: ...


class Plain:
    """An operation that is nothing but its statements."""

    __slots__ = ()

    def apply(self, unit: Unit, stamp: Stamp) -> None:
        for statement in self.statements(unit.connection):
            unit.connection.execute(statement)

    def statements(self, connection: sa.Connection) -> Iterator[Statement]:
        raise NotImplementedError


@dataclass(frozen=True, slots=True)
class AddTable(Plain):
    """`deferred`: foreign keys to tables that come later; PostgreSQL gets them once all tables are there."""

    element: str
    table: sa.Table
    deferred: frozenset[str] = frozenset()
    risk: str = "safe"

    def describe(self) -> Text:
        return Text("Create the table {table} for {name}.", table=self.table.name, name=self.element)

    def statements(self, connection: sa.Connection) -> Iterator[Statement]:
        inspector = sa.inspect(connection)
        if inspector.has_table(self.table.name):
            yield from self._missing(connection, inspector)
            return
        now = [c for c in self.table.foreign_key_constraints if c.name not in self._later(connection)]
        yield CreateTable(self.table, include_foreign_key_constraints=now)
        yield from (CreateIndexStatement(index) for index in by_name(self.table).values())

    def _missing(self, connection: sa.Connection, inspector: sa.Inspector) -> Iterator[Statement]:
        """A table that was left behind before removed entities had an archive."""
        there = {column["name"] for column in inspector.get_columns(self.table.name)}
        for column in self.table.c:
            if column.name not in there:
                yield add_column(self.table, column, connection)
        yield from (CreateIndexStatement(index, if_not_exists=True) for index in by_name(self.table).values())

    def _later(self, connection: sa.Connection) -> frozenset[str]:
        return self.deferred if connection.dialect.name == "postgresql" else frozenset()


@dataclass(frozen=True, slots=True)
class AddForeignKeys(Plain):
    """What `AddTable` left for later: entities that refer to each other."""

    table: sa.Table
    names: frozenset[str]
    risk: str = "safe"

    @property
    def element(self) -> str:
        return self.table.name.removeprefix("e_")

    def describe(self) -> Text:
        return Text("Connect {table} with the tables it refers to.", table=self.table.name)

    def statements(self, connection: sa.Connection) -> Iterator[Statement]:
        if connection.dialect.name == "postgresql":
            yield from (AddConstraint(c) for c in self.table.foreign_key_constraints if c.name in self.names)


@dataclass(frozen=True, slots=True)
class AddColumn(Plain):
    """`fill`: the constant default of the field, given to the rows that exist."""

    element: str
    table: sa.Table
    column: sa.Column[Any]
    fill: Any = None
    risk: str = "safe"

    def describe(self) -> Text:
        return Text("Add the column {column} to {table}.", column=self.column.name, table=self.table.name)

    def statements(self, connection: sa.Connection) -> Iterator[Statement]:
        """PostgreSQL keeps the value for rows that exist beside the table, and rewrites nothing; it stays the default
        for as long as others may write who do not know of the column, see `backfill.forget_defaults`.
        """
        inspector = sa.inspect(connection)
        if inspector.has_table(self.table.name) and any(
                column["name"] == self.column.name for column in inspector.get_columns(self.table.name)):
            return
        instantly = self.fill is not None and connection.dialect.name == "postgresql"
        yield add_column(self.table, self.column, connection, self.fill if instantly else None)
        if self.fill is not None and not instantly:
            yield sa.update(self.table).values({self.column.name: self.fill})


@dataclass(frozen=True, slots=True)
class Rename(Plain):
    """A table (`column` false) or a column; the stable id says that it is the same thing."""

    element: str
    table: str
    old: str
    new: str
    column: bool = True
    risk: str = "safe"

    def describe(self) -> Text:
        return Text("Rename {old} to {new}.", old=self.old, new=self.new)

    def statements(self, connection: sa.Connection) -> Iterator[Statement]:
        quote = connection.dialect.identifier_preparer.quote
        what = f"COLUMN {quote(self.old)} TO" if self.column else "TO"
        yield sa.text(f"ALTER TABLE {quote(self.table)} RENAME {what} {quote(self.new)}")
        if not self.column:
            yield sa.update(fl_archive).where(fl_archive.c.table_name == self.old).values(table_name=self.new)


@dataclass(frozen=True, slots=True)
class RenameKeys(Plain):
    """Constraints keep the name of the table or column that they were made for: PostgreSQL would find it taken."""

    element: str
    table: str
    names: Mapping[str, str]
    risk: str = "safe"

    def describe(self) -> Text:
        return Text("Rename the keys of {table}.", table=self.table)

    def statements(self, connection: sa.Connection) -> Iterator[Statement]:
        if connection.dialect.name != "postgresql":
            return
        quote, inspector = connection.dialect.identifier_preparer.quote, sa.inspect(connection)
        known = inspector.get_foreign_keys(self.table) if inspector.has_table(self.table) else ()
        there = {str(key["name"]) for key in known} or self.names.keys()
        for old, new in ((old, new) for old, new in self.names.items() if old in there):
            yield sa.text(f"ALTER TABLE {quote(self.table)} RENAME CONSTRAINT {quote(old)} TO {quote(new)}")


@dataclass(frozen=True, slots=True)
class Follow(Plain):
    """What the platform's own tables say of an entity, or of one of its fields, follows its new name."""

    element: str
    old: str
    new: str
    entity: str = ""        # of a field
    risk: str = "safe"

    def describe(self) -> Text:
        return Text("Let history, comments and files of {old} follow to {new}.", old=self.old, new=self.new)

    def statements(self, connection: sa.Connection) -> Iterator[Statement]:
        for table in platform_tables.metadata.sorted_tables:
            if not self.entity and "entity" in table.c:
                yield sa.update(table).where(table.c.entity == self.old).values(entity=self.new)
            if self.entity and {"entity", "field"} <= set(table.c.keys()):
                mine = (table.c.entity == self.entity) & (table.c.field == self.old)
                yield sa.update(table).where(mine).values(field=self.new)


@dataclass(frozen=True, slots=True)
class AddIndex(Plain):
    """`rule`: the key of the rule that a unique one stands for."""

    index: sa.Index
    element: str = ""
    rule: str = ""

    @property
    def risk(self) -> str:
        return "check" if self.index.unique else "safe"

    def describe(self) -> Text:
        columns = ", ".join(c.name for c in self.index.columns)
        if self.index.unique:
            return Text("Let no two rows share {columns}.", columns=columns)
        return Text("Index {columns}.", columns=columns)

    def statements(self, connection: sa.Connection) -> Iterator[Statement]:
        yield CreateIndexStatement(self.index, if_not_exists=True)


@dataclass(frozen=True, slots=True)
class DropIndex(Plain):
    name: str
    element: str = ""
    risk: str = "safe"

    def describe(self) -> Text:
        return Text("Drop the index {name}.", name=self.name)

    def statements(self, connection: sa.Connection) -> Iterator[Statement]:
        yield sa.text(f"DROP INDEX IF EXISTS {connection.dialect.identifier_preparer.quote(self.name)}")


@dataclass(frozen=True, slots=True)
class RenameIndex(Plain):
    """SQLite cannot rename an index: it makes it anew."""

    old: str
    index: sa.Index
    element: str = ""
    risk: str = "safe"

    def describe(self) -> Text:
        return Text("Rename {old} to {new}.", old=self.old, new=str(self.index.name))

    def statements(self, connection: sa.Connection) -> Iterator[Statement]:
        quote = connection.dialect.identifier_preparer.quote
        if connection.dialect.name == "postgresql":
            yield sa.text(f"ALTER INDEX {quote(self.old)} RENAME TO {quote(str(self.index.name))}")
            return
        yield sa.text(f"DROP INDEX IF EXISTS {quote(self.old)}")
        yield CreateIndexStatement(self.index, if_not_exists=True)


def by_name(table: sa.Table) -> dict[str, sa.Index]:
    return {str(index.name): index for index in sorted(table.indexes, key=lambda index: str(index.name))}


def add_column(table: sa.Table, column: sa.Column[Any], connection: sa.Connection, fill: Any = None) -> Statement:
    """With its foreign key inline, the one form that SQLite and PostgreSQL share."""
    quote = connection.dialect.identifier_preparer.quote
    kind = column.type.compile(connection.dialect)
    keys = (f" CONSTRAINT {quote(str(c.name))} REFERENCES {quote(c.elements[0].target_fullname.split('.')[0])} (id)"
            f"{' ON DELETE ' + c.ondelete if c.ondelete else ''}"
            for c in table.foreign_key_constraints if c.column_keys == [column.name])
    given = "" if fill is None else f" DEFAULT {literal(fill, column, connection)}"
    return sa.text(f"ALTER TABLE {quote(table.name)} ADD COLUMN {quote(column.name)} {kind}{given}{''.join(keys)}"
                   .replace(":", r"\:"))


def add_key(connection: sa.Connection, key: sa.ForeignKeyConstraint) -> Statement:
    """Holds for what is written from now on; `backfill.validate` looks at the rest without keeping anybody waiting."""
    quote = connection.dialect.identifier_preparer.quote
    own, target = quote(str(key.table.name)), quote(key.elements[0].target_fullname.split(".")[0])
    rule = f" ON DELETE {key.ondelete}" if key.ondelete else ""
    return sa.text(f"ALTER TABLE {own} ADD CONSTRAINT {quote(str(key.name))} FOREIGN KEY "
                   f"({quote(key.column_keys[0])}) REFERENCES {target} (id){rule} NOT VALID")


def literal(value: Any, column: sa.Column[Any], connection: sa.Connection) -> str:
    made = sa.literal(value, column.type).compile(connection, compile_kwargs={"literal_binds": True})
    return str(made)


def foreign_key(table: str, column: str) -> str:
    return name_of("fk", table, column)
