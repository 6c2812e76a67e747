"""Durable jobs: rows written in the business transaction, leased by a worker, retried until they are done or given up.

A worker that dies loses its lease, and the job runs again: handlers see the job's id as their idempotency key. A token
of a process may wait for a job: how the job ended is then told by another one, enqueued in the transaction that ends
it, so that it is told even if the worker dies, and told once. A job that nobody waits for is an incident when it is
given up.
"""

from __future__ import annotations

import json
import random
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from formloom.errors import NotFound, Text
from formloom.storage.database import Origin, Unit
from formloom.storage.platform_tables import fl_incident, fl_instance, fl_job

LEASE = timedelta(seconds=60)
ATTEMPTS = 8
SETTLE = "settle"       # the kind of job that tells a process how the job it waits for has ended
_OPEN = ("queued", "leased", "failed")
_FIRST_DELAY = timedelta(seconds=5)
_LONGEST_DELAY = timedelta(hours=1)
_AT_ONCE = datetime(1970, 1, 1, tzinfo=UTC)
_LOST = Text("The worker stopped while it ran this job.")


@dataclass(frozen=True, slots=True)
class Failure:
    """Why an attempt failed. `final`: another attempt would not help. `after`: when the other side may be asked.
    `said`: a Text as JSON, for whoever reads another language than `words` is in.
    """

    words: str
    code: str = ""
    final: bool = False
    after: timedelta | None = None
    said: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Job:
    """status: queued | leased | done | failed | cancelled. `token` of `instance_id` waits for it, where one does."""

    id: int
    kind: str
    payload: Mapping[str, Any]
    status: str
    attempts: int
    run_at: datetime
    error: str = ""
    error_code: str = ""
    result: str = ""
    instance_id: int | None = None
    node: str = ""
    token: str = ""
    said: Mapping[str, Any] | None = None


def enqueue(unit: Unit, kind: str, payload: Mapping[str, Any], key: str | None = None,
            run_at: datetime | None = None, token: str = "") -> int:
    """The id of the new job, or of the one that has the same key already. Without `run_at` it is due at once."""
    insert = postgresql.insert if unit.connection.dialect.name == "postgresql" else sqlite.insert
    due = run_at or _AT_ONCE
    row = {"kind": kind, "payload": json.dumps(payload, ensure_ascii=False), "key": key, "status": "queued",
           "attempts": 0, "run_at": due, "created_at": due, "token": token or None}
    if unit.origin is not None:
        row |= {"instance_id": unit.origin.instance_id, "node": unit.origin.node}
    made = unit.connection.scalar(
        insert(fl_job).values(row).on_conflict_do_nothing(index_elements=["key"]).returning(fl_job.c.id))
    if made is None:
        return int(unit.connection.scalar(sa.select(fl_job.c.id).where(fl_job.c.key == key)) or 0)
    job_id = int(made)
    if unit.wake is not None:
        unit.after_commit(partial(unit.wake, job_id))
    return job_id


def get(unit: Unit, job_id: int) -> Job:
    row = unit.connection.execute(sa.select(fl_job).where(fl_job.c.id == job_id)).one_or_none()
    if row is None:
        raise NotFound(Text("There is no job {id}.", id=job_id))
    return _job(row)


def due(unit: Unit, now: datetime, limit: int = 100) -> list[int]:
    """Ids of jobs that wait to be run, the longest waiting first."""
    waiting = (fl_job.c.status == "queued") & (fl_job.c.run_at <= now)
    query = sa.select(fl_job.c.id).where(waiting).order_by(fl_job.c.run_at, fl_job.c.id).limit(limit)
    return list(unit.connection.scalars(query))


def lease(unit: Unit, job_id: int, now: datetime, wall: datetime) -> tuple[Job, str] | None:
    """The job and the token of its lease; None if it is done, not due, or another worker has it.

    Leases run on the wall clock: moving the business clock must not take a job from the worker that runs it.
    """
    token = secrets.token_hex(8)
    ours = (fl_job.c.id == job_id) & (fl_job.c.status == "queued") & (fl_job.c.run_at <= now)
    row = unit.connection.execute(
        sa.update(fl_job).where(ours)
        .values(status="leased", lease=token, lease_until=wall + LEASE, attempts=fl_job.c.attempts + 1)
        .returning(*fl_job.c)
    ).one_or_none()
    return None if row is None else (_job(row), token)


def extend(unit: Unit, job_id: int, token: str, wall: datetime) -> bool:
    """The heartbeat of a long job; False when the lease was lost."""
    return _owned(unit, job_id, token, lease_until=wall + LEASE)


def finish(unit: Unit, job: Job, token: str, now: datetime, result: str = "") -> bool:
    """False when the lease was lost: what this worker found out is then told by nobody."""
    done = _owned(unit, job.id, token, status="done", finished_at=now, error=None, error_code=None, said=None,
                  result=result or None, lease=None, lease_until=None)
    if done and job.token:
        _settle(unit, job.id, token)
    return done


