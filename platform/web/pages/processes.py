"""One process instance: its drawing with the live position, its history, who has it."""

from __future__ import annotations

from flask import Response, render_template
from flask.typing import ResponseReturnValue

from formloom.errors import NotFound, Text
from formloom.records import actions
from formloom.records.context import Context
from formloom.records.record import Record
from formloom.web.pages import flow
from formloom.web.pages.blueprint import blueprint
from formloom.web.pages.frame import display
from formloom.web.requests import reading
from formloom.workflow import incidents, instances, migration, standing, tasks
from formloom.workflow.instances import Instance


@blueprint.get("/processes/<int:instance_id>")
def process(instance_id: int) -> ResponseReturnValue:
    with reading() as context:
        instance, record = visible(context, instance_id)
        return render_template(
            "processes/process.html", panel=flow.panel(context, instance), record=record, show=display(),
            entity=context.catalog.entities.get(instance.entity), tasks=tasks.of_instance(context, instance_id),
            incidents=incidents.of_instance(context, instance_id), standing=standing.of(context, instance),
            passages=migration.history(context, instance_id), said=flow.said, admin=context.actor.admin)


@blueprint.get("/processes/<int:instance_id>/diagram.bpmn")
def process_diagram(instance_id: int) -> ResponseReturnValue:
    with reading() as context:
        instance, _ = visible(context, instance_id)
        text = instances.diagram(context, instance.id).text
    return Response(text, mimetype="application/xml", headers={"Cache-Control": "private, max-age=300"})


def visible(context: Context, instance_id: int) -> tuple[Instance, Record | None]:
    """For those who may read its record, who started it, or who have or had one of its tasks; and administrators."""
    instance = instances.get(context, instance_id)
    record = _record(context, instance)
    if record is not None or context.actor.admin or instance.started_by == context.actor.user_id:
        return instance, record
    mine = any(t.may_complete(context.actor) or context.actor.user_id in (t.assignee, t.done_by)
               for t in tasks.of_instance(context, instance_id))
    if not mine:
        raise NotFound(Text("There is no process instance {id}.", id=instance_id))
    return instance, None


def _record(context: Context, instance: Instance) -> Record | None:
    if instance.record_id is None or instance.entity not in context.catalog.entities:
        return None
    try:
        return actions.read(context, instance.entity, instance.record_id)
    except NotFound:
        return None
