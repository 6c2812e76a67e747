"""FEEL as SQL: an expression over a record's fields becomes a condition over the rows of its table.

A row is matched where `Expression.test` of the row would be true. What depends on no field (the user, the clock,
literals) is evaluated in Python and bound as a parameter; what cannot be said exactly in SQL is refused by position.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import Any, TypeAlias

import sqlalchemy as sa

from formloom.errors import Text
from formloom.feel import Expression, Range, ast, part
from formloom.metadata.catalog import Catalog, Entity
from formloom.storage.columns import Exact, Instant, Span
from formloom.storage.tables import Tables, build, is_link

Sql: TypeAlias = sa.ColumnElement[Any]
_COMPARE: Mapping[str, Callable[[Any, Any], Any]] = {
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
}
_FLIPPED = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "=": "=", "!=": "!="}
_NULL = sa.cast(sa.null(), sa.Boolean)


class NotRenderable(Exception):
    """This part of an expression has no exact SQL; `position` is a 0-based offset into its text."""

    def __init__(self, position: int, reason: Text) -> None:
        super().__init__(str(reason))
        self.position = position
        self.reason = reason


def render(
    expression: Expression,
    entity: Entity,
    catalog: Catalog,
    tables: Tables,
    dialect: str,
    *,
    user: Mapping[str, Any] | None = None,
    now: datetime | None = None,
) -> sa.ColumnElement[bool]:
    scope = _Scope(entity, tables[entity.name])
    renderer = _Renderer(catalog, tables, dialect, {"user": user or {}}, now, expression)
    condition: sa.ColumnElement[bool] = renderer.condition(expression.ast, scope)
    return condition


def check(expression: Expression, entity: Entity, catalog: Catalog) -> list[tuple[int, Text]]:
    """What would be refused, without a database."""
    try:
        render(expression, entity, catalog, build(catalog), "sqlite")
    except NotRenderable as error:
        return [(error.position, error.reason)]
    return []


@dataclass(frozen=True)
class _Scope:
    """Whose fields names mean: the record's, and in a quantifier also those of the row it binds."""

    entity: Entity
    table: Any
    bound: Mapping[str, tuple[Entity, Any]] = field(default_factory=dict)


@dataclass(frozen=True)
class _Term:
    """Something with a value: SQL of one kind, or a constant. `scale`: how many digits an integer of SQLite holds
    after the point."""

    kind: str
    sql: Any = None
    constant: Any = None
    scale: int = 0
    target: Entity | None = None

    @property
    def is_constant(self) -> bool:
        return self.sql is None


def _kind(value: Any) -> str:
    if isinstance(value, bool):
        return "boolean"
    for kind, types in (
        ("number", (int, Decimal)),
        ("string", str),
        ("date and time", datetime),
        ("date", date),
        ("days and time duration", timedelta),
        ("list", (list, tuple)),
        ("null", type(None)),
    ):
        if isinstance(value, types):
            return kind
    return "other"