def fail(unit: Unit, job: Job, token: str, failure: Failure, now: datetime) -> bool:
    """Back into the queue, later each time; given up, and visible as failed, after the last attempt."""
    told = {"error": failure.words, "error_code": failure.code or None, "said": failure.said, "lease": None,
            "lease_until": None}
    if job.attempts < ATTEMPTS and not failure.final:
        later = now + max(delay(job.attempts), min(failure.after or timedelta(), _LONGEST_DELAY))
        return _owned(unit, job.id, token, status="queued", run_at=later, **told)
    given_up = _owned(unit, job.id, token, status="failed", finished_at=now, **told)
    if given_up:
        _give_up(unit, job, token, failure, now)
    return given_up


def _give_up(unit: Unit, job: Job, lease: str, failure: Failure, now: datetime) -> None:
    if job.token:
        _settle(unit, job.id, lease)
        return
    process = sa.select(fl_instance.c.key).where(fl_instance.c.id == job.instance_id)
    unit.connection.execute(sa.insert(fl_incident).values(
        instance_id=job.instance_id, key=unit.connection.scalar(process) or job.kind, node=job.node,
        error=failure.words, said=failure.said, at=now, status="open", job_id=job.id, attempts=job.attempts))


def _settle(unit: Unit, job_id: int, lease: str) -> None:
    """The lease makes the key: another round of attempts ends anew."""
    enqueue(unit, SETTLE, {"job": job_id}, key=f"{SETTLE}:{job_id}:{lease}")


def retry(unit: Unit, job_id: int, now: datetime) -> bool:
    """Gives a failed job another round of attempts."""
    failed = (fl_job.c.id == job_id) & (fl_job.c.status == "failed")
    values = {"status": "queued", "attempts": 0, "run_at": now, "finished_at": None}
    again = unit.connection.execute(sa.update(fl_job).where(failed).values(values)).rowcount == 1
    if again and unit.wake is not None:
        unit.after_commit(partial(unit.wake, job_id))
    return again


def cancel(unit: Unit, jobs: sa.ColumnElement[bool], now: datetime) -> int:
    """Nobody needs them any more. A worker that runs one loses its lease, and with it its result."""
    gone = jobs & fl_job.c.status.in_(_OPEN)
    values = {"status": "cancelled", "finished_at": now, "lease": None, "lease_until": None}
    return unit.connection.execute(sa.update(fl_job).where(gone).values(values)).rowcount


def renew(unit: Unit, job: Job, payload: Mapping[str, Any], key: str, now: datetime) -> int:
    """The same work with another payload: another job, so that the other side does not take it for the old one."""
    cancel(unit, fl_job.c.id == job.id, now)
    origin, unit.origin = unit.origin, Origin(job.instance_id, job.node) if job.instance_id else None
    try:
        return enqueue(unit, job.kind, payload, key, token=job.token)
    finally:
        unit.origin = origin


def sweep(unit: Unit, now: datetime, wall: datetime) -> int:
    """Takes jobs back from workers that died; how many."""
    expired = (fl_job.c.status == "leased") & (fl_job.c.lease_until < wall)
    lost = {"error": str(_LOST), "error_code": None, "said": _LOST.as_json(), "lease": None, "lease_until": None}
    hopeless = sa.select(fl_job).where(expired & (fl_job.c.attempts >= ATTEMPTS)).with_for_update(skip_locked=True)
    given_up = unit.connection.execute(hopeless).all()
    for row in given_up:
        unit.connection.execute(
            sa.update(fl_job).where(fl_job.c.id == row.id).values(status="failed", finished_at=now, **lost))
        _give_up(unit, _job(row), row.lease, Failure(str(_LOST), said=_LOST.as_json()), now)
    again = unit.connection.execute(
        sa.update(fl_job).where(expired & (fl_job.c.attempts < ATTEMPTS))
        .values(status="queued", run_at=now, **lost))
    return len(given_up) + again.rowcount


def delay(attempts: int) -> timedelta:
    """5 s, 10 s, 20 s ... up to an hour, each between half and one and a half of that."""
    full: timedelta = min(_FIRST_DELAY * 2 ** min(attempts - 1, 12), _LONGEST_DELAY)
    spread = random.uniform(0.5, 1.5)  # noqa: S311 - guards nothing
    return full * spread


def _owned(unit: Unit, job_id: int, token: str, **values: Any) -> bool:
    ours = (fl_job.c.id == job_id) & (fl_job.c.status == "leased") & (fl_job.c.lease == token)
    return unit.connection.execute(sa.update(fl_job).where(ours).values(values)).rowcount == 1


def _job(row: Any) -> Job:
    return Job(row.id, row.kind, json.loads(row.payload), row.status, row.attempts, row.run_at, row.error or "",
               row.error_code or "", row.result or "", row.instance_id, row.node or "", row.token or "", row.said)
