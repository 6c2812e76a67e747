"""Which verbs a task offers to the actor, and why the others do not apply: the one place that decides both."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

import sqlalchemy as sa

from formloom.errors import Text
from formloom.records.context import Context
from formloom.storage import platform_tables as t
from formloom.workflow import signatures
from formloom.workflow.approvals import VERBS
from formloom.workflow.definition import Node, ProcessDefinition
from formloom.workflow.inbox import Task
from formloom.workflow.steps import Step

URGE_EVERY = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Offered:
    """`reason` says why it is not allowed, and what to do instead."""

    verb: str
    label: Text
    allowed: bool
    reason: Text | None = None


LABELS = {
    "transfer": Text("Transfer"), "add_signer": Text("Add a signer"), "return": Text("Return"),
    "delegate": Text("Delegate"), "copy": Text("Copy to"), "urge": Text("Urge"), "withdraw": Text("Withdraw"),
}


def of_task(context: Context, step: Step, task: Task) -> list[Offered]:
    """In the order of the menu."""
    found = [_offered(verb, refusal(context, step, task, verb)) for verb in LABELS if verb in VERBS]
    return [*found, _offered("withdraw", withdrawal(context, step.definition, step.instance_id, step.started_by))]


def _offered(verb: str, reason: Text | None) -> Offered:
    return Offered(verb, LABELS[verb], reason is None, reason)


def refusal(context: Context, step: Step, task: Task, verb: str) -> Text | None:
    """Why the actor may not do this with the task now; None if they may."""
    node = step.definition.nodes[task.node]
    if not task.open and not (verb == "copy" and task.status in ("held", "done")):
        return Text("This task is over or waits for somebody else.")
    if node.approval is not None and verb in node.approval.forbid:
        return Text("This step does not allow it.")
    return _REFUSALS.get(verb, _not_mine)(context, step, task)


def _not_mine(context: Context, step: Step, task: Task) -> Text | None:
    admin = context.actor.admin
    if not task.may_complete(context.actor) and not admin:
        return Text("Only the person who has the task may do this.")
    return None


def _handed_on(context: Context, step: Step, task: Task) -> Text | None:
    """Signers and delegates are part of the task of somebody else."""
    if task.kind in ("delegated", *signatures.RETURNED):
        return Text("This task was handed to you for advice or a change. Give it back instead.")
    return _own(context, step, task)


def _own(context: Context, step: Step, task: Task) -> Text | None:
    """Handing on with a return needs somebody to return to: the one who has it."""
    if not task.may_complete(context.actor):
        return Text("Only the person who has the task may do this.")
    return None


def _return(context: Context, step: Step, task: Task) -> Text | None:
    if task.kind:
        return Text("A task that was handed on is given back, not returned.")
    if returnable(step.definition.nodes[task.node]) == "none":
        return Text("This step does not allow it.")
    return _own(context, step, task)


def returnable(node: Node) -> str:
    """Where to: none | initiator | any."""
    return node.approval.returns if node.approval else "any"


def _urge(context: Context, step: Step, task: Task) -> Text | None:
    if context.actor.user_id != task.started_by and not context.actor.admin:
        return Text("Only the person who started the process can urge.")
    if task.may_complete(context.actor) and not context.actor.admin:
        return Text("It lies with you.")
    if task.urged_at is not None and context.now < task.urged_at + URGE_EVERY:
        left = task.urged_at + URGE_EVERY - context.now
        return Text("It was urged a moment ago. Again in {minutes} minutes.",
                    minutes=int(left.total_seconds() // 60) + 1)
    return None


def _copy(context: Context, step: Step, task: Task) -> Text | None:
    actor = context.actor
    if actor.admin or task.may_complete(actor) or actor.user_id in (task.started_by, task.done_by, task.assignee):
        return None
    return Text("Only those who take part in the process can copy others.")


_REFUSALS: dict[str, Callable[[Context, Step, Task], Text | None]] = {
    "delegate": _handed_on, "add_signer": _handed_on, "return": _return, "urge": _urge, "copy": _copy}


def withdrawal(context: Context, definition: ProcessDefinition, instance_id: int, initiator: int) -> Text | None:
    """Why the actor may not take the process back; None if they may."""
    given = definition.withdrawal
    if given is None:
        return Text("This process cannot be taken back once it has started.")
    if context.actor.user_id != initiator:
        return Text("Only the person who started the process can take it back.")
    status = context.unit.connection.scalar(sa.select(t.fl_instance.c.status).where(t.fl_instance.c.id == instance_id))
    if status not in ("running", "incident"):
        return Text("This process is over.")
    decided = sa.select(t.fl_task.c.id).where(t.fl_task.c.instance_id == instance_id, t.fl_task.c.status == "done",
                                              sa.func.coalesce(t.fl_task.c.kind, "").not_in(signatures.RETURNED))
    if given.allowed == "undecided" and context.unit.connection.scalar(decided.limit(1)):
        return Text("Somebody has decided already. Ask them to return it to you.")
    return None
