"""What differs between two trees of a definition, in the words of whoever designs it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from formloom.errors import Text
from formloom.metadata import keys
from formloom.metadata.keys import Path
from formloom.metadata.merging import same

ADDED, REMOVED, CHANGED, MOVED = "added", "removed", "changed", "moved"
# What has a name of its own, by where it is kept.
THINGS: Final[Mapping[str, Text]] = {
    "fields": Text("Field {name}", name="{name}"), "choices": Text("Choice {name}", name="{name}"),
    "views": Text("View {name}", name="{name}"), "actions": Text("Action {name}", name="{name}"),
    "constraints": Text("Rule {name}", name="{name}"), "sections": Text("Section {name}", name="{name}"),
    "tabs": Text("Tab {name}", name="{name}"), "related": Text("List of related records {name}", name="{name}"),
    "items": Text("Menu entry {name}", name="{name}"), "entities": Text("Rights on {name}", name="{name}"),
    "states": Text("In the state {name}", name="{name}"), "sla": Text("Service level {name}", name="{name}"),
    "holidays": Text("Holiday {name}", name="{name}"), "layouts": Text("Layout {name}", name="{name}"),
    "cards": Text("Card {name}", name="{name}"),
}
WORDS: Final[Mapping[str, Text]] = {
    "label": Text("name"), "plural": Text("name of many"), "help": Text("help"), "type": Text("type"),
    "required": Text("required"), "unique": Text("unique"), "indexed": Text("searched often"),
    "readonly": Text("read-only"), "default": Text("default"), "formula": Text("formula"), "filter": Text("filter"),
    "columns": Text("columns"), "sort": Text("order"), "fields": Text("fields"), "visible_when": Text("shown when"),
    "required_when": Text("required when"), "readonly_when": Text("read-only when"), "create": Text("may create"),
    "read": Text("may see"), "update": Text("may change"), "delete": Text("may delete"), "write": Text("may fill in"),
    "mask": Text("masked"), "icon": Text("icon"), "title": Text("field that names a record"),
    "search": Text("fields that the search looks into"), "minimum": Text("at least"), "maximum": Text("at most"),
    "max_length": Text("longest text"), "pattern": Text("pattern"), "entity": Text("entity"),
    "when": Text("offered when"),
    "check": Text("condition"), "message": Text("message"), "form": Text("form"), "headline": Text("key figures"),
    "tone": Text("colour"), "kind": Text("kind"), "measure": Text("what is told"), "group_by": Text("told apart by"),
    "date": Text("date of the period"), "period": Text("period"), "compare": Text("compared with the period before"),
    "target": Text("target"), "workspace": Text("workspace"), "width": Text("width"), "where": Text("condition"),
    "field": Text("field"), "en": Text("English"), "zh": Text("Chinese"),
}


@dataclass(frozen=True, slots=True)
class Told:
    """One difference. `what` says where it is, `before` and `after` are what stands there, None for nothing."""

    kind: str
    path: Path
    what: tuple[Text | str, ...]
    before: Any = None
    after: Any = None


def tell(before: Mapping[str, Any] | None, after: Mapping[str, Any] | None) -> tuple[Told, ...]:
    """In the order of the trees; what is new or gone as a whole is one difference."""
    if before is None or after is None:
        kind = ADDED if before is None else REMOVED
        return () if before is None and after is None else (Told(kind, (), (), before, after),)
    return tuple(_mapping(before, after, (), ()))


def _mapping(before: Mapping[str, Any], after: Mapping[str, Any], path: Path, what: tuple[Text | str, ...]
             ) -> Iterator[Told]:
    for key in dict.fromkeys([*before, *after]):
        old, new = before.get(key), after.get(key)
        here = (*path, key)
        if (old is None and new is None) or (old is not None and new is not None and same(old, new, here)):
            continue
        yield from _value(old, new, here, what)
    if keys.ordered(path) and _reordered(list(before), list(after)):
        yield Told(MOVED, path, what, list(before), list(after))


def _value(old: Any, new: Any, path: Path, what: tuple[Text | str, ...]) -> Iterator[Told]:
    things = THINGS.get(path[-1])
    if things is not None and all(side is None or _named(side, path) for side in (old, new)):
        yield from _things(_by_name(old, path), _by_name(new, path), path, what)
    elif isinstance(old, Mapping) and isinstance(new, Mapping):
        yield from _mapping(old, new, path, (*what, word(path[-1])))
    else:
        kind = ADDED if old is None else REMOVED if new is None else CHANGED
        yield Told(kind, path, (*what, word(path[-1])), old, new)


def _things(old: Mapping[str, Any], new: Mapping[str, Any], path: Path, what: tuple[Text | str, ...]) -> Iterator[Told]:
    for name in dict.fromkeys([*old, *new]):
        was, now = old.get(name), new.get(name)
        here = (*path, name)
        if was is not None and now is not None and same(was, now, here):
            continue
        called = (*what, _called(path[-1], now if isinstance(now, Mapping) else was, name))
        if isinstance(was, Mapping) and isinstance(now, Mapping):
            yield from _mapping(was, now, here, called)
        else:
            yield Told(ADDED if was is None else REMOVED if now is None else CHANGED, here, called, was, now)
    if _reordered(list(old), list(new)):
        yield Told(MOVED, path, (*what, word(path[-1])), list(old), list(new))


def _named(value: Any, path: Path) -> bool:
    if isinstance(value, list):
        return keys.names(path, value) is not None
    return isinstance(value, Mapping)


def _by_name(value: Any, path: Path) -> Mapping[str, Any]:
    if isinstance(value, Mapping):
        return value
    return dict(zip(keys.names(path, value) or (), value, strict=True)) if isinstance(value, list) else {}


def _called(folder: str, thing: Any, name: str) -> Text:
    label = thing.get("label") if isinstance(thing, Mapping) else None
    words = label if isinstance(label, Mapping | str) and label else name
    return THINGS[folder].saying(name=words)


def where(path: Path) -> tuple[Text | str, ...]:
    """A path in words, for which no tree is at hand: `fields, fax, label` is the name of the field fax."""
    found: list[Text | str] = []
    parts = iter(path)
    for part in parts:
        name = next(parts, None) if part in THINGS else None
        found.append(THINGS[part].saying(name=name) if name is not None else word(part))
    return tuple(found)


def word(key: str) -> Text | str:
    return WORDS.get(key, key.replace("_", " "))


def _reordered(old: list[str], new: list[str]) -> bool:
    shared = set(old) & set(new)
    return [one for one in old if one in shared] != [one for one in new if one in shared]
