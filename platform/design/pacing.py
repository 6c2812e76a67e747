"""Telling how far long work is, without telling it at every step."""

from __future__ import annotations

from time import monotonic
from typing import Final

from formloom.errors import Text
from formloom.storage.catalogs import Progress

SECONDS: Final = 0.5


class Paced:
    """Passes on what it is told twice a second at most. What `tell` raises ends the work."""

    def __init__(self, tell: Progress) -> None:
        self._tell, self._told = tell, float("-inf")

    def __call__(self, done: int, total: int, step: Text) -> None:
        if monotonic() - self._told >= SECONDS:
            self._told = monotonic()
            self._tell(done, total, step)
