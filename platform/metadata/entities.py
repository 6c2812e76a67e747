"""Entities, from their authored nodes."""

from __future__ import annotations

from collections.abc import Mapping
from graphlib import CycleError, TopologicalSorter
from typing import Any

from formloom.errors import Text
from formloom.metadata import fields
from formloom.metadata.authored import Node
from formloom.metadata.catalog import Action, Constraint, Entity, Field, FormLayout, Related, Section, Tab, View
from formloom.metadata.fieldtypes import FieldType
from formloom.metadata.findings import Findings, frozen, sorts

_KEYS = ("entity", "id", "label", "plural", "help", "icon", "title", "number", "search", "state", "owner", "parent",
         "fields", "constraints", "indexes", "unique", "form", "list", "views", "related", "actions")
SCOPE = frozenset({"user", "record", "old"})


def read_fields(name: str, pack: str, node: Node, types: Mapping[str, FieldType], findings: Findings) -> dict[str, Field]:
    entity_id = findings.word(node, "id", f"{pack}.{name}")
    system = fields.system(entity_id, findings.word(node, "parent") or None, types)
    authored = node.get("fields") or Node({}, node.place)
    names = frozenset(authored.keys) | frozenset(system) | SCOPE
    made = {}
    for key, row in authored.items():
        if key in system:
            findings.add("reserved-name", Text("{name} is a field that every record has.", name=key),
                         authored.keys[key], f"{name}.{key}")
            continue
        field = fields.read(key, row, entity_id, names, types, findings)
        if field:
            made[key] = field
    return {**made, **system}


def read(name: str, pack: str, node: Node, held: Mapping[str, Mapping[str, Field]], findings: Findings) -> Entity:
    findings.keys(node, _KEYS, name)
    own = held[name]
    _check_names(name, node, own, held, findings)
    listed = node.get("list") or Node({}, node.place)
    authored = [f.name for f in own.values() if not f.system]
    columns = findings.words(listed.get("columns")) or tuple(authored[:6])
    label = findings.label(node, "label", name.replace("_", " ").capitalize())
    return Entity(
        id=findings.word(node, "id", f"{pack}.{name}"), name=name, pack=pack, label=label,
        plural=findings.label(node, "plural") or label, help=findings.label(node, "help"),
        icon=findings.word(node, "icon", "table"), title=findings.word(node, "title", "id"),
        search=findings.words(node.get("search")), fields=frozen(own), form=_form(node, authored, findings),
        **{key: findings.word(node, key) or None for key in ("number", "state", "owner", "parent")},
        constraints=tuple(_constraint(row, name, own, findings) for row in _rows(node, "constraints")),
        indexes=tuple(findings.words(row) for row in _rows(node, "indexes")),
        unique=tuple(findings.words(row) for row in _rows(node, "unique")),
        columns=columns, sort=sorts(findings.words(listed.get("sort"))),
        views=tuple(_view(row, findings) for row in _rows(node, "views")),
        related=tuple(Related(findings.word(row, "entity"), findings.word(row, "field"), findings.label(row, "label"))
                      for row in _rows(node, "related")),
        actions=frozen(_actions(node, name, own, findings)), computed=_computed(name, node, own, findings),
        place=node.place)


def _rows(node: Node, key: str) -> list[Node]:
    found = node.get(key)
    return found.rows() if found else []


