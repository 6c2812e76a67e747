"""Authored YAML or JSON as a tree that knows where each key and value stands.

YAML is read by the core schema of version 1.2: `no`, `on` and dates are text, and a key stands once.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import yaml

from formloom.errors import Place, Problem, Text

MAX_NODES = 50_000
MAX_DEPTH = 40
_STANDARD = "tag:yaml.org,2002:"
_INTEGER = re.compile(r"[-+]?[0-9]{1,30}")
_NUMBER = re.compile(r"[-+]?(\.[0-9]{1,30}|[0-9]{1,30}(\.[0-9]{0,30})?)([eE][-+]?[0-9]{1,3})?")
_WORDS: Mapping[str, Any] = {
    "": None, "~": None, "null": None, "Null": None, "NULL": None,
    "true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False,
}


@dataclass(frozen=True, slots=True)
class Node:
    """`value` is a scalar, a list of nodes, or a dict of nodes; `keys` says where each key of a dict stands."""

    value: Any
    place: Place
    keys: Mapping[str, Place] = field(default_factory=dict)

    def get(self, key: str) -> Node | None:
        return self.value.get(key) if isinstance(self.value, dict) else None

    def items(self) -> Iterator[tuple[str, Node]]:
        return iter(self.value.items() if isinstance(self.value, dict) else ())

    def rows(self) -> list[Node]:
        return self.value if isinstance(self.value, list) else []

    def plain(self) -> Any:
        if isinstance(self.value, dict):
            return {k: v.plain() for k, v in self.value.items()}
        if isinstance(self.value, list):
            return [v.plain() for v in self.value]
        return self.value


class _Reader:
    def __init__(self, file: str) -> None:
        self.file = file
        self.problems: list[Problem] = []
        self.count = 0

    def place(self, mark: yaml.Mark) -> Place:
        return Place(self.file, mark.line + 1, mark.column + 1)

    def refuse(self, code: str, message: Text, place: Place, hint: Text | None = None) -> None:
        self.problems.append(Problem(code, message, place, hint))

    def node(self, made: yaml.Node, depth: int = 0) -> Node:
        place = self.place(made.start_mark)
        self.count += 1
        if self.count > MAX_NODES or depth > MAX_DEPTH:
            raise _TooLarge(place)
        if not made.tag.startswith(_STANDARD):
            self.refuse("custom-tag", Text("The tag {tag} is not allowed.", tag=made.tag), place)
        if isinstance(made, yaml.MappingNode):
            return self.mapping(made, place, depth)
        if isinstance(made, yaml.SequenceNode):
            return Node([self.node(row, depth + 1) for row in made.value], place)
        return Node(_scalar(made.value) if made.style is None else made.value, place)

    def mapping(self, made: yaml.MappingNode, place: Place, depth: int) -> Node:
        values: dict[str, Node] = {}
        keys: dict[str, Place] = {}
        for key_node, value_node in made.value:
            at = self.place(key_node.start_mark)
            if not isinstance(key_node, yaml.ScalarNode):
                self.refuse("bad-key", Text("A key must be a word, not a list or a mapping."), at)
                continue
            key = key_node.value
            if key in keys:
                self.refuse("duplicate-key", Text("{key} stands twice; first in line {line}.", key=key,
                                                  line=keys[key].line), at, Text("Remove one of the two."))
                continue
            keys[key], values[key] = at, self.node(value_node, depth + 1)
        return Node(values, place, keys)


class _TooLarge(Exception):
    def __init__(self, place: Place) -> None:
        self.place = place


def _scalar(text: str) -> Any:
    if text in _WORDS:
        return _WORDS[text]
    if _INTEGER.fullmatch(text):
        return int(text)
    return Decimal(text) if _NUMBER.fullmatch(text) else text


def parse(text: str, file: str) -> tuple[Node | None, list[Problem]]:
    """The tree of a text, or None where it cannot be read at all, and what is wrong with it."""
    reader = _Reader(file)
    try:
        made = yaml.compose(text, Loader=yaml.SafeLoader)
        return (reader.node(made) if made is not None else Node({}, Place(file))), reader.problems
    except _TooLarge as error:
        reader.refuse("too-large", Text("The file nests or repeats too much."), error.place)
    except RecursionError:
        reader.refuse("too-large", Text("The file nests or repeats too much."), Place(file))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        reader.refuse("syntax-error", Text("This is not YAML: {problem}.", problem=error.problem or error.context),
                      reader.place(mark) if mark else Place(file))
    except yaml.YAMLError as error:
        reader.refuse("syntax-error", Text("This is not YAML: {problem}.", problem=str(error)), Place(file))
    return None, reader.problems
