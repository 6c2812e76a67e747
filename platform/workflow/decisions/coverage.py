"""Which inputs of a decision table no rule decides, which too many do, and which rules never decide anything.

After Calvanese et al., "Semantics and analysis of DMN decision tables" (2016): rules are boxes over the columns. A
missing input (null) is looked at only in a column that tests for null. What cannot be decided is never claimed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Final

from formloom.errors import Problem
from formloom.workflow.decisions import columns, constants
from formloom.workflow.decisions.boxes import Box, Budget, Cover, Part, bits, common
from formloom.workflow.decisions.columns import Boxes, Column, Surroundings
from formloom.workflow.decisions.findings import Finding, Region
from formloom.workflow.decisions.model import Model
from formloom.workflow.decisions.tables import Run, Table

STEPS: Final = 1_000_000
MOST: Final = 20
_ONE_RESULT: Final = frozenset(("UNIQUE", "ANY", "FIRST", "PRIORITY"))


def check(models: Iterable[Model]) -> list[Problem]:
    """The findings about every table of these files."""
    return [one.problem(table) for model in models for table in model.tables
            for one in examine(table, surroundings(model, table))]


def surroundings(model: Model, table: Table) -> Surroundings:
    node = model.nodes[table.owner]
    # Inside other logic a name may stand for something else.
    return Surroundings(model.types, model.seen(node) if node.table is table else {})


def examine(table: Table, around: Surroundings | None = None, most: int = MOST, steps: int = STEPS) -> list[Finding]:
    """At most `most` findings of a kind; what is not told is counted, or said to be unknown."""
    analysis = _Analysis(table, columns.read(table, around or Surroundings()), Budget(steps))
    found: list[Finding] = []
    for look in (_never, _gaps, _overlaps, _masked, _duplicates):
        told = list(islice(look(analysis), most + 1))
        found += told[:most]
        if len(told) > most:
            found.append(Finding("more", (), table.place, told[0].kind))
    found += _undecided(analysis)
    if analysis.budget.spent:
        found.append(Finding("unfinished", (), table.place))
    return found


@dataclass
class _Analysis:
    table: Table
    boxes: Boxes
    budget: Budget
    results: list[Any] = field(init=False)      # by rule: its result as a list of one, or None where that is computed
    live: list[int] = field(init=False)         # rules that hold for something, as far as is known
    decided: list[int] = field(init=False)

    def __post_init__(self) -> None:
        self.results = [_result(self.table, number) for number in range(len(self.table.rules))]
        self.live = [number for number, box in enumerate(self.boxes.rules) if all(box)]
        self.decided = [number for number in self.live if number not in self.boxes.undecided]

    def box(self, number: int) -> Box:
        return self.boxes.rules[number]

    def finding(self, kind: str, rules: Sequence[int], box: Box, about: str = "") -> Finding:
        place = self.table.rules[rules[0]].place if rules else self.table.place
        return Finding(kind, tuple(self.table.rules[number].number for number in rules), place, about,
                       _region(self.table, self.boxes.columns, box), _doubtful(self.boxes.columns, box))

    def pairs(self) -> Iterator[tuple[int, int, Box]]:
        """Decided rules that hold together, with where they do."""
        for place, second in enumerate(self.decided):
            for first in self.decided[:place]:
                box = common(self.box(first), self.box(second))
                if box is not None:
                    yield first, second, box


def _never(analysis: _Analysis) -> Iterator[Finding]:
    for number, box in enumerate(analysis.boxes.rules):
        empty = next((c for c, mask in zip(analysis.boxes.columns, box, strict=True) if not mask), None)
        if empty is not None:
            rule = analysis.table.rules[number]
            test = next((one.text for position in empty.positions if (one := rule.tests[position])), "")
            yield Finding("never", (rule.number,), rule.place, f"{empty.subject}: {test}")


def _gaps(analysis: _Analysis) -> Iterator[Finding]:
    table = analysis.table
    if table.policy not in _ONE_RESULT or not table.inputs or any(output.default for output in table.outputs):
        return
    space = analysis.boxes.space
    found = Cover(space, [analysis.box(number) for number in analysis.live], analysis.budget).gaps()
    for box in sorted(found, key=lambda box: sum(mask != whole for mask, whole in zip(box, space, strict=True))):
        yield analysis.finding("gap", (), box)


def _overlaps(analysis: _Analysis) -> Iterator[Finding]:
    """Under UNIQUE any, under ANY those with different results."""
    policy = analysis.table.policy
    if policy not in ("UNIQUE", "ANY"):
        return
    for first, second, box in analysis.pairs():
        same = None if policy == "UNIQUE" else _same(analysis, first, second)
        if same is not True:
            kind = "overlap" if policy == "UNIQUE" or same is False else "uncertain"
            yield analysis.finding(kind, (first, second), box, policy)


def _same(analysis: _Analysis, first: int, second: int) -> bool | None:
    """Whether two rules have the same results; None where that is not known before they are evaluated."""
    one, other = analysis.results[first], analysis.results[second]
    if one is not None and other is not None:
        return bool(one == other)
    texts = [[entry.text if entry else "" for entry in analysis.table.rules[n].entries] for n in (first, second)]
    return True if texts[0] == texts[1] else None


def _masked(analysis: _Analysis) -> Iterator[Finding]:
    """Rules that hold only where others hold that come first."""
    rank = _RANKS.get(analysis.table.policy)
    ranks = rank(analysis) if rank else {}
    cover = Cover(analysis.boxes.space, analysis.boxes.rules, analysis.budget)
    before = 0
    for number in sorted(ranks, key=lambda number: (ranks[number], number)):
        part = cover.part(analysis.box(number))
        met = before & part.touching
        if met & part.holding:
            yield analysis.finding("masked", (number, next(bits(met & part.holding))), analysis.box(number))
        elif met and part.is_covered(met):
            yield analysis.finding("masked", (number, *_needed(part, met)), analysis.box(number))
        if number not in analysis.boxes.undecided:
            before |= 1 << number


def _by_place(analysis: _Analysis) -> dict[int, tuple[int, ...]]:
    return dict.fromkeys(analysis.live, ())


def _by_priority(analysis: _Analysis) -> dict[int, tuple[int, ...]]:
    rank = analysis.table.ranking({}, Run())
    return {number: rank(analysis.results[number][0]) for number in analysis.live
            if analysis.results[number] is not None}


_RANKS: Final[dict[str, Callable[[_Analysis], dict[int, tuple[int, ...]]]]] = {
    "FIRST": _by_place, "PRIORITY": _by_priority,
}


def _needed(part: Part, met: int) -> list[int]:
    """Rules without which the part would not be covered; only the first few are tried."""
    for number in islice(bits(met), MOST):
        if part.is_covered(met & ~(1 << number)):
            met &= ~(1 << number)
    return list(bits(met))


def _duplicates(analysis: _Analysis) -> Iterator[Finding]:
    """Where several rules may hold: those that say the same twice."""
    if analysis.table.policy in _ONE_RESULT:
        return
    known: dict[tuple[Box, str], int] = {}
    for number in analysis.decided:
        if analysis.results[number] is not None:
            first = known.setdefault((analysis.box(number), repr(analysis.results[number])), number)
            if first != number:
                yield analysis.finding("duplicate", (first, number), analysis.box(number))


def _undecided(analysis: _Analysis) -> list[Finding]:
    """One for each column with cells that cannot be decided."""
    found: dict[int, list[int]] = {}
    for number, positions in analysis.boxes.undecided.items():
        for position in positions:
            found.setdefault(position, []).append(number)
    rules = analysis.table.rules
    return [Finding("undecided", tuple(rules[number].number for number in numbers), analysis.table.place,
                    _shown(analysis.table, position, numbers[0])) for position, numbers in sorted(found.items())]


def _shown(table: Table, position: int, rule: int) -> str:
    test = table.rules[rule].tests[position]
    return f"{table.inputs[position].text}: {test.text if test else ''}"


def _result(table: Table, number: int) -> list[Any] | None:
    rule = table.rules[number]
    if not all(entry is None or constants.is_fixed(entry) for entry in rule.entries):
        return None
    return [table.result(rule, {}, Run())]


def _region(table: Table, known: Sequence[Column], box: Box) -> Region:
    tests, example = ["-"] * len(table.inputs), [None] * len(table.inputs)
    for column, mask in zip(known, box, strict=True):
        for position in column.positions:
            tests[position] = column.tests(mask)
            example[position] = column.partition.sample(mask)
    conditions = [column.condition(mask) for column, mask in zip(known, box, strict=True)]
    values = [(column.subject, example[column.positions[0]]) for column in known]
    return Region(tuple(tests), " and ".join(filter(None, conditions)), tuple(example), tuple(values))


def _doubtful(known: Sequence[Column], box: Box) -> tuple[str, ...]:
    """Columns whose values there may never occur: computed ones, and those that read the same as another."""
    bound = [column for column, mask in zip(known, box, strict=True) if mask != column.domain]
    return tuple(column.subject for column in bound if column.doubtful or any(
        other is not column and _related(column, other) for other in bound))


def _related(one: Column, other: Column) -> bool:
    return any(left[:len(right)] == right[:len(left)] for left in one.paths for right in other.paths)
