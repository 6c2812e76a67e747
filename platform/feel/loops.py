"""Closures of `for`, `some` and `every`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from formloom.feel import limits, syntax
from formloom.feel.errors import LimitExceeded
from formloom.feel.runtime import Frame
from formloom.feel.values import NUMBERS, Range, integer, kind
from formloom.feel.wide import Day, day_number, from_day_number

Closure: TypeAlias = Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class Source:
    """What one variable of a loop runs through."""

    node: syntax.Binding
    name: str
    start: Closure
    until: Closure | None

    def items(self, frame: Any) -> Sequence[Any] | None:
        value = self.start(frame)
        if self.until is not None:
            return _span(self, value, self.until(frame), frame)
        if isinstance(value, Range):
            return _range_items(self, value, frame)
        if value is None:
            frame.run.warn("A loop over null", self.node)
            return None
        return value if kind(value) == "list" else (value,)


def _range_items(source: Source, span: Range, frame: Any) -> Sequence[Any] | None:
    items = _span(source, span.low, span.high, frame)
    if not items:
        return items
    return items[0 if span.low_closed else 1 : len(items) if span.high_closed else -1]


def _span(source: Source, first: Any, last: Any, frame: Any) -> Sequence[Any] | None:
    """Whole numbers or days from first to last, upwards or downwards."""
    if kind(first) == kind(last) == "date":
        return _days(first, last, frame)
    low, high = integer(first), integer(last)
    if low is None or high is None:
        frame.run.warn(f"No steps from {kind(first)} to {kind(last)}", source.node)
        return None
    step = 1 if low <= high else -1
    frame.run.sized(abs(high - low) + 1)
    return [NUMBERS.create_decimal(number) for number in range(low, high + step, step)]


def _days(first: Day, last: Day, frame: Any) -> Sequence[Day]:
    low, high = day_number(first), day_number(last)
    step = 1 if low <= high else -1
    frame.run.sized(abs(high - low) + 1)
    return [from_day_number(day) for day in range(low, high + step, step)]


def _frames(sources: Sequence[Source], frame: Any, weight: int) -> Iterator[Any]:
    """A frame for every combination; None where a source is no list. Later sources see earlier variables."""
    source, *inner = sources
    items, run, name = source.items(frame), frame.run, source.name
    if items is None:
        yield None
        return
    for item in items:
        run.spend(1 if inner else 1 + weight)
        found = Frame({name: item}, frame, run)
        if inner:
            yield from _frames(inner, found, weight)
        else:
            yield found


def loop(sources: Sequence[Source], body: Closure, weight: int, partial: bool) -> Closure:
    def evaluate(frame: Any) -> list[Any] | None:
        results: list[Any] = []
        for inner in _frames(sources, frame, weight):
            if inner is None:
                return None
            if len(results) >= limits.LIST:
                raise LimitExceeded(f"A list of more than {limits.LIST} elements")
            results.append(body(_with_partial(inner, results) if partial else inner))
        return results

    return evaluate


def _with_partial(frame: Any, results: list[Any]) -> Frame:
    frame.run.spend(len(results) >> 3)
    return Frame({"partial": tuple(results)}, frame, frame.run)


def quantified(decisive: bool, sources: Sequence[Source], condition: Closure, weight: int) -> Closure:
    """`some` ends at the first true, `every` at the first false; null if neither comes and some verdict is null."""

    def evaluate(frame: Any) -> bool | None:
        result: bool | None = not decisive
        for inner in _frames(sources, frame, weight):
            verdict: Any = None if inner is None else condition(inner)
            if verdict is decisive:
                return bool(verdict)
            if not isinstance(verdict, bool):
                result = None
        return result

    return evaluate
