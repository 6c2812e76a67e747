"""The tree as JSON, for the evaluator in the browser."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from decimal import Decimal
from typing import Any

from formloom.feel import functions, temporal
from formloom.feel.syntax import Argument, Call, Literal, Name, Node
from formloom.feel.values import kind

_SILENT = ("start", "end", "name_start")


def tree(node: Node) -> dict[str, Any]:
    """`{"node": "Comparison", "operator": ">", "left": ..., "right": ...}`; numbers are text, to keep every digit."""
    if isinstance(node, Literal):
        return {"node": "Literal", **value(node.value)}
    if isinstance(node, Call) and isinstance(node.function, Name):
        return _call(node, node.function)
    if isinstance(node, Name):
        return _name(node)
    parts = {field.name: _part(getattr(node, field.name)) for field in fields(node) if field.name not in _SILENT}
    return {"node": type(node).__name__, **parts}


def _name(node: Name) -> dict[str, Any]:
    """`builtin` is the function that it means unless the scope holds something of that name."""
    builtin = functions.find(node.name)
    return {"node": "Name", "name": node.name, **({"builtin": builtin.name} if builtin else {})}


def _call(node: Call, function: Name) -> dict[str, Any]:
    builtin = functions.find(function.name)
    arguments = _positional(builtin, node.arguments) if builtin else node.arguments
    return {"node": "Call", "function": _name(function), "arguments": [tree(argument) for argument in arguments]}


def _positional(builtin: functions.Builtin, arguments: Sequence[Argument]) -> Sequence[Argument]:
    """Named arguments in the order of the overload that has those names."""
    given = {argument.name: argument for argument in arguments if argument.name}
    if not given:
        return arguments
    for signature in builtin.signatures:
        names = [parameter.name for parameter in signature.parameters]
        if given.keys() <= set(names):
            last = max(names.index(name) for name in given)
            absent = Argument("", Literal(None, start=0, end=0), start=0, end=0)
            return [replace(given.get(name, absent), name="") for name in names[: last + 1]]
    return arguments


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
        return {"type": family, "value": format(plain, "f")}
    return {"type": family, "value": temporal.text_of(plain)}
