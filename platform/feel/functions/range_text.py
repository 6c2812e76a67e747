"""`range("[1..3]")`: a range from its text, whose ends are constants."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from formloom.feel import comparison
from formloom.feel.errors import FeelSyntaxError
from formloom.feel.functions.registry import BUILTINS, builtin
from formloom.feel.lexer import Token, tokens, unquote
from formloom.feel.temporal import temporal
from formloom.feel.values import NUMBERS, Range, kind

_MAKERS = ("date", "time", "date and time", "duration")


@builtin("range(from: string)", "区间")
def range_from_text(run: Any, text: str) -> Range | None:
    try:
        *inner, last, _ = tokens(text)
    except FeelSyntaxError as error:
        raise ValueError(str(error.message)) from None
    texts = [token.text for token in inner]
    if texts.count("..") != 1 or texts[0] not in ("[", "(", "]") or last.text not in ("]", ")", "["):
        return None
    middle = texts.index("..")
    low, high = _end(run, inner[1:middle]), _end(run, inner[middle + 1 :])
    return Range(low, high, texts[0] == "[", last.text == "]") if _fit(low, high) else None


def _fit(low: Any, high: Any) -> bool:
    if low is None or high is None:
        return (low, high) != (None, None)
    if kind(low) != kind(high):
        return False
    return kind(low) == "boolean" or comparison.ordered(comparison.ORDERS["<="], low, high) is True


def _end(run: Any, end: Sequence[Token]) -> Any:
    """The constant that the tokens write; None for `null`."""
    kinds = [token.kind for token in end]
    if kinds == ["number"]:
        return NUMBERS.create_decimal(end[0].text)
    if [token.text for token in end[:1]] == ["-"] and kinds[1:] == ["number"]:
        return NUMBERS.minus(NUMBERS.create_decimal(end[1].text))
    if kinds == ["string"]:
        return unquote(end[0].text)
    if kinds == ["at"]:
        return temporal(unquote(end[0].text[1:].lstrip()))
    if kinds[-3:] == ["symbol", "string", "symbol"]:
        return _made(run, " ".join(token.text for token in end[:-3]), unquote(end[-2].text))
    if [token.text for token in end] == ["null"]:
        return None
    raise ValueError("the ends of a range are constants")


def _made(run: Any, name: str, text: str) -> Any:
    if name not in _MAKERS:
        raise ValueError("the ends of a range are constants")
    return BUILTINS[name].call(run, run.place, [text])
