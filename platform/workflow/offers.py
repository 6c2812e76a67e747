"""Rows that follow an instance's tokens: user tasks with their candidates, and timers. For queries; not the truth."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
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
_KNOWN = sa.select(t.fl_task.c.token).where(t.fl_task.c.instance_id == sa.bindparam("instance"),
                                            t.fl_task.c.status.in_(LIVE))
_ARMED = sa.select(t.fl_timer.c.token, t.fl_timer.c.due_at).where(t.fl_timer.c.instance_id == sa.bindparam("instance"))
_DISARM = sa.delete(t.fl_timer).where(t.fl_timer.c.instance_id == sa.bindparam("instance"),
                                      t.fl_timer.c.token.in_(sa.bindparam("tokens", expanding=True)))
_ARM = sa.insert(t.fl_timer)
_OFFER = sa.insert(t.fl_task).returning(t.fl_task.c.id, t.fl_task.c.token)


def synchronize(context: Context, instance_id: int, definition: ProcessDefinition, record: tuple[str, int] | None,
                execution: engine.Execution, initiator: int, before: Sequence[engine.Token] | None = None,
                title: str | None = None) -> None:
    """`before`: what was waited for when the rows were last made, so that they need not be asked for; None for unknown.
    `title`: of the record, where it is known.
    """
    waiting = execution.waiting()
    if before is None or any(w.kind == "timer" for w in (*before, *waiting)):
        _timers(context, instance_id, _of_kind(waiting, "timer"), _armed(context, instance_id, before))
    events = [w for w in waiting if w.kind in _EVENTS]
    if before is None or events != [w for w in before if w.kind in _EVENTS]:
        _subscriptions(context, instance_id, events)
    people = _of_kind(waiting, "user")
    known = set(_of_kind(before, "user")) if before is not None else set(
        context.unit.connection.scalars(_KNOWN, {"instance": instance_id}))
    withdraw(context, instance_id, known - set(people))
    offered = [(token, execution.scope_of(token.id)) for token in people.values() if token.id not in known]
    if offered:
        _offer(context, instance_id, definition, record, offered, initiator, title)


def _of_kind(tokens: Iterable[engine.Token], kind: str) -> dict[str, engine.Token]:
    return {token.id: token for token in tokens if token.kind == kind}


def _armed(context: Context, instance_id: int, before: Sequence[engine.Token] | None) -> dict[str, datetime]:
    """When the timers are due for which there are rows."""
    if before is None:
        rows = context.unit.connection.execute(_ARMED, {"instance": instance_id})
        return {row.token: row.due_at for row in rows}
    return {token.id: token.due for token in before if token.kind == "timer" and token.due}


def withdraw(context: Context, instance_id: int, tokens: set[str] | None = None) -> None:
    """Cancels open tasks whose tokens are gone; every open task of the instance without `tokens`."""
    if tokens is not None and not tokens:
        return
    gone = (t.fl_task.c.instance_id == instance_id) & t.fl_task.c.status.in_(LIVE)
    if tokens:
        gone &= t.fl_task.c.token.in_(tokens)
    context.unit.connection.execute(sa.update(t.fl_task).where(gone).values(status="cancelled", done_at=context.now))


def _timers(context: Context, instance_id: int, tokens: Mapping[str, engine.Token],
            known: Mapping[str, datetime]) -> None:
    connection = context.unit.connection
    wanted = {token.id: (token.node, token.due.astimezone(UTC)) for token in tokens.values() if token.due}
    gone = [token for token, due in known.items() if token not in wanted or wanted[token][1] != due]
    if gone:
        connection.execute(_DISARM, {"instance": instance_id, "tokens": gone})
    fresh = [{"instance_id": instance_id, "token": token, "node": node, "due_at": due}
             for token, (node, due) in wanted.items() if known.get(token) != due]
    if fresh:
        connection.execute(_ARM, fresh)


def _subscriptions(context: Context, instance_id: int, tokens: list[engine.Token]) -> None:
    """Few, so they are written anew."""
    connection, ours = context.unit.connection, t.fl_subscription.c.instance_id == instance_id
    connection.execute(sa.delete(t.fl_subscription).where(ours))
    if tokens:
        connection.execute(sa.insert(t.fl_subscription), [
            {"instance_id": instance_id, "node": token.node, "kind": token.kind, "name": token.name, "key": token.key}
            for token in tokens])


def _offer(context: Context, instance_id: int, definition: ProcessDefinition, record: tuple[str, int] | None,
           offered: Sequence[tuple[engine.Token, Mapping[str, Any]]], initiator: int, title: str | None) -> None:
    """Tasks for tokens, each with the names that its expressions see."""
    connection, rows, whom = context.unit.connection, [], {}
    for token, scope in offered:
        node = definition.nodes[token.node]
        assignee, role, users = whom[token.id] = approvers.candidates(context, node, initiator, scope)
        rows.append({
            "instance_id": instance_id, "token": token.id, "node": node.id, "entity": record[0] if record else "",
            "record_id": record[1] if record else None, "status": "claimed" if assignee else "ready",
            "assignee_id": assignee, "role": role, "due_at": _due(context, node.assignment.due, scope),
            "created_at": context.now, "claimed_at": context.now if assignee else None,
        })
    made = {row.token: int(row.id) for row in connection.execute(_OFFER, rows)}
    named = [{"task_id": made[token], "user_id": user} for token, (_, _, users) in whom.items() for user in users]
    if named:
        connection.execute(sa.insert(t.fl_candidate), named)
    for token, _ in offered:
        assignee, role, users = whom[token.id]
        announce(context, "offered", made[token.id], definition, definition.nodes[token.node], record,
                 {"assignee": assignee, "role": role, "users": users, "about": title})


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
