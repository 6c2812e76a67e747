"""Sources to problems, sources to catalog."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from formloom.errors import BadConfiguration, Problem
from formloom.metadata import (
    checks,
    dashboard_assembly,
    decision_source,
    expressions,
    layers,
    nodes,
    time_assembly,
)
from formloom.metadata.assembly import Assembler
from formloom.metadata.authored import Authored
from formloom.metadata.catalog import Catalog, Entity, Field, Pack, ServiceLevel, Workspace, WorkspaceItem
from formloom.metadata.computation import computed_order
from formloom.metadata.fieldtypes import FieldType
from formloom.metadata.garbage import uncollected
from formloom.metadata.labels import label
from formloom.metadata.parsing import KINDS, parse
from formloom.metadata.scopes import Scopes
from formloom.metadata.sources import DecisionSource, Source

_MODEL = re.compile(
    rf"pack\.(yaml|yml|json)|({'|'.join(KINDS)})/.+\.(yaml|yml|json)|workflows/.+\.bpmn|decisions/.+\.dmn"
)


def version_of(sources: Iterable[Source]) -> str:
    digest = hashlib.sha256()
    for source in sorted(sources, key=lambda s: (s.pack, s.path)):
        for part in (source.pack, source.path, source.text):
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
    with uncollected():
        catalog, problems = _build(sources, types, frozenset(functions))
    return catalog, sorted(problems, key=lambda p: (p.place.file, p.place.line, p.place.column, p.code))


def decision_files(sources: Iterable[Source]) -> tuple[DecisionSource, ...]:
    """Those that can be read, whatever is wrong with the rest of the configuration."""
    read = (decision_source.read(s)[0] for s in layers.effective(sources)
            if s.path.startswith("decisions/") and _MODEL.fullmatch(s.path))
    return tuple(filter(None, read))


def compile(sources: Iterable[Source], types: Mapping[str, FieldType]) -> Catalog:
    """Raises BadConfiguration with every error; warnings do not stop."""
    with uncollected():
        catalog, problems = _build(sources, types)
    errors = [p for p in problems if p.severity == "error"]
    if errors:
        raise BadConfiguration(errors)
    return catalog


def authored(sources: Iterable[Source], types: Mapping[str, FieldType]) -> Authored:
    """The definitions as they were written, with the place of every part."""
    return parse(layers.effective(_of_model(sources)), types).authored


def _of_model(sources: Iterable[Source]) -> tuple[Source, ...]:
    return tuple(sorted((s for s in sources if _MODEL.fullmatch(s.path)), key=lambda s: (s.pack, s.path)))


def _build(
    given: Iterable[Source],
    types: Mapping[str, FieldType],
    functions: frozenset[str] = frozenset(),
) -> tuple[Catalog, list[Problem]]:
    sources = _of_model(given)
    parsed = parse(layers.effective(sources), types)
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
        workspaces=_placed(_workspace(node) for _, node in parsed.authored.named("workspace")),
        packs=tuple(_pack(node) for _, node in parsed.authored.named("pack")),
        sources=sources,
        decisions=MappingProxyType(parsed.decisions),
        decision_files=tuple(parsed.decision_files),
        calendars=MappingProxyType(calendars),
        dashboards=MappingProxyType({
            name: dashboard_assembly.dashboard(node) for name, node in parsed.authored.named("dashboard")}),
    )
    scopes = Scopes(catalog.entities, functions, parsed.authored.hidden_names)
    mistaken = expressions.check(scopes, parsed.authored)
    return catalog, [*parsed.problems, *assembler.problems, *checks.check(catalog, parsed.authored), *mistaken]


def _workspace(node: nodes.Mapping) -> Workspace:
    items = tuple(WorkspaceItem(item["entity"], item.get("view", "")) for item in node["items"])
    return Workspace(
        node["workspace"], label(node.get("label"), node["workspace"]), node.get("icon", "folder"), items,
        node.get("position"), node.place)


def _placed(workspaces: Iterable[Workspace]) -> tuple[Workspace, ...]:
    """Those with a place first; the others as they were read."""
    return tuple(sorted(workspaces, key=lambda w: (w.position is None, w.position or 0)))


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
