"""What expressions of a process see: the bound record read fresh from the store, and the person who started it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from formloom.feel.functions.working import CALENDARS
from formloom.policy import people
from formloom.policy.actor import SYSTEM, Actor
from formloom.records.calendars import Calendars
from formloom.records.context import Context
from formloom.records.scope import Person, Scope


def find_actor(context: Context, user_id: int | None) -> Actor | None:
    if not user_id:
        return SYSTEM if user_id == SYSTEM.user_id else None
    return context.actor if user_id == context.actor.user_id else people.load_actor(context.unit, user_id)


class Surroundings(Mapping[str, Any]):
    """The names of a step besides its results: fields of the bound record, `record`, `user`. Read once per step."""

    def __init__(self, context: Context, record: tuple[str, int] | None, started_by: int) -> None:
        self._context = context
        self._bound = record
        self._started_by = started_by
        self._user: Mapping[str, Any] | None = None
        self._scope: Scope | None = None

    def refresh(self) -> None:
        """After the record was written."""
        self._scope = None

    @property
    def record(self) -> Scope | None:
        if self._scope is None and self._bound is not None:
            entity = self._context.catalog.entity(self._bound[0])
            row = self._context.store.get(self._context.unit, entity.name, self._bound[1])
            self._scope = Scope(self._context, entity, row or {})
        return self._scope

    @property
    def title(self) -> str | None:
        """What the bound record is called; None if it was not read, or that takes more than its row."""
        if self._scope is None or self._bound is None:
            return None
        found = self._scope.row.get(self._context.catalog.entity(self._bound[0]).title)
        return found if isinstance(found, str) else None

    @property
    def user(self) -> Mapping[str, Any]:
        if self._user is None:
            actor = find_actor(self._context, self._started_by)
            values = dict(actor.feel) if actor else {}
            if actor and actor.manager_id is not None:
                values["manager"] = Person.of(self._context, actor.manager_id)
            self._user = values
        return self._user

    def __getitem__(self, name: str) -> Any:
        if name == "user":
            return self.user
        if name == CALENDARS:
            return self.record[name] if self.record is not None else Calendars(self._context, None, {})
        if self.record is None or name not in self:
            raise KeyError(name)
        return self.record if name == "record" else self.record[name]

    def __contains__(self, name: object) -> bool:
        return name in ("user", CALENDARS) or (self._bound is not None and (name == "record" or name in self._fields()))

    def _fields(self) -> Mapping[str, Any]:
        return self._context.catalog.entity(self._bound[0]).fields if self._bound else {}

    def __iter__(self) -> Iterator[str]:
        yield "user"
        if self._bound is not None:
            yield from ("record", *self._fields())

    def __len__(self) -> int:
        return sum(1 for _ in self)


def zone(context: Context) -> ZoneInfo:
    return ZoneInfo(context.actor.timezone)


def local_now(context: Context) -> datetime:
    """`now` in the actor's zone, so that `today()` is the day that people see on their calendars."""
    return context.now.astimezone(zone(context))
