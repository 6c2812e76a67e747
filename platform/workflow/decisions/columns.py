"""The columns of a decision table as sets: what values each may have, and which of them each cell lets through."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from formloom.feel import Expression, ast
from formloom.feel.typechecks import NAMES as BUILT_IN
from formloom.feel.values import kind
from formloom.feel.wide import nanosecond
from formloom.metadata.catalog import EMPTY
from formloom.workflow.decisions import constants, partition
from formloom.workflow.decisions.boxes import Box
from formloom.workflow.decisions.constants import Constant, Undecidable
from formloom.workflow.decisions.partition import Partition
from formloom.workflow.decisions.tables import Input, Table
from formloom.workflow.decisions.types import ANY, ItemType, Types

_COMPOUND: Final = frozenset(("list", "context", "range", "function"))
NO_TYPES: Final = Types(EMPTY)


@dataclass(frozen=True, slots=True)
class Surroundings:
    """The declared types of the names that a table reads."""

    types: Types = NO_TYPES
    names: Mapping[str, ItemType] = EMPTY


@dataclass(frozen=True)
class Column:
    """One thing that a table asks about; `positions`: the inputs that ask it. `doubtful`: may have fewer values."""

    subject: str
    positions: tuple[int, ...]
    partition: Partition
    domain: int
    doubtful: bool
    paths: frozenset[tuple[str, ...]]

    def condition(self, mask: int) -> str:
        return self.partition.condition(self.subject, mask, self.domain)

    def tests(self, mask: int) -> str:
        return self.partition.tests(mask, self.domain)


@dataclass(frozen=True, slots=True)
class Boxes:
    """Each rule as a box over the columns. A cell that cannot be decided is taken to let everything through."""

    columns: tuple[Column, ...]
    rules: tuple[Box, ...]
    undecided: Mapping[int, tuple[int, ...]]    # by rule: the inputs whose cells cannot be decided

    @property
    def space(self) -> Box:
        return tuple(column.domain for column in self.columns)


def read(table: Table, surroundings: Surroundings) -> Boxes:
    cells = _Cells(table, surroundings)
    groups: dict[str, list[int]] = {}
    for position, item in enumerate(table.inputs):
        groups.setdefault(item.asked.text.strip() if item.asked else f"#{position}", []).append(position)
    columns = tuple(cells.column(positions) for positions in groups.values())
    undecided: dict[int, tuple[int, ...]] = {}
    for number in range(len(table.rules)):
        left = tuple(p for p in range(len(table.inputs)) if cells.constants(number, p) is None)
        if left:
            undecided[number] = left
    rules = tuple(tuple(cells.mask(number, column) for column in columns) for number in range(len(table.rules)))
    return Boxes(columns, rules, undecided)


@dataclass(frozen=True, slots=True)
class _Kind:
    """`name`: a built-in type, "" where none is declared; None of a value that is no scalar."""

    name: str | None
    allowed: tuple[Expression, ...] = ()


class _Cells:
    def __init__(self, table: Table, surroundings: Surroundings) -> None:
        self.table, self.types, self.names = table, surroundings.types, surroundings.names
        self._own = [frozenset(_own(item)) for item in table.inputs]
        self._read: dict[tuple[int, Expression], tuple[Constant, ...] | None] = {}
        self._masks: dict[tuple[int, Expression], int] = {}
        self._kinds = [self._kind_of(item) for item in table.inputs]
        self._mixed = [_mixes_zones(self._written([position])) for position in range(len(table.inputs))]

    def constants(self, rule: int, position: int) -> tuple[Constant, ...] | None:
        """Of one cell; None where it cannot be decided."""
        test = self.table.rules[rule].tests[position]
        if test is None:
            return ()
        if self._kinds[position].name is None or self._mixed[position]:
            return None
        return self._decided(position, test)

    def _decided(self, position: int, test: Expression) -> tuple[Constant, ...] | None:
        if (position, test) not in self._read:
            self._read[position, test] = _constants(test, self._own[position])
        return self._read[position, test]

    def _written(self, positions: Sequence[int]) -> list[Constant]:
        return [constant for position in positions for rule in self.table.rules if (test := rule.tests[position])
                for constant in self._decided(position, test) or ()]

    def column(self, positions: Sequence[int]) -> Column:
        first = self.table.inputs[positions[0]]
        declared = [self._kinds[position] for position in positions]
        allowed = [test for one in declared for test in one.allowed]
        restrictions = [(test, _constants(test, frozenset())) for test in allowed]
        named = [c for _, found in restrictions for c in found or ()]
        written = self._written(positions)
        made = partition.of(_kinds(declared, written, named), [*named, *written])
        domain = made.possible
        for test, found in restrictions:
            if found is not None:
                domain &= made.null | made.holds(_asked(test, ()), found)
        subject, computed = _subject(first.asked, positions[0])
        doubtful = computed or not domain or any(found is None for _, found in restrictions)
        return Column(subject, tuple(positions), made, domain or made.possible, doubtful, _paths(first.asked))

    def mask(self, rule: int, column: Column) -> int:
        found = column.domain
        for position in column.positions:
            test, known = self.table.rules[rule].tests[position], self.constants(rule, position)
            if test is not None and known is not None:
                if (position, test) not in self._masks:
                    self._masks[position, test] = column.partition.holds(_asked(test, self._own[position]), known)
                found &= self._masks[position, test]
        return found

    def _kind_of(self, item: Input) -> _Kind:
        """What the value is declared to be: by where it comes from, and by the column."""
        found = [self._scalar(one) for one in (self._source(item.asked), item.kind)]
        tests = tuple(test for one in found for test in one.allowed)
        own = (item.allowed,) if item.allowed is not None else ()
        return _Kind(next((one.name for one in found if one.name != ""), ""), (*own, *tests))

    def _source(self, asked: Expression | None) -> ItemType:
        """The declared type of a name, or of a member of what has that name."""
        node, members = asked.ast if asked else None, []
        while isinstance(node, ast.Path):
            members.append(node.name)
            node = node.source
        found = self.names.get(node.name, ANY) if isinstance(node, ast.Name) else ANY
        for member in reversed(members):
            found = self._structure(found).components.get(member, ANY)
        return found

    def _structure(self, item: ItemType) -> ItemType:
        return next((one for one in self._bases(item) if one.components and not one.collection), ANY)

    def _bases(self, item: ItemType) -> Iterator[ItemType]:
        """The type, and those it is defined by."""
        known: list[str] = []
        while True:
            yield item
            known.append(item.base)
            if item.base not in self.types.items or item.base in known[:-1]:
                return
            item = self.types.items[item.base]

    def _scalar(self, item: ItemType) -> _Kind:
        bases = list(self._bases(item))
        if any(one.collection or one.components or one.function or one.base in _COMPOUND for one in bases):
            return _Kind(None)
        name = bases[-1].base
        return _Kind(name if name in BUILT_IN else "", tuple(one.allowed for one in bases if one.allowed is not None))


def _asked(test: Expression, names: Iterable[str]) -> Callable[[Any], bool]:
    return lambda value: test.test({"?": value, **dict.fromkeys(names, value)})


def _own(item: Input) -> Iterator[str]:
    """Names by which a test may call its input, besides `?`."""
    if item.variable:
        yield item.variable
    if item.asked is not None and isinstance(item.asked.ast, ast.Name):
        yield item.asked.ast.name


def _constants(test: Expression, names: frozenset[str]) -> tuple[Constant, ...] | None:
    try:
        found = constants.of(test, names)
    except Undecidable:
        return None
    return None if any(map(_is_awkward, found)) else found


def _is_awkward(constant: Constant) -> bool:
    """Times with a zone go round the clock; fractions of a second are ordered, but do not tell times apart."""
    value, family = constant.value, kind(constant.value)
    return (family == "time" and _has_zone(value)) or (family in ("time", "date and time") and bool(nanosecond(value)))


def _has_zone(value: Any) -> bool:
    return getattr(value, "tzinfo", None) is not None


def _mixes_zones(found: Iterable[Constant]) -> bool:
    """Moments with and without a time zone have no order."""
    return len({_has_zone(c.value) for c in found if kind(c.value) == "date and time"}) > 1


def _kinds(declared: Sequence[_Kind], written: Iterable[Constant], named: Iterable[Constant]) -> list[str]:
    """The declared type, else those of the constants. Null is a value of its own where a cell names it."""
    mentioned = [kind(constant.value) for constant in written]
    name = next((one.name for one in declared if one.name), "")
    others = [name] if name else [*(kind(constant.value) for constant in named), *mentioned]
    found = [one for one in dict.fromkeys(others) if one != "null"]
    return [*found, "null"] if "null" in mentioned and found else found


def _subject(asked: Expression | None, position: int) -> tuple[str, bool]:
    """How a condition names the input, and whether it is computed from others."""
    if asked is None:
        return f"#{position + 1}", True
    plain = isinstance(asked.ast, (ast.Name, ast.Path))
    text = asked.text.strip()
    return text if plain or isinstance(asked.ast, ast.Call) else f"({text})", not plain


def _paths(asked: Expression | None) -> frozenset[tuple[str, ...]]:
    return asked.paths if asked else frozenset()
