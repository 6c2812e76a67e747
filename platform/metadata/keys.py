"""Which lists of a definition are of things with a name of their own, and what that name is.

Overlays and merges go through such a list thing by thing, whatever its position; other lists are values.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

Path = tuple[str, ...]

# By the last key of the path: the keys that together are the name.
NAMED: Final[Mapping[str, Path]] = {
    "choices": ("value",), "views": ("name",), "constraints": ("name",), "related": ("entity", "field"),
    "items": ("entity", "view"), "tabs": ("name",), "sections": ("name",), "layouts": ("name",), "holidays": ("name",),
    "worked": ("name",), "cards": ("name",),
}
# Mappings whose keys are names, in an order that people see.
ORDERED: Final = frozenset({("fields",), ("actions",), ("sla",)})


def named(path: Path) -> Path:
    """The keys that name a thing in the list at this path; empty for a list that is a value."""
    return NAMED.get(path[-1], ()) if path else ()


def name(path: Path, item: Any) -> str:
    """Of one thing; empty if it has none. What has only a label is called by it."""
    if not isinstance(item, Mapping):
        return ""
    parts = [item.get(key) for key in named(path)]
    if any(isinstance(part, str) and part for part in parts):
        return "/".join(str(part or "") for part in parts).rstrip("/")
    return _label(item.get("label")) if named(path) == ("name",) else ""


def names(path: Path, items: Iterable[Any]) -> list[str] | None:
    """Of every thing of a list, in order; None for a list that is a value, or of which not every thing has its own."""
    if not named(path):
        return None
    found = [name(path, item) for item in items]
    return found if all(found) and len(set(found)) == len(found) else None


def naming(path: Path, item: Mapping[str, Any]) -> dict[str, Any]:
    """The part of a thing by which it is found again."""
    held = {key: item[key] for key in named(path) if item.get(key)}
    return held or {"label": item["label"]}


def ordered(path: Path) -> bool:
    return path in ORDERED


def reordered(present: Sequence[str], wanted: Iterable[str]) -> list[str]:
    """In the wanted order; what it does not name stays behind what it stood behind."""
    there = set(present)
    result = [one for one in dict.fromkeys(wanted) if one in there]
    chosen = set(result)
    for index, one in enumerate(present):
        if one not in chosen:
            before = present[index - 1] if index else None
            result.insert(result.index(before) + 1 if before is not None else 0, one)
            chosen.add(one)
    return result


def _label(label: Any) -> str:
    if isinstance(label, Mapping):
        label = label.get("en") or next(iter(label.values()), "")
    return label if isinstance(label, str) else ""
