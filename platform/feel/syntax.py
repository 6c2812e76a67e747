"""The syntax tree: frozen nodes, each with the part of the text it came from."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import Any, TypeAlias


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    start: int
    end: int

    def children(self) -> Iterator[Node]:
        """Direct children in the order of the text."""
        for field in fields(self):
            yield from _nodes(getattr(self, field.name))

    def walk(self) -> Iterator[Node]:
        pending: list[Node] = [self]
        while pending:
            node = pending.pop()
            yield node
            pending.extend(reversed(tuple(node.children())))


def _nodes(value: Any) -> Iterator[Node]:
    if isinstance(value, Node):
        yield value
    elif isinstance(value, tuple):
        for item in value:
            yield from _nodes(item)


@dataclass(frozen=True, slots=True)
class Literal(Node):
    """null, boolean, number (Decimal), string, or a temporal value from `@"..."`."""

    value: Any


@dataclass(frozen=True, slots=True)
class Name(Node):
    """A variable or a function; `?` is the input of a unary test."""

    name: str


@dataclass(frozen=True, slots=True)
class Path(Node):
    source: Node
    name: str
    name_start: int


@dataclass(frozen=True, slots=True)
class Filter(Node):
    source: Node
    condition: Node


@dataclass(frozen=True, slots=True)
class Argument(Node):
    name: str       # '' when positional
    value: Node


@dataclass(frozen=True, slots=True)
class Call(Node):
    function: Node
    arguments: tuple[Argument, ...]


@dataclass(frozen=True, slots=True)
class Negation(Node):
    operand: Node


@dataclass(frozen=True, slots=True)
class Arithmetic(Node):
    operator: str   # + - * / **
    left: Node
    right: Node


@dataclass(frozen=True, slots=True)
class Comparison(Node):
    operator: str   # = != < <= > >=
    left: Node
    right: Node


@dataclass(frozen=True, slots=True)
class And(Node):
    operands: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Or(Node):
    operands: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Between(Node):
    value: Node
    low: Node
    high: Node


@dataclass(frozen=True, slots=True)
class In(Node):
    value: Node
    tests: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Relation(Node):
    """`< 5` standing alone: a test, and as a value the range of all that passes it."""

    operator: str   # = != < <= > >=
    operand: Node


@dataclass(frozen=True, slots=True)
class Range(Node):
    low: Node
    high: Node
    low_closed: bool
    high_closed: bool


@dataclass(frozen=True, slots=True)
class If(Node):
    condition: Node
    then: Node
    otherwise: Node


@dataclass(frozen=True, slots=True)
class Binding(Node):
    """`name in source` of a loop; with `end`, `name in source..until`."""

    name: str
    source: Node
    until: Node | None


@dataclass(frozen=True, slots=True)
class For(Node):
    bindings: tuple[Binding, ...]
    body: Node


@dataclass(frozen=True, slots=True)
class Quantified(Node):
    kind: str       # some | every
    bindings: tuple[Binding, ...]
    condition: Node


@dataclass(frozen=True, slots=True)
class ListOf(Node):
    items: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Entry(Node):
    key: str
    value: Node


@dataclass(frozen=True, slots=True)
class Context(Node):
    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class Type(Node):
    """`number`, `list<string>`, `context<a: number>`, `function<number> -> string`."""

    name: str
    arguments: tuple[Type, ...] = ()
    keys: tuple[str, ...] = ()
    result: Type | None = None


@dataclass(frozen=True, slots=True)
class InstanceOf(Node):
    value: Node
    type: Type


@dataclass(frozen=True, slots=True)
class Parameter(Node):
    name: str
    type: Type | None


@dataclass(frozen=True, slots=True)
class Function(Node):
    parameters: tuple[Parameter, ...]
    body: Node


@dataclass(frozen=True, slots=True)
class External(Node):
    """A function written in another language: parsed, never run."""

    parameters: tuple[Parameter, ...]
    body: Node


@dataclass(frozen=True, slots=True)
class Anything(Node):
    """`-`, the test that always passes."""


@dataclass(frozen=True, slots=True)
class UnaryTests(Node):
    tests: tuple[Node, ...]
    negated: bool


Binder: TypeAlias = For | Quantified | Function
