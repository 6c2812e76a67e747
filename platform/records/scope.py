"""A record as expressions see it: references answer paths, read when asked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from formloom.feel.functions.working import CALENDARS
from formloom.metadata.catalog import Entity, Field
from formloom.policy import people
from formloom.records.calendars import Calendars
from formloom.records.context import Context


class Link(int):
    """A reference: the id, which answers paths with the record it points at."""

    _target: Mapping[str, Any] | None
    _context: Context
    _entity: str

    @classmethod
    def to(cls, context: Context, entity: str, record_id: int, target: Mapping[str, Any] | None = None) -> Link:
        """`target` spares the reading, or stands for a record that is not written yet."""
        link = cls(record_id)
        link._context, link._entity, link._target = context, entity, target
        return link

    def feel_path(self, name: str) -> Any:
        if self._target is None:
            row = self._context.store.get(self._context.unit, self._entity, int(self)) or {}
            self._target = Scope(self._context, self._context.catalog.entity(self._entity), row)
        return self._target[name]


class Person(int):
    """A user field: the id, which answers the paths that `user` answers."""

    _context: Context

    @classmethod
    def of(cls, context: Context, user_id: int) -> Person:
        person = cls(user_id)
        person._context = context
        return person

    def feel_path(self, name: str) -> Any:
        actor = people.load_actor(self._context.unit, int(self))
        value = actor.feel[name] if actor else None
        return Person.of(self._context, int(value)) if name == "manager" and value is not None else value


class Scope(Mapping[str, Any]):
    """The fields of one row by name, and `record`, `user`; `rows` are child tables already in memory."""

    def __init__(
        self, context: Context, entity: Entity, row: Mapping[str, Any], rows: Mapping[str, Any] | None = None,
        parent: Mapping[str, Any] | None = None,
    ) -> None:
        self._context, self._entity, self.row = context, entity, row
        self._rows = rows
        self._parent = parent

    def __getitem__(self, name: str) -> Any:
        field = self._entity.fields.get(name)
        if field is None:
            return self._other(name)
        if field.type.name == "table":
            return self._table(field)
        return self._value(field, self.row.get(name))

    def __iter__(self) -> Iterator[str]:
        yield from (*self._entity.fields, "record", "user")

    def __len__(self) -> int:
        return len(self._entity.fields) + 2

    def _other(self, name: str) -> Any:
        if name == "user":
            return self._context.actor.feel
        if name == CALENDARS:
            return Calendars(self._context, self._entity, self.row)
        return self if name == "record" else self.row[name]

    def _value(self, field: Field, value: Any) -> Any:
        if field.name == "parent" and self._parent is not None:
            return Link.to(self._context, self._entity.parent or "", value or 0, self._parent)
        if value is None:
            return None
        if field.type.name == "user" or field.name in ("created_by", "updated_by"):
            return Person.of(self._context, value)
        # A roll-up has a target, too: the entity of its rows. Only references are ids.
        if field.target is None or field.type.name not in ("reference", "references"):
            return value
        if isinstance(value, list):
            return [Link.to(self._context, field.target, i) for i in value]
        return Link.to(self._context, field.target, value)

    def _table(self, field: Field) -> list[Any]:
        if self._rows is None:
            number = self.row.get("id")
            self._rows = {} if number is None else self._context.store.children(
                self._context.unit, self._entity.name, number)
        child = self._context.catalog.entity(field.target or "")
        return [Scope(self._context, child, row, parent=self) for row in self._rows.get(field.name, ())]
