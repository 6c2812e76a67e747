"""YAML and JSON text as plain values that remember where each key and value was written."""

from __future__ import annotations

import re
from collections.abc import Hashable
from decimal import Decimal
from typing import Any

import yaml

from formloom.errors import Place, Problem, Text

MAX_TEXT, MAX_NODES, MAX_DEPTH = 1_000_000, 50_000, 40
_TAG = "tag:yaml.org,2002:"
_TAGS = frozenset(_TAG + kind for kind in ("map", "seq", "str", "int", "float", "bool", "null"))


class Mapping(dict[str, Any]):
    """A mapping that knows the places of its keys and values, and the values whose key was there already."""

    __slots__ = ("keys_at", "place", "shadowed", "values_at")

    def __init__(self, place: Place) -> None:
        super().__init__()
        self.place = place
        self.keys_at: dict[str, Place] = {}
        self.values_at: dict[str, Place] = {}
        self.shadowed: list[Any] = []


class Sequence(list[Any]):
    """A list that knows the places of its items."""

    __slots__ = ("items_at", "place")

    def __init__(self, place: Place) -> None:
        super().__init__()
        self.place = place
        self.items_at: list[Place] = []


class Block(str):
    """Text written as a literal block: its lines are lines of the file, below that of the bar."""

    __slots__ = ()


def placed(value: Any, place: Place) -> Any:
    """A plain value as if all of it had been written at one place."""
    if isinstance(value, dict):
        mapping = Mapping(place)
        mapping.update({str(key): placed(inner, place) for key, inner in value.items()})
        mapping.keys_at = dict.fromkeys(mapping, place)
        mapping.values_at = dict.fromkeys(mapping, place)
        return mapping
    if isinstance(value, list | tuple):
        items = Sequence(place)
        items.extend(placed(inner, place) for inner in value)
        items.items_at = [place] * len(items)
        return items
    return value


class Core(yaml.SafeLoader):
    """YAML 1.2 core schema: `no` and `on` are words, dates are text, 012 is twelve."""

    yaml_implicit_resolvers: dict[str, Any] = {}  # noqa: RUF012 - the loader's own protocol


for _kind, _pattern, _first in (
    ("bool", r"^(?:true|True|TRUE|false|False|FALSE)$", list("tTfF")),
    ("int", r"^[-+]?[0-9]+$", list("-+0123456789")),
    ("float", r"^[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$", list("-+0123456789.")),
    ("null", r"^(?:~|null|Null|NULL|)$", ["~", "n", "N", ""]),
):
    Core.add_implicit_resolver(_TAG + _kind, re.compile(_pattern), _first)


class _Reader:
    def __init__(self, text: str, file: str) -> None:
        self.loader = Core(text)
        self.file = file
        self.problems: list[Problem] = []
        self.count = 0

    def place(self, node: yaml.Node) -> Place:
        return Place(self.file, node.start_mark.line + 1, node.start_mark.column + 1)

    def problem(self, code: str, message: Text, place: Place, hint: Text | None = None) -> None:
        self.problems.append(Problem(code, message, place, hint))

    def value(self, node: yaml.Node, depth: int = 0) -> Any:
        self.count += 1
        if depth > MAX_DEPTH or self.count > MAX_NODES:
            raise _TooLarge(self.place(node))
        if node.tag not in _TAGS:
            hint = Text("Write the plain value.")
            self.problem("yaml-tag", Text("The tag {tag} is not allowed.", tag=node.tag), self.place(node), hint)
        if isinstance(node, yaml.MappingNode):
            return self.mapping(node, depth)
        if isinstance(node, yaml.SequenceNode):
            return self.sequence(node, depth)
        return self.scalar(node)

    def scalar(self, node: Any) -> Any:
        kind = node.tag.removeprefix(_TAG)
        if kind == "int":
            return int(node.value)
        if kind == "float":
            return Decimal(node.value)
        if kind == "bool":
            return node.value.lower() == "true"
        if kind == "null":
            return None
        return Block(node.value) if node.style == "|" else node.value

    def sequence(self, node: yaml.SequenceNode, depth: int) -> Sequence:
        result = Sequence(self.place(node))
        for item in node.value:
            result.append(self.value(item, depth + 1))
            result.items_at.append(self.place(item))
        return result

    def mapping(self, node: yaml.MappingNode, depth: int) -> Mapping:
        result = Mapping(self.place(node))
        for key_node, value_node in node.value:
            key, place = key_node.value, self.place(key_node)
            if not isinstance(key, Hashable) or not isinstance(key, str):
                self.problem("yaml-key", Text("A key must be a plain word."), place)
            elif key in result:
                self.problem(
                    "duplicate-key",
                    Text("The key {key} is written twice.", key=key),
                    place,
                    Text("The first one is on line {line}; keep one.", line=result.keys_at[key].line),
                )
                result.shadowed.append(self.value(value_node, depth + 1))
            else:
                result[key] = self.value(value_node, depth + 1)
                result.keys_at[key], result.values_at[key] = place, self.place(value_node)
        return result


class _TooLarge(Exception):
    def __init__(self, place: Place) -> None:
        self.place = place


def read(text: str, file: str) -> tuple[Any, list[Problem]]:
    """The value of a YAML or JSON text, and what is wrong with it; None with problems when it cannot be read."""
    if len(text) > MAX_TEXT:
        return None, [
            Problem("file-too-large", Text("The file has more than {limit} characters.", limit=MAX_TEXT), Place(file))
        ]
    reader = _Reader(text, file)
    try:
        node = reader.loader.get_single_node()
        value = None if node is None else reader.value(node)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        place = Place(file, mark.line + 1, mark.column + 1) if mark else Place(file)
        return None, [
            Problem(
                "yaml-syntax", Text("This is not valid YAML: {error}.", error=error.problem or error.context), place
            )
        ]
    except (yaml.YAMLError, UnicodeError, ValueError) as error:
        return None, [Problem("yaml-syntax", Text("This is not valid YAML: {error}.", error=str(error)), Place(file))]
    except (_TooLarge, RecursionError) as error:
        place = error.place if isinstance(error, _TooLarge) else Place(file)
        return None, [
            Problem(
                "yaml-too-deep", Text("The text nests or repeats too much."), place, Text("Write it without anchors.")
            )
        ]
    finally:
        reader.loader.dispose()
    return value, reader.problems
