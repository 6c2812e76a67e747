"""Built-ins that make one value of a list: each takes one list or several values."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

from formloom.feel.functions.lists import items_of, natural_order
from formloom.feel.functions.numeric import exact
from formloom.feel.functions.registry import builtin
from formloom.feel.values import NUMBERS, kind


@builtin("count(list: list)", "计数")
def count(items: Sequence[Any]) -> Decimal:
    return Decimal(len(items))


@builtin("min(list: list)", "最小")
@builtin("min(c*: any)", "最小")
def least(*arguments: Any) -> Any:
    return _extreme(items_of(arguments), -1)


@builtin("max(list: list)", "最大")
@builtin("max(c*: any)", "最大")
def greatest(*arguments: Any) -> Any:
    return _extreme(items_of(arguments), 1)


def _extreme(items: Sequence[Any], sign: int) -> Any:
    if not items:
        return None
    best = items[0]
    natural_order(best, best)
    for item in items[1:]:
        if natural_order(item, best) == sign:
            best = item
    return best


def _numbers(arguments: Sequence[Any]) -> list[Decimal]:
    items = items_of(arguments)
    if all(item.__class__ is Decimal and item.is_finite() for item in items):
        return list(items)
    if any(kind(item) != "number" for item in items):
        raise TypeError("every element must be a number")
    return [exact(item) for item in items]


def _folded(numbers: Sequence[Decimal], operation: Callable[[Decimal, Decimal], Decimal]) -> Decimal | None:
    if not numbers:
        return None
    result = numbers[0]
    for number in numbers[1:]:
        result = operation(result, number)
    return result


def _total(numbers: Sequence[Decimal]) -> Decimal:
    return _folded(numbers, NUMBERS.add) or Decimal(0)


@builtin("sum(list: list)", "合计", "求和")
@builtin("sum(n*: number)", "合计", "求和")
def total(*arguments: Any) -> Decimal | None:
    return _folded(_numbers(arguments), NUMBERS.add)


@builtin("product(list: list)", "乘积")
@builtin("product(n*: number)")
def product(*arguments: Any) -> Decimal | None:
    return _folded(_numbers(arguments), NUMBERS.multiply)


@builtin("mean(list: list)", "平均")
@builtin("mean(n*: number)", "平均")
def mean(*arguments: Any) -> Decimal | None:
    numbers = _numbers(arguments)
    return NUMBERS.divide(_total(numbers), Decimal(len(numbers))) if numbers else None


@builtin("median(list: list)", "中位数")
@builtin("median(n*: number)", "中位数")
def median(*arguments: Any) -> Decimal | None:
    numbers = sorted(_numbers(arguments))
    if not numbers:
        return None
    middle = len(numbers) // 2
    if len(numbers) % 2:
        return numbers[middle]
    return NUMBERS.divide(NUMBERS.add(numbers[middle - 1], numbers[middle]), Decimal(2))


@builtin("stddev(list: list)", "标准差")
@builtin("stddev(n*: number)")
def standard_deviation(*arguments: Any) -> Decimal | None:
    """Of a sample."""
    numbers = _numbers(arguments)
    if len(numbers) < 2:
        return None
    average = NUMBERS.divide(_total(numbers), Decimal(len(numbers)))
    differences = [NUMBERS.subtract(number, average) for number in numbers]
    squares = _total([NUMBERS.multiply(difference, difference) for difference in differences])
    return NUMBERS.sqrt(NUMBERS.divide(squares, Decimal(len(numbers) - 1)))


@builtin("mode(list: list)", "众数")
@builtin("mode(n*: number)")
def mode(*arguments: Any) -> list[Decimal]:
    """The most frequent numbers, ascending."""
    counts = Counter(_numbers(arguments))
    most = max(counts.values(), default=0)
    return sorted(number for number, times in counts.items() if times == most)
