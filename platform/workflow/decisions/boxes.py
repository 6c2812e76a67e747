"""What a list of boxes leaves open. A box has one mask of atoms per column; columns and atoms are numbers here.

Columns are taken in turn, as in a decision diagram: what is open from some column on depends only on the boxes that are
still met there, so it is found once for each set of boxes (a number with one bit per box).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
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


def within(one: Box, other: Box) -> bool:
    return all(not left & ~right for left, right in zip(one, other, strict=True))


def gaps(space: Box, boxes: Sequence[Box], budget: Budget) -> list[Box]:
    """Disjoint boxes that hold exactly what no box does; some of it, if the budget is spent."""
    cover = Cover(space, boxes, budget)
    return merged([cover.in_order(box) for box in cover.open(0, cover.all)])


def covered(space: Box, boxes: Sequence[Box], budget: Budget) -> bool:
    """Whether the boxes hold all of the space; False too where the budget does not last."""
    cover = Cover(space, boxes, budget)
    return cover.is_covered(0, cover.all)


@dataclass
class Cover:
    space: Box
    boxes: Sequence[Box]
    budget: Budget
    order: list[int] = field(init=False)
    classes: list[list[tuple[int, int]]] = field(init=False)    # of each column: atoms, and the boxes met there
    full: list[int] = field(init=False)                         # boxes that hold all columns from this one on
    _open: dict[tuple[int, int], tuple[Box, ...]] = field(init=False, default_factory=dict)
    _covered: set[tuple[int, int]] = field(init=False, default_factory=set)

    def __post_init__(self) -> None:
        found = [self._classes(column) for column in range(len(self.space))]
        self.order = sorted(range(len(self.space)), key=lambda column: len(found[column]))
        self.classes = [found[column] for column in self.order]
        self.full = [self.all]
        for column in reversed(self.order):
            holding = sum(1 << n for n, box in enumerate(self.boxes) if not self.space[column] & ~box[column])
            self.full.insert(0, self.full[0] & holding)

    @property
    def all(self) -> int:
        return (1 << len(self.boxes)) - 1

    def _classes(self, column: int) -> list[tuple[int, int]]:
        changes: dict[int, int] = {}
        for number, box in enumerate(self.boxes):
            mask = box[column] & self.space[column]
            for atom in bits(mask ^ mask << 1):
                changes[atom] = changes.get(atom, 0) ^ 1 << number
        grouped: dict[int, int] = {}
        met = 0
        for atom in range(self.space[column].bit_length()):
            met ^= changes.get(atom, 0)
            if self.space[column] >> atom & 1:
                grouped[met] = grouped.get(met, 0) | 1 << atom
        return [(atoms, boxes) for boxes, atoms in grouped.items()]

    def in_order(self, box: Box) -> Box:
        found = dict(zip(self.order, box, strict=True))
        return tuple(found[column] for column in range(len(box)))

    def _rest(self, level: int) -> Box:
        return tuple(self.space[column] for column in self.order[level:])

    def open(self, level: int, met: int) -> tuple[Box, ...]:
        """What no box of `met` holds, in the columns from `level` on."""
        if met & self.full[level]:
            return ()
        if not met:
            return (self._rest(level),)
        known = self._open.get((level, met))
        if known is None:
            if not self.budget.spend(len(self.classes[level])):
                return ()
            known = self._open[level, met] = self._joined(level, met)
        return known

    def _joined(self, level: int, met: int) -> tuple[Box, ...]:
        alike: dict[tuple[Box, ...], int] = {}
        for inner, atoms in self._split(level, met).items():
            found = self.open(level + 1, inner)
            if found:
                alike[found] = alike.get(found, 0) | atoms
        self.budget.spend(sum(map(len, alike)))
        return tuple((atoms, *rest) for found, atoms in alike.items() for rest in found)

    def is_covered(self, level: int, met: int) -> bool:
        if met & self.full[level] or (level, met) in self._covered:
            return True
        if not met or not self.budget.spend(len(self.classes[level])):
            return False
        # Where few boxes are met, something open is found soon.
        if all(self.is_covered(level + 1, inner) for inner in sorted(self._split(level, met), key=int.bit_count)):
            self._covered.add((level, met))
            return True
        return False

    def _split(self, level: int, met: int) -> dict[int, int]:
        found: dict[int, int] = {}
        for atoms, boxes in self.classes[level]:
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
