"""`+ - * / **` over numbers, strings, dates, times and durations. Null with a reason where types do not fit."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, time, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final

from formloom.feel import temporal, wide
from formloom.feel.temporal import make_months
from formloom.feel.values import NUMBERS, YearMonthDuration, kind, number
from formloom.feel.wide import Day, Length, Moment, instant, nanoseconds

Operation = Callable[[Any, Any], Any]

NUMERIC: Final[Mapping[str, Operation]] = {
    "+": NUMBERS.add, "-": NUMBERS.subtract, "*": NUMBERS.multiply, "/": NUMBERS.divide, "**": NUMBERS.power,
}


def calculate(operator: str, left: Any, right: Any) -> Any:
    """The result; raises TypeError with words where the operands do not fit, ArithmeticError where it has no result."""
    if left is None or right is None:
        raise TypeError(f"{operator} with null")
    families = kind(left), kind(right)
    if families == ("number", "number"):
        return NUMERIC[operator](_number(left), _number(right))
    operation = _OPERATIONS.get((operator, *families))
    if operation is None:
        raise TypeError(f"{operator} between {families[0]} and {families[1]}")
    return operation(left, right)


def negative(value: Any) -> Any:
    family = kind(value)
    if family == "number":
        return NUMBERS.minus(_number(value))
    if family == "days and time duration":
        return temporal.opposite(value)
    if family == "years and months duration":
        return YearMonthDuration(-value.months)
    raise TypeError(f"minus before {family}")


def _number(value: Any) -> Decimal | int:
    found = number(value)
    if found is None:
        raise ArithmeticError("not a finite number")
    return found


# -- durations ---------------------------------------------------------------------------------------------------


def _scaled_days(length: Length, factor: Any) -> Length:
    return _rounded(nanoseconds(length) * Fraction(_number(factor)), length)


def _divided_days(length: Length, divisor: Any) -> Length:
    return _rounded(nanoseconds(length) / Fraction(_number(divisor)), length)


def _rounded(count: Fraction, length: Length) -> Length:
    """To the microsecond, as everywhere in the platform, unless the duration is finer already."""
    return wide.make_duration(round(count / 1000) * 1000 if isinstance(length, timedelta) else round(count))


def _ratio_of_days(left: Length, right: Length) -> Decimal:
    return NUMBERS.divide(Decimal(nanoseconds(left)), Decimal(nanoseconds(right)))


def _scaled_months(length: YearMonthDuration, factor: Any) -> YearMonthDuration:
    return make_months(int(length.months * Fraction(_number(factor))))


def _divided_months(length: YearMonthDuration, divisor: Any) -> YearMonthDuration:
    return make_months(int(length.months / Fraction(_number(divisor))))


# -- moments -----------------------------------------------------------------------------------------------------


def _between(later: Any, earlier: Any) -> Length:
    """Between two moments or two times."""
    if (later.tzinfo is None) != (earlier.tzinfo is None):
        raise TypeError("- between values with and without a time zone")
    return wide.make_duration(instant(later) - instant(earlier))


def _midnight(day: Day) -> Moment:
    """A date among moments is its midnight in UTC, as the standard has it."""
    return wide.combine(day, time(tzinfo=UTC))


def _swapped(operation: Operation) -> Operation:
    return lambda left, right: operation(right, left)


_DATE, _MOMENT, _TIME = "date", "date and time", "time"
_DAYS, _MONTHS = "days and time duration", "years and months duration"


def _later(value: Day | Moment, length: YearMonthDuration) -> Day | Moment:
    return temporal.add_months(value, length.months)


def _earlier(value: Day | Moment, length: YearMonthDuration) -> Day | Moment:
    return temporal.add_months(value, -length.months)


_OPERATIONS: Final[Mapping[tuple[str, str, str], Operation]] = {
    ("+", "string", "string"): lambda a, b: a + b,
    ("+", _DATE, _DAYS): temporal.add_days,
    ("+", _DAYS, _DATE): _swapped(temporal.add_days),
    ("-", _DATE, _DAYS): lambda a, b: temporal.add_days(a, temporal.opposite(b)),
    ("+", _DATE, _MONTHS): _later,
    ("+", _MONTHS, _DATE): _swapped(_later),
    ("-", _DATE, _MONTHS): _earlier,
    ("-", _DATE, _DATE): temporal.days_between,
    ("+", _MOMENT, _DAYS): temporal.moved,
    ("+", _DAYS, _MOMENT): _swapped(temporal.moved),
    ("-", _MOMENT, _DAYS): lambda a, b: temporal.moved(a, temporal.opposite(b)),
    ("+", _MOMENT, _MONTHS): _later,
    ("+", _MONTHS, _MOMENT): _swapped(_later),
    ("-", _MOMENT, _MONTHS): _earlier,
    ("-", _MOMENT, _MOMENT): _between,
    ("-", _MOMENT, _DATE): lambda a, b: _between(a, _midnight(b)),
    ("-", _DATE, _MOMENT): lambda a, b: _between(_midnight(a), b),
    ("+", _TIME, _DAYS): temporal.add_to_time,
    ("+", _DAYS, _TIME): _swapped(temporal.add_to_time),
    ("-", _TIME, _DAYS): lambda a, b: temporal.add_to_time(a, temporal.opposite(b)),
    ("-", _TIME, _TIME): _between,
    ("+", _DAYS, _DAYS): temporal.added,
    ("-", _DAYS, _DAYS): lambda a, b: temporal.added(a, temporal.opposite(b)),
    ("*", _DAYS, "number"): _scaled_days,
    ("*", "number", _DAYS): _swapped(_scaled_days),
    ("/", _DAYS, "number"): _divided_days,
    ("/", _DAYS, _DAYS): _ratio_of_days,
    ("+", _MONTHS, _MONTHS): lambda a, b: make_months(a.months + b.months),
    ("-", _MONTHS, _MONTHS): lambda a, b: make_months(a.months - b.months),
    ("*", _MONTHS, "number"): _scaled_months,
    ("*", "number", _MONTHS): _swapped(_scaled_months),
    ("/", _MONTHS, "number"): _divided_months,
    ("/", _MONTHS, _MONTHS): lambda a, b: NUMBERS.divide(a.months, b.months),
}
