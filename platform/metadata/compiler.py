"""Sources to problems, or to one immutable catalog."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from lxml import etree

from formloom.errors import BadConfiguration, Place, Problem, Text
from formloom.metadata import authored, entities, fields, roles
from formloom.metadata.authored import Node
from formloom.metadata.catalog import Catalog, Entity, Pack, ProcessSource, Source, Workspace, WorkspaceItem
from formloom.metadata.fieldtypes import FieldType
from formloom.metadata.findings import Findings, frozen

NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
_BPMN = "{http://www.omg.org/spec/BPMN/20100524/MODEL}"
_MODEL = re.compile(r"pack\.yaml|(entities|roles|workspaces)/.+\.(yaml|yml|json)|workflows/.+\.bpmn")


def check(sources: Iterable[Source], types: Mapping[str, FieldType], functions: Iterable[str] = ()) -> list[Problem]:
    """Every problem of the sources, in the order of their places; `functions` are FEEL functions of plugins."""
    return _made(sources, types)[1]


def compile(sources: Iterable[Source], types: Mapping[str, FieldType]) -> Catalog:
    catalog, problems = _made(sources, types)
    if catalog is None or any(p.severity == "error" for p in problems):
        raise BadConfiguration(problems)
    return catalog


def _made(sources: Iterable[Source], types: Mapping[str, FieldType]) -> tuple[Catalog | None, list[Problem]]:
    findings = Findings()
    model = tuple(sorted((s for s in sources if _MODEL.fullmatch(s.path)), key=lambda s: (s.pack, s.path)))
    trees = [(s, _tree(s, findings)) for s in model if not s.path.endswith(".bpmn")]
    made = _entities(_named(trees, "entities", "entity", findings), types, findings)
    catalog = Catalog(
        version=_version(model), entities=frozen(made), sources=model,
        roles=frozen({name: roles.read(name, s.pack, node, made, findings)
                      for name, (s, node) in _named(trees, "roles", "role", findings).items()}),
        processes=frozen(_processes(model, findings)), packs=_packs(trees, findings),
        workspaces=tuple(_workspace(name, node, made, findings)
                         for name, (_, node) in _named(trees, "workspaces", "workspace", findings).items()))
    problems = sorted(findings.problems, key=lambda p: (p.place.file, p.place.line, p.place.column, p.code))
    return (None if problems else catalog), problems


def _version(model: Sequence[Source]) -> str:
    digest = hashlib.sha256()
    for source in model:
        for part in (source.pack, source.path, source.text):
            encoded = part.encode()
            digest.update(len(encoded).to_bytes(8, "big") + encoded)
    return digest.hexdigest()


def _tree(source: Source, findings: Findings) -> Node | None:
    node, problems = authored.parse(source.text, source.path)
    findings.problems += problems
    return node


def _named(trees: Sequence[tuple[Source, Node | None]], folder: str, key: str,
           findings: Findings) -> dict[str, tuple[Source, Node]]:
    found: dict[str, tuple[Source, Node]] = {}
    for source, node in trees:
        if node is None or not source.path.startswith(f"{folder}/"):
            continue
        name, place = findings.word(node, key), (node.get(key) or node).place
        if not NAME.fullmatch(name):
            findings.add("bad-name", Text("{key} must be a name such as sales_order, of at most 40 characters.", key=key),
                         place, name)
        elif name in found:
            findings.add("duplicate-name", Text("{name} is already in {file}.", name=name, file=found[name][0].path),
                         place, name)
        else:
            found[name] = (source, node)
    return found


def _entities(found: Mapping[str, tuple[Source, Node]], types: Mapping[str, FieldType],
              findings: Findings) -> dict[str, Entity]:
    held = {name: entities.read_fields(name, s.pack, node, types, findings) for name, (s, node) in found.items()}
    for own in held.values():
        for name, field in own.items():
            if field.type.name == "rollup":
                own[name] = fields.roll_up(field, own, held, field.place, findings)
    return {name: entities.read(name, s.pack, node, held, findings) for name, (s, node) in found.items()}


def _packs(trees: Sequence[tuple[Source, Node | None]], findings: Findings) -> tuple[Pack, ...]:
    made = [Pack(s.pack, str(findings.word(n, "version", "0")), findings.label(n, "label", s.pack),
                 findings.words(n.get("requires")), n.place) for s, n in trees if n and s.path == "pack.yaml"]
    for pack in made:
        for name in pack.requires:
            findings.known(name, [p.name for p in made], "unknown-pack",
                           Text("The required pack {name} is not here.", name=name), pack.place, pack.name)
    return tuple(made)


def _workspace(name: str, node: Node, known: Mapping[str, Entity], findings: Findings) -> Workspace:
    findings.keys(node, ("workspace", "id", "label", "icon", "items"), name)
    items = []
    listed = node.get("items")
    for row in listed.rows() if listed else ():
        entity, view = findings.word(row, "entity"), findings.word(row, "view")
        if findings.known(entity, known, "unknown-entity", Text("There is no entity {name}.", name=entity), row.place, name):
            views = [v.name for v in known[entity].views]
            if view:
                findings.known(view, views, "unknown-view", Text("{entity} has no view {name}.", entity=entity, name=view),
                               row.place, name)
            items.append(WorkspaceItem(entity, view))
    return Workspace(name, findings.label(node, "label", name), findings.word(node, "icon", "folder"), tuple(items))


def _processes(model: Sequence[Source], findings: Findings) -> dict[str, ProcessSource]:
    made: dict[str, ProcessSource] = {}
    for source in model:
        if not source.path.endswith(".bpmn"):
            continue
        place, key = Place(source.path), _process_key(source, findings)
        if key in made:
            findings.add("duplicate-name", Text("{name} is already in {file}.", name=key, file=made[key].place.file), place)
        elif key:
            digest = hashlib.sha256(source.text.encode()).hexdigest()
            made[key] = ProcessSource(key, source.pack, source.text, digest, place)
    return made


def _process_key(source: Source, findings: Findings) -> str:
    parser: Any = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        root = etree.fromstring(source.text.encode(), parser)
    except etree.XMLSyntaxError as error:
        findings.add("syntax-error", Text("This is not XML: {reason}.", reason=str(error)),
                     Place(source.path, error.lineno or 1))
        return ""
    found = [p for p in root.iter(f"{_BPMN}process") if p.get("isExecutable") == "true"]
    if len(found) != 1 or not found[0].get("id"):
        findings.add("bad-process", Text("A BPMN file must hold one executable process with an id."), Place(source.path))
        return ""
    return str(found[0].get("id"))

