"""Built-ins that relate points and ranges: the interval algebra of DMN 1.5, 10.3.4.9."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any, TypeAlias

from formloom.feel import comparison
from formloom.feel.functions.registry import builtin
from formloom.feel.values import Range, kind

Relation: TypeAlias = Callable[[Any, Any], bool]

_POINT = "number | string | date | time | date and time | days and time duration | years and months duration"
_POINTS, _POINT_RANGE, _RANGE_POINT, _RANGES = (
    f"point1: {_POINT}, point2: {_POINT}",
    f"point: {_POINT}, range: range",
    f"range: range, point: {_POINT}",
    "range1: range, range2: range",
)


def _relation(name: str, *pairs: str) -> Callable[[Relation], Relation]:
    """Register for pairs of points and ranges; a point is the range that holds just itself."""

    def register(relation: Relation) -> Relation:
        def related(left: Any, right: Any) -> bool:
            return relation(_span(left), _span(right))

        for pair in pairs:
            builtin(f"{name}({pair})")(related)
        return relation

    return register


def _span(value: Any) -> Range:
    return value if isinstance(value, Range) else Range(value, value)


def _below(left: Any, right: Any) -> bool:
    return _ordered(operator.lt, left, right)


def _same(left: Any, right: Any) -> bool:
    return _ordered(operator.eq, left, right)


def _ordered(relation: Callable[[Any, Any], bool], left: Any, right: Any) -> bool:
    verdict = comparison.ordered(relation, left, right)
    if verdict is None:
        raise TypeError(f"{kind(left)} and {kind(right)} have no order")
    return verdict


def _starts_first(a: Range, b: Range) -> bool:
    """`a` has values below all of `b`."""
    return _below(a.low, b.low) or (_same(a.low, b.low) and a.low_closed and not b.low_closed)


def _ends_last(a: Range, b: Range) -> bool:
    return _below(b.high, a.high) or (_same(a.high, b.high) and a.high_closed and not b.high_closed)


def _same_start(a: Range, b: Range) -> bool:
    return _same(a.low, b.low) and a.low_closed == b.low_closed


def _same_end(a: Range, b: Range) -> bool:
    return _same(a.high, b.high) and a.high_closed == b.high_closed


def _reaches(a: Range, b: Range) -> bool:
    """`a` does not end before `b` starts."""
    return _below(b.low, a.high) or (_same(a.high, b.low) and a.high_closed and b.low_closed)


@_relation("before", _POINTS, _POINT_RANGE, _RANGE_POINT, _RANGES)
def before(a: Range, b: Range) -> bool:
    return not _reaches(a, b)


@_relation("after", _POINTS, _POINT_RANGE, _RANGE_POINT, _RANGES)
def after(a: Range, b: Range) -> bool:
    return before(b, a)


@_relation("meets", _RANGES)
def meets(a: Range, b: Range) -> bool:
    return a.high_closed and b.low_closed and _same(a.high, b.low)


@_relation("met by", _RANGES)
def met_by(a: Range, b: Range) -> bool:
    return meets(b, a)


@_relation("overlaps", _RANGES)
def overlaps(a: Range, b: Range) -> bool:
    return _reaches(a, b) and _reaches(b, a)


@_relation("overlaps before", _RANGES)
def overlaps_before(a: Range, b: Range) -> bool:
    return _starts_first(a, b) and _reaches(a, b) and not _ends_last(a, b)


@_relation("overlaps after", _RANGES)
def overlaps_after(a: Range, b: Range) -> bool:
    return _starts_first(b, a) and _reaches(b, a) and not _ends_last(b, a)


@_relation("finishes", _POINT_RANGE, _RANGES)
def finishes(a: Range, b: Range) -> bool:
    return _same_end(a, b) and not _starts_first(a, b)


@_relation("finished by", _RANGE_POINT, _RANGES)
def finished_by(a: Range, b: Range) -> bool:
    return finishes(b, a)


@_relation("includes", _RANGE_POINT, _RANGES)
def includes(a: Range, b: Range) -> bool:
    return not _starts_first(b, a) and not _ends_last(b, a)


@_relation("during", _POINT_RANGE, _RANGES)
def during(a: Range, b: Range) -> bool:
    return includes(b, a)


@_relation("starts", _POINT_RANGE, _RANGES)
def starts(a: Range, b: Range) -> bool:
    return _same_start(a, b) and not _ends_last(a, b)


@_relation("started by", _RANGE_POINT, _RANGES)
def started_by(a: Range, b: Range) -> bool:
    return starts(b, a)


@_relation("coincides", _POINTS, _RANGES)
def coincides(a: Range, b: Range) -> bool:
    return _same_start(a, b) and _same_end(a, b)
