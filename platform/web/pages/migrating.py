"""Moving running instances to another version: look, map, move, take back. To look is the dry run."""

from __future__ import annotations

from collections.abc import Mapping

from flask import flash, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import ngettext
from werkzeug.datastructures import MultiDict

from formloom.errors import BadRequest, Text
from formloom.web.i18n import label, t
from formloom.web.pages.blueprint import blueprint
from formloom.web.pages.frame import display
from formloom.web.requests import actor, reading, runtime, writing
from formloom.workflow import definitions, migration
from formloom.workflow.migration import Outcome

_MAP = "map."


@blueprint.get("/monitoring/<key>/migrate")
def migrating(key: str) -> ResponseReturnValue:
    return _page(key, request.args, [])


@blueprint.post("/monitoring/<key>/migrate")
def migrate_all(key: str) -> ResponseReturnValue:
    with reading() as context:
        old, new = (migration.version(context, key, request.form[name]) for name in ("from", "to"))
    outcomes = migration.migrate(runtime(), actor(), key, old, new, _moves(request.form))
    return _page(key, request.form, outcomes)


@blueprint.post("/monitoring/<key>/migrate/undo")
def undo_all(key: str) -> ResponseReturnValue:
    outcomes = migration.undo_all(runtime(), actor(), key, request.form["from"], request.form["to"])
    back = sum(outcome.done for outcome in outcomes)
    flash(ngettext("One is back on the earlier version.", "%(num)s are back on the earlier version.", back), "success")
    for outcome in outcomes:
        if not outcome.done:
            flash(f"{outcome.instance_id}: " + " ".join(t(reason) for reason in outcome.reasons), "warning")
    return redirect(f"/monitoring/{key}")


@blueprint.post("/processes/<int:instance_id>/migration/undo")
def undo_one(instance_id: int) -> ResponseReturnValue:
    with writing() as context:
        migration.undo(context, instance_id)
    flash(t(Text("Back on the earlier version.")), "success")
    return redirect(f"/processes/{instance_id}")


def _page(key: str, given: MultiDict[str, str], outcomes: list[Outcome]) -> ResponseReturnValue:
    with reading() as context:
        versions = migration.versions(context, key)
        old, new = _chosen(versions, given)
        moves = _moves(given)
        found = migration.outlook(context, key, old, new, moves) if old and old != new else None
        name = label(definitions.pinned(context, key, new or versions[0].hash).label)
        return render_template(
            "monitoring/migrate.html", key=key, name=name, versions=versions, old=old, new=new, moves=moves,
            found=found, outcomes=outcomes, recent=migration.recent(context, key), show=display(), most=migration.MOST)


def _chosen(versions: list[migration.Version], given: Mapping[str, str]) -> tuple[str, str]:
    """As asked; else from the version with the most instances to the current one."""
    known = {version.hash for version in versions}
    for name in ("from", "to"):
        if given.get(name) and given[name] not in known:
            raise BadRequest(Text("No process runs on the version {hash}.", hash=given[name][:12]))
    current = next(version.hash for version in versions if version.current)
    crowded = max((v for v in versions if not v.current and v.running), key=lambda v: v.running, default=None)
    return given.get("from") or (crowded.hash if crowded else ""), given.get("to") or current


def _moves(given: Mapping[str, str]) -> dict[str, str]:
    return {name.removeprefix(_MAP): value for name, value in given.items() if name.startswith(_MAP) and value}
