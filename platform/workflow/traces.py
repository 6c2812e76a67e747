"""What is left behind by everything done to a task: a line in the instance's history, one in the record's timeline."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from formloom.policy import people
from formloom.records.context import Context
from formloom.storage import platform_tables as t
from formloom.workflow import steps, trail
from formloom.workflow.definition import Outcome
from formloom.workflow.inbox import Task

_AUDIT = sa.insert(t.fl_audit)


def decided(context: Context, step: steps.Step, task: Task, chosen: Outcome, comment: str) -> None:
    kept = {"outcome": chosen.value, "comment": comment, "label": dict(chosen.label), "tone": chosen.tone,
            **_name(context, "acting_for", task.in_name_of)}
    step.trail.add("decided", [(task.node, context.now)], context.actor.user_id, kept)
    _audit(context, step, task.node, {"verb": "decided", "task": dict(task.label), **kept})


def done(context: Context, step: steps.Step, task: Task, verb: str, comment: str = "", to: tuple[int, ...] = (),
         **more: Any) -> None:
    """`verb`: transferred | delegated | signer_added | returned | withdrawn | urged | copied | undone. `to`: whom it
    is about, named as they are called now.
    """
    names = people.names(context.unit, to)
    kept = {"task": task.id, "comment": comment, "to": [names.get(i, str(i)) for i in to], "to_ids": list(to),
            **_name(context, "acting_for", task.in_name_of), **more}
    trail.note(context, task.instance_id, verb, [(task.node, context.now)], context.actor.user_id, kept)
    _audit(context, step, task.node, {**kept, "verb": verb, "task": dict(task.label)})


def _name(context: Context, key: str, user_id: int | None) -> Mapping[str, Any]:
    return {} if user_id is None else {key: people.names(context.unit, [user_id]).get(user_id, str(user_id))}


def _audit(context: Context, step: steps.Step, node: str, after: Mapping[str, Any]) -> None:
    """The record's timeline; a process without a record has its history only."""
    if step.record is None:
        return
    context.unit.connection.execute(_AUDIT, {
        "at": context.now, "actor_id": context.actor.user_id, "actor_name": context.actor.name,
        "entity": step.record[0], "record_id": step.record[1], "kind": "task", "action": node, "before": {},
        "after": {**after, "process": step.definition.key}})
