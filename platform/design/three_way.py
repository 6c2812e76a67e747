"""One definition or diagram merged three ways, whatever the sides are: packs and what was changed here, or a draft and
what was published since. What comes out is what the local layer has to say above the new sources.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from formloom.design import definitions
from formloom.metadata import layers, merging
from formloom.metadata.merging import MISSING, THEIRS, Conflict
from formloom.metadata.sources import Source
from formloom.workflow import merging as diagrams
from formloom.workflow.decisions import merging as tables
from formloom.workflow.xml_merging import Conflict as DrawnConflict

Path = tuple[str, ...]
Choices = Mapping[tuple[str, str], Mapping[Path, str]]      # by kind and name of the definition
NO_CHOICES: Final[Choices] = {}
_DRAWN: Final = {"workflows": ("process", diagrams.merge), "decisions": ("decision", tables.merge)}
_WHOLE: Final[Path] = ()        # the path of a conflict about a definition as a whole


@dataclass(frozen=True, slots=True)
class Change:
    """`base`, `ours`, `theirs`, `merged`: trees, of diagrams texts, None for what is not there.

    outcome: taken (only they changed it) | kept (only we did) | merged | same (both alike, nothing local is left) |
    conflict (something is open) | added | removed (by them, and nothing was changed here).
    """

    kind: str
    name: str
    path: str
    owner: str
    base: Any
    ours: Any
    theirs: Any
    merged: Any
    outcome: str


@dataclass(frozen=True, slots=True)
class Decision:
    kind: str
    name: str
    conflict: Conflict | DrawnConflict


@dataclass(frozen=True, slots=True)
class Merged:
    """`conflicts`: decided ones too; where something is open, ours holds. `text`: of the local layer, None for none."""

    change: Change
    conflicts: tuple[Decision, ...]
    text: str | None


def of_definition(
    kind: str, name: str, sides: Sequence[Any], theirs: Sequence[Source], owner: str, choices: Choices
) -> Merged | None:
    """`sides`: base, ours and theirs as plain trees; `theirs`: the sources that it will stand in. None: unchanged."""
    if _alike(*sides):
        return None
    chosen = choices.get((kind, name), {})
    merged, found = _trees(sides, chosen)
    text = definitions.local_text(theirs, kind, name, merged)
    base, ours, other = sides
    change = Change(kind, name, definitions.path_of(kind, name), owner, base, ours, other, merged,
                    _outcome(sides, text, found, chosen))
    return Merged(change, tuple(Decision(kind, name, conflict) for conflict in found), text)


def of_file(
    path: str, sides: Sequence[str | None], theirs: Sequence[Source], owner: str, choices: Choices
) -> Merged | None:
    """The same for a diagram; `sides` are texts."""
    if _alike(*sides):
        return None
    folder, _, file = path.partition("/")
    kind, merge = _DRAWN[folder]
    name = file.rsplit(".", 1)[0]
    chosen = choices.get((kind, name), {})
    merged, found = _drawn(merge, sides, chosen)
    text = definitions.local(_put(theirs, path, merged), path)
    base, ours, other = sides
    change = Change(kind, name, path, owner, base, ours, other, merged, _outcome(sides, text, found, chosen))
    return Merged(change, tuple(Decision(kind, name, conflict) for conflict in found), text)


def undecided(found: Sequence[Decision], choices: Choices) -> tuple[Decision, ...]:
    return tuple(d for d in found if d.conflict.path not in choices.get((d.kind, d.name), {}))


def text_of(sources: Sequence[Source], path: str) -> str | None:
    return layers.at(sources, path).text or None


def _trees(sides: Sequence[Any], choices: Mapping[Path, str]) -> tuple[Any, tuple[Conflict, ...]]:
    base, ours, theirs = sides
    if theirs is None and base is not None and ours is not None and not merging.same(base, ours):
        conflict = Conflict(_WHOLE, "removed", base, ours, MISSING)
        return (None if choices.get(_WHOLE) == THEIRS else ours), (conflict,)
    if base is None and ours is not None and theirs is not None and not merging.same(ours, theirs):
        conflict = Conflict(_WHOLE, "added", MISSING, ours, theirs)
        return (theirs if choices.get(_WHOLE) == THEIRS else ours), (conflict,)
    if ours is None and base is not None:
        return None, ()
    if theirs is None:
        return (ours if base is None else None), ()
    if base is None:
        return theirs, ()
    found = merging.merge(base, ours, theirs, choices)
    return found.tree, found.conflicts


def _drawn(
    merge: Callable[..., Any], sides: Sequence[str | None], choices: Mapping[Path, str]
) -> tuple[str | None, tuple[Conflict | DrawnConflict, ...]]:
    if all(side is not None for side in sides):
        found = merge(*sides, choices)
        return found.text, found.conflicts
    return _trees(sides, choices)


def _put(sources: Sequence[Source], path: str, merged: str | None) -> list[Source]:
    if merged is None:
        return layers.removed(sources, path) if layers.at(sources, path).pack else list(sources)
    return layers.put(sources, path, merged)


def _alike(base: Any, ours: Any, theirs: Any) -> bool:
    """Nothing to do: nobody changed it."""
    return _same(base, ours) and _same(base, theirs)


def _same(one: Any, other: Any) -> bool:
    return (one is None and other is None) or (one is not None and other is not None and merging.same(one, other))


def _outcome(sides: Sequence[Any], text: str | None, found: Sequence[Any], choices: Mapping[Path, str]) -> str:
    base, ours, theirs = sides
    if any(conflict.path not in choices for conflict in found):
        return "conflict"
    if text is not None:
        return "kept" if _same(base, theirs) else "merged"
    if _same(base, ours):
        return "added" if base is None else "removed" if theirs is None else "taken"
    return "same"
