"""The records of a catalog as static types: what the names of an expression stand for, and what may follow a dot."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Final

from formloom.feel import static
from formloom.feel.static import ANY, CONTEXT, NUMBER, SIMPLE, STRING, Environment, Fixed, Type
from formloom.metadata import builtin_types
from formloom.metadata.authored import NOTHING
from formloom.metadata.catalog import Entity, Field
from formloom.metadata.values import ADDRESS_PARTS

_ABOUT_PERSON: Final[Mapping[str, Type]] = {
    "id": NUMBER, "username": STRING, "name": STRING, "email": STRING, "roles": static.list_of(STRING),
    "teams": static.list_of(NUMBER), "team": static.list_of(NUMBER), "team_names": static.list_of(STRING),
    "reports": static.list_of(NUMBER),
}


@dataclass(frozen=True, slots=True)
class _Person:
    """What a person answers; a manager is a person again."""

    owner: str = "user"

    def find(self, name: str) -> Type | None:
        return PERSON if name == "manager" else _ABOUT_PERSON.get(name)

    def names(self) -> Iterable[str]:
        return (*_ABOUT_PERSON, "manager")


PERSON: Final = Type("number", members=_Person())
# The person who asks is all there, save that the manager is an id.
USER: Final = static.context_of({**_ABOUT_PERSON, "manager": NUMBER}, "user")
# A process reads the person who started it, and that person's manager, from the database.
STARTER: Final = Type("context", members=_Person())
_ADDRESS: Final = Type("context", members=Fixed(dict.fromkeys(ADDRESS_PARTS, STRING)))
_OPAQUE: Final = frozenset(("file", "image", "json"))


def _nothing_hidden(entity: str) -> frozenset[str]:
    return NOTHING


@dataclass(frozen=True, eq=False, slots=True)
class Scopes:
    """`hidden` are names that an entity may well have, in a part of it that holds a mistake."""

    entities: Mapping[str, Entity]
    functions: frozenset[str] = frozenset()     # FEEL functions of plugins
    hidden: Callable[[str], frozenset[str]] = _nothing_hidden

    def environment(self, entity: Entity) -> Environment:
        """What a rule about one record may use."""
        fields = Fields(self, entity)
        own = {"user": USER, "record": Type("context", members=fields)}
        return Environment(own, fields, self.functions)

    def record(self, name: str | None) -> Type:
        """A row of a child table, read with its parent."""
        entity = self.entities.get(name or "")
        return Type("context", members=Fields(self, entity)) if entity else CONTEXT

    def before(self, entity: Entity) -> Type:
        """The record as it was: what its columns held."""
        return Type("context", members=Fields(self, entity, plain=True))

    def reference(self, name: str | None) -> Type:
        entity = self.entities.get(name or "")
        return Type("number", members=Fields(self, entity)) if entity else ANY

    def field(self, field: Field) -> Type:
        kind = field.type.name
        if kind in _OPAQUE:
            return ANY
        if kind in _RELATED:
            return _RELATED[kind](self, field)
        if kind in ("choice", "choices"):
            choice = static.choice_of(c.value for c in field.choices)
            return choice if kind == "choice" else static.list_of(choice)
        return _returned(field) if kind in ("formula", "rollup") else _simple(field.type.feel_type)


_RELATED: Final[Mapping[str, Callable[[Scopes, Field], Type]]] = {
    "reference": lambda scopes, field: scopes.reference(field.target),
    "references": lambda scopes, field: static.list_of(scopes.reference(field.target)),
    "table": lambda scopes, field: static.list_of(scopes.record(field.target)),
    "user": lambda scopes, field: PERSON,
    "team": lambda scopes, field: NUMBER,
    "tags": lambda scopes, field: static.list_of(STRING),
    "address": lambda scopes, field: _ADDRESS,
}


def _returned(field: Field) -> Type:
    returned = builtin_types.TYPES.get(str(field.options.get("returns")))
    return _simple(returned.feel_type) if returned else ANY


def _from(found: Type, origin: str) -> Type:
    return replace(found, origin=origin, element=found.element and replace(found.element, origin=origin))


def _simple(name: str) -> Type:
    """A list or context of which nothing more is known could hold anything."""
    return static.list_of() if name == "list" else ANY if name == "context" else SIMPLE.get(name, ANY)


@dataclass(frozen=True, eq=False, slots=True)
class Fields:
    """The fields of an entity as members, with the further columns that some of them have."""

    scopes: Scopes
    entity: Entity
    plain: bool = False     # values of columns: a reference is an id

    @property
    def owner(self) -> str:
        return self.entity.name

    def find(self, name: str) -> Type | None:
        if name in self.scopes.hidden(self.entity.name):
            return ANY
        field = self.entity.fields.get(name)
        if field is None:
            return self._companions().get(name)
        if self.plain and field.type.name in _RELATED:
            return NUMBER if field.type.name in ("reference", "user", "team") else ANY
        found = self.scopes.field(field)
        return _from(found, f"{self.entity.name}.{name}") if field.choices else found

    def names(self) -> Iterable[str]:
        return (*self.entity.fields, *self._companions(), *self.scopes.hidden(self.entity.name))

    def _companions(self) -> dict[str, Type]:
        found: dict[str, Type] = {}
        for field in self.entity.fields.values():
            if field.type.name == "money" and "currencies" in field.options:
                found[f"{field.name}_currency"] = static.choice_of(field.options["currencies"])
            if field.type.name == "address":
                found |= {f"{field.name}_{part}": STRING for part in ADDRESS_PARTS}
        return found
