"""Sources to definitions: read, extended by the overlays of other packs and of the local layer, validated."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any

from formloom.errors import Place, Problem, Text
from formloom.metadata import (
    decision_source,
    jsonschema_import,
    language,
    layers,
    nodes,
    overlays,
    process_source,
    requirements,
    salvage,
    validation,
)
from formloom.metadata.authored import Authored, names_in
from formloom.metadata.fieldtypes import FieldType
from formloom.metadata.sources import DecisionSource, ProcessSource, Source

KINDS = {"entities": "entity", "roles": "role", "workspaces": "workspace", "dashboards": "dashboard",
         "calendars": "calendar"}


@dataclass
class Parsed:
    authored: Authored = field(default_factory=Authored)
    packs: dict[tuple[str, str], str] = field(default_factory=dict)  # the pack of each definition
    processes: dict[str, ProcessSource] = field(default_factory=dict)
    decisions: dict[str, DecisionSource] = field(default_factory=dict)
    decision_files: list[DecisionSource] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    def of(self, kind: str) -> Iterator[tuple[str, nodes.Mapping, str]]:
        """Name, definition and pack."""
        return ((name, node, self.packs[kind, name]) for name, node in self.authored.named(kind))


@dataclass(frozen=True, slots=True)
class Written:
    """A definition or an overlay as read from its file; `value` is None for what is not YAML."""

    pack: str
    path: str
    file: str       # in places: with the pack where two packs have the path
    kind: str
    value: Any
    problems: list[Problem]

    @property
    def extends(self) -> str:
        return str(self.value.get(overlays.EXTEND) or "") if isinstance(self.value, nodes.Mapping) else ""


def parse(sources: Sequence[Source], types: Mapping[str, FieldType]) -> Parsed:
    """Of sources in force, in any order."""
    parsed = Parsed()
    rules = {name: validation.Rules(schema) for name, schema in language.schemas(types).items()}
    written = read(sources)
    packs = [one for one in written if one.kind == "pack"]
    extended = _extensions(written, ranks(one.value for one in packs), parsed)
    for one in written:
        if not one.extends:
            _add_definition(parsed, one, extended, rules)
    for source in sources:
        folder = source.path.split("/")[0]
        if folder == "workflows":
            _add_process(parsed, source)
        elif folder == "decisions":
            _add_decisions(parsed, source)
    _report_unknown(parsed, extended)
    return parsed


def definitions(sources: Sequence[Source]) -> dict[tuple[str, str], nodes.Mapping]:
    """Definitions with their overlays, unchecked, by kind and name as first written; for those who edit them."""
    written, ignored = read(sources), Parsed()
    packs = [one for one in written if one.kind == "pack"]
    extended = _extensions(written, ranks(one.value for one in packs), ignored)
    found: dict[tuple[str, str], nodes.Mapping] = {}
    for one in written:
        key = (one.kind, element_of(one.value, one.kind))
        if one.kind == "pack" or one.extends or not isinstance(one.value, nodes.Mapping) or key in found:
            continue
        value: nodes.Mapping | None = one.value
        for overlay in extended.get(key, ()):
            removed = overlays.removes(overlay.value)
            value = None if removed or value is None else overlays.applied(value, overlay.value)[0]
        if value is not None:
            found[key] = value
    return found


def read(sources: Iterable[Source]) -> list[Written]:
    """The YAML files; where two packs have one of the same path, places name the pack as well."""
    held = [s for s in sources if not layers.is_whole(s.path)]
    shared = Counter(source.path for source in held)
    found = []
    for source in held:
        file = f"{source.pack}/{source.path}" if shared[source.path] > 1 else source.path
        kind = KINDS.get(source.path.split("/")[0], "pack")
        value, problems = nodes.read(source.text, file)
        if kind == "entity" and jsonschema_import.is_schema(value):
            value = jsonschema_import.definition(value, PurePosixPath(source.path).stem)
        found.append(Written(source.pack, source.path, file, kind, value, problems))
    return found


def ranks(packs: Iterable[Any]) -> dict[str, int]:
    """Every pack after those that it requires, the local layer last; packs in a circle in the order of their names."""
    requires = {str(p.get("pack")): _required(p) for p in packs if isinstance(p, nodes.Mapping)}
    order: dict[str, int] = {}

    def place(name: str, seen: frozenset[str]) -> None:
        if name in order or name in seen or name not in requires:
            return
        for other in sorted(requires[name]):
            place(other, seen | {name})
        order[name] = len(order)

    for name in sorted(requires):
        place(name, frozenset())
    return {**order, layers.LOCAL: len(order)}


def _required(pack: nodes.Mapping) -> list[str]:
    listed = pack.get("requires")
    found = [requirements.parse(str(one)) for one in listed] if isinstance(listed, list) else []
    return [one.pack for one in found if one]


Extensions = dict[tuple[str, str], list[Written]]


def _extensions(written: Iterable[Written], rank: Mapping[str, int], parsed: Parsed) -> Extensions:
    """Overlays by what they extend, the lowest layer first."""
    found: Extensions = {}
    for one in sorted(written, key=lambda w: (rank.get(w.pack, len(rank)), w.file)):
        if one.extends:
            parsed.problems += one.problems
            found.setdefault((one.kind, one.extends), []).append(one)
    return found


def _report_unknown(parsed: Parsed, extended: Extensions) -> None:
    """Overlays of what no pack defines. What was defined is taken out of `extended` when it is found."""
    for (kind, name), overlays_ in extended.items():
        for one in overlays_:
            place = one.value.values_at[overlays.EXTEND]
            known = [known for known, _ in parsed.authored.named(kind)]
            parsed.problems += parsed.authored.unknown(kind, name, known, place, name)


def _add_definition(
    parsed: Parsed, one: Written, extended: Extensions, rules: Mapping[str, validation.Rules]
) -> None:
    """What is wrong with its structure is told, and what is right about it is kept to be checked further."""
    value, problems, kind = one.value, list(one.problems), one.kind
    element = element_of(value, kind)
    for overlay in extended.pop((kind, element), ()):
        if not isinstance(value, nodes.Mapping):
            break
        if overlays.removes(overlay.value):
            return
        value, found = overlays.applied(value, overlay.value)
        problems += found
    lost: frozenset[str] = frozenset()
    if not (problems and value is None):
        told = {(p.place.file, p.place.line, p.place.column) for p in problems}
        broken = validation.validate(value, rules[kind], Place(one.file), element)
        problems += [p for p in broken if (p.place.file, p.place.line, p.place.column) not in told]
    node = None
    if isinstance(value, nodes.Mapping):
        node, lost = salvage.salvaged(value, rules[kind].thorough) if problems else (value, lost)
    parsed.problems += problems
    if node is None:
        parsed.authored.unread.add(element or PurePosixPath(one.file).stem)
        return
    _keep(parsed, one, node, lost)


def _keep(parsed: Parsed, one: Written, node: nodes.Mapping, lost: frozenset[str]) -> None:
    kind = one.kind
    key, authored = (kind, node[kind]), parsed.authored
    if key in authored.nodes:
        parsed.problems.append(_twice(kind, node[kind], node.values_at[kind], authored.nodes[key].values_at[kind]))
        lost |= frozenset(names_in(node))
    else:
        authored.nodes[key], parsed.packs[key] = node, one.pack
    authored.lost[key] = authored.lost.get(key, frozenset()) | lost


def _add_process(parsed: Parsed, source: Source) -> None:
    process, problems = process_source.read(source)
    parsed.problems += problems
    if process and process.key in parsed.processes:
        parsed.problems.append(_twice("process", process.key, process.place, parsed.processes[process.key].place))
    elif process:
        parsed.processes[process.key] = process


def _add_decisions(parsed: Parsed, source: Source) -> None:
    file, problems = decision_source.read(source)
    parsed.problems += problems
    if file is None:
        return
    parsed.decision_files.append(file)
    for key, place in file.keys.items():
        other = parsed.decisions.setdefault(key, file)
        if other is not file:
            parsed.problems.append(_twice("decision", key, place, other.keys[key]))


def element_of(value: Any, kind: str) -> str:
    return str(value.get(kind, "")) if isinstance(value, dict) else ""


def _twice(kind: str, name: str, place: Place, other: Place) -> Problem:
    return Problem(
        f"duplicate-{kind}",
        Text("{name} is defined twice.", name=name),
        place,
        Text("The first one is at {place}.", place=str(other)),
        element=name,
    )
