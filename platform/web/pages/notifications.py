"""What a person was told: a panel over any page, and a page of its own."""

from __future__ import annotations

from flask import redirect, render_template, request
from flask.typing import ResponseReturnValue

from formloom.exchange import notifications as told
from formloom.web.pages.blueprint import blueprint
from formloom.web.pages.frame import display
from formloom.web.pages.preferences import inside
from formloom.web.requests import reading, writing


@blueprint.get("/notifications")
def notifications() -> ResponseReturnValue:
    before = request.args.get("before", "")
    with reading() as context:
        found = told.of_user(context.unit, context.actor.user_id, before=int(before) if before.isdigit() else None)
        unread = told.unread(context.unit, context.actor.user_id)
    template = "frame/_notices.html" if "HX-Request" in request.headers else "notifications.html"
    return render_template(template, notices=found, unread=unread, show=display())


@blueprint.post("/notifications/read")
def read_all() -> ResponseReturnValue:
    with writing() as context:
        told.mark_read(context.unit, context.actor.user_id, None, context.now)
    return redirect("/notifications")


@blueprint.get("/notifications/<int:notice_id>")
def follow(notice_id: int) -> ResponseReturnValue:
    """Marks one as read and goes where it points."""
    with writing() as context:
        found = told.of_user(context.unit, context.actor.user_id, limit=1, before=notice_id + 1)
        told.mark_read(context.unit, context.actor.user_id, [notice_id], context.now)
    link = found[0].link if found and found[0].id == notice_id else ""
    return redirect(inside(link) if link else "/notifications")


