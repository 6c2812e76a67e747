"""Runs one job: lease, work with a heartbeat, finish or fail; each in a transaction of its own."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, TypeAlias

from formloom.jobs import queue
from formloom.storage.database import Database

log = logging.getLogger(__name__)

# Gets the database, the job's payload and its id, which is the idempotency key of whatever it does outside.
Handler: TypeAlias = Callable[[Database, Mapping[str, Any], int], Any]


def wall_clock() -> datetime:
    return datetime.now(UTC)


def run(database: Database, job_id: int, handlers: Mapping[str, Handler], now: datetime,
        wall: Callable[[], datetime] = wall_clock) -> bool:
    """Whether the job was this worker's to run; a repeated delivery changes nothing."""
    with database.write() as unit:
        leased = queue.lease(unit, job_id, now, wall())
    if leased is None:
        return False
    job, token = leased
    error = _attempt(database, job, token, handlers, wall)
    with database.write() as unit:
        if error:
            queue.fail(unit, job, token, error, now)
        else:
            queue.finish(unit, job.id, token, now)
    return True


def _attempt(database: Database, job: queue.Job, token: str, handlers: Mapping[str, Handler],
             wall: Callable[[], datetime]) -> str:
    """What went wrong, in words for the list of failed jobs; '' if nothing did."""
    handler = handlers.get(job.kind)
    if handler is None:
        return f"No handler for jobs of kind {job.kind}."
    try:
        with _heartbeat(database, job.id, token, wall):
            handler(database, job.payload, job.id)
    except Exception as error:
        log.exception("job %s (%s) failed in attempt %s", job.id, job.kind, job.attempts)
        return f"{type(error).__name__}: {error}"
    return ""


@contextmanager
def _heartbeat(database: Database, job_id: int, token: str, wall: Callable[[], datetime]) -> Iterator[None]:
    """Extends the lease while the job runs, so that a long job is not taken for a dead one."""
    done = threading.Event()

    def beat() -> None:
        while not done.wait(queue.LEASE.total_seconds() / 3):
            with database.write() as unit:
                queue.extend(unit, job_id, token, wall())

    thread = threading.Thread(target=beat, name=f"heartbeat-{job_id}", daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


def sweep(database: Database, now: datetime, wall: Callable[[], datetime] = wall_clock) -> int:
    """Jobs taken back from dead workers."""
    with database.write() as unit:
        return queue.sweep(unit, now, wall())
