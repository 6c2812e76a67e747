"""Built-in functions, one module for each kind of value."""

from __future__ import annotations

from formloom.feel.functions import (
    aggregates,
    contexts,
    conversion,
    lists,
    moments,
    numeric,
    range_text,
    ranges,
    strings,
    working,
)
from formloom.feel.functions.registry import BUILTINS, Builtin, Signature, builtin

__all__ = [
    "BUILTINS", "NAMES", "Builtin", "Signature", "aggregates", "builtin", "contexts", "conversion", "find", "lists",
    "moments", "numeric", "range_text", "ranges", "strings", "working",
]

NAMES = frozenset(BUILTINS)


def find(name: str) -> Builtin | None:
    return BUILTINS.get(name)
