"""FEEL as SQL: an expression over a record's fields becomes a condition over the rows of its table.

A row is matched where `Expression.test` of the row would be true. What depends on no field (the user, the clock,
literals) is evaluated in Python and bound as a parameter; what cannot be said exactly in SQL is refused by position.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from formloom.errors import Text
from formloom.feel import Expression, Range, ast, part
from formloom.feel.functions import working
from formloom.metadata.catalog import Catalog, Entity
from formloom.storage import terms
from formloom.storage.relations import UNKNOWN, Relations, nullable
from formloom.storage.tables import Tables, build, is_link
from formloom.storage.terms import NotRenderable, Numbers, Scope, Term

__all__ = ["Conditions", "NotRenderable", "check", "render"]

_MOST_KEPT = 1000
_NO_VALUES = (ast.Argument, ast.Binding, ast.Entry, ast.Parameter, ast.Type)
_TEXT_CONDITIONS = ("contains", "starts with", "ends with")


def render(
    expression: Expression, entity: Entity, catalog: Catalog, tables: Tables, dialect: str, *,
    user: Mapping[str, Any] | None = None, now: datetime | None = None,
) -> sa.ColumnElement[bool]:
    """Raises NotRenderable."""
    renderer = _Renderer(catalog, tables, Numbers(dialect), {"user": user or {}}, now, expression)
    condition: sa.ColumnElement[bool] = renderer.condition(expression.ast, Scope(entity, tables[entity.name]))
    return condition


class Conditions:
    """Rendered conditions of one catalog on one database, kept for as long as the same constants are asked with."""

    def __init__(self, catalog: Catalog, tables: Tables, dialect: str) -> None:
        self._catalog, self._tables, self._dialect = catalog, tables, dialect
        self._parts: dict[tuple[Expression, str], tuple[Expression, ...]] = {}
        self._rendered: dict[tuple[Any, ...], sa.ColumnElement[bool]] = {}

    def render(self, expression: Expression, entity: Entity, user: Mapping[str, Any],
               now: datetime | None) -> sa.ColumnElement[bool]:
        """Raises NotRenderable."""
        parts = self._parts.get((expression, entity.name))
        if parts is None:
            scope = Scope(entity, self._tables[entity.name])
            parts = tuple(part(expression, node) for node in _free_nodes(expression.ast, scope))
            self._parts[expression, entity.name] = parts
        constants = [_identity(p.evaluate({"user": user}, now)) for p in parts]
        key = (expression, entity.name, *constants)
        found = None if None in constants else self._rendered.get(key)
        if found is None:
            found = render(expression, entity, self._catalog, self._tables, self._dialect, user=user, now=now)
            if None not in constants:
                if len(self._rendered) >= _MOST_KEPT:
                    self._rendered.clear()
                self._rendered[key] = found
        return found


def _free_nodes(node: ast.Node, scope: Scope) -> Iterator[ast.Node]:
    """The largest parts that read no field, apart from literals: what may be another constant next time."""
    if not isinstance(node, _NO_VALUES) and _free(node, scope):
        if not isinstance(node, ast.Literal):
            yield node
        return
    for child in node.children():
        yield from _free_nodes(child, scope)


def _identity(value: Any) -> tuple[Any, ...] | None:
    """Tells 1, true and "1" apart; None for what is another one at each request, or too large to compare."""
    if isinstance(value, (list, tuple)):
        items = [_identity(item) for item in value[:_MOST_KEPT]]
        return None if None in items or len(value) > len(items) else (list, *items)
    return (type(value), value) if value is None or isinstance(value, (str, int, Decimal)) else None


def filled(node: ast.Node, entity: Entity) -> frozenset[str]:
    """Fields that are not empty wherever the condition is true: what a list sorted by them need not look for."""
    match node:
        case ast.And(operands=operands):
            return frozenset().union(*(filled(operand, entity) for operand in operands))
        case ast.Or(operands=operands):
            return frozenset.intersection(*(filled(operand, entity) for operand in operands))
        case ast.Comparison(operator="<" | "<=" | ">" | ">=", left=left, right=right):
            return _named(left, entity) | _named(right, entity)
        case ast.Comparison(operator="=", left=left, right=ast.Literal(value=value)) if value is not None:
            return _named(left, entity)
        case ast.Between(value=value):
            return _named(value, entity)
    return frozenset()


def _named(node: ast.Node, entity: Entity) -> frozenset[str]:
    return frozenset({node.name} & entity.fields.keys()) if isinstance(node, ast.Name) else frozenset()


def check(expression: Expression, entity: Entity, catalog: Catalog,
          tables: Tables | None = None) -> list[tuple[int, Text]]:
    """What would be refused, without a database: position and reason. Who asks often gives the tables."""
    try:
        render(expression, entity, catalog, tables or build(catalog), "sqlite")
    except NotRenderable as error:
        return [(error.position, error.reason)]
    return []


def _free(node: ast.Node, scope: Scope) -> bool:
    """Whether the node reads no field of a record."""
    if isinstance(node, ast.Name):
        return not scope.has(node.name)
    return all(_free(child, scope) for child in node.children())


def _one(value: Any, table: Any, where: Any) -> Any:
    """A value of the rows of one table; every other table named in it is one of the statements around it."""
    return sa.select(value).select_from(table).where(where).correlate_except(table).scalar_subquery()


def _exists(table: Any, *where: Any) -> Any:
    return sa.exists(sa.select(sa.literal(1)).select_from(table).where(*where).correlate_except(table))


def _refused(node: ast.Node) -> NotRenderable:
    return NotRenderable(node, Text("this cannot be asked of the database"))


@dataclass(frozen=True, slots=True)
class _Renderer:
    catalog: Catalog
    tables: Tables
    numbers: Numbers
    outer: Mapping[str, Any]
    now: datetime | None
    expression: Expression

    @property
    def relations(self) -> Relations:
        return Relations(self.numbers)

    # conditions: true, false or null

    def condition(self, node: ast.Node, scope: Scope, exact: bool = False) -> Any:
        if _free(node, scope):
            value = self._evaluated(node)
            return sa.literal(value) if isinstance(value, bool) else UNKNOWN
        match node:
            case ast.And(operands=operands):
                return sa.and_(*(self.condition(o, scope, exact) for o in operands))
            case ast.Or(operands=operands):
                return sa.or_(*(self.condition(o, scope, exact) for o in operands))
            case ast.Comparison(operator=operator, left=left, right=right):
                return self.relations.compare(operator, self.term(left, scope), self.term(right, scope), exact, node)
            case ast.Between(value=value, low=low, high=high):
                ends = self.term(low, scope), self.term(high, scope)
                return self.relations.within(self.term(value, scope), ends, (True, True), node)
            case ast.In(tests=tests):
                return sa.or_(*(self._member(node, test, scope, exact) for test in tests))
            case ast.If(condition=condition, then=then, otherwise=otherwise):
                return sa.case(
                    (self.condition(condition, scope), self.condition(then, scope, exact)),
                    else_=self.condition(otherwise, scope, exact))
            case ast.Quantified():
                return self._quantified(node, scope)
            case ast.Call(function=ast.Name(name="not"), arguments=(negated,)):
                return sa.not_(self.condition(negated.value, scope, exact=True))
            case ast.Call(function=ast.Name(name=name), arguments=(first, second)):
                return self._call_condition(name, self.term(first.value, scope), self.term(second.value, scope), node)
        term = self.term(node, scope)
        if term.kind != "boolean":
            raise NotRenderable(node, Text("this is not a condition"))
        return term.sql if exact else term.sql.is_(sa.true())

    def _member(self, node: ast.In, test: ast.Node, scope: Scope, exact: bool) -> Any:
        if _free(test, scope) and _free(node.value, scope):
            return self.condition(replace(node, tests=(test,)), scope, exact)
        item = self.term(node.value, scope)
        match test:
            case ast.Relation(operator=operator, operand=operand):
                return self.relations.compare(operator, item, self.term(operand, scope), exact, test)
            case ast.Range() if not _free(test, scope):
                return self._within(item, test, scope)
            case ast.ListOf(items=items) if not _free(test, scope):
                return self.relations.any_equal(item, (self.term(i, scope) for i in items), test)
        return self.relations.member(item, self.term(test, scope), exact, test)

    def _within(self, item: Term, test: ast.Range, scope: Scope) -> Any:
        """A range with a missing end is no range: only a missing value is in it."""
        low, high = self.term(test.low, scope), self.term(test.high, scope)
        found = self.relations.within(item, (low, high), (test.low_closed, test.high_closed), test)
        broken = sa.or_(nullable(low), nullable(high), sa.literal(low.kind != high.kind))
        return sa.case((broken, sa.case((nullable(item), sa.true()))), else_=found)

    def _call_condition(self, name: str, first: Term, second: Term, node: ast.Node) -> Any:
        if name == "list contains":
            if not first.is_constant:
                return self.relations.contains(first, second, node)
            if not isinstance(first.constant, (list, tuple)):
                return UNKNOWN
            return self.relations.one_of(second, [v for v in first.constant if not isinstance(v, Range)], True, node)
        if name in _TEXT_CONDITIONS:
            return self.relations.text_condition(name, first, second)
        raise NotRenderable(node, Text("this function cannot be asked of the database"))

    def _quantified(self, node: ast.Quantified, scope: Scope) -> Any:
        if len(node.bindings) != 1:
            raise _refused(node)
        binding = node.bindings[0]
        entity, table, link = self._children(binding.source, scope)
        inner = replace(scope, bound={**scope.bound, binding.name: (entity, table)})
        # In parentheses: PostgreSQL reads NOT a IS TRUE as NOT (a IS TRUE).
        test: Any = sa.sql.elements.Grouping(self.condition(node.condition, inner, exact=True))
        decisive = test.is_(sa.true()) if node.kind == "some" else test.is_(sa.false())

        def any_row(found: Any) -> Any:
            return _exists(table, link, found)

        return sa.case(
            (any_row(decisive), sa.literal(node.kind == "some")),
            (any_row(test.is_(None)), UNKNOWN),
            else_=sa.literal(node.kind != "some"))

    def _children(self, node: ast.Node, scope: Scope) -> tuple[Entity, Any, Any]:
        match node:
            case ast.Name(name=name) | ast.Path(source=ast.Name(name="record"), name=name) if (
                (shown := scope.entity.fields.get(name)) and shown.type.name == "table" and shown.target
            ):
                table = self.tables[shown.target].alias()
                return self.catalog.entity(shown.target), table, table.c.parent == scope.table.c.id
        raise NotRenderable(node, Text("only a child table of this record can be searched here"))

    # terms: values

    def term(self, node: ast.Node, scope: Scope) -> Term:
        if _free(node, scope):
            return terms.constant(self._evaluated(node), node)
        match node:
            case ast.Name(name=name):
                return self._field(name, scope.entity, scope.table, node)
            case ast.Path(source=ast.Name(name="record"), name=name):
                return self._field(name, scope.entity, scope.table, node)
            case ast.Path(source=ast.Name(name=name), name=attribute) if name in scope.bound:
                return self._field(attribute, *scope.bound[name], node)
            case ast.Path(source=ast.Name(name=whole), name=name) if f"{whole}_{name}" in scope.table.c and (
                scope.entity.fields.get(whole) and whole not in scope.table.c
            ):
                return terms.column(scope.table.c[f"{whole}_{name}"], "any")     # a part of an address
            case ast.Path(source=source, name=name):
                return self._through(self.term(source, scope), name, node)
            case ast.Negation(operand=operand):
                return self._arithmetic("-", terms.constant(0, node), self.term(operand, scope), node)
            case ast.Arithmetic(operator="+" | "-" | "*" as operator, left=left, right=right):
                return self._arithmetic(operator, self.term(left, scope), self.term(right, scope), node)
            case ast.Call(function=ast.Name(name=name), arguments=(argument,)):
                return self._call(name, argument.value, node, scope)
        raise _refused(node)

    def _field(self, name: str, entity: Entity, table: Any, node: ast.Node) -> Term:
        shown = entity.fields.get(name)
        if shown is None:
            whole = name.rpartition("_")[0]
            if name in table.c and (whole not in entity.fields or whole in table.c):
                return terms.column(table.c[name], "any")
            raise NotRenderable(node, Text("this is not a field"))
        if is_link(shown):
            return self._linked(entity, name, table)
        if name not in table.c:
            raise NotRenderable(node, Text("this field has no column of its own"))
        if shown.type.feel_type == "list":
            return self._listed(table.c[name])
        target = self.catalog.entities.get(shown.target) if shown.target else None
        return terms.column(table.c[name], shown.type.feel_type, target)

    def _linked(self, entity: Entity, name: str, table: Any) -> Term:
        """A record without references has an empty list, so the list is never missing."""
        link = self.tables.link(entity.name, name)

        def contains(value: Any) -> Any:
            target = sa.type_coerce(link.c.target, sa.BigInteger())
            return _exists(link, link.c.source == table.c.id, target == value)

        return Term("list", table.c.id, element="number", whole=True, contains=contains)

    def _listed(self, column: Any) -> Term:
        def contains(value: Any) -> Any:
            rows = sa.func.json_each(column) if self.numbers.scaled else sa.func.jsonb_array_elements_text(column)
            items = rows.table_valued("value")
            return _exists(items, items.c.value == value)

        return Term("list", column, element="string", contains=contains)

    def _through(self, source: Term, name: str, node: ast.Node) -> Term:
        if source.target is None or source.is_constant:
            raise NotRenderable(node, Text("only a reference to an entity has further fields"))
        table = self.tables[source.target.name].alias()
        found = self._field(name, source.target, table, node)
        if found.contains is not None:
            raise _refused(node)
        return replace(found, sql=_one(found.sql, table, table.c.id == source.sql))

    def _arithmetic(self, operator: str, left: Term, right: Term, node: ast.Node) -> Term:
        if "null" in (left.kind, right.kind):
            return Term("null")
        if {left.kind, right.kind} != {"number"}:
            raise NotRenderable(node, Text("only numbers can be computed with here"))
        a, b = self.numbers.operand(left), self.numbers.operand(right)
        return Term("null") if a is None or b is None else self.numbers.calculated(operator, a, b)

    def _call(self, name: str, argument: ast.Node, node: ast.Node, scope: Scope) -> Term:
        if name == "count":
            _, table, link = self._children(argument, scope)
            return Term("number", _one(sa.func.count(), table, link))
        if name == "sum" and isinstance(argument, ast.Path):
            entity, table, link = self._children(argument.source, scope)
            item = self._field(argument.name, entity, table, argument)
            if item.kind == "number":
                return Term("number", _one(self.numbers.summed(item), table, link), scale=item.scale)
        if name == "string length":
            term = self.term(argument, scope)
            if term.kind == "string":
                return Term("number", sa.func.length(term.sql))
        raise NotRenderable(node, Text("this function cannot be asked of the database"))

    def _evaluated(self, node: ast.Node) -> Any:
        if asking := working.asked(node):
            raise NotRenderable(asking, Text("working time cannot be asked of the database"))
        return part(self.expression, node).evaluate(self.outer, self.now)
