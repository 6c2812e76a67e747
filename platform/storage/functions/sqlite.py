"""FEEL's own functions inside SQLite: what is computed there is what Python computes.

Numbers of more than 64 bits, and those that division makes, travel as text in one form per value, so that `=` tells
them apart; `fl_compare` orders them. Years before 1 and after 9999 and durations of more than 64 bits are NULL.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Context, Decimal
from typing import Any

from formloom.feel import YearMonthDuration, temporal
from formloom.feel.arithmetic import calculate
from formloom.feel.functions import moments, numeric, strings
from formloom.feel.members import member
from formloom.feel.text import digits
from formloom.feel.wide import Day, Length, Moment, nanoseconds

_WIDE = Context(prec=7000)
_LARGEST = 2**63 - 1
_FAILURES = (ArithmeticError, TypeError, ValueError)


def number_text(value: Decimal | int) -> str:
    """The one text of a number, whatever digits it was written with."""
    return str(Decimal(value).normalize(_WIDE)) if value else "0"


def _stored_span(value: Length) -> int | None:
    micros = nanoseconds(value) // 1000
    return micros if abs(micros) <= _LARGEST else None


def _stored_date(value: Day) -> str | None:
    return value.isoformat() if isinstance(value, date) else None


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def _stored_moment(value: Moment) -> str | None:
    return value.replace(tzinfo=None).isoformat(" ", "microseconds") if isinstance(value, datetime) else None


# How a value of each kind is read from what SQLite holds, and written for it.
_READ: Mapping[str, Callable[[Any], Any]] = {
    "number": Decimal, "whole": int, "text": str, "date": date.fromisoformat, "moment": _moment,
    "span": lambda micros: timedelta(microseconds=micros), "months": YearMonthDuration,
}
_WRITE: Mapping[str, Callable[[Any], Any]] = {
    "number": number_text, "whole": int, "text": str, "date": _stored_date, "moment": _stored_moment,
    "span": _stored_span, "months": lambda value: value.months,
}


@dataclass(frozen=True, slots=True)
class _Function:
    takes: tuple[str, ...]
    gives: str
    compute: Callable[..., Any]

    def __call__(self, *given: Any) -> Any:
        """NULL where FEEL has no result. Only a kind that ends in `?` takes NULL."""
        if any(value is None and not kind.endswith("?") for value, kind in zip(given, self.takes, strict=True)):
            return None
        values = [value if value is None else _READ[kind.rstrip("?")](value)
                  for value, kind in zip(given, self.takes, strict=True)]
        try:
            result = self.compute(*values)
        except _FAILURES:
            return None
        return None if result is None else _WRITE[self.gives](result)


def _calculates(symbol: str) -> Callable[[Any, Any], Any]:
    return lambda left, right: calculate(symbol, left, right)


def _compared(left: Decimal, right: Decimal) -> int:
    return (left > right) - (left < right)


def _part(name: str, day: date) -> Any:
    return _DAY_PARTS[name](day) if name in _DAY_PARTS else member(day, name)


_DAY_PARTS: Mapping[str, Callable[[date], Any]] = {
    "day of year": moments.day_of_year, "week of year": moments.week_of_year,
}
_DAY_NAMES: Mapping[str, Callable[[date], str]] = {
    "day of week": moments.day_of_week, "month of year": moments.month_of_year,
}
_DECLARED: tuple[tuple[str, str, str, Callable[..., Any]], ...] = (
    ("fl_number", "whole whole", "number", lambda count, scale: Decimal(count).scaleb(-scale, _WIDE)),
    ("fl_compare", "number number", "whole", _compared),
    ("fl_add", "number number", "number", _calculates("+")),
    ("fl_subtract", "number number", "number", _calculates("-")),
    ("fl_multiply", "number number", "number", _calculates("*")),
    ("fl_divide", "number number", "number", _calculates("/")),
    ("fl_modulo", "number number", "number", numeric.modulo),
    ("fl_absolute", "number", "number", numeric.absolute),
    ("fl_rounded", "number whole text", "number", numeric.rounded),
    ("fl_text", "number", "text", digits),
    ("fl_upper", "text", "text", strings.upper_case),
    ("fl_lower", "text", "text", strings.lower_case),
    ("fl_trim", "text", "text", strings.trim),
    ("fl_substring", "text number number?", "text", strings.substring),
    ("fl_before", "text text", "text", strings.substring_before),
    ("fl_after", "text text", "text", strings.substring_after),
    ("fl_add_days", "date span", "date", _calculates("+")),
    ("fl_subtract_days", "date span", "date", _calculates("-")),
    ("fl_add_months", "date months", "date", _calculates("+")),
    ("fl_subtract_months", "date months", "date", _calculates("-")),
    ("fl_days_between", "date date", "span", _calculates("-")),
    ("fl_months_between", "date date", "months", temporal.months_between),
    ("fl_month_end", "date", "date", moments.last_day_of_month),
    ("fl_part", "text date", "whole", _part),
    ("fl_name", "text date", "text", lambda name, day: _DAY_NAMES[name](day)),
    ("fl_day", "moment", "date", moments.date_from_moment),
    ("fl_midnight", "date", "moment", lambda day: datetime.combine(day, time(), UTC)),
    ("fl_clock", "text moment", "whole", lambda name, moment: member(moment, name)),
    ("fl_second", "moment", "number", lambda moment: member(moment, "second")),
    ("fl_moved", "moment span", "moment", _calculates("+")),
    ("fl_moved_back", "moment span", "moment", _calculates("-")),
    ("fl_moved_months", "moment months", "moment", _calculates("+")),
    ("fl_moved_months_back", "moment months", "moment", _calculates("-")),
    ("fl_between", "moment moment", "span", _calculates("-")),
    ("fl_span_part", "text span", "whole", lambda name, span: member(span, name)),
    ("fl_span_add", "span span", "span", _calculates("+")),
    ("fl_span_subtract", "span span", "span", _calculates("-")),
    ("fl_span_absolute", "span", "span", numeric.absolute_days),
    ("fl_span_scaled", "span number", "span", _calculates("*")),
    ("fl_span_divided", "span number", "span", _calculates("/")),
    ("fl_span_ratio", "span span", "number", _calculates("/")),
)


class _Total:
    """The sum of whole numbers with `scale` digits after the point; NULL of no rows, or where one is missing."""

    def __init__(self) -> None:
        self._sum: int | None = None
        self._missing = False
        self._scale = 0

    def step(self, value: int | None, scale: int) -> None:
        self._scale = scale
        if value is None:
            self._missing = True
        else:
            self._sum = (self._sum or 0) + value

    def finalize(self) -> str | None:
        if self._missing or self._sum is None:
            return None
        return number_text(Decimal(self._sum).scaleb(-self._scale, _WIDE))


def register(connection: Any) -> None:
    """On a connection of SQLite's driver."""
    for name, takes, gives, compute in _DECLARED:
        kinds = tuple(takes.split())
        connection.create_function(name, len(kinds), _Function(kinds, gives, compute), deterministic=True)
    connection.create_aggregate("fl_total", 2, _Total)
