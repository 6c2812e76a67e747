"""Item definitions: declared types of inputs and results, and the conversions of DMN 1.5 chapter 10.3.2.9.4."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from typing import Any, Final

from formloom import feel
from formloom.feel import Expression, Function
from formloom.feel.values import kind

BUILT_IN: Final = frozenset((
    "number", "string", "boolean", "date", "time", "date and time", "days and time duration",
    "years and months duration", "list", "context", "range", "function",
))
_ALIASES: Final = {"dateTime": "date and time", "dayTimeDuration": "days and time duration",
                   "yearMonthDuration": "years and months duration",
                   "integer": "number", "long": "number", "double": "number"}     # the last as Camunda writes them
NAMES: Final = BUILT_IN | _ALIASES.keys() | {"Any", "Null"}


class Misfit(ValueError):
    """The value is not one of the declared type."""


@dataclass(frozen=True, slots=True)
class ItemType:
    """`base`: a built-in type or the name of another item definition; `allowed` are unary tests over `?`."""

    name: str = ""
    base: str = "Any"
    collection: bool = False
    components: Mapping[str, ItemType] = field(default_factory=dict)
    allowed: Expression | None = None
    whole_allowed: Expression | None = None     # tests of the list, where `allowed` are tests of its elements
    function: bool = False


ANY: Final = ItemType()


def local(name: str) -> str:
    """`feel:string` and `ns.Loan` end in what they mean here."""
    return name.rpartition(":")[2].strip()


@dataclass(frozen=True, slots=True)
class Types:
    items: Mapping[str, ItemType]

    def of(self, reference: str | None) -> ItemType:
        name = local(reference or "Any")
        found = self.items.get(name)
        return found if found is not None else ItemType(name, _ALIASES.get(name, name))

    def converted(self, value: Any, declared: ItemType) -> Any:
        """The value as one of the type; null where it is none."""
        try:
            return self._fit(value, declared)
        except Misfit:
            return None

    def _fit(self, value: Any, declared: ItemType) -> Any:
        if value is None:
            return None
        if declared.collection:
            items = list(value) if isinstance(value, (list, tuple)) else [value]
            found = [self._one(item, declared) for item in items]
            return _allowed(found, declared.whole_allowed)
        if isinstance(value, (list, tuple)) and len(value) == 1 and not self._is_list(declared):
            value = value[0]
        return self._one(value, declared)

    def _is_list(self, declared: ItemType) -> bool:
        if declared.collection or declared.base in ("list", "Any"):
            return True
        base = self.items.get(declared.base)
        return base is not None and base is not declared and self._is_list(base)

    def _one(self, value: Any, declared: ItemType) -> Any:
        if value is None:
            return None
        if declared.function:
            if not isinstance(value, Function):
                raise Misfit(declared.name)
            return value
        if declared.components:
            return _allowed(self._context(value, declared), declared.allowed)
        base = self.items.get(declared.base)
        if base is not None and base is not declared:
            return _allowed(self._fit(value, base), declared.allowed)
        return _allowed(_plain(value, declared.base), declared.allowed)

    def _context(self, value: Any, declared: ItemType) -> dict[str, Any]:
        if not isinstance(value, Mapping) or not declared.components.keys() <= value.keys():
            raise Misfit(declared.name)
        return {**value, **{name: self._fit(value[name], part) for name, part in declared.components.items()}}


def _plain(value: Any, base: str) -> Any:
    if base not in BUILT_IN:
        return value
    found = kind(value)
    if found == "date" and base == "date and time" and isinstance(value, date):
        return datetime.combine(value, time(), UTC)
    if found != base:
        raise Misfit(base)
    return value


def _allowed(value: Any, tests: Expression | None) -> Any:
    if tests is not None and not tests.test({"?": value}):
        raise Misfit("not one of the allowed values")
    return value


def tests_of(text: str) -> Expression | None:
    """Unary tests as an expression; None where they are no FEEL, which the reader tells."""
    try:
        return feel.compile(text, unary=True)
    except feel.FeelSyntaxError:
        return None
