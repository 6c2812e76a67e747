"""A file of the catalog that administrators edit in the browser: publishing it, its history, the way back.

Decisions and processes stand on this. What is edited goes into the local layer, unless somebody was faster.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import wraps
from typing import Any

from flask import flash, redirect, request
from flask.typing import ResponseReturnValue

from formloom.errors import BadConfiguration, BadRequest, Conflict, Forbidden, FormloomError, Text
from formloom.metadata import layers
from formloom.metadata.sources import Source
from formloom.policy import people
from formloom.policy.actor import Actor
from formloom.storage import catalogs
from formloom.storage.catalogs import StaleCatalog
from formloom.web import problems
from formloom.web.i18n import t
from formloom.web.pages import model_draft
from formloom.web.pages.frame import display
from formloom.web.requests import actor, forget_model, reading, runtime

_TRIES = 5
_MOST_TOLD = 5

Change = Callable[[Sequence[Source]], list[Source]]
View = Callable[..., ResponseReturnValue]


class Overtaken(Conflict):
    """Somebody else published this file since it was read; nothing was applied."""

    code = "source-overtaken"

    def __init__(self) -> None:
        super().__init__(Text("Somebody else has published this meanwhile."),
                         Text("Compare both versions, then decide which one to publish."))


class NotAlone(Conflict):
    """The file is published with the draft that holds it, or after a review."""


@dataclass(frozen=True, slots=True)
class Version:
    """`number` counts from 1; `text` is empty for one that took the file out of force."""

    id: int
    number: int
    at: datetime
    by: str             # empty for the command line
    text: str
    local: bool
    reason: str = ""


def administrator() -> Actor:
    """Who asks, if that person may change what everybody works with."""
    who = actor()
    if not who.admin:
        raise Forbidden(Text("Only administrators may look at this and change it."), Text("Ask an administrator."))
    return who


def answering(view: View) -> View:
    """For administrators; what was raised on purpose is told as a problem document, not as a page."""
    @wraps(view)
    def answer(*parts: str, **named: str) -> ResponseReturnValue:
        try:
            administrator()
            return view(*parts, **named)
        except FormloomError as error:
            return problems.respond(error)

    return answer


def body() -> dict[str, Any]:
    sent = request.get_json(silent=True)
    if not isinstance(sent, dict):
        raise BadRequest(Text("The request cannot be read."))
    return sent


def publish(path: str, change: Change, was: str | None = None, reason: str = "") -> None:
    """`was`: digest of the text that the change was made from. Raises Overtaken, NotAlone, BadConfiguration."""
    _check_may_stand_alone(path)
    for _ in range(_TRIES):
        catalog = runtime().model().catalog
        if was is not None and layers.digest(layers.at(catalog.sources, path).text) != was:
            raise Overtaken
        try:
            runtime().publish(change(catalog.sources), actor(), catalog.version, reason)
        except StaleCatalog:
            runtime().refresh()
        else:
            forget_model()
            return
    raise StaleCatalog


def _check_may_stand_alone(path: str) -> None:
    with reading() as context:
        held = model_draft.standing(context).holding(path)
    if held is not None:
        raise NotAlone(Text("This is part of the draft {title}.", title=held.title), Text("Publish that draft."))
    if runtime().settings.review:
        raise NotAlone(Text("Another administrator has to approve what is published."),
                       Text("Put it into a draft, and ask for a review."))


def history(path: str) -> list[Version]:
    """Newest first, with the names of those who published."""
    with reading() as context:
        found = catalogs.history(context.unit, path)
        names = people.names(context.unit, [one.by for one in found])
    return [Version(one.id, len(found) - n, one.at, names.get(one.by, ""), one.text, one.local, one.reason)
            for n, one in enumerate(found)]


def text_of(path: str, in_force: str, was: str) -> str:
    """The text with this digest: what is in force, or was. Raises Overtaken for one that nobody published."""
    if layers.digest(in_force) == was:
        return in_force
    found = next((one.text for one in history(path) if layers.digest(one.text) == was), None)
    if found is None:
        raise Overtaken
    return found


def version(path: str, wanted: str) -> Version:
    """An earlier version by its id. Raises BadRequest for one that is not there, or holds nothing."""
    found = next((one for one in history(path) if str(one.id) == wanted), None)
    if found is None or not found.text:
        raise BadRequest(Text("There is no such version."))
    return found


def restored(path: str, wanted: str, goal: str) -> ResponseReturnValue:
    """An earlier version becomes the newest one; what it replaces stays in the history."""
    found = version(path, wanted)
    return changed(path, lambda sources: layers.put(sources, path, found.text),
                   Text("The version of {when} is in force again.", when=display().moment(found.at)), goal)


def returned(path: str, goal: str) -> ResponseReturnValue:
    """What was edited here goes; the pack's own version holds."""
    return changed(path, lambda sources: layers.without(sources, path),
                   Text("The version of the pack is in force again."), goal)


def changed(path: str, change: Change, done: Text, goal: str) -> ResponseReturnValue:
    """Publishes and says so; what is wrong is told where one was. What may not stand alone goes into the draft."""
    try:
        publish(path, change)
    except NotAlone:
        found = model_draft.collect(path, change, Text("{path} was changed.", path=path))
        flash(t(Text("This is in the draft now, and in force once that is published.")), "success")
        return redirect(f"/changes/{found.id}")
    except BadConfiguration as error:
        told = [p for p in error.problems if p.severity == "error"]
        flash(" ".join(f"{p.place}: {t(p.message)}" for p in told[:_MOST_TOLD]), "danger")
        return redirect(request.referrer or goal)
    flash(t(done), "success")
    return redirect(goal)
