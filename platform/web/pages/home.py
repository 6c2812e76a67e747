"""My work at a glance: what is due, what I touched last, where to go."""

from __future__ import annotations

from flask import render_template
from flask.typing import ResponseReturnValue

from formloom.metadata.catalog import Entity
from formloom.records import actions
from formloom.records.context import Context
from formloom.records.query import Query
from formloom.web.i18n import label
from formloom.web.pages.blueprint import blueprint
from formloom.web.pages.frame import display, frame, may_create, may_read
from formloom.web.pages.recent import Recent
from formloom.web.requests import actor, catalog, reading
from formloom.workflow import tasks

SHOWN = 8


@blueprint.get("/")
def home() -> ResponseReturnValue:
    who = actor()
    with reading() as context:
        due = tasks.inbox(context, "mine", limit=SHOWN) or tasks.inbox(context, "offered", limit=SHOWN)
        recent = recent_records(context)
    creatable = [e for e in catalog().entities.values() if not e.parent and may_read(e) and may_create(e)]
    return render_template("home.html", who=who, due=due, recent=recent, creatable=creatable[:6], show=display(),
                           frame_=frame())
