"""The parts that every schema of the definition language is made of.

Whatever holds a text says with `x-holds` what that text is, and a mapping says it of its keys with `x-keys`: a name of
something (`field`), the name that something is given here (`+field`), an expression, or nothing but text. Where the
owner of the name is not the entity around it, that is said behind an `@`. `references` reads the marks.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

HOLDS: Final = "x-holds"
KEYS: Final = "x-keys"
TEXT: Final = "text"
EXPRESSION: Final = "expression"

PER_LANGUAGE = " One text, or one per language: {en: ..., zh: ...}."
IN_FEEL = " FEEL."
NAME_PATTERN = "^[a-z][a-z0-9_]{0,39}$"


def about(description: str, schema: Mapping[str, Any]) -> dict[str, Any]:
    """The schema, said for what it is at this place; editors show the description of a key."""
    return {**schema, "description": description}


def text(description: str) -> dict[str, Any]:
    return {"type": "string", "minLength": 1, "description": description, HOLDS: TEXT}


def flag(description: str) -> dict[str, Any]:
    return {"type": "boolean", "default": False, "description": description}


def label(description: str) -> dict[str, Any]:
    return about(description + PER_LANGUAGE, LABEL)


def rule(description: str) -> dict[str, Any]:
    return about(description + IN_FEEL, FEEL)


def name(description: str, holds: str) -> dict[str, Any]:
    return about(description, named(holds))


def named(holds: str) -> dict[str, Any]:
    return {**NAME, HOLDS: holds}


def array(description: str, items: Mapping[str, Any], least: int = 0) -> dict[str, Any]:
    return {"type": "array", "description": description, "items": dict(items)} | ({"minItems": least} if least else {})


def names(description: str, holds: str, least: int = 0) -> dict[str, Any]:
    return array(description, named(holds), least)


def mapping(description: str, keys: str, values: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "type": "object", "description": description, "propertyNames": NAME, "additionalProperties": dict(values),
        KEYS: keys,
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
        {"type": "string", "minLength": 1, HOLDS: TEXT},
        {
            "type": "object",
            "minProperties": 1,
            "propertyNames": {"pattern": "^[a-z]{2}(_[A-Z]{2})?$"},
            "additionalProperties": {"type": "string", HOLDS: TEXT},
            KEYS: TEXT,
        },
    ],
}
FEEL = {"type": ["string", "boolean", "number"], HOLDS: EXPRESSION}
ICON = text("Name of a Tabler icon, such as file-text.")
ID = text("Stable identity: keeps data when the name changes. Made from the name where it is not given.")
