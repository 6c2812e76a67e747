"""What people do with a task besides deciding it, each checked, left in the history and refused with a reason."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import sqlalchemy as sa

from formloom.errors import Conflict, FieldError, Forbidden, Text, ValidationFailed
from formloom.policy import people
from formloom.policy.actor import Actor
from formloom.records import actions
from formloom.records.context import Context
from formloom.storage import platform_tables as t
from formloom.workflow import approvers, copies, instances, offering, returns, signatures, steps, tasks, traces
from formloom.workflow.definition import Node
from formloom.workflow.inbox import Task
from formloom.workflow.offers import announce
from formloom.workflow.scope import local_now
from formloom.workflow.steps import Step

LONGEST_REASON = 2000
INITIATOR = "initiator"


def transfer(context: Context, task_id: int, to: int, reason: str = "") -> Task:
    """Somebody else does it instead; the actor no longer has it."""
    step, task, node = _begin(context, task_id, "transfer", reason)
    _check_people(context, step, task, node, [to])
    values = {"assignee_id": to, "status": "claimed", "claimed_at": context.now}
    context.unit.connection.execute(sa.update(t.fl_task).where(t.fl_task.c.id == task_id).values(values))
    traces.done(context, step, task, "transferred", reason, (to,))
    announce(context, "offered", task_id, step.definition, node, step.record,
             {"assignee": to, "role": None, "users": []})
    return tasks.get(context, task_id)


def delegate(context: Context, task_id: int, to: int, reason: str = "") -> Task:
    """Somebody else looks at it and gives it back with advice; the actor decides."""
    step, task, node = _begin(context, task_id, "delegate", reason)
    _check_people(context, step, task, node, [to], votes=False)
    signatures.hold(context, task_id)
    signatures.add(context, step, signatures.read(context, task_id), "delegated", [to])
    traces.done(context, step, task, "delegated", reason, (to,))
    return tasks.get(context, task_id)


def add_signer(context: Context, task_id: int, who: Sequence[int], when: str = "before", reason: str = "") -> Task:
    """Others sign as well: all of them, `before` the actor decides or `after`."""
    step, task, node = _begin(context, task_id, "add_signer", reason)
    if when not in ("before", "after"):
        raise ValidationFailed([FieldError("when", "unknown", Text("A signer is added before or after."))])
    _check_people(context, step, task, node, who)
    if when == "before":
        signatures.hold(context, task_id)
    elif task.assignee != context.actor.user_id:
        tasks.claim(context, task_id)
    signatures.add(context, step, signatures.read(context, task_id), when, list(dict.fromkeys(who)),
                   held=when == "after")
    traces.done(context, step, task, "signer_added", reason, tuple(who), when=when)
    return tasks.get(context, task_id)


def return_to(context: Context, task_id: int, target: str = INITIATOR, reason: str = "", resume: str = "") -> Task:
    """Back to an earlier step by its id, or to the initiator. resume: `steps` (the process goes on again from there) or
    `back` (straight to the actor, once it was changed).
    """
    step, task, node = _begin(context, task_id, "return", reason)
    if not reason.strip():
        raise ValidationFailed([FieldError("reason", "required", Text("Say what should be changed."))])
    goals = {goal.id: goal for goal in targets(context, step, task)}
    if target != INITIATOR and target not in goals:
        raise ValidationFailed([FieldError("target", "unknown", Text("It cannot be returned to this step."))])
    way = _way(node, resume)
    traces.done(context, step, task, "returned", reason, target=target, resume=way,
                goal=dict(goals[target].label) if target in goals else {"en": "the initiator", "zh": "发起人"})
    if target == INITIATOR:
        _revise(context, step, task, task.started_by, task.node, "returned" if way == "back" else "restart")
    elif way == "back":
        _revise(context, step, task, _who_did(context, task, target), target, "returned")
    else:
        _finish(context, task)
        step.move(signatures.read(context, task_id).token, target, returns.behind(step.definition, goals[target]))
    return tasks.get(context, task_id)


def _way(node: Node, resume: str) -> str:
    fixed = node.approval.resume if node.approval else "steps"
    if resume not in ("", "steps", "back") or (fixed != "choose" and resume not in ("", fixed)):
        raise ValidationFailed([FieldError("resume", "unknown", Text("This step does not let one choose that."))])
    return (resume or "steps") if fixed == "choose" else fixed


def _revise(context: Context, step: Step, task: Task, who: int, node: str, kind: str) -> None:
    signatures.hold(context, task.id)
    signatures.add(context, step, signatures.read(context, task.id), kind, [who], node=node)


def _finish(context: Context, task: Task) -> None:
    """What is returned is over: whoever gets it again gets a new task."""
    context.unit.connection.execute(sa.update(t.fl_task).where(t.fl_task.c.id == task.id).values(
        status="done", outcome="returned", done_at=context.now, done_by=context.actor.user_id, kind="left",
        acting_for=task.in_name_of))


def _who_did(context: Context, task: Task, node: str) -> int:
    done = sa.select(t.fl_task.c.done_by).where(
        t.fl_task.c.instance_id == task.instance_id, t.fl_task.c.node == node, t.fl_task.c.status == "done").order_by(
        t.fl_task.c.id.desc()).limit(1)
    return int(context.unit.connection.scalar(done) or task.started_by)


def targets(context: Context, step: Step, task: Task) -> list[Node]:
    """Earlier steps to which it may be returned, the nearest first."""
    if offering.returnable(step.definition.nodes[task.node]) != "any":
        return []
    done = list(context.unit.connection.scalars(sa.select(t.fl_task.c.node).where(
        t.fl_task.c.instance_id == task.instance_id, t.fl_task.c.status == "done").distinct()))
    return returns.targets(step.definition, step.definition.nodes[task.node], done)


def urge(context: Context, task_id: int) -> Task:
    """Reminds whoever has it; once in a while, and counted."""
    step, task, node = _begin(context, task_id, "urge", "")
    context.unit.connection.execute(sa.update(t.fl_task).where(t.fl_task.c.id == task_id).values(
        urged=t.fl_task.c.urged + 1, urged_at=context.now))
    to = (task.assignee,) if task.assignee else task.users
    traces.done(context, step, task, "urged", "", to, count=task.urged + 1)
    announce(context, "urged", task_id, step.definition, node, step.record,
             {"assignee": task.assignee, "role": task.role, "users": list(task.users)})
    return tasks.get(context, task_id)


def copy(context: Context, task_id: int, users: Sequence[int] = (), role: str = "", comment: str = "") -> list[int]:
    """Whom it was copied to. People who may not read the record are named in the refusal; of a role they are left out.
    """
    step, task, node = _begin(context, task_id, "copy", comment)
    if role and role not in context.catalog.roles:
        raise ValidationFailed([FieldError("role", "unknown", Text("There is no role {role}.", role=role))])
    named, members = _active(context, users, "users"), approvers.known(
        context, people.with_role(context.unit, role) if role else [])
    blind = [who.name for who in named if not copies.may_read(context, who, task.entity, task.record_id)]
    if blind or not (named or members):
        raise ValidationFailed([FieldError("users", "cannot-read", Text(
            "{names} may not read this record.", names=", ".join(blind)) if blind else Text("Choose somebody."))])
    readers = [*named, *(who for who in members if copies.may_read(context, who, task.entity, task.record_id))]
    if not readers:
        raise ValidationFailed([FieldError("role", "cannot-read", Text("Nobody with this role may read this record."))])
    told = copies.send(context, task_id, dict.fromkeys(who.user_id for who in readers), comment)
    traces.done(context, step, task, "copied", comment, tuple(told), role=role)
    announce(context, "copied", task_id, step.definition, node, step.record,
             {"assignee": None, "role": None, "users": told})
    return told


def withdraw(context: Context, instance_id: int, reason: str = "") -> instances.Instance:
    """The initiator takes the process back; its record is as the process says a record taken back should be."""
    step = steps.open_instance(context, instance_id)
    refused = offering.withdrawal(context, step.definition, instance_id, step.started_by)
    if refused is not None:
        raise Forbidden(refused)
    _check_reason(reason)
    first = next((task for task in tasks.of_instance(context, instance_id) if task.open), None)
    if first is None:
        raise Conflict(Text("Nobody has a task of this process; there is nothing to take back."))
    traces.done(context, step, first, "withdrawn", reason)
    given = step.definition.withdrawal
    values = {name: value.evaluate(step.running.scope, local_now(context)) for name, value in given.fields.items()} if (
        given) else {}
    instances.cancel(context, instance_id, reason)
    if values and step.record is not None:
        granted = dataclasses.replace(context, actor=tasks.granting(context.actor))
        actions.update(granted, *step.record, values)
    return instances.get(context, instance_id)


def _begin(context: Context, task_id: int, verb: str, reason: str) -> tuple[Step, Task, Node]:
    """Locks the instance, so that what is checked from here on stays true."""
    _check_reason(reason)
    step = steps.open_instance(context, tasks.get(context, task_id).instance_id)
    task = tasks.get(context, task_id)
    refused = offering.refusal(context, step, task, verb)
    if refused is not None:
        raise (Forbidden if task.open else Conflict)(refused)
    return step, task, step.definition.nodes[task.node]


def _check_reason(reason: str) -> None:
    if len(reason) > LONGEST_REASON:
        raise ValidationFailed([FieldError("reason", "too-long", Text("At most {limit} characters.",
                                                                      limit=LONGEST_REASON))])


def _check_people(context: Context, step: Step, task: Task, node: Node, who: Sequence[int], votes: bool = True) -> None:
    """Active people other than the actor; where they would vote, four eyes hold for them as for anybody."""
    errors = []
    taken = signatures.signers(context, signatures.read(context, task.id)) if votes else set()
    for actor in _active(context, who, "to"):
        if actor.user_id == context.actor.user_id:
            errors.append(Text("Choose somebody else than yourself."))
        elif votes and (refused := tasks.four_eyes(step, task, node, actor.user_id)) is not None:
            errors.append(refused)
        elif actor.user_id in taken - {task.assignee}:
            errors.append(Text("{name} has this step already.", name=actor.name))
    if not who:
        errors.append(Text("Choose somebody."))
    if errors:
        raise ValidationFailed([FieldError("to", "person", words) for words in dict.fromkeys(errors)])


def _active(context: Context, who: Sequence[int], path: str) -> list[Actor]:
    found = approvers.known(context, who)
    if len(found) < len(set(who)):
        raise ValidationFailed([FieldError(path, "unknown", Text("Choose an active person."))])
    return found
