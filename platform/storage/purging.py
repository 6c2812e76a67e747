"""The end of what was put aside: an explicit act, never automatic, shown before it is done."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

import sqlalchemy as sa

from formloom.storage.archive import COLUMNS, ENTITY, Archived, Register
from formloom.storage.database import Unit
from formloom.storage.filling import held_by
from formloom.storage.platform_tables import fl_archive
from formloom.storage.tables import links_of, name_of


def old(register: Register, before: datetime) -> tuple[Archived, ...]:
    """What was put aside before this moment, with everything that can only be brought back through it."""
    return with_former(register, (e for e in register.entries if e.at is not None and e.at < before))


def with_former(register: Register, chosen: Iterable[Archived]) -> tuple[Archived, ...]:
    """Former forms of what goes go too: the way back leads through it. With an entity go the fields of its table."""
    found = {entry.id: entry for entry in chosen}
    while True:
        entities = {e.entity_id for e in found.values() if e.kind == ENTITY}
        more = {e.id: e for e in register.entries
                if e.id not in found and (e.into in found or e.entity_id in entities)}
        if not more:
            return tuple(found[id] for id in sorted(found))
        found |= more


def purge(unit: Unit, entries: Iterable[Archived]) -> None:
    """Nothing brings these values back."""
    chosen = tuple(entries)
    gone = {entry.entity_id for entry in chosen if entry.kind == ENTITY}
    for entry in chosen:
        for statement in _statements(unit, entry, entry.entity_id in gone):
            unit.connection.exec_driver_sql(statement)
    unit.connection.execute(sa.delete(fl_archive).where(fl_archive.c.id.in_([entry.id for entry in chosen])))


def _statements(unit: Unit, entry: Archived, with_entity: bool) -> Iterator[str]:
    quote = unit.connection.dialect.identifier_preparer.quote
    if entry.entity is not None:
        for link in links_of(entry.entity).values():
            yield f"DROP TABLE {quote(name_of(f'x{entry.id}', link.name))}"
        yield _table_gone(unit, entry.table)
    elif entry.kind != COLUMNS:
        yield f"DROP TABLE {quote(entry.table)}"
    elif not with_entity:
        for name in held_by(entry).columns.values():
            yield f"ALTER TABLE {quote(entry.table)} DROP COLUMN {quote(name)}"


def _table_gone(unit: Unit, table: str) -> str:
    """SQLite looks for the table that a foreign key names whenever a row is written, and cannot let go of the keys of
    references that were put aside: for those an empty table stays."""
    quoted = unit.connection.dialect.identifier_preparer.quote(table)
    if unit.dialect == "postgresql":
        return f"DROP TABLE {quoted} CASCADE"
    inspector = sa.inspect(unit.connection)
    pointed_at = any(key["referred_table"] == table for name in inspector.get_table_names() if name != table
                     for key in inspector.get_foreign_keys(name))
    return f"DELETE FROM {quoted}" if pointed_at else f"DROP TABLE {quoted}"  # noqa: S608 - a name of ours, quoted
