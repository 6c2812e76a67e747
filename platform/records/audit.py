"""Who changed what, when, from what to what. Written in the transaction of the change, never updated."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any

import sqlalchemy as sa

from formloom.metadata.catalog import Entity
from formloom.records.context import Context
from formloom.storage import former
from formloom.storage.platform_tables import fl_audit

NO_ROWS: Mapping[str, Any] = MappingProxyType({})


def write(
    context: Context, kind: str, entity: Entity, record_id: int, version: int,
    before: Mapping[str, Any] | None, after: Mapping[str, Any] | None, fields: Iterable[str], action: str = "",
    rows_before: Mapping[str, Any] = NO_ROWS, rows_after: Mapping[str, Any] = NO_ROWS,
) -> None:
    """`before` None for a creation, `after` None for a deletion; only `fields` and child rows are kept."""
    names = [n for n in fields if n not in entity.fields or entity.fields[n].type.name != "table"]
    context.unit.connection.execute(sa.insert(fl_audit).values(
        at=context.now, actor_id=context.actor.user_id, actor_name=context.actor.name, kind=kind, action=action or None,
        entity=entity.name, record_id=record_id,
        before=None if before is None else dumped(entity, before, names) | dict(rows_before),
        after=None if after is None else dumped(entity, after, names) | {**rows_after, "version": version},
    ))


def dumped(entity: Entity, row: Mapping[str, Any], names: Iterable[str]) -> dict[str, Any]:
    return {name: dump(entity, name, row.get(name)) for name in names}


def dump(entity: Entity, name: str, value: Any) -> Any:
    """As JSON; what is no field is the companion of one, and text."""
    field = entity.fields.get(name)
    return value if value is None or field is None else field.type.dump(value, field)


def entries(context: Context, entity: str, record_id: int) -> list[Mapping[str, Any]]:
    """Oldest first, with the fields as they are called now."""
    query = sa.select(fl_audit).where(
        fl_audit.c.entity == entity, fl_audit.c.record_id == record_id).order_by(fl_audit.c.id)
    found: list[Mapping[str, Any]] = [dict(row) for row in context.unit.connection.execute(query).mappings()]
    target = context.catalog.entities.get(entity)
    read = former.past(context.unit, target) if target and found else None
    return [{**row, "before": read(row["at"], row["before"]), "after": read(row["at"], row["after"])}
            for row in found] if read else found


def since(context: Context, entity: str, record_id: int, version: int) -> list[Mapping[str, Any]]:
    """What led beyond a version."""
    return [e for e in entries(context, entity, record_id) if ((e["after"] or {}).get("version") or 0) > version]
