"""YAML and JSON text as plain values that remember where each key and value was written."""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable
from decimal import Decimal
from typing import Any, Final

import yaml
from yaml.events import (
    DocumentEndEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    StreamEndEvent,
)

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


_PLAIN: Final = (
    ("bool", re.compile(r"^(?:true|True|TRUE|false|False|FALSE)$"), list("tTfF")),
    ("int", re.compile(r"^[-+]?[0-9]+$"), list("-+0123456789")),
    ("float", re.compile(r"^[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$"), list("-+0123456789.")),
    ("null", re.compile(r"^(?:~|null|Null|NULL|)$"), ["~", "n", "N", ""]),
)
for _kind, _pattern, _first in _PLAIN:
    Core.add_implicit_resolver(_TAG + _kind, _pattern, _first)
_SUSPECT: Final = frozenset(first for _, _, letters in _PLAIN for first in letters)


def _read_as(kind: str, text: str) -> Any:
    """The value of a plain scalar of that kind."""
    if kind == "int":
        return int(text)
    if kind == "float":
        return Decimal(text)
    if kind == "bool":
        return text.lower() == "true"
    return None if kind == "null" else text


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
        value = _read_as(node.tag.removeprefix(_TAG), node.value)
        return Block(value) if node.style == "|" and isinstance(value, str) else value

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


class _Unusual(Exception):
    """What the quick reader leaves to the thorough one."""


class _QuickReader:
    """libyaml's events straight to values, a tenth of the time of PyYAML's nodes: of texts that are right and have
    nothing unusual in them."""

    def __init__(self, parser: Any, file: str) -> None:
        self.next: Callable[[], Any] = parser.get_event
        self.file = file
        self.count = 0

    def document(self) -> Any:
        self.next()
        if not isinstance(self.next(), DocumentStartEvent):
            raise _Unusual
        value = self.value(self.next(), 0)
        if not isinstance(self.next(), DocumentEndEvent) or not isinstance(self.next(), StreamEndEvent):
            raise _Unusual
        return value

    def value(self, event: Any, depth: int) -> Any:
        self.count += 1
        if depth > MAX_DEPTH or self.count > MAX_NODES or event.anchor is not None or event.tag is not None:
            raise _Unusual
        kind = type(event)
        if kind is ScalarEvent:
            return self.scalar(event)
        return self.mapping(event, depth + 1) if kind is MappingStartEvent else self.sequence(event, depth + 1)

    def scalar(self, event: Any) -> Any:
        text: str = event.value
        if event.implicit[0]:
            if not text:
                raise _Unusual      # the two disagree about where nothing was written
            if text[:1] in _SUSPECT:
                for kind, pattern, letters in _PLAIN:
                    if text[:1] in letters and pattern.match(text):
                        return _read_as(kind, text)
            return text
        return Block(text) if event.style == "|" else text

    def sequence(self, start: Any, depth: int) -> Sequence:
        result = Sequence(_place(self.file, start))
        while type(event := self.next()) is not SequenceEndEvent:
            result.append(self.value(event, depth))
            result.items_at.append(_place(self.file, event))
        return result

    def mapping(self, start: Any, depth: int) -> Mapping:
        result = Mapping(_place(self.file, start))
        while type(event := self.next()) is not MappingEndEvent:
            if type(event) is not ScalarEvent or event.anchor is not None or event.tag is not None:
                raise _Unusual
            key: str = event.value
            if key in result:
                raise _Unusual
            result.keys_at[key] = _place(self.file, event)
            event = self.next()
            result.values_at[key] = _place(self.file, event)
            result[key] = self.value(event, depth)
        return result


def _place(file: str, event: Any) -> Place:
    mark = event.start_mark
    return Place(file, mark.line + 1, mark.column + 1)


def _quickly(text: str, file: str) -> Any:
    """Raises _Unusual, and whatever the parsers of YAML and numbers raise."""
    if not yaml.__with_libyaml__:
        raise _Unusual
    parser = yaml.CSafeLoader(text)
    try:
        return _QuickReader(parser, file).document()
    finally:
        parser.dispose()


def read(text: str, file: str) -> tuple[Any, list[Problem]]:
    """The value of a YAML or JSON text, and what is wrong with it; None with problems when it cannot be read."""
    if len(text) > MAX_TEXT:
        return None, [
            Problem("file-too-large", Text("The file has more than {limit} characters.", limit=MAX_TEXT), Place(file))
        ]
    try:
        return _quickly(text, file), []
    except (_Unusual, yaml.YAMLError, UnicodeError, ValueError, RecursionError):
        return _thoroughly(text, file)


def _thoroughly(text: str, file: str) -> tuple[Any, list[Problem]]:
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
