"""What can be made ready before a publication switches over, and the plan that takes it.

On a large table of PostgreSQL, columns are converted and indexes built while people go on working: a *shadow* column
is filled beside the one in force, a trigger notes what is written meanwhile, and the switch only renames. A key names
what a shadow is for, so that another attempt takes up what an earlier one left.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import sqlalchemy as sa

from formloom.errors import Text
from formloom.metadata.catalog import Field
from formloom.storage import choices
from formloom.storage.diff import Plan
from formloom.storage.filling import Fill, held_by
from formloom.storage.holding import Held
from formloom.storage.operations import AddColumn, AddIndex, Operation, Plain, Rename, Statement, add_key
from formloom.storage.putting_aside import BringBack, Convert
from formloom.storage.tables import columns_of, name_of

Large = Callable[[str], bool]


@dataclass(frozen=True, slots=True)
class ShadowFill:
    """`fill` writes into columns that nobody sees yet; of a form that is brought back, into those in the archive."""

    key: str
    fill: Fill
    columns: Mapping[str, sa.Column[Any]]       # to be added, by name; none where they are there
    operation: Convert


@dataclass(frozen=True, slots=True)
class ShadowColumn:
    """A new column that an index needs."""

    key: str
    table: str
    name: str
    operation: AddColumn


@dataclass(frozen=True, slots=True)
class ShadowIndex:
    key: str
    table: str
    name: str
    columns: tuple[str, ...]
    operation: AddIndex


@dataclass(frozen=True, slots=True)
class Shadows:
    fills: tuple[ShadowFill, ...] = ()
    columns: tuple[ShadowColumn, ...] = ()
    indexes: tuple[ShadowIndex, ...] = ()

    @property
    def keys(self) -> frozenset[str]:
        return frozenset((*(f.key for f in self.fills), *(c.key for c in self.columns), *(i.key for i in self.indexes)))


@dataclass(slots=True)
class _Names:
    """What tables and columns are called now, by what they will be called."""

    tables: dict[str, str] = field(default_factory=dict)
    columns: dict[tuple[str, str], str] = field(default_factory=dict)
    new: set[tuple[str, str]] = field(default_factory=set)
    added: set[tuple[str, str]] = field(default_factory=set)

    def table(self, name: str) -> str:
        return self.tables.get(name, name)


def shadows(plan: Plan, version: str, large: Large) -> Shadows:
    """What of this plan is worth making ready. `large`: whether a table, as it is called now, has many rows."""
    names = _names(plan)
    added = names.added
    fills = tuple(_fill(o, version) for o in plan.operations if isinstance(o, Convert) and _can_wait(o, large, added))
    filled = {(s.operation.after.target.table, s.operation.after.target.columns[suffix]): name
              for s in fills for suffix, name in s.fill.target.columns.items()}
    wanted = [o for o in plan.operations if isinstance(o, AddIndex) and o.index.table is not None
              and large(names.table(o.index.table.name))]
    needed = {(str(o.index.table.name), c.name) for o in wanted if o.index.table is not None for c in o.index.columns}
    columns = tuple(_column(o, version, names) for o in plan.operations if isinstance(o, AddColumn)
                    and (o.table.name, o.column.name) in needed - filled.keys())
    filled |= {(c.operation.table.name, c.operation.column.name): c.name for c in columns}
    indexes = tuple(found for o in wanted if (found := _index(o, version, names, filled)) is not None)
    return Shadows(fills, columns, indexes)


def _names(plan: Plan) -> _Names:
    found = _Names()
    for one in plan.operations:
        if isinstance(one, Rename) and one.column:
            found.columns[one.table, one.new] = found.columns.pop((one.table, one.old), one.old)
        elif isinstance(one, Rename):
            found.tables[one.new] = found.tables.pop(one.old, one.old)
        elif isinstance(one, AddColumn):
            found.added.add((one.table.name, one.column.name))
        elif isinstance(one, BringBack):
            aside = held_by(one.entry).columns
            found.columns |= {(one.target.table, n): aside[suffix] for suffix, n in one.target.columns.items()}
        elif isinstance(one, Convert):
            found.new |= {(one.after.target.table, name) for name in one.after.target.columns.values()}
    found.new |= found.added
    return found


def _can_wait(operation: Convert, large: Large, added: set[tuple[str, str]]) -> bool:
    """Values in tables of links are converted at the switch, and so is what fills only gaps of a field."""
    held, target = (*operation.before.read_from, operation.before.target), operation.after.target
    fresh = all((target.table, name) in added for name in target.columns.values())
    return (large(operation.before.source.table) and not any(one.links for one in held)
            and (fresh or bool(operation.before.back)))


def _key(version: str, *parts: object) -> str:
    return hashlib.sha256(repr((version, *parts)).encode()).hexdigest()[:16]


def _fill(operation: Convert, version: str) -> ShadowFill:
    before, now = operation.before, operation.before.target.field
    key = _key(version, now.id, choices.conversion_to_json(before.chosen), before.source.table,
               *(sorted(held.columns.items()) for held in before.read_from))
    if before.back:
        return ShadowFill(key, replace(before, target=held_by(before.back[-1]).at(before.source.table)), {}, operation)
    columns = {c.suffix: name_of("s", key, now.name + c.suffix) for c in columns_of(now)}
    target = Held(now, before.source.table, columns)
    typed = {name: sa.Column(name, target.typed.c[name].type) for name in columns.values()}
    return ShadowFill(key, replace(before, target=target), typed, operation)


def _column(operation: AddColumn, version: str, names: _Names) -> ShadowColumn:
    key = _key(version, operation.table.name, operation.column.name)
    return ShadowColumn(key, names.table(operation.table.name), name_of("s", key, operation.column.name), operation)


def _index(operation: AddIndex, version: str, names: _Names,
           filled: Mapping[tuple[str, str], str]) -> ShadowIndex | None:
    """Nothing for an index over what comes into being only at the switch."""
    table, columns = str(operation.index.table.name) if operation.index.table is not None else "", []
    for column in operation.index.columns:
        place = (table, column.name)
        if place in names.new and place not in filled:
            return None
        columns.append(filled.get(place) or names.columns.get(place, column.name))
    key = _key(version, table, str(operation.index.name), columns)
    return ShadowIndex(key, names.table(table), name_of("s", key, str(operation.index.name)), tuple(columns), operation)


@dataclass(frozen=True, slots=True)
class TakeColumn(Plain):
    """The shadow becomes the column; its foreign key holds for new values at once, and is checked for old ones
    afterwards."""

    element: str
    table: sa.Table
    shadow: str
    column: sa.Column[Any]
    risk: str = "safe"

    def describe(self) -> Text:
        return Text("Add the column {column} to {table}.", column=self.column.name, table=self.table.name)

    def statements(self, connection: sa.Connection) -> Iterator[Statement]:
        quote = connection.dialect.identifier_preparer.quote
        table, name = quote(self.table.name), quote(self.column.name)
        yield sa.text(f"ALTER TABLE {table} RENAME COLUMN {quote(self.shadow)} TO {name}")
        yield from (add_key(connection, key) for key in self.table.foreign_key_constraints
                    if key.column_keys == [self.column.name])


@dataclass(frozen=True, slots=True)
class TakeIndex(Plain):
    element: str
    shadow: str
    index: sa.Index
    risk: str = "safe"

    def describe(self) -> Text:
        return AddIndex(self.index).describe()

    def statements(self, connection: sa.Connection) -> Iterator[Statement]:
        quote = connection.dialect.identifier_preparer.quote
        yield sa.text(f"ALTER INDEX {quote(self.shadow)} RENAME TO {quote(str(self.index.name))}")


def taking(plan: Plan, ready: Shadows) -> Plan:
    """The plan with what is ready in the place of what it would do itself."""
    done = {id(s.operation) for s in ready.fills}
    columns = {(s.operation.after.target.table, s.operation.after.target.columns[suffix]): name
               for s in ready.fills if s.columns for suffix, name in s.fill.target.columns.items()}
    columns |= {(s.operation.table.name, s.operation.column.name): s.name for s in ready.columns}
    indexes = {id(s.operation): s.name for s in ready.indexes}
    found: list[Operation] = []
    for one in plan.operations:
        if isinstance(one, AddColumn) and (one.table.name, one.column.name) in columns:
            shadow = columns[one.table.name, one.column.name]
            found.append(TakeColumn(one.element, one.table, shadow, one.column))
        elif isinstance(one, AddIndex) and id(one) in indexes:
            found.append(TakeIndex(one.element, indexes[id(one)], one.index))
        elif id(one) not in done:
            found.append(one)
    return Plan(tuple(found))


def field_of(fill: ShadowFill) -> Field:
    return fill.fill.target.field
