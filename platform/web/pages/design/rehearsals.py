"""Rehearsals on a copy of the data, of a draft and of a pack: asking for one, how far it is, what came of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import redirect, render_template, request
from flask.typing import ResponseReturnValue

from formloom.design import packs, undertakings
from formloom.design.rehearsal import Outcome
from formloom.design.rehearsal_job import JOB
from formloom.errors import BadRequest, Text
from formloom.storage import change_sets as stored
from formloom.storage.choices import NO_CHOICES, to_json
from formloom.web.i18n import label, t
from formloom.web.pages.blueprint import blueprint
from formloom.web.pages.design import deciding, decisions_on_data
from formloom.web.pages.edited_sources import administrator
from formloom.web.pages.frame import display
from formloom.web.requests import reading, runtime, writing

_SUBJECTS = ("change", "pack")


@blueprint.post("/changes/<int:change_id>/rehearse")
def rehearse_change(change_id: int) -> ResponseReturnValue:
    administrator()
    with writing() as context:
        found = stored.get(context.unit, change_id)
        undertakings.ask(context, JOB, f"change:{change_id}", {"number": found.number})
    return _answer(f"change:{change_id}")


@blueprint.post("/packs/prepared/<digest>/rehearse")
def rehearse_pack(digest: str) -> ResponseReturnValue:
    """With what was decided on the page so far."""
    administrator()
    packs.uploaded(runtime(), digest)
    with writing() as context:
        undertakings.ask(context, JOB, f"pack:{digest}", decided())
    return _answer(f"pack:{digest}")


@blueprint.get("/rehearsals/<subject>")
def rehearsal(subject: str) -> ResponseReturnValue:
    administrator()
    return _answer(subject)


@blueprint.post("/rehearsals/<subject>/stop")
def stop_rehearsal(subject: str) -> ResponseReturnValue:
    administrator()
    with writing() as context:
        undertakings.stop(context, JOB, subject)
    return _answer(subject)


def decided() -> dict[str, Any]:
    """What was decided on the page of a pack, for a worker."""
    decisions = [[kind, name, list(path), side] for (kind, name), sides in deciding.decided().items()
                 for path, side in sides.items()]
    return {"decisions": decisions, "choices": to_json(decisions_on_data.sent(request.form, NO_CHOICES))}


def latest(subject: str) -> dict[str, Any]:
    """What the part of a page about it needs."""
    with reading() as context:
        found = undertakings.latest(context, JOB, subject)
        number = stored.get(context.unit, int(subject.partition(":")[2])).number if subject.startswith("change:") else 0
    outcome = Outcome.from_json(found.result) if found and found.status == "done" else None
    names = {name: label(words) for name, words in (outcome.labels if outcome else {}).items()}
    return {"asked": found, "outcome": outcome, "step": step(found.progress if found else None), "names": names,
            "show": display(), "stale": bool(found and found.asked.get("number", number) != number)}


def step(progress: Mapping[str, Any] | None) -> str:
    """What a worker is at, as it reported it."""
    told = (progress or {}).get("step")
    return t(Text.from_json(told)) if told else ""


def _answer(subject: str) -> ResponseReturnValue:
    """The part of the page for htmx, else the page itself."""
    kind, _, rest = subject.partition(":")
    if kind not in _SUBJECTS:
        raise BadRequest(Text("The request cannot be read."))
    if not request.headers.get("HX-Request"):
        return redirect(f"/changes/{rest}" if kind == "change" else f"/packs/prepared/{rest}")
    return render_template("design/_rehearsal.html", subject=subject, rehearsed=latest(subject))
