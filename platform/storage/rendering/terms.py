"""Values of an expression as SQL: columns, constants, what is computed from them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

import sqlalchemy as sa

from formloom.errors import Text
from formloom.feel import Range, YearMonthDuration, ast
from formloom.feel.wide import WIDE
from formloom.metadata.catalog import Catalog, Entity
from formloom.storage.columns import Exact, Instant, Json, Span
from formloom.storage.tables import Tables

if TYPE_CHECKING:
    from formloom.storage.rendering.decimals import Numbers
    from formloom.storage.rendering.relations import Relations

Contains: TypeAlias = Callable[[Any], sa.ColumnElement[bool]]

# SQLite keeps whole numbers in 64 bits; beyond them it would go on with floats.
LARGEST = 2**63 - 1
LONGEST_SPAN = timedelta(microseconds=LARGEST)


class NotRenderable(Exception):
    """This part of an expression has no exact SQL; `position` is a 0-based offset into its text."""

    def __init__(self, node: ast.Node, reason: Text) -> None:
        super().__init__(str(reason))
        self.position = node.start
        self.reason = reason


def needs_kind(term: Term, node: ast.Node) -> None:
    """Raises NotRenderable for a value whose kind the database does not know, or cannot compute with."""
    if term.kind in ("unknown", "list", "context"):
        raise NotRenderable(
            node, Text("the database cannot compute with this value; keep the result in a formula field"))


@dataclass(frozen=True, slots=True)
class Row:
    """The row of a table that a name stands for; of a reference, the name is its id as well."""

    entity: Entity
    table: sa.FromClause
    is_reference: bool = False


@dataclass(frozen=True, slots=True)
class Scope:
    """Whose fields names mean: a row's and, inside a filter, those of rows around it; `bound` are loop variables."""

    entity: Entity
    table: sa.FromClause
    bound: Mapping[str, Row | Term] = field(default_factory=dict)
    outer: Scope | None = None
    is_reference: bool = False

    def find(self, name: str) -> Row | Term | Field | None:
        """What the innermost owner of the name has under it."""
        if name in self.bound:
            return self.bound[name]
        if name in self.entity.fields or name in self.table.c:
            return Field(self.entity, self.table)
        if name == "record" or (name == "item" and self.outer):
            return Row(self.entity, self.table, self.is_reference and name == "item")
        return self.outer.find(name) if self.outer else None


@dataclass(frozen=True, slots=True)
class Field:
    """The owner of a name that is one of its fields."""

    entity: Entity
    table: sa.FromClause


@dataclass(frozen=True, slots=True)
class Term:
    """Something with a value: SQL of one kind, or a constant where `sql` is None.

    `kind` is FEEL's name of its type, "null" of the constant, "unknown" where it differs from row to row. A number:
    `scale` is how many digits it has after the point at most, `most` bounds the whole number of its last digits; on
    SQLite it is that whole number or, if `wide`, text of any length. `whole`: an integer in both databases. `local`: a
    moment in a zone that is not known to be UTC. Of a list, `contains` makes the condition that it has a value of the
    kind `element`, and `sql` tells whether there is a list at all.
    """

    kind: str
    sql: Any = None
    constant: Any = None
    scale: int = 0
    most: int = 0
    wide: bool = False
    whole: bool = False
    local: bool = False
    target: Entity | None = None
    element: str = ""
    contains: Contains | None = None

    @property
    def is_constant(self) -> bool:
        return self.sql is None


NULL = Term("null")


class Walk(Protocol):
    """What functions of FEEL are rendered with: the walk that meets them in the tree."""

    @property
    def numbers(self) -> Numbers: ...
    @property
    def relations(self) -> Relations: ...
    @property
    def tables(self) -> Tables: ...
    @property
    def catalog(self) -> Catalog: ...
    def condition(self, node: ast.Node, scope: Scope, exact: bool = False) -> Any: ...
    def term(self, node: ast.Node, scope: Scope) -> Term: ...
    def field(self, name: str, entity: Entity, table: Any, node: ast.Node) -> Term: ...
    def member(self, source: Term, name: str, node: ast.Node) -> Term: ...
    def unified(self, parts: Sequence[Term], node: ast.Node) -> tuple[list[Any], Term]: ...


def constant(value: Any, node: ast.Node) -> Term:
    """A value that is the same for every row."""
    kind = _kind(value)
    if isinstance(value, WIDE):
        raise NotRenderable(node, Text("databases hold the years 1 to 9999 and whole microseconds"))
    if kind == "string" and not _storable(value):
        raise NotRenderable(node, Text("no database can hold this character"))
    local = kind == "date and time" and value.utcoffset() != timedelta()
    if kind == "date and time":
        value = _moment(value)
    if kind == "days and time duration":
        value = max(-LONGEST_SPAN, min(LONGEST_SPAN, value))
    return Term(kind, constant=value, local=local)


def _kind(value: Any) -> str:
    if isinstance(value, datetime):
        return "local date and time" if value.tzinfo is None else "date and time"
    for kind, types in _CONSTANTS:
        if isinstance(value, types):
            return kind
    return "other"


_CONSTANTS: tuple[tuple[str, Any], ...] = (
    ("boolean", bool), ("number", (int, Decimal)), ("string", str), ("date", date),
    ("days and time duration", timedelta), ("years and months duration", YearMonthDuration),
    ("list", (list, tuple)), ("range", Range), ("null", type(None)),
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
    kind, whole = _stored_kind(column, feel_type), isinstance(column.type, sa.Integer)
    scale = column.type.scale if isinstance(column.type, Exact) else 0
    return Term(kind, column, scale=scale, most=_most(column.type), target=target, whole=whole and kind == "number")


def _most(kind: sa.types.TypeEngine[Any]) -> int:
    if isinstance(kind, Exact):
        return int(10**kind.precision)
    return LARGEST if isinstance(kind, sa.BigInteger) else 2**31


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
