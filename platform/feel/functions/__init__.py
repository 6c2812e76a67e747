"""Built-in functions, one module for each kind of value."""

from __future__ import annotations

from formloom.feel.functions import lists, numeric, strings, temporal  # register themselves
from formloom.feel.functions.registry import BUILTINS, Builtin, Signature, builtin

__all__ = ["BUILTINS", "NAMES", "Builtin", "Signature", "builtin", "find", "lists", "numeric", "strings", "temporal"]

NAMES = frozenset(BUILTINS)


def find(name: str) -> Builtin | None:
    return BUILTINS.get(name)
