"""Exact numbers of a database: NUMERIC, or on SQLite integers that count the last digit and text where they end.

Every number knows how large it can become. What fits 64 bits (SQLite) or 34 digits (PostgreSQL) is computed by the
database itself, the rest by the functions that round as FEEL does.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Context, Decimal
from typing import Any

import sqlalchemy as sa

from formloom.errors import Text
from formloom.feel import ast
from formloom.storage.functions.sqlite import number_text
from formloom.storage.rendering.terms import LARGEST, NotRenderable, Term

ROWS = 10**12           # more than any table holds
_MOST_DIGITS = 300      # of anything computed on the way
_EXACT = 10**34
_WIDE = Context(prec=7000)
_FUNCTIONS = {"+": "fl_add", "-": "fl_subtract", "*": "fl_multiply", "/": "fl_divide"}


@dataclass(frozen=True, slots=True)
class Numbers:
    dialect: str

    @property
    def scaled(self) -> bool:
        return self.dialect == "sqlite"

    def raw(self, term: Term) -> Any:
        """The number as the database keeps it, free of the type that would convert what it is compared with."""
        if term.kind != "number":
            return term.sql
        if term.wide:
            return sa.type_coerce(term.sql, sa.Text())
        return sa.type_coerce(term.sql, sa.BigInteger() if self.scaled or term.whole else sa.Numeric())

    def bound(self, term: Term, value: Any) -> Any:
        """A constant as the database keeps it beside this term; None if the term has too few digits for it."""
        if term.kind == "years and months duration":
            return value.months
        if term.kind != "number":
            return value
        if term.wide:
            return number_text(value)
        if not self.scaled:
            # An integer column is found by its index only when it is compared with an integer.
            fits = term.whole and value == int(value) and abs(value) <= LARGEST
            return int(value) if fits else sa.literal(Decimal(value), sa.Numeric())
        shifted = Decimal(value).scaleb(term.scale, _WIDE)
        return self._counted(shifted) if shifted == shifted.to_integral_value() else None

    def rounded(self, term: Term, value: Any, rounding: str) -> Any:
        """The nearest that the term can be."""
        return self.bound(term, Decimal(value).quantize(Decimal(1).scaleb(-term.scale), rounding, _WIDE))

    def _counted(self, number: Decimal) -> int | float:
        """What needs more than 64 bits is beyond all that is stored, and so is infinity."""
        if abs(number) <= LARGEST:
            return int(number)
        return float("inf") if number > 0 else float("-inf")

    def aligned(self, *terms: Term) -> tuple[list[Any], Term]:
        """Numbers in the same unit, and a term of that unit without a value."""
        scale = max(term.scale for term in terms)
        most = max(term.most * 10 ** (scale - term.scale) for term in terms)
        whole, wide = all(term.whole for term in terms), any(term.wide for term in terms)
        unit = Term("number", scale=scale, most=most, whole=whole, wide=wide)
        if not self.scaled:
            return [self.raw(term) for term in terms], unit
        if wide or most > LARGEST:
            return [self._widened(term) for term in terms], replace(unit, wide=True)
        return [self._shifted(term, scale) for term in terms], unit

    def _shifted(self, term: Term, scale: int) -> Any:
        return self.raw(term) if term.scale == scale else self.raw(term) * 10 ** (scale - term.scale)

    def _widened(self, term: Term) -> Any:
        return term.sql if term.wide else sa.func.fl_number(self.raw(term), term.scale, type_=sa.Text())

    def passed(self, term: Term) -> Any:
        """As an argument of the functions of FEEL."""
        return self._widened(term) if self.scaled else self.raw(term)

    def operand(self, term: Term, node: ast.Node) -> Term:
        """A number to compute with."""
        if not term.is_constant:
            return replace(term, sql=sa.cast(self.raw(term), sa.Numeric)) if term.whole and not self.scaled else term
        value = Decimal(term.constant)
        exponent = value.normalize(_WIDE).as_tuple().exponent
        scale = max(0, -exponent) if isinstance(exponent, int) else 0
        most = abs(int(value.scaleb(scale, _WIDE)))
        _bounded(scale, most, node)
        if not self.scaled:
            return Term("number", sa.literal(value, sa.Numeric()), scale=scale, most=most)
        if most > LARGEST:
            return Term("number", sa.literal(number_text(value), sa.Text()), scale=scale, most=most, wide=True)
        return Term("number", sa.literal(int(value.scaleb(scale, _WIDE)), sa.BigInteger()), scale=scale, most=most)

    def calculated(self, operator: str, left: Term, right: Term, node: ast.Node) -> Term:
        left, right = self.operand(left, node), self.operand(right, node)
        scale, most = _extent(operator, left, right)
        _bounded(scale, most, node)
        fits = most <= LARGEST and not (left.wide or right.wide) if self.scaled else most < _EXACT
        if not fits or operator == "/":
            return self.made(getattr(sa.func, _FUNCTIONS[operator])(self.passed(left), self.passed(right)), scale, most)
        (a, b), _ = self.aligned(left, right) if operator != "*" else ([self.raw(left), self.raw(right)], None)
        sql = a * b if operator == "*" else a + b if operator == "+" else a - b
        return Term("number", sql, scale=scale, most=most)

    def made(self, sql: Any, scale: int, most: int) -> Term:
        """What one of the functions gives: text on SQLite."""
        kind: Any = sa.Text() if self.scaled else sa.Numeric()
        return Term("number", sa.type_coerce(sql, kind), scale=scale, most=most, wide=self.scaled)

    def summed(self, term: Term, node: ast.Node) -> Term:
        """Of all rows; null if one is missing, as in FEEL."""
        if term.most * ROWS >= _EXACT or term.wide:
            raise NotRenderable(node, Text("the sum may have more digits than are exact"))
        raw = self.raw(term)
        if self.scaled:
            return self.made(sa.func.fl_total(raw, term.scale), term.scale, term.most * ROWS)
        total = sa.case((sa.func.count() == sa.func.count(raw), sa.func.sum(raw)))
        return self.made(total, term.scale, term.most * ROWS)

    def order(self, left: Any, right: Any, unit: Term) -> tuple[Any, Any]:
        """Two numbers of one unit as a pair that SQL orders."""
        return (sa.func.fl_compare(left, right, type_=sa.Integer()), 0) if unit.wide else (left, right)


def _extent(operator: str, left: Term, right: Term) -> tuple[int, int]:
    """How many digits the result has after the point, and its largest whole number of them."""
    if operator == "*":
        return left.scale + right.scale, left.most * right.most
    if operator == "/":
        scale = left.scale + len(str(right.most)) + 34
        return scale, left.most * 10 ** (right.scale - left.scale + scale)
    scale = max(left.scale, right.scale)
    return scale, sum(term.most * 10 ** (scale - term.scale) for term in (left, right))


def _bounded(scale: int, most: int, node: ast.Node) -> None:
    if scale > _MOST_DIGITS or most >= 10**_MOST_DIGITS:
        raise NotRenderable(node, Text("the number may have more digits than a database computes; use fewer steps"))
