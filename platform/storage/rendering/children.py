"""Rows of child tables, of references and of lists: filtered, counted, summed, searched."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from formloom.errors import Text
from formloom.feel import ast
from formloom.storage.rendering.arithmetic import DATE, DAYS, MOMENT, NUMBER, STRING
from formloom.storage.rendering.decimals import ROWS
from formloom.storage.rendering.relations import UNKNOWN
from formloom.storage.rendering.terms import Field, NotRenderable, Row, Scope, Term, Walk
from formloom.storage.tables import is_link

_ORDERED = frozenset((NUMBER, STRING, DATE, MOMENT, DAYS))


@dataclass(frozen=True, slots=True)
class Rows:
    """What a list of rows holds: a table, which of its rows, and where there is no list at all."""

    table: Any
    where: tuple[Any, ...]
    each: Row | Term
    missing: Any = None

    def one(self, value: Any) -> Any:
        """A value over these rows; every other table named in it is one of the statements around it."""
        query = sa.select(value).select_from(self.table).where(*self.where)
        return query.correlate_except(self.table).scalar_subquery()

    def some(self, *where: Any) -> Any:
        query = sa.select(sa.literal(1)).select_from(self.table).where(*self.where, *where)
        return sa.exists(query.correlate_except(self.table))

    def known(self, value: Any) -> Any:
        """NULL where there is no list."""
        return value if self.missing is None else sa.case((sa.not_(self.missing), value))


def rows(walk: Walk, node: ast.Node, scope: Scope) -> Rows | None:
    """The rows that the node lists; None where it is something else."""
    match node:
        case ast.Filter(source=source, condition=condition):
            whole = rows(walk, source, scope)
            return whole and _filtered(walk, whole, condition, scope)
        case ast.Name(name=name):
            owner = scope.find(name)
            return _listed(walk, owner, name, node, None) if isinstance(owner, Field) else None
        case ast.Path(source=ast.Name(name=first), name=name) if isinstance(owner := scope.find(first), Row):
            return _listed(walk, Field(owner.entity, owner.table), name, node, None)
        case ast.Path(source=source, name=name) if rows(walk, source, scope) is None:
            return _reached(walk, walk.term(source, scope), name, node)
    return None


def _reached(walk: Walk, source: Term, name: str, node: ast.Node) -> Rows | None:
    """The rows of the record that a reference points at."""
    if source.target is None or source.is_constant:
        return None
    table = walk.tables[source.target.name].alias()
    found = _listed(walk, Field(source.target, table), name, node, source.sql)
    return found and replace(found, missing=source.sql.is_(None))


def _listed(walk: Walk, owner: Field, name: str, node: ast.Node, id: Any) -> Rows | None:
    field = owner.entity.fields.get(name)
    if field is None:
        return None
    id = owner.table.c.id if id is None else id
    if field.type.name == "table" and field.target:
        table = walk.tables[field.target].alias()
        return Rows(table, (table.c.parent == id,), Row(walk.catalog.entity(field.target), table))
    if is_link(field):
        table, link = walk.tables[str(field.target)].alias(), walk.tables.link(owner.entity.name, name).alias()
        linked = sa.select(link.c.target).where(link.c.source == id).correlate_except(link)
        target = walk.catalog.entity(str(field.target))
        return Rows(table, (table.c.id.in_(linked),), Row(target, table, is_reference=True))
    if field.type.feel_type == "list" and name in owner.table.c and id is owner.table.c.id:
        return _elements(walk, owner.table.c[name])
    return None


def _elements(walk: Walk, stored: Any) -> Rows:
    each = sa.func.json_each(stored) if walk.numbers.scaled else sa.func.jsonb_array_elements_text(stored)
    table = each.table_valued("value")
    return Rows(table, (), Term(STRING, sa.type_coerce(table.c.value, sa.Text())), stored.is_(None))


def _filtered(walk: Walk, whole: Rows, condition: ast.Node, scope: Scope) -> Rows:
    """Names inside mean the element's first; a missing list is an empty one."""
    if isinstance(whole.each, Row):
        inner = Scope(whole.each.entity, whole.table, outer=scope, is_reference=whole.each.is_reference)
    else:
        inner = replace(scope, bound={**scope.bound, "item": whole.each})
    return replace(whole, where=(*whole.where, walk.condition(condition, inner)), missing=None)


def column_of(walk: Walk, node: ast.Node, scope: Scope) -> tuple[Rows, Term] | None:
    """`lines.amount`, `lines[open].product.price`: the rows and what is read of each."""
    names: list[ast.Path] = []
    while isinstance(node, ast.Path) and rows(walk, node, scope) is None:
        names.append(node)
        node = node.source
    found = rows(walk, node, scope) if names else None
    if found is None or not isinstance(found.each, Row):
        return None
    first, *rest = reversed(names)
    term = walk.field(first.name, found.each.entity, found.table, first)
    for path in rest:
        term = walk.member(term, path.name, path)
    return found, term


