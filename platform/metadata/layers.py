"""The local layer: what administrators edit in the browser stands above the packs, and wins over a file of its path.

A local source without text takes the pack's file out of force. Whatever the layer hides is kept beside it, so that one
can go back.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from formloom.metadata.sources import Source

LOCAL: Final = "local"
# Folders of files that the local layer replaces as a whole; others hold definitions that it extends.
WHOLE: Final = frozenset({"workflows", "decisions"})


@dataclass(frozen=True, slots=True)
class Layers:
    """One path: what the pack says, and what was made of it here."""

    pack: Source | None
    local: Source | None

    @property
    def text(self) -> str:
        """What is in force; empty for what is not."""
        found = self.local or self.pack
        return found.text if found else ""


def is_whole(path: str) -> bool:
    return path.split("/")[0] in WHOLE


def at(sources: Iterable[Source], path: str) -> Layers:
    held = [source for source in sources if source.path == path]
    return Layers(next((s for s in held if s.pack != LOCAL), None), next((s for s in held if s.pack == LOCAL), None))


def effective(sources: Iterable[Source]) -> list[Source]:
    """The sources in force, without those that the local layer hides."""
    held = list(sources)
    hidden = {source.path for source in held if source.pack == LOCAL and is_whole(source.path)}
    return [s for s in held if (s.text if s.pack == LOCAL else s.path not in hidden)]


def put(sources: Iterable[Source], path: str, text: str) -> list[Source]:
    """With this text in the local layer; without it there if it is what the pack says anyway."""
    held = list(sources)
    pack = at(held, path).pack
    rest = without(held, path)
    if pack is not None and pack.text == text:
        return rest
    return [*rest, Source(LOCAL, path, text)]


def without(sources: Iterable[Source], path: str) -> list[Source]:
    """With what the pack says of this path."""
    return [source for source in sources if source.pack != LOCAL or source.path != path]


def removed(sources: Iterable[Source], path: str) -> list[Source]:
    """Out of force: hidden where a pack has it, else gone."""
    held = list(sources)
    return put(held, path, "") if at(held, path).pack else without(held, path)


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
