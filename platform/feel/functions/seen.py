"""Which values came before, by FEEL's equality."""

from __future__ import annotations

from typing import Any

from formloom.feel import comparison
from formloom.feel.values import kind, number
from formloom.feel.wide import SECOND, instant

_COMPOUND = frozenset(("list", "context", "range", "function", "unknown"))


class Seen:
    def __init__(self, run: Any) -> None:
        self._run = run
        self._scalars: set[tuple[str, Any]] = set()
        self._compounds: list[Any] = []

    def first(self, value: Any) -> bool:
        """Whether this is the first time; remembers it."""
        family = kind(value)
        if family in _COMPOUND:
            return self._first_compound(value)
        key = family, _key(family, value)
        known = key in self._scalars
        self._scalars.add(key)
        return not known

    def _first_compound(self, value: Any) -> bool:
        self._run.spend(1 + len(self._compounds))
        if any(comparison.equal(value, earlier, self._run) for earlier in self._compounds):
            return False
        self._compounds.append(value)
        return True


def _key(family: str, value: Any) -> Any:
    if family == "number":
        return number(value)
    if family in ("time", "date and time"):
        return value.tzinfo is None, instant(value) // SECOND
    return value
