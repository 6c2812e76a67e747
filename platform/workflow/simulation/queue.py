"""Simulations that were asked for: kept with how far they are, done by a worker or at once, cancelled at any time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

import sqlalchemy as sa

from formloom.errors import BadConfiguration, FormloomError, NotFound, Text
from formloom.jobs import queue
from formloom.policy.actor import SYSTEM, Actor
from formloom.records.context import Context
from formloom.storage import platform_tables as t
from formloom.workflow import definitions, reader
from formloom.workflow.definition import ProcessDefinition
from formloom.workflow.simulation.assumptions import Given
from formloom.workflow.simulation.comparison import Study, Wish

JOB = "simulation"
KEPT = 20           # of one process; older ones go
AT_ONCE = 100       # cases that nobody has to wait for
_GOING = ("queued", "running")


class Runtime(Protocol):
    """What a simulation needs of the composition root."""

    def reading(self, actor: Actor) -> Any: ...
    def writing(self, actor: Actor) -> Any: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """status: queued | running | done | cancelled | failed. `text`: the draft, '' for the version in force."""

    id: int
    key: str
    text: str
    wish: Wish
    status: str
    done: int
    total: int
    result: Mapping[str, Any] | None
    error: str
    asked_by: int
    asked_at: datetime

    @property
    def going(self) -> bool:
        return self.status in _GOING


def ask(context: Context, key: str, text: str, wish: Wish) -> int:
    """The id of the simulation. Many cases are left to a worker; `carry_out` does few at once."""
    draft(context, key, text)
    made = int(context.unit.connection.scalar(sa.insert(t.fl_simulation).values(
        key=key, text=text, wish=_wish_json(wish), status="queued", done=0, total=0, asked_by=context.actor.user_id,
        asked_at=context.now).returning(t.fl_simulation.c.id)) or 0)
    mine = sa.select(t.fl_simulation.c.id).where(t.fl_simulation.c.key == key).order_by(t.fl_simulation.c.id.desc())
    old = list(context.unit.connection.scalars(mine.offset(KEPT)))
    context.unit.connection.execute(sa.delete(t.fl_simulation).where(t.fl_simulation.c.id.in_(old)))
    if wish.cases > AT_ONCE:
        queue.enqueue(context.unit, JOB, {"simulation": made}, key=f"simulation:{made}")
    return made


def draft(context: Context, key: str, text: str) -> ProcessDefinition:
    """The process that a text draws; raises BadConfiguration with its problems."""
    if not text:
        return definitions.current(context, key)
    found, problems = reader.read(text, f"{key}.bpmn", context.catalog, context.service_tasks,
                                  context.decisions)  # type: ignore[arg-type]  # opaque to the layers below
    if found is None:
        raise BadConfiguration([one for one in problems if one.severity == "error"])
    return found


def get(context: Context, number: int) -> Asked:
    row = context.unit.connection.execute(
        sa.select(t.fl_simulation).where(t.fl_simulation.c.id == number)).one_or_none()
    if row is None:
        raise NotFound(Text("There is no simulation {id}.", id=number))
    return _asked(row)


def of_process(context: Context, key: str) -> list[Asked]:
    """Newest first."""
    rows = context.unit.connection.execute(
        sa.select(t.fl_simulation).where(t.fl_simulation.c.key == key).order_by(t.fl_simulation.c.id.desc()))
    return [_asked(row) for row in rows]


def cancel(context: Context, number: int) -> bool:
    """Whether it was still going; it stops within a few cases."""
    return _move(context, number, status="cancelled", finished_at=context.now)


def carry_out(runtime: Runtime, number: int) -> None:
    """In small units of work, so that progress shows and nobody waits for it. One that starts over is the same."""
    with runtime.reading(SYSTEM) as context:
        asked = get(context, number)
        if not asked.going:
            return
    try:
        study = _study(runtime, asked)
        more = True
        while more:
            with runtime.reading(SYSTEM) as context:
                more = study.go_on(context)
            if not _progress(runtime, number, study):
                return
    except FormloomError as error:
        with runtime.writing(SYSTEM) as context:
            _move(context, number, status="failed", error=str(error), finished_at=context.now)
        return
    with runtime.writing(SYSTEM) as context:
        _move(context, number, status="done", result=study.outcome(context.now).to_json(), finished_at=context.now)


def _study(runtime: Runtime, asked: Asked) -> Study:
    with runtime.reading(SYSTEM) as context:
        study = Study(draft(context, asked.key, asked.text), definitions.current(context, asked.key), asked.wish)
        study.begin(context)
    return study


def _progress(runtime: Runtime, number: int, study: Study) -> bool:
    with runtime.writing(SYSTEM) as context:
        return _move(context, number, status="running", done=study.done, total=study.total)


def _move(context: Context, number: int, **values: Any) -> bool:
    going = (t.fl_simulation.c.id == number) & t.fl_simulation.c.status.in_(_GOING)
    return context.unit.connection.execute(sa.update(t.fl_simulation).where(going).values(values)).rowcount == 1


def _wish_json(wish: Wish) -> dict[str, Any]:
    return {"cases": wish.cases, "seed": wish.seed, "content": wish.content, "rate": wish.rate,
            "given": {node: {"hours": one.hours, "outcomes": dict(one.outcomes)} for node, one in wish.given.items()}}


def _asked(row: Any) -> Asked:
    said = row.wish
    given = {node: Given(None if one["hours"] is None else float(one["hours"]),
                         {name: float(share) for name, share in one["outcomes"].items()})
             for node, one in said["given"].items()}
    wish = Wish(cases=int(said["cases"]), seed=int(said["seed"]), content=said["content"], rate=float(said["rate"]),
                given=given)
    return Asked(id=row.id, key=row.key, text=row.text, wish=wish, status=row.status, done=row.done, total=row.total,
                 result=row.result, error=row.error or "", asked_by=row.asked_by, asked_at=row.asked_at)
