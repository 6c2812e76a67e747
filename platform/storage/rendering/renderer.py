"""The walk over an expression: a condition where the place asks for one, a term where it asks for a value."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from formloom.errors import Text
from formloom.feel import Expression, ast, part
from formloom.feel.functions import find, working
from formloom.metadata.catalog import Catalog, Entity
from formloom.storage.rendering import arithmetic, calls, children, terms
from formloom.storage.rendering.decimals import Numbers
from formloom.storage.rendering.relations import UNKNOWN, Relations, nullable
from formloom.storage.rendering.terms import NULL, Field, NotRenderable, Row, Scope, Term
from formloom.storage.tables import Tables, is_link

_CONDITIONS = (ast.And, ast.Or, ast.Comparison, ast.Between, ast.In, ast.Quantified)


def is_free(node: ast.Node, scope: Scope) -> bool:
    """Whether the node reads no field of a record."""
    if isinstance(node, ast.Name):
        return scope.find(node.name) is None
    if isinstance(node, ast.Call) and isinstance(node.function, ast.Name) and find(node.function.name):
        return all(is_free(argument, scope) for argument in node.arguments)
    return all(is_free(child, scope) for child in node.children())


def _refused(node: ast.Node) -> NotRenderable:
    return NotRenderable(node, Text("this cannot be asked of the database"))


@dataclass(frozen=True, slots=True)
class Renderer:
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
        if is_free(node, scope):
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
                return children.quantified(self, node, scope)
            case ast.Call(function=ast.Name(name="not"), arguments=(negated,)):
                return sa.not_(self.condition(negated.value, scope, exact=True))
        term = self.term(node, scope)
        if term.kind == "null":
            return UNKNOWN
        if term.kind != "boolean":
            raise NotRenderable(node, Text("this is not a condition"))
        return term.sql if exact else term.sql.is_(sa.true())

    def _member(self, node: ast.In, test: ast.Node, scope: Scope, exact: bool) -> Any:
        if is_free(test, scope) and is_free(node.value, scope):
            return self.condition(replace(node, tests=(test,)), scope, exact)
        item = self.term(node.value, scope)
        match test:
            case ast.Relation(operator=operator, operand=operand):
                return self.relations.compare(operator, item, self.term(operand, scope), exact, test)
            case ast.Range() if not is_free(test, scope):
                return self._within(item, test, scope)
            case ast.ListOf(items=items) if not is_free(test, scope):
                return self.relations.any_equal(item, (self.term(i, scope) for i in items), test)
        return self.relations.member(item, self.term(test, scope), exact, test)

    def _within(self, item: Term, test: ast.Range, scope: Scope) -> Any:
        """A range with a missing end is no range: only a missing value is in it."""
        low, high = self.term(test.low, scope), self.term(test.high, scope)
        found = self.relations.within(item, (low, high), (test.low_closed, test.high_closed), test)
        broken = sa.or_(nullable(low), nullable(high), sa.literal(low.kind != high.kind))
        return sa.case((broken, sa.case((nullable(item), sa.true()))), else_=found)

    # terms: values

    def term(self, node: ast.Node, scope: Scope) -> Term:
        if is_free(node, scope):
            return terms.constant(self._evaluated(node), node)
        if isinstance(node, _CONDITIONS) or _is_negated(node):
            return Term("boolean", sa.sql.elements.Grouping(self.condition(node, scope, exact=True)))
        match node:
            case ast.Name(name=name):
                return self._named(scope.find(name), name, node)
            case ast.Path():
                return self._path(node, scope)
            case ast.Negation(operand=operand):
                return arithmetic.negative(self.numbers, self.term(operand, scope), node)
            case ast.Arithmetic(operator=operator, left=left, right=right):
                return arithmetic.calculated(
                    self.numbers, operator, self.term(left, scope), self.term(right, scope), node)
            case ast.If(condition=condition, then=then, otherwise=otherwise):
                return self._either(condition, [self.term(then, scope), self.term(otherwise, scope)], scope)
            case ast.Call():
                return calls.call(self, node, scope)
        raise _refused(node)

    def _either(self, condition: ast.Node, parts: Sequence[Term], scope: Scope) -> Term:
        if all(part.kind == "null" for part in parts):
            return NULL
        sqls, unit = self.unified(parts, condition)
        chosen = sa.case((self.condition(condition, scope), sqls[0]), else_=sqls[1])
        return replace(unit, sql=sa.type_coerce(chosen, sqls[0].type))

    def unified(self, parts: Sequence[Term], node: ast.Node) -> tuple[list[Any], Term]:
        """Terms of one kind as SQL of one form, and what that form is; null fits every kind."""
        given = [part for part in parts if part.kind != "null"]
        if len({part.kind for part in given}) != 1 or given[0].kind not in (*arithmetic.TYPES, "number"):
            raise NotRenderable(node, Text("both values must be of one kind that the database can hold"))
        if given[0].kind == "number":
            sqls, unit = self.numbers.aligned(*(self.numbers.operand(part, node) for part in given))
        else:
            sqls = [arithmetic.value(self.numbers, part) for part in given]
            unit = Term(given[0].kind, local=any(part.local for part in given))
        found = iter(sqls)
        return [sa.cast(sa.null(), sqls[0].type) if p.kind == "null" else next(found) for p in parts], unit

    def _named(self, owner: Row | Term | Field | None, name: str, node: ast.Node) -> Term:
        match owner:
            case Field(entity=entity, table=table):
                return self.field(name, entity, table, node)
            case Row(entity=entity, table=table, is_reference=True):
                return replace(terms.column(table.c.id, "number"), target=entity)
            case Term():
                return owner
        raise NotRenderable(node, Text("a whole row is no value that the database compares"))

    def _path(self, node: ast.Path, scope: Scope) -> Term:
        if isinstance(node.source, ast.Name):
            name, owner = node.source.name, scope.find(node.source.name)
            if isinstance(owner, Row):
                return self.field(node.name, owner.entity, owner.table, node)
            if isinstance(owner, Field) and f"{name}_{node.name}" in owner.table.c and name not in owner.table.c:
                return terms.column(owner.table.c[f"{name}_{node.name}"], "any")     # a part of an address
        found = children.element(self, node, scope)
        return found or self.member(self.term(node.source, scope), node.name, node)

    def field(self, name: str, entity: Entity, table: Any, node: ast.Node) -> Term:
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

    def member(self, source: Term, name: str, node: ast.Node) -> Term:
        """What follows a dot: a field of the record that a reference points at, or a part of a date."""
        if source.kind == "null":
            return NULL
        found = arithmetic.member(self.numbers, source, name, node)
        if found is not None:
            return found
        if source.target is None or source.is_constant:
            raise NotRenderable(node, Text("only a reference to an entity has further fields"))
        table = self.tables[source.target.name].alias()
        found = self.field(name, source.target, table, node)
        if found.contains is not None:
            raise _refused(node)
        query = sa.select(found.sql).select_from(table).where(table.c.id == source.sql)
        return replace(found, sql=query.correlate_except(table).scalar_subquery())

    def _evaluated(self, node: ast.Node) -> Any:
        if asking := working.asked(node):
            raise NotRenderable(asking, Text("working time cannot be asked of the database"))
        return part(self.expression, node).evaluate(self.outer, self.now)


def _is_negated(node: ast.Node) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.function, ast.Name) and node.function.name == "not"


def _exists(table: Any, *where: Any) -> Any:
    return sa.exists(sa.select(sa.literal(1)).select_from(table).where(*where).correlate_except(table))
