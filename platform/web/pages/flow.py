"""Where a process stands, for the panel beside a record or a task and for the page of an instance."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from formloom.errors import Text
from formloom.forms.display import Shown
from formloom.policy import people
from formloom.records.context import Context
from formloom.web.i18n import label, t
from formloom.web.pages import verb_words
from formloom.web.pages.frame import display
from formloom.workflow import instances, tasks
from formloom.workflow.instances import Diagram, Instance, Visit

STATES: Mapping[str, tuple[str, Text]] = {
    "running": ("wait", Text("Running")), "done": ("done", Text("Finished")), "cancelled": ("idle", Text("Cancelled")),
    "incident": ("stop", Text("Stopped by an error")),
}


@dataclass(frozen=True, slots=True)
class Holder:
    """Who has it now, since when, until when. Without a person it waits for a role or a timer."""

    who: str
    person: bool
    step: str
    since: datetime | None
    due: Shown | None
    task_id: int | None = None


@dataclass(frozen=True, slots=True)
class Step:
    label: str
    kind: str
    at: datetime
    who: str
    outcome: str = ""
    comment: str = ""
    tone: str = ""
    ruling: Ruling | None = None
    verb: str = ""              # what was done to the task, in words


@dataclass(frozen=True, slots=True)
class Ruling:
    """Why a decision said what it said: what it was asked, which rules held, what it answered."""

    decision: str
    asked: tuple[tuple[str, str], ...]
    rules: tuple[tuple[int, str], ...]
    found: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Panel:
    instance: Instance
    label: str
    state: str
    tone: str
    diagram: Diagram
    holders: tuple[Holder, ...]
    steps: tuple[Step, ...]

    @property
    def now(self) -> str:
        return " ".join(dict.fromkeys(w.node for w in self.diagram.waiting))

    @property
    def rulings(self) -> tuple[Ruling, ...]:
        """The last answer of each decision: why it goes where it goes."""
        return tuple({s.ruling.decision: s.ruling for s in reversed(self.steps) if s.ruling}.values())

    @property
    def past(self) -> str:
        return " ".join((*self.diagram.passed, *self.diagram.flows))


def panel(context: Context, instance: Instance) -> Panel:
    diagram = instances.diagram(context, instance.id)
    tone, words = STATES.get(instance.status, ("idle", Text("{state}", state=instance.status)))
    return Panel(instance, label(instance.label), t(words), tone, diagram, _holders(context, instance, diagram),
                 _steps(context, instance, diagram))


def of_record(context: Context, entity: str, record_id: int) -> Panel | None:
    """The process that runs for a record, else the last one that ran."""
    found = instances.of_record(context, entity, record_id)
    chosen = next((i for i in found if i.status in ("running", "incident")), found[0] if found else None)
    return panel(context, chosen) if chosen else None


def _holders(context: Context, instance: Instance, diagram: Diagram) -> tuple[Holder, ...]:
    found = [task for task in tasks.of_instance(context, instance.id) if task.open]
    who = people.names(context.unit, {task.assignee for task in found if task.assignee} | {
        user for task in found for user in task.users})
    return tuple(
        Holder(_taker(context, task, who), task.assignee is not None, label(task.label), task.created_at,
               display().left(task.due_at) if task.due_at else None,
               task.id if task.may_complete(context.actor) else None) for task in found)


def _taker(context: Context, task: Any, who: Mapping[int, str]) -> str:
    if task.assignee:
        return who.get(task.assignee, "")
    role = context.catalog.roles.get(task.role or "")
    return label(role.label) if role else ", ".join(who.get(u, "") for u in task.users)


def _steps(context: Context, instance: Instance, diagram: Diagram) -> tuple[Step, ...]:
    """Newest first, without what merely passed through."""
    told = [v for v in diagram.history if v.kind != "passed"]
    who = people.names(context.unit, {v.actor_id for v in told if v.actor_id})
    outcomes = {(task.node, o.value): (label(o.label), o.tone) for task in tasks.of_instance(context, instance.id)
                for o in task.outcomes}
    return tuple(_step(v, who, outcomes) for v in reversed(told))


def _step(visit: Visit, who: Mapping[int, str], outcomes: Mapping[tuple[str, str], tuple[str, str]]) -> Step:
    data = _data(visit)
    told = label(data["label"]) if visit.kind == "decided" and data.get("label") else str(data.get("outcome", ""))
    outcome, tone = outcomes.get((visit.node, str(data.get("outcome", ""))), (told, ""))
    name = who.get(visit.actor_id or 0, "") + verb_words.acting(data)
    return Step(label(visit.label), visit.kind, visit.at, name, outcome,
                str(data.get("comment") or ""), tone, _ruling(data) if visit.kind == "ruled" else None,
                verb_words.done(visit.kind, data))


def _ruling(data: Mapping[str, Any]) -> Ruling:
    result, outputs = data["result"], data["outputs"]
    found = result if isinstance(result, Mapping) else {next(iter(outputs)): result}
    return Ruling(
        label(data["label"]), tuple((label(given["label"]), said(given["value"])) for given in data["inputs"]),
        tuple((rule["number"], label(rule["note"])) for rule in data["rules"]),
        tuple((label(outputs.get(name, {"en": name})), said(value)) for name, value in found.items()))


def said(value: Any) -> str:
    if value is None:
        return "–"
    if isinstance(value, bool):
        return t(Text("Yes")) if value else t(Text("No"))
    if isinstance(value, Mapping):
        return ", ".join(f"{name}: {said(item)}" for name, item in value.items())
    return ", ".join(map(said, value)) if isinstance(value, list) else str(value)


def _data(visit: Visit) -> Mapping[str, Any]:
    return visit.data or {}
