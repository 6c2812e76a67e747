"""The blueprint of the API; each module of this package hangs its routes on it."""

from __future__ import annotations

from flask import Blueprint, Response, request

from formloom.web import renamed
from formloom.web.requests import actor

blueprint = Blueprint("api", __name__, url_prefix="/api/v1")


@blueprint.after_request
def never_kept(response: Response) -> Response:
    """Answers depend on who asks: no cache may hand one to another."""
    response.headers.setdefault("Cache-Control", "no-store")
    return response


@blueprint.before_request
def signed_in() -> None:
    actor()
    renamed.entity_of(request.view_args)


blueprint.after_request(renamed.tell)
