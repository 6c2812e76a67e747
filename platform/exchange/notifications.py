"""What people are told inside the application, and by mail if they want that too."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from formloom.errors import label_in
from formloom.exchange import mail as mails
from formloom.policy import people
from formloom.records.context import Context
from formloom.records.events import Event
from formloom.storage import platform_tables as t
from formloom.storage.database import Unit
from formloom.workflow.performing import transactional

LONGEST = 500
_OFFERED = {"en": "{task}: {about} ({process})", "zh": "{task}：{about}（{process}）"}
_OFFERED_ALONE = {"en": "New task: {task} ({process})", "zh": "新任务：{task}（{process}）"}


@dataclass(frozen=True, slots=True)
class Notification:
    id: int
    text: str
    link: str
    at: datetime
    read_at: datetime | None


def notify(unit: Unit, user_id: int, text: str | Mapping[str, str], link: str = "", *, now: datetime,
           kind: str = "process", mail: bool = False) -> int | None:
    """The id of the notification; None if the user is gone or inactive."""
    actor = people.load_actor(unit, user_id)
    if actor is None:
        return None
    words = (text if isinstance(text, str) else label_in(text, actor.locale))[:LONGEST]
    row = {"user_id": user_id, "text": words, "link": link, "at": now, "kind": kind}
    made = unit.connection.scalar(sa.insert(t.fl_notification).values(row).returning(t.fl_notification.c.id))
    if actor.email and (mail or wants_mail(unit, user_id)):
        mails.enqueue(unit, actor.email, words, f"{words}\n\n{link}".strip(), now=now)
    return int(made or 0)


def wants_mail(unit: Unit, user_id: int) -> bool:
    """Whether this person chose to get notifications by mail as well."""
    wanted = sa.select(t.fl_profile.c.mail_notifications).where(t.fl_profile.c.user_id == user_id)
    return bool(unit.connection.scalar(wanted))


def of_user(unit: Unit, user_id: int, *, unread_only: bool = False, limit: int = 50,
            before: int | None = None) -> list[Notification]:
    """Newest first; `before` is the id of the last one already shown."""
    mine = t.fl_notification.c.user_id == user_id
    if unread_only:
        mine &= t.fl_notification.c.read_at.is_(None)
    if before is not None:
        mine &= t.fl_notification.c.id < before
    rows = unit.connection.execute(
        sa.select(t.fl_notification).where(mine).order_by(t.fl_notification.c.id.desc()).limit(limit))
    return [Notification(r.id, r.text, r.link or "", r.at, r.read_at) for r in rows]


def unread(unit: Unit, user_id: int) -> int:
    mine = (t.fl_notification.c.user_id == user_id) & t.fl_notification.c.read_at.is_(None)
    return int(unit.connection.scalar(sa.select(sa.func.count()).select_from(t.fl_notification).where(mine)) or 0)


def mark_read(unit: Unit, user_id: int, ids: Sequence[int] | None, now: datetime) -> int:
    """Of one's own only; all of them without `ids`. How many became read."""
    mine = (t.fl_notification.c.user_id == user_id) & t.fl_notification.c.read_at.is_(None)
    if ids is not None:
        mine &= t.fl_notification.c.id.in_(list(ids))
    return unit.connection.execute(sa.update(t.fl_notification).where(mine).values(read_at=now)).rowcount


def recipients(unit: Unit, users: Sequence[int] = (), role: str | None = None) -> list[int]:
    """Each once, in order; everybody with the role."""
    return list(dict.fromkeys([*users, *(people.with_role(unit, role) if role else ())]))


@transactional
def listener(context: Context, event: Event) -> None:
    """Tells those to whom a task is offered."""
    if event.kind != "task" or event.action != "offered":
        return
    values = event.values
    assigned = [values["assignee"]] if values["assignee"] else []
    words = _offer_text(values, _title(context, event))
    for user_id in recipients(context.unit, [*assigned, *values["users"]], values["role"]):
        if user_id != context.actor.user_id or not assigned:
            notify(context.unit, user_id, words, f"/tasks/{values['task']}", now=context.now,
                   kind="task")


def _title(context: Context, event: Event) -> str:
    """What the record is called; whoever gets a task sees what it is about."""
    if event.entity not in context.catalog.entities:
        return ""
    return context.store.titles(context.unit, event.entity, [event.id]).get(event.id, "")


def _offer_text(values: Mapping[str, Any], about: str) -> dict[str, str]:
    return {
        locale: template.format(
            task=label_in(values["label"], locale), process=label_in(values["process"], locale), about=about)
        for locale, template in (_OFFERED if about else _OFFERED_ALONE).items()}
