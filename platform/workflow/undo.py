"""Taking a decision back at once, where nothing has happened since that cannot be taken back.

The state before the decision is kept with the task, for a step that only moved tokens: no record was written, nothing
was sent, nobody has acted since.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from formloom.errors import Conflict, Forbidden, Text
from formloom.records.context import Context
from formloom.storage import platform_tables as t
from formloom.workflow import inbox, steps, traces
from formloom.workflow.inbox import Task

SECONDS = 8             # what a page offers
GRACE = timedelta(seconds=SECONDS + 4)      # what a slow connection gets


def kept(task: Task, instance: Any, wrote: bool) -> dict[str, Any] | None:
    """What to go back to, if the step that follows only moves tokens: see `check`. Not of signers and delegates, whose
    task is one of several of its token.
    """
    if task.kind or task.signed or wrote:
        return None
    return {"state": instance.state, "version": instance.version, "after": instance.version + 1, "had": task.assignee,
            "status": task.status}


def check(context: Context, task_id: int, step: steps.Step, kept: dict[str, Any] | None) -> None:
    """After the step: forgets what was kept if it did more than to move tokens."""
    if kept is not None and (step.acted or step.spoke or step.version != kept["after"]):
        context.unit.connection.execute(sa.update(t.fl_task).where(t.fl_task.c.id == task_id).values(undo=None))


def possible(context: Context, task: Task) -> Text | None:
    """Why the decision cannot be taken back; None if it can."""
    row = context.unit.connection.execute(sa.select(
        t.fl_task.c.undo, t.fl_task.c.status, t.fl_task.c.done_by, t.fl_task.c.done_at, t.fl_instance.c.version)
        .join(t.fl_instance, t.fl_instance.c.id == t.fl_task.c.instance_id).where(t.fl_task.c.id == task.id)).one()
    if row.status != "done" or row.done_by != context.actor.user_id:
        return Text("Only the person who decided can undo it.")
    if row.undo is None:
        return Text("It cannot be undone: the process has written or sent something with it.")
    if row.version != row.undo["after"]:
        return Text("It cannot be undone any more: somebody has acted since.")
    if context.now - row.done_at > GRACE:
        return Text("It can only be undone within {count} seconds.", count=SECONDS)
    return None


def undo(context: Context, task_id: int) -> Task:
    task = inbox.get(context, task_id)
    connection, mine = context.unit.connection, t.fl_instance.c.id == task.instance_id
    connection.execute(sa.select(t.fl_instance.c.id).where(mine).with_for_update())
    reason = possible(context, task)
    if reason is not None:
        raise (Forbidden if task.done_by != context.actor.user_id else Conflict)(reason)
    row = connection.execute(sa.select(t.fl_task.c.undo).where(t.fl_task.c.id == task_id)).scalar_one()
    connection.execute(sa.update(t.fl_instance).where(mine).values(state=row["state"], status="running", ended_at=None))
    connection.execute(sa.update(t.fl_task).where(t.fl_task.c.id == task_id).values(
        status=row["status"], assignee_id=row["had"], outcome=None, comment=None, done_at=None, done_by=None,
        acting_for=None, undo=None))
    step = steps.open_instance(context, task.instance_id)
    step.differs()
    step.fire()
    traces.done(context, step, task, "undone")
    return inbox.get(context, task_id)