def _check_names(name: str, node: Node, own: Mapping[str, Field], held: Mapping[str, Any], findings: Findings) -> None:
    listed, form = node.get("list"), node.get("form")
    singles = [n for key in ("title", "number", "state", "owner") if (n := node.get(key))]
    lists = [node.get("search"), listed and listed.get("columns"), listed and listed.get("sort"),
             form and form.get("headline"), *_rows(node, "indexes"), *_rows(node, "unique")]
    sections = [s for top in ([form, *_rows(form, "tabs")] if form else []) for s in _rows(top, "sections")]
    lists += [s.get("fields") for s in sections] + [v.get(k) for v in _rows(node, "views") for k in ("columns", "sort")]
    for row in [*singles, *(r for part in lists if part for r in part.rows())]:
        if isinstance(row.value, str):
            wanted = row.value.lstrip("-")
            findings.known(wanted, own, "unknown-field", Text("{entity} has no field {name}.", entity=name, name=wanted),
                           row.place, name)
    targets = [(f.target, f.place, f.id) for f in own.values() if f.target and f.type.name != "rollup"]
    targets += [(findings.word(r, "entity"), r.place, name) for r in _rows(node, "related")]
    for target, place, element in targets:
        findings.known(target, held, "unknown-entity", Text("There is no entity {name}.", name=target), place, element)


def _constraint(row: Node, entity: str, own: Mapping[str, Field], findings: Findings) -> Constraint:
    findings.keys(row, ("name", "check", "field", "message"), entity)
    rule = findings.expression(row.get("check") or Node("true", row.place), entity, {*own, *SCOPE})
    rule = rule or findings.expression(Node("true", row.place), entity)
    assert rule is not None  # noqa: S101
    return Constraint(findings.word(row, "name"), rule, findings.label(row, "message"), findings.word(row, "field"),
                      row.place)


def _form(node: Node, authored: list[str], findings: Findings) -> FormLayout:
    form = node.get("form")
    if form is None:
        return FormLayout((Tab(frozen({}), (Section(frozen({}), tuple(authored)),)),))
    tabs = _rows(form, "tabs") or [Node({"sections": form.get("sections") or Node([], form.place)}, form.place)]
    return FormLayout(tuple(Tab(findings.label(tab, "label"), tuple(_section(s, findings) for s in _rows(tab, "sections")))
                            for tab in tabs), findings.words(form.get("headline")))


def _section(row: Node, findings: Findings) -> Section:
    columns = row.get("columns")
    return Section(findings.label(row, "label"), findings.words(row.get("fields")), columns.value if columns else 2,
                   findings.expression(row.get("visible_when"), ""))


def _view(row: Node, findings: Findings) -> View:
    made = findings.expression(row.get("filter"), "")
    return View(findings.word(row, "name"), findings.label(row, "label", findings.word(row, "name")),
                made.text if made else "", findings.words(row.get("columns")), sorts(findings.words(row.get("sort"))))


def _actions(node: Node, entity: str, own: Mapping[str, Field], findings: Findings) -> dict[str, Action]:
    made, names = {}, {*own, *SCOPE}
    for name, row in (node.get("actions") or Node({}, node.place)).items():
        findings.keys(row, ("label", "icon", "primary", "when", "reason", "set", "fields", "confirm"), f"{entity}.{name}")
        sets = row.get("set") or Node({}, row.place)
        for key, place in sets.keys.items():
            findings.known(key, own, "unknown-field", Text("{entity} has no field {name}.", entity=entity, name=key), place)
        values = {k: findings.expression(v, entity, names) for k, v in sets.items()}
        made[name] = Action(
            name, findings.label(row, "label", name), findings.expression(row.get("when"), entity, names),
            findings.label(row, "reason"), frozen(values), findings.words(row.get("fields")), findings.word(row, "icon"),
            findings.flag(row, "primary"), findings.label(row, "confirm"), row.place)
    return made


def _computed(name: str, node: Node, own: Mapping[str, Field], findings: Findings) -> tuple[str, ...]:
    kinds = {f.name: f for f in own.values() if f.type.name in ("formula", "rollup")}
    graph = {key: (f.formula.names & kinds.keys() if f.formula else set()) for key, f in kinds.items()}
    try:
        return tuple(TopologicalSorter(graph).static_order())
    except CycleError as error:
        cycle = error.args[1]
        findings.add("formula-cycle", Text("These formulas need each other: {names}.", names=" -> ".join(cycle)),
                     own[cycle[0]].place, name)
        return ()
