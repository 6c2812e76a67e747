"""How processes do, asked of the database in aggregates: never by loading an instance."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from formloom.errors import Forbidden, Text
from formloom.records.context import Context
from formloom.storage import platform_tables as t
from formloom.storage.database import Unit
from formloom.workflow.offers import OPEN

RUNNING = ("running", "incident")
STUCK_SHOWN = 100


@dataclass(frozen=True, slots=True)
class Line:
    """One process: what runs now, and what began and ended in the period."""

    key: str
    running: int
    incidents: int
    overdue: int
    started: int
    finished: int
    cancelled: int
    median: timedelta | None        # from start to end, of those that finished in the period


@dataclass(frozen=True, slots=True)
class Heat:
    """One element in the period. `now`: how many wait at it; `half`, `most`: within which time 50 and 95 of 100 went
    on, from when it was reached for tasks of people, and from the step before it for everything else.
    """

    node: str
    count: int = 0
    now: int = 0
    failures: int = 0
    half: timedelta | None = None
    most: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Stuck:
    """An instance that says it runs, and that nothing will ever move."""

    id: int
    key: str
    entity: str
    record_id: int | None
    since: datetime


def overview(context: Context, since: datetime) -> dict[str, Line]:
    """By process, for every process that has instances."""
    administrator(context)
    i, connection = t.fl_instance.c, context.unit.connection
    states = {(r[0], r[1]): r[2] for r in connection.execute(
        sa.select(i.key, i.status, sa.func.count()).where(i.status.in_(RUNNING)).group_by(i.key, i.status))}
    ended = {(r[0], r[1]): r[2] for r in connection.execute(
        sa.select(i.key, i.status, sa.func.count()).where(i.ended_at >= since).group_by(i.key, i.status))}
    started = _counted(connection, sa.select(i.key, sa.func.count()).where(i.started_at >= since).group_by(i.key))
    overdue = _counted(connection, sa.select(i.key, sa.func.count()).join(t.fl_task, t.fl_task.c.instance_id == i.id)
                       .where(t.fl_task.c.status.in_(OPEN), t.fl_task.c.due_at < context.now).group_by(i.key))
    lasted = sa.select(i.key.label("node"), _seconds(connection, i.started_at, i.ended_at).label("seconds")).where(
        i.ended_at >= since, i.status == "done")
    medians = _percentiles(connection, lasted)
    keys = sorted({key for key, _ in (*states, *ended)} | started.keys() | overdue.keys())
    return {key: Line(
        key, states.get((key, "running"), 0), states.get((key, "incident"), 0), overdue.get(key, 0),
        started.get(key, 0), ended.get((key, "done"), 0), ended.get((key, "cancelled"), 0),
        medians.get(key, (None, None))[0]) for key in keys}


def heat(context: Context, key: str, since: datetime, content: str = "") -> dict[str, Heat]:
    """By element, of one version (`content`: its hash) or of all."""
    administrator(context)
    i, connection = t.fl_instance.c, context.unit.connection
    which = (i.key == key) & (i.hash == content) if content else i.key == key
    counts = _counted(connection, _of(which, t.fl_history).where(
        t.fl_history.c.kind == "passed", t.fl_history.c.at >= since))
    failures = _counted(connection, _of(which, t.fl_incident).where(t.fl_incident.c.at >= since))
    waits = _percentiles(connection, _between(connection, which, since)) | _percentiles(
        connection, _work(connection, which, since))
    now = _waiting(connection, which)
    return {node: Heat(node, counts.get(node, 0), now.get(node, 0), failures.get(node, 0),
                       *waits.get(node, (None, None)))
            for node in counts.keys() | failures.keys() | now.keys() if node}


def _of(which: sa.ColumnElement[bool], table: sa.Table) -> sa.Select[Any]:
    """How many rows of a table about instances, by element."""
    return (sa.select(table.c.node, sa.func.count()).join(t.fl_instance, t.fl_instance.c.id == table.c.instance_id)
            .where(which).group_by(table.c.node))


def _waiting(connection: sa.Connection, which: sa.ColumnElement[bool]) -> dict[str, int]:
    found: dict[str, int] = {}
    runs = t.fl_instance.c.status.in_(RUNNING)
    for table in (t.fl_task, t.fl_timer, t.fl_subscription):
        query = _of(which & runs, table)
        if table is t.fl_task:
            query = query.where(t.fl_task.c.status.in_(OPEN))
        for node, count in _counted(connection, query).items():
            found[node] = found.get(node, 0) + count
    return found


def _work(connection: sa.Connection, which: sa.ColumnElement[bool], since: datetime) -> sa.Select[Any]:
    """How long people had their tasks."""
    task = t.fl_task.c
    return (sa.select(task.node.label("node"), _seconds(connection, task.created_at, task.done_at).label("seconds"))
            .join(t.fl_instance, t.fl_instance.c.id == task.instance_id)
            .where(which, task.status == "done", task.done_at >= since))


def _between(connection: sa.Connection, which: sa.ColumnElement[bool], since: datetime) -> sa.Select[Any]:
    """How long after the step before it each element was passed."""
    h = t.fl_history.c
    before = sa.func.lag(h.at).over(partition_by=h.instance_id, order_by=h.id)
    steps = (sa.select(h.node, h.at, h.kind, before.label("before"))
             .join(t.fl_instance, t.fl_instance.c.id == h.instance_id)
             .where(which, h.at >= since, h.kind.in_(("started", "passed"))).subquery())
    lasted = _seconds(connection, steps.c.before, steps.c.at).label("seconds")
    return sa.select(steps.c.node.label("node"), lasted).where(
        steps.c.kind == "passed", steps.c.before.is_not(None))


def _percentiles(connection: sa.Connection, durations: sa.Select[Any]) -> dict[str, tuple[timedelta, timedelta]]:
    """The median and the 95th percentile of each group, by nearest rank, which both databases can compute."""
    given = durations.subquery()
    rank = sa.func.row_number().over(partition_by=given.c.node, order_by=given.c.seconds)
    size = sa.func.count().over(partition_by=given.c.node)
    ranked = sa.select(given.c.node, given.c.seconds, rank.label("rank"), size.label("size")).subquery()

    def at(percent: int) -> sa.Label[Any]:
        wanted = (ranked.c.size * percent + 99) // 100
        return sa.func.max(sa.case((ranked.c.rank == wanted, ranked.c.seconds))).label(f"p{percent}")

    rows = connection.execute(sa.select(ranked.c.node, at(50), at(95)).group_by(ranked.c.node))
    return {r[0]: (timedelta(seconds=float(r[1])), timedelta(seconds=float(r[2]))) for r in rows}


def _seconds(connection: sa.Connection, start: sa.ColumnElement[Any], end: sa.ColumnElement[Any]) -> Any:
    if connection.dialect.name == "sqlite":
        return (sa.func.julianday(end) - sa.func.julianday(start)) * 86400.0
    return sa.func.extract("epoch", end - start)


def stuck(unit: Unit, limit: int = STUCK_SHOWN) -> list[Stuck]:
    """Running, but with no open task, timer, subscription, job or incident: nothing could ever happen to it."""
    i = t.fl_instance.c
    signs = [sa.exists().where(t.fl_task.c.instance_id == i.id, t.fl_task.c.status.in_(OPEN)),
             sa.exists().where(t.fl_timer.c.instance_id == i.id),
             sa.exists().where(t.fl_subscription.c.instance_id == i.id),
             sa.exists().where(t.fl_job.c.instance_id == i.id, t.fl_job.c.status.in_(("queued", "leased"))),
             sa.exists().where(t.fl_incident.c.instance_id == i.id, t.fl_incident.c.status == "open")]
    query = sa.select(i.id, i.key, i.entity, i.record_id, i.started_at).where(
        i.status == "running", *(~sign for sign in signs)).order_by(i.id).limit(limit)
    return [Stuck(r.id, r.key, r.entity or "", r.record_id, r.started_at) for r in unit.connection.execute(query)]


def administrator(context: Context) -> None:
    if not (context.actor.admin or context.actor.system):
        raise Forbidden(Text("Only administrators see how processes do."))


def _counted(connection: sa.Connection, query: sa.Select[Any]) -> dict[str, int]:
    return {row[0]: row[1] for row in connection.execute(query)}


# -- for scraping -----------------------------------------------------------------------------------------------------

Sample = tuple[Mapping[str, str], float]


@dataclass(frozen=True, slots=True)
class Measure:
    """A gauge with its samples, one for each set of labels."""

    name: str
    help: str
    samples: tuple[Sample, ...]


def measures(unit: Unit, now: datetime) -> list[Measure]:
    """Counts and lags at this moment."""
    i, task, job, connection = t.fl_instance.c, t.fl_task.c, t.fl_job.c, unit.connection
    is_open = task.status.in_(OPEN)
    of_process = sa.select(i.key, sa.func.count()).join(t.fl_task, task.instance_id == i.id).where(is_open)
    runs = sa.select(sa.func.min(i.next_due)).where(i.status == "running", i.next_due <= now)
    waits = sa.select(sa.func.min(job.run_at)).where(job.status == "queued", job.run_at <= now)
    due = sa.select(sa.func.count()).select_from(t.fl_instance).where(i.status == "running", i.next_due <= now)
    return [
        Measure("formloom_process_instances", "Process instances by process and state.", _grouped(
            connection, sa.select(i.key, i.status, sa.func.count()).group_by(i.key, i.status), "process", "state")),
        Measure("formloom_tasks_open", "Open tasks of people by process.", _grouped(
            connection, of_process.group_by(i.key), "process")),
        Measure("formloom_tasks_overdue", "Open tasks past their due time by process.", _grouped(
            connection, of_process.where(task.due_at < now).group_by(i.key), "process")),
        Measure("formloom_timers_due", "Instances with a timer that is due and has not fired.", _one(connection, due)),
        Measure("formloom_timer_lag_seconds", "For how long the oldest of them has been due.",
                ((_NONE, _age(connection, runs, now)),)),
        Measure("formloom_jobs", "Jobs by kind and state.", _grouped(
            connection, sa.select(job.kind, job.status, sa.func.count()).where(job.status != "done")
            .group_by(job.kind, job.status), "kind", "state")),
        Measure("formloom_job_lag_seconds", "For how long the oldest queued job has been due.",
                ((_NONE, _age(connection, waits, now)),)),
        Measure("formloom_incidents_open", "Incidents that wait for a repair, by process.", _grouped(
            connection, sa.select(t.fl_incident.c.key, sa.func.count()).where(t.fl_incident.c.status == "open")
            .group_by(t.fl_incident.c.key), "process")),
        Measure("formloom_instances_stuck", f"Running instances that nothing can move, up to {STUCK_SHOWN}.",
                ((_NONE, float(len(stuck(unit)))),)),
    ]


_NONE: Mapping[str, str] = {}


def _grouped(connection: sa.Connection, query: sa.Select[Any], *labels: str) -> tuple[Sample, ...]:
    return tuple(({name: str(value) for name, value in zip(labels, row[:-1], strict=True)}, float(row[-1]))
                 for row in connection.execute(query.order_by(*query.selected_columns[:-1])))


def _one(connection: sa.Connection, query: sa.Select[Any]) -> tuple[Sample, ...]:
    return ((_NONE, float(connection.scalar(query) or 0)),)


def _age(connection: sa.Connection, query: sa.Select[Any], now: datetime) -> float:
    oldest = connection.scalar(query)
    return max(0.0, (now - oldest).total_seconds()) if oldest else 0.0
