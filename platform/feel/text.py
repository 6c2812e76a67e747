"""Values as `string()` writes them."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from formloom.feel import temporal
from formloom.feel.comparison import Budget
from formloom.feel.errors import LimitExceeded
from formloom.feel.lexer import is_name
from formloom.feel.limits import STRING
from formloom.feel.values import Function, Range, kind, number


def shown(value: Any, budget: Budget) -> str:
    return value if isinstance(value, str) else _nested(value, budget)


def _nested(value: Any, budget: Budget) -> str:
    """As part of a list or context: strings in quotes."""
    family = kind(value)
    if family == "list":
        return f"[{_joined((_nested(item, budget) for item in value), budget)}]"
    if isinstance(value, Mapping):
        return "{" + _joined((f"{_key(key)}: {_nested(value[key], budget)}" for key in value), budget) + "}"
    if isinstance(value, Range):
        opening, closing = "(["[value.low_closed], ")]"[value.high_closed]
        return f"{opening}{_nested(value.low, budget)}..{_nested(value.high, budget)}{closing}"
    return scalar(value)


def _joined(parts: Any, budget: Budget) -> str:
    found: list[str] = []
    length = 0
    for part in parts:
        budget.spend(1 + (len(part) >> 6))
        length += len(part)
        if length > STRING:
            raise LimitExceeded(f"A string of more than {STRING} characters")
        found.append(part)
    return ", ".join(found)


def scalar(value: Any) -> str:
    """Strings are quoted; whatever has no text of its own shows its type."""
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, str):
        return quoted(value)
    if isinstance(value, Function):
        return f"function({', '.join(value.parameters)})"
    found = number(value)
    if found is not None:
        return digits(found)
    return kind(value) if kind(value) in ("unknown", "context") else temporal.text_of(value)


def digits(value: Decimal | int) -> str:
    """Without exponent and without zeros that say nothing."""
    if isinstance(value, int):
        return str(value)
    plain = format(value, "f")
    if "." in plain:
        plain = plain.rstrip("0").rstrip(".")
    return "0" if plain in ("-0", "") else plain


def quoted(value: str) -> str:
    """A string literal of FEEL."""
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'


def _key(key: str) -> str:
    return key if is_name(key) else quoted(key)
