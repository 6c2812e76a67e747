"""Publishing that takes longer than a person waits for a page: a worker does it, says how far it is, can be stopped.

The change set says that it is being published, and nothing of it changes meanwhile. What was made ready by a worker
that died is taken up by the next one (`storage.backfill`); one that fails leaves the change set as it was, with why.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Final

from formloom.design import publishing, rebasing
from formloom.design.pacing import Paced
from formloom.errors import FormloomError, Text
from formloom.jobs import queue
from formloom.policy.actor import SYSTEM, Actor
from formloom.records.context import Context
from formloom.runtime import Runtime
from formloom.storage import change_sets as stored
from formloom.storage.change_sets import ChangeSet
from formloom.storage.database import Database
from formloom.storage.forecast import Forecast

JOB: Final = "publish"
CHECKING: Final = Text("Everything is checked once more.")
SLOW_SECONDS: Final = 5.0       # of the estimate: from here on a worker publishes
_MOST_TOLD: Final = 20


class Stopped(FormloomError):
    """Somebody stopped the publication; nothing was applied."""

    code, status = "publication-stopped", 409

    def __init__(self) -> None:
        super().__init__(Text("Publishing was stopped. Nothing of it is in force."))


def is_slow(forecast: Forecast) -> bool:
    return forecast.seconds >= SLOW_SECONDS


def begin(runtime: Runtime, context: Context, seen: ChangeSet, reason: str) -> ChangeSet:
    """Leaves the draft to a worker. Raises Conflict, Overtaken, OvertakenChange."""
    publishing.check_approved(runtime, seen)
    if moved := rebasing.overtaken(context, seen):
        raise publishing.Overtaken(moved)
    job = queue.enqueue(context.unit, JOB, {"change_set": seen.id, "by": context.actor.user_id, "was": seen.state})
    return stored.update(context.unit, seen, context.actor.user_id, context.now, state=stored.PUBLISHING,
                         reason=reason or None, job_id=job, progress=None, trouble=None)


def stop(context: Context, seen: ChangeSet) -> None:
    """At once where no worker is at it any more; else as soon as it looks."""
    stored.stop(context.unit, seen.id)
    job = queue.get(context.unit, seen.job_id) if seen.job_id else None
    if seen.state == stored.PUBLISHING and (job is None or job.status not in ("queued", "leased")):
        _give_back(context, seen, stored.DRAFT, Stopped())


def register(runtime: Runtime, settle: Callable[[Runtime], None]) -> None:
    """For workers. `settle`: what has to follow when a model came into force."""
    runtime.extensions.add_job_handler(JOB, partial(_carry_out, runtime, settle))


def _carry_out(
    runtime: Runtime, settle: Callable[[Runtime], None], _database: Database, payload: Mapping[str, Any], _job: int
) -> None:
    runtime.refresh()
    with runtime.reading(SYSTEM) as context:
        seen = stored.get(context.unit, int(payload["change_set"]))
    if seen.state == stored.PUBLISHED:      # by a worker that died before it said so
        settle(runtime)
    if seen.state != stored.PUBLISHING:
        return
    report = Paced(partial(_report, runtime, seen.id))
    try:
        report(0, 0, CHECKING)
        publishing.publish(runtime, actor_of(runtime, int(payload["by"])), seen, seen.reason or "", report)
    except FormloomError as error:
        with runtime.writing(SYSTEM) as context:
            _give_back(context, seen, str(payload["was"]), error)
        return
    settle(runtime)


def actor_of(runtime: Runtime, user_id: int | None) -> Actor:
    """Whoever asked for it, as they are now; the system for somebody who is gone."""
    account = runtime.account(user_id) if user_id else None
    return account.actor if account else SYSTEM


def _give_back(context: Context, seen: ChangeSet, state: str, why: FormloomError) -> None:
    stored.settle(context.unit, seen, seen.updated_by or 0, context.now, state=state, job_id=None, progress=None,
                  trouble={"told": [text.as_json() for text in publishing.told(why)[:_MOST_TOLD]]})


def trouble(change_set: ChangeSet) -> list[Text]:
    """Why the last attempt of a worker came to nothing."""
    return [Text.from_json(one) for one in (change_set.trouble or {}).get("told", ())]


def _report(runtime: Runtime, change_set: int, done: int, total: int, step: Text) -> None:
    """Raises Stopped once somebody asked for that."""
    with runtime.database.write() as unit:
        going = stored.report(unit, change_set, {"done": done, "total": total, "step": step.as_json()})
    if not going:
        raise Stopped
