"""Downloads. What people upload is never shown as a page of this site."""

from __future__ import annotations

from flask import Response, request, send_file
from flask.typing import ResponseReturnValue

from formloom.records import files
from formloom.web.pages.blueprint import blueprint
from formloom.web.requests import reading

PICTURES = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})


@blueprint.get("/files/<int:file_id>")
def download(file_id: int) -> ResponseReturnValue:
    """As an attachment; a picture may also be shown inside a page with `?show`."""
    with reading() as context:
        file = files.find(context, file_id)
        path = files.path(context, file)
    inline = "show" in request.args and file.media_type in PICTURES
    response: Response = send_file(path, mimetype=file.media_type, as_attachment=not inline, download_name=file.name,
                                   etag=file.sha256, max_age=0)
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response.headers["Cache-Control"] = "private, no-cache"
    return response
