"""Incidents: the list with its filters and what is done to many at once; one with its data and the ways out."""

from __future__ import annotations

from typing import Any

import simplejson
from flask import flash, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import ngettext

from formloom.errors import FieldError, FormloomError, Text, ValidationFailed
from formloom.policy import people
from formloom.web.i18n import label, t
from formloom.web.pages.blueprint import blueprint
from formloom.web.pages.frame import display
from formloom.web.repairing import each, repair
from formloom.web.requests import reading, writing
from formloom.workflow import incidents, repairs
from formloom.workflow.incidents import Filter
from formloom.workflow.repairs import Edits

RESOLUTIONS = {"went on": Text("went on by itself"), "retried": Text("tried again"), "skipped": Text("skipped"),
               "cancelled": Text("cancelled")}
_PARTS = ("variables", "parameters")


@blueprint.get("/incidents")
def incident_list() -> ResponseReturnValue:
    page = max(1, request.args.get("page", 1, type=int))
    wanted = _filter()
    with reading() as context:
        found = incidents.listed(context, wanted, page)
        who = people.names(context.unit, {one.resolved_by for one in found.items if one.resolved_by})
        return render_template(
            "incidents/list.html", found=found, wanted=wanted, page=page, size=incidents.PAGE_SIZE, who=who,
            processes=incidents.processes(context), show=display(), resolutions=RESOLUTIONS, most=repairs.MOST,
            names={key: label(definition.label) for key, definition in context.definitions.items()})


@blueprint.get("/incidents/<int:incident_id>")
def incident(incident_id: int) -> ResponseReturnValue:
    return _page(incident_id, {}, ())


@blueprint.post("/incidents")
def repair_many() -> ResponseReturnValue:
    """Those that are ticked, or all that the filter finds."""
    with reading() as context:
        incidents.administrator(context)
        ticked = [int(one) for one in request.form.getlist("id") if one.isdigit()]
        chosen = incidents.ids(context, _filter(request.form), repairs.MOST) if "all" in request.form else ticked
    outcomes = each(chosen[:repairs.MOST], repair(request.form.get("verb", "")))
    failed = [outcome for outcome in outcomes if outcome.error]
    if done := len(outcomes) - len(failed):
        flash(ngettext("One is under way again or closed.", "%(num)s are under way again or closed.", done), "success")
    for outcome in failed[:5]:
        flash(f"{outcome.id}: {t(outcome.error.message) if outcome.error else ''}", "error")
    if len(failed) > 5:
        flash(ngettext("One more failed.", "%(num)s more failed.", len(failed) - 5), "error")
    return redirect(_back("/incidents"))


@blueprint.post("/incidents/<int:incident_id>/<verb>")
def repair_incident(incident_id: int, verb: str) -> ResponseReturnValue:
    """What was typed is shown again where it was not accepted, or did not help."""
    typed = {name: request.form.get(name, "") for name in (*_PARTS, "result", "reason")}
    try:
        with writing() as context:
            edits = Edits(**{name: _json(name, typed[name]) for name in _PARTS})
            repair(verb, edits=edits, result=_json("result", typed["result"]), reason=typed["reason"][:500])(
                context, incident_id)
    except ValidationFailed as failed:
        return _page(incident_id, typed, failed.errors), 422
    except FormloomError as error:
        if error.status in (403, 404):
            raise
        flash(t(error.message), "error")
        return redirect(_back(f"/incidents/{incident_id}"))
    flash(t(Text("The process goes on, or is over: see its history.")), "success")
    return redirect(_back("/incidents"))


def _page(incident_id: int, typed: dict[str, str], errors: Any) -> str:
    with reading() as context:
        found = incidents.get(context, incident_id)
        data = repairs.data(context, incident_id)
        shown = {name: typed.get(name) or _shown(getattr(data, name)) for name in _PARTS}
        entity = context.catalog.entities.get(found.record[0]) if found.record else None
        return render_template(
            "incidents/incident.html", incident=found, data=data, typed=typed, shown=shown, entity=entity,
            errors={error.path.partition("/")[0]: error for error in errors}, show=display(),
            resolutions=RESOLUTIONS, editable=found.status == "open")


def _shown(values: Any) -> str:
    return simplejson.dumps(dict(values), use_decimal=True, ensure_ascii=False, indent=2) if values else ""


def _json(name: str, text: str) -> dict[str, Any]:
    """What was typed as a JSON object. Untouched values come back as they were shown, and so change nothing."""
    if not text.strip():
        return {}
    try:
        value = _read(text)
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict):
        raise ValidationFailed([FieldError(name, "not-json", Text('Write it as JSON, such as {example}.',
                                                                  example='{"amount": 5}'))])
    original = request.form.get(f"{name}_before", "")
    before = _read(original) if original else {}
    return {key: item for key, item in value.items() if key not in before or before[key] != item}


def _read(text: str) -> Any:
    return simplejson.loads(text, use_decimal=True, allow_nan=False)


def _filter(given: Any = None) -> Filter:
    args = given if given is not None else request.args
    status = args.get("status", "open")
    return Filter(status if status in incidents.STATUSES else "open", args.get("process", "")[:200],
                  args.get("element", "")[:200], args.get("cause", "")[:200])


def _back(default: str) -> str:
    """The page of the instance, where the button was pressed there."""
    instance = request.form.get("instance", "")
    return f"/processes/{int(instance)}" if instance.isdecimal() and instance.isascii() else default
