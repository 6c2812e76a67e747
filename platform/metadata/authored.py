"""Definitions as authored: where their parts were written, and what of them cannot be used."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from formloom.errors import KINDS, Place, Problem, Text, near
from formloom.metadata.nodes import Mapping as Node
from formloom.metadata.validation import place_of

_NAME = re.compile(r"[a-z][a-z0-9_]*")
NOTHING: frozenset[str] = frozenset()


@dataclass(slots=True)
class Authored:
    """Keys are a kind and a name: `("entity", "contract")`."""

    nodes: dict[tuple[str, str], Node] = field(default_factory=dict)
    lost: dict[tuple[str, str], frozenset[str]] = field(default_factory=dict)   # names in parts that were left out
    unread: set[str] = field(default_factory=set)                               # definitions of which nothing is left

    def node(self, kind: str, name: str) -> Node:
        return self.nodes[kind, name]

    def named(self, kind: str) -> Iterator[tuple[str, Node]]:
        return ((name, node) for (of, name), node in self.nodes.items() if of == kind)

    def hidden(self, entity: str) -> frozenset[str]:
        """Names that an entity may well have, in a part of it that holds a mistake."""
        return self.lost.get(("entity", entity), NOTHING)

    def hidden_names(self, entity: str) -> frozenset[str]:
        """Those of them that an expression may use."""
        return frozenset(filter(_NAME.fullmatch, self.hidden(entity)))

    def at(self, kind: str, name: str, *path: Any, key: bool = False) -> Place:
        """Where this part was written; where it was left to its default, the nearest part around it."""
        return place_of(self.nodes[kind, name], list(path), key=key)

    def unknown(self, kind: str, name: str, known: Iterable[str], place: Place, element: str,
                hidden: frozenset[str] = NOTHING) -> Iterator[Problem]:
        """One mistake, one problem: a name that a broken part may define is not said to be unknown."""
        if name in hidden or (kind in ("entity", "pack") and name in self.unread):
            return
        guess = near(name, known)
        hint = Text("Did you mean {near}?", near=guess) if guess else None
        message = Text("There is no {kind} {name}.", kind=KINDS[kind], name=name)
        yield Problem(f"unknown-{kind.replace(' ', '-')}", message, place, hint, element=element, near=guess)


def names_in(value: Any) -> Iterator[str]:
    """Every key and every text in a value: what it may define."""
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield key
            yield from names_in(inner)
        for inner in getattr(value, "shadowed", ()):
            yield from names_in(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from names_in(inner)
    elif isinstance(value, str):
        yield value


def shadowed_in(value: Any) -> Iterator[str]:
    """Names in values whose key was written twice."""
    if isinstance(value, Node):
        for inner in value.shadowed:
            yield from names_in(inner)
    for inner in value.values() if isinstance(value, Mapping) else value if isinstance(value, list) else ():
        yield from shadowed_in(inner)
