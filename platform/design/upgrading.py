"""What becomes of the model when packs are replaced: a three-way merge of everything that was changed here.

Base is the packs in force, ours is base under the local layer, theirs is the new packs; none has to be kept for it.
What comes out is stored as its difference to theirs, so the local layer holds only what still differs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from formloom.design import definitions
from formloom.errors import Problem
from formloom.metadata import layers, merging, parsing
from formloom.metadata.layers import LOCAL
from formloom.metadata.merging import MISSING, THEIRS, Conflict
from formloom.metadata.sources import Source
from formloom.workflow import merging as diagrams
from formloom.workflow.decisions import merging as tables
from formloom.workflow.xml_merging import Conflict as DrawnConflict

Path = tuple[str, ...]
Choices = Mapping[tuple[str, str], Mapping[Path, str]]      # by kind and name of the definition
Check = Callable[[Sequence[Source]], list[Problem]]
NO_CHOICES: Final[Choices] = {}
_DRAWN: Final = {"workflows": ("process", diagrams.merge), "decisions": ("decision", tables.merge)}
_WHOLE: Final[Path] = ()        # the path of a conflict about a definition as a whole


@dataclass(frozen=True, slots=True)
class Change:
    """`base`, `ours`, `theirs`, `merged`: trees, of diagrams texts, None for what is not there.

    outcome: taken (only the pack changed it) | kept (only we did) | merged | same (both alike, nothing local is left) |
    conflict (something is open) | added | removed (by the pack, and nothing was changed here).
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
class Upgrade:
    """`sources`: everything to publish; where something is open, ours. `conflicts`: decided ones too."""

    sources: tuple[Source, ...]
    changes: tuple[Change, ...]
    conflicts: tuple[Decision, ...]
    open: tuple[Decision, ...]
    problems: tuple[Problem, ...]


def upgrade(
    in_force: Sequence[Source], packs: Sequence[Source], choices: Choices = NO_CHOICES, check: Check = lambda _: []
) -> Upgrade:
    """`packs`: every pack that will be in force, without a local layer. Changes nothing."""
    below, new = definitions.lower(in_force), definitions.lower(packs)
    changes: list[Change] = []
    conflicts: list[Decision] = []
    texts: dict[str, str | None] = {}
    for one in (*_definitions(in_force, below, new, choices), *_files(in_force, below, new, choices)):
        change, found, text = one
        changes.append(change)
        conflicts += (Decision(change.kind, change.name, conflict) for conflict in found)
        texts[change.path] = text
    sources = definitions.with_local(new, {path: text for path, text in texts.items() if text is not None})
    undecided = [d for d in conflicts if d.conflict.path not in choices.get((d.kind, d.name), {})]
    told = [change for change in changes if change.outcome != "kept" or change.base != change.theirs]
    return Upgrade(tuple(sources), tuple(told), tuple(conflicts), tuple(undecided), tuple(check(sources)))


Merged = tuple[Change, tuple[Conflict | DrawnConflict, ...], str | None]


def _definitions(
    in_force: Sequence[Source], below: list[Source], new: list[Source], choices: Choices
) -> Iterator[Merged]:
    base, ours, theirs = (parsing.definitions(side) for side in (below, in_force, new))
    owners = _owners([*below, *new])
    for kind, name in dict.fromkeys([*base, *ours, *theirs]):
        key = (kind, name)
        sides = [merging.plain(side[key]) if key in side else None for side in (base, ours, theirs)]
        was, mine, other = sides
        if _alike(*sides):
            continue
        merged, found = _merged(sides, choices.get(key, {}))
        text = definitions.local_text(new, kind, name, merged)
        local = definitions.path_of(kind, name)
        outcome = _outcome(sides, text, found, choices.get(key, {}))
        yield Change(kind, name, local, owners.get(key, LOCAL), was, mine, other, merged, outcome), found, text


def _merged(sides: Sequence[Any], choices: Mapping[Path, str]) -> tuple[Any, tuple[Conflict, ...]]:
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


def _files(in_force: Sequence[Source], below: list[Source], new: list[Source], choices: Choices) -> Iterator[Merged]:
    paths = {source.path for source in (*in_force, *new) if layers.is_whole(source.path)}
    for path in sorted(paths):
        sides = [_text(below, path), _text(in_force, path), _text(new, path)]
        base, ours, theirs = sides
        if _alike(*sides):
            continue
        folder, _, file = path.partition("/")
        kind, merge = _DRAWN[folder]
        name = file.rsplit(".", 1)[0]
        chosen = choices.get((kind, name), {})
        merged, found = _drawn(merge, base, ours, theirs, chosen)
        text = definitions.local(_put(new, path, merged), path)
        owner = next((s.pack for s in (*new, *below) if s.path == path), LOCAL)
        outcome = _outcome(sides, text, found, chosen)
        yield Change(kind, name, path, owner, base, ours, theirs, merged, outcome), found, text


def _drawn(
    merge: Callable[..., Any], base: str | None, ours: str | None, theirs: str | None, choices: Mapping[Path, str]
) -> tuple[str | None, tuple[Conflict | DrawnConflict, ...]]:
    if base is not None and ours is not None and theirs is not None:
        found = merge(base, ours, theirs, choices)
        return found.text, found.conflicts
    merged, conflicts = _merged((base, ours, theirs), choices)
    return merged, conflicts


def _put(new: list[Source], path: str, merged: str | None) -> list[Source]:
    if merged is None:
        return layers.removed(new, path) if layers.at(new, path).pack else new
    return layers.put(new, path, merged)


def _text(sources: Iterable[Source], path: str) -> str | None:
    return layers.at(sources, path).text or None


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


def _owners(sources: Iterable[Source]) -> dict[tuple[str, str], str]:
    """The pack that defines each, the new ones last."""
    return {(one.kind, parsing.element_of(one.value, one.kind)): one.pack
            for one in parsing.read(list(sources)) if not one.extends}
