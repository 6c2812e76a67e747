"""Telling how far long work is, without telling it at every step."""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic
from typing import Final

from formloom.errors import Text

SECONDS: Final = 0.5
Tell = Callable[[int, int, Text], None]     # done, of how many, of what


class Paced:
    """Passes on what it is told twice a second at most. What `tell` raises ends the work."""

    def __init__(self, tell: Tell) -> None:
        self._tell, self._told = tell, float("-inf")

    def __call__(self, done: int, total: int, step: Text) -> None:
        if monotonic() - self._told >= SECONDS:
            self._told = monotonic()
            self._tell(done, total, step)
