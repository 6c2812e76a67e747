"""Equality, order and membership, three-valued: None where FEEL says null."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, Protocol

from formloom.feel.members import MISSING
from formloom.feel.values import Range, kind, number
from formloom.feel.wide import SECOND, day_number, instant, nanoseconds


class Budget(Protocol):
    def spend(self, steps: int) -> None: ...


_ORDERED: Final = frozenset((
    "number", "string", "date", "date and time", "time", "days and time duration", "years and months duration",
))
_CLOCKS: Final = ("time", "date and time")
_COUNTS: Final[Mapping[str, Callable[[Any], int]]] = {"date": day_number, "days and time duration": nanoseconds}
ORDERS: Final[Mapping[str, Callable[[Any, Any], bool]]] = {
    "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
}


def compare(relation: str, left: Any, right: Any, budget: Budget) -> bool | None:
    if relation in ORDERS:
        return ordered(ORDERS[relation], left, right)
    same = equal(left, right, budget)
    return same if relation == "=" or same is None else not same


def ordered(relation: Callable[[Any, Any], bool], left: Any, right: Any) -> bool | None:
    pair = _comparable(left, right)
    return None if pair is None else relation(*pair)


def _comparable(left: Any, right: Any) -> tuple[Any, Any] | None:
    """Both values in a form that Python orders as FEEL does; None where FEEL does not order them."""
    family = kind(left)
    if family not in _ORDERED or kind(right) != family:
        return None
    if family == "number":
        return _both(number(left), number(right))
    if family in _CLOCKS:
        if (left.tzinfo is None) != (right.tzinfo is None):
            return None
        return instant(left), instant(right)
    return (left, right) if left.__class__ is right.__class__ else _counted(family, left, right)


def _counted(family: str, left: Any, right: Any) -> tuple[Any, Any]:
    """Values of one type in two classes: one of them is wide, or a class of someone else's."""
    count = _COUNTS.get(family)
    return (count(left), count(right)) if count else (left, right)


def _both(left: Any, right: Any) -> tuple[Any, Any] | None:
    return None if left is None or right is None else (left, right)


def equal(left: Any, right: Any, budget: Budget) -> bool | None:
    """Null equals null only; values of different types do not compare."""
    if left is None or right is None:
        return left is right
    family, other = kind(left), kind(right)
    if family != other:
        return None
    if family in _CLOCKS:
        return _equal_clocks(left, right)
    if family in _ORDERED:
        return ordered(operator.eq, left, right)
    if family in _COMPOUND:
        return _COMPOUND[family](left, right, budget)
    return bool(left is right or (family == "boolean" and left == right))


def _equal_clocks(left: Any, right: Any) -> bool | None:
    """To the second, which is the resolution of a time in the standard; order is finer."""
    pair = _comparable(left, right)
    return None if pair is None else pair[0] // SECOND == pair[1] // SECOND


def _equal_lists(left: Any, right: Any, budget: Budget) -> bool | None:
    budget.spend(2)
    if len(left) != len(right):
        return False
    budget.spend(3 * len(left))
    return every(equal(a, b, budget) for a, b in zip(left, right, strict=True))


def _equal_contexts(left: Any, right: Any, budget: Budget) -> bool | None:
    if left is right:
        return True
    if not (isinstance(left, Mapping) and isinstance(right, Mapping)):
        return bool(left == right)
    budget.spend(4 + 4 * len(left))
    if left.keys() != right.keys():
        return False
    return every(equal(left[key], right.get(key, MISSING), budget) for key in left)


def _equal_ranges(left: Range, right: Range, budget: Budget) -> bool | None:
    if _shape(left) != _shape(right):
        return False
    return every((equal(left.low, right.low, budget), equal(left.high, right.high, budget)))


def _shape(span: Range) -> tuple[bool, bool, bool]:
    return span.low_closed, span.high_closed, span.test


_COMPOUND: Final[Mapping[str, Callable[[Any, Any, Budget], bool | None]]] = {
    "list": _equal_lists, "context": _equal_contexts, "range": _equal_ranges,
}


def every(verdicts: Iterable[bool | None]) -> bool | None:
    """False if any is false, else null if any is null."""
    result: bool | None = True
    for verdict in verdicts:
        if verdict is False:
            return False
        if verdict is None:
            result = None
    return result


def some(verdicts: Iterable[bool | None]) -> bool | None:
    """True if any is true, else null if any is null."""
    result: bool | None = False
    for verdict in verdicts:
        if verdict is True:
            return True
        if verdict is None:
            result = None
    return result


def contains(span: Range, value: Any) -> bool | None:
    """Whether the value lies in the range; null where it does not compare with the ends."""
    if value is None or (span.low is None and span.high is None):
        return None
    above = _within(ORDERS[">=" if span.low_closed else ">"], value, span.low)
    below = _within(ORDERS["<=" if span.high_closed else "<"], value, span.high)
    return every((above, below))


def _within(relation: Callable[[Any, Any], bool], value: Any, end: Any) -> bool | None:
    return True if end is None else ordered(relation, value, end)


def member_of(value: Any, test: Any, budget: Budget) -> bool | None:
    """`value in test`: a range holds it, a list has it or a test that it passes, anything else equals it."""
    if isinstance(test, Range):
        return contains(test, value)
    if test is None:
        return True if value is None else None
    if kind(test) != "list":
        return equal(value, test, budget)
    budget.spend(len(test))
    if kind(value) == "list" and equal(value, test, budget):
        return True
    return some(_element_passes(value, element, budget) for element in test)


def _element_passes(value: Any, element: Any, budget: Budget) -> bool | None:
    if isinstance(element, Range) and not isinstance(value, Range):
        return contains(element, value)
    return bool(equal(value, element, budget))
