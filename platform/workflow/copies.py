"""Copies of a task: for people who may read its record, with whether they have read it."""

from __future__ import annotations

from collections.abc import Iterable

import sqlalchemy as sa

from formloom.policy.actor import Actor
from formloom.records.context import Context
from formloom.records.scope import Scope
from formloom.storage import platform_tables as t


def may_read(context: Context, actor: Actor, entity: str, record_id: int | None) -> bool:
    """A copy shows nothing that its reader could not look up."""
    if record_id is None or entity not in context.catalog.entities:
        return True
    target = context.catalog.entity(entity)
    row = context.store.get(context.unit, entity, record_id)
    return row is not None and bool(
        context.policy.decide(actor, "read", target, Scope(context, target, row), context.now))


def send(context: Context, task_id: int, readers: Iterable[int], comment: str) -> list[int]:
    """To whom it is new. The caller has locked the instance."""
    known = set(context.unit.connection.scalars(
        sa.select(t.fl_copy.c.user_id).where(t.fl_copy.c.task_id == task_id)))
    fresh = [reader for reader in readers if reader not in known]
    if fresh:
        context.unit.connection.execute(sa.insert(t.fl_copy), [
            {"task_id": task_id, "user_id": reader, "by_id": context.actor.user_id, "at": context.now,
             "comment": comment or None} for reader in fresh])
    return fresh


def mark_read(context: Context, task_id: int) -> bool:
    """Whether there was one to be read."""
    mine = (t.fl_copy.c.task_id == task_id) & (t.fl_copy.c.user_id == context.actor.user_id)
    return context.unit.connection.execute(
        sa.update(t.fl_copy).where(mine, t.fl_copy.c.read_at.is_(None)).values(read_at=context.now)).rowcount == 1
