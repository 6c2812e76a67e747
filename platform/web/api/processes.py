"""Running and finished processes."""

from __future__ import annotations

from typing import Any

from flask import Response, jsonify

from formloom.errors import NotFound, Text, UnknownEntity
from formloom.records import actions
from formloom.records.context import Context
from formloom.web.api import arguments
from formloom.web.api.blueprint import blueprint
from formloom.web.api.tasks import task_json
from formloom.web.i18n import label
from formloom.web.requests import reading
from formloom.workflow import instances, tasks
from formloom.workflow.instances import Diagram, Instance, Visit, Waiting

TOLD = frozenset({"transferred", "delegated", "signer_added", "returned", "withdrawn", "urged", "copied", "undone"})


@blueprint.get("/processes/instances/<id>")
def read_instance(id: str) -> Response:
    """Status, tasks, where it stands and how it came there: for those who may see its record or work on it."""
    number = arguments.record_id(id)
    with reading() as context:
        instance = instances.get(context, number)
        if not _may_see(context, instance):
            raise NotFound(Text("There is no process instance {id}.", id=number))
        return jsonify(_instance(context, instance) | _progress(instances.diagram(context, number)))


def _may_see(context: Context, instance: Instance) -> bool:
    who = context.actor
    if who.admin or instance.started_by == who.user_id or _works_on(context, instance):
        return True
    if instance.record is None:
        return False
    try:
        actions.read(context, *instance.record)
    except (NotFound, UnknownEntity):
        return False
    return True


def _works_on(context: Context, instance: Instance) -> bool:
    who = context.actor
    return any(who.user_id in (task.assignee, task.done_by) or task.offered_to(who)
               for task in tasks.of_instance(context, instance.id))


def _instance(context: Context, instance: Instance) -> dict[str, Any]:
    return {
        "id": instance.id, "process": instance.key, "label": label(instance.label), "definition": instance.hash,
        "status": instance.status, "entity": instance.entity or None, "record": instance.record_id,
        "started_by": instance.started_by, "started_at": instance.started_at, "ended_at": instance.ended_at,
        "tasks": [task_json(task) for task in tasks.of_instance(context, instance.id)],
    }


def _progress(diagram: Diagram) -> dict[str, Any]:
    return {"position": [_waiting(w) for w in diagram.waiting], "history": [_visit(v) for v in diagram.history]}


def _waiting(waiting: Waiting) -> dict[str, Any]:
    return {"node": waiting.node, "kind": waiting.kind, "since": waiting.since, "due_at": waiting.due_at,
            "assignee": waiting.assignee, "role": waiting.role}


def _visit(visit: Visit) -> dict[str, Any]:
    return {"node": visit.node, "label": label(visit.label), "kind": visit.kind, "at": visit.at, "by": visit.actor_id,
            **({"decision": _ruling(visit)} if visit.kind == "ruled" else {}),
            **({"details": dict(visit.data)} if visit.kind in TOLD else {})}


def _ruling(visit: Visit) -> dict[str, Any]:
    """Which decision it was, of which content, what it was asked, which rules held, what it answered."""
    told = visit.data
    return {"decision": told["decision"], "hash": told["hash"], "result": told["result"],
            "inputs": {given["name"]: given["value"] for given in told["inputs"]},
            "rules": [{"number": rule["number"], "note": label(rule["note"])} for rule in told["rules"]]}
