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
from formloom.workflow import steps
from formloom.workflow.definition import Node
from formloom.workflow.inbox import Task, TaskPage, counts, get, inbox, of_instance, of_record
from formloom.workflow.offers import announce

__all__ = ["Task", "TaskPage", "claim", "complete", "counts", "get", "inbox", "of_instance", "of_record", "release"]


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
    instance_id = _open(context, task_id).instance_id
    step = steps.open_instance(context, instance_id)      # locks, so what is read from here on stays true
    task = _open(context, task_id)
    if not task.may_complete(context.actor):
        raise Forbidden(Text("This task is not yours to complete."),
                        Text("It is offered to the role {role}.", role=task.role) if task.role else None)
    node = step.definition.nodes[task.node]
    _check(node, outcome, comment)
    _write(context, node, step, values or {})
    step.surroundings.refresh()
    done = {"status": "done", "outcome": outcome, "comment": comment or None, "done_at": context.now,
            "done_by": context.actor.user_id, "assignee_id": context.actor.user_id}
    context.unit.connection.execute(sa.update(t.fl_task).where(t.fl_task.c.id == task_id).values(done))
    steps.note(context, instance_id, "decided", [(node.id, context.now)], context.actor.user_id,
               {"outcome": outcome, "comment": comment})
    _audit(context, node, step, outcome, comment)
    announce(context, "completed", task_id, step.definition, node, step.record,
             {"outcome": outcome, "comment": comment, "node": node.id})
    token = context.unit.connection.scalar(sa.select(t.fl_task.c.token).where(t.fl_task.c.id == task_id))
    step.complete(str(token), node.id, {"outcome": outcome, "comment": comment, "by": context.actor.user_id,
                                        "at": context.now})
    return get(context, task_id)


def _audit(context: Context, node: Node, step: steps.Step, outcome: str, comment: str) -> None:
    """The decision stands in the record's timeline."""
    if step.record is None:
        return
    chosen = node.outcome(outcome)
    context.unit.connection.execute(sa.insert(t.fl_audit).values(
        at=context.now, actor_id=context.actor.user_id, actor_name=context.actor.name, entity=step.record[0],
        record_id=step.record[1], kind="task", action=node.id, before={},
        after={"task": dict(node.label), "outcome": outcome, "label": dict(chosen.label) if chosen else {},
               "tone": chosen.tone if chosen else "idle", "comment": comment, "process": step.definition.key}))


def _open(context: Context, task_id: int) -> Task:
    task = get(context, task_id)
    if task.status == "done":
        raise Conflict(Text("This task is already done."))
    if not task.open:
        raise Conflict(Text("This task is over: the process has gone on without it."))
    return task


def _check(node: Node, outcome: str, comment: str) -> None:
    chosen = node.outcome(outcome)
    if chosen is None:
        known = ", ".join(o.value for o in node.outcomes)
        raise ValidationFailed([FieldError("outcome", "unknown-outcome", Text("Choose one of {outcomes}.",
                                                                              outcomes=known))])
    if chosen.comment == "required" and not comment.strip():
        raise ValidationFailed([FieldError("comment", "required", Text("Say why: this outcome needs a comment."))])


def _write(context: Context, node: Node, step: steps.Step, values: Mapping[str, Any]) -> None:
    """The task grants writing of exactly its editable fields, whatever the actor's roles say of the record."""
    errors = [FieldError(name, "not-editable", Text("This task does not let you change this field."))
              for name in values if name not in node.editable]
    record = step.surroundings.record
    missing = [f.name for f in node.fields if f.access == "required"
               and _empty(values[f.name] if f.name in values else record.row.get(f.name) if record else None)]
    errors += [FieldError(name, "required", Text("This field is needed to complete the task.")) for name in missing]
    if errors:
        raise ValidationFailed(errors)
    if values and step.record is not None:
        granted = dataclasses.replace(context, actor=granting(context.actor))
        actions.update(granted, step.record[0], step.record[1], values)


def granting(actor: Actor) -> Actor:
    """The same person in the audit, not held back by roles: callers check what may be written."""
    return dataclasses.replace(actor, system=True)


def _empty(value: Any) -> bool:
    return value is None or value == "" or value == []
