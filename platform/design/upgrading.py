"""What becomes of the model when packs are replaced: a three-way merge of everything that was changed here.

Base is the packs in force, ours is base under the local layer, theirs is the new packs; none has to be kept for it.
What comes out is stored as its difference to theirs, so the local layer holds only what still differs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from formloom.design import definitions, three_way
from formloom.design.three_way import NO_CHOICES, Change, Choices, Decision, Merged
from formloom.errors import Problem
from formloom.metadata import layers, merging, parsing
from formloom.metadata.layers import LOCAL
from formloom.metadata.sources import Source

Check = Callable[[Sequence[Source]], list[Problem]]


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
    merged = (*_definitions(in_force, below, new, choices), *_files(in_force, below, new, choices))
    texts = {one.change.path: one.text for one in merged}
    conflicts = tuple(conflict for one in merged for conflict in one.conflicts)
    sources = definitions.with_local(new, {path: text for path, text in texts.items() if text is not None})
    told = [one.change for one in merged if one.change.outcome != "kept" or one.change.base != one.change.theirs]
    return Upgrade(tuple(sources), tuple(told), conflicts, three_way.undecided(conflicts, choices),
                   tuple(check(sources)))


def _definitions(
    in_force: Sequence[Source], below: list[Source], new: list[Source], choices: Choices
) -> Iterator[Merged]:
    base, ours, theirs = (parsing.definitions(side) for side in (below, in_force, new))
    owners = _owners([*below, *new])
    for key in dict.fromkeys([*base, *ours, *theirs]):
        sides = [merging.plain(side[key]) if key in side else None for side in (base, ours, theirs)]
        if found := three_way.of_definition(*key, sides, new, owners.get(key, LOCAL), choices):
            yield found


def _files(in_force: Sequence[Source], below: list[Source], new: list[Source], choices: Choices) -> Iterator[Merged]:
    for path in sorted({source.path for source in (*in_force, *new) if layers.is_whole(source.path)}):
        sides = [three_way.text_of(side, path) for side in (below, in_force, new)]
        owner = next((s.pack for s in (*new, *below) if s.path == path), LOCAL)
        if found := three_way.of_file(path, sides, new, owner, choices):
            yield found


def _owners(sources: Iterable[Source]) -> dict[tuple[str, str], str]:
    """The pack that defines each, the new ones last."""
    return {(one.kind, parsing.element_of(one.value, one.kind)): one.pack
            for one in parsing.read(list(sources)) if not one.extends}
