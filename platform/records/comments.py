"""What people say about a record."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from formloom.errors import FieldError, Forbidden, NotFound, Text, ValidationFailed
from formloom.records.changes import tell
from formloom.records.context import Context
from formloom.records.events import Event
from formloom.records.resolution import row_for
from formloom.records.validation import unstorable
from formloom.storage.platform_tables import fl_comment

MAX_LENGTH = 10_000
_MENTION = re.compile(r"@\[(\d{1,18})\]")


def add(context: Context, entity: str, record_id: int, text: str, mentions: Sequence[int] = ()) -> int:
    """Who may read a record may comment on it; `@[7]` in the text mentions user 7. Listeners notify."""
    row = row_for(context, context.catalog.entity(entity), record_id, "read")
    _check(text)
    named = sorted({*mentions, *(int(number) for number in _MENTION.findall(text))})
    made = context.unit.connection.scalar(sa.insert(fl_comment).values(
        entity=entity, record_id=record_id, author_id=context.actor.user_id, at=context.now, text=text.strip(),
        mentions=named).returning(fl_comment.c.id))
    tell(context, Event(kind="commented", entity=entity, id=record_id, actor=context.actor, at=context.now,
                        before=row, after=row, values={"text": text.strip(), "mentions": named, "comment": made}))
    return int(made or 0)


def edit(context: Context, comment_id: int, text: str) -> None:
    _own(context, comment_id)
    _check(text)
    context.unit.connection.execute(
        sa.update(fl_comment).where(fl_comment.c.id == comment_id).values(text=text.strip()))


def delete(context: Context, comment_id: int) -> None:
    """Nobody sees it any more; that it was there stays on record."""
    _own(context, comment_id)
    context.unit.connection.execute(
        sa.update(fl_comment).where(fl_comment.c.id == comment_id).values(deleted=True, text=""))


def of(context: Context, entity: str, record_id: int) -> list[dict[str, Any]]:
    """Oldest first."""
    query = sa.select(fl_comment).where(
        fl_comment.c.entity == entity, fl_comment.c.record_id == record_id, fl_comment.c.deleted == sa.false())
    return [dict(row) for row in context.unit.connection.execute(query.order_by(fl_comment.c.id)).mappings()]


def _own(context: Context, comment_id: int) -> None:
    query = sa.select(fl_comment).where(fl_comment.c.id == comment_id, fl_comment.c.deleted == sa.false())
    row = context.unit.connection.execute(query).mappings().first()
    if row is None:
        raise NotFound(Text("There is no comment number {id}.", id=comment_id))
    row_for(context, context.catalog.entity(row["entity"]), row["record_id"], "read")
    if row["author_id"] != context.actor.user_id:
        raise Forbidden(Text("Only its author may change a comment."))


def _check(text: str) -> None:
    if not text.strip():
        raise ValidationFailed([FieldError("text", "required", Text("Write something first."))])
    if len(text) > MAX_LENGTH:
        reason = Text("A comment has at most {limit} characters.", limit=MAX_LENGTH)
        raise ValidationFailed([FieldError("text", "too-long", reason)])
    if unstorable(text):
        raise ValidationFailed([FieldError("text", "invalid-value", Text("must not contain control characters"))])
