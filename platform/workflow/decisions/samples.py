"""Values that a person would have chosen: the roundest number between two others, the next day, another word."""

from __future__ import annotations

import operator
from collections.abc import Container, Iterator
from decimal import Decimal, localcontext
from itertools import count
from typing import Any, Final

from formloom import feel
from formloom.feel import comparison, text
from formloom.feel.values import kind, number

_DIGITS: Final = 200        # more than any two numbers of 34 digits differ in
_PLUS: Final = feel.compile("value + step", ("value", "step"))
_MINUS: Final = feel.compile("value - step", ("value", "step"))
_CLOCK: Final = ("PT1H", "PT1M", "PT1S")      # FEEL tells moments apart by the second
_FINE: Final = (*_CLOCK, "PT0.001S", "PT0.000001S", "PT0.000000001S")
_STEPS: Final = {name: tuple(feel.compile(f'@"{step}"').evaluate() for step in steps) for name, steps in {
    "date": ("P1D",), "date and time": ("P1D", *_CLOCK), "time": _CLOCK, "days and time duration": ("P1D", *_FINE),
    "years and months duration": ("P1M",),
}.items()}
_ANY: Final = {name: feel.compile(source).evaluate() for name, source in {
    "number": "1", "string": '"other"', "boolean": "true", "date": '@"2025-01-01"', "time": '@"12:00:00"',
    "date and time": '@"2025-01-01T12:00:00"', "days and time duration": '@"P1D"',
    "years and months duration": '@"P1Y"',
}.items()}
_MADE: Final = {"days and time duration": "duration", "years and months duration": "duration"}


def literal(value: Any) -> str:
    """The value as FEEL that decision editors read too."""
    plain, family = text.scalar(value), kind(value)
    return f'{_MADE.get(family, family)}("{plain}")' if family in _STEPS else plain


def before(left: Any, right: Any) -> bool:
    return comparison.ordered(operator.lt, left, right) is True


def other(values: Container[Any]) -> str:
    """A word that is none of these."""
    words = (f"other {n}" if n else "other" for n in count())
    return next(word for word in words if word not in values)


def between(family: str, low: Any, high: Any) -> Any:
    """A value strictly between two of its kind; None for an end is no end. None where there is no such value."""
    if low is None and high is None:
        return _ANY.get(family)
    if family == "number":
        return _written_out(_number(number(low), number(high)))
    candidates = _strings(low) if family == "string" else _near(family, low, high)
    return next((one for one in candidates if one is not None and (low is None or before(low, one))
                 and (high is None or before(one, high))), None)


def _near(family: str, low: Any, high: Any) -> Iterator[Any]:
    for step in _STEPS[family]:
        if low is not None:
            yield _PLUS.evaluate({"value": low, "step": step})
        if high is not None:
            yield _MINUS.evaluate({"value": high, "step": step})


def _strings(low: Any) -> Iterator[str]:
    for tail in ("a", "A", "0", " ", "\0"):
        yield f"{low or ''}{tail}"
    yield ""


def _number(low: Any, high: Any) -> Decimal:
    with localcontext(prec=_DIGITS):
        if low is not None and low >= 0:
            return _round(Decimal(low), None if high is None else Decimal(high))
        if high is not None and high <= 0:
            return -_round(-Decimal(high), None if low is None else -Decimal(low))
        return Decimal(0) if low is not None else _round(Decimal(0), Decimal(high))


def _written_out(value: Decimal) -> Decimal:
    """100 instead of 1E+2, as far as that is readable."""
    return value.quantize(Decimal(1)) if value == value.to_integral() and value.adjusted() < 28 else value


def _round(low: Decimal, high: Decimal | None) -> Decimal:
    """The one with the fewest digits, near the middle; next above `low` where there is no `high`."""
    if high is None:
        place = low.adjusted() if low else 0
        return Decimal(int(low.scaleb(-place)) + 1).scaleb(place)
    place = high.adjusted()
    while True:
        first, last = int(low.scaleb(-place)) + 1, -int(-high.scaleb(-place)) - (high.scaleb(-place) % 1 == 0)
        if first <= last:
            middle = int(((low + high) / 2).scaleb(-place))
            return Decimal(min(max(middle, first), last)).scaleb(place)
        place -= 1
