from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from formloom.errors import BadRequest, Text, UnknownField
from formloom.metadata.catalog import Entity
from formloom.records.actions.list import condition, readable
from formloom.records.context import Context
from formloom.records.record import Query


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
    currency = f"{measured}_currency" if f"{measured}_currency" in context.store.tables[entity].c else None
    columns = [by, currency] if currency else [by]
    found: dict[Any, Total] = {}
    for value, *rest, count, total in context.store.totals(context.unit, entity, where, columns, measured or None):
        one = found.setdefault(value, Total())
        one.count += count
        if total is not None:
            one.sums[str(rest[0] or "") if rest else ""] = total
    return found


def summable(context: Context, entity: Entity, name: str) -> None:
    allowed = readable(context, entity)
    if name not in allowed:
        raise UnknownField(name, allowed)
    if name not in context.store.tables[entity.name].c:
        raise BadRequest(Text("Nothing can be added up by {field}.", field=entity.fields[name].label))
