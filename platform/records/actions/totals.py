from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from formloom.errors import BadRequest, Text, UnknownField
from formloom.metadata.catalog import Entity
from formloom.records.actions.list import condition, readable
from formloom.records.context import Context
from formloom.records.record import Query
from formloom.storage import measuring
from formloom.storage.measuring import Measuring


@dataclass(slots=True)
class Total:
    """`sums` by currency; under '' what has none."""

    count: int = 0
    sums: dict[str, Any] = field(default_factory=dict)


def totals(context: Context, entity: str, query: Query, by: str, measured: str = "") -> Mapping[Any, Total]:
    """By the values of one field: how many of the records asked for have it, and what another field of them adds up to.

    Both fields have to be readable in full on every record, or the answer would tell what a record does not.
    """
    target = context.catalog.entity(entity)
    where = condition(context, target, query)
    for name in (by, measured):
        if name:
            summable(context, target, name)
    table = context.store.tables[entity]
    asked = Measuring(where=where, field=measured, by=(by, *currency_of(table, measured)))
    found: dict[Any, Total] = {}
    for one in measuring.measured(context.unit, table, asked):
        value, *rest = one.by
        total = found.setdefault(value, Total())
        total.count += one.count
        if one.sum is not None:
            total.sums[str(rest[0] or "") if rest else ""] = one.sum
    return found


def currency_of(table: sa.Table, measured: str) -> tuple[str, ...]:
    """The column beside an amount, by which amounts are told apart that do not add up; none for other fields."""
    name = f"{measured}_currency"
    return (name,) if name in table.c else ()


def summable(context: Context, entity: Entity, name: str) -> None:
    allowed = readable(context, entity)
    if name not in allowed:
        raise UnknownField(name, allowed)
    if name not in context.store.tables[entity.name].c:
        raise BadRequest(Text("Nothing can be added up by {field}.", field=entity.fields[name].label))
