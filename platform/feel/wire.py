"""The tree as JSON, for the evaluator in the browser."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from decimal import Decimal
from typing import Any

from formloom.feel import temporal
from formloom.feel.syntax import Literal, Node
from formloom.feel.values import kind

_SILENT = ("start", "end", "name_start")


def tree(node: Node) -> dict[str, Any]:
    """`{"node": "Comparison", "operator": ">", "left": ..., "right": ...}`; numbers are text, to keep every digit."""
    if isinstance(node, Literal):
        return {"node": "Literal", **value(node.value)}
    parts = {field.name: _part(getattr(node, field.name)) for field in fields(node) if field.name not in _SILENT}
    return {"node": type(node).__name__, **parts}


def _part(part: Any) -> Any:
    if isinstance(part, Node):
        return tree(part)
    return [_part(item) for item in part] if isinstance(part, tuple) else part


def value(plain: Any) -> Mapping[str, Any]:
    """A constant with its type: `{"type": "number", "value": "1.50"}`."""
    family = kind(plain)
    if plain is None or isinstance(plain, (bool, str)):
        return {"type": family, "value": plain}
    if isinstance(plain, (int, Decimal)):
        return {"type": family, "value": str(plain)}
    return {"type": family, "value": temporal.text_of(plain)}
