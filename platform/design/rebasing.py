"""A draft that another publication overtook: what was published meanwhile is brought into it by a three-way merge.

Base is the model upon which a file of the draft was first edited, ours is base with what the draft says of that file,
theirs is what is in force. What comes out stands in the draft as one more edit, so undo takes it back.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from formloom.design import change_sets, definitions, three_way
from formloom.design.three_way import NO_CHOICES, Change, Choices, Decision, Merged
from formloom.errors import FormloomError, Text
from formloom.metadata import layers, merging, parsing
from formloom.metadata.sources import Source
from formloom.records.context import Context
from formloom.storage import catalogs
from formloom.storage import change_sets as stored
from formloom.storage.change_sets import ChangeSet, Edited


class Undecided(FormloomError):
    """The draft and what was published since contradict each other in places that a person has to decide."""

    code, status = "open-draft-conflicts", 409

    def __init__(self, count: int) -> None:
        super().__init__(Text("The draft and what was published contradict each other in {count} places.", count=count),
                         Text("Decide each of them, then go on."))


@dataclass(frozen=True, slots=True)
class Rebase:
    """`texts`: of the local layer, by path, as they are in force and as merged. `open`: what has to be decided."""

    changes: tuple[Change, ...]
    conflicts: tuple[Decision, ...]
    open: tuple[Decision, ...]
    texts: Mapping[str, tuple[str | None, str | None]]


def edited(context: Context, change_set: ChangeSet) -> dict[str, Edited]:
    """What the draft would change; what somebody else published just so is none of it."""
    in_force = context.catalog.sources
    return {path: one for path, one in stored.texts(context.unit, change_set).items()
            if one.after != definitions.local(in_force, path)}


def overtaken(context: Context, change_set: ChangeSet) -> list[str]:
    """Paths of the draft that are not in force any more as they were when it began to change them."""
    return moved(context, edited(context, change_set))


def moved(context: Context, held: Mapping[str, Edited]) -> list[str]:
    """The same of what was `edited`."""
    return [path for path, one in sorted(held.items()) if _moved(context, path, one)]


def rebase(context: Context, change_set: ChangeSet, choices: Choices = NO_CHOICES) -> Rebase:
    """What bringing in would come to. Changes nothing."""
    in_force = context.catalog.sources
    held = edited(context, change_set)
    merged = {path: _merged(context, path, held[path], choices) for path in moved(context, held)}
    known = [one for one in merged.values() if one is not None]
    conflicts = tuple(conflict for one in known for conflict in one.conflicts)
    texts = {path: (definitions.local(in_force, path), one.text if one else definitions.local(in_force, path))
             for path, one in merged.items()}
    return Rebase(tuple(one.change for one in known), conflicts, three_way.undecided(conflicts, choices), texts)


def bring_in(context: Context, seen: ChangeSet, choices: Choices = NO_CHOICES) -> ChangeSet:
    """The draft upon what is in force. Raises Undecided, OvertakenChange, Conflict; then nothing was kept."""
    found = rebase(context, seen, choices)
    if found.open:
        raise Undecided(len(found.open))
    for path, (before, after) in found.texts.items():
        words = Text("{path} was merged with what was published.", path=path)
        seen = change_sets.keep(context, seen, path, before, after, words)
    return seen


def _moved(context: Context, path: str, one: Edited) -> bool:
    """A diagram also when the pack has another below it: the draft holds the whole of what it was."""
    in_force = context.catalog.sources
    if definitions.local(in_force, path) != one.before:
        return True
    return layers.is_whole(path) and three_way.text_of(_base(context, path, one), path) != three_way.text_of(
        in_force, path)


def _base(context: Context, path: str, one: Edited) -> Sequence[Source]:
    """As it was in force when the draft first edited the file."""
    then = catalogs.sources_at(context.unit, one.at)
    if then and definitions.local(then, path) == one.before:
        return then
    return definitions.with_local(context.catalog.sources, {path: one.before})


def _merged(context: Context, path: str, one: Edited, choices: Choices) -> Merged | None:
    base, theirs = _base(context, path, one), context.catalog.sources
    ours = definitions.with_local(base, {path: one.after})
    sides = (base, ours, theirs)
    if layers.is_whole(path):
        return three_way.of_file(path, [three_way.text_of(side, path) for side in sides], theirs, layers.LOCAL, choices)
    folder, _, file = path.partition("/")
    kind, name = parsing.KINDS[folder], file.removesuffix(".yaml")
    trees = [merging.plain(definitions.tree(side, kind, name)) for side in sides]
    return three_way.of_definition(kind, name, trees, theirs, layers.LOCAL, choices)
