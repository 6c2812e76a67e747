"""Saved views of lists: those that ship with a pack are in the catalog, people's own are rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from formloom.errors import FieldError, Forbidden, NotFound, Text, ValidationFailed
from formloom.records.context import Context
from formloom.storage.platform_tables import fl_view


def of(context: Context, entity: str) -> list[dict[str, Any]]:
    """The actor's own and those that others share, by name."""
    context.catalog.entity(entity)
    mine = sa.or_(fl_view.c.owner_id == context.actor.user_id, fl_view.c.shared == sa.true())
    query = sa.select(fl_view).where(fl_view.c.entity == entity, mine).order_by(fl_view.c.name, fl_view.c.id)
    return [dict(row) for row in context.unit.connection.execute(query).mappings()]


def save(
    context: Context, entity: str, name: str, *, filter: str = "", columns: Sequence[str] = (),
    sort: Sequence[str] = (), layout: str = "", shared: bool = False,
) -> int:
    """Replaces the actor's view of the same name; only administrators share views."""
    context.catalog.entity(entity)
    name = name.strip()
    if not name or len(name) > 100:
        raise ValidationFailed([FieldError("name", "invalid-value", Text("Give it a name of at most 100 characters."))])
    if shared and not context.policy.is_admin(context.actor):
        raise Forbidden(Text("Only administrators share views. Save it for yourself."))
    same = (fl_view.c.entity == entity) & (fl_view.c.name == name) & (fl_view.c.owner_id == context.actor.user_id)
    context.unit.connection.execute(sa.delete(fl_view).where(same))
    made = context.unit.connection.scalar(sa.insert(fl_view).values(
        entity=entity, owner_id=context.actor.user_id, shared=shared, name=name, filter=filter,
        columns=[*columns], sort=[*sort], layout=layout).returning(fl_view.c.id))
    return int(made or 0)


def delete(context: Context, view_id: int) -> None:
    own = fl_view.c.owner_id == context.actor.user_id
    who = sa.true() if context.policy.is_admin(context.actor) else own
    if context.unit.connection.execute(sa.delete(fl_view).where(fl_view.c.id == view_id, who)).rowcount == 0:
        raise NotFound(Text("You have no view number {id}.", id=view_id))
