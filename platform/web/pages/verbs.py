"""What the menu of a task does: transfer, delegate, signers, return, urge, copy, withdraw, undo, many at once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from flask import flash, redirect, render_template, request
from flask.typing import ResponseReturnValue

from formloom.errors import FormloomError, Text, ValidationFailed
from formloom.records.context import Context
from formloom.web.i18n import label, t
from formloom.web.pages.blueprint import blueprint
from formloom.web.requests import reading, writing
from formloom.workflow import tasks, undo, verbs

MOST = 200


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one of many."""

    task_id: int
    title: str
    error: str = ""


def _chosen() -> list[int]:
    return [int(i) for i in request.form.getlist("to") if i.isdigit()]


def _one() -> int:
    return next(iter(_chosen()), 0)


def _reason() -> str:
    return request.form.get("reason", "").strip()


_VERBS: dict[str, tuple[Callable[[Context, int], object], Text]] = {
    "transfer": (lambda c, i: verbs.transfer(c, i, _one(), _reason()), Text("Transferred.")),
    "delegate": (lambda c, i: verbs.delegate(c, i, _one(), _reason()), Text("Delegated. It comes back to you.")),
    "signers": (lambda c, i: verbs.add_signer(c, i, _chosen(), request.form.get("when", "before"), _reason()),
                Text("Signers were added.")),
    "return": (lambda c, i: verbs.return_to(c, i, request.form.get("target", verbs.INITIATOR), _reason(),
                                            request.form.get("resume", "")), Text("Returned.")),
    "urge": (lambda c, i: verbs.urge(c, i), Text("Urged: they were told.")),
    "copies": (lambda c, i: verbs.copy(c, i, _chosen(), request.form.get("role", ""), _reason()), Text("Copied.")),
    "undo": (lambda c, i: undo.undo(c, i), Text("Undone. The task is yours again.")),
}
_STAYS = ("urge", "copies", "undo")


@blueprint.post("/tasks/<int:task_id>/<any(transfer, delegate, signers, urge, copies, undo):verb>")
def do_verb(task_id: int, verb: str) -> ResponseReturnValue:
    return _do(task_id, verb)


@blueprint.post("/tasks/<int:task_id>/return")
def return_task(task_id: int) -> ResponseReturnValue:
    return _do(task_id, "return")


def _do(task_id: int, verb: str) -> ResponseReturnValue:
    """A refusal is said on the page of the task; nothing was changed then."""
    act, words = _VERBS[verb]
    try:
        with writing() as context:
            act(context, task_id)
    except FormloomError as error:
        if error.status >= 500 or error.status == 404:
            raise
        flash(why(error), "error")
        return redirect(f"/inbox/{task_id}")
    flash(t(words), "success")
    return redirect(f"/inbox/{task_id}" if verb in _STAYS or _held_after(verb) else "/inbox")


def _held_after(verb: str) -> bool:
    """A signer after me leaves the task with me."""
    return verb == "signers" and request.form.get("when") == "after"


@blueprint.post("/processes/<int:instance_id>/withdraw")
def withdraw(instance_id: int) -> ResponseReturnValue:
    try:
        with writing() as context:
            found = verbs.withdraw(context, instance_id, _reason())
    except FormloomError as error:
        if error.status >= 500 or error.status == 404:
            raise
        flash(why(error), "error")
        return redirect(f"/processes/{instance_id}")
    flash(t(Text("Taken back.")), "success")
    return redirect(f"/records/{found.entity}/{found.record_id}" if found.record else f"/processes/{instance_id}")


@blueprint.post("/tasks/bulk")
def decide_many() -> ResponseReturnValue:
    """The same decision for many, each in a transaction of its own, with a result for each."""
    ids = list(dict.fromkeys(int(i) for i in request.form.getlist("id") if i.isdigit()))[:MOST]
    tone, comment = request.form.get("tone", "done"), request.form.get("comment", "").strip()
    return render_template("inbox/results.html", results=[_result(i, tone, comment) for i in ids], tone=tone)


def _result(task_id: int, tone: str, comment: str) -> Result:
    title = f"#{task_id}"
    try:
        with reading() as context:
            task = tasks.get(context, task_id)
        title = task.record_title or label(task.label)
        outcome = next((o.value for o in task.outcomes if (o.tone == "stop") == (tone == "stop")), "")
        with writing() as context:
            tasks.complete(context, task_id, outcome, comment)
    except FormloomError as error:
        return Result(task_id, title, why(error))
    return Result(task_id, title)


def why(error: FormloomError) -> str:
    if isinstance(error, ValidationFailed):
        return " ".join(dict.fromkeys(t(e.message) for e in error.errors))
    return " ".join(t(x) for x in (error.message, error.hint) if x)
