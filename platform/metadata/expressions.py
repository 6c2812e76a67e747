"""Every expression of the definitions: where it is, what its names mean there, and what it has to give.

What is wrong with one is told before it is ever evaluated: names, members, choices, types, arguments, results.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from formloom import feel
from formloom.errors import Place, Problem
from formloom.feel import FeelSyntaxError, findings
from formloom.feel.findings import Finding
from formloom.feel.inference import infer
from formloom.feel.static import Type
from formloom.metadata import builtin_types
from formloom.metadata.assembly import below, field_names
from formloom.metadata.authored import Authored
from formloom.metadata.catalog import Entity, Field
from formloom.metadata.nodes import Mapping as Node
from formloom.metadata.scopes import Scopes

CONDITIONS = ("required_when", "visible_when", "readonly_when")
Path = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Written:
    """`field` is what takes the value, where a field does. `path` leads to it in the definition."""

    kind: str
    name: str
    path: Path
    text: str
    place: Place
    element: str
    entity: Entity
    names: frozenset[str]
    field: Field | None = None
    condition: bool = True

    @property
    def expression(self) -> feel.Expression | None:
        """None where the text is not FEEL."""
        try:
            return feel.compile(self.text, self.names)
        except FeelSyntaxError:
            return None


def check(scopes: Scopes, authored: Authored) -> Iterator[Problem]:
    for written in expressions(scopes.entities, authored):
        expression = written.expression
        if expression is not None:
            found = infer(expression.ast, scopes.environment(written.entity))
            for finding in (*found.findings, *_of_result(written, expression, found.type, scopes)):
                yield problem(finding, below(written.place, written.text, finding.start), written.element)


def problem(finding: Finding, place: Place, element: str) -> Problem:
    return Problem(finding.code, finding.message, place, finding.hint, element=element, near=finding.near)


def _of_result(written: Written, expression: feel.Expression, found: Type, scopes: Scopes) -> Iterator[Finding]:
    if written.condition:
        if found.name not in ("boolean", "any", "null"):
            yield findings.not_a_condition(found, expression.ast)
    elif written.field and not (written.path[-1] == "default" and expression.constant is not None):
        # A constant default is read as what people type is, and told by the checks of its field.
        yield from misfit(written.field, expression, found, scopes)


def misfit(field: Field, expression: feel.Expression, found: Type, scopes: Scopes) -> Iterator[Finding]:
    """Why the field cannot take what comes out."""
    wanted = scopes.field(field)
    if found.name in ("any", "null") or wanted.name == "any":
        return
    if found.name != wanted.name and not (_readable(field, found) and field.formula is None):
        yield findings.not_the_type(found, wanted.name, expression.ast)
    elif wanted.declared and found.values is not None:
        for value in sorted(found.values - (wanted.values or frozenset())):
            written = (n for n in expression.ast.walk() if isinstance(n, feel.ast.Literal) and n.value == value)
            yield findings.unknown_value((value,), wanted.values or (), next(written, expression.ast))


def _readable(field: Field, found: Type) -> bool:
    """Whether the field may read the value from a text, as it reads what people type."""
    if found.name != "string" or field.type.computed:
        return False
    try:
        for value in found.values or ():
            field.type.parse(value, field)
    except ValueError:
        return False
    return builtin_types.TYPES.get(field.type.name) is field.type


# -- where expressions are ---------------------------------------------------------------------------------------


def expressions(entities: Mapping[str, Entity], authored: Authored) -> Iterator[Written]:
    names = {name: field_names(entity) for name, entity in entities.items()}
    for name, node in authored.named("entity"):
        if name in entities:
            yield from _of_entity(node, entities[name], entities, names)
    for name, node in authored.named("role"):
        for entity, rules in (node.get("entities") or {}).items():
            if entity in entities:
                yield from _of_role(rules, name, entities[entity], names[entity])
    for name, node in authored.named("dashboard"):
        for index, card in enumerate(node["cards"]):
            if card["entity"] in entities:
                yield from _of_card(card, name, ("cards", index), entities[card["entity"]], names[card["entity"]])


def _text(node: Any, key: Any) -> tuple[str, Place] | None:
    value = node.get(key) if node else None
    return (value, node.values_at[key]) if isinstance(value, str) else None


def _of_entity(node: Node, entity: Entity, entities: Mapping[str, Entity],
               names: Mapping[str, frozenset[str]]) -> Iterator[Written]:
    at = _At(entity, names)
    for name, spec in node["fields"].items():
        if name in entity.fields:
            yield from _of_field(at, spec, entity.fields[name], entities)
    for index, item in enumerate(node.get("constraints", ())):
        yield from at.condition(("constraints", index, "check"), item, item["name"])
    for index, item in enumerate(node.get("views", ())):
        yield from at.condition(("views", index, "filter"), item, item["name"])
    for name, level in (node.get("sla") or {}).items():
        for key in ("starts", "stops", "pauses"):
            yield from at.condition(("sla", name, key), level, name)
    for path, section in _sections(node):
        yield from at.condition((*path, "visible_when"), section)
    for name, action in (node.get("actions") or {}).items():
        yield from at.condition(("actions", name, "when"), action, name)
        for key in action.get("set") or ():
            if key in entity.fields:
                yield from at.value(("actions", name, "set", key), action["set"], name, entity.fields[key])


def _of_field(at: _At, spec: Node, field: Field, entities: Mapping[str, Entity]) -> Iterator[Written]:
    path = ("fields", field.name)
    for key in CONDITIONS:
        yield from at.condition((*path, key), spec, field.name)
    for key in ("default", "formula"):
        yield from at.value((*path, key), spec, field.name, field)
    for key in spec.get("inputs") or ():
        yield from at.value((*path, "inputs", key), spec["inputs"], field.name)
    child = entities.get(field.target or "") if field.type.name == "rollup" else None
    if child:
        yield from at.condition((*path, "where"), spec, field.name, child)


@dataclass(frozen=True, slots=True)
class _At:
    """Places in one definition of an entity; `holder` is the part of it that has the last key of the path."""

    entity: Entity
    names: Mapping[str, frozenset[str]]

    def condition(self, path: Path, holder: Any, part: str = "", scope: Entity | None = None) -> Iterator[Written]:
        if found := _text(holder, path[-1]):
            of = scope or self.entity
            yield Written("entity", self.entity.name, path, *found, self._element(part), of, self.names[of.name])

    def value(self, path: Path, holder: Any, part: str, field: Field | None = None) -> Iterator[Written]:
        if found := _text(holder, path[-1]):
            yield Written("entity", self.entity.name, path, *found, self._element(part), self.entity,
                          self.names[self.entity.name], field, False)

    def _element(self, part: str) -> str:
        return f"{self.entity.name}.{part}" if part else self.entity.name


def _sections(node: Mapping[str, Any]) -> Iterator[tuple[Path, Any]]:
    yield from _of_form(("form",), node.get("form") or {})
    for index, layout in enumerate(node.get("layouts", ())):
        yield from _of_form(("layouts", index), layout)


def _of_form(path: Path, form: Mapping[str, Any]) -> Iterator[tuple[Path, Any]]:
    for index, section in enumerate(form.get("sections", ())):
        yield (*path, "sections", index), section
    for at, tab in enumerate(form.get("tabs", ())):
        for index, section in enumerate(tab["sections"]):
            yield (*path, "tabs", at, "sections", index), section



def _of_role(node: Node, role: str, entity: Entity, names: frozenset[str]) -> Iterator[Written]:
    holders: list[tuple[Path, Any, tuple[str, ...]]] = [
        ((), node, ("create", "read", "update", "delete")),
        (("actions",), node.get("actions"), tuple(node.get("actions") or ())),
        *((("states", key), state, ("update", "delete")) for key, state in (node.get("states") or {}).items()),
    ]
    for path, holder, keys in holders:
        for key in keys:
            if found := _text(holder, key):
                full = ("entities", entity.name, *path, key)
                yield Written("role", role, full, *found, f"{role}.{entity.name}", entity, names)


def _of_card(node: Node, dashboard: str, path: Path, entity: Entity, names: frozenset[str]) -> Iterator[Written]:
    for key in ("filter", "where"):
        if found := _text(node, key):
            yield Written("dashboard", dashboard, (*path, key), *found, f"{dashboard}.{node['name']}", entity, names)
