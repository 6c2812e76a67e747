"""`instance of`, and whether a value fits a declared type."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

from formloom.feel import syntax
from formloom.feel.comparison import every
from formloom.feel.members import MISSING, member
from formloom.feel.values import ANY_NUMBER, Function, Range, kind

Closure: TypeAlias = Callable[[Any], Any]

NAMES = frozenset((
    "number", "string", "boolean", "date", "time", "date and time", "days and time duration",
    "years and months duration", "list", "context", "range", "function",
))
OTHER_NAMES: Final = {"dateTime": "date and time", "dayTimeDuration": "days and time duration",
                      "yearMonthDuration": "years and months duration",
                      "integer": "number", "long": "number", "double": "number"}     # the last as Camunda writes them


def standard_name(name: str) -> str:
    """DMN files write some types in words of their own: `dateTime`."""
    return OTHER_NAMES.get(name, name)


@dataclass(frozen=True, eq=False)
class Declared:
    """Types that a model declares, by name: any may refer to any other, or to itself.

    `converted` makes of a value one of the named type, or null; it knows what a written type cannot say.
    """

    types: Mapping[str, syntax.Type] = field(default_factory=dict)
    converted: Callable[[Any, str], Any] = lambda value, name: value

    def meant(self, written: syntax.Type) -> syntax.Type:
        """What a name stands for; names that go round in a circle stand for nothing."""
        for _ in range(len(self.types) + 1):
            found = self.types.get(written.name)
            if found is None:
                break
            written = found
        return written


NOTHING_DECLARED: Final = Declared()


def instance_of(node: syntax.InstanceOf, value: Closure, names: Declared) -> Closure:
    written = node.type

    def evaluate(frame: Any) -> bool | None:
        found = fits(value(frame), written, names)
        if found is None:
            frame.run.warn(f"Unknown type {written.name}", written)
        return found

    return evaluate


def fits(value: Any, written: syntax.Type, names: Declared = NOTHING_DECLARED) -> bool | None:
    """None for a type that is not known. Null is an instance of `null` only."""
    declared = names.meant(written)
    name = standard_name(declared.name)
    if name == "Any":
        return value is not None
    if name in ("null", "Null"):
        return value is None
    if name not in NAMES:
        return None
    if kind(value) != name:
        return False
    check = _PARTS.get(name)
    return check(value, declared, names) if check and (declared.arguments or declared.result) else True


def _admits(value: Any, declared: syntax.Type, names: Declared) -> bool | None:
    """As part of something else, null fits every type."""
    return True if value is None else fits(value, declared, names)


def _list(value: Any, declared: syntax.Type, names: Declared) -> bool | None:
    return every(_admits(item, declared.arguments[0], names) for item in value)


def _range(value: Range, declared: syntax.Type, names: Declared) -> bool | None:
    return every(_admits(end, declared.arguments[0], names) for end in (value.low, value.high))


def _context(value: Any, declared: syntax.Type, names: Declared) -> bool | None:
    pairs = zip(declared.keys, declared.arguments, strict=True)
    return every(
        False if (found := member(value, key)) is MISSING else _admits(found, part, names) for key, part in pairs)


def _function(value: Function, declared: syntax.Type, names: Declared) -> bool:
    """Parameters accept at least what is declared; a result that nobody declared may be anything."""
    if value.parameters != ANY_NUMBER and len(value.parameters) != len(declared.arguments):
        return False
    own = value.types or (None,) * len(declared.arguments)
    pairs = zip(own, declared.arguments, strict=True)
    return all(mine is None or conforms(wanted, mine, names) for mine, wanted in pairs)


def conforms(narrow: syntax.Type, wide: syntax.Type, names: Declared = NOTHING_DECLARED, depth: int = 20) -> bool:
    """Whether every value of `narrow` is one of `wide`; types that hold themselves are compared to a depth."""
    narrow, wide = names.meant(narrow), names.meant(wide)
    if wide.name == "Any" or narrow.name in ("null", "Null") or depth == 0:
        return True
    if standard_name(narrow.name) != standard_name(wide.name):
        return False
    if wide.name == "function":
        return _conforming_function(narrow, wide, names, depth - 1)
    if wide.keys:
        mine = dict(zip(narrow.keys, narrow.arguments, strict=True))
        wanted = zip(wide.keys, wide.arguments, strict=True)
        return all(key in mine and conforms(mine[key], part, names, depth - 1) for key, part in wanted)
    return all(conforms(a, b, names, depth - 1) for a, b in zip(narrow.arguments, wide.arguments, strict=False))


def _conforming_function(narrow: syntax.Type, wide: syntax.Type, names: Declared, depth: int) -> bool:
    """Parameters the other way round: the narrow function takes all that the wide one is given."""
    if len(narrow.arguments) != len(wide.arguments):
        return False
    given = zip(wide.arguments, narrow.arguments, strict=True)
    results = narrow.result is None or wide.result is None or conforms(narrow.result, wide.result, names, depth)
    return results and all(conforms(a, b, names, depth) for a, b in given)


_PARTS: Mapping[str, Callable[[Any, syntax.Type, Declared], bool | None]] = {
    "list": _list, "range": _range, "context": _context, "function": _function,
}
