"""Closures of names, paths, filters, lists and contexts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

from formloom.feel import syntax
from formloom.feel.members import MISSING, member
from formloom.feel.runtime import ElementFrame, Frame
from formloom.feel.values import integer, kind

Closure: TypeAlias = Callable[[Any], Any]


def constant(value: Any) -> Closure:
    return lambda frame: value


def top_name(node: syntax.Name, otherwise: Any) -> Closure:
    """A name with nothing bound around it."""
    name = node.name

    def evaluate(frame: Any) -> Any:
        value = frame.scope.get(name, MISSING)
        return value if value is not MISSING else unknown(node, otherwise, frame)

    return evaluate


def inner_name(node: syntax.Name, otherwise: Any) -> Closure:
    name = node.name

    def evaluate(frame: Any) -> Any:
        value = frame.find(name)
        if value is MISSING:
            value = lookup(frame.parent, name)
        return value if value is not MISSING else unknown(node, otherwise, frame)

    return evaluate


def lookup(frame: Any, name: str) -> Any:
    while frame is not None:
        value = frame.find(name)
        if value is not MISSING:
            return value
        frame = frame.parent
    return MISSING


def unknown(node: syntax.Name, otherwise: Any, frame: Any) -> Any:
    """A built-in function of that name, else null."""
    if otherwise is None:
        frame.run.warn(f"Nothing here is called {node.name}", node)
    return otherwise


def path(node: syntax.Path, source: Closure) -> Closure:
    name = node.name

    def evaluate(frame: Any) -> Any:
        value = source(frame)
        found = value.get(name, MISSING) if value.__class__ is dict else member(value, name)
        return found if found is not MISSING else _through(node, value, frame)

    return evaluate


def _through(node: syntax.Path, value: Any, frame: Any) -> Any:
    """The path of every element of a list; null for anything else without that entry."""
    if kind(value) == "list":
        frame.run.sized(len(value))
        return [_entry(item, node.name) for item in value]
    frame.run.warn(f"{kind(value)} has no {node.name}", node)
    return None


def _entry(item: Any, name: str) -> Any:
    if item.__class__ is dict:
        return item.get(name)
    found = member(item, name)
    return None if found is MISSING else found


def element_at(node: syntax.Filter, source: Closure, index: Closure) -> Closure:
    return lambda frame: _at(node, as_list(source(frame)), index(frame), frame)


def _at(node: syntax.Filter, items: Any, position: Any, frame: Any) -> Any:
    index = integer(position)
    if index is None or index == 0 or abs(index) > len(items):
        frame.run.warn(f"No element {position} in a list of {len(items)}", node)
        return None
    return items[index - 1 if index > 0 else index]


def filtered(node: syntax.Filter, source: Closure, condition: Closure, weight: int) -> Closure:
    def evaluate(frame: Any) -> Any:
        items = as_list(source(frame))
        # One frame for all elements: a verdict holds on to nothing of it.
        inner = ElementFrame(items[0], frame) if items else frame
        first = condition(inner)
        if kind(first) == "number":
            return _at(node, items, first, frame)
        frame.run.sized(len(items))
        frame.run.spend(weight * len(items))
        found = list(items[:1]) if first is True else []
        for item in items[1:]:
            inner.element = item
            if condition(inner) is True:
                found.append(item)
        return found

    return evaluate


def as_list(value: Any) -> Any:
    """A single value is a list of one; null is the empty list."""
    if value is None:
        return ()
    return value if kind(value) == "list" else (value,)


def list_of(items: list[Closure]) -> Closure:
    return lambda frame: [item(frame) for item in items]


def context(entries: list[tuple[str, Closure]]) -> Closure:
    """Later entries see earlier ones."""

    def evaluate(frame: Any) -> dict[str, Any]:
        found: dict[str, Any] = {}
        inner = Frame(found, frame, frame.run)
        for key, value in entries:
            found[key] = value(inner)
        return found

    return evaluate


def conditional(condition: Closure, then: Closure, otherwise: Closure) -> Closure:
    return lambda frame: then(frame) if condition(frame) is True else otherwise(frame)
