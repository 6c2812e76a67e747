"""A compiled expression: text, tree and closure together."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import cached_property, lru_cache
from typing import Any

from formloom.errors import Text
from formloom.feel import compiler, functions, limits, names, parser, syntax, text, wire
from formloom.feel.errors import FeelSyntaxError, FeelWarning, LimitExceeded
from formloom.feel.references import References, references
from formloom.feel.runtime import Run
from formloom.feel.typechecks import NOTHING_DECLARED, Declared

_HOLDERS = (list, dict, tuple)
_NOTHING: Mapping[str, Any] = {}


@dataclass(frozen=True, eq=False, repr=False)
class Expression:
    """Made by `compile` or `literal`; equal to another of the same text over the same names."""

    text: str
    ast: syntax.Node
    known: frozenset[str]
    unary: bool
    types: Declared
    _closure: Callable[[Any], Any]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Expression) and self._key == other._key

    def __hash__(self) -> int:
        return hash(self.text)

    def __repr__(self) -> str:
        return f"Expression({self.text!r})"

    @property
    def _key(self) -> tuple[Any, ...]:
        return self.text, self.known, self.unary, self.types, self.ast

    @cached_property
    def _references(self) -> References:
        return references(self.ast, self.known)

    @cached_property
    def names(self) -> frozenset[str]:
        """Names of the outer scope that the expression reads."""
        return frozenset(self._references.names)

    @cached_property
    def paths(self) -> frozenset[tuple[str, ...]]:
        """What is read below those names: `account.status` is `("account", "status")`."""
        return frozenset(self._references.paths)

    @cached_property
    def json(self) -> dict[str, Any]:
        """The tree for the evaluator in the browser."""
        return wire.tree(self.ast)

    @property
    def constant(self) -> Any:
        """The value of a literal; None for anything that has to be evaluated."""
        return self.ast.value if isinstance(self.ast, syntax.Literal) else None

    def evaluate(self, scope: Mapping[str, Any] = _NOTHING, now: datetime | None = None) -> Any:
        """The value, or None where FEEL has none. `now` is the clock of `now()` and `today()`."""
        run = Run(scope, now)
        try:
            value = self._closure(run)
            return _bounded(value, run) if value.__class__ in _HOLDERS else value
        except (LimitExceeded, RecursionError) as error:
            _stopped(run, error)
            return None

    def evaluate_with_warnings(
        self, scope: Mapping[str, Any] = _NOTHING, now: datetime | None = None
    ) -> tuple[Any, tuple[FeelWarning, ...]]:
        run = Run(scope, now)
        try:
            value = self._closure(run)
            if value.__class__ in _HOLDERS:
                _bounded(value, run)
        except (LimitExceeded, RecursionError) as error:
            value = None
            _stopped(run, error)
        return value, run.warnings

    def test(self, scope: Mapping[str, Any] = _NOTHING, now: datetime | None = None) -> bool:
        """Whether the value is exactly true."""
        return self.evaluate(scope, now) is True


def _bounded(value: Any, run: Run) -> Any:
    """The value, unless it is too large once written out: a list may hold another one many times."""
    pending = [value]
    while pending:
        part = pending.pop()
        inner = part.values() if part.__class__ is dict else part if part.__class__ in (list, tuple) else ()
        if inner:
            run.spend(len(inner))
            pending.extend(inner)
    return value


def _stopped(run: Run, error: Exception) -> None:
    run.warn(str(error) if isinstance(error, LimitExceeded) else "Nested too deeply")


def compile(
    text: str, names: Iterable[str] = (), unary: bool = False, types: Declared = NOTHING_DECLARED
) -> Expression:
    """The expression of a text; `names` are known names, so that those with spaces or operators are recognised.

    Raises FeelSyntaxError.
    """
    return _compiled(text, names if isinstance(names, frozenset) else frozenset(names), unary, types)


@lru_cache(maxsize=16_384)
def _compiled(text: str, known: frozenset[str], unary: bool, types: Declared) -> Expression:
    table = names.cached_table(known)
    try:
        tree = parser.parse_unary(text, table) if unary else parser.parse(text, table)
        _check_depth(tree, text)
        return _made(text, tree, known, unary, types)
    except RecursionError:
        raise FeelSyntaxError(Text("Nested too deeply"), 0, text) from None


def _made(
    source: str, tree: syntax.Node, known: frozenset[str] = frozenset(), unary: bool = False,
    types: Declared = NOTHING_DECLARED,
) -> Expression:
    return Expression(source, tree, known, unary, types, compiler.compile_tree(tree, known & functions.NAMES, types))


def _check_depth(tree: syntax.Node, text: str) -> None:
    level: list[syntax.Node] = [tree]
    for _ in range(2 * limits.DEPTH):
        level = [child for node in level for child in node.children()]
        if not level:
            return
    raise FeelSyntaxError(Text("More than {limit} levels of nesting", limit=2 * limits.DEPTH), level[0].start, text)


def part(whole: Expression, node: syntax.Node) -> Expression:
    """A part of an expression as one of its own: what a renderer evaluates beforehand."""
    return _made(whole.text, node, whole.known, types=whole.types)


def literal(value: Any) -> Expression:
    """A constant as an expression: `literal(True)` allows everything."""
    plain = text.scalar(value)
    source = plain if value is None or isinstance(value, (bool, str, int, float, Decimal)) else f'@"{plain}"'
    return _made(source, syntax.Literal(value, start=0, end=len(source)))
