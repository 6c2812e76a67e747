"""Decision tables: which rules hold, and what a hit policy makes of them (DMN 1.5 chapter 8)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, TypeAlias

from formloom import feel
from formloom.feel import Expression

Logic: TypeAlias = Callable[[Mapping[str, Any], datetime | None], Any]


@dataclass(frozen=True, slots=True)
class Input:
    """`allowed`: unary tests that a value has to pass; to the rules one that does not is null."""

    value: Logic
    allowed: Expression | None


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


@dataclass(frozen=True, slots=True)
class Rule:
    tests: tuple[Expression | None, ...]        # None always holds
    outputs: tuple[Logic, ...]


@dataclass(frozen=True, slots=True)
class Table:
    inputs: tuple[Input, ...]
    outputs: tuple[Output, ...]
    rules: tuple[Rule, ...]
    policy: str = "UNIQUE"
    aggregation: str = ""

    def decide(self, scope: Mapping[str, Any], now: datetime | None) -> Any:
        values = [_allowed(item.value(scope, now), item.allowed, scope, now) for item in self.inputs]
        hits = [rule for rule in self.rules if self._holds(rule, values, scope, now)]
        if not hits:
            return self._nothing(scope, now)
        found = [self._result(rule.outputs, scope, now) for rule in hits]
        return _POLICIES[self.policy](self, found, scope, now)

    def _holds(self, rule: Rule, values: Sequence[Any], scope: Mapping[str, Any], now: datetime | None) -> bool:
        return all(test is None or test.test({**scope, "?": value}, now)
                   for test, value in zip(rule.tests, values, strict=True))

    def _result(self, entries: Sequence[Logic], scope: Mapping[str, Any], now: datetime | None) -> Any:
        values = [_allowed(output.fit(entry(scope, now)), output.allowed, scope, now)
                  for output, entry in zip(self.outputs, entries, strict=True)]
        if len(values) == 1:
            return values[0]
        return {output.name: value for output, value in zip(self.outputs, values, strict=True)}

    def _nothing(self, scope: Mapping[str, Any], now: datetime | None) -> Any:
        if any(output.default for output in self.outputs):
            values = [output.default(scope, now) if output.default else None for output in self.outputs]
            if len(values) == 1:
                return values[0]
            return {output.name: value for output, value in zip(self.outputs, values, strict=True)}
        if self.policy in ("COLLECT", "RULE ORDER", "OUTPUT ORDER"):
            return {"": [], "COUNT": 0}.get(self.aggregation)
        return None

    def by_priority(self, found: list[Any], scope: Mapping[str, Any], now: datetime | None) -> list[Any]:
        orders = [output.order(scope, now) or [] if output.order else [] for output in self.outputs]

        def rank(value: Any) -> tuple[int, ...]:
            parts = [value] if len(self.outputs) == 1 else [value[output.name] for output in self.outputs]
            return tuple(order.index(part) if part in order else len(order)
                         for order, part in zip(orders, parts, strict=True) if order)

        return sorted(found, key=rank)


def _allowed(value: Any, tests: Expression | None, scope: Mapping[str, Any], now: datetime | None) -> Any:
    return value if value is None or tests is None or tests.test({**scope, "?": value}, now) else None


def _unique(table: Table, found: list[Any], scope: Mapping[str, Any], now: datetime | None) -> Any:
    return found[0] if len(found) == 1 else None


def _any(table: Table, found: list[Any], scope: Mapping[str, Any], now: datetime | None) -> Any:
    return found[0] if all(value == found[0] for value in found) else None


def _priority(table: Table, found: list[Any], scope: Mapping[str, Any], now: datetime | None) -> Any:
    return table.by_priority(found, scope, now)[0]


def _first(table: Table, found: list[Any], scope: Mapping[str, Any], now: datetime | None) -> Any:
    return found[0]


def _all(table: Table, found: list[Any], scope: Mapping[str, Any], now: datetime | None) -> Any:
    return found


def _ordered(table: Table, found: list[Any], scope: Mapping[str, Any], now: datetime | None) -> Any:
    return table.by_priority(found, scope, now)


def _collect(table: Table, found: list[Any], scope: Mapping[str, Any], now: datetime | None) -> Any:
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
