"""Sources to problems, sources to catalog."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath
from types import MappingProxyType
from typing import Any

from jsonschema import Draft202012Validator

from formloom.errors import BadConfiguration, Place, Problem, Text
from formloom.metadata import checks, language, nodes, process_source, validation
from formloom.metadata.assembly import Assembler, field_names, label
from formloom.metadata.catalog import (
    Catalog,
    Entity,
    Field,
    Pack,
    ProcessSource,
    Source,
    Workspace,
    WorkspaceItem,
)
from formloom.metadata.computation import computed_order
from formloom.metadata.fieldtypes import FieldType

_MODEL = re.compile(r"pack\.(yaml|yml|json)|(entities|roles|workspaces)/.+\.(yaml|yml|json)|workflows/.+\.bpmn")
KINDS = {"entities": "entity", "roles": "role", "workspaces": "workspace"}


@dataclass
class _Parsed:
    nodes: dict[str, list[tuple[Source, nodes.Mapping]]] = field(
        default_factory=lambda: {k: [] for k in ("pack", "entity", "role", "workspace")}
    )
    processes: dict[str, ProcessSource] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    unread: set[str] = field(default_factory=set)  # names of definitions too broken to compile


def version_of(sources: Iterable[Source]) -> str:
    digest = hashlib.sha256()
    for source in sorted(sources, key=lambda s: (s.pack, s.path)):
        for part in (source.pack, source.path, source.text):
            data = part.encode()
            digest.update(len(data).to_bytes(8, "big") + data)
    return digest.hexdigest()


def check(sources: Iterable[Source], types: Mapping[str, FieldType], functions: Iterable[str] = ()) -> list[Problem]:
    """Everything wrong with the sources, in the order of files and lines; `functions` are FEEL functions of plugins."""
    return sorted(
        _build(sources, types, frozenset(functions))[1],
        key=lambda p: (p.place.file, p.place.line, p.place.column, p.code),
    )


def compile(sources: Iterable[Source], types: Mapping[str, FieldType]) -> Catalog:
    """Raises BadConfiguration with every error; warnings do not stop."""
    catalog, problems = _build(sources, types)
    errors = [p for p in problems if p.severity == "error"]
    if errors:
        raise BadConfiguration(errors)
    return catalog


def _build(
    authored: Iterable[Source],
    types: Mapping[str, FieldType],
    functions: frozenset[str] = frozenset(),
) -> tuple[Catalog, list[Problem]]:
    sources = tuple(sorted((s for s in authored if _MODEL.fullmatch(s.path)), key=lambda s: (s.pack, s.path)))
    parsed = _parse(sources, types)
    assembler = Assembler(types, functions)
    entities = {node["entity"]: assembler.entity(node, source.pack) for source, node in parsed.nodes["entity"]}
    entities = _linked(entities, assembler)
    roles = {node["role"]: assembler.role(node, source.pack, entities) for source, node in parsed.nodes["role"]}
    catalog = Catalog(
        version=version_of(sources),
        entities=MappingProxyType(entities),
        roles=MappingProxyType(roles),
        processes=MappingProxyType(parsed.processes),
        workspaces=tuple(_workspace(node) for _, node in parsed.nodes["workspace"]),
        packs=tuple(_pack(node) for _, node in parsed.nodes["pack"]),
        sources=sources,
    )
    found = [*assembler.problems, *_packs(catalog), *checks.check(catalog)]
    return catalog, parsed.problems + [p for p in found if not _follows(p, parsed.unread)]


def _follows(problem: Problem, unread: set[str]) -> bool:
    """A name is unknown only because its own file could not be read: one mistake, one problem."""
    return problem.code == "unknown-entity" and problem.message.values.get("name") in unread


def _parse(sources: Iterable[Source], types: Mapping[str, FieldType]) -> _Parsed:
    parsed = _Parsed()
    validators = {name: Draft202012Validator(schema) for name, schema in language.schemas(types).items()}
    for source in sources:
        folder = source.path.split("/")[0]
        if folder == "workflows":
            _add_process(parsed, source)
        else:
            _add_definition(parsed, source, KINDS.get(folder, "pack"), validators)
    return parsed


def _add_process(parsed: _Parsed, source: Source) -> None:
    process, problems = process_source.read(source)
    parsed.problems += problems
    if process and process.key in parsed.processes:
        parsed.problems.append(_twice("process", process.key, process.place, parsed.processes[process.key].place))
    elif process:
        parsed.processes[process.key] = process


def _add_definition(parsed: _Parsed, source: Source, kind: str, validators: Mapping[str, Draft202012Validator]) -> None:
    value, problems = nodes.read(source.text, source.path)
    problems = problems or validation.validate(value, validators[kind], Place(source.path), _element(value, kind))
    parsed.problems += problems
    if problems:
        parsed.unread.add(_element(value, kind) or PurePosixPath(source.path).stem)
        return
    known = {node[kind]: node for _, node in parsed.nodes[kind]}
    if value[kind] in known:
        parsed.problems.append(_twice(kind, value[kind], value.place, known[value[kind]].place))
    else:
        parsed.nodes[kind].append((source, value))


def _element(value: Any, kind: str) -> str:
    return str(value.get(kind, "")) if isinstance(value, dict) else ""


def _twice(kind: str, name: str, place: Place, other: Place) -> Problem:
    return Problem(
        f"duplicate-{kind}",
        Text("{name} is defined twice.", name=name),
        place,
        Text("The first one is at {place}.", place=str(other)),
        element=name,
    )


def _workspace(node: nodes.Mapping) -> Workspace:
    items = tuple(WorkspaceItem(item["entity"], item.get("view", "")) for item in node["items"])
    return Workspace(
        node["workspace"], label(node.get("label"), node["workspace"]), node.get("icon", "folder"), items, node.place
    )


def _pack(node: nodes.Mapping) -> Pack:
    return Pack(
        node["pack"],
        node["version"],
        label(node.get("label"), node["pack"]),
        tuple(node.get("requires", ())),
        node.place,
    )


def _packs(catalog: Catalog) -> list[Problem]:
    known = {pack.name for pack in catalog.packs}
    return [
        checks.unknown("pack", name, known, pack.place, pack.name)
        for pack in catalog.packs
        for name in pack.requires
        if name.split()[0] not in known
    ]


def _linked(entities: dict[str, Entity], assembler: Assembler) -> dict[str, Entity]:
    """Roll-ups take the type of what they measure, which only the other entity knows."""
    linked = {
        name: replace(
            entity,
            fields=MappingProxyType({k: _rollup(f, entity, entities, assembler) for k, f in entity.fields.items()}),
        )
        for name, entity in entities.items()
    }
    return {name: replace(entity, computed=computed_order(entity, linked)) for name, entity in linked.items()}


def _rollup(field_: Field, entity: Entity, entities: Mapping[str, Entity], assembler: Assembler) -> Field:
    if field_.type.name != "rollup":
        return field_
    table = entity.fields.get(field_.options["of"])
    child = entities.get(table.target or "") if table else None
    measured = child.fields.get(field_.options.get("field", "")) if child else None
    inherited = {k: v for k, v in measured.options.items() if k not in ("minimum", "maximum")} if measured else {}
    options: dict[str, Any] = {**inherited, **field_.options}
    options["returns"] = _measure_type(field_, measured)
    if child and isinstance(options.get("where"), str):
        options["where"] = assembler.compiled(
            options["where"], field_.place, field_names(child), f"{entity.name}.{field_.name}"
        )
    return replace(field_, options=MappingProxyType(options), target=child.name if child else None)


def _measure_type(field_: Field, measured: Field | None) -> str:
    if field_.options["function"] == "count" or measured is None:
        return "integer"
    kind = str(measured.options["returns"]) if measured.type.name in ("formula", "rollup") else measured.type.name
    return "decimal" if field_.options["function"] == "average" and kind == "integer" else kind
