"""Rehearsals that were asked for: a worker does them, says how far it is, and keeps what came of it.

What is tried out is named, not kept: a change set, or a pack that was uploaded with what was decided about it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, Final

import sqlalchemy as sa

from formloom.design import change_sets, packs, publishing, rehearsal
from formloom.design.pacing import Paced
from formloom.design.rehearsal import Outcome
from formloom.errors import FormloomError, Text
from formloom.jobs import queue
from formloom.metadata.sources import Source
from formloom.policy.actor import SYSTEM
from formloom.records.context import Context
from formloom.runtime import Runtime
from formloom.storage import change_sets as stored
from formloom.storage.choices import Choices, from_json
from formloom.storage.database import Database
from formloom.storage.platform_tables import fl_rehearsal as t

JOB: Final = "rehearsal"
GOING: Final = ("waiting", "running")
_KEPT: Final = 5                # of one subject; older ones go

# What a subject (without its kind), and what was asked about it, would make of the model.
Model = Callable[[Runtime, str, Mapping[str, Any]], tuple[Sequence[Source], Choices]]


class _Stopped(FormloomError):
    """Somebody does not want to know any more."""

    def __init__(self) -> None:
        super().__init__(Text("The rehearsal was stopped."))


@dataclass(frozen=True, slots=True)
class Asked:
    """status: waiting | running | done | failed | stopped. `outcome` of one that is done; `why` of one that failed."""

    id: int
    subject: str
    asked: Mapping[str, Any]
    status: str
    progress: Mapping[str, Any]
    outcome: Outcome | None
    why: Text | None
    asked_at: datetime

    @property
    def going(self) -> bool:
        return self.status in GOING


def ask(context: Context, subject: str, asked: Mapping[str, Any]) -> int:
    """Begins one; the id. The earlier ones of the subject are stopped, and the oldest forgotten."""
    mine = t.c.subject == subject
    connection = context.unit.connection
    connection.execute(sa.update(t).where(mine, t.c.status.in_(GOING)).values(status="stopped"))
    old = sa.select(t.c.id).where(mine).order_by(t.c.id.desc()).offset(_KEPT - 1)
    connection.execute(sa.delete(t).where(t.c.id.in_(connection.scalars(old).all())))
    made = int(connection.scalar(sa.insert(t).values(
        subject=subject, asked=dict(asked), status="waiting", asked_at=context.now,
        asked_by=context.actor.user_id).returning(t.c.id)) or 0)
    job = queue.enqueue(context.unit, JOB, {"rehearsal": made})
    connection.execute(sa.update(t).where(t.c.id == made).values(job_id=job))
    return made


def latest(context: Context, subject: str) -> Asked | None:
    wanted = sa.select(t).where(t.c.subject == subject).order_by(t.c.id.desc()).limit(1)
    row = context.unit.connection.execute(wanted).one_or_none()
    return None if row is None else _asked(row)


def stop(context: Context, subject: str) -> None:
    context.unit.connection.execute(
        sa.update(t).where(t.c.subject == subject, t.c.status.in_(GOING)).values(status="stopped"))


def register(runtime: Runtime) -> None:
    """For workers."""
    runtime.extensions.add_job_handler(JOB, partial(_carry_out, runtime))


def _carry_out(runtime: Runtime, _database: Database, payload: Mapping[str, Any], _job: int) -> None:
    runtime.refresh()
    number = int(payload["rehearsal"])
    with runtime.database.read() as unit:
        row = unit.connection.execute(sa.select(t).where(t.c.id == number)).one_or_none()
    if row is None or row.status not in GOING:
        return
    told = Paced(partial(_report, runtime, number))
    try:
        told(0, 0, rehearsal.COPYING)
        kind, _, rest = row.subject.partition(":")
        sources, choices = MODELS[kind](runtime, rest, row.asked)
        outcome = rehearsal.rehearse(runtime, sources, choices, told)
    except FormloomError as error:
        _end(runtime, number, "failed", {"why": error.message.as_json()})
    else:
        _end(runtime, number, "done", outcome.to_json())


def _end(runtime: Runtime, number: int, status: str, result: Mapping[str, Any]) -> None:
    going = (t.c.id == number) & t.c.status.in_(GOING)
    with runtime.writing(SYSTEM) as context:
        context.unit.connection.execute(sa.update(t).where(going).values(
            status=status, result=dict(result), progress=None, finished_at=context.now))


def of_change(runtime: Runtime, number: str, _asked: Mapping[str, Any]) -> tuple[Sequence[Source], Choices]:
    with runtime.reading(SYSTEM) as context:
        found = stored.get(context.unit, int(number))
        return change_sets.sources(context, found), publishing.chosen(found)


def of_pack(runtime: Runtime, digest: str, asked: Mapping[str, Any]) -> tuple[Sequence[Source], Choices]:
    """`decisions`: kind, name, path and side of each conflict that was decided; what is open stays as it is here."""
    decided: dict[tuple[str, str], dict[tuple[str, ...], str]] = {}
    for kind, name, path, side in asked.get("decisions", ()):
        decided.setdefault((kind, name), {})[tuple(path)] = side
    found = packs.prepare(runtime, [packs.uploaded(runtime, digest)], decided)
    return found.sources, from_json(asked.get("choices"))


MODELS: Final[Mapping[str, Model]] = {"change": of_change, "pack": of_pack}


def _report(runtime: Runtime, number: int, done: int, total: int, step: Text) -> None:
    """Raises _Stopped once nobody wants to know."""
    going = (t.c.id == number) & t.c.status.in_(GOING)
    with runtime.database.write() as unit:
        wanted = unit.connection.execute(sa.update(t).where(going).values(
            status="running", progress={"done": done, "total": total, "step": step.as_json()})).rowcount
    if not wanted:
        raise _Stopped


def _asked(row: Any) -> Asked:
    result = row.result or {}
    return Asked(row.id, row.subject, row.asked, row.status, row.progress or {},
                 Outcome.from_json(result) if row.status == "done" else None,
                 Text.from_json(result["why"]) if "why" in result else None, row.asked_at)
