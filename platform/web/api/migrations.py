"""Versions of a process, and the move of its running instances from one to another: for administrators."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from flask import Response, jsonify, request

from formloom.errors import BadRequest, Text
from formloom.web.api import arguments
from formloom.web.api.blueprint import blueprint
from formloom.web.i18n import label, t
from formloom.web.requests import actor, reading, runtime, writing
from formloom.workflow import migration, monitoring
from formloom.workflow.migration import Outcome, Outlook

_MEMBERS = {"from": str, "to": str, "map": dict, "instances": list, "dry_run": bool}
MOST_DAYS = 3660


@blueprint.get("/processes/<key>/versions")
def process_versions(key: str) -> Response:
    """Those that instances run on, and the current one."""
    with reading() as context:
        return jsonify(items=[{"hash": v.hash, "since": v.since, "running": v.running, "current": v.current}
                              for v in migration.versions(context, key)])


@blueprint.get("/processes/<key>/statistics")
def process_statistics(key: str) -> Response:
    """By element: how often it was passed in the last `days`, how long it took, what waits and what failed there."""
    days = request.args.get("days", "30")
    if not days.isascii() or not days.isdigit() or not 1 <= int(days) <= MOST_DAYS:
        raise BadRequest(Text("`days` is a whole number from 1 to {limit}.", limit=MOST_DAYS))
    with reading() as context:
        content = migration.version(context, key, given) if (given := request.args.get("version", "")) else ""
        found = monitoring.heat(context, key, context.now - timedelta(days=int(days)), content)
    return jsonify(items=[_heat(heat) for _, heat in sorted(found.items())])


@blueprint.post("/processes/<key>/migrations")
def migrate_process(key: str) -> Response:
    """With `dry_run`: what would become of each instance. Otherwise moves those that can, one by one."""
    given = _body()
    moves = {str(old): str(new) for old, new in given.get("map", {}).items()}
    only = [arguments.record_id(str(number)) for number in given.get("instances", [])]
    with reading() as context:
        old, new = (migration.version(context, key, given.get(name, "")) for name in ("from", "to"))
        if given.get("dry_run"):
            return jsonify(_outlook(migration.outlook(context, key, old, new, moves, only)))
    outcomes = migration.migrate(runtime(), actor(), key, old, new, moves, only)
    return jsonify({"from": old, "to": new, "items": [_outcome(o) for o in outcomes]})


@blueprint.post("/processes/instances/<id>/migrations/undo")
def undo_migration(id: str) -> Response:
    """Back to the version and the state before, if the instance has not gone on since."""
    number = arguments.record_id(id)
    with writing() as context:
        migration.undo(context, number)
    return jsonify(instance=number, undone=True)


def _body() -> Mapping[str, Any]:
    given = request.get_json()
    if not isinstance(given, dict) or not given.get("from"):
        raise BadRequest(Text("Say in `from` which version to move from."))
    for name, value in given.items():
        if not isinstance(value, _MEMBERS.get(name, type(None))):
            raise BadRequest(Text("The body has a member {name} that does not belong there.", name=name),
                             Text("It takes {names}.", names=", ".join(_MEMBERS)))
    return given


def _outlook(found: Outlook) -> dict[str, Any]:
    return {
        "from": found.old.hash, "to": found.new.hash,
        "counts": {kind: found.count(kind) for kind in ("moves", "mapping", "cannot")},
        "items": [{"instance": v.instance_id, "verdict": v.kind, "armed": v.armed, "disarmed": v.disarmed,
                   "reasons": [{"code": r.code, "node": r.node, "message": t(r.message)} for r in v.reasons]}
                  for v in found.verdicts],
        "missing": [{"node": gap.node, "label": label(gap.label), "count": gap.count,
                     "suggested": gap.suggested or None, "choices": [node.id for node in gap.choices]}
                    for gap in found.gaps]}


def _outcome(outcome: Outcome) -> dict[str, Any]:
    return {"instance": outcome.instance_id, "moved": outcome.done, "reasons": [t(r) for r in outcome.reasons]}


def _heat(heat: monitoring.Heat) -> dict[str, Any]:
    return {"node": heat.node, "count": heat.count, "now": heat.now, "failures": heat.failures,
            "p50_seconds": heat.half.total_seconds() if heat.half is not None else None,
            "p95_seconds": heat.most.total_seconds() if heat.most is not None else None}
