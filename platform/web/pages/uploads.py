"""Files that come with a form: kept at once, so that a refused form does not ask for them again."""

from __future__ import annotations

from typing import BinaryIO, cast

from flask import request

from formloom.errors import ValidationFailed
from formloom.forms.submission import Submission
from formloom.metadata.catalog import Entity
from formloom.records import files
from formloom.records.context import Context


def into(context: Context, entity: Entity, name: str, given: Submission) -> None:
    """A newly chosen file wins over the one that was there; `name/clear` takes it away."""
    upload = request.files.get(f"{name}/file")
    if upload is not None and upload.filename:
        try:
            stream = cast(BinaryIO, upload.stream)
            given.values[name] = files.store(context, stream, upload.filename, entity.name, None, name).id
        except ValidationFailed as failed:
            given.errors.extend(failed.errors)
    elif request.form.get(f"{name}/clear"):
        given.values[name] = None
