"""Absence: for a period, somebody else is offered a person's tasks in that person's name, for all processes or some."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from formloom.errors import FieldError, Forbidden, NotFound, Text, ValidationFailed
from formloom.policy.actor import Actor
from formloom.records.context import Context
from formloom.records.events import Event
from formloom.storage import platform_tables as t
from formloom.workflow.scope import find_actor


@dataclass(frozen=True, slots=True)
class Absence:
    """`processes`: keys, empty for all."""

    id: int
    user_id: int
    deputy_id: int
    since: datetime
    until: datetime
    processes: tuple[str, ...] = ()

    def covers(self, process: str) -> bool:
        return not self.processes or process in self.processes


def appoint(context: Context, deputy_id: int, since: datetime, until: datetime, processes: tuple[str, ...] = (),
            user_id: int | None = None) -> Absence:
    """For oneself; an administrator may do it for somebody who cannot."""
    owner = context.actor.user_id if user_id is None else user_id
    if owner != context.actor.user_id and not context.actor.admin:
        raise Forbidden(Text("Only administrators set a deputy for somebody else."))
    _check(context, owner, deputy_id, since, until, processes)
    row = {"user_id": owner, "deputy_id": deputy_id, "from_at": since, "until_at": until,
           "processes": list(processes) or None, "made_by": context.actor.user_id, "made_at": context.now}
    made = context.unit.connection.scalar(sa.insert(t.fl_deputy).values(row).returning(t.fl_deputy.c.id))
    _audit(context, "deputy_set", row)
    _tell(context, owner, deputy_id, since, until)
    return Absence(int(made or 0), owner, deputy_id, since, until, processes)


def _check(context: Context, owner: int, deputy_id: int, since: datetime, until: datetime,
           processes: tuple[str, ...]) -> None:
    errors = []
    deputy = find_actor(context, deputy_id)
    if deputy is None or deputy.system:
        errors.append(FieldError("deputy", "unknown", Text("Choose an active person.")))
    elif deputy_id == owner:
        errors.append(FieldError("deputy", "self", Text("Choose somebody else than the person who is away.")))
    if until <= since or until <= context.now:
        errors.append(FieldError("until", "period", Text("The absence must end after it begins, and after now.")))
    if unknown := sorted(set(processes) - set(context.definitions)):
        errors.append(FieldError("processes", "unknown", Text("There is no process {process}.", process=unknown[0])))
    if not errors and any(a.since < until and since < a.until and (not a.processes or not processes or
                          set(a.processes) & set(processes)) for a in of_person(context, owner)):
        errors.append(FieldError("from", "overlap", Text("Somebody is deputy in this period already. End that first.")))
    if errors:
        raise ValidationFailed(errors)


def end(context: Context, absence_id: int) -> None:
    """From now on; what the deputy has done stays done."""
    row = context.unit.connection.execute(
        sa.select(t.fl_deputy).where(t.fl_deputy.c.id == absence_id)).one_or_none()
    if row is None or (row.user_id != context.actor.user_id and not context.actor.admin):
        raise NotFound(Text("There is no absence {id} of yours.", id=absence_id))
    if row.until_at > context.now:
        context.unit.connection.execute(
            sa.update(t.fl_deputy).where(t.fl_deputy.c.id == absence_id).values(until_at=context.now))
        _audit(context, "deputy_ended", {**row._mapping, "until_at": context.now})


def of_person(context: Context, user_id: int) -> list[Absence]:
    """Those that are not over, the next first."""
    return _read(context, (t.fl_deputy.c.user_id == user_id) & (t.fl_deputy.c.until_at > context.now))


def standing_in(context: Context, deputy_id: int) -> list[Absence]:
    """For whom somebody decides now."""
    now = context.now
    return _read(context, (t.fl_deputy.c.deputy_id == deputy_id) & (t.fl_deputy.c.from_at <= now)
                 & (t.fl_deputy.c.until_at > now))


def principals(context: Context) -> list[tuple[Absence, Actor]]:
    """For whom the actor decides now; nobody decides for a person whose account is closed."""
    found = ((a, find_actor(context, a.user_id)) for a in standing_in(context, context.actor.user_id))
    return [(absence, actor) for absence, actor in found if actor is not None and not actor.system]


def deputy_of(context: Context, user_id: int, process: str) -> int | None:
    """Who is told of the tasks of somebody who is away."""
    return next((a.deputy_id for a in of_person(context, user_id)
                 if a.since <= context.now and a.covers(process)), None)


def _read(context: Context, condition: sa.ColumnElement[bool]) -> list[Absence]:
    rows = context.unit.connection.execute(sa.select(t.fl_deputy).where(condition).order_by(t.fl_deputy.c.from_at))
    return [Absence(r.id, r.user_id, r.deputy_id, r.from_at, r.until_at, tuple(r.processes or ())) for r in rows]


def _audit(context: Context, kind: str, row: Any) -> None:
    kept = {"user": row["user_id"], "deputy": row["deputy_id"], "from": row["from_at"].isoformat(),
            "until": row["until_at"].isoformat(), "processes": row["processes"] or []}
    context.unit.connection.execute(sa.insert(t.fl_audit).values(
        at=context.now, actor_id=context.actor.user_id, actor_name=context.actor.name, entity="", record_id=None,
        kind="task", action=kind, before={}, after=kept))


def _tell(context: Context, owner: int, deputy_id: int, since: datetime, until: datetime) -> None:
    event = Event(kind="task", entity="", id=0, actor=context.actor, at=context.now, action="deputy",
                  values={"owner": owner, "deputy": deputy_id, "since": since, "until": until})
    for listener in context.listeners:
        listener(context, event)
