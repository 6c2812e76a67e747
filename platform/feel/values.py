"""FEEL values as Python values, and the three types that Python lacks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import ROUND_HALF_EVEN, Context, Decimal, DivisionByZero, InvalidOperation, Overflow
from math import isfinite
from typing import Any, Final

from formloom.feel.wide import WideDate, WideDateTime, WideDuration, WideTime

# decimal128: 34 digits, and exponents small enough that no number is slow to write out.
NUMBERS: Final = Context(
    prec=34, rounding=ROUND_HALF_EVEN, Emin=-6143, Emax=6144, capitals=1, clamp=0, flags=[],
    traps=[DivisionByZero, InvalidOperation, Overflow],
)


ANY_NUMBER: Final = ("...",)      # parameters of a function that checks its arguments itself


@dataclass(frozen=True, slots=True, order=True)
class YearMonthDuration:
    months: int


@dataclass(frozen=True, slots=True)
class Range:
    """Values between two ends; an end of None is open for ever. `test` marks the one that `= 10` makes."""

    low: Any
    high: Any
    low_closed: bool = True
    high_closed: bool = True
    test: bool = False


class Function:
    """A value that can be called: written in FEEL, or built in."""

    __slots__ = ("call", "name", "parameters", "types")

    def __init__(
        self, parameters: tuple[str, ...], call: Callable[..., Any], name: str = "", types: tuple[Any, ...] = ()
    ) -> None:
        self.parameters = parameters
        self.call = call
        self.name = name
        self.types = types


_KINDS: Final[dict[type, str]] = {
    bool: "boolean", int: "number", Decimal: "number", float: "number", str: "string", date: "date",
    datetime: "date and time", time: "time", timedelta: "days and time duration",
    YearMonthDuration: "years and months duration", list: "list", tuple: "list", dict: "context",
    WideDate: "date", WideDateTime: "date and time", WideTime: "time", WideDuration: "days and time duration",
    Range: "range", Function: "function", type(None): "null",
}
# The order matters: bool is an int and datetime is a date.
_FAMILIES: Final = ((str, "string"), (datetime, "date and time"), (int, "number"), (Decimal, "number"), (date, "date"))


def kind(value: Any) -> str:
    """The FEEL type of a value; "unknown" for what no expression can use."""
    known = _KINDS.get(value.__class__)
    return known if known is not None else _kind_of_other(value)


def _kind_of_other(value: Any) -> str:
    for family, name in _FAMILIES:
        if isinstance(value, family):
            return name
    if isinstance(value, Mapping) or hasattr(type(value), "feel_path"):
        return "context"
    return "list" if isinstance(value, (list, tuple)) else "unknown"


def number(value: Any) -> Decimal | int | None:
    """The value as a finite number, or None."""
    if isinstance(value, Decimal):
        return value if value.is_finite() else None
    if isinstance(value, int):
        return None if isinstance(value, bool) else int(value)
    if isinstance(value, float):
        return NUMBERS.create_decimal(repr(value)) if isfinite(value) else None
    return None


def integer(value: Any) -> int | None:
    """The value as a whole number, or None."""
    found = number(value)
    if found is None or found != int(found):
        return None
    return int(found)
