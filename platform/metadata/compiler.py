"""Sources to problems, sources to catalog."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath
from types import MappingProxyType
from typing import Any

from jsonschema import Draft202012Validator

from formloom.errors import BadConfiguration, Place, Problem, Text
from formloom.metadata import (
    checks,
    decision_source,
    expressions,
    jsonschema_import,
    language,
    layers,
    nodes,
    process_source,
    salvage,
    time_assembly,
    validation,
)
from formloom.metadata.assembly import Assembler, label
from formloom.metadata.authored import Authored, names_in
from formloom.metadata.catalog import Catalog, Entity, Field, Pack, ServiceLevel, Workspace, WorkspaceItem
from formloom.metadata.computation import computed_order
from formloom.metadata.fieldtypes import FieldType
from formloom.metadata.scopes import Scopes
from formloom.metadata.sources import DecisionSource, ProcessSource, Source

_MODEL = re.compile(
    r"pack\.(yaml|yml|json)|(entities|roles|workspaces|calendars)/.+\.(yaml|yml|json)|workflows/.+\.bpmn|"
    r"decisions/.+\.dmn"
)
KINDS = {"entities": "entity", "roles": "role", "workspaces": "workspace", "calendars": "calendar"}


@dataclass
class _Parsed:
    authored: Authored = field(default_factory=Authored)
    packs: dict[tuple[str, str], str] = field(default_factory=dict)  # the pack of each definition
    processes: dict[str, ProcessSource] = field(default_factory=dict)
    decisions: dict[str, DecisionSource] = field(default_factory=dict)
    decision_files: list[DecisionSource] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    def of(self, kind: str) -> Iterator[tuple[str, nodes.Mapping, str]]:
        """Name, definition and pack."""
        return ((name, node, self.packs[kind, name]) for name, node in self.authored.named(kind))


def version_of(sources: Iterable[Source]) -> str:
    digest = hashlib.sha256()
    for source in sorted(sources, key=lambda s: (s.pack, s.path)):
        for part in (source.pack, source.path, source.text, *filter(None, [source.base])):
            data = part.encode()
            digest.update(len(data).to_bytes(8, "big") + data)
    return digest.hexdigest()


def check(sources: Iterable[Source], types: Mapping[str, FieldType], functions: Iterable[str] = ()) -> list[Problem]:
    """Everything wrong with the sources, in the order of files and lines; `functions` are FEEL functions of plugins."""
    return examine(sources, types, functions)[1]


def examine(
    sources: Iterable[Source], types: Mapping[str, FieldType], functions: Iterable[str] = ()
) -> tuple[Catalog, list[Problem]]:
    """The catalog, for whoever looks at the problems first, and the problems as `check` gives them."""
    catalog, problems = _build(sources, types, frozenset(functions))
    return catalog, sorted(problems, key=lambda p: (p.place.file, p.place.line, p.place.column, p.code))


def decision_files(sources: Iterable[Source]) -> tuple[DecisionSource, ...]:
    """Those that can be read, whatever is wrong with the rest of the configuration."""
    read = (decision_source.read(s)[0] for s in layers.effective(sources)
            if s.path.startswith("decisions/") and _MODEL.fullmatch(s.path))
    return tuple(filter(None, read))


def compile(sources: Iterable[Source], types: Mapping[str, FieldType]) -> Catalog:
    """Raises BadConfiguration with every error; warnings do not stop."""
    catalog, problems = _build(sources, types)
    errors = [p for p in problems if p.severity == "error"]
    if errors:
        raise BadConfiguration(errors)
    return catalog


def authored(sources: Iterable[Source], types: Mapping[str, FieldType]) -> Authored:
    """The definitions as they were written, with the place of every part."""
    return _parse(layers.effective(_of_model(sources)), types).authored


def _of_model(sources: Iterable[Source]) -> tuple[Source, ...]:
    return tuple(sorted((s for s in sources if _MODEL.fullmatch(s.path)), key=lambda s: (s.pack, s.path)))


def _build(
    given: Iterable[Source],
    types: Mapping[str, FieldType],
    functions: frozenset[str] = frozenset(),
) -> tuple[Catalog, list[Problem]]:
    sources = _of_model(given)
    parsed = _parse(layers.effective(sources), types)
    assembler = Assembler(types, parsed.authored, parsed.decisions)
    entities = {name: assembler.entity(node, pack) for name, node, pack in parsed.of("entity")}
    entities = {name: replace(entity, levels=_levels(entity, assembler)) for name, entity in entities.items()}
    entities = _linked(entities, assembler)
    calendars = time_assembly.calendars(parsed.of("calendar"), assembler)
    time_assembly.check_calendars(entities, calendars, assembler)
    roles = {name: assembler.role(node, pack, entities) for name, node, pack in parsed.of("role")}
    catalog = Catalog(
        version=version_of(sources),
        entities=MappingProxyType(entities),
        roles=MappingProxyType(roles),
        processes=MappingProxyType(parsed.processes),
        workspaces=tuple(_workspace(node) for _, node in parsed.authored.named("workspace")),
        packs=tuple(_pack(node) for _, node in parsed.authored.named("pack")),
        sources=sources,
        decisions=MappingProxyType(parsed.decisions),
        decision_files=tuple(parsed.decision_files),
        calendars=MappingProxyType(calendars),
    )
    scopes = Scopes(catalog.entities, functions, parsed.authored.hidden_names)
    mistaken = expressions.check(scopes, parsed.authored)
    return catalog, [*parsed.problems, *assembler.problems, *checks.check(catalog, parsed.authored), *mistaken]


def _parse(sources: Iterable[Source], types: Mapping[str, FieldType]) -> _Parsed:
    parsed = _Parsed()
    validators = {name: Draft202012Validator(schema) for name, schema in language.schemas(types).items()}
    for source in sources:
        folder = source.path.split("/")[0]
        if folder == "workflows":
            _add_process(parsed, source)
        elif folder == "decisions":
            _add_decisions(parsed, source)
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


def _add_decisions(parsed: _Parsed, source: Source) -> None:
    file, problems = decision_source.read(source)
    parsed.problems += problems
    if file is None:
        return
    parsed.decision_files.append(file)
    for key, place in file.keys.items():
        other = parsed.decisions.setdefault(key, file)
        if other is not file:
            parsed.problems.append(_twice("decision", key, place, other.keys[key]))


def _add_definition(parsed: _Parsed, source: Source, kind: str, validators: Mapping[str, Draft202012Validator]) -> None:
    """What is wrong with its structure is told, and what is right about it is kept to be checked further."""
    value, problems = nodes.read(source.text, source.path)
    lost: frozenset[str] = frozenset()
    if kind == "entity" and jsonschema_import.is_schema(value):
        value = jsonschema_import.definition(value, PurePosixPath(source.path).stem)
    if not (problems and value is None):
        told = {(p.place.line, p.place.column) for p in problems}
        broken = validation.validate(value, validators[kind], Place(source.path), _element(value, kind))
        problems += [p for p in broken if (p.place.line, p.place.column) not in told]
    node = None
    if isinstance(value, nodes.Mapping):
        node, lost = salvage.salvaged(value, validators[kind]) if problems else (value, lost)
    parsed.problems += problems
    if node is None:
        parsed.authored.unread.add(_element(value, kind) or PurePosixPath(source.path).stem)
        return
    _keep(parsed, source, kind, node, lost)


def _keep(parsed: _Parsed, source: Source, kind: str, node: nodes.Mapping, lost: frozenset[str]) -> None:
    key, authored = (kind, node[kind]), parsed.authored
    if key in authored.nodes:
        parsed.problems.append(_twice(kind, node[kind], node.values_at[kind], authored.nodes[key].values_at[kind]))
        lost |= frozenset(names_in(node))
    else:
        authored.nodes[key], parsed.packs[key] = node, source.pack
    authored.lost[key] = authored.lost.get(key, frozenset()) | lost


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


def _levels(entity: Entity, assembler: Assembler) -> Mapping[str, ServiceLevel]:
    node = assembler.authored.node("entity", entity.name).get("sla")
    names = assembler.names_of(entity)
    return time_assembly.levels(node, entity.name, entity.fields, names, assembler) if node else entity.levels


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
        place = assembler.authored.at("entity", entity.name, "fields", field_.name, "where")
        options["where"] = assembler.compiled(
            options["where"], place, assembler.names_of(child), f"{entity.name}.{field_.name}"
        )
    return replace(field_, options=MappingProxyType(options), target=child.name if child else None)


def _measure_type(field_: Field, measured: Field | None) -> str:
    if field_.options["function"] == "count" or measured is None:
        return "integer"
    kind = str(measured.options["returns"]) if measured.type.name in ("formula", "rollup") else measured.type.name
    return "decimal" if field_.options["function"] == "average" and kind == "integer" else kind
