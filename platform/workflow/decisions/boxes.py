"""What a list of boxes leaves open. A box has one mask of atoms per column; columns and atoms are numbers here.

Columns are taken in turn, as in a decision diagram: what is open from some column on depends only on the boxes that are
still met there, so it is found once for each set of boxes (a number with one bit per box).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import and_, or_
from typing import TypeAlias

Box: TypeAlias = tuple[int, ...]


@dataclass
class Budget:
    """Steps that an analysis may take; what is left open when they are spent is not known."""

    steps: int

    def spend(self, steps: int) -> bool:
        self.steps -= steps
        return self.steps > 0

    @property
    def spent(self) -> bool:
        return self.steps <= 0


def bits(mask: int) -> Iterator[int]:
    while mask:
        lowest = mask & -mask
        yield lowest.bit_length() - 1
        mask ^= lowest


def common(one: Box, other: Box) -> Box | None:
    """The box of what both hold; None where they share nothing."""
    shared = []
    for left, right in zip(one, other, strict=True):
        both = left & right
        if not both:
            return None
        shared.append(both)
    return tuple(shared)


class Cover:
    """Boxes within a space, sorted by where they are met."""

    def __init__(self, space: Box, boxes: Sequence[Box], budget: Budget) -> None:
        self.space, self.budget, self.all = space, budget, (1 << len(boxes)) - 1
        classes = [_classes(space[column], [box[column] for box in boxes]) for column in range(len(space))]
        self._order = sorted(range(len(space)), key=lambda column: len(classes[column]))
        self._classes = [classes[column] for column in self._order]

    def part(self, box: Box) -> Part:
        """The same within a box of the space."""
        inside = [[(atoms & box[column], met) for atoms, met in classes if atoms & box[column]]
                  for column, classes in zip(self._order, self._classes, strict=True)]
        return Part(inside, self.all, self.budget)

    def gaps(self) -> list[Box]:
        """Disjoint boxes that hold exactly what no box does; some of it, if the budget is spent."""
        return merged([self._in_order(box) for box in self.part(self.space).open(0, self.all)])

    def _in_order(self, box: Box) -> Box:
        found = dict(zip(self._order, box, strict=True))
        return tuple(found[column] for column in range(len(box)))


def _classes(space: int, masks: Sequence[int]) -> list[tuple[int, int]]:
    """The atoms of a column, those together where the same boxes are met, with these boxes."""
    changes: dict[int, int] = {}
    for number, mask in enumerate(masks):
        inside = mask & space
        for atom in bits(inside ^ inside << 1):
            changes[atom] = changes.get(atom, 0) ^ 1 << number
    grouped: dict[int, int] = {}
    met = 0
    for atom in range(space.bit_length()):
        met ^= changes.get(atom, 0)
        if space >> atom & 1:
            grouped[met] = grouped.get(met, 0) | 1 << atom
    return [(atoms, boxes) for boxes, atoms in grouped.items()]


class Part:
    """`holding`: the boxes that hold all of it. `touching`: those that share something with it."""

    def __init__(self, classes: list[list[tuple[int, int]]], boxes: int, budget: Budget) -> None:
        self._classes, self._budget = classes, budget
        self._rest = tuple(reduce(or_, (atoms for atoms, _ in column)) for column in classes)
        self._full, self.touching = [boxes], boxes
        for column in reversed(classes):
            self._full.insert(0, reduce(and_, (met for _, met in column), self._full[0]))
            self.touching &= reduce(or_, (met for _, met in column))
        self._open: dict[tuple[int, int], tuple[Box, ...]] = {}
        self._covered: set[tuple[int, int]] = set()

    @property
    def holding(self) -> int:
        return self._full[0]

    def open(self, level: int, met: int) -> tuple[Box, ...]:
        """What no box of `met` holds, in the columns from `level` on."""
        if met & self._full[level]:
            return ()
        if not met:
            return (self._rest[level:],)
        known = self._open.get((level, met))
        if known is None:
            if not self._budget.spend(len(self._classes[level])):
                return ()
            known = self._open[level, met] = self._joined(level, met)
        return known

    def _joined(self, level: int, met: int) -> tuple[Box, ...]:
        alike: dict[tuple[Box, ...], int] = {}
        for inner, atoms in self._split(level, met).items():
            found = self.open(level + 1, inner)
            if found:
                alike[found] = alike.get(found, 0) | atoms
        self._budget.spend(sum(map(len, alike)))
        return tuple((atoms, *rest) for found, atoms in alike.items() for rest in found)

    def is_covered(self, met: int, level: int = 0) -> bool:
        """Whether boxes of `met` hold all of it; False too where the budget does not last."""
        if met & self._full[level] or (level, met) in self._covered:
            return True
        if not met or not self._budget.spend(len(self._classes[level])):
            return False
        # Where few boxes are met, something open is found soon.
        if all(self.is_covered(inner, level + 1) for inner in sorted(self._split(level, met), key=int.bit_count)):
            self._covered.add((level, met))
            return True
        return False

    def _split(self, level: int, met: int) -> dict[int, int]:
        found: dict[int, int] = {}
        for atoms, boxes in self._classes[level]:
            inner = met & boxes
            found[inner] = found.get(inner, 0) | atoms
        return found


def merged(boxes: Sequence[Box]) -> list[Box]:
    """The same as fewer boxes: those that differ in one column become one."""
    found = list(boxes)
    before = -1
    while before != len(found):
        before = len(found)
        for column in range(len(found[0]) if found else 0):
            alike: dict[Box, int] = {}
            for box in found:
                key = (*box[:column], *box[column + 1:])
                alike[key] = alike.get(key, 0) | box[column]
            found = [(*key[:column], atoms, *key[column:]) for key, atoms in alike.items()]
    return found
