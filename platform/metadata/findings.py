"""Reads authored nodes into catalog values; what does not fit becomes a problem and a harmless value."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any

from formloom import feel
from formloom.errors import Place, Problem, Text, near
from formloom.feel import Expression
from formloom.metadata.authored import Node
from formloom.metadata.catalog import EMPTY, Label, Sort


class Findings:
    def __init__(self) -> None:
        self.problems: list[Problem] = []

    def add(self, code: str, message: Text, place: Place, element: str = "", hint: Text | None = None) -> None:
        self.problems.append(Problem(code, message, place, hint, element=element))

    def known(self, name: str, names: Iterable[str], code: str, what: Text, place: Place, element: str = "") -> bool:
        """Whether `name` is one of `names`; a problem with the nearest name where it is not."""
        options = list(names)
        if name in options:
            return True
        close = near(name, options)
        hint = Text("Did you mean {near}?", near=close) if close else None
        self.problems.append(Problem(code, what, place, hint, element=element, near=close))
        return False

    def keys(self, node: Node, allowed: Iterable[str], element: str) -> None:
        if not isinstance(node.value, dict):
            self.add("wrong-type", Text("This must be a mapping of keys to values."), node.place, element)
        for key, place in node.keys.items():
            self.known(key, allowed, "unknown-key", Text("There is no key {key} here.", key=key), place, element)

    def word(self, node: Node, key: str, default: str = "") -> str:
        found = node.get(key)
        if found is None or found.value is None:
            return default
        if not isinstance(found.value, str):
            self.add("wrong-type", Text("{key} must be text.", key=key), found.place)
            return default
        return found.value

    def flag(self, node: Node, key: str) -> bool:
        found = node.get(key)
        if found is not None and not isinstance(found.value, bool):
            self.add("wrong-type", Text("{key} must be true or false.", key=key), found.place)
        return found is not None and found.value is True

    def label(self, node: Node, key: str, default: str = "") -> Label:
        found = node.get(key)
        if found is None:
            return MappingProxyType({"en": default}) if default else EMPTY
        value = found.plain()
        if isinstance(value, str):
            return MappingProxyType({"en": value})
        if isinstance(value, dict) and all(isinstance(words, str) for words in value.values()):
            return MappingProxyType(value)
        self.add("bad-label", Text("{key} must be text, or text by language such as en and zh.", key=key), found.place)
        return EMPTY

    def words(self, node: Node | None) -> tuple[str, ...]:
        rows = node.rows() if node else []
        if node is not None and (not isinstance(node.value, list) or not all(isinstance(r.value, str) for r in rows)):
            self.add("wrong-type", Text("This must be a list of names."), node.place)
        return tuple(row.value for row in rows if isinstance(row.value, str))

    def expression(self, node: Node | None, element: str, names: Iterable[str] | None = None) -> Expression | None:
        """The FEEL of a node; a problem where it does not parse or reads a name outside `names`."""
        if node is None or node.value is None:
            return None
        if isinstance(node.value, list | dict):
            self.add("wrong-type", Text("This must be an expression."), node.place, element)
            return None
        text = str(node.value).lower() if isinstance(node.value, bool) else str(node.value)
        try:
            made = feel.compile(text)
        except feel.FeelSyntaxError as error:
            self.add("bad-expression", Text("This is no FEEL at character {position}: {reason}.",
                                            position=error.position + 1, reason=error.message), node.place, element)
            return None
        for name in sorted(made.names) if names is not None else ():
            self.known(name, names or (), "unknown-name", Text("There is no name {name} here.", name=name),
                       node.place, element)
        return made


def sorts(names: Iterable[str]) -> tuple[Sort, ...]:
    return tuple(Sort(name.lstrip("-"), name.startswith("-")) for name in names)


def frozen(values: Mapping[str, Any]) -> Mapping[str, Any]:
    return MappingProxyType(dict(values))
