"""My work at a glance: what is due, what I touched last, where to go."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from flask import render_template
from flask.typing import ResponseReturnValue

from formloom.errors import NotFound
from formloom.metadata.catalog import Entity
from formloom.records import actions
from formloom.records.context import Context
from formloom.storage.platform_tables import fl_audit
from formloom.web.pages.blueprint import blueprint
from formloom.web.pages.frame import display, may_create, may_read
from formloom.web.requests import actor, catalog, reading
from formloom.workflow import inbox

SHOWN = 8


@dataclass(frozen=True, slots=True)
class Recent:
    entity: Entity
    id: int
    label: str
    at: datetime


@blueprint.get("/")
def home() -> ResponseReturnValue:
    who = actor()
    with reading() as context:
        due = inbox.inbox(context, "open", page_size=SHOWN)
        counts = inbox.counts(context)
        recent = _recent(context)
    usable = [e for e in catalog().entities.values() if not e.parent and may_read(e)]
    return render_template(
        "home.html", who=who, due=due, counts=counts, recent=recent, show=display(),
        creatable=[e for e in usable if may_create(e)][:6])


def _recent(context: Context) -> list[Recent]:
    """The records I changed last, as far as I may still read them."""
    latest = sa.func.max(fl_audit.c.id)
    rows = context.unit.connection.execute(
        sa.select(fl_audit.c.entity, fl_audit.c.record_id, sa.func.max(fl_audit.c.at).label("at"))
        .where(fl_audit.c.actor_id == context.actor.user_id, fl_audit.c.record_id.is_not(None))
        .group_by(fl_audit.c.entity, fl_audit.c.record_id).order_by(latest.desc()).limit(SHOWN * 2)).all()
    found = [_one(context, row.entity, row.record_id, row.at) for row in rows]
    return [one for one in found if one][:SHOWN]


def _one(context: Context, name: str, record_id: int, at: datetime) -> Recent | None:
    entity = context.catalog.entities.get(name)
    if entity is None or entity.parent:
        return None
    try:
        return Recent(entity, record_id, actions.read(context, name, record_id).label, at)
    except NotFound:
        return None
