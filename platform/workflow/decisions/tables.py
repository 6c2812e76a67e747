"""Decision tables: which rules hold, and what a hit policy makes of them (DMN 1.5 chapter 8)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, TypeAlias

from formloom import feel
from formloom.errors import Place, Text
from formloom.feel import Expression, FeelWarning
from formloom.metadata.catalog import EMPTY, Label
from formloom.metadata.sources import NOWHERE
from formloom.workflow.decisions.types import ANY, ItemType

MAX_WARNINGS = 20


@dataclass(frozen=True, slots=True)
class Input:
    """`allowed`: unary tests that a value has to pass; to the rules one that does not is null. `variable`: its name
    in the rules. `asked`: what `value` evaluates.
    """

    value: Logic
    allowed: Expression | None
    text: str = ""
    label: Label = EMPTY
    kind: ItemType = ANY
    variable: str = ""
    place: Place = NOWHERE
    asked: Expression | None = None


@dataclass(frozen=True, slots=True)
class Output:
    """`allowed`: unary tests of a result; `order`: the same as values, the first with the highest priority.

    `fit` converts to the declared type.
    """

    name: str
    allowed: Expression | None
    order: Logic | None
    default: Logic | None
    fit: Callable[[Any], Any]
    label: Label = EMPTY
    kind: ItemType = ANY
    place: Place = NOWHERE


@dataclass(frozen=True, slots=True)
class Rule:
    """`number` counts from 1, as the modeler shows it; `note` is what its author wrote beside it.
    `entries`: what `outputs` evaluate.
    """

    tests: tuple[Expression | None, ...]        # None always holds
    outputs: tuple[Logic, ...]
    number: int = 0
    id: str = ""
    note: Label = EMPTY
    place: Place = NOWHERE
    entries: tuple[Expression | None, ...] = ()


@dataclass(frozen=True, slots=True)
class Hit:
    """What one table made of its inputs."""

    table: Table
    values: tuple[Any, ...]
    rules: tuple[Rule, ...]


@dataclass
class Run:
    """One question. `failures`: what makes an answer null that should have been one; `warnings` of FEEL."""

    now: datetime | None = None
    hits: list[Hit] = field(default_factory=list)
    failures: list[Text] = field(default_factory=list)
    warnings: list[FeelWarning] = field(default_factory=list)

    def value(self, expression: Expression, scope: Mapping[str, Any]) -> Any:
        found, warnings = expression.evaluate_with_warnings(scope, self.now)
        self.warnings += warnings[:MAX_WARNINGS - len(self.warnings)]
        return found


Logic: TypeAlias = Callable[[Mapping[str, Any], Run], Any]


@dataclass(frozen=True, slots=True)
class Table:
    """Called like any logic. `owner`: id of the decision or knowledge model that it is the logic of, or part of."""

    inputs: tuple[Input, ...]
    outputs: tuple[Output, ...]
    rules: tuple[Rule, ...]
    policy: str = "UNIQUE"
    aggregation: str = ""
    owner: str = ""
    label: Label = EMPTY
    place: Place = NOWHERE

    fit: Callable[[Any], Any] = lambda value: value

    def __call__(self, scope: Mapping[str, Any], run: Run) -> Any:
        return self.fit(self._decided(scope, run))

    def _decided(self, scope: Mapping[str, Any], run: Run) -> Any:
        values = tuple(self._asked(item, scope, run) for item in self.inputs)
        named = {i.variable: v for i, v in zip(self.inputs, values, strict=True) if i.variable}
        inner = {**scope, **named}
        rules = self.holding(values, inner, run)
        run.hits.append(Hit(self, values, rules))
        if not rules:
            return self._nothing(scope, run)
        found = [self.result(rule, inner, run) for rule in rules]
        return _POLICIES[self.policy](self, found, inner, run)

    def _asked(self, item: Input, scope: Mapping[str, Any], run: Run) -> Any:
        value = item.value(scope, run)
        if _passes(value, item.allowed, scope, run):
            return value
        run.failures.append(Text("{table}: {value} is not an allowed value of {input}.", table=self.label,
                                 value=str(value), input=item.label))
        return None

    def holding(self, values: Sequence[Any], scope: Mapping[str, Any], run: Run) -> tuple[Rule, ...]:
        return tuple(rule for rule in self.rules if self._holds(rule, values, scope, run))

    def _holds(self, rule: Rule, values: Sequence[Any], scope: Mapping[str, Any], run: Run) -> bool:
        return all(test is None or test.test({**scope, "?": value}, run.now)
                   for test, value in zip(rule.tests, values, strict=True))

    def result(self, rule: Rule, scope: Mapping[str, Any], run: Run) -> Any:
        values = [self._fitted(output, entry(scope, run), scope, run)
                  for output, entry in zip(self.outputs, rule.outputs, strict=True)]
        if len(values) == 1:
            return values[0]
        return {output.name: value for output, value in zip(self.outputs, values, strict=True)}

    def _fitted(self, output: Output, value: Any, scope: Mapping[str, Any], run: Run) -> Any:
        found = output.fit(value)
        if not _passes(found, output.allowed, scope, run):
            found = None
        if found is None and value is not None:
            run.failures.append(Text("{table}: {value} is no value of the output {output}.", table=self.label,
                                     value=str(value), output=output.label))
        return found

    def _nothing(self, scope: Mapping[str, Any], run: Run) -> Any:
        if any(output.default for output in self.outputs):
            values = [output.default(scope, run) if output.default else None for output in self.outputs]
            if len(values) == 1:
                return values[0]
            return {output.name: value for output, value in zip(self.outputs, values, strict=True)}
        if self.policy in ("COLLECT", "RULE ORDER", "OUTPUT ORDER"):
            return {"": [], "COUNT": 0}.get(self.aggregation)
        return None

    def by_priority(self, found: list[Any], scope: Mapping[str, Any], run: Run) -> list[Any]:
        return sorted(found, key=self.ranking(scope, run))

    def ranking(self, scope: Mapping[str, Any], run: Run) -> Callable[[Any], tuple[int, ...]]:
        """How results are ordered by the values their outputs may have."""
        orders = [output.order(scope, run) or [] if output.order else [] for output in self.outputs]

        def rank(value: Any) -> tuple[int, ...]:
            parts = [value] if len(self.outputs) == 1 else [value[output.name] for output in self.outputs]
            return tuple(order.index(part) if part in order else len(order)
                         for order, part in zip(orders, parts, strict=True) if order)

        return rank


def _passes(value: Any, tests: Expression | None, scope: Mapping[str, Any], run: Run) -> bool:
    return value is None or tests is None or tests.test({**scope, "?": value}, run.now)


def _unique(table: Table, found: list[Any], scope: Mapping[str, Any], run: Run) -> Any:
    if len(found) > 1:
        run.failures.append(Text("{table}: the rules {rules} hold at once, and only one may (hit policy UNIQUE).",
                                 table=table.label, rules=_numbers(run)))
        return None
    return found[0]


def _any(table: Table, found: list[Any], scope: Mapping[str, Any], run: Run) -> Any:
    if any(value != found[0] for value in found):
        run.failures.append(Text("{table}: the rules {rules} hold at once and disagree (hit policy ANY).",
                                 table=table.label, rules=_numbers(run)))
        return None
    return found[0]


def _numbers(run: Run) -> str:
    return ", ".join(str(rule.number) for rule in run.hits[-1].rules)


def _priority(table: Table, found: list[Any], scope: Mapping[str, Any], run: Run) -> Any:
    return table.by_priority(found, scope, run)[0]


def _first(table: Table, found: list[Any], scope: Mapping[str, Any], run: Run) -> Any:
    return found[0]


def _all(table: Table, found: list[Any], scope: Mapping[str, Any], run: Run) -> Any:
    return found


def _ordered(table: Table, found: list[Any], scope: Mapping[str, Any], run: Run) -> Any:
    return table.by_priority(found, scope, run)


def _collect(table: Table, found: list[Any], scope: Mapping[str, Any], run: Run) -> Any:
    if not table.aggregation:
        return found
    if table.aggregation == "COUNT":
        return len(found)
    return _AGGREGATIONS[table.aggregation].evaluate({"found": found}) if table.aggregation in _AGGREGATIONS else None


_AGGREGATIONS: Final = {name: feel.compile(f"{name.lower()}(found)") for name in ("SUM", "MIN", "MAX")}
_POLICIES: Final[Mapping[str, Callable[..., Any]]] = {
    "UNIQUE": _unique, "ANY": _any, "PRIORITY": _priority, "FIRST": _first, "RULE ORDER": _all,
    "OUTPUT ORDER": _ordered, "COLLECT": _collect,
}
POLICIES: Final = frozenset(_POLICIES)
