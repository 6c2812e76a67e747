"""Fields of an entity, from their authored nodes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

from formloom.errors import Place, Text
from formloom.metadata.authored import Node
from formloom.metadata.catalog import EMPTY, Choice, Field
from formloom.metadata.fieldtypes import FieldType
from formloom.metadata.findings import Findings, frozen

KEYS = ("type", "id", "label", "help", "required", "unique", "indexed", "readonly", "default", "formula",
        "required_when", "visible_when", "readonly_when")
_SYSTEM = {"id": "integer", "version": "integer", "created_at": "datetime", "created_by": "user",
           "updated_at": "datetime", "updated_by": "user"}
_LABELS = {"id": {"en": "ID", "zh": "编号"}, "version": {"en": "Version", "zh": "版本"},
           "created_at": {"en": "Created at", "zh": "创建时间"}, "created_by": {"en": "Created by", "zh": "创建人"},
           "updated_at": {"en": "Updated at", "zh": "更新时间"}, "updated_by": {"en": "Updated by", "zh": "更新人"},
           "parent": {"en": "Parent", "zh": "所属"}, "position": {"en": "Position", "zh": "顺序"}}


def system(entity_id: str, parent: str | None, types: Mapping[str, FieldType]) -> dict[str, Field]:
    kinds = {**({"parent": "reference", "position": "integer"} if parent else {}), **_SYSTEM}
    return {name: Field(id=f"{entity_id}.{name}", name=name, type=types[kind], label=frozen(_LABELS[name]),
                        readonly=True, system=True, target=parent if name == "parent" else None)
            for name, kind in kinds.items()}


def read(name: str, node: Node, entity_id: str, names: frozenset[str], types: Mapping[str, FieldType],
         findings: Findings) -> Field | None:
    element = f"{entity_id}.{name}"
    kind = findings.word(node, "type")
    at = node.get("type") or node
    if not findings.known(kind, types, "unknown-field-type", Text("There is no field type {type}.", type=kind),
                          at.place, element):
        return None
    field_type = types[kind]
    findings.keys(node, (*KEYS, *(field_type.options or ())), element)
    rules = {key: findings.expression(node.get(key), element, names)
             for key in ("formula", "required_when", "visible_when", "readonly_when")}
    return Field(
        id=findings.word(node, "id", element), name=name, type=field_type, help=findings.label(node, "help"),
        label=findings.label(node, "label", name.replace("_", " ").capitalize()),
        **{key: findings.flag(node, key) for key in ("required", "indexed", "readonly")},
        unique=findings.flag(node, "unique") or kind == "sequence", choices=_choices(node, findings),
        default=findings.expression(node.get("default"), element, names), options=_options(node, field_type, kind),
        target=findings.word(node, "entity") or None, place=node.keys.get("type", node.place), **rules)


def _options(node: Node, field_type: FieldType, kind: str) -> Mapping[str, Any]:
    taken = {k: v.plain() for k, v in node.items() if k in (field_type.options or ()) and k not in ("choices", "entity")}
    if kind == "formula":
        taken.setdefault("returns", "decimal")
    return frozen(taken) if taken else EMPTY


def _choices(node: Node, findings: Findings) -> tuple[Choice, ...]:
    found = node.get("choices")
    made = []
    for row in found.rows() if found else ():
        row = row if isinstance(row.value, dict) else Node({"value": row}, row.place)
        value = findings.word(row, "value")
        fill = row.get("fill")
        amount = fill.value if fill and isinstance(fill.value, int | Decimal) else 0
        made.append(Choice(value, findings.label(row, "label", value), findings.word(row, "tone", "idle"), float(amount)))
    return tuple(made)


def roll_up(field: Field, fields: Mapping[str, Field], children: Mapping[str, Mapping[str, Field]], place: Place,
            findings: Findings) -> Field:
    """A roll-up knows its child entity and returns what the field it reads holds."""
    options, element = dict(field.options), field.id
    table = fields.get(str(options.get("of")))
    if table is None or table.target is None or table.type.name != "table":
        findings.add("unknown-field", Text("of must name a child table of this entity."), place, element)
        return replace(field, options=frozen({**options, "returns": "decimal"}))
    options["returns"] = "integer"
    if options.get("function") != "count":
        of = str(options.get("field"))
        rows = children.get(table.target, {})
        if findings.known(of, rows, "unknown-field", Text("{entity} has no field {name}.", entity=table.target, name=of),
                          place, element):
            read = rows[of]
            options = {**read.options, **options, "returns": read.options.get("returns", read.type.name)}
            options = {k: v for k, v in options.items() if k not in ("minimum", "maximum")}
    where = options.get("where")
    if where is not None:
        options["where"] = findings.expression(Node(where, place), element, {*children.get(table.target, {}), "user"})
    return replace(field, options=frozen(options), target=table.target)
