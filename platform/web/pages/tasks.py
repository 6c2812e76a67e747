"""What is done to a task from its page; after a decision, the next task."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import flash, redirect, request
from flask.typing import ResponseReturnValue

from formloom.errors import Text, ValidationFailed
from formloom.forms import submission
from formloom.web.i18n import t
from formloom.web.pages import inbox, inbox_list, uploads
from formloom.web.pages.blueprint import blueprint
from formloom.web.pages.frame import display
from formloom.web.requests import reading, writing
from formloom.workflow import tasks
from formloom.workflow.inbox import Task


@blueprint.post("/tasks/<int:task_id>/claim")
def claim(task_id: int) -> ResponseReturnValue:
    with writing() as context:
        tasks.claim(context, task_id)
    return redirect(f"/inbox/{task_id}")


@blueprint.post("/tasks/<int:task_id>/release")
def release(task_id: int) -> ResponseReturnValue:
    with writing() as context:
        task = tasks.release(context, task_id)
    flash(t(Text("{task} is offered to everyone who may do it again.", task=task.label)), "success")
    return redirect("/inbox")


@blueprint.post("/tasks/<int:task_id>/complete")
def complete(task_id: int) -> ResponseReturnValue:
    outcome, comment = request.form.get("outcome", ""), request.form.get("comment", "").strip()
    given = _values(task_id)
    try:
        given.check()
        with writing() as context:
            task = tasks.complete(context, task_id, outcome, comment, given.values)
    except ValidationFailed as failed:
        return inbox.page(task_id, given.values, failed.errors, comment), 422
    return redirect(_next(task.id))


def _values(task_id: int) -> submission.Submission:
    with writing() as context:
        task = tasks.get(context, task_id)
        entity = context.catalog.entities.get(task.entity)
        if entity is None:
            return submission.Submission()
        asked = _editable(task, entity.fields)
        given = submission.read(request.form.to_dict(flat=False), context.catalog, entity, asked, display().timezone)
        for name in asked:
            if entity.fields[name].type.name in ("file", "image"):
                uploads.into(context, entity, name, given)
    return given


def _editable(task: Task, known: Mapping[str, Any]) -> list[str]:
    return [f.name for f in task.fields if f.editable and f.name in known]


def _next(task_id: int) -> str:
    """The task that the page showed below this one, if it is still open; else the inbox, which opens the first. `done`
    names what can be undone there.
    """
    following = request.form.get("next", type=int)
    with reading() as context:
        open_ids = [task.id for task in tasks.inbox(context, "open", page_size=inbox_list.PAGE).tasks]
    return f"/inbox/{following}?done={task_id}" if following in open_ids else f"/inbox?done={task_id}"


@blueprint.get("/tasks/<int:task_id>")
def task_link(task_id: int) -> ResponseReturnValue:
    """The address that notifications and mails carry."""
    return redirect(f"/inbox/{task_id}")
