"""The ways out of an incident: retry, edit and retry, skip, cancel. Each in the caller's transaction."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from formloom import feel
from formloom.errors import Conflict, FieldError, Text, ValidationFailed
from formloom.jobs import queue
from formloom.metadata.catalog import EMPTY
from formloom.records import actions
from formloom.records.context import Context
from formloom.storage import platform_tables as t
from formloom.workflow import definitions, engine, external, incidents, instances, steps, trail
from formloom.workflow.definition import Node
from formloom.workflow.incidents import Incident
from formloom.workflow.scope import local_now

MOST = 500      # incidents of one bulk act


@dataclass(frozen=True, slots=True)
class Edits:
    """What is changed before a retry: variables of the process, fields of its record, parameters of the job."""

    variables: Mapping[str, Any] = EMPTY
    fields: Mapping[str, Any] = EMPTY
    parameters: Mapping[str, Any] = EMPTY

    def __bool__(self) -> bool:
        return bool(self.variables or self.fields or self.parameters)


@dataclass(frozen=True, slots=True)
class Data:
    """What an incident is about, as far as the viewer may read it; `hidden` names what is left out."""

    variables: Mapping[str, Any]
    fields: Mapping[str, Any]
    parameters: Mapping[str, Any]
    hidden: tuple[str, ...]


def retry(context: Context, incident_id: int, edits: Edits = Edits()) -> Incident:
    """Tries again what failed, with what was edited. That it fails once more is told at once, where it is done here."""
    incident = incidents.unresolved(context, incident_id)
    job = incidents.job_of(context, incident)
    edits = Edits(_spoken(context, "variables", edits.variables), edits.fields,
                  _spoken(context, "parameters", edits.parameters))
    if edits.fields:
        _write(context, incident, edits.fields)
    if edits.parameters:
        job = _renew(context, incident, job, edits.parameters)
    _close(context, incident, "retried", "edited" if edits else "retried", _told(edits))
    if job is None or edits.variables:
        step = _instance(context, incident)
        _assign(context, incident, step, edits.variables)
        step.fire()
    if job is None:
        return incidents.get(context, incident_id)
    if job.status == "failed":
        queue.retry(context.unit, job.id, context.now)
    elif job.status == "done":
        external.settle(context, job)
    return incidents.get(context, incident_id)


def skip(context: Context, incident_id: int, result: Mapping[str, Any] = EMPTY) -> Incident:
    """Takes the token past the element, as if it had given `result`. What nobody waits for is left undone."""
    incident = incidents.unresolved(context, incident_id)
    job = incidents.job_of(context, incident)
    if not incident.skippable:
        raise Conflict(Text("{element} cannot be skipped.", element=incident.node or incident.key),
                       Text("Service tasks and decisions can. Edit and retry, or cancel the process."))
    given = _spoken(context, "result", result)
    _close(context, incident, "skipped", "skipped", {"result": given})
    if job is None:
        step = _instance(context, incident)
        step.skips[incident.node] = given
        step.fire()
    elif job.token:
        _instance(context, incident).answer(job.token, job.node, given)
    else:
        queue.cancel(context.unit, t.fl_job.c.id == job.id, context.now)
    return incidents.get(context, incident_id)


def cancel(context: Context, incident_id: int, reason: str = "") -> Incident:
    """Ends the instance; of a job or a start without one, the incident."""
    incident = incidents.unresolved(context, incident_id)
    _close(context, incident, "cancelled", "", {"reason": reason} if reason else {})
    if incident.instance_id is not None and _runs(context, incident.instance_id):
        instances.cancel(context, incident.instance_id, reason)
    elif incident.job_id is not None:
        queue.cancel(context.unit, t.fl_job.c.id == incident.job_id, context.now)
    return incidents.get(context, incident_id)


def data(context: Context, incident_id: int) -> Data:
    incident = incidents.get(context, incident_id)
    job = incidents.job_of(context, incident)
    closed = _closed(context, incident)
    fields, variables = _fields(context, incident), _variables(context, incident)
    parameters = _parameters(job) if job else {}
    tainted = _tainted(context, incident, job, closed)
    hidden = [*sorted(closed), *sorted((variables.keys() | parameters.keys()) & tainted)]
    return Data(spelled({k: v for k, v in variables.items() if k not in tainted}), fields,
                spelled({k: v for k, v in parameters.items() if k not in tainted}), tuple(dict.fromkeys(hidden)))


def _runs(context: Context, instance_id: int) -> bool:
    return instances.get(context, instance_id).status in ("running", "incident")


def _instance(context: Context, incident: Incident) -> steps.Step:
    if incident.instance_id is None:
        raise Conflict(Text("Nothing of this was kept that could be tried again."),
                       Text("Let whoever tried to start the process do so again, and close this incident."))
    return steps.open_instance(context, incident.instance_id)


def _close(context: Context, incident: Incident, resolution: str, kind: str, told: Mapping[str, Any]) -> None:
    """With a line in the history of the instance, and one in the audit."""
    steps.close_incidents(context, t.fl_incident.c.id == incident.id, resolution)
    entity, record_id = incident.record or ("", None)
    context.unit.connection.execute(sa.insert(t.fl_audit).values(
        at=context.now, actor_id=context.actor.user_id, actor_name=context.actor.name, entity=entity,
        record_id=record_id, kind="repair", action=kind or resolution,
        before={"incident": incident.id, "process": incident.key, "element": incident.node, "error": incident.error},
        after=_plain(told)))
    if kind and incident.instance_id is not None:
        trail.note(context, incident.instance_id, kind, [(incident.node, context.now)], context.actor.user_id,
                   _plain(told))


def _told(edits: Edits) -> dict[str, Any]:
    given = {"variables": edits.variables, "fields": sorted(edits.fields), "parameters": edits.parameters}
    return {name: value for name, value in given.items() if value}


def _write(context: Context, incident: Incident, values: Mapping[str, Any]) -> None:
    """By the rules for records, as whoever repairs: validated, and audited there."""
    if incident.record is None:
        raise ValidationFailed([FieldError("fields", "no-record", Text("This process has no record."))])
    actions.update(context, *incident.record, dict(values))


def _assign(context: Context, incident: Incident, step: steps.Step, values: Mapping[str, Any]) -> None:
    entity = context.catalog.entities.get(incident.record[0]) if incident.record else None
    fields = entity.fields if entity else EMPTY
    errors = [FieldError(f"variables/{name}", "a-field", Text("{name} is a field of the record: change it there.",
                                                              name=name)) for name in values if name in fields]
    if errors:
        raise ValidationFailed(errors)
    step.assign(values)


def _renew(context: Context, incident: Incident, job: queue.Job | None, given: Mapping[str, Any]) -> queue.Job:
    """A job with other parameters is another job: the other side must not take it for the one it has seen."""
    if job is None or job.status != "failed":
        raise ValidationFailed([FieldError("parameters", "computed", Text(
            "{element} computes its parameters when it is tried again: change what they are made of.",
            element=incident.node or incident.key))])
    known = _parameters(job)
    errors = [FieldError(f"parameters/{name}", "unknown", Text("There is no parameter {name}.", name=name))
              for name in given if name not in known]
    if errors:
        raise ValidationFailed(errors)
    payload = dict(job.payload) | (
        {"parameters": engine.write_values({**known, **given})} if job.kind == steps.EXTERNAL else _plain(given))
    return queue.get(context.unit, queue.renew(context.unit, job, payload, f"edited:{incident.id}", context.now))


def _parameters(job: queue.Job) -> dict[str, Any]:
    return engine.read_values(job.payload["parameters"]) if job.kind == steps.EXTERNAL else dict(job.payload)


def _variables(context: Context, incident: Incident) -> dict[str, Any]:
    if incident.instance_id is None or not _runs(context, incident.instance_id):
        return {}
    step = steps.look_at(context, incident.instance_id)
    return dict(step.unstarted[1] if step.unstarted else step.running.variables)


def _fields(context: Context, incident: Incident) -> dict[str, Any]:
    if incident.record is None or context.store.get(context.unit, *incident.record) is None:
        return {}
    read = actions.read(context, *incident.record)
    return {name: value for name, value in read.values.items() if name in read.access.readable}


def _closed(context: Context, incident: Incident) -> frozenset[str]:
    """Fields of the record that the viewer may not read."""
    if incident.record is None:
        return frozenset()
    row = context.store.get(context.unit, *incident.record)
    access = context.policy.access(context.actor, incident.record[0], row, context.now)
    return frozenset(context.catalog.entity(incident.record[0]).fields) - access.readable


def _tainted(context: Context, incident: Incident, job: queue.Job | None, closed: frozenset[str]) -> frozenset[str]:
    """Results and parameters that are made of fields which the viewer may not read, or of such results."""
    if not closed or incident.instance_id is None:
        return frozenset()
    instance = instances.get(context, incident.instance_id)
    nodes = definitions.pinned(context, instance.key, instance.hash).nodes
    made_of = {node.name: _uses(node) for node in nodes.values()}
    tainted = closed | {"record"}
    while found := {name for name, uses in made_of.items() if uses & tainted} - tainted:
        tainted |= found
    action = nodes[job.node].action if job and job.node in nodes else None
    given = action.parameters.items() if action else ()
    return tainted | {name for name, expression in given if expression.names & tainted}


def _uses(node: Node) -> frozenset[str]:
    said = [*node.script.values(), *node.parameters.values(), *(node.action.parameters.values() if node.action else ()),
            *(node.decision.parameters.values() if node.decision else ())]
    return frozenset().union(*(expression.names for expression in said))


def _spoken(context: Context, path: str, value: Any) -> Any:
    """Text that begins with = is FEEL, for values that JSON lacks: dates, times, durations."""
    if isinstance(value, Mapping):
        return {name: _spoken(context, f"{path}/{name}", item) for name, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_spoken(context, f"{path}/{index}", item) for index, item in enumerate(value)]
    if not isinstance(value, str) or not value.startswith("="):
        return value
    try:
        return feel.compile(value[1:]).evaluate({}, local_now(context))
    except feel.FeelSyntaxError as error:
        raise ValidationFailed([FieldError(path, "bad-expression", Text("{text} is not FEEL: {error}", text=value[1:],
                                                                        error=str(error)))]) from error


def spelled(value: Any) -> Any:
    """A value as it may be edited in JSON: what JSON lacks as text that begins with =, which is FEEL."""
    if isinstance(value, Mapping):
        return {str(name): spelled(item) for name, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [spelled(item) for item in value]
    if isinstance(value, str):
        return f"={json.dumps(value, ensure_ascii=False)}" if value.startswith("=") else value
    return value if value is None or isinstance(value, (bool, int, Decimal)) else f"={feel.literal(value).text}"


def _plain(values: Mapping[str, Any]) -> dict[str, Any]:
    """As JSON: every number with its digits, times as text."""
    return dict(json.loads(json.dumps(values, default=str)))
