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
    """Made by `compile` or `literal`; equal to another of the same text over the same names.

    One that is read back from where it was kept is parsed when it is first asked.
    """

    text: str
    known: frozenset[str] = frozenset()
    unary: bool = False
    types: Declared = NOTHING_DECLARED
    given: syntax.Node | None = None    # the tree, where it is not simply that of the text

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Expression) and self._key == other._key

    def __hash__(self) -> int:
        return hash(self.text)

    def __repr__(self) -> str:
        return f"Expression({self.text!r})"

    @property
    def _key(self) -> tuple[Any, ...]:
        return self.text, self.known, self.unary, self.types, self.given

    def __getstate__(self) -> tuple[Any, ...]:
        return self._key

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        self.__dict__.update(zip(("text", "known", "unary", "types", "given"), state, strict=True))

    @cached_property
    def ast(self) -> syntax.Node:
        return self.given or _tree(self.text, names.long(self.known), self.unary)

    @cached_property
    def _closure(self) -> Callable[[Any], Any]:
        hiding = self.known & functions.NAMES
        if self.given:
            return compiler.compile_tree(self.given, hiding, self.types)
        return _closure_of(self.text, names.long(self.known), self.unary, hiding, self.types)

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
    made = Expression(text, known, unary, types)
    try:
        made._closure  # noqa: B018 - what cannot be parsed or compiled is told now
    except RecursionError:
        raise FeelSyntaxError(Text("Nested too deeply"), 0, text) from None
    return made


@lru_cache(maxsize=16_384)
def _tree(text: str, known: frozenset[str], unary: bool) -> syntax.Node:
    """One for all expressions of the text: only names of several words decide how it is read."""
    table = names.cached_table(known)
    tree = parser.parse_unary(text, table) if unary else parser.parse(text, table)
    _check_depth(tree, text)
    return tree


@lru_cache(maxsize=16_384)
def _closure_of(text: str, known: frozenset[str], unary: bool, hiding: frozenset[str],
                types: Declared) -> Callable[[Any], Any]:
    return compiler.compile_tree(_tree(text, known, unary), hiding, types)


def _check_depth(tree: syntax.Node, text: str) -> None:
    level: list[syntax.Node] = [tree]
    for _ in range(2 * limits.DEPTH):
        level = [child for node in level for child in node.children()]
        if not level:
            return
    raise FeelSyntaxError(Text("More than {limit} levels of nesting", limit=2 * limits.DEPTH), level[0].start, text)


def part(whole: Expression, node: syntax.Node) -> Expression:
    """A part of an expression as one of its own: what a renderer evaluates beforehand."""
    return Expression(whole.text, whole.known, types=whole.types, given=node)


def literal(value: Any) -> Expression:
    """A constant as an expression: `literal(True)` allows everything."""
    plain = text.scalar(value)
    source = plain if value is None or isinstance(value, (bool, str, int, float, Decimal)) else f'@"{plain}"'
    return Expression(source, given=syntax.Literal(value, start=0, end=len(source)))
