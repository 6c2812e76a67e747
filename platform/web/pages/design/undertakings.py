"""What a worker does to the model meanwhile: how far it is, stopping it, and where one goes when it has ended."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from flask import Response, flash, redirect, render_template
from flask.typing import ResponseReturnValue

from formloom.design import undertakings
from formloom.design.coming_and_going import INSTALL, REMOVE, RESTORE
from formloom.design.undertakings import Undertaking
from formloom.errors import NotFound, Text
from formloom.web.i18n import t
from formloom.web.pages.blueprint import blueprint
from formloom.web.pages.design import rehearsals
from formloom.web.pages.edited_sources import administrator
from formloom.web.requests import forget_model, reading, writing

# The page it was begun on, and the page that shows what came of it.
_PAGES: Final[Mapping[str, tuple[str, str]]] = {
    RESTORE: ("/changes/published/{subject}", "/changes"), INSTALL: ("/packs/prepared/{subject}", "/packs"),
    REMOVE: ("/packs/{subject}/remove", "/packs")}
_DONE: Final[Mapping[str, Text]] = {
    RESTORE: Text("The earlier version is in force again."), INSTALL: Text("The pack is in force."),
    REMOVE: Text("The pack is out of force. Its records are kept.")}


@blueprint.get("/undertakings/<kind>/<subject>")
def undertaking(kind: str, subject: str) -> ResponseReturnValue:
    """How far a worker is; once it has ended, the page that says how."""
    administrator()
    found = latest(kind, subject)
    if found is None:
        raise NotFound(Text("There is nothing at this address."))
    if found.going:
        return render_template("design/_undertaking.html", one=found, step=rehearsals.step(found.progress))
    forget_model()
    begun, ended = _PAGES[kind]
    if found.status == "done":
        flash(t(_DONE[kind]), "success")
    return Response(headers={"HX-Redirect": ended if found.status == "done" else begun.format(subject=subject)})


@blueprint.post("/undertakings/<kind>/<subject>/stop")
def stop_undertaking(kind: str, subject: str) -> ResponseReturnValue:
    administrator()
    if kind not in _PAGES:
        raise NotFound(Text("There is nothing at this address."))
    with writing() as context:
        undertakings.stop(context, kind, subject)
    flash(t(Text("It stops as soon as it can. Nothing of it comes into force.")), "success")
    return redirect(_PAGES[kind][0].format(subject=subject))


def begin(kind: str, subject: str, asked: Mapping[str, Any]) -> ResponseReturnValue:
    """Leaves it to a worker, and shows how far it is."""
    with writing() as context:
        undertakings.ask(context, kind, subject, asked)
    return redirect(_PAGES[kind][0].format(subject=subject))


def latest(kind: str, subject: str) -> Undertaking | None:
    if kind not in _PAGES:
        raise NotFound(Text("There is nothing at this address."))
    with reading() as context:
        return undertakings.latest(context, kind, subject)
