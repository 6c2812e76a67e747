"""A definition extended by another file: `extend: account`, and what differs, in the words of the definition.

Mappings are merged key by key and null takes a key away; lists of named things (`keys`) thing by thing, and
`remove: true` takes one away; whatever else differs replaces. `order` holds the order of what has one, by JSON pointer
(RFC 6901) with names in the place of positions. `applied(x, difference(x, y)) == y`, with `order` where it matters;
an absent key and one that is null are the same.
"""

from __future__ import annotations

from collections.abc import Mapping as AnyMapping
from collections.abc import Sequence as AnySequence
from typing import Any, Final

from formloom.errors import Place, Problem, Text
from formloom.metadata import keys
from formloom.metadata.keys import Path
from formloom.metadata.nodes import Mapping, Sequence

EXTEND, ORDER, REMOVED, REMOVE = "extend", "order", "removed", "remove"
_OWN: Final = frozenset({EXTEND, ORDER, REMOVED, "$schema"})
_ABSENT: Final = object()


def applied(lower: Mapping, overlay: Mapping) -> tuple[Mapping, list[Problem]]:
    """The definition as extended, and what the overlay says of things that are not there."""
    merging = _Applying(overlay.get(EXTEND) or "")
    changes = _without_own(overlay)
    result = merging.mapping(lower, changes, ())
    order = overlay.get(ORDER)
    if isinstance(order, Mapping):
        for pointer in order:
            result = merging.reordered(result, path_of(pointer), order[pointer], order.keys_at[pointer])
    return result, merging.problems


def removes(overlay: AnyMapping[str, Any]) -> bool:
    """Whether the definition is taken out of force."""
    return overlay.get(REMOVED) is True


def difference(lower: AnyMapping[str, Any], edited: AnyMapping[str, Any]) -> dict[str, Any]:
    """What an overlay has to say, without its `extend`; empty if nothing differs."""
    orders: dict[str, list[str]] = {}
    changes = _mapping(lower, edited, (), orders)
    return {**changes, **({ORDER: orders} if orders else {})}


def pointer(path: Path) -> str:
    return "".join("/" + part.replace("~", "~0").replace("/", "~1") for part in path)


def path_of(text: str) -> Path:
    return tuple(part.replace("~1", "/").replace("~0", "~") for part in text.split("/")[1:])


def _without_own(overlay: Mapping) -> Mapping:
    changes = Mapping(overlay.place)
    for key, value in overlay.items():
        if key not in _OWN:
            _put(changes, key, value, overlay)
    return changes


class _Applying:
    def __init__(self, element: str) -> None:
        self.element = element
        self.problems: list[Problem] = []

    def missing(self, path: Path, place: Place) -> None:
        self.problems.append(Problem(
            "overlay-nothing", Text("There is nothing at {path} that could be changed.", path=pointer(path)), place,
            Text("It may have gone with a new version of the pack. Take this line out."), element=self.element))

    def value(self, lower: Any, change: Any, path: Path) -> Any:
        if isinstance(lower, Mapping) and isinstance(change, Mapping):
            return self.mapping(lower, change, path)
        if isinstance(lower, Sequence) and isinstance(change, Sequence):
            old, new = keys.names(path, lower), keys.names(path, change)
            if old is not None and new is not None:
                return self.things(lower, old, change, new, path)
        return change

    def mapping(self, lower: Mapping, change: Mapping, path: Path) -> Mapping:
        result = Mapping(lower.place)
        result.shadowed = [*lower.shadowed, *change.shadowed]
        for key, value in lower.items():
            if key not in change:
                _put(result, key, value, lower)
            elif change[key] is not None:
                _put(result, key, self.value(value, change[key], (*path, key)), change)
        for key, value in change.items():
            if key in lower:
                continue
            if value is None:
                self.missing((*path, key), change.keys_at[key])
            else:
                _put(result, key, value, change)
        return result

    def things(self, lower: Sequence, old: list[str], change: Sequence, new: list[str], path: Path) -> Sequence:
        changes = {name: (item, at) for name, item, at in zip(new, change, change.items_at, strict=True)}
        result = Sequence(lower.place)
        for name, item, at in zip(old, lower, lower.items_at, strict=True):
            changed, changed_at = changes.get(name, (None, at))
            if changed is None:
                _append(result, item, at)
            elif changed.get(REMOVE) is not True:
                _append(result, self.mapping(item, changed, (*path, name)), changed_at)
        for name in new:
            if name in old:
                continue
            item, at = changes[name]
            if item.get(REMOVE) is True:
                self.missing((*path, name), at)
            else:
                _append(result, item, at)
        return result

    def reordered(self, value: Any, left: Path, wanted: Any, place: Place, walked: Path = ()) -> Any:
        """A copy along the path: what is shared with the lower layer is never changed."""
        if left:
            return self.inside(value, left, wanted, place, walked)
        if isinstance(value, Mapping) and isinstance(wanted, list):
            return _sorted_mapping(value, keys.reordered(list(value), wanted))
        names = keys.names(walked, value) if isinstance(value, Sequence) else None
        if names is None or not isinstance(wanted, list):
            self.missing(walked, place)
            return value
        return _sorted_sequence(value, names, keys.reordered(names, wanted))

    def inside(self, value: Any, left: Path, wanted: Any, place: Place, walked: Path) -> Any:
        part, rest, here = left[0], left[1:], (*walked, left[0])
        if isinstance(value, Mapping) and part in value:
            result = Mapping(value.place)
            result.shadowed = value.shadowed
            for key, inner in value.items():
                _put(result, key, self.reordered(inner, rest, wanted, place, here) if key == part else inner, value)
            return result
        names = (keys.names(walked, value) if isinstance(value, Sequence) else None) or []
        if part not in names:
            self.missing((*walked, *left), place)
            return value
        items = Sequence(value.place)
        for name, inner, at in zip(names, value, value.items_at, strict=True):
            _append(items, self.reordered(inner, rest, wanted, place, here) if name == part else inner, at)
        return items


