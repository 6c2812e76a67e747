"""Definitions of fields and entities as JSON, as far as stored values depend on them: what the archive remembers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from formloom.metadata.catalog import Catalog, Choice, Entity, Field, Sort
from formloom.metadata.fieldtypes import FieldType
from formloom.metadata.form_layout import FormLayout

_KEPT = ("required", "unique", "indexed")


def of_field(field: Field, catalog: Catalog) -> dict[str, Any]:
    """The target by its id, so that it is found under another name."""
    made: dict[str, Any] = {"id": field.id, "name": field.name, "type": field.type.name,
                            "options": {k: v for k, v in field.options.items() if _plain(v)}}
    if field.choices:
        made["choices"] = [{"value": c.value, "label": dict(c.label)} for c in field.choices]
    if field.target is not None:
        target = catalog.entities.get(field.target)
        made["target"] = target.id if target else field.target
    return made | {name: True for name in _KEPT if getattr(field, name)}


def _plain(value: Any) -> bool:
    return isinstance(value, str | int | float) or (isinstance(value, list | tuple) and all(map(_plain, value)))


def field(stored: Mapping[str, Any], types: Mapping[str, FieldType], names: Mapping[str, str]) -> Field:
    """`names`: entities by id, as they are called now."""
    target = stored.get("target")
    return Field(
        id=stored["id"], name=stored["name"], type=types[stored["type"]], label={}, options=dict(stored["options"]),
        choices=tuple(Choice(c["value"], c["label"]) for c in stored.get("choices", ())),
        target=None if target is None else names.get(target, target),
        required=bool(stored.get("required")), unique=bool(stored.get("unique")), indexed=bool(stored.get("indexed")))


def of_entity(entity: Entity, catalog: Catalog) -> dict[str, Any]:
    return {
        "id": entity.id, "name": entity.name, "pack": entity.pack, "title": entity.title, "number": entity.number,
        "state": entity.state, "owner": entity.owner,
        "parent": of_field(entity.fields["parent"], catalog) if entity.parent else None,
        "unique": [list(key) for key in entity.unique], "indexes": [list(key) for key in entity.indexes],
        "sort": [sort.field for sort in entity.sort],
        "fields": [of_field(f, catalog) for f in entity.fields.values() if not f.system],
    }


def entity(stored: Mapping[str, Any], types: Mapping[str, FieldType], names: Mapping[str, str]) -> Entity:
    found = [field(one, types, names) for one in stored["fields"]]
    above = replace(field(stored["parent"], types, names), system=True) if stored["parent"] else None
    return Entity(
        id=stored["id"], name=stored["name"], pack=stored["pack"], label={}, plural={}, title=stored["title"],
        number=stored["number"], state=stored["state"], owner=stored["owner"], parent=above.target if above else None,
        fields={f.name: f for f in (*found, *([above] if above else []))}, form=FormLayout(()),
        unique=tuple(map(tuple, stored["unique"])), indexes=tuple(map(tuple, stored["indexes"])),
        sort=tuple(map(Sort, stored["sort"])))
