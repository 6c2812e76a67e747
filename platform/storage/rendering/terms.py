"""Values of an expression as SQL: columns, constants, what is computed from them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Context, Decimal
from typing import Any, TypeAlias

import sqlalchemy as sa

from formloom.errors import Text
from formloom.feel import Range, ast
from formloom.metadata.catalog import Entity
from formloom.storage.columns import Exact, Instant, Json, Span

Contains: TypeAlias = Callable[[Any], sa.ColumnElement[bool]]

# SQLite keeps whole numbers in 64 bits; beyond them it would go on with floats.
LARGEST = 2**63 - 1
_MOST_DIGITS = 18
_WIDE = Context(prec=7000)
_LONGEST_SPAN = timedelta(microseconds=LARGEST)


class NotRenderable(Exception):
    """This part of an expression has no exact SQL; `position` is a 0-based offset into its text."""

    def __init__(self, node: ast.Node, reason: Text) -> None:
        super().__init__(str(reason))
        self.position = node.start
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Scope:
    """Whose fields names mean: the record's, and in a quantifier also those of the row it binds."""

    entity: Entity
    table: sa.FromClause
    bound: Mapping[str, tuple[Entity, sa.FromClause]] = field(default_factory=dict)

    def has(self, name: str) -> bool:
        return name == "record" or name in self.bound or name in self.entity.fields or name in self.table.c


@dataclass(frozen=True, slots=True)
class Term:
    """Something with a value: SQL of one kind, or a constant where `sql` is None.

    `kind` is FEEL's name of its type, "null" of the constant, "unknown" where it differs from row to row. `scale`: how
    many digits an integer of SQLite holds after the point. Of a list, `contains` makes the condition that it has a
    value of the kind `element`, and `sql` tells whether there is a list at all. `whole`: an integer in both databases.
    """

    kind: str
    sql: Any = None
    constant: Any = None
    scale: int = 0
    target: Entity | None = None
    whole: bool = False
    element: str = ""
    contains: Contains | None = None

    @property
    def is_constant(self) -> bool:
        return self.sql is None


def constant(value: Any, node: ast.Node) -> Term:
    """A value that is the same for every row."""
    kind = _kind(value)
    if kind == "string" and not _storable(value):
        raise NotRenderable(node, Text("no database can hold this character"))
    if kind == "date and time":
        value = _moment(value)
    if kind == "days and time duration":
        value = max(-_LONGEST_SPAN, min(_LONGEST_SPAN, value))
    return Term(kind, constant=value)


def _kind(value: Any) -> str:
    if isinstance(value, datetime):
        return "local date and time" if value.tzinfo is None else "date and time"
    for kind, types in _CONSTANTS:
        if isinstance(value, types):
            return kind
    return "other"


_CONSTANTS: tuple[tuple[str, Any], ...] = (
    ("boolean", bool), ("number", (int, Decimal)), ("string", str), ("date", date),
    ("days and time duration", timedelta), ("list", (list, tuple)), ("range", Range), ("null", type(None)),
)


def _moment(value: datetime) -> datetime:
    """In UTC; what is out of the calendar there is put at its end."""
    try:
        return value.astimezone(UTC)
    except OverflowError:
        return (datetime.min if value.year == 1 else datetime.max).replace(tzinfo=UTC)


def _storable(text: str) -> bool:
    return "\0" not in text and not any("\ud800" <= letter <= "\udfff" for letter in text)


def column(column: Any, feel_type: str, target: Entity | None = None) -> Term:
    scale = column.type.scale if isinstance(column.type, Exact) else 0
    kind, whole = _stored_kind(column, feel_type), isinstance(column.type, sa.Integer)
    return Term(kind, column, scale=scale, target=target, whole=whole and kind == "number")


def _stored_kind(column: Any, feel_type: str) -> str:
    if isinstance(column.type, Json):
        return "unknown"
    for stored, kind in _STORED:
        if isinstance(column.type, stored):
            return kind
    return "unknown" if feel_type == "any" else feel_type


