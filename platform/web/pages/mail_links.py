"""The page that a mail leads to: one task, to be decided once, without signing in. Opening it changes nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from flask import g, render_template, request
from flask.typing import ResponseReturnValue

from formloom.errors import Conflict, FormloomError, NotFound, Text
from formloom.exchange import task_links
from formloom.exchange.task_links import Signer, TaskLink
from formloom.forms import names
from formloom.forms.display import Display, Shown
from formloom.policy.actor import Actor
from formloom.records.context import Context
from formloom.web.i18n import locale, t
from formloom.web.pages.blueprint import blueprint
from formloom.web.pages.verbs import why
from formloom.web.requests import runtime
from formloom.workflow import tasks
from formloom.workflow.inbox import Task

_GONE = Text("This link was used already, has expired, or is not complete. Sign in to see your tasks.")


@dataclass(frozen=True, slots=True)
class Fact:
    label: Mapping[str, str]
    shown: Shown


@blueprint.get("/approve/<token>")
def approve(token: str) -> ResponseReturnValue:
    link = _link(token)
    person = _person(link)
    with runtime().reading(person) as context:
        task = _open(context, link)
        return _shown(context, task, token)


@blueprint.post("/approve/<token>")
def decide(token: str) -> ResponseReturnValue:
    """Deciding uses the link up; what is refused leaves it as it was."""
    link = _link(token)
    person = _person(link)
    try:
        with runtime().writing(person) as context:
            _open(context, link)
            if not task_links.use(context.unit, link, context.now):
                raise NotFound(_GONE)
            done = tasks.complete(context, link.task_id, request.form.get("outcome", ""),
                                  request.form.get("comment", "").strip())
    except FormloomError as error:
        if error.status >= 500 or error.status == 404:
            raise
        with runtime().reading(person) as context:
            return _shown(context, _open(context, link), token, why(error)), 422
    outcome = next((o.label for o in done.outcomes if o.value == done.outcome), {})
    return render_template("inbox/decided.html", task=done, outcome=outcome)


def _link(token: str) -> TaskLink:
    running = runtime()
    with running.database.read() as unit:
        found = Signer(running.settings.secret_key).find(unit, token, running.now())
    if found is None:
        raise NotFound(_GONE)
    return found


def _person(link: TaskLink) -> Actor:
    """Who got the mail, as long as the account is active. Nothing else of this request knows who that is."""
    account = runtime().account(link.user_id)
    if account is None:
        raise NotFound(_GONE)
    g.locale = account.actor.locale
    return account.actor


def _open(context: Context, link: TaskLink) -> Task:
    task = tasks.get(context, link.task_id)
    if not task.may_complete(context.actor):
        raise Conflict(Text("This task is decided, or somebody else has it."))
    return task


def _shown(context: Context, task: Task, token: str, mistake: str = "") -> str:
    return render_template("inbox/approve.html", task=task, facts=_facts(context, task), token=token, mistake=mistake,
                           complete=not any(f.access == "required" for f in task.fields), words=t)


def _facts(context: Context, task: Task) -> list[Fact]:
    """What the task shows of its record, and nothing else."""
    entity = context.catalog.entities.get(task.entity)
    row: Any = None if entity is None or task.record_id is None else context.store.get(
        context.unit, task.entity, task.record_id)
    if entity is None or row is None:
        return []
    show = Display(locale(), ZoneInfo(context.actor.timezone), context.now, words=t)
    titles = names.of_rows(context, entity, [row], locale())
    asked = [entity.fields[f.name] for f in task.fields if f.name in entity.fields and f.name in row]
    return [Fact(field.label, show.show(field, row, titles)) for field in asked]
