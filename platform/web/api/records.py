"""Records of every entity: list, create, read, change, delete, and their declared actions."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from flask import Response, jsonify, request

from formloom.metadata.values import LARGEST_ID
from formloom.records import actions, explanation
from formloom.records.context import Context
from formloom.records.record import Record
from formloom.web import renamed
from formloom.web.api import arguments, wire
from formloom.web.api.blueprint import blueprint
from formloom.web.requests import reading, writing


@blueprint.get("/records/<entity>")
def list_records(entity: str) -> Response:
    query = arguments.list_query(entity)
    with reading() as context:
        page = actions.list(context, entity, query)
        body = wire.page(context, page)
    body["items"] = [renamed.shown(entity, row) for row in body["items"]]
    response = jsonify(body)
    if page.next:
        response.headers["Link"] = f'<{request.base_url}?after={quote(page.next)}>; rel="next"'
    return response


@blueprint.post("/records/<entity>")
def create_record(entity: str) -> tuple[Response, int]:
    values = renamed.values(entity, arguments.body())
    with writing() as context:
        record = actions.create(context, entity, values)
        response = _one(context, record)
    response.headers["Location"] = f"/api/v1/records/{record.entity}/{record.id}"
    return response, 201


@blueprint.get("/records/<entity>/<id>")
def read_record(entity: str, id: str) -> Response:
    number = arguments.record_id(id)
    with reading() as context:
        return _one(context, actions.read(context, entity, number))


@blueprint.patch("/records/<entity>/<id>")
def update_record(entity: str, id: str) -> Response:
    """Fields that are not sent stay. With If-Match or `version`, concurrent edits of other fields are merged."""
    number, values = arguments.record_id(id), renamed.values(entity, arguments.body())
    version = arguments.version_from(values)
    with writing() as context:
        return _one(context, actions.update(context, entity, number, values, version))


@blueprint.delete("/records/<entity>/<id>")
def delete_record(entity: str, id: str) -> tuple[str, int]:
    number, version = arguments.record_id(id), arguments.if_match()
    with writing() as context:
        actions.delete(context, entity, number, version)
    return "", 204


@blueprint.post("/records/<entity>/<id>/actions/<action>")
def run_action(entity: str, id: str, action: str) -> Response:
    number, values = arguments.record_id(id), renamed.values(entity, arguments.body(optional=True))
    version = arguments.version_from(values)
    with writing() as context:
        return _one(context, actions.run(context, entity, number, action, values, version))


@blueprint.get("/records/<entity>/<id>/explain")
def explain(entity: str, id: str) -> Response:
    """Why the actor, or for an administrator the person `user`, may or may not do `action` with the record."""
    number = arguments.record_id(id)
    arguments.known_arguments(frozenset({"action", "user", "_l_"}))
    action, user = request.args.get("action", "read"), arguments.integer("user", 0, LARGEST_ID) or None
    with reading() as context:
        return jsonify(wire.explanation(explanation.explain(context, entity, number, action, user)))


def _one(context: Context, record: Record) -> Response:
    shown = renamed.shown(record.entity, wire.record(context, record))
    response = jsonify(shown | {"_actions": _actions(context, record)})
    response.set_etag(str(record.version))
    return response


def _actions(context: Context, record: Record) -> list[dict[str, Any]]:
    return [wire.offer(name, decision) for name, decision in actions.offers(context, record).items()]