# Integers include references: a reference reads as its id.
_STORED: tuple[tuple[type[sa.types.TypeEngine[Any]], str], ...] = (
    (Exact, "number"), (sa.Numeric, "number"), (Span, "days and time duration"), (Instant, "date and time"),
    (sa.Date, "date"), (sa.Boolean, "boolean"), (sa.Integer, "number"), (sa.String, "string"),
)


@dataclass(frozen=True, slots=True)
class Numbers:
    """Exact arithmetic of a database: NUMERIC, or on SQLite integers that count the last digit."""

    dialect: str

    @property
    def scaled(self) -> bool:
        return self.dialect == "sqlite"

    def raw(self, term: Term) -> Any:
        """The number as the database keeps it, free of the type that would convert what it is compared with."""
        if term.kind != "number":
            return term.sql
        return sa.type_coerce(term.sql, sa.BigInteger() if self.scaled or term.whole else sa.Numeric())

    def bound(self, term: Term, value: Any) -> Any:
        """A constant as the database keeps it beside this term; None if the term has too few digits for it."""
        if term.kind != "number":
            return value
        shifted = Decimal(value).scaleb(term.scale, _WIDE)
        if shifted != shifted.to_integral_value():
            return None
        if self.scaled:
            return self._counted(shifted)
        # An integer column is found by its index only when it is compared with an integer.
        fits = term.whole and abs(shifted) <= LARGEST
        return int(shifted) if fits else sa.literal(Decimal(value), sa.Numeric())

    def rounded(self, term: Term, value: Any, rounding: str) -> Any:
        """The nearest that the term can be."""
        return self.bound(term, Decimal(value).quantize(Decimal(1).scaleb(-term.scale), rounding, _WIDE))

    def _counted(self, number: Decimal) -> int | float:
        """What needs more than 64 bits is beyond all that is stored, and so is infinity."""
        if abs(number) <= LARGEST:
            return int(number)
        return float("inf") if number > 0 else float("-inf")

    def aligned(self, left: Term, right: Term) -> tuple[Any, Any]:
        """Two numbers in the same unit."""
        a, b = self.raw(left), self.raw(right)
        if left.kind == "number" and self.scaled:
            scale = max(left.scale, right.scale)
            a, b = a * 10 ** (scale - left.scale), b * 10 ** (scale - right.scale)
        return a, b

    def operand(self, term: Term) -> Term | None:
        """A number to compute with, wide enough; None if it has more digits than SQLite counts."""
        if not term.is_constant:
            return term if self.scaled else Term("number", sa.cast(self.raw(term), sa.Numeric), scale=term.scale)
        value = Decimal(term.constant)
        exponent = value.normalize(_WIDE).as_tuple().exponent
        scale = max(0, -exponent) if isinstance(exponent, int) else 0
        if not self.scaled:
            return Term("number", sa.literal(value, sa.Numeric()), scale=scale)
        shifted = value.scaleb(scale, _WIDE)
        fits = abs(shifted) <= LARGEST and scale <= _MOST_DIGITS
        return Term("number", sa.literal(int(shifted), sa.BigInteger()), scale=scale) if fits else None

    def calculated(self, operator: str, left: Term, right: Term) -> Term:
        if operator == "*":
            return self._whole(self.raw(left) * self.raw(right), left.scale + right.scale)
        a, b = self.aligned(left, right)
        return self._whole(a + b if operator == "+" else a - b, max(left.scale, right.scale))

    def summed(self, term: Term) -> Any:
        """Of all rows; null if one is missing, as in FEEL. SQLite's own sum fails where 64 bits do not hold it."""
        raw = self.raw(term)
        if not self.scaled:
            total = sa.func.sum(raw)
        else:
            half = 10**9
            parts = sa.cast(raw, sa.BigInteger).op("/")(half), sa.cast(raw, sa.BigInteger).op("%")(half)
            total = self._whole(sa.func.sum(parts[0]) * half + sa.func.sum(parts[1]), 0).sql
        return sa.case((sa.func.count() == sa.func.count(raw), total))

    def _whole(self, sql: Any, scale: int) -> Term:
        """Null where SQLite would go on with a float: no answer rather than one that is nearly right."""
        if self.scaled:
            sql = sa.case((sa.func.typeof(sql) == "integer", sql))
        return Term("number", sql, scale=scale)