@dataclass(frozen=True)
class _Renderer:
    catalog: Catalog
    tables: Tables
    dialect: str
    outer: Mapping[str, Any]
    now: datetime | None
    expression: Expression

    def refuse(self, node: ast.Node, template: str = "this cannot be asked of the database") -> NotRenderable:
        return NotRenderable(node.start, Text(template))

    # conditions: true, false or null

    def condition(self, node: ast.Node, scope: _Scope, exact: bool = False) -> Any:
        """`exact` false: a null may stand for false, which lets plain comparisons use indexes."""
        if self._free(node, scope):
            value = self._evaluated(node)
            return sa.literal(value) if isinstance(value, bool) else _NULL
        match node:
            case ast.And(operands=operands):
                return sa.and_(*(self.condition(o, scope, exact) for o in operands))
            case ast.Or(operands=operands):
                return sa.or_(*(self.condition(o, scope, exact) for o in operands))
            case ast.Comparison(operator=operator, left=left, right=right):
                return self._comparison(operator, self.term(left, scope), self.term(right, scope), exact, node)
            case ast.Between(value=value, low=low, high=high):
                item = self.term(value, scope)
                return sa.and_(
                    self._order(">=", item, self.term(low, scope), node),
                    self._order("<=", item, self.term(high, scope), node),
                )
            case ast.In(value=value, tests=tests):
                return sa.or_(*(self._member(value, test, scope, exact) for test in tests))
            case ast.If(condition=condition, then=then, otherwise=otherwise):
                return sa.case(
                    (self.condition(condition, scope), self.condition(then, scope, exact)),
                    else_=self.condition(otherwise, scope, exact),
                )
            case ast.Quantified():
                return self._quantified(node, scope)
            case ast.Call(function=ast.Name(name=name), arguments=arguments):
                return self._call_condition(name, [a.value for a in arguments], node, scope)
        term = self.term(node, scope)
        if term.kind != "boolean":
            raise self.refuse(node, "this is not a condition")
        return term.sql.is_(sa.true()) if exact is False else term.sql

    def _comparison(self, operator: str, left: _Term, right: _Term, exact: bool, node: ast.Node) -> Any:
        if left.is_constant:
            left, right, operator = right, left, _FLIPPED[operator]
        if operator in ("=", "!="):
            return self._equality(operator == "=", left, right, exact)
        return self._order(operator, left, right, node)

    def _equality(self, equal: bool, left: _Term, right: _Term, exact: bool) -> Any:
        if right.is_constant and right.constant is None:
            return left.sql.is_(None) if equal else left.sql.is_not(None)
        if left.kind != right.kind:
            # Null is comparable with every kind; other kinds give null, unless the left is null itself.
            return sa.case((left.sql.is_(None), sa.literal(not equal)), else_=_NULL)
        if right.is_constant:
            value = self._bound(left, right.constant)
            if value is None:
                return sa.literal(not equal)
            if equal and not exact:
                return self._raw(left) == value
            return self._raw(left).is_not_distinct_from(value) if equal else self._raw(left).is_distinct_from(value)
        a, b = self._aligned(left, right)
        return a.is_not_distinct_from(b) if equal else a.is_distinct_from(b)

    def _order(self, operator: str, left: _Term, right: _Term, node: ast.Node) -> Any:
        if left.is_constant:
            left, right, operator = right, left, _FLIPPED[operator]
        if left.is_constant or left.kind != right.kind or left.kind in ("boolean", "list", "other"):
            return _NULL
        if left.kind == "string":
            return _COMPARE[operator](
                self._bytes(left.sql), self._bytes(sa.literal(right.constant) if right.is_constant else right.sql)
            )
        if not right.is_constant:
            return _COMPARE[operator](*self._aligned(left, right))
        value = self._bound(left, right.constant)
        if value is not None:
            return _COMPARE[operator](self._raw(left), value)
        rounding = ROUND_FLOOR if operator in ("<", "<=") else ROUND_CEILING
        near = Decimal(right.constant).quantize(Decimal(1).scaleb(-left.scale), rounding)
        return _COMPARE["<=" if operator in ("<", "<=") else ">="](self._raw(left), self._bound(left, near))

    def _bytes(self, sql: Any) -> Any:
        """Strings order by code point, as in FEEL, not by the language of the database."""
        return sql.collate("C" if self.dialect == "postgresql" else "BINARY")

    def _raw(self, term: _Term) -> Any:
        """The number as the database keeps it."""
        if term.kind != "number":
            return term.sql
        return sa.type_coerce(term.sql, sa.BigInteger() if self.dialect == "sqlite" else sa.Numeric())

    def _bound(self, term: _Term, value: Any) -> Any:
        """A constant as the database keeps it beside this term; None if the term has too few digits for it."""
        if term.kind != "number":
            return value
        shifted = Decimal(value).scaleb(term.scale)
        if shifted != shifted.to_integral_value():
            return None
        return int(shifted) if self.dialect == "sqlite" else Decimal(value)

    def _aligned(self, left: _Term, right: _Term) -> tuple[Any, Any]:
        """Two numbers in the same unit."""
        a, b = self._raw(left), self._raw(right)
        if left.kind == "number" and self.dialect == "sqlite":
            scale = max(left.scale, right.scale)
            a, b = a * 10 ** (scale - left.scale), b * 10 ** (scale - right.scale)
        return a, b

    def _member(self, value: ast.Node, test: ast.Node, scope: _Scope, exact: bool) -> Any:
        match test:
            case ast.Relation(operator=operator, operand=operand):
                return self._comparison(operator, self.term(value, scope), self.term(operand, scope), exact, test)
            case ast.Range():
                return self._within(value, test, scope)
            case ast.ListOf(items=items) if not self._free(test, scope):
                return sa.or_(*(self._member(value, item, scope, exact) for item in items))
        term = self.term(test, scope)
        if term.kind == "list" and not term.is_constant:
            return self._contains(term, self.term(value, scope), test)
        item = self.term(value, scope)
        if item.is_constant:
            raise self.refuse(test)
        if term.is_constant and isinstance(term.constant, Range):
            return self._in_constant_range(item, term.constant, test)
        if term.is_constant and isinstance(term.constant, (list, tuple)):
            return self._one_of(item, list(term.constant), exact)
        return self._equality(True, item, term, exact)

    def _one_of(self, item: _Term, values: list[Any], exact: bool) -> Any:
        bound = [
            b for v in values if v is not None and _kind(v) == item.kind and (b := self._bound(item, v)) is not None
        ]
        found = self._raw(item).in_(bound)
        if exact:
            found = sa.func.coalesce(found, sa.false())
        return sa.or_(found, item.sql.is_(None)) if None in values else found

    def _within(self, value: ast.Node, test: ast.Range, scope: _Scope) -> Any:
        item, parts = self.term(value, scope), []
        for end, closed, operator in ((test.low, test.low_closed, ">"), (test.high, test.high_closed, "<")):
            parts.append(self._order(operator + ("=" if closed else ""), item, self.term(end, scope), test))
        return sa.and_(*parts)

    def _in_constant_range(self, item: _Term, limits: Range, node: ast.Node) -> Any:
        parts = []
        for end, closed, operator in ((limits.low, limits.low_closed, ">"), (limits.high, limits.high_closed, "<")):
            if end is not None:
                parts.append(
                    self._order(operator + ("=" if closed else ""), item, _Term(_kind(end), constant=end), node)
                )
        return sa.and_(*parts) if parts else _NULL

    def _call_condition(self, name: str, arguments: list[ast.Node], node: ast.Node, scope: _Scope) -> Any:
        if name == "not" and len(arguments) == 1:
            return sa.not_(self.condition(arguments[0], scope, exact=True))
        if len(arguments) != 2:
            raise self.refuse(node, "this function cannot be asked of the database")
        first, second = (self.term(a, scope) for a in arguments)
        if name == "list contains" and not first.is_constant:
            return self._contains(first, second, node)
        if name in ("contains", "starts with", "ends with"):
            return self._text_condition(name, first, second, node)
        raise self.refuse(node, "this function cannot be asked of the database")

    def _text_condition(self, name: str, whole: _Term, part: _Term, node: ast.Node) -> Any:
        """LIKE ignores case on SQLite, so positions and slices are compared instead."""
        if {whole.kind, part.kind} != {"string"}:
            return _NULL
        a, b = (sa.literal(t.constant) if t.is_constant else t.sql for t in (whole, part))
        if name == "contains":
            return (sa.func.instr(a, b) if self.dialect == "sqlite" else sa.func.strpos(a, b)) > 0
        size = sa.func.length(b)
        start = 1 if name == "starts with" else sa.func.length(a) - size + 1
        return sa.and_(sa.func.length(a) >= size, sa.func.substr(a, start, size) == b)

    def _contains(self, whole: _Term, item: _Term, node: ast.Node) -> Any:
        if not item.is_constant or item.kind not in ("string", "number") or not callable(whole.sql):
            raise self.refuse(node)
        return whole.sql(item.constant)

    def _quantified(self, node: ast.Quantified, scope: _Scope) -> Any:
        if len(node.bindings) != 1:
            raise self.refuse(node)
        binding = node.bindings[0]
        entity, table, link = self._children(binding.source, scope)
        inner = replace(scope, bound={**scope.bound, binding.name: (entity, table)})
        test = self.condition(node.condition, inner, exact=True)
        decisive = test.is_(sa.true()) if node.kind == "some" else test.is_(sa.false())

        def any_row(found: Any) -> Any:
            return sa.exists(sa.select(sa.literal(1)).select_from(table).where(link, found))

        return sa.case(
            (any_row(decisive), sa.literal(node.kind == "some")),
            (any_row(test.is_(None)), _NULL),
            else_=sa.literal(node.kind != "some"),
        )

    def _children(self, node: ast.Node, scope: _Scope) -> tuple[Entity, Any, Any]:
        if (
            isinstance(node, ast.Name)
            and (shown := scope.entity.fields.get(node.name))
            and shown.type.name == "table"
            and shown.target
        ):
            table = self.tables[shown.target].alias()
            return self.catalog.entity(shown.target), table, table.c.parent == scope.table.c.id
        raise self.refuse(node, "only a child table of this record can be searched here")

    # terms: values

    def term(self, node: ast.Node, scope: _Scope) -> _Term:
        if self._free(node, scope):
            value = self._evaluated(node)
            return _Term(_kind(value), constant=value)
        match node:
            case ast.Name(name=name):
                return self._field(name, scope.entity, scope.table, node)
            case ast.Path(source=ast.Name(name="record"), name=name):
                return self._field(name, scope.entity, scope.table, node)
            case ast.Path(source=ast.Name(name=name), name=attribute) if name in scope.bound:
                return self._field(attribute, *scope.bound[name], node)
            case ast.Path(source=source, name=name):
                return self._through(self.term(source, scope), name, node)
            case ast.Negation(operand=operand):
                term = self._number(operand, scope)
                return replace(term, sql=-self._raw(term))
            case ast.Arithmetic(operator="+" | "-" | "*" as operator, left=left, right=right):
                return self._arithmetic(operator, self._number(left, scope), self._number(right, scope), node)
            case ast.Call(function=ast.Name(name=name), arguments=arguments) if len(arguments) == 1:
                return self._call(name, arguments[0].value, node, scope)
        raise self.refuse(node)

    def _field(self, name: str, entity: Entity, table: Any, node: ast.Node) -> _Term:
        shown = entity.fields.get(name)
        if shown is None:
            if name in table.c:
                return _Term("string", table.c[name])
            raise self.refuse(node, "this is not a field")
        if is_link(shown):
            return _Term("list", self._linked(entity, name, table))
        if name not in table.c:
            raise self.refuse(node, "this field has no column of its own")
        column, kind = table.c[name], shown.type.feel_type
        if kind == "list":
            return _Term("list", self._listed(column))
        scale = column.type.scale if isinstance(column.type, Exact) else 0
        target = self.catalog.entities.get(shown.target) if shown.target else None
        return _Term(_stored_kind(column, kind), column, scale=scale, target=target)

    def _linked(self, entity: Entity, name: str, table: Any) -> Callable[[Any], Any]:
        link = self.tables.link(entity.name, name)
        return lambda value: sa.exists(
            sa.select(sa.literal(1)).where(link.c.source == table.c.id, link.c.target == int(value))
        )

    def _listed(self, column: Any) -> Callable[[Any], Any]:
        def contains(value: Any) -> Any:
            items = (
                sa.func.json_each(column).table_valued("value")
                if self.dialect == "sqlite"
                else (sa.func.jsonb_array_elements_text(column).table_valued("value"))
            )
            return sa.exists(sa.select(sa.literal(1)).select_from(items).where(items.c.value == value))

        return contains

    def _through(self, source: _Term, name: str, node: ast.Node) -> _Term:
        if source.target is None or source.is_constant:
            raise self.refuse(node, "only a reference to an entity has further fields")
        table = self.tables[source.target.name].alias()
        found = self._field(name, source.target, table, node)
        if callable(found.sql) and not isinstance(found.sql, sa.ColumnElement):
            raise self.refuse(node)
        return replace(found, sql=sa.select(found.sql).where(table.c.id == source.sql).scalar_subquery())

    def _number(self, node: ast.Node, scope: _Scope) -> _Term:
        term = self.term(node, scope)
        if term.kind != "number":
            raise self.refuse(node, "only numbers can be computed with here")
        if term.is_constant:
            value = Decimal(term.constant)
            exponent = value.normalize().as_tuple().exponent
            scale = max(0, -exponent) if isinstance(exponent, int) else 0
            return _Term(
                "number", sa.literal(int(value.scaleb(scale)) if self.dialect == "sqlite" else value), scale=scale
            )
        return term

    def _arithmetic(self, operator: str, left: _Term, right: _Term, node: ast.Node) -> _Term:
        if operator == "*":
            return _Term("number", self._raw(left) * self._raw(right), scale=left.scale + right.scale)
        a, b = self._aligned(left, right)
        return _Term("number", a + b if operator == "+" else a - b, scale=max(left.scale, right.scale))

    def _call(self, name: str, argument: ast.Node, node: ast.Node, scope: _Scope) -> _Term:
        if name == "count":
            _, table, link = self._children(argument, scope)
            return _Term("number", sa.select(sa.func.count()).select_from(table).where(link).scalar_subquery())
        if name == "sum" and isinstance(argument, ast.Path):
            entity, table, link = self._children(argument.source, scope)
            item = self._field(argument.name, entity, table, argument)
            if item.kind == "number":
                raw = self._raw(item)
                whole = sa.case((sa.func.count() == sa.func.count(raw), sa.func.sum(raw)))
                return replace(item, sql=sa.select(whole).select_from(table).where(link).scalar_subquery(), target=None)
        if name == "string length":
            term = self.term(argument, scope)
            if term.kind == "string":
                return _Term("number", sa.func.length(term.sql))
        raise self.refuse(node, "this function cannot be asked of the database")

    # constants

    def _free(self, node: ast.Node, scope: _Scope) -> bool:
        """Whether the node reads no field of a record."""
        if isinstance(node, ast.Name):
            return (
                node.name not in scope.bound
                and node.name != "record"
                and node.name not in scope.entity.fields
                and node.name not in scope.table.c
            )
        return all(self._free(child, scope) for child in node.children())

    def _evaluated(self, node: ast.Node) -> Any:
        return part(self.expression, node).evaluate(self.outer, self.now)


def _stored_kind(column: Any, kind: str) -> str:
    if isinstance(column.type, sa.Integer):
        return "number"  # references included: a reference reads as its id
    if kind != "any":
        return kind
    for stored, name in _STORED:
        if isinstance(column.type, stored):
            return name
    return "other"


_STORED = (
    (Exact, "number"), (sa.Numeric, "number"), (Span, "days and time duration"), (Instant, "date and time"),
    (sa.Date, "date"), (sa.Boolean, "boolean"), (sa.String, "string"),
)
