"""What people are told inside the application, and by mail if they want that too."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from formloom.errors import label_in
from formloom.exchange import mail as mails
from formloom.exchange.task_links import Signer
from formloom.policy import people
from formloom.records.context import Context
from formloom.records.events import Event
from formloom.storage import platform_tables as t
from formloom.storage.database import Unit
from formloom.workflow import deputies

LONGEST = 500
_OFFERED = {"en": "{task}: {about} ({process})", "zh": "{task}：{about}（{process}）"}
_STOPPED = {"en": "Stopped by errors: {count}. {processes}", "zh": "因错误停下 {count} 项：{processes}"}
_TOLD = ("offered", "urged", "copied", "deputy")
_WORDS = {
    "urged": {"en": "{who} asks you to decide: {task}, {about}", "zh": "{who} 催办：{task}，{about}"},
    "copied": {"en": "{who} copied you: {task}, {about}", "zh": "{who} 抄送给你：{task}，{about}"},
}
_DEPUTY = {"en": "You stand in for {who} until {until}", "zh": "{who} 请你代理到 {until}"}
_FOR = {"en": "For {name}: {words}", "zh": "代 {name}：{words}"}
_OFFERED_ALONE = {"en": "New task: {task} ({process})", "zh": "新任务：{task}（{process}）"}


@dataclass(frozen=True, slots=True)
class Notification:
    id: int
    text: str
    link: str
    at: datetime
    read_at: datetime | None


def notify(unit: Unit, user_id: int, text: str | Mapping[str, str], link: str = "", *, now: datetime,
           kind: str = "process", mail: bool = False, mail_link: str = "") -> int | None:
    """The id of the notification; None if the user is gone or inactive. `mail_link`: where a mail leads instead."""
    actor = people.load_actor(unit, user_id)
    if actor is None:
        return None
    words = (text if isinstance(text, str) else label_in(text, actor.locale))[:LONGEST]
    row = {"user_id": user_id, "text": words, "link": link, "at": now, "kind": kind}
    made = unit.connection.scalar(sa.insert(t.fl_notification).values(row).returning(t.fl_notification.c.id))
    if actor.email and (mail or wants_mail(unit, user_id)):
        mails.enqueue(unit, actor.email, words, f"{words}\n\n{mail_link or link}".strip(), now=now)
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


class Teller:
    """Tells people what concerns them of tasks, and administrators what has stopped; a listener. Mails carry a link of
    their own that opens one task.
    """

    transactional = True

    def __init__(self, public_url: str, links: Signer) -> None:
        self._public_url, self._links = public_url.rstrip("/"), links

    def __call__(self, context: Context, event: Event) -> None:
        if event.kind == "incident":
            _tell_administrators(context, event)
        if event.kind != "task" or event.action not in _TOLD:
            return
        if event.action == "deputy":
            _tell_deputy(context, event)
            return
        whom = list(self._whom(context, event))
        if not whom:
            return
        about, words = _title(context, event), _WORDS.get(event.action)
        text = _offer_text(event.values, about) if words is None else _filled(words, context, event, about)
        for user_id, owner in whom:
            told = text if owner is None else _in_name_of(context, text, owner)
            self._tell(context, int(event.values["task"]), user_id, told, decides=event.action != "copied")

    def _whom(self, context: Context, event: Event) -> Iterator[tuple[int, int | None]]:
        """With those who stand in for them, and in whose name."""
        values = event.values
        alone = [values["assignee"]] if values["assignee"] else []
        for user_id in recipients(context.unit, [*alone, *values["users"]], values["role"]):
            if user_id != context.actor.user_id or not alone:
                yield user_id, None
            deputy = deputies.deputy_of(context, user_id, values["process_key"])
            if deputy is not None and event.action != "copied":
                yield deputy, user_id

    def _tell(self, context: Context, task_id: int, user_id: int, words: Mapping[str, str], decides: bool) -> None:
        address = f"/inbox/{task_id}"
        mailed = address
        if decides and wants_mail(context.unit, user_id):
            mailed = f"/approve/{self._links.issue(context.unit, task_id, user_id, context.now)}"
        notify(context.unit, user_id, words, address, now=context.now, kind="task",
               mail_link=f"{self._public_url}{mailed}")


def _tell_deputy(context: Context, event: Event) -> None:
    words = _filled(_DEPUTY, context, event, "")
    notify(context.unit, event.values["deputy"], words, "/inbox", now=context.now, kind="task")


def _filled(words: Mapping[str, str], context: Context, event: Event, about: str) -> dict[str, str]:
    values = event.values
    return {locale: template.format(
        who=event.actor.name, about=about or label_in(values.get("label", {}), locale),
        task=label_in(values.get("label", {}), locale), until=_day(values.get("until")))
        for locale, template in words.items()}


def _day(value: Any) -> str:
    return value.date().isoformat() if isinstance(value, datetime) else ""


def _in_name_of(context: Context, text: Mapping[str, str], owner: int) -> dict[str, str]:
    name = people.names(context.unit, [owner]).get(owner, "")
    return {locale: _FOR[locale].format(words=words, name=name) for locale, words in text.items()}


def _tell_administrators(context: Context, event: Event) -> None:
    words = {locale: template.format(count=event.values["count"], processes=", ".join(
        f"{label_in(name, locale)} ({count})" for name, count in event.values["processes"]))
        for locale, template in _STOPPED.items()}
    roles = [role.name for role in context.catalog.roles.values() if role.admin]
    for user_id in dict.fromkeys(user for role in roles for user in people.with_role(context.unit, role)):
        notify(context.unit, user_id, words, "/incidents", now=context.now, kind="incident")


def _title(context: Context, event: Event) -> str:
    """What the record is called; whoever gets a task sees what it is about."""
    if event.entity not in context.catalog.entities:
        return ""
    if event.values.get("about") is not None:
        return str(event.values["about"])
    return context.store.titles(context.unit, event.entity, [event.id]).get(event.id, "")


def _offer_text(values: Mapping[str, Any], about: str) -> dict[str, str]:
    return {
        locale: template.format(
            task=label_in(values["label"], locale), process=label_in(values["process"], locale), about=about)
        for locale, template in (_OFFERED if about else _OFFERED_ALONE).items()}
