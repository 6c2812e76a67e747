"""Three-way merge of definitions: what we made of them here, and what their author made of them since.

Mappings are merged key by key, lists of named things (`keys`) thing by thing, other lists as sets in order; what is
left are values. Only where both sides changed one value differently is there something to decide, and until it is
decided ours holds: nothing that was done here is ever lost. An absent key and one that is null are the same, as in
`overlays`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from collections.abc import Mapping as AnyMapping
from collections.abc import Sequence as AnySequence
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final

from formloom.metadata import keys
from formloom.metadata.keys import Path


class Missing(Enum):
    """The one value for what is not there."""

    MISSING = "missing"


MISSING: Final = Missing.MISSING
MINE, THEIRS, BOTH = "mine", "theirs", "both"
Choices = AnyMapping[Path, str]

# Conditions of which both can hold: how they are joined. Permissions become tighter, never wider.
JOINED: Final[AnyMapping[str, str]] = {
    **dict.fromkeys(("check", "when", "visible_when", "create", "read", "update", "delete"), "and"),
    **dict.fromkeys(("required_when", "readonly_when"), "or"),
}
# Lists whose order and members mean something only together.
_WHOLE: Final = frozenset({"sort", "hours", "weekdays", "weekend", "monday", "tuesday", "wednesday", "thursday",
                           "friday", "saturday", "sunday"})
_LONG: Final = 2_000
# Lists of things of which there can be two instead of one that both sides added under the same name.
_DOUBLED: Final = frozenset({"views", "constraints", "sections", "tabs", "layouts", "cards"})


@dataclass(frozen=True, slots=True)
class Conflict:
    """kind: changed (both did) | removed (by one, changed by the other) | added (by both) | order (both moved things).

    Values that are not there are MISSING; those of an order are lists of names.
    """

    path: Path
    kind: str
    base: Any
    ours: Any
    theirs: Any
    offers: tuple[str, ...] = (MINE, THEIRS)


@dataclass(frozen=True, slots=True)
class Merged:
    """`tree` holds what was chosen, else ours; `conflicts` are all, whether they were decided or not."""

    tree: Any
    conflicts: tuple[Conflict, ...]


def merge(base: Any, ours: Any, theirs: Any, choices: Choices | None = None) -> Merged:
    merging = _Merging(choices or {})
    tree = merging.value(plain(base), plain(ours), plain(theirs), ())
    return Merged(tree, tuple(merging.conflicts))


def resolved(base: Any, ours: Any, theirs: Any, choices: Choices) -> Any:
    return merge(base, ours, theirs, choices).tree


def plain(value: Any) -> Any:
    """Without places and nulls."""
    if isinstance(value, AnyMapping):
        return {key: plain(inner) for key, inner in value.items() if inner is not None}
    if isinstance(value, list):
        return [plain(inner) for inner in value]
    return str(value) if isinstance(value, str) else value


def same(one: Any, other: Any, path: Path = ()) -> bool:
    """As YAML tells values apart, and in the same order where people see it."""
    if isinstance(one, AnyMapping) and isinstance(other, AnyMapping):
        alike = list(one) == list(other) if keys.ordered(path) else one.keys() == other.keys()
        return alike and all(same(one[key], other[key], (*path, key)) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(same(a, b, (*path, "")) for a, b in zip(one, other, strict=True))
    return bool(one == other) and isinstance(one, bool) == isinstance(other, bool)


class _Merging:
    def __init__(self, choices: Choices) -> None:
        self.choices = choices
        self.conflicts: list[Conflict] = []

    def value(self, base: Any, ours: Any, theirs: Any, path: Path) -> Any:
        if same(ours, theirs, path) or same(base, theirs, path):
            return ours
        if same(base, ours, path):
            return theirs
        if ours is MISSING or theirs is MISSING:
            return self.decided(Conflict(path, "removed", base, ours, theirs))
        if isinstance(ours, dict) and isinstance(theirs, dict) and not _of_two_types(base, ours, theirs, path):
            return self.mapping(base if isinstance(base, dict) else {}, ours, theirs, path)
        if isinstance(ours, list) and isinstance(theirs, list):
            return self.sequence(base, ours, theirs, path)
        kind = "added" if base is MISSING else "changed"
        both = _joined(ours, theirs, path)
        offers = (MINE, THEIRS) if both is MISSING else (MINE, THEIRS, BOTH)
        return self.decided(Conflict(path, kind, base, ours, theirs, offers), lambda: both)

    def decided(self, conflict: Conflict, both: Callable[[], Any] = lambda: MISSING) -> Any:
        self.conflicts.append(conflict)
        choice = self.choices.get(conflict.path)
        if choice not in conflict.offers or choice == MINE:
            return conflict.ours
        return conflict.theirs if choice == THEIRS else both()

    def mapping(self, base: dict[str, Any], ours: dict[str, Any], theirs: dict[str, Any], path: Path) -> dict[str, Any]:
        merged = {}
        for key in dict.fromkeys([*ours, *theirs, *base]):
            was, mine, other = (side.get(key, MISSING) for side in (base, ours, theirs))
            value = self.value(was, mine, other, (*path, key))
            if value is not MISSING:
                merged[key] = value
        if path == ("form",) or (len(path) == 2 and path[0] == "layouts"):
            _place_once(merged, ours, theirs)
        order = self.order((base, ours, theirs), merged, path, asked=keys.ordered(path))
        return {key: merged[key] for key in order}

    def sequence(self, base: Any, ours: list[Any], theirs: list[Any], path: Path) -> list[Any]:
        sides = (base if isinstance(base, list) else [], ours, theirs)
        named = [keys.names(path, side) for side in sides]
        if all(names is not None for names in named) and any(sides):
            return self.things([dict(zip(names or (), side, strict=True)) for names, side in
                                zip(named, sides, strict=True)], path)
        sets = _sets(sides) if path[-1] not in _WHOLE else None
        if sets is not None:
            return self.members(sets, path)
        kind = "added" if base is MISSING else "changed"
        offers = (MINE, THEIRS) if path[-1] in _WHOLE - {"sort"} else (MINE, THEIRS, BOTH)
        conflict = Conflict(path, kind, base, ours, theirs, offers)
        found: list[Any] = self.decided(conflict, lambda: _union(ours, theirs))
        return found

    def things(self, sides: AnySequence[dict[str, Any]], path: Path) -> list[Any]:
        base, ours, theirs = sides
        merged: dict[str, Any] = {}
        doubles: dict[str, Any] = {}
        for name in dict.fromkeys([*ours, *theirs, *base]):
            was, mine, other = (side.get(name, MISSING) for side in sides)
            here = (*path, name)
            if _doubled(was, mine, other, path):
                value = self.decided(Conflict(here, "added", was, mine, other, (MINE, THEIRS, BOTH)), _always(other))
                if self.choices.get(here) == BOTH:
                    doubles |= _renamed(mine, path, {*base, *ours, *theirs, *doubles})
            else:
                value = self.value(was, mine, other, here)
            if value is not MISSING:
                merged[name] = value
        order = self.order(sides, merged, path, asked=True)
        return [*(merged[name] for name in order), *doubles.values()]

    def members(self, sides: AnySequence[dict[str, Any]], path: Path) -> list[Any]:
        base, ours, theirs = sides
        merged = {key: value for key, value in {**ours, **theirs}.items()
                  if (key in ours and key in theirs) or key not in base}
        return [merged[key] for key in self.order(sides, merged, path, asked=True)]

    def order(self, sides: AnySequence[Iterable[str]], members: AnyMapping[str, Any], path: Path,
              asked: bool) -> list[str]:
        base, ours, theirs = (list(side) for side in sides)
        shared = set(base) & set(ours) & set(theirs) & set(members)
        was, mine, other = ([name for name in side if name in shared] for side in (base, ours, theirs))
        core = woven(was, mine, other) if asked else other if mine == was else mine
        if core is None:
            core = [name for name in self.decided(Conflict(path, "order", base, ours, theirs)) if name in shared]
        return arranged(core, ours, theirs, members)


def woven(base: list[str], ours: list[str], theirs: list[str]) -> list[str] | None:
    """The same names in the order that both sides want: of every two, the order of whoever turned them round.

    None where that goes round in a circle, or takes too long to find out.
    """
    if ours in (base, theirs):
        return theirs
    if theirs == base:
        return ours
    if len(base) > _LONG:
        return None
    was, mine, other = ({name: n for n, name in enumerate(side)} for side in (base, ours, theirs))
    before = dict.fromkeys(base, 0)
    for n, one in enumerate(base):
        for another in base[n + 1:]:
            turned = mine[one] > mine[another] or other[one] > other[another]
            before[another if turned else one] += 1
    found = sorted(was, key=lambda name: -before[name])
    return found if len(set(before.values())) == len(before) else None


def arranged(core: Iterable[str], ours: AnySequence[str], theirs: AnySequence[str],
             members: Iterable[str]) -> list[str]:
    """All members: those of one side only stay behind what they stood behind, those of the author first."""
    wanted = set(members)
    result = [name for name in core if name in wanted]
    placed = set(result)
    for side in (ours, theirs):
        at = 0
        for name in side:
            if name in wanted and name not in placed:
                result.insert(at, name)
                placed.add(name)
            if name in placed:
                at = result.index(name) + 1
    return result


def _of_two_types(base: Any, ours: AnyMapping[str, Any], theirs: AnyMapping[str, Any], path: Path) -> bool:
    """Two fields that only share their name: attributes of both would make no sense together."""
    return base is MISSING and len(path) == 2 and path[0] == "fields" and ours.get("type") != theirs.get("type")


def _doubled(base: Any, ours: Any, theirs: Any, path: Path) -> bool:
    added = base is MISSING and ours is not MISSING and theirs is not MISSING
    return added and path[-1] in _DOUBLED and not same(ours, theirs)


def _always(value: Any) -> Callable[[], Any]:
    return lambda: value


def _joined(ours: Any, theirs: Any, path: Path) -> Any:
    word = JOINED.get(path[-1]) if path else None
    if word and isinstance(ours, str) and isinstance(theirs, str) and ours.strip() and theirs.strip():
        return f"({ours.strip()}) {word} ({theirs.strip()})"
    return MISSING


def _sets(sides: AnySequence[list[Any]]) -> list[dict[str, Any]] | None:
    """Scalars, or short lists of them such as the columns of an index, by their texts; None for other lists."""
    items = [item for side in sides for item in side]
    if len({isinstance(item, str) for item in items}) > 1 or not all(map(_atomic, items)):
        return None
    found = [{item if isinstance(item, str) else json.dumps(item, default=str): item for item in side}
             for side in sides]
    return found if all(len(one) == len(side) for one, side in zip(found, sides, strict=True)) else None


def _atomic(item: Any) -> bool:
    return not isinstance(item, dict) and not (isinstance(item, list) and any(isinstance(i, dict | list) for i in item))


def _union(ours: list[Any], theirs: list[Any]) -> list[Any]:
    return [*ours, *(item for item in theirs if not any(same(item, mine) for mine in ours))]


def _renamed(item: AnyMapping[str, Any], path: Path, taken: Iterable[str]) -> dict[str, Any]:
    """The thing under a name of its own; what is called by its label gets one."""
    old = keys.name(path, item)
    stem = old if item.get("name") else path[-1].removesuffix("s")
    names = (f"{stem}_local{n or ''}" for n in range(len(list(taken)) + 1))
    name = next(one for one in names if one not in set(taken))
    return {name: {"name": name, **{key: value for key, value in item.items() if key != "name"}}}


def _place_once(form: dict[str, Any], ours: AnyMapping[str, Any], theirs: AnyMapping[str, Any]) -> None:
    """A field that each side moved to another section stays where we put it."""
    mine, other, there = _placements(ours), _placements(theirs), _placements(form)
    twice = {name for name, places in there.items() if _placed_twice(name, mine, other) and mine[name][0] in places}
    for section in _sections(form):
        kept = [name for name in section.get("fields", ()) if name not in twice or _section(section) in mine[name]]
        if kept != section.get("fields", kept):
            section["fields"] = kept


def _placed_twice(name: str, mine: AnyMapping[str, list[str]], other: AnyMapping[str, list[str]]) -> bool:
    """Each side has it once, and not in the same place."""
    return len(mine.get(name, ())) == len(other.get(name, ())) == 1 and mine[name] != other[name]


def _placements(form: AnyMapping[str, Any]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for section in _sections(form):
        for name in section.get("fields", ()):
            found.setdefault(name, []).append(_section(section))
    return found


def _section(section: AnyMapping[str, Any]) -> str:
    return keys.name(("sections",), section)


def _sections(form: AnyMapping[str, Any]) -> list[dict[str, Any]]:
    groups = [form, *(tab for tab in form.get("tabs", ()) if isinstance(tab, dict))]
    return [section for group in groups for section in group.get("sections", ()) if isinstance(section, dict)]
