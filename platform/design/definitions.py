"""Definitions as trees, before anything is checked: of the packs alone, and under the local layer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from formloom.metadata import canonical, layers, nodes, overlays, parsing
from formloom.metadata.sources import Source

FOLDERS: Final = {kind: folder for folder, kind in parsing.KINDS.items()}
Tree = dict[str, Any]


def path_of(kind: str, name: str) -> str:
    """Where the local layer keeps what it says of a definition."""
    return f"{FOLDERS[kind]}/{name}.yaml"


def tree(sources: Iterable[Source], kind: str, name: str) -> Tree | None:
    """The definition with its overlays applied; None if there is none, or it was taken out of force."""
    concerned = [source for source in _concerned(sources, kind) if _may_say(source, name)]
    value = parsing.definitions(concerned).get((kind, name))
    return _plain(value) if value is not None else None


def first_name(sources: Iterable[Source], kind: str, name: str) -> str:
    """By what name files speak of a definition: one that an overlay calls otherwise keeps the name it was first given.
    """
    said = parsing.read([source for source in _concerned(sources, kind) if _may_say(source, name)])
    called = {one.extends or name for one in said if one.kind == kind and isinstance(one.value, nodes.Mapping)
              and str(one.value.get(kind)) == name}
    return name if name in called or not called else min(called)


def trees(sources: Iterable[Source], kind: str) -> dict[str, Tree]:
    """All of a kind by name, read once."""
    found = parsing.definitions(_concerned(sources, kind))
    return {name: _plain(value) for (of, name), value in found.items() if of == kind and value is not None}


def names(sources: Iterable[Source], kind: str) -> list[str]:
    return [name for of, name in parsing.definitions(_concerned(sources, kind)) if of == kind]


def lower(sources: Iterable[Source]) -> list[Source]:
    """What stands below the local layer."""
    return [source for source in sources if source.pack != layers.LOCAL]


def local_text(sources: Iterable[Source], kind: str, name: str, edited: Tree | None) -> str | None:
    """What the local layer has to say so that the definition is as edited; None if nothing."""
    below = tree(lower(sources), kind, name)
    if below is None:
        return canonical.dump(edited) if edited is not None else None
    if edited is None:
        return canonical.dump({overlays.EXTEND: name, overlays.REMOVED: True})
    changes = overlays.difference(below, edited)
    return canonical.dump({overlays.EXTEND: name, **changes}) if changes else None


def with_local(sources: Iterable[Source], texts: Mapping[str, str | None]) -> list[Source]:
    """With these texts in the local layer; None takes one away."""
    held = list(sources)
    for path, text in texts.items():
        if layers.is_whole(path):
            held = layers.without(held, path) if text is None else layers.put(held, path, text)
        else:
            held = [source for source in held if (source.pack, source.path) != (layers.LOCAL, path)]
            held += [Source(layers.LOCAL, path, text)] if text is not None else []
    return held


def readable(sources: Iterable[Source], path: str) -> str:
    """The definition behind a file of the local layer, whole; the text of a diagram; empty for what is not in force."""
    folder, _, file = path.partition("/")
    if layers.is_whole(path):
        return layers.at(sources, path).text
    found = tree(sources, parsing.KINDS[folder], file.removesuffix(".yaml"))
    return canonical.dump(found) if found is not None else ""


def local(sources: Iterable[Source], path: str) -> str | None:
    found = layers.at(sources, path).local
    return found.text if found else None


def _concerned(sources: Iterable[Source], kind: str) -> list[Source]:
    return [s for s in sources if s.path.startswith(("pack.", FOLDERS[kind] + "/"))]


def _may_say(source: Source, name: str) -> bool:
    """Reading every file for one definition takes long in a large model. A file that has the name neither as it is, nor
    escaped, nor as the file of a JSON Schema defines and extends something else.
    """
    return source.path.startswith("pack.") or name in source.text or "\\" in source.text or "properties" in source.text


def _plain(value: Any) -> Any:
    """Without the places, safe to be changed."""
    if isinstance(value, nodes.Mapping):
        return {key: _plain(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_plain(inner) for inner in value]
    return str(value) if isinstance(value, str) else value
