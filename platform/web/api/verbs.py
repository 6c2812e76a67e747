"""What is done to a task besides deciding it, absences, and taking a process back."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from flask import Response, jsonify

from formloom.errors import BadRequest, Text
from formloom.metadata.values import LARGEST_ID
from formloom.web.api import arguments
from formloom.web.api.blueprint import blueprint
from formloom.web.api.tasks import task_json
from formloom.web.i18n import label, t
from formloom.web.requests import actor, reading, writing
from formloom.workflow import deputies, offering, steps, tasks, undo, verbs
from formloom.workflow.deputies import Absence
from formloom.workflow.offering import Offered

_TO = {"to": int, "reason": str}
_ABSENCE = {"deputy": int, "from": str, "until": str, "processes": list, "user": int}
MOST_PEOPLE = 50


@blueprint.get("/tasks/<id>/offers")
def task_offers(id: str) -> Response:
    """Every verb, whether the actor may use it now, and if not why; and where the task may be returned to."""
    number = arguments.record_id(id)
    with reading() as context:
        task = tasks.get(context, number)
        if not task.running:
            return jsonify(offers=[], targets=[])
        step = steps.look_at(context, task.instance_id)
        return jsonify(
            offers=[offer_json(offer) for offer in offering.of_task(context, step, task)],
            targets=[{"node": n.id, "label": label(n.label)} for n in verbs.targets(context, step, task)])


def offer_json(offer: Offered) -> dict[str, Any]:
    return {"verb": offer.verb, "label": t(offer.label), "allowed": offer.allowed,
            "reason": t(offer.reason) if offer.reason else None}


@blueprint.post("/tasks/<id>/transfer")
def transfer(id: str) -> Response:
    sent = arguments.take(arguments.body(), _TO)
    with writing() as context:
        return jsonify(task_json(verbs.transfer(context, arguments.record_id(id), _person(sent, "to"), _reason(sent))))


@blueprint.post("/tasks/<id>/delegate")
def delegate(id: str) -> Response:
    sent = arguments.take(arguments.body(), _TO)
    with writing() as context:
        return jsonify(task_json(verbs.delegate(context, arguments.record_id(id), _person(sent, "to"), _reason(sent))))


@blueprint.post("/tasks/<id>/signers")
def add_signer(id: str) -> Response:
    sent = arguments.take(arguments.body(), {"to": list, "when": str, "reason": str})
    with writing() as context:
        return jsonify(task_json(verbs.add_signer(
            context, arguments.record_id(id), _people(sent, "to"), sent.get("when", "before"), _reason(sent))))


@blueprint.post("/tasks/<id>/return")
def return_task(id: str) -> Response:
    sent = arguments.take(arguments.body(), {"target": str, "reason": str, "resume": str})
    with writing() as context:
        return jsonify(task_json(verbs.return_to(
            context, arguments.record_id(id), sent.get("target", verbs.INITIATOR), _reason(sent),
            sent.get("resume", ""))))


@blueprint.post("/tasks/<id>/urge")
def urge(id: str) -> Response:
    with writing() as context:
        return jsonify(task_json(verbs.urge(context, arguments.record_id(id))))


@blueprint.post("/tasks/<id>/copies")
def copy_task(id: str) -> Response:
    """Whom it was copied to; those who had a copy already are left out."""
    sent = arguments.take(arguments.body(), {"users": list, "role": str, "comment": str})
    with writing() as context:
        return jsonify(users=verbs.copy(context, arguments.record_id(id), _people(sent, "users"), sent.get("role", ""),
                                        sent.get("comment", "")))


@blueprint.post("/tasks/<id>/undo")
def undo_task(id: str) -> Response:
    with writing() as context:
        return jsonify(task_json(undo.undo(context, arguments.record_id(id))))


@blueprint.post("/processes/instances/<id>/withdraw")
def withdraw(id: str) -> Response:
    number, sent = arguments.record_id(id), arguments.take(arguments.body(optional=True), {"reason": str})
    with writing() as context:
        instance = verbs.withdraw(context, number, _reason(sent))
        return jsonify(id=instance.id, status=instance.status)


@blueprint.get("/absences")
def list_absences() -> Response:
    """Mine, and those in which I stand in for somebody now."""
    with reading() as context:
        return jsonify(mine=[_absence(a) for a in deputies.of_person(context, actor().user_id)],
                       standing_in=[_absence(a) for a in deputies.standing_in(context, actor().user_id)])


@blueprint.post("/absences")
def set_absence() -> tuple[Response, int]:
    sent = arguments.take(arguments.body(), _ABSENCE)
    with writing() as context:
        made = deputies.appoint(context, _person(sent, "deputy"), _moment(sent, "from"), _moment(sent, "until"),
                                tuple(map(str, sent.get("processes", ()))), sent.get("user"))
        return jsonify(_absence(made)), 201


@blueprint.delete("/absences/<id>")
def end_absence(id: str) -> tuple[str, int]:
    with writing() as context:
        deputies.end(context, arguments.record_id(id))
    return "", 204


def _absence(absence: Absence) -> dict[str, Any]:
    return {"id": absence.id, "user": absence.user_id, "deputy": absence.deputy_id, "from": absence.since,
            "until": absence.until, "processes": list(absence.processes)}


def _person(sent: dict[str, Any], name: str) -> int:
    return _people({name: [sent.get(name)]}, name)[0]


def _people(sent: dict[str, Any], name: str) -> list[int]:
    given = sent.get(name, [])
    if len(given) > MOST_PEOPLE:
        raise BadRequest(Text("At most {limit} people at once.", limit=MOST_PEOPLE))
    for value in given:
        if isinstance(value, bool) or not isinstance(value, int) or not 0 < value <= LARGEST_ID:
            raise BadRequest(Text("{name} takes ids of people.", name=name))
    return [int(value) for value in given]


def _reason(sent: dict[str, Any]) -> str:
    return str(sent.get("reason", ""))


def _moment(sent: dict[str, Any], name: str) -> datetime:
    try:
        found = datetime.fromisoformat(str(sent.get(name, "")))
    except ValueError:
        raise BadRequest(Text("{name} takes a moment such as 2026-10-01T09:00:00+08:00.", name=name)) from None
    return found if found.tzinfo else found.replace(tzinfo=ZoneInfo(actor().timezone))
