"""User tasks of running processes: what waits for the actor, and deciding it."""

from __future__ import annotations

from typing import Any

from flask import Response, jsonify, request

from formloom.errors import BadRequest, Text
from formloom.metadata.values import LARGEST_ID
from formloom.web.api import arguments
from formloom.web.api.blueprint import blueprint
from formloom.web.i18n import label
from formloom.web.requests import reading, writing
from formloom.workflow import tasks
from formloom.workflow.inbox import BOXES, Task

_LIST = frozenset({"box", "page", "page_size", "process", "entity", "starter", "search", "due", "_l_"})
_DUE = ("any", "overdue", "none")
_COMPLETION = {"outcome": str, "comment": str, "values": dict}


@blueprint.get("/tasks")
def list_tasks() -> Response:
    """`open` is what is mine and what is offered to me; the box when none is named."""
    arguments.known_arguments(_LIST)
    box = arguments.choice("box", "open", BOXES)
    page = arguments.integer("page", 1, 1_000_000)
    size = arguments.integer("page_size", 25, arguments.MAX_PAGE_SIZE)
    with reading() as context:
        found = tasks.inbox(context, box, page=page, page_size=size, only=_filter())
    return jsonify(items=[task_json(task) for task in found.tasks], page=page, page_size=size, has_more=found.more)


def _filter() -> tasks.Filter:
    due = arguments.choice("due", "any", _DUE)
    return tasks.Filter(
        process=request.args.get("process", ""), entity=request.args.get("entity", ""),
        starter=arguments.integer("starter", 0, LARGEST_ID) or None, words=request.args.get("search", ""),
        due="" if due == "any" else due)


@blueprint.get("/tasks/counts")
def task_counts() -> Response:
    """For badges: cheap enough to be asked again and again."""
    with reading() as context:
        return jsonify(tasks.counts(context))


@blueprint.get("/tasks/<id>")
def read_task(id: str) -> Response:
    with reading() as context:
        return jsonify(task_json(tasks.get(context, arguments.record_id(id))))


@blueprint.post("/tasks/<id>/claim")
def claim(id: str) -> Response:
    with writing() as context:
        return jsonify(task_json(tasks.claim(context, arguments.record_id(id))))


@blueprint.post("/tasks/<id>/release")
def release(id: str) -> Response:
    with writing() as context:
        return jsonify(task_json(tasks.release(context, arguments.record_id(id))))


@blueprint.post("/tasks/<id>/complete")
def complete(id: str) -> Response:
    """A task that is offered to the actor is claimed on the way."""
    number = arguments.record_id(id)
    sent = arguments.take(arguments.body(optional=True), _COMPLETION)
    if len(sent.get("comment", "")) > 10_000:
        raise BadRequest(Text("{name} is too long.", name="comment"))
    with writing() as context:
        done = tasks.complete(context, number, sent.get("outcome", ""), sent.get("comment", ""), sent.get("values", {}))
        return jsonify(task_json(done))


def task_json(task: Task) -> dict[str, Any]:
    return {
        "id": task.id, "label": label(task.label), "status": task.status, "process": task.process,
        "process_label": label(task.process_label), "instance": task.instance_id, "node": task.node,
        "entity": task.entity or None, "record": task.record_id, "record_title": task.record_title or None,
        "assignee": task.assignee, "role": task.role, "users": list(task.users), "due_at": task.due_at,
        "created_at": task.created_at, "done_at": task.done_at, "done_by": task.done_by, "outcome": task.outcome,
        "comment": task.comment, "kind": task.kind or None, "parent": task.parent, "in_name_of": task.in_name_of,
        "acted_for": task.acted_for, "urged": task.urged, "urged_at": task.urged_at, "unread_copy": task.unread,
        "started_by": task.started_by, "started_at": task.started_at,
        "fields": [{"name": f.name, "access": f.access} for f in task.fields],
        "outcomes": [{"value": o.value, "label": label(o.label), "tone": o.tone, "comment": o.comment}
                     for o in task.outcomes],
    }
