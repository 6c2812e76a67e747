"""What expressions of a process see: the bound record read fresh from the store, and the person who started it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from formloom.metadata.catalog import Entity, Field
from formloom.policy import people
from formloom.policy.actor import SYSTEM, Actor
from formloom.records.context import Context


class Reference(int):
    """A reference reads as its id and answers paths with the record it points at, read when asked."""

    _context: Context
    _entity: str

    @classmethod
    def to(cls, context: Context, entity: str, record_id: int) -> Reference:
        reference = cls(record_id)
        reference._context, reference._entity = context, entity
        return reference

    def feel_path(self, name: str) -> Any:
        return RecordView(self._context, self._entity, int(self)).get(name)


class Person(int):
    """A user reads as the id and answers `name`, `email`, `manager`, `roles` and the like."""

    _context: Context

    @classmethod
    def of(cls, context: Context, user_id: int) -> Person:
        person = cls(user_id)
        person._context = context
        return person

    def feel_path(self, name: str) -> Any:
        return person(self._context, int(self)).get(name)


def person(context: Context, user_id: int | None) -> Mapping[str, Any]:
    """The context called `user`; `manager` answers paths in turn."""
    actor = find_actor(context, user_id)
    values = dict(actor.feel) if actor else {}
    if actor and actor.manager_id is not None:
        values["manager"] = Person.of(context, actor.manager_id)
    return values


def find_actor(context: Context, user_id: int | None) -> Actor | None:
    if not user_id:
        return SYSTEM if user_id == SYSTEM.user_id else None
    return context.actor if user_id == context.actor.user_id else people.load_actor(context.unit, user_id)


class RecordView(Mapping[str, Any]):
    """A record's fields by name as FEEL values; the row is read once per step."""

    def __init__(self, context: Context, entity: str, record_id: int) -> None:
        self._context = context
        self._entity: Entity = context.catalog.entity(entity)
        self._id = record_id
        self._row: Mapping[str, Any] | None = None
        self._children: Mapping[str, Any] | None = None

    def refresh(self) -> None:
        self._row = self._children = None

    @property
    def row(self) -> Mapping[str, Any]:
        if self._row is None:
            self._row = self._context.store.get(self._context.unit, self._entity.name, self._id) or {}
        return self._row

    @property
    def exists(self) -> bool:
        return bool(self.row)

    def __getitem__(self, name: str) -> Any:
        field = self._entity.fields[name]
        if field.type.name == "table":
            return self._child_rows(field)
        return self._value(field, self.row.get(name))

    def __iter__(self) -> Iterator[str]:
        return iter(self._entity.fields)

    def __len__(self) -> int:
        return len(self._entity.fields)

    def _child_rows(self, field: Field) -> list[Any]:
        if self._children is None:
            self._children = self._context.store.children(self._context.unit, self._entity.name, self._id)
        target = self._context.catalog.entity(field.target or "")
        return [{name: self._value(target.fields[name], value) for name, value in row.items() if name in target.fields}
                for row in self._children.get(field.name, ())]

    def _value(self, field: Field, value: Any) -> Any:
        if value is None:
            return None
        if field.type.name in ("reference", "references") and field.target:
            link = [Reference.to(self._context, field.target, i) for i in (value if isinstance(value, list) else [value])]
            return link if isinstance(value, list) else link[0]
        if field.type.name == "user" or field.name in ("created_by", "updated_by"):
            return Person.of(self._context, value)
        return Decimal(value) if isinstance(value, int) and not isinstance(value, bool) else value


class Surroundings(Mapping[str, Any]):
    """The names of a step besides its results: fields of the bound record, `record`, `user`."""

    def __init__(self, context: Context, record: tuple[str, int] | None, started_by: int) -> None:
        self._context = context
        self._started_by = started_by
        self._user: Mapping[str, Any] | None = None
        self.view = RecordView(context, *record) if record else None

    def refresh(self) -> None:
        if self.view is not None:
            self.view.refresh()

    def __getitem__(self, name: str) -> Any:
        if name == "user":
            if self._user is None:
                self._user = person(self._context, self._started_by)
            return self._user
        if self.view is None:
            raise KeyError(name)
        return self.view if name == "record" else self.view[name]

    def __contains__(self, name: object) -> bool:
        return name == "user" or (self.view is not None and (name == "record" or name in self.view._entity.fields))

    def __iter__(self) -> Iterator[str]:
        yield "user"
        if self.view is not None:
            yield "record"
            yield from self.view

    def __len__(self) -> int:
        return sum(1 for _ in self)


def zone(context: Context) -> ZoneInfo:
    return ZoneInfo(context.actor.timezone)


def local_now(context: Context) -> datetime:
    """`now` in the actor's zone, so that `today()` is the day that people see on their calendars."""
    return context.now.astimezone(zone(context))
