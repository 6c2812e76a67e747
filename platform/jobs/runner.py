"""Runs one job: lease, work with a heartbeat, finish or fail; each in a transaction of its own."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, TypeAlias

from sqlalchemy.exc import InterfaceError, OperationalError

from formloom.errors import FormloomError, Text
from formloom.jobs import queue
from formloom.storage.database import Database

log = logging.getLogger(__name__)
_PAUSES = (0.1, 0.4, 1.6, 6.4)      # before the end of a job is written once more, when the database was away

# Gets the database, the job's payload and its id, which is the idempotency key of whatever it does outside. A text that
# it gives back is kept as the job's result.
Handler: TypeAlias = Callable[[Database, Mapping[str, Any], int], Any]


class JobError(FormloomError):
    """What a handler raises when it can say more than that it failed. `final`: another attempt would not help.
    `after`: how long the other side asks to be left alone.
    """

    code = "job-failed"

    def __init__(self, message: Text, hint: Text | None = None, *, final: bool = False,
                 after: timedelta | None = None) -> None:
        super().__init__(message, hint)
        self.final, self.after = final, after


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
    ended = _attempt(database, job, token, handlers, wall)
    for pause in (*_PAUSES, 0.0):
        try:
            _end(database, job, token, ended, now)
            break
        except (OperationalError, InterfaceError):
            if not pause:
                raise
            time.sleep(pause)
    return True


def _end(database: Database, job: queue.Job, token: str, ended: str | queue.Failure, now: datetime) -> None:
    with database.write() as unit:
        if isinstance(ended, queue.Failure):
            queue.fail(unit, job, token, ended, now)
        else:
            queue.finish(unit, job, token, now, ended)


def _attempt(database: Database, job: queue.Job, token: str, handlers: Mapping[str, Handler],
             wall: Callable[[], datetime]) -> str | queue.Failure:
    """The handler's result, or what went wrong, in words for the list of failed jobs."""
    handler = handlers.get(job.kind)
    if handler is None:
        return queue.Failure(f"No handler for jobs of kind {job.kind}.")
    try:
        with _heartbeat(database, job.id, token, wall):
            result = handler(database, job.payload, job.id)
    except Exception as error:
        log.exception("job %s (%s) failed in attempt %s", job.id, job.kind, job.attempts)
        return _failure(error)
    return result if isinstance(result, str) else ""


def _failure(error: Exception) -> queue.Failure:
    code = error.code if isinstance(error, FormloomError) else ""
    final, after = (error.final, error.after) if isinstance(error, JobError) else (False, None)
    said = error.message.as_json() if isinstance(error, FormloomError) else None
    return queue.Failure(f"{type(error).__name__}: {error}", code, final, after, said)


@contextmanager
def _heartbeat(database: Database, job_id: int, token: str, wall: Callable[[], datetime]) -> Iterator[None]:
    """Extends the lease while the job runs, so that a long job is not taken for a dead one."""
    done = threading.Event()

    def beat() -> None:
        while not done.wait(queue.LEASE.total_seconds() / 3):
            try:
                with database.write() as unit:
                    queue.extend(unit, job_id, token, wall())
            except Exception:       # a database that is away for a moment; the lease outlasts a missed beat
                log.exception("the lease of job %s could not be extended; trying again", job_id)

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
