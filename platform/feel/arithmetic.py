"""`+ - * / **` over numbers, strings, dates, times and durations. Null with a reason where types do not fit."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final

from formloom.feel import temporal
from formloom.feel.values import NUMBERS, YearMonthDuration, kind, number

Operation = Callable[[Any, Any], Any]
_MICROSECOND = timedelta(microseconds=1)

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
        return -value
    if family == "years and months duration":
        return YearMonthDuration(-value.months)
    raise TypeError(f"minus before {family}")


def _number(value: Any) -> Decimal | int:
    found = number(value)
    if found is None:
        raise ArithmeticError("not a finite number")
    return found


# -- durations ---------------------------------------------------------------------------------------------------


def microseconds(length: timedelta) -> int:
    return length // _MICROSECOND


def _scaled_days(length: timedelta, factor: Any) -> timedelta:
    return timedelta(microseconds=round(microseconds(length) * Fraction(_number(factor))))


def _divided_days(length: timedelta, divisor: Any) -> timedelta:
    return timedelta(microseconds=round(microseconds(length) / Fraction(_number(divisor))))


def _ratio_of_days(left: timedelta, right: timedelta) -> Decimal:
    return NUMBERS.divide(Decimal(microseconds(left)), Decimal(microseconds(right)))


def _scaled_months(length: YearMonthDuration, factor: Any) -> YearMonthDuration:
    return YearMonthDuration(int(length.months * Fraction(_number(factor))))


def _divided_months(length: YearMonthDuration, divisor: Any) -> YearMonthDuration:
    return YearMonthDuration(int(length.months / Fraction(_number(divisor))))


# -- moments -----------------------------------------------------------------------------------------------------


def _moved(moment: datetime, length: timedelta) -> datetime:
    """Along real time, not along the clock on the wall: a day of 23 hours is 23 hours."""
    if moment.tzinfo is None:
        return moment + length
    return (moment.astimezone(UTC) + length).astimezone(moment.tzinfo)


def _between(later: datetime, earlier: datetime) -> timedelta:
    if (later.tzinfo is None) != (earlier.tzinfo is None):
        raise TypeError("- between a moment with and one without a time zone")
    difference: timedelta = temporal.instant(later) - temporal.instant(earlier)
    return difference


def _midnight(day: date) -> datetime:
    """A date among moments is its midnight in UTC, as the standard has it."""
    return datetime.combine(day, time(), UTC)


def _between_times(later: time, earlier: time) -> timedelta:
    if (later.tzinfo is None) != (earlier.tzinfo is None):
        raise TypeError("- between a time with and one without a time zone")
    difference: timedelta = temporal.instant(later) - temporal.instant(earlier)
    return difference


def _swapped(operation: Operation) -> Operation:
    return lambda left, right: operation(right, left)


_DATE, _MOMENT, _TIME = "date", "date and time", "time"
_DAYS, _MONTHS = "days and time duration", "years and months duration"


def _add_months(value: date, length: YearMonthDuration) -> date:
    return temporal.add_months(value, length.months)


_OPERATIONS: Final[Mapping[tuple[str, str, str], Operation]] = {
    ("+", "string", "string"): lambda a, b: a + b,
    ("+", _DATE, _DAYS): lambda a, b: a + b,
    ("+", _DAYS, _DATE): lambda a, b: b + a,
    ("-", _DATE, _DAYS): lambda a, b: a + -b,
    ("+", _DATE, _MONTHS): _add_months,
    ("+", _MONTHS, _DATE): _swapped(_add_months),
    ("-", _DATE, _MONTHS): lambda a, b: temporal.add_months(a, -b.months),
    ("-", _DATE, _DATE): lambda a, b: a - b,
    ("+", _MOMENT, _DAYS): _moved,
    ("+", _DAYS, _MOMENT): _swapped(_moved),
    ("-", _MOMENT, _DAYS): lambda a, b: _moved(a, -b),
    ("+", _MOMENT, _MONTHS): _add_months,
    ("+", _MONTHS, _MOMENT): _swapped(_add_months),
    ("-", _MOMENT, _MONTHS): lambda a, b: temporal.add_months(a, -b.months),
    ("-", _MOMENT, _MOMENT): _between,
    ("-", _MOMENT, _DATE): lambda a, b: _between(a, _midnight(b)),
    ("-", _DATE, _MOMENT): lambda a, b: _between(_midnight(a), b),
    ("+", _TIME, _DAYS): temporal.add_to_time,
    ("+", _DAYS, _TIME): _swapped(temporal.add_to_time),
    ("-", _TIME, _DAYS): lambda a, b: temporal.add_to_time(a, -b),
    ("-", _TIME, _TIME): _between_times,
    ("+", _DAYS, _DAYS): lambda a, b: a + b,
    ("-", _DAYS, _DAYS): lambda a, b: a - b,
    ("*", _DAYS, "number"): _scaled_days,
    ("*", "number", _DAYS): _swapped(_scaled_days),
    ("/", _DAYS, "number"): _divided_days,
    ("/", _DAYS, _DAYS): _ratio_of_days,
    ("+", _MONTHS, _MONTHS): lambda a, b: YearMonthDuration(a.months + b.months),
    ("-", _MONTHS, _MONTHS): lambda a, b: YearMonthDuration(a.months - b.months),
    ("*", _MONTHS, "number"): _scaled_months,
    ("*", "number", _MONTHS): _swapped(_scaled_months),
    ("/", _MONTHS, "number"): _divided_months,
    ("/", _MONTHS, _MONTHS): lambda a, b: NUMBERS.divide(a.months, b.months),
}
