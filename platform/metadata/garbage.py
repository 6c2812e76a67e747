"""Python's collector of cycles, kept from walking again and again through what is being made and will all be kept."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def uncollected() -> Iterator[None]:
    """Not for long: reference counts go on freeing, cycles of all threads wait."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def settle() -> None:
    """What is there now stays: collections look no longer at a model of thousands of entities, which would cost every
    few requests a third of a second. What had stayed before and is not needed any more goes first.
    """
    gc.unfreeze()
    gc.collect()
    gc.freeze()
