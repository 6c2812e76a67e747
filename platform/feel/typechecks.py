"""`instance of`, and whether a value fits a declared type."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from formloom.feel import syntax
from formloom.feel.members import MISSING, member
from formloom.feel.values import Function, Range, kind

Closure: TypeAlias = Callable[[Any], Any]

NAMES = frozenset((
    "number", "string", "boolean", "date", "time", "date and time", "days and time duration",
    "years and months duration", "list", "context", "range", "function",
))
_ALIASES = {"dateTime": "date and time", "dayTimeDuration": "days and time duration",
            "yearMonthDuration": "years and months duration"}


def instance_of(node: syntax.InstanceOf, value: Closure) -> Closure:
    declared = node.type

    def evaluate(frame: Any) -> bool | None:
        found = fits(value(frame), declared)
        if found is None:
            frame.run.warn(f"Unknown type {declared.name}", declared)
        return found

    return evaluate


def fits(value: Any, declared: syntax.Type) -> bool | None:
    """None for a type that is not known. Null is an instance of `null` only."""
    name = _ALIASES.get(declared.name, declared.name)
    if name == "Any":
        return value is not None
    if name in ("null", "Null"):
        return value is None
    if name not in NAMES:
        return None
    if kind(value) != name:
        return False
    check = _PARTS.get(name)
    return check(value, declared) if check and (declared.arguments or declared.result) else True


def _admits(value: Any, declared: syntax.Type) -> bool | None:
    """As part of something else, null fits every type."""
    return True if value is None else fits(value, declared)


def _list(value: Any, declared: syntax.Type) -> bool:
    return all(_admits(item, declared.arguments[0]) for item in value)


def _range(value: Range, declared: syntax.Type) -> bool:
    return all(_admits(end, declared.arguments[0]) for end in (value.low, value.high))


def _context(value: Any, declared: syntax.Type) -> bool:
    pairs = zip(declared.keys, declared.arguments, strict=True)
    return all((found := member(value, key)) is not MISSING and bool(_admits(found, part)) for key, part in pairs)


def _function(value: Function, declared: syntax.Type) -> bool:
    """Parameters accept at least what is declared; a result that nobody declared may be anything."""
    if len(value.parameters) != len(declared.arguments):
        return False
    own = value.types or (None,) * len(value.parameters)
    pairs = zip(own, declared.arguments, strict=True)
    return all(mine is None or conforms(wanted, mine) for mine, wanted in pairs)


def conforms(narrow: syntax.Type, wide: syntax.Type) -> bool:
    """Whether every value of `narrow` is one of `wide`."""
    if wide.name == "Any" or narrow.name in ("null", "Null"):
        return True
    if narrow.name != wide.name:
        return False
    if wide.keys:
        mine = dict(zip(narrow.keys, narrow.arguments, strict=True))
        wanted = zip(wide.keys, wide.arguments, strict=True)
        return all(key in mine and conforms(mine[key], part) for key, part in wanted)
    return all(conforms(a, b) for a, b in zip(narrow.arguments, wide.arguments, strict=False))


_PARTS: Mapping[str, Callable[[Any, syntax.Type], bool]] = {
    "list": _list, "range": _range, "context": _context, "function": _function,
}
