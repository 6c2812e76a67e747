"""FEEL as SQL: an expression over a record's fields becomes a condition over the rows of its table.

A row is matched where `Expression.test` of the row would be true. What depends on no field (the user, the clock,
literals) is evaluated in Python and bound as a parameter; what cannot be said exactly in SQL is refused by position.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from formloom.errors import Text
from formloom.feel import Expression, ast, part
from formloom.metadata.catalog import Catalog, Entity
from formloom.storage.rendering.decimals import Numbers
from formloom.storage.rendering.renderer import Renderer
from formloom.storage.rendering.terms import NotRenderable, Scope
from formloom.storage.tables import Tables, build

__all__ = ["Conditions", "NotRenderable", "check", "render"]

_MOST_KEPT = 1000


def render(
    expression: Expression, entity: Entity, catalog: Catalog, tables: Tables, dialect: str, *,
    user: Mapping[str, Any] | None = None, now: datetime | None = None,
) -> sa.ColumnElement[bool]:
    """Raises NotRenderable."""
    renderer = Renderer(catalog, tables, Numbers(dialect), {"user": user or {}}, now, expression)
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
            parts = tuple(part(expression, node) for node in _inputs(expression.ast))
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


def _inputs(node: ast.Node) -> Iterator[ast.Node]:
    """What may be another constant next time: the user's attributes and the clock, wherever they stand."""
    if _is_input(node):
        yield node
        return
    for child in node.children():
        yield from _inputs(child)


def _is_input(node: ast.Node) -> bool:
    match node:
        case ast.Path(source=source):
            return _is_input(source) and not isinstance(source, ast.Call)
        case ast.Name(name=name):
            return name == "user"
        case ast.Call(function=ast.Name(name=name), arguments=()):
            return True
    return False


def _identity(value: Any) -> tuple[Any, ...] | None:
    """Tells 1, true and "1" apart; None for what is another one at each request, or too large to compare."""
    if isinstance(value, (list, tuple)):
        items = [_identity(item) for item in value[:_MOST_KEPT]]
        return None if None in items or len(value) > len(items) else (list, *items)
    kept = value is None or isinstance(value, (str, int, Decimal)) or type(value) is date
    return (type(value), value) if kept else None


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
    built = tables or build(catalog)
    try:
        for dialect in ("sqlite", "postgresql"):
            render(expression, entity, catalog, built, dialect)
    except NotRenderable as error:
        return [(error.position, error.reason)]
    return []
