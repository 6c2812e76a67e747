"""Closures of operators: logic, comparison, membership, arithmetic."""

from __future__ import annotations

import operator
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, TypeAlias

from formloom.feel import comparison, syntax
from formloom.feel.arithmetic import NUMERIC, calculate, negative
from formloom.feel.values import Range, kind

Closure: TypeAlias = Callable[[Any], Any]

_FAILURES = (ArithmeticError, TypeError, ValueError)


def conjunction(operands: list[Closure]) -> Closure:
    def evaluate(frame: Any) -> bool | None:
        result: bool | None = True
        for operand in operands:
            value = operand(frame)
            if value is False:
                return False
            if value is not True:
                result = None
        return result

    return evaluate


def disjunction(operands: list[Closure]) -> Closure:
    def evaluate(frame: Any) -> bool | None:
        result: bool | None = False
        for operand in operands:
            value = operand(frame)
            if value is True:
                return True
            if value is not False:
                result = None
        return result

    return evaluate


_RELATIONS: dict[str, Callable[[Any, Any], bool]] = {**comparison.ORDERS, "=": operator.eq, "!=": operator.ne}
# Pairs of classes whose values Python compares as FEEL does.
_ALIKE = frozenset({
    (Decimal, Decimal), (int, Decimal), (Decimal, int), (int, int), (str, str), (date, date), (timedelta, timedelta),
})


def relation(node: syntax.Comparison, left: Closure, right: Closure) -> Closure:
    symbol, relates, alike = node.operator, _RELATIONS[node.operator], _ALIKE

    def evaluate(frame: Any) -> bool | None:
        a, b = left(frame), right(frame)
        if (a.__class__, b.__class__) in alike:
            return relates(a, b)
        return compared(node, symbol, a, b, frame)

    return evaluate


def relation_to_constant(node: syntax.Comparison, left: Closure, constant: Any) -> Closure:
    """`name > 10`, the most frequent shape of all."""
    symbol, relates = node.operator, _RELATIONS[node.operator]
    alike = frozenset(a for a, b in _ALIKE if b is constant.__class__)

    def evaluate(frame: Any) -> bool | None:
        value = left(frame)
        if value.__class__ in alike:
            return relates(value, constant)
        return compared(node, symbol, value, constant, frame)

    return evaluate


def compared(node: syntax.Node, symbol: str, left: Any, right: Any, frame: Any) -> bool | None:
    result = comparison.compare(symbol, left, right, frame.run)
    if result is None:
        frame.run.warn(f"{kind(left)} {symbol} {kind(right)} has no answer", node)
    return result


def between(node: syntax.Between, value: Closure, low: Closure, high: Closure) -> Closure:
    def evaluate(frame: Any) -> bool | None:
        found = value(frame)
        above = compared(node, ">=", found, low(frame), frame)
        below = compared(node, "<=", found, high(frame), frame)
        return comparison.every((above, below))

    return evaluate


Test: TypeAlias = Callable[[Any, Any], bool | None]


def related(node: syntax.Relation, operand: Closure) -> Test:
    return lambda value, frame: compared(node, node.operator, value, operand(frame), frame)


def membership(node: syntax.Node, test: Closure) -> Test:
    return lambda value, frame: comparison.member_of(value, test(frame), frame.run)


def any_of(tests: list[Test]) -> Test:
    if len(tests) == 1:
        return tests[0]
    return lambda value, frame: comparison.some(test(value, frame) for test in tests)


def relation_as_range(node: syntax.Relation, operand: Closure) -> Closure:
    make: dict[str, Callable[[Any], Range]] = {
        "<": lambda end: Range(None, end, False, False),
        "<=": lambda end: Range(None, end, False, True),
        ">": lambda end: Range(end, None, False, False),
        ">=": lambda end: Range(end, None, True, False),
        "=": lambda end: Range(end, end, True, True, test=True),
    }
    build = make.get(node.operator)

    def evaluate(frame: Any) -> Range | None:
        end = operand(frame)
        if build is None or end is None:
            frame.run.warn(f"{node.operator} {kind(end)} is no range", node)
            return None
        return build(end)

    return evaluate


def range_of(node: syntax.Range, low: Closure, high: Closure) -> Closure:
    def evaluate(frame: Any) -> Range | None:
        start, end = low(frame), high(frame)
        if start is None or end is None or kind(start) != kind(end):
            frame.run.warn(f"No range from {kind(start)} to {kind(end)}", node)
            return None
        return Range(start, end, node.low_closed, node.high_closed)

    return evaluate


def arithmetic(node: syntax.Arithmetic, left: Closure, right: Closure) -> Closure:
    symbol, numeric = node.operator, NUMERIC[node.operator]

    def evaluate(frame: Any) -> Any:
        a, b = left(frame), right(frame)
        try:
            if a.__class__ is Decimal and b.__class__ is Decimal:
                return numeric(a, b)
            result = calculate(symbol, a, b)
        except _FAILURES as error:
            frame.run.warn(_reason(error), node)
            return None
        if result.__class__ is str:
            frame.run.string(len(result))
        return result

    return evaluate


def negation(node: syntax.Negation, operand: Closure) -> Closure:
    def evaluate(frame: Any) -> Any:
        value = operand(frame)
        try:
            return negative(value)
        except _FAILURES as error:
            frame.run.warn(_reason(error), node)
            return None

    return evaluate


def _reason(error: Exception) -> str:
    if isinstance(error, ZeroDivisionError):
        return "Division by zero"
    if isinstance(error, ArithmeticError):
        return "The result is out of range or undefined"
    return f"Cannot calculate {error}" if isinstance(error, TypeError) else "The result is out of range"


# -- unary tests -------------------------------------------------------------------------------------------------


def question(condition: Closure) -> Test:
    """A test that names the input itself, as `? > 5`; what is no verdict is a value to be equal to or within."""

    def passes(value: Any, frame: Any) -> bool | None:
        verdict = condition(frame)
        if verdict is None or isinstance(verdict, bool):
            return verdict
        return comparison.member_of(value, verdict, frame.run)

    return passes


def expected(node: syntax.Node, test: Closure) -> Test:
    """A value to be equal to or within, or a condition over other names."""

    def passes(value: Any, frame: Any) -> bool | None:
        found = test(frame)
        if isinstance(found, bool) and not isinstance(value, bool):
            return found
        return comparison.member_of(value, found, frame.run)

    return passes


def unary(node: syntax.UnaryTests, tests: list[Test]) -> Closure:
    passes, negated = any_of(tests), node.negated

    def evaluate(frame: Any) -> bool | None:
        verdict = passes(frame.scope.get("?"), frame)
        return verdict if verdict is None or not negated else not verdict

    return evaluate
