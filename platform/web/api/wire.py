"""Records as JSON: fields by name at the top, what references are called under `_labels`, child tables as arrays."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from formloom.metadata.catalog import Entity, Field
from formloom.policy.decision import Decision
from formloom.records.context import Context
from formloom.records.explanation import Explanation
from formloom.records.record import Page, Record
from formloom.web.i18n import t


def record(context: Context, shown: Record) -> dict[str, Any]:
    """Only what the actor may see is in a record, so only that is in its JSON."""
    entity = context.catalog.entity(shown.entity)
    return {"id": shown.id, "version": shown.version, **values(context, entity, shown.values), "_title": shown.label,
            "_labels": shown.titles}


def values(context: Context, entity: Entity, raw: Mapping[str, Any]) -> dict[str, Any]:
    """Fields, and the currency of an amount beside it."""
    fields = entity.fields
    return {name: _dumped(context, fields[name], value) if name in fields and value is not None else value
            for name, value in raw.items() if name in fields or name.removesuffix("_currency") in fields}


def _dumped(context: Context, field: Field, value: Any) -> Any:
    if field.type.name == "table":
        child = context.catalog.entity(field.target or "")
        return [values(context, child, row) for row in value]
    return field.type.dump(value, field)


def page(context: Context, found: Page) -> dict[str, Any]:
    body = {
        "items": [record(context, r) for r in found.records], "page": found.page, "page_size": found.page_size,
        "has_more": found.more, "next": found.next,
    }
    return body if found.count is None else body | {"count": found.count}


def offer(name: str, decision: Decision) -> dict[str, Any]:
    """An action, whether it may be run now, and why not."""
    return {"name": name, "allowed": bool(decision), "reason": None if decision else t(decision.reason)}


def explanation(found: Explanation) -> dict[str, Any]:
    return {
        "user": {"id": found.about.user_id, "name": found.about.name}, "allowed": bool(found.decision),
        "reason": t(found.decision.reason),
        "rules": [{"role": s.role, "rule": s.rule, "place": s.place, "allowed": s.allowed, "reason": t(s.reason),
                   "values": {name: explained_value(value) for name, value in s.values.items()}} for s in found.steps],
    }


def explained_value(value: Any) -> Any:
    """What a rule read: a reference as its id, child rows as their number, moments as text."""
    if value is None or isinstance(value, bool | str | Decimal):
        return value
    if isinstance(value, int):
        return int(value)
    if isinstance(value, list):
        return len(value) if any(isinstance(one, Mapping) for one in value) else [explained_value(one) for one in value]
    return value.isoformat() if isinstance(value, date) else str(value)
