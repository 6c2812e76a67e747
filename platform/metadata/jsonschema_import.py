"""An entity definition from a plain JSON Schema: the starting point that an author then completes."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

import yaml

from formloom.errors import FormloomError, Text

FORMATS = {"email": "email", "uri": "url", "date": "date", "date-time": "datetime", "duration": "duration"}
TYPES = {"string": "text", "integer": "integer", "number": "decimal", "boolean": "boolean", "object": "json"}
LONG = 1000


class BadSchema(FormloomError):
    code, status = "bad-json-schema", 422


def entity_from_schema(text: str, name: str = "") -> str:
    """YAML of one entity. `name` is taken from the schema's title where it is not given. Raises BadSchema."""
    try:
        schema = json.loads(text)
    except ValueError as error:
        raise BadSchema(Text("This is not JSON: {error}.", error=str(error))) from error
    properties = schema.get("properties") if isinstance(schema, dict) else None
    if not isinstance(properties, dict) or not properties:
        raise BadSchema(Text("The schema describes no object with properties."),
                        Text("Give a JSON Schema of type object with at least one property."))
    required = schema.get("required") or ()
    fields = {_name(key): _field(key, value, key in required) for key, value in properties.items()}
    entity = {"entity": _name(name or str(schema.get("title", "record"))), **_label(schema), "fields": fields}
    return yaml.safe_dump(entity, sort_keys=False, allow_unicode=True, width=120)


def _name(text: str) -> str:
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", text)
    name = re.sub(r"[^a-z0-9]+", "_", words.lower()).strip("_")[:40]
    return name if name[:1].isalpha() else f"f_{name}".rstrip("_")


def _label(schema: Mapping[str, Any]) -> dict[str, Any]:
    return {"label": {"en": str(schema["title"])}} if schema.get("title") else {}


def _field(key: str, schema: Any, required: bool) -> dict[str, Any]:
    schema = schema if isinstance(schema, dict) else {}
    field: dict[str, Any] = {"type": _type(schema), **_label(schema)}
    if "label" not in field and _name(key) != key:
        field["label"] = {"en": key}
    if schema.get("description"):
        field["help"] = {"en": str(schema["description"])}
    if required:
        field["required"] = True
    if field["type"] in ("choice", "choices"):
        values = schema.get("enum") or schema["items"]["enum"]
        field["choices"] = [{"value": _choice(v), "label": {"en": str(v)}} for v in values if v is not None]
    if field["type"] == "text" and isinstance(schema.get("maxLength"), int):
        field["max_length"] = schema["maxLength"]
    if field["type"] in ("integer", "decimal"):
        field |= {key: schema[key] for key in ("minimum", "maximum") if isinstance(schema.get(key), (int, float))}
    return field


def _choice(value: Any) -> str:
    return re.sub(r"[^A-Za-z0-9_.-]+", "_", str(value))[:60]


def _type(schema: Mapping[str, Any]) -> str:
    kinds = schema.get("type")
    kind = next((k for k in kinds if k != "null"), "string") if isinstance(kinds, list) else kinds
    items = schema.get("items")
    items = items if isinstance(items, dict) else {}
    if schema.get("enum"):
        return "choice"
    if kind == "array":
        words = items.get("type") == "string"
        return "choices" if words and items.get("enum") else "tags" if words else "json"
    if kind == "string":
        return FORMATS.get(str(schema.get("format")), "long_text" if schema.get("maxLength", 0) > LONG else "text")
    return TYPES.get(str(kind), "json")
