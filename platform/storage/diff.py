"""What has to change in the database between two catalogs, as a plan that can be read before it is applied."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.schema import sort_tables_and_constraints

from formloom.errors import BadConfiguration, Problem, Text
from formloom.metadata.catalog import Catalog, Entity, Field
from formloom.storage.database import Unit
from formloom.storage.operations import (
    AddColumn,
    AddForeignKeys,
    AddIndex,
    AddTable,
    DropIndex,
    Hide,
    Operation,
    Rename,
)
from formloom.storage.tables import Tables, build, columns_of


@dataclass(frozen=True, slots=True)
class Plan:
    operations: tuple[Operation, ...]

    def describe(self) -> Iterator[Text]:
        return (operation.describe() for operation in self.operations)

    def sql(self, unit: Unit) -> list[str]:
        """The statements for this database as it is now, as an administrator would read them."""
        connection = unit.connection
        return [
            str(statement.compile(dialect=connection.dialect)).strip()
            for operation in self.operations for statement in operation.statements(connection)
        ]

    def apply(self, unit: Unit) -> None:
        for operation in self.operations:
            for statement in operation.statements(unit.connection):
                unit.connection.execute(statement)

    def reverse(self) -> Plan:
        return Plan(tuple(operation.reverse() for operation in reversed(self.operations)))


def plan(old: Catalog | None, new: Catalog) -> Plan:
    """Raises BadConfiguration for changes that would have to convert stored values."""
    before, after = (build(old) if old else None), build(new)
    known = {e.id: e for e in old.entities.values()} if old else {}
    same = [(known[e.id], e) for e in new.entities.values() if e.id in known]
    problems = [p for was, now in same for p in _type_changes(was, now)]
    if problems:
        raise BadConfiguration(problems)
    fresh = [t for e in new.entities.values() if e.id not in known for t in _tables_of(e, after)]
    steps: list[Operation] = []
    if before is not None:
        for was, now in same:
            steps += _renames(was, now, before, after)
    steps += _created(fresh, new)
    if before is not None:
        for was, now in same:
            steps += _changed(was, now, before, after)
        gone = known.keys() - {e.id for e in new.entities.values()}
        steps += [Hide(known[identity].name) for identity in sorted(gone)]
    return Plan(tuple(steps))


def _tables_of(entity: Entity, tables: Tables) -> list[sa.Table]:
    return [tables[entity.name], *(table for (owner, _), table in tables.links.items() if owner == entity.name)]


def _created(fresh: list[sa.Table], new: Catalog) -> Iterator[Operation]:
    """In an order in which foreign keys find their tables; circles are closed at the end."""
    later: dict[str, set[str]] = {}
    order: list[sa.Table] = []
    for table, keys in sort_tables_and_constraints(fresh):  # type: ignore[no-untyped-call]
        if table is not None:
            order.append(table)
            continue
        for key in keys:
            later.setdefault(key.table.name, set()).add(str(key.name))
    names = {id(t): t.name.removeprefix("e_") for t in order}
    for table in order:
        yield AddTable(names[id(table)], table, frozenset(later.get(table.name, ())))
    for table in order:
        if table.name in later:
            yield AddForeignKeys(table, frozenset(later[table.name]))


def _renames(was: Entity, now: Entity, before: Tables, after: Tables) -> Iterator[Operation]:
    old_table, new_table = before[was.name], after[now.name]
    if old_table.name != new_table.name:
        yield Rename(old_table.name, old_table.name, new_table.name, column=False)
    fields = {f.id: f for f in was.fields.values()}
    for field in now.fields.values():
        old = fields.get(field.id)
        if old is not None and old.name != field.name:
            for column in columns_of(old):
                yield Rename(new_table.name, old.name + column.suffix, field.name + column.suffix)
    for old_link, new_link in _kept_links(was, now, before, after):
        if old_link.name != new_link.name:
            yield Rename(old_link.name, old_link.name, new_link.name, column=False)


def _kept_links(was: Entity, now: Entity, before: Tables, after: Tables) -> Iterator[tuple[sa.Table, sa.Table]]:
    fields = {f.id: f.name for f in was.fields.values()}
    for (owner, name), table in after.links.items():
        old = fields.get(now.fields[name].id, "") if owner == now.name else ""
        if (was.name, old) in before.links:
            yield before.links[was.name, old], table


def _changed(was: Entity, now: Entity, before: Tables, after: Tables) -> Iterator[Operation]:
    table = after[now.name]
    fields = {f.id for f in was.fields.values()}
    for field in now.fields.values():
        if field.id not in fields:
            yield from _added(field, now, after)
    yield from _indexes(before[was.name], table)
    kept = {f.id for f in now.fields.values()}
    yield from (Hide(f"{now.name}.{f.name}") for f in was.fields.values() if f.id not in kept)


def _added(field: Field, entity: Entity, after: Tables) -> Iterator[Operation]:
    table = after[entity.name]
    fill = field.default.constant if field.default else None
    for position, column in enumerate(columns_of(field)):
        yield AddColumn(field.name, table, table.c[field.name + column.suffix], fill if position == 0 else None)
    if (entity.name, field.name) in after.links:
        yield AddTable(f"{entity.name}.{field.name}", after.link(entity.name, field.name))


def _indexes(was: sa.Table, now: sa.Table) -> Iterator[Operation]:
    old, new = _by_name(was), _by_name(now)
    yield from (DropIndex(old[name]) for name in sorted(old.keys() - new.keys()))
    yield from (AddIndex(new[name]) for name in sorted(new.keys() - old.keys()))


def _by_name(table: sa.Table) -> Mapping[str, sa.Index]:
    return {str(index.name): index for index in table.indexes}


def _type_changes(was: Entity, now: Entity) -> Iterator[Problem]:
    fields = {f.id: f for f in was.fields.values()}
    for field in now.fields.values():
        old = fields.get(field.id)
        if old is not None and _shape(old) != _shape(field):
            yield Problem(
                "type-change",
                Text("{name} would change from {old} to {new}, and its stored values with it.",
                     name=field.name, old=old.type.name, new=field.type.name),
                field.place, Text("Add a new field, copy the values over, and remove the old one."),
                element=f"{now.name}.{field.name}",
            )


def _shape(field: Field) -> Any:
    """What the stored values look like; lengths and names do not matter."""
    columns = tuple((c.kind, c.suffix, c.scale, c.references) for c in columns_of(field))
    return columns, field.target if field.type.name in ("reference", "references") else None
