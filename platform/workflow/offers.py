"""Rows that follow an instance's tokens: user tasks with their candidates, and timers. For queries; not the truth."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from formloom.records.context import Context
from formloom.records.events import Event
from formloom.storage import platform_tables as t
from formloom.workflow import approvers, engine, moments
from formloom.workflow.definition import Moment, Node, ProcessDefinition
from formloom.workflow.scope import local_now, zone

OPEN = ("ready", "claimed")
LIVE = (*OPEN, "held")      # held: waits for a signer, a delegate or whoever it was returned to
_EVENTS = frozenset({"message", "signal", "conditional"})
_KINDS = _EVENTS | {"timer"}
_KNOWN = sa.select(t.fl_task.c.token).where(t.fl_task.c.instance_id == sa.bindparam("instance"),
                                            t.fl_task.c.status.in_(LIVE))


def synchronize(context: Context, instance_id: int, definition: ProcessDefinition, record: tuple[str, int] | None,
                execution: engine.Execution, initiator: int, kinds: frozenset[str] | None = None) -> None:
    """`kinds`: what was waited for before, so that rows of other kinds need not be asked for; None for unknown."""
    waiting = execution.waiting()
    asked = {w.kind for w in waiting} | (kinds if kinds is not None else _KINDS)
    if "timer" in asked:
        _timers(context, instance_id, {w.id: w for w in waiting if w.kind == "timer"})
    if asked & _EVENTS:
        _subscriptions(context, instance_id, [w for w in waiting if w.kind in _EVENTS])
    people = {w.id: w for w in waiting if w.kind == "user"}
    known = set(context.unit.connection.scalars(_KNOWN, {"instance": instance_id})) if kinds is None or kinds else set()
    withdraw(context, instance_id, known - set(people))
    for token in people.values():
        if token.id not in known:
            _offer(context, instance_id, definition, record, token, execution.scope_of(token.id), initiator)


def withdraw(context: Context, instance_id: int, tokens: set[str] | None = None) -> None:
    """Cancels open tasks whose tokens are gone; every open task of the instance without `tokens`."""
    gone = (t.fl_task.c.instance_id == instance_id) & t.fl_task.c.status.in_(LIVE)
    if tokens is not None:
        if not tokens:
            return
        gone &= t.fl_task.c.token.in_(tokens)
    context.unit.connection.execute(sa.update(t.fl_task).where(gone).values(status="cancelled", done_at=context.now))


def _timers(context: Context, instance_id: int, tokens: Mapping[str, engine.Token]) -> None:
    connection, ours = context.unit.connection, t.fl_timer.c.instance_id == instance_id
    known = {row.token: row.due_at
             for row in connection.execute(sa.select(t.fl_timer.c.token, t.fl_timer.c.due_at).where(ours))}
    wanted = {token.id: (token.node, token.due.astimezone(UTC)) for token in tokens.values() if token.due}
    gone = [token for token, due in known.items() if token not in wanted or wanted[token][1] != due]
    if gone:
        connection.execute(sa.delete(t.fl_timer).where(ours, t.fl_timer.c.token.in_(gone)))
    fresh = [{"instance_id": instance_id, "token": token, "node": node, "due_at": due}
             for token, (node, due) in wanted.items() if known.get(token) != due]
    if fresh:
        connection.execute(sa.insert(t.fl_timer), fresh)


def _subscriptions(context: Context, instance_id: int, tokens: list[engine.Token]) -> None:
    """Few, so they are written anew."""
    connection, ours = context.unit.connection, t.fl_subscription.c.instance_id == instance_id
    connection.execute(sa.delete(t.fl_subscription).where(ours))
    if tokens:
        connection.execute(sa.insert(t.fl_subscription), [
            {"instance_id": instance_id, "node": token.node, "kind": token.kind, "name": token.name, "key": token.key}
            for token in tokens])


def _offer(context: Context, instance_id: int, definition: ProcessDefinition, record: tuple[str, int] | None,
           token: engine.Token, scope: Mapping[str, Any], initiator: int) -> None:
    node = definition.nodes[token.node]
    assignee, role, users = approvers.candidates(context, node, initiator, scope)
    values = {
        "instance_id": instance_id, "token": token.id, "node": node.id, "entity": record[0] if record else "",
        "record_id": record[1] if record else None, "status": "claimed" if assignee else "ready",
        "assignee_id": assignee,
        "role": role, "due_at": _due(context, node.assignment.due, scope), "created_at": context.now,
        "claimed_at": context.now if assignee else None,
    }
    task_id = context.unit.connection.scalar(sa.insert(t.fl_task).values(values).returning(t.fl_task.c.id))
    if users:
        context.unit.connection.execute(sa.insert(t.fl_candidate), [{"task_id": task_id, "user_id": u} for u in users])
    announce(context, "offered", int(task_id or 0), definition, node, record,
             {"assignee": assignee, "role": role, "users": users})


def announce(context: Context, what: str, task_id: int, definition: ProcessDefinition, node: Node,
             record: tuple[str, int] | None, values: Mapping[str, Any]) -> None:
    """Tells the listeners, inside the transaction."""
    entity, record_id = record or ("", 0)
    event = Event(kind="task", entity=entity, id=record_id, actor=context.actor, at=context.now, action=what,
                  values={"task": task_id, "label": node.label, "process": definition.label,
                          "process_key": definition.key, **values})
    for listener in context.listeners:
        listener(context, event)


def _due(context: Context, moment: Moment | None, scope: Mapping[str, Any]) -> datetime | None:
    """A task without a due date is fine: the expression may give null."""
    now = local_now(context)
    if moment is None or (moment.expression and moment.expression.evaluate(scope, now) is None):
        return None
    due = moments.resolve(moment, scope, now, zone(context))
    return due if isinstance(due, datetime) else None