def element(walk: Walk, node: ast.Path, scope: Scope) -> Term | None:
    """`lines[1].amount`, `lines[-1].amount`."""
    if not isinstance(node.source, ast.Filter) or (position := _position(node.source.condition)) is None:
        return None
    found = rows(walk, node.source.source, scope)
    if found is None or not isinstance(found.each, Row) or found.each.is_reference:
        return None
    term = walk.field(node.name, found.each.entity, found.table, node)
    if term.contains or position == 0:
        raise NotRenderable(node, Text("this cannot be asked of the database"))
    order = (found.table.c.position, found.table.c.id)
    query = sa.select(term.sql).select_from(found.table).where(*found.where).correlate_except(found.table)
    query = query.order_by(*(order if position > 0 else (key.desc() for key in order)))
    return replace(term, sql=query.limit(1).offset(abs(position) - 1).scalar_subquery())


def _position(node: ast.Node) -> int | None:
    match node:
        case ast.Negation(operand=operand):
            found = _position(operand)
            return None if found is None else -found
        case ast.Literal(value=Decimal() as value) if value == int(value):
            return int(value)
    return None


# -- one value of many rows --------------------------------------------------------------------------------------


def count(walk: Walk, node: ast.Node, scope: Scope) -> Term | None:
    found = rows(walk, node, scope)
    if found is None:
        reached = column_of(walk, node, scope)
        if reached is None:
            return None
        found = reached[0]
    sql = found.known(found.one(sa.func.count()))
    return Term(NUMBER, sa.type_coerce(sql, sa.BigInteger()), most=ROWS, whole=True)


def total(walk: Walk, node: ast.Node, scope: Scope) -> Term | None:
    return _aggregate(walk, node, scope, frozenset((NUMBER,)), lambda term: walk.numbers.summed(term, node))


def mean(walk: Walk, node: ast.Node, scope: Scope) -> Term | None:
    def divided(term: Term) -> Term:
        size = Term(NUMBER, sa.type_coerce(sa.func.count(), sa.BigInteger()), most=ROWS, whole=True)
        return walk.numbers.calculated("/", walk.numbers.summed(term, node), size, node)

    return _aggregate(walk, node, scope, frozenset((NUMBER,)), divided)


def extreme(walk: Walk, node: ast.Node, scope: Scope, greatest: bool) -> Term | None:
    """Null if one is missing, as nothing orders it."""
    function = sa.func.max if greatest else sa.func.min

    def picked(term: Term) -> Term:
        if term.wide:
            raise NotRenderable(node, Text("this cannot be asked of the database"))
        raw = walk.relations.by_code(term.sql) if term.kind == STRING else walk.numbers.raw(term)
        sql = sa.case((sa.func.count() == sa.func.count(raw), function(raw)))
        return replace(term, sql=sa.type_coerce(sql, raw.type), target=None)

    return _aggregate(walk, node, scope, _ORDERED, picked)


def _aggregate(walk: Walk, node: ast.Node, scope: Scope, kinds: frozenset[str],
               made: Callable[[Term], Term]) -> Term | None:
    found = column_of(walk, node, scope)
    if found is None:
        return None
    read, term = found
    if term.kind not in kinds:
        raise NotRenderable(node, Text("only numbers can be computed with here"))
    result = made(term)
    return replace(result, sql=sa.type_coerce(read.one(result.sql), result.sql.type))


# -- some and every ----------------------------------------------------------------------------------------------


def quantified(walk: Walk, node: ast.Quantified, scope: Scope) -> Any:
    return _searched(walk, node, node.bindings, scope)


def _searched(walk: Walk, node: ast.Quantified, bindings: tuple[ast.Binding, ...], scope: Scope) -> Any:
    if not bindings:
        return walk.condition(node.condition, scope, exact=True)
    binding = bindings[0]
    found = None if binding.until else rows(walk, binding.source, scope)
    if found is None:
        raise NotRenderable(binding, Text("only child tables, references and lists of a record can be searched here"))
    bound: Mapping[str, Row | Term] = {**scope.bound, binding.name: found.each}
    # In parentheses: PostgreSQL reads NOT a IS TRUE as NOT (a IS TRUE).
    test: Any = sa.sql.elements.Grouping(_searched(walk, node, bindings[1:], replace(scope, bound=bound)))
    decisive = test.is_(sa.true()) if node.kind == "some" else test.is_(sa.false())
    return found.known(sa.case(
        (found.some(decisive), sa.literal(node.kind == "some")),
        (found.some(test.is_(None)), UNKNOWN),
        else_=sa.literal(node.kind != "some")))


