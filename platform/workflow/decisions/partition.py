"""The domain of a column, cut into atoms: sets of values that no test of the column tells apart.

A set of values is a mask with one bit per atom. Whether a test holds on an atom is asked of the test itself, with a
value of the atom, so nothing here knows what a test means.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property, cmp_to_key
from typing import Any, TypeAlias

from formloom.feel.values import kind, number
from formloom.workflow.decisions import samples
from formloom.workflow.decisions.constants import Constant


@dataclass(frozen=True, slots=True)
class Words:
    """A set of values as FEEL: `plain` among other unary tests, where it can stand there; `condition` of a subject."""

    plain: str
    condition: Callable[[str], str]


@dataclass(frozen=True)
class Line:
    """The values of an ordered type: atom 2n + 1 is the n-th point, the others are the open intervals around them."""

    kind: str
    points: tuple[Any, ...]
    places: dict[Any, int] = field(compare=False, repr=False)

    @property
    def size(self) -> int:
        """Atoms, those without a value too: there is no day between two days."""
        return 2 * len(self.points) + 1

    @cached_property
    def possible(self) -> int:
        if self.kind == "number":
            return (1 << self.size) - 1
        return sum(1 << atom for atom in range(self.size) if atom % 2 or self._within(atom, atom) is not None)

    def runs(self, constants: Sequence[Any]) -> Iterator[int]:
        """Masks of atoms that a test with these constants alone does not tell apart."""
        at = 0
        for atom in sorted({self.places[_key(constant)] for constant in constants}):
            yield (1 << atom) - (1 << at)
            yield 1 << atom
            at = atom + 1
        yield (1 << self.size) - (1 << at)

    def sample(self, mask: int) -> Any:
        """The closed lower end of the first interval, else a value within it."""
        if mask == (1 << self.size) - 1 and self.points:
            return self.points[0]
        first, last = next(self._intervals(mask))
        if first % 2:
            return self.points[first // 2]
        found = self._within(first, last)
        return self.points[last // 2] if found is None and last % 2 else found

    def words(self, mask: int) -> list[Words]:
        return [self._interval(first, last) for first, last in self._intervals(mask)]

    def _intervals(self, mask: int) -> Iterator[tuple[int, int]]:
        """First and last atom of each run; atoms without a value do not part a run."""
        bridged = mask | (((1 << self.size) - 1) & ~self.possible)
        while mask:
            first = (mask & -mask).bit_length() - 1
            ones = bridged >> first
            run = ((~ones & (ones + 1)) - 1) << first
            yield first, (mask & run).bit_length() - 1
            mask &= ~run

    def _end(self, atom: int) -> Any:
        return self.points[atom] if 0 <= atom < len(self.points) else None

    def _within(self, first: int, last: int) -> Any:
        return samples.between(self.kind, self._end((first - 1) // 2), self._end(last // 2))

    def _interval(self, first: int, last: int) -> Words:
        low, high = self._end((first - 1) // 2), self._end(last // 2)
        if first == last and first % 2:
            return _test("=", samples.literal(low))
        if low is None and high is None:
            return Words("", lambda subject: f"{subject} instance of {self.kind}")
        if low is None:
            return _test("<=" if last % 2 else "<", samples.literal(high))
        if high is None:
            return _test(">=" if first % 2 else ">", samples.literal(low))
        return _test("in", f"{'(['[first % 2]}{samples.literal(low)}..{samples.literal(high)}{')]'[last % 2]}")


@dataclass(frozen=True)
class Choice:
    """The values of a type without order; the last atom is all that no test names, where there are such values."""

    kind: str
    values: tuple[Any, ...]
    open: bool

    @property
    def size(self) -> int:
        return len(self.values) + self.open

    @property
    def possible(self) -> int:
        return (1 << self.size) - 1

    def runs(self, constants: Sequence[Any]) -> Iterator[int]:
        named = {self.values.index(constant) for constant in constants}
        rest = self.possible
        for atom in named if self.open else range(self.size):
            yield 1 << atom
            rest &= ~(1 << atom)
        yield rest

    def sample(self, mask: int) -> Any:
        atom = (mask & -mask).bit_length() - 1
        if atom < len(self.values):
            return self.values[atom]
        return samples.other(self.values) if self.kind == "string" else None

    def words(self, mask: int) -> list[Words]:
        if not (self.open and mask >> len(self.values) & 1):
            return [_test("=", samples.literal(value)) for n, value in enumerate(self.values) if mask >> n & 1]
        left = [samples.literal(value) for n, value in enumerate(self.values) if not mask >> n & 1]
        if not left:
            return [Words("", lambda subject: f"{subject} instance of {self.kind}")]
        return [Words(f"not({', '.join(left)})", lambda subject: _none_of(subject, left))]


def _none_of(subject: str, values: Sequence[str]) -> str:
    return f"{subject} != {values[0]}" if len(values) == 1 else f"not({subject} in ({', '.join(values)}))"


def _test(symbol: str, operand: str) -> Words:
    plain = operand if symbol in ("=", "in") else f"{symbol} {operand}"
    return Words(plain, lambda subject: f"{subject} {symbol} {operand}")


Segment: TypeAlias = Line | Choice


@dataclass(frozen=True)
class Partition:
    segments: tuple[Segment, ...]

    def parts(self, mask: int) -> Iterator[tuple[Segment, int]]:
        """Each segment with the part of the mask in it, empty ones left out."""
        for segment in self.segments:
            own = mask & ((1 << segment.size) - 1)
            if own:
                yield segment, own
            mask >>= segment.size

    @cached_property
    def possible(self) -> int:
        return self._joined(segment.possible for segment in self.segments)

    @cached_property
    def null(self) -> int:
        return self._joined(segment.possible * (segment.kind == "null") for segment in self.segments)

    def _joined(self, masks: Iterable[int]) -> int:
        found, at = 0, 0
        for segment, mask in zip(self.segments, masks, strict=True):
            found |= mask << at
            at += segment.size
        return found

    def holds(self, test: Callable[[Any], bool], constants: Sequence[Constant]) -> int:
        """The atoms on which a test with these constants holds."""
        return self._joined(sum(
            run for run in segment.runs([c.value for c in constants if kind(c.value) == segment.kind])
            if run & segment.possible and test(segment.sample(run & segment.possible))) for segment in self.segments)

    def sample(self, mask: int) -> Any:
        segment, own = next(self.parts(mask))
        return segment.sample(own)

    def tests(self, mask: int, domain: int) -> str:
        """The set as a cell of the table."""
        if mask == domain:
            return "-"
        words = self._words(mask)
        alone = len(words) == 1 and len(self.segments) == 1
        # `true` alone in a cell is a condition that holds for whatever is not boolean.
        plain = len(self.segments) == 1 or not any(one.plain in ("true", "false") for one in words)
        if plain and all(one.plain and (alone or not one.plain.startswith("not(")) for one in words):
            return ", ".join(one.plain for one in words)
        return self.condition("?", mask, domain)

    def condition(self, subject: str, mask: int, domain: int) -> str:
        """The set as a condition of a subject; empty for the whole domain."""
        if mask == domain:
            return ""
        if self.null and mask | self.null == domain and not mask & self.null:
            return f"{subject} != null"
        words = self._words(mask)
        if len(words) > 1 and all(one.plain and not one.plain.startswith("not(") for one in words):
            return f"{subject} in ({', '.join(one.plain for one in words)})"
        found = " or ".join(one.condition(subject) for one in words)
        found = f"({found})" if len(words) > 1 else found
        given = self.null and not mask & self.null and any(one.plain.startswith("not(") for one in words)
        return f"{subject} != null and {found}" if given else found

    def _words(self, mask: int) -> list[Words]:
        return [one for segment, own in self.parts(mask) for one in segment.words(own)]


def of(kinds: Iterable[str], constants: Iterable[Constant]) -> Partition:
    """The values of these types, cut at the constants. Without a type, there is one atom for anything."""
    known = tuple(constants)
    return Partition(tuple(_segment(name, [c for c in known if kind(c.value) == name]) for name in kinds)
                     or (Choice("Any", (), True),))


def _segment(name: str, constants: Sequence[Constant]) -> Segment:
    if name == "null":
        return Choice("null", (None,), False)
    if name == "boolean":
        return Choice("boolean", (True, False), False)
    if name == "string" and not any(constant.ordered for constant in constants):
        return Choice("string", tuple(dict.fromkeys(c.value for c in constants)), True)
    points: list[Any] = []
    places: dict[Any, int] = {}
    for value in sorted((c.value for c in constants), key=cmp_to_key(_order)):
        if not points or samples.before(points[-1], value):
            points.append(value)
        places[_key(value)] = 2 * len(points) - 1
    return Line(name, tuple(points), places)


def _order(left: Any, right: Any) -> int:
    return samples.before(right, left) - samples.before(left, right)


def _key(value: Any) -> Any:
    return number(value) if kind(value) == "number" else samples.literal(value)
