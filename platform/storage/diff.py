"""What has to change in the database between two catalogs, as a plan that can be read before it is applied.

Going back is a plan like any other: what earlier ones put aside is found by stable id and form, and brought back.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import count

import sqlalchemy as sa
from sqlalchemy.schema import sort_tables_and_constraints

from formloom.errors import Text
from formloom.metadata.catalog import Catalog, Entity
from formloom.storage import naming, tables
from formloom.storage.archive import ENTITY, Archived, Register
from formloom.storage.choices import NO_CHOICES, Choices
from formloom.storage.database import Unit
from formloom.storage.field_changes import EntityChange, Scene, renames_in_order
from formloom.storage.operations import (
    AddForeignKeys,
    AddTable,
    DropIndex,
    Follow,
    Operation,
    Rename,
    Stamp,
    by_name,
)
from formloom.storage.putting_aside import BringEntityBack, PutEntityAside, reference_columns

_NOTHING = Register()


@dataclass(frozen=True, slots=True)
class Plan:
    operations: tuple[Operation, ...]

    def describe(self) -> Iterator[Text]:
        return (operation.describe() for operation in self.operations)

    def sql(self, unit: Unit) -> list[str]:
        """The statements for this database as it is now, as an administrator would read them."""
        return [statement for operation in self.operations for statement in sql_of(operation, unit)]

    def apply(self, unit: Unit, stamp: Stamp) -> None:
        for operation in self.operations:
            operation.apply(unit, stamp)


def sql_of(operation: Operation, unit: Unit) -> list[str]:
    dialect = unit.connection.dialect
    return [str(statement.compile(dialect=dialect)).strip() for statement in operation.statements(unit.connection)]


def plan(old: Catalog | None, new: Catalog, choices: Choices = NO_CHOICES, register: Register = _NOTHING) -> Plan:
    """`register`: what is put aside, with the names that entities have in `new`."""
    known = {e.id: e for e in old.entities.values()} if old else {}
    kept = {e.id for e in new.entities.values()}
    called = {e.id: e.name for e in new.entities.values()}
    numbers = count(register.next_id)
    gone = [_gone(known[identity], next(numbers)) for identity in sorted(known.keys() - kept)]
    later = naming.places(new)
    for one in gone:
        later.setdefault(str(one.entity and one.entity.name), _moved(one))
    scene = Scene(old=old or new, new=new, choices=choices, register=register, numbers=numbers, called=called,
                  places=naming.places(old, called) if old else {}, later=later)
    same = [EntityChange(scene, known[e.id], e) for e in new.entities.values() if e.id in known and known[e.id] != e]
    back = [(entry, EntityChange(scene, replace(entry.entity, name=e.name), e, restored=True))
            for e in new.entities.values() if e.id not in known
            and (entry := register.entity(e.id)) is not None and entry.entity is not None]
    found = {*known, *(change.now.id for _, change in back)}
    if same or back or kept - known.keys():
        _ = scene.tables.metadata   # statements that create foreign keys look their targets up
    fresh = [t for e in new.entities.values() if e.id not in found for t in _tables_of(e, scene.tables)]
    steps: list[Operation] = []
    steps += [step for change in same for step in change.aside]
    steps += [step for one in gone for step in _put_aside(one, known[one.entity_id], old or new)]
    steps += _entities_renamed(same)
    steps += [_brought_back(entry, change, scene) for entry, change in back]
    steps += [step for _, change in back for step in change.aside]
    changes = [*same, *(change for _, change in back)]
    steps += [step for change in changes for step in change.renames]
    steps += _created(fresh)
    steps += [step for change in changes for step in change.added]
    steps += [step for change in changes for step in change.filled]
    steps += [step for change in changes for step in change.indexed]
    return Plan(tuple(steps))


def _tables_of(entity: Entity, built: tables.Tables) -> list[sa.Table]:
    return [built[entity.name], *built.links_of(entity).values()]


def _created(fresh: list[sa.Table]) -> Iterator[Operation]:
    """In an order in which foreign keys find their tables; circles are closed at the end."""
    later: dict[str, set[str]] = {}
    order: list[sa.Table] = []
    for table, keys in sort_tables_and_constraints(fresh):  # type: ignore[no-untyped-call]
        if table is not None:
            order.append(table)
            continue
        for key in keys:
            later.setdefault(key.table.name, set()).add(str(key.name))
    for table in order:
        yield AddTable(table.name.removeprefix("e_"), table, frozenset(later.get(table.name, ())))
    for table in order:
        if table.name in later:
            yield AddForeignKeys(table, frozenset(later[table.name]))


def _entities_renamed(changes: Iterable[EntityChange]) -> Iterator[Operation]:
    moved = [(c.was.name, c.now.name) for c in changes if c.was.name != c.now.name]
    for old, new in renames_in_order(moved):
        yield Rename(new, tables.table_name(old), tables.table_name(old), tables.table_name(new), column=False)
        yield Follow(new, old, new)


def _gone(entity: Entity, number: int) -> Archived:
    table = tables.name_of(f"x{number}", tables.table_name(entity.name))
    return Archived(id=number, entity_id=entity.id, field_id="", kind=ENTITY, table=table, entity=entity)


def _moved(entry: Archived) -> naming.Place:
    entity = entry.entity
    names = naming.names_of(entity) if entity else ()
    return naming.Place(entry.table, names)


def _put_aside(entry: Archived, entity: Entity, old: Catalog) -> Iterator[Operation]:
    table = tables.table_of(entity)
    for held in (table, *tables.links_of(entity).values()):
        yield from (DropIndex(name, entity.name) for name in by_name(held))
    links = {link.name: tables.name_of(f"x{entry.id}", link.name) for link in tables.links_of(entity).values()}
    yield PutEntityAside(entity.name, entry, entity, table.name, links, old)


def _brought_back(entry: Archived, change: EntityChange, scene: Scene) -> Operation:
    was = change.was
    known = {tables.table_name(name) for name in scene.new.entities}
    fixed = {"ab_user", "fl_team", "fl_file"}
    targets = {column: table if table in known | fixed else "" for column, table in reference_columns(was).items()}
    old_links = tables.links_of(replace(was, name=str(entry.entity and entry.entity.name)))
    links = {tables.name_of(f"x{entry.id}", link.name): tables.links_of(was)[name].name
             for name, link in old_links.items()}
    return BringEntityBack(change.now.name, entry, tables.table_of(was), targets, links)
