"""Cells of a data file as values of fields: references by what people call a record, dates moved to today."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

import simplejson
import sqlalchemy as sa

from formloom.errors import Text, UnknownField
from formloom.metadata.catalog import Entity, Field
from formloom.records.context import Context
from formloom.storage.platform_tables import fl_team
from formloom.storage.tables import columns_of

LIST_TYPES = frozenset({"choices", "references", "tags"})
_USER = sa.table("ab_user", sa.column("id"), sa.column("username"))
SYSTEM_CELLS = frozenset({"created_at", "updated_at", "position"})


class Names:
    """Ids by what a cell may call a record: its number, its title, or `@key` of the row that made it."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._ids: dict[str, dict[str, int]] = {}

    def add(self, entity: Entity, values: Mapping[str, Any], record_id: int, key: str = "") -> None:
        known = self._of(entity)
        for name in (entity.title, entity.number):
            if name and values.get(name) is not None:
                known.setdefault(str(values[name]), record_id)
        if key:
            known[f"@{key}"] = record_id

    def find(self, entity: str, text: str) -> int:
        found = self._of(self._context.catalog.entity(entity)).get(text)
        if found is None:
            raise ValueError(Text("there is no {entity} called {text}", entity=entity, text=text))
        return found

    def _of(self, entity: Entity) -> dict[str, int]:
        if entity.name not in self._ids:
            fields = [n for n in (entity.title, entity.number) if n]
            rows = self._context.store.list(self._context.unit, entity.name, fields=fields)
            known = self._ids[entity.name] = {}
            for row in rows:
                for name in fields:
                    if row.get(name) is not None:
                        known.setdefault(str(row[name]), row["id"])
        return self._ids[entity.name]


class Cells:
    """Reads the cells of one load; `days` is how far its dates move."""

    def __init__(self, context: Context, names: Names, days: int) -> None:
        self._names, self._days = names, timedelta(days=days)
        self._users = {row.username: row.id for row in context.unit.connection.execute(sa.select(_USER))}
        self._teams = {row.name: row.id for row in context.unit.connection.execute(
            sa.select(fl_team.c.name, fl_team.c.id))}

    def read(self, entity: Entity, cells: Mapping[str, Any]) -> dict[str, Any]:
        """Raises ValueError(Text) naming the column."""
        values: dict[str, Any] = {}
        for column, cell in cells.items():
            try:
                values[column] = self._value(entity, column, cell)
            except ValueError as error:
                raise ValueError(Text("{column}: {reason}", column=column, reason=error.args[0])) from error
            except UnknownField as error:
                raise ValueError(error.message) from error
        return values

    def _value(self, entity: Entity, name: str, cell: Any) -> Any:
        if name in SYSTEM_CELLS:
            return int(cell) if name == "position" else self._moved(datetime.fromisoformat(cell))
        if name == "parent":
            return self._names.find(entity.parent or "", cell)
        if name not in entity.fields and _is_part(entity, name):
            return str(cell)
        field = entity.field(name)
        if field.type.name == "sequence":
            return str(cell)
        if field.type.name in LIST_TYPES and isinstance(cell, str):
            cell = [piece.strip() for piece in cell.split(";") if piece.strip()]
        return self._moved(field.type.parse(self._raw(field, cell), field))

    def _raw(self, field: Field, cell: Any) -> Any:
        match field.type.name:
            case "reference":
                return self._names.find(field.target or "", cell)
            case "references":
                return [self._names.find(field.target or "", one) for one in cell]
            case "user":
                return _known(self._users, Text("person"), cell)
            case "team":
                return _known(self._teams, Text("team"), cell)
            case "json":
                return simplejson.loads(cell, use_decimal=True) if isinstance(cell, str) else cell
        return cell

    def _moved(self, value: Any) -> Any:
        return value + self._days if isinstance(value, date | datetime) else value


def _is_part(entity: Entity, column: str) -> bool:
    """A column such as `address_city` or `amount_currency`, which is one part of a field."""
    return any(column == field.name + part.suffix
               for field in entity.fields.values() for part in columns_of(field) if part.suffix)


def _known(ids: Mapping[str, int], what: Text, name: str) -> int:
    if name not in ids:
        raise ValueError(Text("there is no {what} called {name}", what=what, name=name))
    return ids[name]
