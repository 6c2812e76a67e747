"""Something of the model is called otherwise. Its stable id stays, so its data does; whatever names it follows.

Texts are changed where the name stands and nowhere else. What cannot follow is told with its place, and then nothing is
changed.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from formloom.design import pack_data, usage
from formloom.errors import BadConfiguration, Place, Problem, Text
from formloom.metadata import compiler, layers, parsing
from formloom.metadata import renaming as tokens
from formloom.metadata.catalog import Catalog
from formloom.metadata.fieldtypes import FieldType
from formloom.metadata.nodes import Mapping as Node
from formloom.metadata.references import Name
from formloom.metadata.renaming import File
from formloom.metadata.sources import Source
from formloom.metadata.spelling import Edit, Scalars

_IDENTIFIED: Final = frozenset({"entity", "field", "role"})
Check = Callable[[Sequence[Source]], list[Problem]]


@dataclass(frozen=True, slots=True)
class Renamed:
    """`data`: the data files that were given. `changed`: the files that say something else now."""

    sources: tuple[Source, ...]
    data: tuple[Source, ...]
    changed: tuple[Source, ...]


def rename(sources: Iterable[Source], types: Mapping[str, FieldType], target: Name, new: str, *,
           data: Iterable[Source] = (), service_tasks: Mapping[str, Any] | None = None,
           check: Check | None = None) -> Renamed:
    """The files as they have to be. `check` says what is wrong with sources. Raises BadConfiguration, unchanged."""
    held, tables = tuple(sources), tuple(data)
    catalog = compiler.compile(held, types)
    steps = tokens.plan(catalog, usage.of_everything(catalog, held, tables, types, service_tasks), target, new)
    edits = tokens.edits_of(steps)
    if target.kind in _IDENTIFIED:
        file, edit = _identity(catalog, held, target, new)
        edits.setdefault(file, []).extend(edit)
    made = tuple(tokens.after(source, edits) for source in held)
    moved = tuple(_moved(tokens.after(source, edits), target, new) for source in tables)
    tokens.refuse((check or (lambda s: compiler.check(s, types)))(made))
    changed = tuple(now for was, now in zip((*held, *tables), (*made, *moved), strict=True) if was != now)
    return Renamed(made, moved, changed)


def _moved(source: Source, target: Name, new: str) -> Source:
    if target.kind != "entity":
        return source
    return replace(source, path=pack_data.renamed_path(source.path, target.name, new))


def _identity(catalog: Catalog, sources: tuple[Source, ...], target: Name, new: str) -> tuple[File, list[Edit]]:
    """The id is written out where it follows from the name, and taken out again where it would follow from the new one.
    """
    source, node = _definition(sources, target)
    scalars = Scalars(source.text)
    written = scalars.mapping(node.place.line, node.place.column)
    if written is None or not written.value:
        return (source.pack, source.path), []
    first, flow = written.value[0][0], bool(written.flow_style)
    identity = identity_of(catalog, target)
    implicit = implicit_id(catalog, target, new)
    start = first.start_mark.index
    if node.get("id") is None:
        return (source.pack, source.path), [Edit(start, start, _id_text(identity, first, flow))]
    if first.value == "id" and node["id"] == implicit and len(written.value) > 1:
        end = written.value[1][0].start_mark.index
        if source.text[start:end] == _id_text(implicit, first, flow):
            return (source.pack, source.path), [Edit(start, end, "")]
    return (source.pack, source.path), []


def _id_text(identity: str, first: Any, flow: bool) -> str:
    plain = re.fullmatch(r"[A-Za-z][A-Za-z0-9_.-]*", identity) and first.style is None
    value = identity if plain else json.dumps(identity, ensure_ascii=False)
    key = "id" if first.style is None else '"id"'
    return f"{key}: {value}" + (", " if flow else "\n" + " " * first.start_mark.column)


def _definition(sources: tuple[Source, ...], target: Name) -> tuple[Source, Node]:
    """The file that defines it, and the part of that file that does: the lowest layer that says what it is."""
    kind, name = ("entity", target.owner) if target.kind == "field" else (target.kind, target.name)
    held = [s for s in layers.effective(sources) if s.path.split("/")[0] not in layers.WHOLE]
    for source, one in zip(held, parsing.read(held), strict=True):
        value = one.value
        if one.kind == kind and name in (one.extends, parsing.element_of(value, kind)) and isinstance(value, Node):
            part = value if target.kind != "field" else (value.get("fields") or {}).get(target.name)
            if isinstance(part, Node) and (target.kind != "field" or "type" in part):
                return source, part
    raise BadConfiguration([Problem("rename-nothing", Text("{name} is defined in no file.", name=target.name),
                                    Place(""))])


def identity_of(catalog: Catalog, target: Name) -> str:
    if target.kind == "field":
        return catalog.entity(target.owner).field(target.name).id
    return catalog.entity(target.name).id if target.kind == "entity" else catalog.roles[target.name].id


def implicit_id(catalog: Catalog, target: Name, new: str) -> str:
    """What the id would be under the new name if nobody wrote one."""
    if target.kind == "field":
        return f"{catalog.entity(target.owner).id}.{new}"
    pack = catalog.entity(target.name).pack if target.kind == "entity" else catalog.roles[target.name].pack
    return f"{pack}.{new}"
