"""What a unary test compares its input with: where its answer may change, and nowhere else."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from formloom import feel
from formloom.feel import Expression, ast
from formloom.feel.values import Range, kind

# Functions that give the same for ever; `now()` and `today()` are none.
_MAKERS: Final = frozenset((
    "date", "time", "date and time", "duration", "number", "years and months duration", "string", "abs",
))
_CALCULATED: Final = (ast.Literal, ast.Negation, ast.Arithmetic, ast.ListOf, ast.Range, ast.Relation, ast.Argument)
_SCALARS: Final = frozenset((
    "number", "string", "boolean", "date", "time", "date and time", "days and time duration",
    "years and months duration", "null",
))
_ORDERS: Final = frozenset(("<", "<=", ">", ">="))


class Undecidable(ValueError):
    """The test reads other values, the clock, or the input in a way that no list of constants describes."""


@dataclass(frozen=True, slots=True)
class Constant:
    """`ordered`: the input may be less or greater than it, and not only equal."""

    value: Any
    ordered: bool


def of(test: Expression, names: frozenset[str] = frozenset()) -> tuple[Constant, ...]:
    """The constants of unary tests; `names` stand for the input, as `?` does. Raises Undecidable."""
    if not test.unary:
        raise Undecidable(test.text)
    return tuple(_Reader(test, names | {"?"}).read(test.ast))


def is_fixed(expression: Expression) -> bool:
    """Whether the expression has the same value for ever, whatever is around it."""
    return _Reader(expression).calculable(expression.ast)


@dataclass(frozen=True, slots=True)
class _Reader:
    test: Expression
    names: frozenset[str] = frozenset("?")

    def read(self, node: ast.Node) -> Iterator[Constant]:
        tests = node.tests if isinstance(node, ast.UnaryTests) else ()
        for test in tests:
            yield from self._test(test)

    def _test(self, node: ast.Node) -> Iterator[Constant]:
        if isinstance(node, ast.Relation):
            return self._constant(node.operand, node.operator in _ORDERS)
        return self._condition(node) if self._asks(node) else self._constant(node)

    def _condition(self, node: ast.Node) -> Iterator[Constant]:
        read = _CONDITIONS.get(type(node))
        if read is not None:
            yield from read(self, node)
        elif not self._asks(node):
            yield from self._constant(node)
        else:
            raise Undecidable(self.test.text)

    def _name(self, node: ast.Name) -> Iterator[Constant]:
        """`?` alone asks whether the input is true."""
        self._require(node)
        return iter(())

    def _parts(self, node: ast.Node) -> Iterator[Constant]:
        for part in node.children():
            yield from self._condition(part)

    def _comparison(self, node: ast.Comparison) -> Iterator[Constant]:
        value, other = (node.left, node.right) if self._is_input(node.left) else (node.right, node.left)
        self._require(value)
        return self._constant(other, node.operator in _ORDERS)

    def _between(self, node: ast.Between) -> Iterator[Constant]:
        self._require(node.value)
        yield from self._constant(node.low, ordered=True)
        yield from self._constant(node.high, ordered=True)

    def _member(self, node: ast.In) -> Iterator[Constant]:
        self._require(node.value)
        for test in node.tests:
            if self._asks(test):
                raise Undecidable(self.test.text)
            yield from self._test(test)

    def _call(self, node: ast.Call) -> Iterator[Constant]:
        if _called(node) != "not" or "not" in self.test.known or len(node.arguments) != 1 or node.arguments[0].name:
            raise Undecidable(self.test.text)
        return self._condition(node.arguments[0].value)

    def _require(self, value: ast.Node) -> None:
        if not self._is_input(value):
            raise Undecidable(self.test.text)

    def _asks(self, node: ast.Node) -> bool:
        return any(map(self._is_input, node.walk()))

    def _is_input(self, node: ast.Node) -> bool:
        return isinstance(node, ast.Name) and node.name in self.names

    def _constant(self, node: ast.Node, ordered: bool = False) -> Iterator[Constant]:
        if isinstance(node, ast.Literal):
            return _flat(node.value, ordered)
        if not self.calculable(node):
            raise Undecidable(self.test.text)
        return _flat(feel.part(self.test, node).evaluate(), ordered)

    def calculable(self, node: ast.Node) -> bool:
        if isinstance(node, ast.Call):
            name = _called(node)
            return name in _MAKERS - self.test.known and all(map(self.calculable, node.arguments))
        return isinstance(node, _CALCULATED) and all(map(self.calculable, node.children()))


_CONDITIONS: Final[Mapping[type[ast.Node], Callable[[_Reader, Any], Iterator[Constant]]]] = {
    ast.And: _Reader._parts, ast.Or: _Reader._parts, ast.If: _Reader._parts, ast.Name: _Reader._name,
    ast.Comparison: _Reader._comparison, ast.Between: _Reader._between, ast.In: _Reader._member,
    ast.Call: _Reader._call,
}


def _called(node: ast.Call) -> str:
    return node.function.name if isinstance(node.function, ast.Name) else ""


def _flat(value: Any, ordered: bool) -> Iterator[Constant]:
    if isinstance(value, Range):
        for end in (value.low, value.high):
            if end is not None:
                yield from _flat(end, ordered=True)
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from _flat(item, ordered)
    elif kind(value) in _SCALARS:
        yield Constant(value, ordered)
    else:
        raise Undecidable(kind(value))
