"""The definition language as JSON Schema 2020-12: what editors complete and `formloom check` validates first."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from formloom.metadata.fieldtypes import FieldType

DIALECT = "https://json-schema.org/draft/2020-12/schema"
BASE = "https://formloom.org/schema/1.0/"

NAME = {
    "type": "string",
    "pattern": "^[a-z][a-z0-9_]{0,39}$",
    "description": "Small letters, digits and underscores; at most 40.",
}
WORD = {"type": "string", "minLength": 1}
LABEL = {
    "description": "Words for people: one text, or one per language.",
    "anyOf": [
        {"type": "string", "minLength": 1},
        {
            "type": "object",
            "minProperties": 1,
            "propertyNames": {"pattern": "^[a-z]{2}(_[A-Z]{2})?$"},
            "additionalProperties": {"type": "string"},
        },
    ],
}
FEEL = {"type": ["string", "boolean", "number"], "description": "A FEEL expression."}
NAMES = {"type": "array", "items": NAME}
SORT = {
    "type": "array",
    "items": {"type": "string", "pattern": "^-?[a-z][a-z0-9_]*$"},
    "description": "Field names; a minus sorts downwards.",
}
TONE = {"enum": ["idle", "wait", "run", "done", "stop"]}


def record(properties: Mapping[str, Any], required: tuple[str, ...] = ()) -> dict[str, Any]:
    return {"type": "object", "additionalProperties": False, "properties": dict(properties), "required": list(required)}


def array(items: Mapping[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": dict(items)}


def mapping(values: Mapping[str, Any]) -> dict[str, Any]:
    return {"type": "object", "propertyNames": NAME, "additionalProperties": dict(values)}


CHOICE = record(
    {
        "value": {"type": "string", "pattern": "^[A-Za-z0-9_.-]{1,60}$"},
        "label": LABEL,
        "tone": TONE,
        "fill": {"type": "number", "minimum": 0, "maximum": 1},
    },
    ("value",),
)
COMMON = {
    "type": WORD,
    "id": WORD,
    "label": LABEL,
    "help": LABEL,
    "required": {"type": "boolean"},
    "unique": {"type": "boolean"},
    "indexed": {"type": "boolean"},
    "readonly": {"type": "boolean"},
    "default": FEEL,
    "required_when": FEEL,
    "visible_when": FEEL,
    "readonly_when": FEEL,
}
SECTION = record({"label": LABEL, "columns": {"enum": [1, 2]}, "fields": NAMES, "visible_when": FEEL}, ("fields",))
ACTION = record(
    {
        "label": LABEL,
        "icon": WORD,
        "primary": {"type": "boolean"},
        "when": FEEL,
        "reason": LABEL,
        "confirm": LABEL,
        "fields": NAMES,
        "set": mapping(FEEL),
    }
)
FIELD_RULE = record(
    {"read": {"type": "boolean"}, "write": {"type": "boolean"}, "mask": {"enum": ["last4", "first1", "email", "all"]}}
)
STATE_RULE = record({"update": FEEL, "delete": FEEL, "fields": mapping(FIELD_RULE), "reason": LABEL})


def field_schema(field_type: FieldType) -> dict[str, Any]:
    options = dict(field_type.options or {})
    if field_type.name == "formula":
        options["formula"] = FEEL
    if "choices" in options:
        options["choices"] = {**array(CHOICE), "minItems": 1}
    needed: list[str] = [name for name in ("choices", "entity", "formula", "of", "function") if name in options]
    if field_type.name == "sequence":
        needed = ["pattern"]
    return record({**COMMON, **options, "type": {"const": field_type.name}}, ("type", *needed))


def entity_schema(types: Mapping[str, FieldType]) -> dict[str, Any]:
    """One branch per field type, chosen by `type`, so that an editor completes just its options."""
    branches = [
        {"if": {"properties": {"type": {"const": name}}, "required": ["type"]}, "then": field_schema(field_type)}
        for name, field_type in types.items()
    ]
    field = {"type": "object", "required": ["type"], "properties": {"type": {"enum": list(types)}}, "allOf": branches}
    return _document(
        "entity",
        "An entity: what a business keeps records of.",
        record(
            {
                "entity": NAME,
                "id": WORD,
                "label": LABEL,
                "plural": LABEL,
                "help": LABEL,
                "icon": WORD,
                "title": NAME,
                "number": NAME,
                "search": NAMES,
                "state": NAME,
                "owner": NAME,
                "parent": NAME,
                "fields": {"type": "object", "minProperties": 1, "propertyNames": NAME, "additionalProperties": field},
                "constraints": array(
                    record({"name": NAME, "check": FEEL, "field": NAME, "message": LABEL}, ("name", "check", "message"))
                ),
                "indexes": array({**NAMES, "minItems": 1}),
                "unique": array({**NAMES, "minItems": 1}),
                "form": record(
                    {
                        "headline": NAMES,
                        "sections": array(SECTION),
                        "tabs": array(record({"label": LABEL, "sections": array(SECTION)}, ("sections",))),
                    }
                ),
                "list": record({"columns": NAMES, "sort": SORT}),
                "views": array(
                    record({"name": NAME, "label": LABEL, "filter": FEEL, "columns": NAMES, "sort": SORT}, ("name",))
                ),
                "related": array(record({"entity": NAME, "field": NAME, "label": LABEL}, ("entity", "field"))),
                "actions": mapping(ACTION),
            },
            ("entity", "fields"),
        ),
    )


def role_schema() -> dict[str, Any]:
    rule = record(
        {
            "create": FEEL,
            "read": FEEL,
            "update": FEEL,
            "delete": FEEL,
            "actions": mapping(FEEL),
            "fields": mapping(FIELD_RULE),
            "states": {"type": "object", "additionalProperties": STATE_RULE},
        }
    )
    return _document(
        "role",
        "A role: what its people may do with each entity; absent is no.",
        record(
            {"role": NAME, "id": WORD, "label": LABEL, "admin": {"type": "boolean"}, "entities": mapping(rule)},
            ("role",),
        ),
    )


def workspace_schema() -> dict[str, Any]:
    item = record({"entity": NAME, "view": NAME}, ("entity",))
    return _document(
        "workspace",
        "A workspace: a group of lists in the menu.",
        record({"workspace": NAME, "label": LABEL, "icon": WORD, "items": array(item)}, ("workspace", "items")),
    )


def pack_schema() -> dict[str, Any]:
    return _document(
        "pack",
        "A pack: its name, version and what it needs.",
        record(
            {
                "pack": NAME,
                "version": {"type": "string", "pattern": r"^\d+\.\d+\.\d+([-+].*)?$"},
                "label": LABEL,
                "description": LABEL,
                "licence": WORD,
                "languages": array({"type": "string"}),
                "requires": array(WORD),
                "platform": WORD,
            },
            ("pack", "version"),
        ),
    )


def schemas(types: Mapping[str, FieldType]) -> dict[str, dict[str, Any]]:
    return {
        "entity": entity_schema(types),
        "role": role_schema(),
        "workspace": workspace_schema(),
        "pack": pack_schema(),
    }


def _document(name: str, title: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"$schema": DIALECT, "$id": f"{BASE}{name}.json", "title": title, **schema}
