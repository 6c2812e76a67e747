"""Comments on a record, with files; answers are the new timeline for htmx, else the record's page."""

from __future__ import annotations

from typing import BinaryIO, cast

from flask import redirect, render_template, request
from flask.typing import ResponseReturnValue

from formloom.records import comments, files
from formloom.records.context import Context
from formloom.web.pages import story
from formloom.web.pages.blueprint import blueprint
from formloom.web.pages.frame import display
from formloom.web.requests import catalog, reading, writing


@blueprint.post("/records/<name>/<int:record_id>/comments")
def comment(name: str, record_id: int) -> ResponseReturnValue:
    with writing() as context:
        attached = _attach(context, name, record_id)
        if request.form.get("text", "").strip() or not attached:
            comments.add(context, name, record_id, request.form.get("text", ""))
    return _answer(name, record_id)


@blueprint.post("/records/<name>/<int:record_id>/comments/<int:comment_id>")
def change_comment(name: str, record_id: int, comment_id: int) -> ResponseReturnValue:
    with writing() as context:
        if "delete" in request.form:
            comments.delete(context, comment_id)
        else:
            comments.edit(context, comment_id, request.form.get("text", ""))
    return _answer(name, record_id)


@blueprint.get("/records/<name>/<int:record_id>/timeline")
def show_timeline(name: str, record_id: int) -> ResponseReturnValue:
    return _timeline(name, record_id)


def _attach(context: Context, name: str, record_id: int) -> int:
    chosen = [u for u in request.files.getlist("files") if u.filename]
    for upload in chosen:
        files.store(context, cast(BinaryIO, upload.stream), upload.filename or "", name, record_id)
    return len(chosen)


def _answer(name: str, record_id: int) -> ResponseReturnValue:
    if "HX-Request" in request.headers:
        return _timeline(name, record_id)
    return redirect(f"/records/{name}/{record_id}#timeline")


def _timeline(name: str, record_id: int) -> str:
    entity = catalog().entity(name)
    with reading() as context:
        return render_template("records/_timeline.html", entity=entity, record_id=record_id, show=display(),
                               story=story.of(context, entity, record_id))
