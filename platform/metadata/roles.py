"""Roles, from their authored nodes."""

from __future__ import annotations

from collections.abc import Mapping

from formloom.errors import Text
from formloom.metadata.authored import Node
from formloom.metadata.catalog import Entity, EntityRule, FieldRule, Role, StateRule
from formloom.metadata.entities import SCOPE
from formloom.metadata.findings import Findings, frozen

_RULES = ("create", "read", "update", "delete")


def read(name: str, pack: str, node: Node, known: Mapping[str, Entity], findings: Findings) -> Role:
    findings.keys(node, ("role", "id", "label", "admin", "entities"), name)
    listed = node.get("entities") or Node({}, node.place)
    rules = {}
    for key, row in listed.items():
        if findings.known(key, known, "unknown-entity", Text("There is no entity {name}.", name=key),
                          listed.keys[key], name):
            rules[key] = _rule(row, known[key], name, findings)
    return Role(findings.word(node, "id", f"{pack}.{name}"), name, findings.label(node, "label", name), pack,
                frozen(rules), findings.flag(node, "admin"), node.place)


def _rule(row: Node, entity: Entity, role: str, findings: Findings) -> EntityRule:
    findings.keys(row, (*_RULES, "actions", "fields", "states"), role)
    names = {*entity.fields, *SCOPE}
    actions, states = (row.get(key) or Node({}, row.place) for key in ("actions", "states"))
    _known(actions, entity.actions, "unknown-action", entity, findings)
    if states.keys:
        values = [c.value for c in entity.fields[entity.state].choices] if entity.state in entity.fields else []
        _known(states, values, "unknown-state", entity, findings)
    return EntityRule(
        **{key: findings.expression(row.get(key), role, names) for key in _RULES},
        actions=frozen({k: made for k, v in actions.items() if (made := findings.expression(v, role, names))}),
        fields=_fields(row, entity, findings), place=row.place,
        states=frozen({k: _state(v, entity, findings) for k, v in states.items()}))


def _known(node: Node, names: Mapping[str, object] | list[str], code: str, entity: Entity, findings: Findings) -> None:
    for key, place in node.keys.items():
        findings.known(key, names, code, Text("{entity} has no {name}.", entity=entity.name, name=key), place, entity.name)


def _fields(row: Node, entity: Entity, findings: Findings) -> Mapping[str, FieldRule]:
    node = row.get("fields") or Node({}, row.place)
    _known(node, dict(entity.fields), "unknown-field", entity, findings)
    return frozen({key: FieldRule(not _denied(rule, "read"), not _denied(rule, "write"),
                                  findings.word(rule, "mask") or None) for key, rule in node.items()})


def _denied(rule: Node, key: str) -> bool:
    found = rule.get(key)
    return found is not None and found.value is not True


def _state(row: Node, entity: Entity, findings: Findings) -> StateRule:
    findings.keys(row, ("update", "delete", "fields", "reason"), entity.name)
    names = {*entity.fields, *SCOPE}
    return StateRule(findings.expression(row.get("update"), entity.name, names),
                     findings.expression(row.get("delete"), entity.name, names),
                     _fields(row, entity, findings), findings.label(row, "reason"))
