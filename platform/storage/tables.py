"""Real tables of a catalog: `e_<entity>`, and `j_<entity>_<field>` for many references.

Lengths, choices and required are rules of the application, not of the database: changing them needs no DDL. Indexes,
unique constraints and foreign keys are always named and never flags of a column, so that they can be added one by one.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator, Mapping
from typing import Any

import sqlalchemy as sa

from formloom.metadata import fieldtypes
from formloom.metadata.catalog import Catalog, Entity, Field
from formloom.storage.columns import Exact, Instant, Json, Span

_LONGEST_NAME = 63
_TARGETS = {"user": "ab_user", "team": "fl_team", "file": "fl_file", "image": "fl_file"}
_SYSTEM: Mapping[str, Any] = {
    "version": sa.Integer, "created_at": Instant, "created_by": sa.Integer, "updated_at": Instant,
    "updated_by": sa.Integer, "parent": sa.Integer, "position": sa.Integer,
}


class Tables:
    """Each is made when it is first asked for: a worker rarely meets all of a large model. Safe between threads."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._metadata = sa.MetaData()
        self._entities: dict[str, sa.Table] = {}
        self._links: dict[tuple[str, str], sa.Table] = {}
        self._lock = threading.RLock()
        for name in ("ab_user", "fl_team", "fl_file"):
            sa.Table(name, self._metadata, sa.Column("id", sa.Integer, primary_key=True))

    def __getitem__(self, entity: str) -> sa.Table:
        found = self._entities.get(entity)
        return self._made(entity) if found is None else found

    def link(self, entity: str, field: str) -> sa.Table:
        """The join table of many references: `source`, `target`, `position`."""
        found = self._links.get((entity, field))
        if found is None:
            self._made(entity)
            found = self._links[entity, field]
        return found

    def links_of(self, entity: Entity) -> dict[str, sa.Table]:
        """Its join tables by field."""
        return {f.name: self.link(entity.name, f.name) for f in entity.fields.values() if is_link(f)}

    @property
    def metadata(self) -> sa.MetaData:
        """With every table in it."""
        for name in self._catalog.entities:
            self[name]
        return self._metadata

    def _made(self, name: str) -> sa.Table:
        with self._lock:
            if name not in self._entities:
                entity = self._catalog.entities[name]
                made = _entity_table(entity, self._metadata)
                links = {(name, f.name): _link_table(entity, f, self._metadata)
                         for f in entity.fields.values() if is_link(f)}
                self._links |= links
                self._entities[name] = made
            return self._entities[name]


def table_of(entity: Entity) -> sa.Table:
    """Alone: its foreign keys are names."""
    return _entity_table(entity, sa.MetaData())


def links_of(entity: Entity) -> dict[str, sa.Table]:
    """By name of the field."""
    metadata = sa.MetaData()
    return {f.name: _link_table(entity, f, metadata) for f in entity.fields.values() if is_link(f)}


def build(catalog: Catalog) -> Tables:
    return Tables(catalog)


def is_link(field: Field) -> bool:
    return field.type.name == "references"


def columns_of(field: Field) -> tuple[fieldtypes.Column, ...]:
    return () if is_link(field) or field.system else tuple(field.type.columns(field))


def name_of(kind: str, *parts: str) -> str:
    """A name that fits PostgreSQL's 63 bytes; what is cut off stays told apart by a hash."""
    name = "_".join((kind, *parts))
    if len(name.encode()) <= _LONGEST_NAME:
        return name
    mark = hashlib.sha256(name.encode()).hexdigest()[:8]
    return f"{name.encode()[:_LONGEST_NAME - 9].decode(errors='ignore')}_{mark}"


def table_name(entity: str) -> str:
    return name_of("e", entity)


def _entity_table(entity: Entity, metadata: sa.MetaData) -> sa.Table:
    name = table_name(entity.name)
    table = sa.Table(name, metadata, sa.Column("id", sa.Integer, primary_key=True), sqlite_autoincrement=True)
    for part in (*_system_parts(name, entity), *_field_parts(name, entity)):
        table.append_constraint(part) if isinstance(part, sa.Constraint) else table.append_column(part)
    for unique in _unique(entity):
        sa.Index(name_of("uq", name, *unique), *(table.c[column] for column in unique), unique=True)
    for index in _indexes(name, entity):
        sa.Index(name_of("ix", name, *index), *(table.c[column] for column in index))
    return table


def _system_parts(name: str, entity: Entity) -> Iterator[Any]:
    present = set(_SYSTEM) if entity.parent else set(_SYSTEM) - {"parent", "position"}
    for column, kind in _SYSTEM.items():
        if column in present:
            yield sa.Column(column, kind, nullable=column != "version")
    if entity.parent:
        yield _foreign_key(name, "parent", table_name(entity.parent), "CASCADE")


def _field_parts(name: str, entity: Entity) -> Iterator[Any]:
    for field in entity.fields.values():
        for column in columns_of(field):
            yield sa.Column(field.name + column.suffix, sql_type(column, field), nullable=True)
            if column.kind == "reference":
                yield _foreign_key(name, field.name + column.suffix, target_table(column, field))


def _unique(entity: Entity) -> list[tuple[str, ...]]:
    """As indexes, not constraints: both databases can add and drop them without rebuilding the table."""
    single = [(f.name,) for f in entity.fields.values() if (f.unique or f.type.name == "sequence") and columns_of(f)]
    return list(dict.fromkeys((*single, *entity.unique)))


def _indexes(name: str, entity: Entity) -> list[tuple[str, ...]]:
    """Declared indexes, references, the life cycle, the owner and the first column of the usual order: what rules and
    lists ask by."""
    by = {sort.field for sort in entity.sort[:1]}
    single = [(f.name,) for f in entity.fields.values() if columns_of(f) and (
        f.indexed or f.name in {entity.state, entity.owner, *by} or columns_of(f)[0].kind == "reference")]
    single += [(stamp,) for stamp in ("created_at", "updated_at") if stamp in by]
    child = [("parent", "position")] if entity.parent else []
    return list(dict.fromkeys((*child, *single, *entity.indexes)))


def _foreign_key(table: str, column: str, target: str, on_delete: str | None = None) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{target}.id"], name=name_of("fk", table, column), ondelete=on_delete)


def _link_table(entity: Entity, field: Field, metadata: sa.MetaData) -> sa.Table:
    name, columns = name_of("j", entity.name, field.name), ("source", "target")
    return sa.Table(
        name, metadata,
        *(sa.Column(column, sa.Integer, primary_key=True, autoincrement=False) for column in columns),
        sa.Column("position", sa.Integer, nullable=False),
        _foreign_key(name, "source", table_name(entity.name), "CASCADE"),
        _foreign_key(name, "target", table_name(str(field.target)), "CASCADE"),
        sa.Index(name_of("ix", name, "target"), "target"),
    )


def target_table(column: fieldtypes.Column, field: Field) -> str:
    if column.references:
        return column.references
    return table_name(field.target) if field.target else _TARGETS[field.type.name]


def sql_type(column: fieldtypes.Column, field: Field) -> sa.types.TypeEngine[Any]:
    if field.type.feel_type == "days and time duration" and column.kind == "integer":
        return Span()
    if column.kind == "decimal":
        return Exact(18, 6 if column.scale is None else column.scale)
    kind: sa.types.TypeEngine[Any] = _KINDS[column.kind]()
    return kind


_KINDS: Mapping[str, Any] = {
    "text": sa.Text, "integer": sa.BigInteger, "boolean": sa.Boolean, "date": sa.Date, "datetime": Instant,
    "json": Json, "reference": sa.Integer,
}
