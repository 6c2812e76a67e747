"""Records in tables: one statement per question, rows as dicts by field name.

The store knows neither actors nor rules: what may be read comes in as a condition, what may be written is decided
above.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias

import sqlalchemy as sa

from formloom.feel import Expression
from formloom.metadata.catalog import EMPTY, Catalog, Entity, Field, Sort
from formloom.storage import rows, sequences
from formloom.storage.database import Unit
from formloom.storage.query import Conditions
from formloom.storage.tables import Tables, columns_of

Row: TypeAlias = dict[str, Any]
Rows: TypeAlias = list[Row]
Ids: TypeAlias = list[int]
Condition: TypeAlias = sa.ColumnElement[bool]
_STAMPS = frozenset(("created_at", "updated_at"))   # written with every record


class Store:
    """Of one catalog; safe to share between threads."""

    def __init__(self, catalog: Catalog, tables: Tables) -> None:
        self.catalog = catalog
        self.tables = tables
        self._conditions: dict[str, Conditions] = {}
        self._parts: dict[str, dict[str, dict[str, str]]] = {}
        self._ones: dict[tuple[str, bool], sa.Select[Any]] = {}

    def condition(self, unit: Unit, entity: Entity, expression: Expression, user: Mapping[str, Any],
                  now: datetime) -> Condition:
        """The rows for which the expression is true. Raises `NotRenderable`."""
        kept = self._conditions.get(unit.dialect)
        if kept is None:
            kept = self._conditions[unit.dialect] = Conditions(self.catalog, self.tables, unit.dialect)
        return kept.render(expression, entity, user, now)

    def get(self, unit: Unit, entity: str, id: int, where: Condition | None = None, lock: bool = False) -> Row | None:
        """The record if it is there and fits; with `lock` nobody else writes it until the unit ends."""
        query = self._one(entity, lock)
        found = self._rows(unit, entity, query if where is None else query.where(where), given={"this_id": id})
        return found[0] if found else None

    def _one(self, entity: str, lock: bool) -> sa.Select[Any]:
        """Kept, because to build a statement takes longer than to run it."""
        kept = self._ones.get((entity, lock))
        if kept is None:
            table = self.tables[entity]
            query = sa.select(table).where(table.c.id == sa.bindparam("this_id"))
            kept = self._ones[entity, lock] = query.with_for_update() if lock else query
        return kept

    def list(self, unit: Unit, entity: str, where: Condition | None = None, sort: Sequence[Sort] = (),
             limit: int | None = None, offset: int = 0, after: Sequence[Any] | None = None,
             fields: Iterable[str] | None = None, filled: Set[str] = frozenset()) -> Rows:
        """Rows in order, ties by id. `after`: the sort values and the id of the last row of the page before.

        `filled`: fields that the condition leaves no empty value of, so that an index serves either direction.
        """
        table, definition = self.tables[entity], self.catalog.entity(entity)
        names = None if fields is None else list(fields)
        order = self._order(definition, sort, filled)
        query = sa.select(*rows.selected(definition, table, names)).select_from(self._joined(definition, sort))
        query = query if where is None else query.where(where)
        query = query if after is None else query.where(_beyond(order, after))
        query = query.order_by(*(key.direction() for key in order))
        query = query if limit is None else query.limit(limit)
        return self._rows(unit, entity, query.offset(offset) if offset else query, names)

    def count(self, unit: Unit, entity: str, where: Condition | None = None, limit: int | None = None) -> int:
        """How many; with `limit` counting stops there."""
        query = sa.select(sa.literal(1)).select_from(self.tables[entity])
        query = query if where is None else query.where(where)
        query = query if limit is None else query.limit(limit)
        return unit.connection.scalar(sa.select(sa.func.count()).select_from(query.subquery())) or 0

    def insert(self, unit: Unit, entity: str, values: Mapping[str, Any]) -> int:
        table, definition = self.tables[entity], self.catalog.entity(entity)
        row = {"version": 1, **rows.stored(definition, table, values)}
        made = unit.connection.scalar(sa.insert(table).values(row).returning(table.c.id))
        assert made is not None  # noqa: S101 - RETURNING of an INSERT of one row
        self._write_links(unit, definition, int(made), values)
        return int(made)

    def update(self, unit: Unit, entity: str, id: int, values: Mapping[str, Any], version: int | None = None) -> bool:
        """False when the record is gone or has another version than the caller saw."""
        table, definition = self.tables[entity], self.catalog.entity(entity)
        row = {**rows.stored(definition, table, values), "version": table.c.version + 1}
        if unit.connection.execute(sa.update(table).where(*_this(table, id, version)).values(row)).rowcount != 1:
            return False
        self._write_links(unit, definition, id, values)
        return True

    def delete(self, unit: Unit, entity: str, id: int, version: int | None = None) -> bool:
        table = self.tables[entity]
        return unit.connection.execute(sa.delete(table).where(*_this(table, id, version))).rowcount == 1

    def titles(self, unit: Unit, entity: str, ids: Iterable[int], where: Condition | None = None) -> dict[int, str]:
        wanted = sorted(set(ids))
        if not wanted:
            return {}
        table = self.tables[entity]
        title = self._title(self.catalog.entity(entity), table)
        query = sa.select(table.c.id, title).where(table.c.id.in_(wanted))
        query = query if where is None else query.where(where)
        return {id: f"#{id}" if words is None else str(words) for id, words in unit.connection.execute(query)}

    def children(self, unit: Unit, entity: str, id: int) -> dict[str, Rows]:
        """The rows of each child table by the name of its field, in order."""
        found = {}
        for field, child in self.catalog.children(self.catalog.entity(entity)).items():
            table = self.tables[child.name]
            query = sa.select(table).where(table.c.parent == id).order_by(table.c.position, table.c.id)
            found[field] = self._rows(unit, child.name, query)
        return found

    def replace_children(self, unit: Unit, entity: str, id: int, field: str,
                         wanted: Sequence[Mapping[str, Any]]) -> None:
        """Makes the child table these rows in this order: rows with an id of it stay, others are new, the rest goes."""
        child = str(self.catalog.entity(entity).field(field).target)
        table = self.tables[child]
        present = set(unit.connection.scalars(sa.select(table.c.id).where(table.c.parent == id)))
        kept = {row["id"] for row in wanted if row.get("id") in present}
        if present - kept:
            unit.connection.execute(sa.delete(table).where(table.c.id.in_(present - kept)))
        for position, row in enumerate(wanted):
            values = {**{k: v for k, v in row.items() if k != "id"}, "parent": id, "position": position}
            if row.get("id") in kept:
                self.update(unit, child, row["id"], values)
            else:
                self.insert(unit, child, values)

    def next_number(self, unit: Unit, entity: str, field: str, now: datetime) -> str:
        """The next number of a sequence; taken only if the unit commits, so that none is missing."""
        definition = self.catalog.entity(entity).field(field)
        return sequences.take(unit, entity, field, str(definition.options.get("pattern", "{0}")), now)

    def _rows(self, unit: Unit, entity: str, query: sa.Select[Any], fields: Iterable[str] | None = None,
              given: Mapping[str, Any] = EMPTY) -> Rows:
        result = unit.connection.execute(query, given)
        names = tuple(result.keys())
        found = [dict(zip(names, row, strict=True)) for row in result.fetchall()]
        parts = self._composites(entity, names) if found else {}
        if parts:
            found = [rows.composed(row, parts) for row in found]
        for name in rows.links_of(self.catalog.entity(entity), fields) if found else ():
            targets = self._targets(unit, self.tables.link(entity, name), [row["id"] for row in found])
            for row in found:
                row[name] = targets.get(row["id"], [])
        return found

    def _composites(self, entity: str, columns: Sequence[str]) -> dict[str, dict[str, str]]:
        known = self._parts.get(entity)
        if known is None:
            known = self._parts[entity] = rows.composites(self.catalog.entity(entity))
        return {name: parts for name, parts in known.items() if parts.keys() <= set(columns)} if known else known

    def _targets(self, unit: Unit, link: sa.Table, ids: Sequence[int]) -> dict[int, Ids]:
        query = sa.select(link.c.source, link.c.target).where(link.c.source.in_(ids))
        found: dict[int, Ids] = {}
        for source, target in unit.connection.execute(query.order_by(link.c.position, link.c.target)):
            found.setdefault(source, []).append(target)
        return found

    def _write_links(self, unit: Unit, entity: Entity, id: int, values: Mapping[str, Any]) -> None:
        for name in rows.links_of(entity, values):
            link = self.tables.link(entity.name, name)
            unit.connection.execute(sa.delete(link).where(link.c.source == id))
            targets = dict.fromkeys(values[name] or ())
            if targets:
                unit.connection.execute(sa.insert(link), [
                    {"source": id, "target": target, "position": n} for n, target in enumerate(targets)])

    def _order(self, entity: Entity, sort: Sequence[Sort], filled: Set[str]) -> Sequence[_Key]:
        order = [_Key(self._sorted_by(entity, part.field), part.descending,
                      part.field in filled or part.field in _STAMPS) for part in sort if part.field != "id"]
        by_id = next((part.descending for part in sort if part.field == "id"), False)
        return [*order, _Key(self.tables[entity.name].c.id, by_id, True)]

    def _sorted_by(self, entity: Entity, name: str) -> sa.ColumnElement[Any]:
        target = self._sorted_target(entity, name)
        if target:
            return self._title(target, self.tables[target.name].alias(f"by_{name}"))
        return self.tables[entity.name].c[name]

    def _joined(self, entity: Entity, sort: Sequence[Sort]) -> sa.FromClause:
        joined: sa.FromClause = self.tables[entity.name]
        for part in sort:
            target = self._sorted_target(entity, part.field)
            if target:
                named = self.tables[target.name].alias(f"by_{part.field}")
                joined = joined.outerjoin(named, named.c.id == self.tables[entity.name].c[part.field])
        return joined

    def _sorted_target(self, entity: Entity, name: str) -> Entity | None:
        """The entity by whose titles a reference is sorted."""
        field = entity.field(name)
        return self.catalog.entity(field.target) if field.target and field.type.name == "reference" else None

    def _title(self, entity: Entity, table: sa.FromClause) -> sa.ColumnElement[Any]:
        field: Field = entity.field(entity.title)
        return table.c[entity.title] if field.system or columns_of(field) else table.c.id


def _this(table: sa.Table, id: int, version: int | None) -> tuple[Condition, ...]:
    return (table.c.id == id,) if version is None else (table.c.id == id, table.c.version == version)


@dataclass(frozen=True, slots=True)
class _Key:
    """One column to sort by. Empty values come last either way, on both databases."""

    column: sa.ColumnElement[Any]
    descending: bool
    filled: bool

    def direction(self) -> sa.ColumnElement[Any]:
        directed = self.column.desc() if self.descending else self.column.asc()
        return directed if self.filled else directed.nulls_last()

    def later(self, value: Any) -> Condition:
        if value is None:
            return sa.false()
        held = sa.literal(value, self.column.type) if isinstance(value, bool) else value    # SQLAlchemy orders no True
        later: Condition = self.column < held if self.descending else self.column > held
        return later if self.filled else sa.or_(later, self.column.is_(None))


def _beyond(order: Sequence[_Key], after: Sequence[Any]) -> Condition:
    """Rows that come after the given values: later in the first column, or equal there and later in the rest."""
    key, value = order[0], after[0]
    later = key.later(value)
    if len(order) == 1:
        return later
    return sa.or_(later, sa.and_(key.column.is_not_distinct_from(value), _beyond(order[1:], after[1:])))
