"""Schema changes as values: each says what it does, gives its SQL, applies itself and names its reverse.

The set is small on purpose. Lengths, choices and required are rules of the application, removing only hides, so most
changes of a catalog need no DDL at all.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

import sqlalchemy as sa
from sqlalchemy.schema import AddConstraint, CreateTable, DropTable
from sqlalchemy.schema import CreateIndex as CreateIndexStatement

from formloom.errors import Text

Statement: TypeAlias = sa.TextClause | sa.Update | sa.schema.ExecutableDDLElement


class Operation(Protocol):
    @property
    def risk(self) -> str:
        """safe: nothing is lost and no row is read; check: fails if the data does not fit; hide: values are kept."""
        ...

    def describe(self) -> Text: ...

    def statements(self, connection: sa.Connection) -> Iterator[Statement]:
        """What has to be executed on this database as it is now; less where a hidden column or table is found."""
        ...

    def reverse(self) -> Operation: ...


@dataclass(frozen=True, slots=True)
class AddTable:
    """`deferred`: foreign keys to tables that come later; PostgreSQL gets them once all tables are there."""

    name: str
    table: sa.Table
    deferred: frozenset[str] = frozenset()
    risk: str = "safe"

    def describe(self) -> Text:
        return Text("Create the table {table} for {name}.", table=self.table.name, name=self.name)

    def statements(self, connection: sa.Connection) -> Iterator[Statement]:
        inspector = sa.inspect(connection)
        if inspector.has_table(self.table.name):
            yield from self._missing(connection, inspector)
            return
        now = [c for c in self.table.foreign_key_constraints if c.name not in self._later(connection)]
        yield CreateTable(self.table, include_foreign_key_constraints=now)
        yield from (CreateIndexStatement(index) for index in _sorted(self.table))

    def _missing(self, connection: sa.Connection, inspector: sa.Inspector) -> Iterator[Statement]:
        """The table of an entity that was hidden comes back with its rows."""
        there = {column["name"] for column in inspector.get_columns(self.table.name)}
        for column in self.table.c:
            if column.name not in there:
                yield _add_column(self.table, column, connection)
        yield from (CreateIndexStatement(index, if_not_exists=True) for index in _sorted(self.table))

    def _later(self, connection: sa.Connection) -> frozenset[str]:
        return self.deferred if connection.dialect.name == "postgresql" else frozenset()

    def reverse(self) -> Operation:
        return RemoveTable(self.name, self.table)


@dataclass(frozen=True, slots=True)
class RemoveTable:
    """Only the reverse of a creation: a removed entity is hidden, not dropped."""

    name: str
    table: sa.Table
    risk: str = "loss"

    def describe(self) -> Text:
        return Text("Drop the table {table}.", table=self.table.name)

    def statements(self, connection: sa.Connection) -> Iterator[Statement]:
        yield DropTable(self.table)

    def reverse(self) -> Operation:
        return AddTable(self.name, self.table)


@dataclass(frozen=True, slots=True)
class AddForeignKeys:
    """What `AddTable` left for later: entities that refer to each other."""

    table: sa.Table
    names: frozenset[str]
    risk: str = "safe"

    def describe(self) -> Text:
        return Text("Connect {table} with the tables it refers to.", table=self.table.name)

    def statements(self, connection: sa.Connection) -> Iterator[Statement]:
        if connection.dialect.name == "postgresql":
            yield from (AddConstraint(c) for c in self.table.foreign_key_constraints if c.name in self.names)

    def reverse(self) -> Operation:
        return self


@dataclass(frozen=True, slots=True)
class AddColumn:
    """`fill`: the constant default of the field, given to the rows that exist."""

    field: str
    table: sa.Table
    column: sa.Column[Any]
    fill: Any = None
    risk: str = "safe"

    def describe(self) -> Text:
        return Text("Add the column {column} to {table}.", column=self.column.name, table=self.table.name)

    def statements(self, connection: sa.Connection) -> Iterator[Statement]:
        there = {column["name"] for column in sa.inspect(connection).get_columns(self.table.name)}
        if self.column.name in there:
            return
        yield _add_column(self.table, self.column, connection)
        if self.fill is not None:
            yield sa.update(self.table).values({self.column.name: self.fill})

    def reverse(self) -> Operation:
        return DropColumn(self.field, self.table, self.column)


@dataclass(frozen=True, slots=True)
class DropColumn:
    """Only the reverse of an addition: a removed field is hidden, not dropped."""

    field: str
    table: sa.Table
    column: sa.Column[Any]
    risk: str = "loss"

    def describe(self) -> Text:
        return Text("Drop the column {column} of {table}.", column=self.column.name, table=self.table.name)

    def statements(self, connection: sa.Connection) -> Iterator[Statement]:
        quote = connection.dialect.identifier_preparer.quote
        yield sa.text(f"ALTER TABLE {quote(self.table.name)} DROP COLUMN {quote(self.column.name)}")

    def reverse(self) -> Operation:
        return AddColumn(self.field, self.table, self.column)


@dataclass(frozen=True, slots=True)
class Rename:
    """A table (`column` empty) or a column; the stable id says that it is the same thing."""

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

    def reverse(self) -> Operation:
        return Rename(self.table if self.column else self.new, self.new, self.old, self.column)


@dataclass(frozen=True, slots=True)
class AddIndex:
    index: sa.Index

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

    def reverse(self) -> Operation:
        return DropIndex(self.index)


@dataclass(frozen=True, slots=True)
class DropIndex:
    index: sa.Index
    risk: str = "safe"

    def describe(self) -> Text:
        return Text("Drop the index {name}.", name=self.index.name)

    def statements(self, connection: sa.Connection) -> Iterator[Statement]:
        yield sa.schema.DropIndex(self.index, if_exists=True)

    def reverse(self) -> Operation:
        return AddIndex(self.index)


@dataclass(frozen=True, slots=True)
class Hide:
    """A removed field or entity: its values stay in the database and come back with the definition."""

    name: str
    risk: str = "hide"

    def describe(self) -> Text:
        return Text("Hide {name}; its values are kept.", name=self.name)

    def statements(self, connection: sa.Connection) -> Iterator[Statement]:
        return iter(())

    def reverse(self) -> Operation:
        return self


def _sorted(table: sa.Table) -> list[sa.Index]:
    return sorted(table.indexes, key=lambda index: str(index.name))


def _add_column(table: sa.Table, column: sa.Column[Any], connection: sa.Connection) -> Statement:
    """With its foreign key inline, the one form that SQLite and PostgreSQL share."""
    quote = connection.dialect.identifier_preparer.quote
    kind = column.type.compile(connection.dialect)
    keys = (f" CONSTRAINT {quote(str(c.name))} REFERENCES {quote(c.elements[0].target_fullname.split('.')[0])} (id)"
            for c in table.foreign_key_constraints if c.column_keys == [column.name])
    text = f"ALTER TABLE {quote(table.name)} ADD COLUMN {quote(column.name)} {kind}{''.join(keys)}"
    return sa.text(text)
