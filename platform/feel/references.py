"""Which names of the outer scope a tree reads, and along which paths."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from formloom.feel import functions, syntax

_Path: TypeAlias = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Around:
    """What surrounds a node: bound names with the path each stands for (None: computed), and enclosing filters."""

    bound: Mapping[str, _Path | None] = field(default_factory=dict)
    elements: tuple[_Path | None, ...] = ()

    def binding(self, names: Mapping[str, _Path | None]) -> _Around:
        return _Around({**self.bound, **names}, self.elements)

    def within(self, element: _Path | None) -> _Around:
        return _Around({**self.bound, "item": element}, (*self.elements, element))


@dataclass(slots=True)
class References:
    known: frozenset[str]
    names: set[str] = field(default_factory=set)
    paths: set[_Path] = field(default_factory=set)

    def read(self, node: syntax.Node, around: _Around) -> None:
        path = self._path(node, around)
        if path:
            self.paths.add(path)

    def _path(self, node: syntax.Node, around: _Around) -> _Path | None:
        """Collect below the node; the path that the node itself stands for, if it is one."""
        reader = _READERS.get(type(node))
        if reader:
            path: _Path | None = reader(self, node, around)
            return path
        for child in node.children():
            self.read(child, around)
        return None

    def _name(self, node: syntax.Name, around: _Around) -> _Path | None:
        name = node.name
        if name in around.bound:
            return around.bound[name]
        if around.elements and name not in self.known:
            return around.elements[-1] and (*around.elements[-1], name)
        if name == "?" or (functions.find(name) and name not in self.known):
            return None
        self.names.add(name)
        return (name,)

    def _member(self, node: syntax.Path, around: _Around) -> _Path | None:
        source = self._path(node.source, around)
        return source and (*source, node.name)

    def _filter(self, node: syntax.Filter, around: _Around) -> _Path | None:
        source = self._path(node.source, around)
        self.read(node.condition, around.within(source))
        return source

    def _loop(self, node: Any, around: _Around) -> None:
        for binding in node.bindings:
            source = self._path(binding.source, around)
            if binding.until:
                self.read(binding.until, around)
            if source:
                self.paths.add(source)
            around = around.binding({binding.name: source, "partial": None})
        self.read(node.body if isinstance(node, syntax.For) else node.condition, around)

    def _function(self, node: Any, around: _Around) -> None:
        self.read(node.body, around.binding({parameter.name: None for parameter in node.parameters}))

    def _context(self, node: syntax.Context, around: _Around) -> None:
        for entry in node.entries:
            self.read(entry.value, around)
            around = around.binding({entry.key: None})

    def _call(self, node: syntax.Call, around: _Around) -> None:
        if not (isinstance(node.function, syntax.Name) and functions.find(node.function.name)):
            self.read(node.function, around)
        for argument in node.arguments:
            self.read(argument.value, around)

    def _type(self, node: syntax.Type, around: _Around) -> None:
        """Names of types are no variables."""


_READERS: Mapping[type[syntax.Node], Any] = {
    syntax.Name: References._name, syntax.Path: References._member, syntax.Filter: References._filter,
    syntax.For: References._loop, syntax.Quantified: References._loop, syntax.Function: References._function,
    syntax.External: References._function, syntax.Context: References._context, syntax.Call: References._call,
    syntax.Type: References._type,
}


def references(tree: syntax.Node, known: frozenset[str]) -> References:
    """In a filter a name that is not known belongs to the element: `lines[amount > 5]` reads `lines.amount`."""
    found = References(known)
    found.read(tree, _Around())
    return found
