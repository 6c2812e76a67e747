"""The life of a user task: claim, release, complete. Every verb is checked, and refused with a reason."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from formloom.errors import Conflict, FieldError, Forbidden, Text, ValidationFailed
from formloom.policy.actor import Actor
from formloom.records import actions
from formloom.records.context import Context
from formloom.storage import platform_tables as t
from formloom.workflow import signatures, steps, traces, undo
from formloom.workflow.definition import Node, Outcome
from formloom.workflow.inbox import Filter, Task, TaskPage, counts, get, inbox, of_instance, of_record
from formloom.workflow.offers import announce

__all__ = ["Filter", "Task", "TaskPage", "claim", "complete", "counts", "get", "inbox", "of_instance", "of_record",
           "release"]


def claim(context: Context, task_id: int) -> Task:
    """Takes an offered task. Two who claim at once: one gets it, the other is told who has it."""
    task = _open(context, task_id)
    if task.assignee == context.actor.user_id:
        return task
    if task.assignee is not None:
        raise Conflict(Text("Somebody else has taken this task."))
    if not task.offered_to(context.actor):
        raise Forbidden(Text("This task is not offered to you."))
    free = (t.fl_task.c.id == task_id) & (t.fl_task.c.status == "ready")
    taken = {"status": "claimed", "assignee_id": context.actor.user_id, "claimed_at": context.now}
    if context.unit.connection.execute(sa.update(t.fl_task).where(free).values(taken)).rowcount != 1:
        raise Conflict(Text("Somebody else has taken this task."))
    return get(context, task_id)


def release(context: Context, task_id: int) -> Task:
    """Gives a claimed task back to all who may do it; an administrator may do so for somebody else."""
    task = _open(context, task_id)
    if task.assignee != context.actor.user_id and not context.actor.admin:
        raise Forbidden(Text("Only the person who has the task can release it."))
    if not task.role and not task.users:
        raise Conflict(Text("This task is meant for one person; there is nobody to release it to."))
    claimed = (t.fl_task.c.id == task_id) & (t.fl_task.c.status == "claimed")
    context.unit.connection.execute(
        sa.update(t.fl_task).where(claimed).values(status="ready", assignee_id=None, claimed_at=None))
    return get(context, task_id)


def complete(context: Context, task_id: int, outcome: str, comment: str = "",
             values: Mapping[str, Any] | None = None) -> Task:
    """Decides a task: writes the fields it lets the actor write, and moves the process on, or does nothing at all."""
    instance = steps.lock_of_task(context, task_id)     # so what is read from here on stays true
    task = _open(context, task_id, titled=False)
    step = steps.loaded(context, instance)
    _may_decide(context, task, step)
    chosen = _check(task, outcome, comment)
    _write(context, task, step, values or {})
    kept = undo.kept(task, instance, bool(values))
    done = {"status": "done", "outcome": outcome, "comment": comment or None, "done_at": context.now,
            "done_by": context.actor.user_id, "assignee_id": context.actor.user_id, "acting_for": task.in_name_of}
    context.unit.connection.execute(_DONE, {**done, "undo": kept, "task": task_id})
    traces.decided(context, step, task, chosen, comment)
    node = step.definition.nodes[task.node]
    announce(context, "completed", task_id, step.definition, node, step.record,
             {"outcome": outcome, "comment": comment, "node": node.id})
    _go_on(context, task, step, chosen, {
        "outcome": outcome, "comment": comment, "by": context.actor.user_id, "at": context.now})
    undo.check(context, task_id, step, kept)
    title = step.surroundings.title
    if title is None or step.acted or step.spoke:       # what it is about may be called otherwise now
        return get(context, task_id)
    return dataclasses.replace(
        task, status="done", outcome=outcome, comment=comment or None, done_at=context.now, record_title=title,
        done_by=context.actor.user_id, assignee=context.actor.user_id, acted_for=task.in_name_of, in_name_of=None,
        running=not step.running.ended)


_DONE = sa.update(t.fl_task).where(t.fl_task.c.id == sa.bindparam("task"))


def _go_on(context: Context, task: Task, step: steps.Step, chosen: Outcome, result: dict[str, Any]) -> None:
    agrees = chosen.tone != "stop"
    if step.definition.nodes[task.node].approval is not None:
        result["agrees"] = agrees
    if task.kind or task.signed:
        signatures.follow(context, step, signatures.read(context, task.id), agrees, result)
    else:
        signatures.alone(context, step, task.token, task.node, result)
    step.trail.write(context, step.instance_id)     # of signatures that do not move the process yet


def _may_decide(context: Context, task: Task, step: steps.Step) -> None:
    if not task.may_complete(context.actor):
        raise Forbidden(Text("This task is not yours to complete."),
                        Text("It is offered to the role {role}.", role=task.role) if task.role else None)
    refused = four_eyes(step, task, step.definition.nodes[task.node], context.actor.user_id)
    if refused is not None:
        raise Forbidden(refused)


def four_eyes(step: steps.Step, task: Task, node: Node, who: int) -> Text | None:
    """Why this person must not decide it, though it lies with them or somebody they stand in for."""
    if node.approval is None or node.approval.self == "allow" or task.kind in (*signatures.RETURNED, "delegated"):
        return None
    if who == task.started_by:
        return Text("Nobody approves what they started themselves. Transfer it to somebody else.")
    votes = step.running.scope_of(task.token).get(node.name) or []
    if any(int(vote["by"]) == who for vote in votes if isinstance(vote, Mapping)):
        return Text("This person has decided this step already: one person is one vote.")
    return None


def _open(context: Context, task_id: int, titled: bool = True) -> Task:
    task = get(context, task_id, titled)
    if task.status == "done":
        raise Conflict(Text("This task is already done."))
    if task.status == "held":
        raise Conflict(Text("Somebody else comes first: a signer, a delegate, or whoever it was returned to."))
    if not task.open:
        raise Conflict(Text("This task is over: the process has gone on without it."))
    return task


def _check(task: Task, outcome: str, comment: str) -> Outcome:
    chosen = next((o for o in task.outcomes if o.value == outcome), None)
    if chosen is None:
        known = ", ".join(o.value for o in task.outcomes)
        raise ValidationFailed([FieldError("outcome", "unknown-outcome", Text("Choose one of {outcomes}.",
                                                                              outcomes=known))])
    if chosen.comment == "required" and not comment.strip():
        raise ValidationFailed([FieldError("comment", "required", Text("Say why: this outcome needs a comment."))])
    return chosen


def _write(context: Context, task: Task, step: steps.Step, values: Mapping[str, Any]) -> None:
    """The task grants writing of exactly its editable fields, whatever the actor's roles say of the record."""
    editable = {f.name for f in task.fields if f.editable}
    errors = [FieldError(name, "not-editable", Text("This task does not let you change this field."))
              for name in values if name not in editable]
    needed = [f.name for f in task.fields if f.access == "required"]
    record = step.surroundings.record if needed else None
    missing = [name for name in needed
               if _empty(values[name] if name in values else record.row.get(name) if record else None)]
    errors += [FieldError(name, "required", Text("This field is needed to complete the task.")) for name in missing]
    if errors:
        raise ValidationFailed(errors)
    if values and step.record is not None:
        granted = dataclasses.replace(context, actor=granting(context.actor))
        actions.update(granted, step.record[0], step.record[1], values)
        step.surroundings.refresh()


def granting(actor: Actor) -> Actor:
    """The same person in the audit, not held back by roles: callers check what may be written."""
    return dataclasses.replace(actor, system=True)


def _empty(value: Any) -> bool:
    return value is None or value == "" or value == []
