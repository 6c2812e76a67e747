"""JSON Schemas of records, made from the catalog: what is read, and what may be sent."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from formloom.errors import label_in
from formloom.metadata.catalog import Catalog, Entity, Field
from formloom.policy.decision import Access

DIALECT = "https://json-schema.org/draft/2020-12/schema"
_SYSTEM: Mapping[str, Mapping[str, Any]] = {
    "id": {"type": "integer", "readOnly": True}, "version": {"type": "integer", "readOnly": True},
}


def document(catalog: Catalog, entity: Entity, access: Access, locale: str) -> dict[str, Any]:
    """A record of the entity with the fields that `access` lets the actor read."""
    address = f"/api/v1/entities/{entity.name}/schema"
    head = {"$schema": DIALECT, "$id": address, "title": label_in(entity.label, locale)}
    return head | record(catalog, entity, locale, access.readable, access.writable)


def record(catalog: Catalog, entity: Entity, locale: str, readable: Collection[str],
           writable: Collection[str]) -> dict[str, Any]:
    shown = [f for f in entity.fields.values() if f.name in readable or f.name in _SYSTEM]
    properties = {f.name: _property(catalog, f, locale, f.name not in writable) for f in shown} | _currencies(shown)
    return {"type": "object", "properties": properties | {k: dict(v) for k, v in _SYSTEM.items()}}


def values(catalog: Catalog, entity: Entity, locale: str) -> dict[str, Any]:
    """What a body may carry: every field that is not computed."""
    fields = writable_fields(entity)
    properties = {f.name: _property(catalog, f, locale, False) for f in fields} | _currencies(fields)
    return {"type": "object", "properties": properties, "additionalProperties": False}


def _currencies(fields: Iterable[Field]) -> dict[str, Any]:
    """Beside an amount that may be in several currencies stands which one it is in."""
    return {f"{f.name}_currency": {"type": ["string", "null"], "enum": [*f.options["currencies"], None]}
            for f in fields if f.options.get("currencies")}


def writable_fields(entity: Entity) -> list[Field]:
    return [f for f in entity.fields.values() if not f.system and not f.type.computed and not f.formula]


def _property(catalog: Catalog, field: Field, locale: str, read_only: bool) -> dict[str, Any]:
    schema = _of_type(catalog, field, locale) | {"title": label_in(field.label, locale)}
    if field.help:
        schema["description"] = label_in(field.help, locale)
    if read_only:
        schema["readOnly"] = True
    return schema


def _of_type(catalog: Catalog, field: Field, locale: str) -> dict[str, Any]:
    if field.type.name == "table":
        return {"type": "array", "items": values(catalog, catalog.entity(field.target or ""), locale)}
    return nullable(dict(field.type.json_schema(field)))


def nullable(schema: dict[str, Any]) -> dict[str, Any]:
    """Every field can be without a value; whether it may stay so is for validation to say."""
    kind = schema.get("type")
    if isinstance(kind, str):
        schema["type"] = [kind, "null"]
    elif isinstance(kind, list) and "null" not in kind:
        schema["type"] = [*kind, "null"]
    if "enum" in schema and None not in schema["enum"]:
        schema["enum"] = [*schema["enum"], None]
    return schema
