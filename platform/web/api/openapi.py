"""OpenAPI 3.1 of the whole API, made from the catalog for the actor who asks."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.metadata import version
from typing import Any

from flask import Response, jsonify

from formloom.metadata.catalog import Catalog, Entity
from formloom.metadata.dashboard_language import PERIODS
from formloom.metadata.values import LARGEST_ID
from formloom.policy.rules import FIXED_ACTIONS
from formloom.web.api import schemas
from formloom.web.api.blueprint import blueprint
from formloom.web.api.definitions import readable
from formloom.web.i18n import label, locale
from formloom.web.requests import actor, catalog, model
from formloom.workflow.inbox import BOXES
from formloom.workflow.incidents import STATUSES
from formloom.workflow.repairs import MOST

_ID = {"name": "id", "in": "path", "required": True, "schema": {"type": "integer", "minimum": 1}}
_IF_MATCH = {"name": "If-Match", "in": "header", "schema": {"type": "string"}, "description": "The ETag that was read."}
_TEXT, _WHOLE = {"type": "string"}, {"type": "integer"}
_PROBLEM = {
    "type": "object", "required": ["type", "code", "status", "title"],
    "properties": {
        "type": _TEXT, "code": _TEXT, "status": _WHOLE, "title": _TEXT, "hint": _TEXT, "instance": _TEXT,
        "errors": {"type": "array", "items": {"type": "object", "properties": {
            "path": _TEXT, "code": _TEXT, "message": _TEXT}}},
    },
}
_LOGIN = {
    "type": "object", "required": ["username", "password", "provider"],
    "properties": {"username": _TEXT, "password": _TEXT, "provider": {"enum": ["db"]}, "refresh": {"type": "boolean"}},
}
_TOKENS = {"type": "object", "properties": {"access_token": _TEXT, "refresh_token": _TEXT}}
_KEY = {"name": "id", "in": "path", "required": True, "schema": _TEXT}
_PROCESS = {"name": "key", "in": "path", "required": True, "schema": _TEXT}
_QUESTION = {"type": "object", "required": ["inputs"], "additionalProperties": False,
             "properties": {"inputs": {"type": "object", "description": "Every input of the decision, by name."}}}
_ANSWER = {
    "type": "object", "properties": {
        "decision": _TEXT, "hash": _TEXT, "result": {}, "warnings": {"type": "array", "items": _TEXT},
        "rules": {"type": "array", "description": "Rules that held, in each table that was asked.", "items": {
            "type": "object", "properties": {"decision": _TEXT, "number": _WHOLE, "id": _TEXT, "note": _TEXT}}}},
}
_REASON = {"type": "string", "maxLength": 2000}
_PERSON = {"type": "integer", "minimum": 1, "maximum": LARGEST_ID}
_CROWD = {"type": "array", "items": _PERSON, "minItems": 1, "maxItems": 50}


def _members(required: list[str], **properties: Any) -> dict[str, Any]:
    return {"type": "object", "additionalProperties": False, "required": required, "properties": properties}


_HANDED = _members(["to"], to=_PERSON, reason=_REASON)
_VERBS: Mapping[str, tuple[str, Mapping[str, Any] | None]] = {
    "transfer": ("Let somebody else do it", _HANDED),
    "delegate": ("Ask somebody, who gives it back with advice", _HANDED),
    "signers": ("Add people who sign before or after", _members(
        ["to"], to=_CROWD, when={"enum": ["before", "after"]}, reason=_REASON)),
    "return": ("Return it to an earlier step or the initiator", _members(
        ["reason"], target=_TEXT, reason=_REASON, resume={"enum": ["steps", "back"]})),
    "copies": ("Copy it to people who may read its record", _members(
        [], users=_CROWD | {"minItems": 0}, role=_TEXT, comment=_REASON)),
    "urge": ("Remind whoever has it", None),
    "undo": ("Take the own decision back, within seconds", None),
}
_AWAY = _members(["deputy", "from", "until"], deputy=_PERSON, user=_PERSON, processes={
    "type": "array", "items": _TEXT}, **{name: {"type": "string", "format": "date-time"} for name in ("from", "until")})
_COMPLETION = {
    "type": "object", "additionalProperties": False,
    "properties": {"outcome": _TEXT, "comment": {"type": "string", "maxLength": 10_000}, "values": {"type": "object"}},
}

_MIGRATION = {
    "type": "object", "required": ["from"], "additionalProperties": False,
    "properties": {
        "from": _TEXT, "to": {"type": "string", "description": "The current version where it is left out."},
        "map": {"type": "object", "additionalProperties": _TEXT, "description": "Steps, and what takes their place."},
        "instances": {"type": "array", "items": {"type": "integer", "minimum": 1, "maximum": LARGEST_ID}},
        "dry_run": {"type": "boolean"}},
}


_ANY = {"type": "object"}
_REPEATED = {"name": "Idempotency-Key", "in": "header", "schema": {"type": "string", "minLength": 1, "maxLength": 200},
             "description": "The same key with the same request changes nothing more and is answered alike."}
_TOUCHED = {"type": "array", "items": {"type": "object", "properties": {
    "id": _WHOLE, "process": _TEXT, "status": {"enum": ["running", "incident", "done", "cancelled"]}}}}
_REACHED = {"type": "object", "properties": {"name": _TEXT, "continued": _TOUCHED, "started": _TOUCHED}}
_SENDABLE = {"type": "object", "properties": {"items": {"type": "array", "items": {"type": "object", "properties": {
    "name": _TEXT, "processes": {"type": "array", "items": {"type": "object", "properties": {
        "key": _TEXT, "label": _TEXT, "entity": {"type": ["string", "null"]}}}}}}}}}
_EDITS = {"variables": _ANY, "fields": _ANY, "parameters": _ANY}
_INCIDENT = {"type": "object", "properties": {
    "id": _WHOLE, "process": _TEXT, "process_label": _TEXT, "instance": {"type": ["integer", "null"]},
    "job": {"type": ["integer", "null"]}, "element": _TEXT, "element_label": {"type": ["string", "null"]},
    "exception": {"type": ["string", "null"]}, "cause": _TEXT, "attempts": _WHOLE, "at": _TEXT,
    "status": {"enum": list(STATUSES)}, "resolution": {"enum": ["went on", "retried", "skipped", "cancelled", None]},
    "resolved_at": {"type": ["string", "null"]}, "resolved_by": {"type": ["integer", "null"]},
    "entity": {"type": ["string", "null"]}, "record": {"type": ["integer", "null"]}, "skippable": {"type": "boolean"},
    **_EDITS, "hidden": {"type": "array", "items": _TEXT}}}
_REPAIRED = {"type": "object", "properties": {"done": _WHOLE, "failed": _WHOLE, "results": {"type": "array", "items": {
    "type": "object", "properties": {"id": _WHOLE, "ok": {"type": "boolean"}, "problem": _PROBLEM}}}}}


def _object(properties: Mapping[str, Any], *required: str) -> dict[str, Any]:
    return {"type": "object", "additionalProperties": False, "properties": dict(properties), "required": list(required)}


_BULK = _object({
    "verb": {"enum": ["retry", "skip", "cancel"]},
    "ids": {"type": "array", "maxItems": MOST, "items": {"type": "integer", "minimum": 1, "maximum": LARGEST_ID}},
    "where": _object(dict.fromkeys(("process", "element", "cause"), _TEXT)), "result": _ANY,
    "reason": {"type": "string", "maxLength": 2000}, **_EDITS}, "verb")


@blueprint.get("/openapi.json")
def openapi() -> Response:
    return jsonify(document(catalog(), readable()))


def document(current: Catalog, entities: Mapping[str, Entity]) -> dict[str, Any]:
    paths = _fixed_paths()
    for entity in entities.values():
        paths |= _entity_paths(entity)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Formloom", "version": version("formloom"), "x-catalog": current.version},
        "servers": [{"url": "/"}],
        "security": [{"bearer": []}],
        "paths": paths,
        "components": {
            "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}},
            "schemas": _schemas(current, entities) | {"problem": _PROBLEM},
            "responses": {"problem": {"description": "What is wrong, with a stable code", "content": {
                "application/problem+json": {"schema": _ref("problem")}}}},
        },
    }


def _schemas(current: Catalog, entities: Mapping[str, Entity]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, entity in entities.items():
        access = model().policy.access(actor(), name)
        found[name] = schemas.record(current, entity, locale(), access.readable, access.writable)
        found[f"{name}_values"] = schemas.values(current, entity, locale())
    return found


def _fixed_paths() -> dict[str, Any]:
    task = {"parameters": [_ID]}
    verbs = {f"/api/v1/tasks/{{id}}/{verb}": task | {"post": _operation(words, body=body)}
             for verb, (words, body) in _VERBS.items()}
    return verbs | {
        "/api/v1/security/login": {"post": _operation("Log in", body=_LOGIN, answer=_TOKENS) | {"security": []}},
        "/api/v1/entities": {"get": _operation("Entities that may be read")},
        "/api/v1/entities/{entity}/schema": {"get": _operation("JSON Schema of an entity", [
            {"name": "entity", "in": "path", "required": True, "schema": _TEXT}])},
        "/api/v1/tasks": {"get": _operation("Tasks", [
            _query("box", {"enum": list(BOXES)}), _query("due", {"enum": ["any", "overdue", "none"]}),
            *(_query(name, _TEXT) for name in ("process", "entity", "search")), _query("starter", _PERSON),
            *_paging()])},
        "/api/v1/tasks/counts": {"get": _operation("How many tasks wait, by box")},
        "/api/v1/tasks/{id}/offers": task | {"get": _operation("What may be done with a task, and why not")},
        "/api/v1/absences": {
            "get": _operation("Absences, of the actor and of those the actor stands in for"),
            "post": _operation("Set a deputy for a period", body=_AWAY, status="201")},
        "/api/v1/absences/{id}": {"parameters": [_ID], "delete": _operation("End an absence", status="204")},
        "/api/v1/processes/instances/{id}/withdraw": {"parameters": [_ID], "post": _operation(
            "Take a process back", body=_members([], reason=_REASON))},
        "/api/v1/tasks/{id}": task | {"get": _operation("One task")},
        "/api/v1/tasks/{id}/claim": task | {"post": _operation("Take an offered task")},
        "/api/v1/tasks/{id}/release": task | {"post": _operation("Give a task back")},
        "/api/v1/tasks/{id}/complete": task | {"post": _operation("Decide a task", body=_COMPLETION)},
        "/api/v1/dashboards": {"get": _operation("Dashboards that tell the actor anything")},
        "/api/v1/dashboards/{id}": {"parameters": [_KEY], "get": _operation("What the cards of a dashboard say", [
            _query("period", {"enum": list(PERIODS)}), _query("whose", {"enum": ["all", "mine"]})])},
        "/api/v1/decisions": {"get": _operation("Decisions that may be asked")},
        "/api/v1/decisions/{id}": {"parameters": [_KEY], "get": _operation("Inputs and outputs of a decision")},
        "/api/v1/decisions/{id}/evaluate": {"parameters": [_KEY], "post": _operation(
            "Ask a decision", body=_QUESTION, answer=_ANSWER)},
        "/api/v1/processes/{key}/versions": {"parameters": [_PROCESS], "get": _operation(
            "Versions of a process that instances run on")},
        "/api/v1/processes/{key}/statistics": {"parameters": [_PROCESS], "get": _operation(
            "How often, how long and how well each element works", [
                _query("days", {"type": "integer", "minimum": 1, "maximum": 3660}), _query("version", _TEXT)])},
        "/api/v1/processes/{key}/migrations": {"parameters": [_PROCESS], "post": _operation(
            "Move running instances to another version, or say what would become of each", body=_MIGRATION)},
        "/api/v1/processes/instances/{id}/migrations/undo": {"parameters": [_ID], "post": _operation(
            "Take the last migration of an instance back")},
        "/api/v1/processes/instances/{id}": {"parameters": [_ID], "get": _operation("A process instance")},
        "/api/v1/sla/recompute": {"get": _operation("Clocks whose due times would move"),
                                  "post": _operation("Move them", status="202")},
        **_sending_paths(),
        **_incident_paths(),
    }


def _sending_paths() -> dict[str, Any]:
    named = {"type": "string", "minLength": 1, "maxLength": 200}
    sent = {"name": named, "payload": _ANY,
            "record": _object({"entity": _TEXT, "id": {"type": "integer", "minimum": 1, "maximum": LARGEST_ID}},
                              "entity", "id")}
    return {
        "/api/v1/messages": {
            "get": _operation("Messages that may be sent", answer=_SENDABLE),
            "post": _operation("Send a message to the process that waits for it, or start one", [_REPEATED],
                               body=_object(sent | {"key": named}, "name"), answer=_REACHED)},
        "/api/v1/signals": {
            "get": _operation("Signals that may be sent", answer=_SENDABLE),
            "post": _operation("Send a signal to every process that waits for it, and start those it starts",
                               [_REPEATED], body=_object(sent, "name"), answer=_REACHED)},
    }


def _incident_paths() -> dict[str, Any]:
    """For administrators."""
    base, one = "/api/v1/incidents", {"parameters": [_ID]}
    filters = [_query(name, _TEXT) for name in ("process", "element", "cause")]
    return {
        base: {"get": _operation("What has stopped", [
            _query("status", {"enum": list(STATUSES)}), *filters, _query("instance", {"type": "integer", "minimum": 1}),
            *_paging()], answer=_page_of(_INCIDENT))},
        f"{base}/{{id}}": one | {"get": _operation("One incident, with the data it is about", answer=_INCIDENT)},
        f"{base}/{{id}}/retry": one | {"post": _operation(
            "Edit, and try again", body=_object(_EDITS), answer=_INCIDENT)},
        f"{base}/{{id}}/skip": one | {"post": _operation(
            "Go on as if the element had given a result", body=_object({"result": _ANY}), answer=_INCIDENT)},
        f"{base}/{{id}}/cancel": one | {"post": _operation(
            "End the process", body=_object({"reason": {"type": "string", "maxLength": 2000}}), answer=_INCIDENT)},
        f"{base}/bulk": {"post": _operation("Repair many, each by itself", body=_BULK, answer=_REPAIRED)},
    }


def _entity_paths(entity: Entity) -> dict[str, Any]:
    base, one, many = f"/api/v1/records/{entity.name}", label(entity.label), label(entity.plural)
    record, values = _ref(entity.name), _ref(f"{entity.name}_values")
    paths: dict[str, Any] = {
        base: {"get": _operation(many, _list_arguments(), answer=_page_of(record), tag=entity.name),
               "post": _operation(one, body=values, answer=record, status="201", tag=entity.name)},
        f"{base}/{{id}}": {
            "parameters": [_ID],
            "get": _operation(one, answer=record, tag=entity.name),
            "patch": _operation(one, [_IF_MATCH], body=_with_version(values), answer=record, tag=entity.name),
            "delete": _operation(one, [_IF_MATCH], status="204", tag=entity.name)},
    }
    if entity.levels:
        paths[f"{base}/{{id}}/sla"] = {"parameters": [_ID], "get": _operation("Clocks and their ledger",
                                                                             tag=entity.name)}
    actions = [*FIXED_ACTIONS, *entity.actions]
    paths[f"{base}/{{id}}/explain"] = {"parameters": [_ID], "get": _operation("Why something is allowed or not", [
        _query("action", {"enum": actions}), _query("user", {"type": "integer", "minimum": 1, "maximum": LARGEST_ID})],
        tag=entity.name)}
    for action in entity.actions.values():
        paths[f"{base}/{{id}}/actions/{action.name}"] = {"parameters": [_ID], "post": _operation(
            label(action.label), body={"type": "object"}, answer=record, tag=entity.name)}
    return paths


def _with_version(values: Mapping[str, Any]) -> dict[str, Any]:
    return {"anyOf": [values, {"type": "object", "properties": {"version": {"type": "integer", "minimum": 1}}}]}


def _list_arguments() -> list[dict[str, Any]]:
    names = ("filter", "search", "sort", "fields", "after")
    return [*(_query(name, _TEXT) for name in names), _query("count", {"type": "boolean"}), *_paging()]


def _paging() -> list[dict[str, Any]]:
    return [_query("page", {"type": "integer", "minimum": 1, "maximum": 1_000_000}),
            _query("page_size", {"type": "integer", "minimum": 1, "maximum": 200})]


def _page_of(record: Mapping[str, Any]) -> dict[str, Any]:
    return {"type": "object", "properties": {
        "items": {"type": "array", "items": record}, "page": {"type": ["integer", "null"]}, "page_size": _WHOLE,
        "has_more": {"type": "boolean"}, "next": {"type": ["string", "null"]}, "count": _WHOLE}}


def _operation(summary: str, arguments: list[dict[str, Any]] | None = None, body: Mapping[str, Any] | None = None,
               answer: Mapping[str, Any] | None = None, status: str = "200", tag: str = "") -> dict[str, Any]:
    content = {} if status == "204" else {"content": {"application/json": {"schema": answer or {"type": "object"}}}}
    made: dict[str, Any] = {
        "summary": summary,
        "responses": {status: {"description": "Done"} | content, "default": {"$ref": "#/components/responses/problem"}},
    }
    if arguments:
        made["parameters"] = arguments
    if body:
        made["requestBody"] = {"required": True, "content": {"application/json": {"schema": body}}}
    if tag:
        made["tags"] = [tag]
    return made


def _query(name: str, schema: Mapping[str, Any]) -> dict[str, Any]:
    return {"name": name, "in": "query", "schema": schema}


def _ref(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}