def _put(into: Mapping, key: str, value: Any, like: Mapping) -> None:
    into[key] = value
    into.keys_at[key], into.values_at[key] = like.keys_at[key], like.values_at[key]


def _append(into: Sequence, item: Any, at: Place) -> None:
    into.append(item)
    into.items_at.append(at)


def _sorted_mapping(value: Mapping, order: list[str]) -> Mapping:
    result = Mapping(value.place)
    result.shadowed = value.shadowed
    for key in order:
        _put(result, key, value[key], value)
    return result


def _sorted_sequence(value: Sequence, names: list[str], order: list[str]) -> Sequence:
    result = Sequence(value.place)
    for name in order:
        index = names.index(name)
        _append(result, value[index], value.items_at[index])
    return result


def _mapping(
    lower: AnyMapping[str, Any], edited: AnyMapping[str, Any], path: Path, orders: dict[str, list[str]]
) -> dict[str, Any]:
    changes: dict[str, Any] = {}
    for key, value in edited.items():
        if value is not None:
            change = _value(lower.get(key), value, (*path, key), orders)
            if change is not _ABSENT:
                changes[key] = change
    changes |= {key: None for key, value in lower.items() if value is not None and edited.get(key) is None}
    if keys.ordered(path):
        _note_order(_filled(lower), _filled(edited), path, orders)
    return changes


def _filled(mapping: AnyMapping[str, Any]) -> list[str]:
    return [key for key, value in mapping.items() if value is not None]


def _value(lower: Any, edited: Any, path: Path, orders: dict[str, list[str]]) -> Any:
    """The change that makes one of the other; absent if they are the same."""
    if isinstance(lower, AnyMapping) and isinstance(edited, AnyMapping):
        if not edited and lower:
            return dict.fromkeys(lower)
        return _mapping(lower, edited, path, orders) or _ABSENT
    if isinstance(lower, list) and isinstance(edited, list):
        old, new = keys.names(path, lower), keys.names(path, edited)
        if old and new is not None:
            return _things(dict(zip(old, lower, strict=True)), dict(zip(new, edited, strict=True)), path, orders)
    return _ABSENT if _same(lower, edited) else edited


def _things(
    lower: AnyMapping[str, Any], edited: AnyMapping[str, Any], path: Path, orders: dict[str, list[str]]
) -> Any:
    changes: list[dict[str, Any]] = []
    for name, item in edited.items():
        if name not in lower:
            changes.append(dict(item))
            continue
        inner = _mapping(lower[name], item, (*path, name), orders)
        if inner:
            changes.append(_found_again(keys.naming(path, item), inner))
    changes += [{**keys.naming(path, item), REMOVE: True} for name, item in lower.items() if name not in edited]
    _note_order(list(lower), list(edited), path, orders)
    return changes or _ABSENT


def _found_again(naming: dict[str, Any], inner: dict[str, Any]) -> dict[str, Any]:
    """What is called by its label needs the whole of it, also where only one language differs."""
    label, changed = naming.get("label"), inner.get("label")
    if isinstance(label, dict) and isinstance(changed, dict):
        naming = {"label": {**changed, **label}}
    return {**naming, **{key: value for key, value in inner.items() if key not in naming}}


def _note_order(lower: AnySequence[str], edited: AnySequence[str], path: Path, orders: dict[str, list[str]]) -> None:
    """Only where what is left and what is new at the end would be something else."""
    there, wanted = set(lower), set(edited)
    if [*(one for one in lower if one in wanted), *(one for one in edited if one not in there)] != list(edited):
        orders[pointer(path)] = list(edited)


def _same(one: Any, other: Any) -> bool:
    """As YAML tells values apart: `true` is not 1."""
    if isinstance(one, AnyMapping) and isinstance(other, AnyMapping):
        mine, theirs = _filled(one), _filled(other)
        return set(mine) == set(theirs) and all(_same(one[key], other[key]) for key in mine)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_same, one, other))
    return one == other and isinstance(one, bool) == isinstance(other, bool)

