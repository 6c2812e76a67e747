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
    """`field` is what takes the value; `free` takes any, and the others are conditions. `path` leads to it."""

    kind: str
    name: str
    path: Path
    text: str
    place: Place
    element: str
    entity: Entity
    field: Field | None = None
    free: bool = False

    @property
    def expression(self) -> feel.Expression | None:
        """None where the text is not FEEL."""
        try:
            return feel.compile(self.text, field_names(self.entity))
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
    if written.free:
        return
    if written.field is None:
        if found.name not in ("boolean", "any", "null"):
            yield findings.not_a_condition(found, expression.ast)
    elif written.path[-1] != "default" or expression.constant is None:      # constants are read as input is
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
    for name, node in authored.named("entity"):
        if name in entities:
            yield from _of_entity(node, entities[name], entities)
    for name, node in authored.named("role"):
        for entity, rules in (node.get("entities") or {}).items():
            if entity in entities:
                yield from _of_role(rules, name, entities[entity])


def _text(node: Any, key: Any) -> tuple[str, Place] | None:
    value = node.get(key) if node else None
    return (value, node.values_at[key]) if isinstance(value, str) else None


def _of_entity(node: Node, entity: Entity, entities: Mapping[str, Entity]) -> Iterator[Written]:
    def at(path: Path, holder: Any, element: str = "", scope: Entity = entity,
           field: Field | None = None, free: bool = False) -> Iterator[Written]:
        if found := _text(holder, path[-1]):
            yield Written("entity", entity.name, path, *found, element or entity.name, scope, field, free)

    for name, spec in node["fields"].items():
        field, element = entity.fields.get(name), f"{entity.name}.{name}"
        for key in CONDITIONS:
            yield from at(("fields", name, key), spec, element)
        for key in ("default", "formula"):
            yield from at(("fields", name, key), spec, element, field=field)
        for key in spec.get("inputs") or ():
            yield from at(("fields", name, "inputs", key), spec["inputs"], element, free=True)
        child = entities.get(field.target or "") if field and field.type.name == "rollup" else None
        if child:
            yield from at(("fields", name, "where"), spec, element, child)
    for index, item in enumerate(node.get("constraints", ())):
        yield from at(("constraints", index, "check"), item, f"{entity.name}.{item['name']}")
    for index, item in enumerate(node.get("views", ())):
        yield from at(("views", index, "filter"), item, f"{entity.name}.{item['name']}")
    for path, section in _sections(node.get("form") or {}):
        yield from at((*path, "visible_when"), section)
    for name, action in (node.get("actions") or {}).items():
        element = f"{entity.name}.{name}"
        yield from at(("actions", name, "when"), action, element)
        for key in action.get("set") or ():
            if key in entity.fields:
                yield from at(("actions", name, "set", key), action["set"], element, field=entity.fields[key])


def _sections(form: Mapping[str, Any]) -> Iterator[tuple[Path, Any]]:
    for index, section in enumerate(form.get("sections", ())):
        yield ("form", "sections", index), section
    for at, tab in enumerate(form.get("tabs", ())):
        for index, section in enumerate(tab["sections"]):
            yield ("form", "tabs", at, "sections", index), section


def _of_role(node: Node, role: str, entity: Entity) -> Iterator[Written]:
    holders: list[tuple[Path, Any, tuple[str, ...]]] = [
        ((), node, ("create", "read", "update", "delete")),
        (("actions",), node.get("actions"), tuple(node.get("actions") or ())),
        *((("states", key), state, ("update", "delete")) for key, state in (node.get("states") or {}).items()),
    ]
    for path, holder, keys in holders:
        for key in keys:
            if found := _text(holder, key):
                full = ("entities", entity.name, *path, key)
                yield Written("role", role, full, *found, f"{role}.{entity.name}", entity)
