"""Literals that stand for one of the values that somebody declared."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from formloom.feel import syntax


@dataclass(frozen=True, slots=True)
class Chosen:
    """A literal that is compared with what declares it as one of its values: `origin` is of the type that does."""

    start: int
    end: int
    origin: str
    value: str


def chosen(node: syntax.Node, origin: str) -> Iterator[Chosen]:
    """The literals that the value can be, if it becomes one of the values of `origin`."""
    if isinstance(node, syntax.If):
        yield from chosen(node.then, origin)
        yield from chosen(node.otherwise, origin)
    elif isinstance(node, syntax.ListOf):
        for item in node.items:
            yield from chosen(item, origin)
    elif isinstance(node, syntax.Literal) and isinstance(node.value, str):
        yield Chosen(node.start, node.end, origin, node.value)
