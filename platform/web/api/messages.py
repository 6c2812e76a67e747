"""Messages and signals that other systems send to processes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Response, jsonify, request

from formloom.errors import BadRequest, FieldError, Text, ValidationFailed
from formloom.metadata import values
from formloom.metadata.values import LARGEST_ID
from formloom.records.validation import unstorable
from formloom.storage import receipts
from formloom.web.api import arguments
from formloom.web.api.blueprint import blueprint
from formloom.web.i18n import label
from formloom.web.requests import reading, writing
from formloom.workflow import definitions, sending
from formloom.workflow.definition import ProcessDefinition
from formloom.workflow.failure import RecordRef
from formloom.workflow.instances import Instance

LONGEST = 200       # characters of a name or key


@blueprint.get("/messages")
def list_messages() -> Response:
    return _listed("message")


@blueprint.get("/signals")
def list_signals() -> Response:
    return _listed("signal")


@blueprint.post("/messages")
def send_message() -> Response:
    """To the one instance that waits for it, else it starts what it starts. Nobody there: 409, and nothing is lost."""
    return _sent("message", {"name": str, "record": dict, "payload": dict, "key": str})


@blueprint.post("/signals")
def send_signal() -> Response:
    return _sent("signal", {"name": str, "record": dict, "payload": dict})


def _listed(kind: str) -> Response:
    """Those that the actor may send, and which processes take them."""
    arguments.known_arguments(frozenset({"_l_"}))
    with reading() as context:
        known = sending.awaited(definitions.all_of(context), kind)
        return jsonify(items=[{"name": name, "processes": [_process(one) for one in processes]}
                              for name, processes in known.items()
                              if context.policy.may_send(context.actor, kind, name)])


def _process(process: ProcessDefinition) -> dict[str, Any]:
    return {"key": process.key, "label": label(process.label), "entity": process.entity or None}


def _sent(kind: str, members: Mapping[str, type]) -> Response:
    content = arguments.take(arguments.body(), members)
    name, key = _short(content, "name"), _short(content, "key") if "key" in content else None
    record, payload = _record(content), _payload(content)
    repeat = _repeat_key()
    with writing() as context:
        def act() -> dict[str, Any]:
            reached = sending.send(context, kind, name, record, payload, key)
            return {"name": name, "continued": [_instance(one) for one in reached.continued],
                    "started": [_instance(one) for one in reached.started]}

        return jsonify(act() if repeat is None else receipts.once(
            context.unit, context.actor.user_id, repeat, [kind, name, record, payload, key], context.now, act))


def _instance(instance: Instance) -> dict[str, Any]:
    return {"id": instance.id, "process": instance.key, "status": instance.status}


def _short(content: Mapping[str, Any], member: str) -> str:
    text = str(content.get(member, ""))
    if not 0 < len(text) <= LONGEST or unstorable(text):
        raise BadRequest(Text("{name} takes 1 to {most} characters.", name=member, most=LONGEST))
    return text


def _record(content: Mapping[str, Any]) -> RecordRef | None:
    if "record" not in content:
        return None
    found = arguments.take(content["record"], {"entity": str, "id": int})
    number = found.get("id")
    if "entity" not in found or number is None or isinstance(number, bool) or not 0 < number <= LARGEST_ID:
        raise BadRequest(Text("record takes an entity and an id."))
    return found["entity"], number


def _payload(content: Mapping[str, Any]) -> dict[str, Any]:
    try:
        made: dict[str, Any] = values.structure(content.get("payload", {}))
    except ValueError as error:
        raise ValidationFailed([FieldError("payload", "invalid-value", error.args[0])]) from None
    return made


def _repeat_key() -> str | None:
    key = request.headers.get("Idempotency-Key")
    if key is not None and not (0 < len(key) <= LONGEST and key.isascii() and key.isprintable()):
        raise BadRequest(Text("Idempotency-Key takes 1 to {most} letters, digits and signs.", most=LONGEST))
    return key
