"""Static types: what is known of a value before there is one. What is not known is `any`, and null is of every type."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final, Protocol

from formloom.feel import syntax


class Members(Protocol):
    """What a dot may read. `owner` says whose they are: an entity; '' for a context without a name."""

    @property
    def owner(self) -> str: ...

    def find(self, name: str) -> Type | None: ...

    def names(self) -> Iterable[str]: ...


@dataclass(frozen=True, slots=True)
class Type:
    """`name` is that of `values.kind`, or `any`. A reference is a number with members."""

    name: str
    element: Type | None = None             # of a list or a range; None is any
    members: Members | None = None          # None: nothing is known of them
    values: frozenset[str] | None = None    # every text that it can be
    declared: bool = False                  # somebody listed the values: any other text is a mistake
    result: Type | None = None              # of a function
    arity: int | None = None
    origin: str = field(default="", compare=False)      # whose declared values they are; see `Inferred.choices`

    @property
    def item(self) -> Type:
        return self.element or ANY

    @property
    def uncertain(self) -> bool:
        return self.name == "any"


ANY: Final = Type("any")
NULL: Final = Type("null")
NUMBER: Final = Type("number")
STRING: Final = Type("string")
BOOLEAN: Final = Type("boolean")
DATE: Final = Type("date")
TIME: Final = Type("time")
MOMENT: Final = Type("date and time")
DAYS: Final = Type("days and time duration")
MONTHS: Final = Type("years and months duration")
CONTEXT: Final = Type("context")
FUNCTION: Final = Type("function")
SIMPLE: Final[Mapping[str, Type]] = {t.name: t for t in (
    ANY, NULL, NUMBER, STRING, BOOLEAN, DATE, TIME, MOMENT, DAYS, MONTHS, CONTEXT, FUNCTION)}
ORDERED: Final = frozenset(t.name for t in (NUMBER, STRING, DATE, TIME, MOMENT, DAYS, MONTHS))


def list_of(element: Type = ANY) -> Type:
    return Type("list", element)


def range_of(element: Type = ANY) -> Type:
    return Type("range", element)


def text_of(*values: str) -> Type:
    """A string that can only be one of these."""
    return Type("string", values=frozenset(values))


def choice_of(values: Iterable[str]) -> Type:
    return Type("string", values=frozenset(values), declared=True)


@dataclass(frozen=True, slots=True)
class Fixed:
    """Members that are all known."""

    types: Mapping[str, Type]
    owner: str = ""

    def find(self, name: str) -> Type | None:
        return self.types.get(name)

    def names(self) -> Iterable[str]:
        return self.types


def context_of(types: Mapping[str, Type], owner: str = "") -> Type:
    return Type("context", members=Fixed(types, owner))


@dataclass(frozen=True, slots=True)
class Environment:
    """What the names of an expression mean: those of `own`, then the members of `record`.

    `functions` may be called, and nothing is known of them. In an `open` environment any other name is `any`.
    """

    own: Mapping[str, Type] = field(default_factory=dict)
    record: Members | None = None
    functions: frozenset[str] = frozenset()
    open: bool = False

    def find(self, name: str) -> tuple[Type, str] | None:
        """The type of the name, and whose member it is."""
        if name in self.own:
            return self.own[name], ""
        found = self.record.find(name) if self.record else None
        return (found, self.record.owner) if self.record and found else None

    def names(self) -> frozenset[str]:
        return frozenset((*self.own, *(self.record.names() if self.record else ())))

    def knowing(self, **own: Type) -> Environment:
        return replace(self, own={**self.own, **own})


# -- of types ----------------------------------------------------------------------------------------------------

_CALENDAR = dict.fromkeys(("year", "month", "day", "weekday"), NUMBER)
_CLOCK = {**dict.fromkeys(("hour", "minute", "second"), NUMBER), "time offset": DAYS, "timezone": STRING}
PROPERTIES: Final[Mapping[str, Mapping[str, Type]]] = {
    "date": _CALENDAR,
    "time": _CLOCK,
    "date and time": {**_CALENDAR, **_CLOCK},
    "days and time duration": dict.fromkeys(("days", "hours", "minutes", "seconds"), NUMBER),
    "years and months duration": dict.fromkeys(("years", "months"), NUMBER),
}


def members_of(type_: Type) -> Members | None:
    """What a dot after a value of the type reads; None where that is not known."""
    if type_.members or type_.name in ("any", "context", "null", "function"):
        return type_.members
    if type_.name == "range":
        ends = {"start": type_.item, "end": type_.item, "start included": BOOLEAN, "end included": BOOLEAN}
        return Fixed(ends)
    return Fixed(PROPERTIES.get(type_.name, {}))


def joined(types: Iterable[Type]) -> Type:
    """The narrowest type that is known to admit them all."""
    found = NULL
    for type_ in types:
        found = _either(found, type_)
    return found


def _either(left: Type, right: Type) -> Type:
    if (left == right and left.origin == right.origin) or right == NULL:
        return left
    if left == NULL:
        return right
    if left.name != right.name:
        return ANY
    return Type(
        left.name,
        _either(left.item, right.item) if left.element and right.element else None,
        left.members if _same(left.members, right.members) else None,
        left.values | right.values if left.values is not None and right.values is not None else None,
        left.declared and right.declared,
        _either(left.result, right.result) if left.result and right.result else None,
        left.arity if left.arity == right.arity else None,
        left.origin if left.origin == right.origin else "",
    )


def _same(left: Members | None, right: Members | None) -> bool:
    return left == right or bool(left and right and left.owner and left.owner == right.owner)


def comparable(left: Type, right: Type, relation: str = "=") -> bool:
    """Whether the comparison can have an answer other than null."""
    if left.uncertain or right.uncertain:
        return True
    if "null" in (left.name, right.name):
        return True
    return left.name == right.name and (relation in ("=", "!=") or left.name in ORDERED)


def strangers(asked: Type, other: Type) -> frozenset[str]:
    """Texts of `asked` that the declared values of `other` do not have; empty where they may meet after all."""
    if asked.values is None or other.values is None or not other.declared or asked.values & other.values:
        return frozenset()
    return asked.values


def declared(written: syntax.Type | None) -> Type:
    """The type that an author wrote for a parameter."""
    if written is None:
        return ANY
    parts = [declared(part) for part in written.arguments]
    if written.name in ("list", "range"):
        return Type(written.name, parts[0] if parts else None)
    if written.name == "context" and written.keys:
        return context_of(dict(zip(written.keys, parts, strict=True)))
    return SIMPLE.get(written.name, ANY)


def mapped(type_: Type, change: Callable[[Members], Members]) -> Type:
    """The type with other members, all the way down."""
    return replace(
        type_,
        element=mapped(type_.element, change) if type_.element else None,
        members=change(type_.members) if type_.members else None,
        result=mapped(type_.result, change) if type_.result else None,
    )


def shown(type_: Type) -> str:
    """As an author writes it."""
    if type_.name in ("list", "range") and type_.element and not type_.element.uncertain:
        return f"{type_.name}<{shown(type_.element)}>"
    if type_.members and type_.members.owner:
        return f"{type_.name} ({type_.members.owner})"
    return type_.name
