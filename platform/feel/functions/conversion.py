"""Built-ins between text and other values."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

from formloom.feel import text
from formloom.feel.functions.numeric import exact
from formloom.feel.functions.registry import builtin
from formloom.feel.values import NUMBERS

_NUMBER = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]{1,5})?")
_GROUPINGS = (" ", ",", ".")
_DECIMALS = (",", ".")


@builtin("string(from: any)", "文本")
def string(run: Any, value: Any) -> str | None:
    if value is None:
        return None
    shown = text.shown(value, run)
    run.string(len(shown))
    return shown


@builtin("number(from: string, grouping separator?: string | null, decimal separator?: string | null)", "数字")
def number(source: str, grouping: str | None = None, decimal: str | None = None) -> Decimal | None:
    if grouping is not None and (grouping not in _GROUPINGS or grouping == decimal):
        return None
    if decimal is not None and decimal not in _DECIMALS:
        return None
    if grouping:
        source = source.replace(grouping, "")
    if decimal:
        source = source.replace(decimal, ".") if decimal in source else source
    return NUMBERS.create_decimal(source) if _NUMBER.fullmatch(source) else None


@builtin("number(from: number)", "数字")
def number_itself(value: Any) -> Decimal:
    return exact(value)
