"""Several tasks of one token: signers added before and after, a delegate, what came back to somebody for a change.

The token moves once the last of them has agreed, or the first has not. kind: '' (the step itself) | before | after |
delegated | returned | restart (returned; the process begins anew once it is sent again).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import sqlalchemy as sa

from formloom.metadata.catalog import Label
from formloom.records.context import Context
from formloom.storage import platform_tables as t
from formloom.workflow.definition import Node, Outcome, TaskField
from formloom.workflow.offers import LIVE, announce
from formloom.workflow.steps import Step

RESUBMIT = Outcome("resubmit", {"en": "Submit again", "zh": "重新提交"})
ADVISE = Outcome("advise", {"en": "Give back", "zh": "交回"}, comment="required")
RETURNED = ("returned", "restart")
_TASK = sa.select(t.fl_task).where(t.fl_task.c.id == sa.bindparam("task"))
_CHILDREN = sa.select(t.fl_task).where(
    t.fl_task.c.instance_id == sa.bindparam("instance"), t.fl_task.c.parent_id == sa.bindparam("parent"),
    t.fl_task.c.kind == sa.bindparam("kind"), t.fl_task.c.status.in_(sa.bindparam("status", expanding=True)),
).order_by(t.fl_task.c.id)


def outcomes(node: Node, kind: str) -> tuple[Outcome, ...]:
    """A delegate advises and whoever revises sends it back: only a signer decides like the step itself."""
    return (RESUBMIT,) if kind in RETURNED else (ADVISE,) if kind == "delegated" else node.outcomes


def fields(node: Node, kind: str) -> tuple[TaskField, ...]:
    if kind == "delegated":
        return tuple(TaskField(f.name) for f in node.fields)
    if kind in RETURNED:
        return tuple(TaskField(f.name, "edit" if f.revise else "show") for f in node.fields)
    return node.fields


def add(context: Context, step: Step, parent: Any, kind: str, people: Iterable[int], held: bool = False,
        node: str = "") -> list[int]:
    """Tasks of the parent's token. `held`: they wait for the parent instead of being done now."""
    made = []
    for user_id in people:
        row = {"instance_id": parent.instance_id, "token": parent.token, "node": node or parent.node,
               "entity": parent.entity, "record_id": parent.record_id, "status": "held" if held else "claimed",
               "assignee_id": user_id, "due_at": parent.due_at, "created_at": context.now,
               "claimed_at": None if held else context.now, "parent_id": parent.id, "kind": kind}
        task_id = context.unit.connection.scalar(sa.insert(t.fl_task).values(row).returning(t.fl_task.c.id))
        made.append(int(task_id or 0))
        if not held:
            _tell(context, step, int(task_id or 0), row["node"], user_id)
    return made


def _tell(context: Context, step: Step, task_id: int, node: str, user_id: int) -> None:
    announce(context, "offered", task_id, step.definition, step.definition.nodes[node], step.record,
             {"assignee": user_id, "role": None, "users": []})


def hold(context: Context, task_id: int) -> None:
    """It comes back to the actor, who has taken it by handing it on."""
    _set(context, task_id, status="held", assignee_id=context.actor.user_id, claimed_at=context.now)


def alone(context: Context, step: Step, token: str, node: str, result: Mapping[str, Any]) -> None:
    """What happens once the only task of a token is done, as most are."""
    step.closed(token)
    step.complete(token, node, result)


def follow(context: Context, step: Step, row: Any, agrees: bool, result: Mapping[str, Any]) -> None:
    """What happens once one of several tasks of a token is done."""
    if row.kind in (None, "before", "after") and not agrees:
        _drop(context, row.token, row.instance_id)
        step.complete(row.token, row.node, result)
    elif row.kind == "restart":
        step.restart()
    elif row.kind == "returned":
        step.amend(row.token, row.node, result)
        _reopen(context, step, row.parent_id)
    elif row.kind == "delegated":
        _reopen(context, step, row.parent_id)
    else:
        _agreed(context, step, row, result)


def _agreed(context: Context, step: Step, row: Any, result: Mapping[str, Any]) -> None:
    """First those who sign after it; then whoever waits for it."""
    waiting = _children(context, row, row.id, "after", ("held",))
    for child in waiting:
        _reopen(context, step, child.id)
    if waiting:
        return
    _climb(context, step, row, result)


def _climb(context: Context, step: Step, row: Any, result: Mapping[str, Any]) -> None:
    """`row` and all who signed after it have agreed. The last of several signers lets the one they signed for go on."""
    if row.kind is None:
        step.complete(row.token, row.node, result)
    elif not _children(context, row, row.parent_id, row.kind, LIVE):
        if row.kind == "before":
            _reopen(context, step, row.parent_id)
        else:
            _climb(context, step, read(context, row.parent_id), result)


def _reopen(context: Context, step: Step, task_id: int) -> None:
    row = read(context, task_id)
    _set(context, task_id, status="claimed", claimed_at=context.now)
    _tell(context, step, task_id, row.node, row.assignee_id)


def _drop(context: Context, token: str, instance_id: int) -> None:
    """Nobody else of this token is asked any more."""
    gone = (t.fl_task.c.instance_id == instance_id) & (t.fl_task.c.token == token) & t.fl_task.c.status.in_(LIVE)
    context.unit.connection.execute(sa.update(t.fl_task).where(gone).values(status="cancelled", done_at=context.now))


def _children(context: Context, row: Any, parent_id: int, kind: str, status: tuple[str, ...]) -> list[Any]:
    """Of the same instance as `row`, by which they are found: there is no index of parents."""
    wanted = {"instance": row.instance_id, "parent": parent_id, "kind": kind, "status": status}
    return list(context.unit.connection.execute(_CHILDREN, wanted))


def signers(context: Context, row: Any) -> set[int]:
    """Who signs, signed or will sign this token, or has another vote of the same step. Advice is no signature."""
    same = (t.fl_task.c.instance_id == row.instance_id) & (t.fl_task.c.node == row.node) & (
        sa.func.coalesce(t.fl_task.c.kind, "").not_in(("delegated", *RETURNED)))
    alive = t.fl_task.c.status.in_(LIVE) | (t.fl_task.c.token == row.token)
    rows = context.unit.connection.execute(sa.select(t.fl_task.c.assignee_id, t.fl_task.c.done_by).where(same, alive))
    return {who for pair in rows for who in pair if who is not None}


def read(context: Context, task_id: int) -> Any:
    return context.unit.connection.execute(_TASK, {"task": task_id}).one()


def _set(context: Context, task_id: int, **values: Any) -> None:
    context.unit.connection.execute(sa.update(t.fl_task).where(t.fl_task.c.id == task_id).values(values))


def title(kind: str, label: Label) -> Label:
    """What a task is called in a list, so that one sees why it came."""
    named = TITLES.get(kind)
    return label if named is None else {language: f"{label.get(language) or label.get('en', '')}{words}"
                                        for language, words in named.items()}


TITLES: Mapping[str, Label] = {
    "before": {"en": " (your signature first)", "zh": "（加签）"},
    "after": {"en": " (your signature as well)", "zh": "（加签）"},
    "delegated": {"en": " (delegated to you)", "zh": "（委派）"},
    "returned": {"en": " (returned)", "zh": "（退回）"},
    "restart": {"en": " (returned)", "zh": "（退回）"},
}
