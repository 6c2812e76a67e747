"""Built-ins over lists."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from formloom.feel import comparison
from formloom.feel.functions.registry import builtin
from formloom.feel.values import NUMBERS, integer, kind, number


@builtin("count(list: list)", "计数")
def count(items: list[Any]) -> Decimal:
    return Decimal(len(items))


@builtin("sum(list: list)", "合计", "求和")
@builtin("sum(n*: number)", "合计", "求和")
def total(*items: Any) -> Decimal | None:
    numbers = _numbers(items)
    if not numbers:
        return None
    result = Decimal(0)
    for found in numbers:
        result = NUMBERS.add(result, found)
    return result


def _numbers(items: Any) -> list[Decimal | int]:
    """The arguments of a call with one list or with several numbers."""
    values = items[0] if len(items) == 1 and kind(items[0]) == "list" else items
    found = [number(value) for value in values]
    if None in found:
        raise TypeError("every element must be a number")
    return [value for value in found if value is not None]
