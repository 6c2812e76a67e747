"""Which rows an actor reaches, as a condition of SQL: the same expressions that decide about one record."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import sqlalchemy as sa

from formloom import feel
from formloom.errors import Place, Problem, Text
from formloom.feel import Expression, FeelSyntaxError
from formloom.metadata.catalog import Catalog, Entity, Field
from formloom.policy.rules import known_names
from formloom.records.context import Context
from formloom.storage import query, tables

_OF_OTHERS = frozenset(("table", "references", "formula", "rollup"))


def row_filter(context: Context, entity: Entity, action: str = "read") -> sa.ColumnElement[bool] | None:
    """The rows that the action reaches; None is all."""
    rules = context.policy.row_rules(context.actor, entity, action)
    if rules.everything:
        return None
    return sa.or_(sa.false(), *(render(context, entity, rule) for rule in rules.expressions))


def render(context: Context, entity: Entity, expression: Expression) -> sa.ColumnElement[bool]:
    return context.store.condition(context.unit, entity, expression, context.actor.feel, context.now)


def check(catalog: Catalog) -> list[Problem]:
    """Rules and views that lists could not ask of the database, told when they are published."""
    built = tables.build(catalog)
    known: dict[tuple[Any, ...], list[tuple[int, Text]]] = {}
    problems = []
    for element, place, entity, expression in _asked_of_sql(catalog):
        key = _alike(expression, entity, catalog)
        found = known.get(key) if key else None
        if found is None:
            found = query.check(expression, entity, catalog, built)
            if key:
                known[key] = found
        problems += [
            Problem("not-in-sql", Text("A list cannot ask this of the database: {reason}", reason=reason), place,
                    Text("Compare fields with values, or make a formula field of it and compare that."),
                    element=element)
            for _, reason in found]
    return problems


def _alike(expression: Expression, entity: Entity, catalog: Catalog) -> tuple[Any, ...] | None:
    """Equal for expressions of which the same is to be said; None where that depends on more than simple fields."""
    paths = sorted(path for path in {*expression.paths, *((name,) for name in expression.names)} if path[0] != "user")
    read = [_field_at(path, entity, catalog) for path in paths]
    if any(f is None or f.type.name in _OF_OTHERS for f in read):
        return None
    shapes = ((path, f.type.name, f.system, repr(dict(f.options))) for path, f in zip(paths, read, strict=True) if f)
    return (expression.text, *shapes)


def _field_at(path: tuple[str, ...], entity: Entity, catalog: Catalog) -> Field | None:
    """What a path over references ends at."""
    field = entity.fields.get(path[0])
    for name in path[1:]:
        target = catalog.entities.get(field.target or "") if field and field.type.name == "reference" else None
        field = target.fields.get(name) if target else None
    return field


def _asked_of_sql(catalog: Catalog) -> Iterator[tuple[str, Place, Entity, Expression]]:
    for role in catalog.roles.values():
        for name, rule in role.rules.items():
            if rule.read is not None:
                yield f"{role.name}.{name}.read", rule.place, catalog.entity(name), rule.read
    for entity in catalog.entities.values():
        for view in entity.views:
            yield from _asked(view.filter, entity, f"{entity.name}.{view.name}", entity.place)
    for dashboard in catalog.dashboards.values():
        for card in dashboard.cards:
            for text in (card.filter, card.where):
                yield from _asked(text, catalog.entity(card.entity), f"{dashboard.name}.{card.name}", dashboard.place)


def _asked(text: str, entity: Entity, element: str, place: Place) -> Iterator[tuple[str, Place, Entity, Expression]]:
    """What is no FEEL is told by the checks of the definition."""
    if text:
        with suppress(FeelSyntaxError):
            yield element, place, entity, feel.compile(text, known_names(entity))
