from __future__ import annotations

from formloom.policy.decision import Decision
from formloom.records.context import Context
from formloom.records.record import Record
from formloom.records.scope import Scope


def offers(context: Context, record: Record) -> dict[str, Decision]:
    """Each declared action of the record, whether it may be run now, and why not."""
    entity = context.catalog.entity(record.entity)
    scope = Scope(context, entity, record.row)
    return {name: context.policy.decide(context.actor, name, entity, scope, context.now) for name in entity.actions}
