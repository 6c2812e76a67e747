"""Built-ins over numbers."""

from __future__ import annotations

import decimal as decimals
from decimal import Decimal
from typing import Any

from formloom.feel.functions.registry import builtin
from formloom.feel.values import NUMBERS, YearMonthDuration, integer, number
from formloom.feel.wide import Length, make_duration, nanoseconds

_SCALES = range(-6111, 6177)


def exact(value: Any) -> Decimal:
    """The number as a Decimal."""
    found = number(value)
    if found is None:
        raise ArithmeticError("not a finite number")
    return found if isinstance(found, Decimal) else NUMBERS.create_decimal(found)


def truncated(value: Any) -> int:
    """A position or a length: what follows the decimal point does not count."""
    return int(exact(value))


def rounded(value: Any, scale: Any, mode: str) -> Decimal:
    digits = truncated(scale)
    if digits not in _SCALES:
        raise ValueError("the scale is out of range")
    found = exact(value)
    exponent = found.as_tuple().exponent
    if isinstance(exponent, int) and -exponent <= digits:
        return found
    result = found.quantize(Decimal((0, (1,), -digits)), mode, NUMBERS)
    return result if digits >= 0 else NUMBERS.add(result, Decimal(0))


@builtin("decimal(n: number, scale: number)", "保留小数")
def decimal(n: Any, scale: Any) -> Decimal:
    return rounded(n, scale, decimals.ROUND_HALF_EVEN)


@builtin("floor(n: number, scale?: number)", "向下取整", "取整")
def floor(n: Any, scale: Any = 0) -> Decimal:
    return rounded(n, scale, decimals.ROUND_FLOOR)


@builtin("ceiling(n: number, scale?: number)", "向上取整")
def ceiling(n: Any, scale: Any = 0) -> Decimal:
    return rounded(n, scale, decimals.ROUND_CEILING)


@builtin("round up(n: number, scale: number)", "向上舍入")
def round_up(n: Any, scale: Any) -> Decimal:
    return rounded(n, scale, decimals.ROUND_UP)


@builtin("round down(n: number, scale: number)", "向下舍入")
def round_down(n: Any, scale: Any) -> Decimal:
    return rounded(n, scale, decimals.ROUND_DOWN)


@builtin("round half up(n: number, scale: number)", "四舍五入")
def round_half_up(n: Any, scale: Any) -> Decimal:
    return rounded(n, scale, decimals.ROUND_HALF_UP)


@builtin("round half down(n: number, scale: number)", "五舍六入")
def round_half_down(n: Any, scale: Any) -> Decimal:
    return rounded(n, scale, decimals.ROUND_HALF_DOWN)


@builtin("abs(n: number)", "绝对值")
def absolute(n: Any) -> Decimal:
    return NUMBERS.abs(exact(n))


@builtin("abs(n: days and time duration)")
def absolute_days(n: Length) -> Length:
    return make_duration(abs(nanoseconds(n)))


@builtin("abs(n: years and months duration)")
def absolute_months(n: YearMonthDuration) -> YearMonthDuration:
    return YearMonthDuration(abs(n.months))


@builtin("modulo(dividend: number, divisor: number)", "取余")
def modulo(dividend: Any, divisor: Any) -> Decimal:
    """With the sign of the divisor."""
    by = exact(divisor)
    rest = NUMBERS.remainder(exact(dividend), by)
    return NUMBERS.add(rest, by) if rest and (rest < 0) != (by < 0) else rest


@builtin("sqrt(number: number)", "平方根")
def square_root(value: Any) -> Decimal:
    return NUMBERS.sqrt(exact(value))


@builtin("log(number: number)")
def logarithm(value: Any) -> Decimal | None:
    found = exact(value)
    return NUMBERS.ln(found) if found > 0 else None


@builtin("exp(number: number)")
def exponential(value: Any) -> Decimal:
    return NUMBERS.exp(exact(value))


@builtin("odd(number: number)", "奇数")
def odd(value: Any) -> bool | None:
    found = integer(value)
    return None if found is None else found % 2 == 1


@builtin("even(number: number)", "偶数")
def even(value: Any) -> bool | None:
    found = integer(value)
    return None if found is None else found % 2 == 0


@builtin("not(negand: any)", "非")
def negation(negand: Any) -> bool | None:
    return not negand if isinstance(negand, bool) else None
