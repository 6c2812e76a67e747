"""What a worker does to the model for somebody who waits on a page: asked for, told how far it is, stopped, ended.

Each kind of undertaking is a job of its own. What it is about is its subject: a change set, a publication, a pack.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, Final

import sqlalchemy as sa

from formloom.design import publishing
from formloom.design.pacing import Paced
from formloom.errors import FormloomError, Text
from formloom.jobs import queue
from formloom.records.context import Context
from formloom.runtime import Runtime
from formloom.storage.catalogs import Progress
from formloom.storage.database import Database, Unit
from formloom.storage.platform_tables import fl_undertaking as t

GOING: Final = ("waiting", "running")
_KEPT: Final = 5                # of one subject; older ones go
_MOST_TOLD: Final = 20


class _Stopped(FormloomError):
    """Somebody does not want it any more."""

    def __init__(self) -> None:
        super().__init__(Text("It was stopped."))


@dataclass(frozen=True, slots=True)
class Undertaking:
    """status: waiting | running | done | failed | stopped. `result` of one that is done; `why` of one that failed."""

    id: int
    kind: str
    subject: str
    asked: Mapping[str, Any]
    status: str
    progress: Mapping[str, Any]
    result: Mapping[str, Any]
    why: tuple[Text, ...]
    asked_at: datetime
    asked_by: int | None

    @property
    def going(self) -> bool:
        return self.status in GOING


# Does it, and gives the result. Told to stop, `report` raises what ends it.
Act = Callable[[Runtime, Undertaking, Progress], Mapping[str, Any]]
After = Callable[[Runtime, Undertaking], None]


def ask(context: Context, kind: str, subject: str, asked: Mapping[str, Any]) -> int:
    """Begins one; the id. Earlier ones of the subject are stopped, and the oldest forgotten."""
    mine = (t.c.kind == kind) & (t.c.subject == subject)
    connection = context.unit.connection
    connection.execute(sa.update(t).where(mine, t.c.status.in_(GOING)).values(status="stopped"))
    old = sa.select(t.c.id).where(mine).order_by(t.c.id.desc()).offset(_KEPT - 1)
    connection.execute(sa.delete(t).where(t.c.id.in_(connection.scalars(old).all())))
    made = int(connection.scalar(sa.insert(t).values(
        kind=kind, subject=subject, asked=dict(asked), status="waiting", asked_at=context.now,
        asked_by=context.actor.user_id).returning(t.c.id)) or 0)
    job = queue.enqueue(context.unit, kind, {"undertaking": made})
    connection.execute(sa.update(t).where(t.c.id == made).values(job_id=job))
    return made


def latest(context: Context, kind: str, subject: str) -> Undertaking | None:
    wanted = sa.select(t).where(t.c.kind == kind, t.c.subject == subject).order_by(t.c.id.desc()).limit(1)
    row = context.unit.connection.execute(wanted).one_or_none()
    return None if row is None else _read(row)


def stop(context: Context, kind: str, subject: str) -> None:
    context.unit.connection.execute(sa.update(t).where(
        t.c.kind == kind, t.c.subject == subject, t.c.status.in_(GOING)).values(status="stopped"))


def finish(unit: Unit, number: int, result: Mapping[str, Any], now: datetime) -> None:
    """In the transaction of what was done, where there is one: a worker that dies later need not do it again."""
    _end(unit, number, "done", result, now)


def register(runtime: Runtime, kind: str, act: Act, after: After = lambda runtime, one: None) -> None:
    """For workers. `after`: what has to follow when it was done, also where the one who did it died meanwhile."""
    runtime.extensions.add_job_handler(kind, partial(_carry_out, runtime, act, after))


def _carry_out(
    runtime: Runtime, act: Act, after: After, _database: Database, payload: Mapping[str, Any], _job: int
) -> None:
    runtime.refresh()
    number = int(payload["undertaking"])
    with runtime.database.read() as unit:
        row = unit.connection.execute(sa.select(t).where(t.c.id == number)).one_or_none()
    if row is None or row.status not in (*GOING, "done"):
        return
    found = _read(row)
    if found.going:
        try:
            result = act(runtime, found, Paced(partial(_report, runtime, number)))
        except FormloomError as error:
            told = [text.as_json() for text in publishing.told(error)[:_MOST_TOLD]]
            with runtime.database.write() as unit:
                _end(unit, number, "failed", {"why": told}, runtime.now())
            return
        with runtime.database.write() as unit:
            finish(unit, number, result, runtime.now())
    after(runtime, found)


def _end(unit: Unit, number: int, status: str, result: Mapping[str, Any], now: datetime) -> None:
    unit.connection.execute(sa.update(t).where(t.c.id == number, t.c.status.in_(GOING)).values(
        status=status, result=dict(result), progress=None, finished_at=now))


def _report(runtime: Runtime, number: int, done: int, total: int, step: Text) -> None:
    """Raises _Stopped once nobody wants it any more."""
    with runtime.database.write() as unit:
        wanted = unit.connection.execute(sa.update(t).where(t.c.id == number, t.c.status.in_(GOING)).values(
            status="running", progress={"done": done, "total": total, "step": step.as_json()})).rowcount
    if not wanted:
        raise _Stopped


def _read(row: Any) -> Undertaking:
    result = row.result or {}
    return Undertaking(row.id, row.kind, row.subject, row.asked, row.status, row.progress or {}, result,
                       tuple(map(Text.from_json, result.get("why", ()))), row.asked_at, row.asked_by)
