"""The parts that every schema of the definition language is made of."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

PER_LANGUAGE = " One text, or one per language: {en: ..., zh: ...}."
IN_FEEL = " FEEL."
NAME_PATTERN = "^[a-z][a-z0-9_]{0,39}$"


def about(description: str, schema: Mapping[str, Any]) -> dict[str, Any]:
    """The schema, said for what it is at this place; editors show the description of a key."""
    return {**schema, "description": description}


def text(description: str) -> dict[str, Any]:
    return {"type": "string", "minLength": 1, "description": description}


def flag(description: str) -> dict[str, Any]:
    return {"type": "boolean", "default": False, "description": description}


def label(description: str) -> dict[str, Any]:
    return about(description + PER_LANGUAGE, LABEL)


def rule(description: str) -> dict[str, Any]:
    return about(description + IN_FEEL, FEEL)


def name(description: str) -> dict[str, Any]:
    return about(description, NAME)


def array(description: str, items: Mapping[str, Any], least: int = 0) -> dict[str, Any]:
    return {"type": "array", "description": description, "items": dict(items)} | ({"minItems": least} if least else {})


def names(description: str, least: int = 0) -> dict[str, Any]:
    return array(description, NAME, least)


def mapping(description: str, values: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "type": "object", "description": description, "propertyNames": NAME, "additionalProperties": dict(values),
    }


def record(
    properties: Mapping[str, Any], required: tuple[str, ...] = (), description: str = ""
) -> dict[str, Any]:
    made: dict[str, Any] = {"type": "object"} | ({"description": description} if description else {})
    made |= {"additionalProperties": False, "properties": dict(properties)}
    return made | ({"required": list(required)} if required else {})


NAME = {"type": "string", "pattern": NAME_PATTERN}
LABEL = {
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
FEEL = {"type": ["string", "boolean", "number"]}
ICON = text("Name of a Tabler icon, such as file-text.")
ID = text("Stable identity: keeps data when the name changes. Made from the name where it is not given.")
