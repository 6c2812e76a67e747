"""Equality, order and membership of terms in SQL, three-valued as in FEEL: NULL where FEEL says null.

FEEL and SQL differ where one side is missing: `null = 5` is false in FEEL and unknown in SQL. `exact` false allows a
NULL for false, which no `where` tells apart and lets plain comparisons use indexes.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR
from typing import Any

import sqlalchemy as sa

from formloom.errors import Text
from formloom.feel import Range, ast, comparison
from formloom.storage.columns import Instant
from formloom.storage.rendering.decimals import Numbers
from formloom.storage.rendering.terms import NotRenderable, Term, constant

UNKNOWN: Any = sa.cast(sa.null(), sa.Boolean)
FLIPPED: Mapping[str, str] = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "=": "=", "!=": "!="}
_ORDERS: Mapping[str, Callable[[Any, Any], Any]] = {
    "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
}
_UNORDERED = frozenset(("boolean", "list", "range", "other", "null", "local date and time"))


@dataclass(frozen=True, slots=True)
class Relations:
    numbers: Numbers

    def compare(self, relation: str, left: Term, right: Term, exact: bool, node: ast.Node) -> Any:
        if left.is_constant and right.is_constant:
            return _answer(comparison.compare(relation, left.constant, right.constant, _Free()))
        if left.is_constant:
            left, right, relation = right, left, FLIPPED[relation]
        if relation in ("=", "!="):
            return self.equality(relation == "=", left, right, exact, node)
        return self.order(relation, left, right, node)

    def equality(self, equal: bool, left: Term, right: Term, exact: bool, node: ast.Node) -> Any:
        """`left` is not constant."""
        if right.is_constant and right.constant is None:
            return left.sql.is_(None) if equal else left.sql.is_not(None)
        _known(left, right, node)
        if left.kind != right.kind:
            return _strange(equal, left, right)
        if left.kind == "list":
            raise NotRenderable(node, Text("whole lists cannot be compared in a list of records"))
        a, b = self.numbers.raw(left), None
        if right.is_constant:
            b = self.numbers.bound(left, right.constant)
            if b is None:  # finer than what is stored ever is
                return sa.literal(not equal)
        elif left.kind == "number":
            (a, b), _ = self.numbers.aligned(left, right)
        else:
            b = right.sql
        if left.kind == "date and time":
            a, b = self.second(a), self.second(sa.literal(b, Instant()) if right.is_constant else b)
        if equal and not exact and right.is_constant:
            return a == b
        return a.is_not_distinct_from(b) if equal else a.is_distinct_from(b)

    def second(self, moment: Any) -> Any:
        """Moments are equal where their seconds are; their order is finer."""
        return sa.func.substr(moment, 1, 19) if self.numbers.scaled else sa.func.date_trunc("second", moment)

    def order(self, relation: str, left: Term, right: Term, node: ast.Node) -> Any:
        if left.is_constant and right.is_constant:
            return _answer(comparison.ordered(comparison.ORDERS[relation], left.constant, right.constant))
        if left.is_constant:
            left, right, relation = right, left, FLIPPED[relation]
        if right.kind == "null":
            return UNKNOWN
        _known(left, right, node)
        if left.kind != right.kind or left.kind in _UNORDERED:
            return UNKNOWN
        compare = _ORDERS[relation]
        if left.kind == "string":
            return compare(self.by_code(left.sql), self.by_code(_text(right)))
        if not right.is_constant:
            return compare(*self._pair(left, right))
        value = self.numbers.bound(left, right.constant)
        if value is not None:
            return compare(*self.numbers.order(self.numbers.raw(left), value, left))
        below = relation in ("<", "<=")
        near = self.numbers.rounded(left, right.constant, ROUND_FLOOR if below else ROUND_CEILING)
        return _ORDERS["<=" if below else ">="](self.numbers.raw(left), near)

    def _pair(self, left: Term, right: Term) -> tuple[Any, Any]:
        if left.kind != "number":
            return left.sql, right.sql
        (a, b), unit = self.numbers.aligned(left, right)
        return self.numbers.order(a, b, unit)

    def by_code(self, sql: Any) -> Any:
        """Strings order by code point, as in FEEL, not by the language of the database."""
        return sql.collate("BINARY" if self.numbers.dialect == "sqlite" else "C")

    # membership

    def member(self, item: Term, test: Term, exact: bool, node: ast.Node) -> Any:
        """`item in test`: a range holds it, a list has it, anything else equals it."""
        if item.is_constant and test.is_constant:
            return _answer(comparison.member_of(item.constant, test.constant, _Free()))
        if test.is_constant:
            return self._in_constant(item, test, exact, node)
        if test.kind == "list":
            return _or_nothing(item, test, self.contains(test, item, node))
        found = self.compare("=", item, test, exact=True, node=node)
        return _or_nothing(item, test, found)

    def _in_constant(self, item: Term, test: Term, exact: bool, node: ast.Node) -> Any:
        value = test.constant
        if value is None:
            return _true_if(item.sql.is_(None))
        if isinstance(value, Range):
            return self.within(item, (_end(value.low, node), _end(value.high, node)),
                               (value.low_closed, value.high_closed), node)
        if not isinstance(value, (list, tuple)):
            return self.equality(True, item, test, exact, node)
        return self.one_of(item, list(value), exact, node)

    def within(self, item: Term, ends: tuple[Term | None, Term | None], closed: tuple[bool, bool],
               node: ast.Node) -> Any:
        """None is an open end."""
        relations = (">=" if closed[0] else ">", "<=" if closed[1] else "<")
        parts = [self.order(relation, item, end, node) for relation, end in zip(relations, ends, strict=True) if end]
        return sa.and_(*parts) if parts else UNKNOWN

    def one_of(self, item: Term, values: list[Any], exact: bool, node: ast.Node) -> Any:
        if item.kind == "list":
            raise NotRenderable(node, Text("whole lists cannot be compared in a list of records"))
        terms = [constant(v, node) for v in values if not isinstance(v, Range)]
        for term in terms:
            _known(item, term, node)
        bound = [b for term in terms if term.kind == item.kind
                 and (b := self.numbers.bound(item, term.constant)) is not None]
        if item.kind == "date and time":
            found = self.second(item.sql).in_([self.second(sa.literal(b, Instant())) for b in bound])
        else:
            found = self.numbers.raw(item).in_(bound)
        parts = [sa.func.coalesce(found, sa.false()) if exact else found]
        if None in values:
            parts.append(item.sql.is_(None))
        parts.extend(self._in_constant(item, Term("range", constant=v), exact, node)
                     for v in values if isinstance(v, Range))
        return sa.or_(*parts)

    def has(self, values: Sequence[Any], item: Term, node: ast.Node) -> Any:
        """Whether a list that is the same for every row holds the item."""
        plain = [value for value in values if not isinstance(value, Range)]
        if item.is_constant:
            return sa.literal(any(comparison.equal(value, item.constant, _Free()) for value in plain))
        return self.one_of(item, plain, True, node)

    def any_equal(self, item: Term, elements: Iterable[Term], node: ast.Node) -> Any:
        """Whether one of them equals the item; never unknown, for an element that cannot be compared is another one."""
        return sa.or_(sa.false(), *(
            sa.func.coalesce(self.compare("=", item, element, True, node), sa.false()) for element in elements))

    def contains(self, whole: Term, item: Term, node: ast.Node) -> Any:
        """NULL without a list, otherwise whether it has the item."""
        if whole.contains is None:
            raise NotRenderable(node, Text("this cannot be asked of the database"))
        if item.kind == "unknown" or item.scale or item.wide:
            raise NotRenderable(node, Text("this cannot be asked of the database"))
        found: Any = sa.false()
        if item.kind == whole.element:
            like = Term(whole.element, whole=whole.whole)
            value = item.sql if item.sql is not None else self.numbers.bound(like, item.constant)
            found = sa.false() if value is None else sa.func.coalesce(whole.contains(value), sa.false())
        return sa.case((whole.sql.is_not(None), found))

    # parts of strings

    def text_condition(self, name: str, whole: Term, part: Term) -> Any:
        """LIKE ignores case on SQLite, so positions and slices are compared instead."""
        a, b = _text(whole), _text(part)
        if name == "contains":
            return (sa.func.instr if self.numbers.dialect == "sqlite" else sa.func.strpos)(a, b) > 0
        size = sa.func.length(b)
        start = 1 if name == "starts with" else sa.func.length(a) - size + 1
        return sa.and_(sa.func.length(a) >= size, sa.func.substr(a, start, size) == b)


class _Free:
    """The budget of comparisons between constants: they were evaluated within one."""

    def spend(self, steps: int) -> None:
        pass


def _answer(verdict: bool | None) -> Any:
    return UNKNOWN if verdict is None else sa.literal(verdict)


def nullable(term: Term) -> Any:
    """Whether the term is null, as SQL."""
    return sa.literal(term.constant is None) if term.is_constant else term.sql.is_(None)


def _known(left: Term, right: Term, node: ast.Node) -> None:
    if "unknown" in (left.kind, right.kind):
        raise NotRenderable(node, Text("values of this field have no type that the database knows"))


def _strange(equal: bool, left: Term, right: Term) -> Any:
    """Kinds that do not compare: only a missing value differs from the other, or equals it if that misses, too."""
    here, there = nullable(left), nullable(right)
    both = sa.and_(here, there) if equal else sa.not_(sa.and_(here, there))
    return sa.case((sa.or_(here, there), both), else_=UNKNOWN)


def _or_nothing(item: Term, test: Term, found: Any) -> Any:
    """A missing test holds a missing item only, and is no answer about others."""
    return sa.case((test.sql.is_(None), _true_if(nullable(item))), else_=found)


def _true_if(condition: Any) -> Any:
    return sa.case((condition, sa.true()))


def _end(value: Any, node: ast.Node) -> Term | None:
    return None if value is None else constant(value, node)


def _text(term: Term) -> Any:
    return sa.literal(term.constant) if term.is_constant else term.sql
