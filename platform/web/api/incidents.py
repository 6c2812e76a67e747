"""What has stopped, and repairing it: for administrators."""

from __future__ import annotations

from typing import Any

from flask import Response, jsonify, request

from formloom.errors import BadRequest, Text
from formloom.metadata.values import LARGEST_ID
from formloom.web import problems
from formloom.web.api import arguments
from formloom.web.api.blueprint import blueprint
from formloom.web.i18n import label
from formloom.web.repairing import Outcome, each, repair
from formloom.web.requests import reading, writing
from formloom.workflow import incidents, repairs
from formloom.workflow.incidents import Filter, Incident
from formloom.workflow.repairs import Data, Edits

LONGEST = 2000      # characters of a filter or a reason
_LIST = frozenset({"status", "process", "element", "cause", "instance", "page", "page_size", "_l_"})
_EDITS = {"variables": dict, "fields": dict, "parameters": dict}
_BULK = {"verb": str, "ids": list, "where": dict, "result": dict, "reason": str, **_EDITS}
_WHERE = {"process": str, "element": str, "cause": str}


@blueprint.get("/incidents")
def list_incidents() -> Response:
    arguments.known_arguments(_LIST)
    page, size = arguments.integer("page", 1, 1_000_000), arguments.integer("page_size", 25, incidents.LARGEST_PAGE)
    instance = arguments.integer("instance", 0, LARGEST_ID) or None
    wanted = Filter(arguments.choice("status", "open", incidents.STATUSES), _text("process"), _text("element"),
                    _text("cause"), instance)
    with reading() as context:
        found = incidents.listed(context, wanted, page, size)
    return jsonify(items=[incident_json(one) for one in found.items], page=page, page_size=size, count=found.total,
                   has_more=page * size < found.total)


@blueprint.get("/incidents/<id>")
def read_incident(id: str) -> Response:
    number = arguments.record_id(id)
    with reading() as context:
        return jsonify(incident_json(incidents.get(context, number)) | _data(repairs.data(context, number)))


@blueprint.post("/incidents/<id>/retry")
def retry_incident(id: str) -> Response:
    """With variables of the process, fields of its record or parameters of the job, these are changed before."""
    edits = Edits(**arguments.take(arguments.body(optional=True), _EDITS))
    return _repaired(id, "retry", edits=edits)


@blueprint.post("/incidents/<id>/skip")
def skip_incident(id: str) -> Response:
    """The process goes on as if the element had given `result`."""
    sent = arguments.take(arguments.body(optional=True), {"result": dict})
    return _repaired(id, "skip", result=sent.get("result", {}))


@blueprint.post("/incidents/<id>/cancel")
def cancel_incident(id: str) -> Response:
    """Ends the process."""
    return _repaired(id, "cancel", reason=_short(arguments.take(arguments.body(optional=True), {"reason": str})))


@blueprint.post("/incidents/bulk")
def repair_incidents() -> Response:
    """Those of `ids`, or those that `where` finds; each by itself, with what became of it."""
    sent = arguments.take(arguments.body(), _BULK)
    edits = Edits(**{name: sent[name] for name in _EDITS if name in sent})
    act = repair(sent.get("verb", ""), edits=edits, result=sent.get("result", {}), reason=_short(sent))
    with reading() as context:
        incidents.administrator(context)
        chosen = _ids(sent["ids"]) if "ids" in sent else incidents.ids(context, _where(sent), repairs.MOST)
    outcomes = each(chosen, act)
    failed = sum(outcome.error is not None for outcome in outcomes)
    return jsonify(results=[_outcome(outcome) for outcome in outcomes], done=len(outcomes) - failed, failed=failed)


def _repaired(id: str, verb: str, **given: Any) -> Response:
    with writing() as context:
        return jsonify(incident_json(repair(verb, **given)(context, arguments.record_id(id))))


def _ids(sent: list[Any]) -> list[int]:
    if len(sent) > repairs.MOST or not all(
            isinstance(one, int) and not isinstance(one, bool) and 0 < one <= LARGEST_ID for one in sent):
        raise BadRequest(Text("{name} takes at most {limit} ids.", name="ids", limit=repairs.MOST))
    return sent


def _where(sent: dict[str, Any]) -> Filter:
    if "where" not in sent:
        raise BadRequest(Text("Say which incidents: by ids, or by where."))
    given = arguments.take(sent["where"], _WHERE)
    return Filter(key=given.get("process", ""), node=given.get("element", ""), cause=given.get("cause", ""))


def _short(sent: dict[str, Any]) -> str:
    reason = str(sent.get("reason", ""))
    if len(reason) > LONGEST:
        raise BadRequest(Text("{name} is too long.", name="reason"))
    return reason


def _text(name: str) -> str:
    text = request.args.get(name, "")
    if len(text) > LONGEST:
        raise BadRequest(Text("{name} is too long.", name=name))
    return text


def incident_json(one: Incident) -> dict[str, Any]:
    return {
        "id": one.id, "process": one.key, "process_label": label(one.label), "instance": one.instance_id,
        "job": one.job_id, "element": one.node, "element_label": label(one.node_label) or None,
        "exception": one.exception or None, "cause": one.cause, "attempts": one.attempts, "at": one.at,
        "status": one.status, "resolution": one.resolution or None, "resolved_at": one.resolved_at,
        "resolved_by": one.resolved_by, "entity": one.record[0] if one.record else None,
        "record": one.record[1] if one.record else None, "skippable": one.skippable,
    }


def _data(data: Data) -> dict[str, Any]:
    return {"variables": dict(data.variables), "fields": dict(data.fields), "parameters": dict(data.parameters),
            "hidden": list(data.hidden)}


def _outcome(outcome: Outcome) -> dict[str, Any]:
    told = {"problem": problems.document(outcome.error)} if outcome.error else {}
    return {"id": outcome.id, "ok": outcome.error is None, **told}
