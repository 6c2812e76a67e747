"""Service tasks that leave the machine: sent away with the step, done outside of the lock, answered in a step of their
own.

The step enqueues a job for its token and waits. A worker does the work: lease, heartbeat, retries. What came of it is
kept with the job in the transaction that ends it, together with a job that tells the process. Whoever lost the lease or
comes after the token has gone is not heard, so each answer moves the process once.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from typing import Any, Protocol

import sqlalchemy as sa

from formloom.errors import Text
from formloom.jobs import queue
from formloom.policy.actor import SYSTEM
from formloom.records.context import Context
from formloom.storage import platform_tables as t
from formloom.storage.database import Database
from formloom.workflow import engine, steps, trail
from formloom.workflow.failure import StepFailed
from formloom.workflow.performing import Errand, External, Step, UnknownServiceTask
from formloom.workflow.triggers import Runtime


class Extensions(Protocol):
    """What is registered here; `formloom.extensions` has it."""

    @property
    def external_tasks(self) -> Any: ...
    def add_job_handler(self, kind: str, handler: Any) -> None: ...


def setup(extensions: Extensions, runtime: Runtime) -> None:
    extensions.add_job_handler(steps.EXTERNAL, functools.partial(_perform, extensions.external_tasks.items))
    extensions.add_job_handler(queue.SETTLE, functools.partial(_settle, runtime))


def leaving(name: str, task: Callable[..., Any]) -> Callable[..., Any]:
    """The part of an external task that a step performs: it takes the same parameters, and sends them away."""
    @functools.wraps(task)
    def leave(_step: Step, **parameters: Any) -> External:
        return External(name, parameters)

    leave.leaves = True  # type: ignore[attr-defined]  # read by the reader of diagrams
    return leave


def _perform(tasks: Mapping[str, Callable[..., Any]], _database: Database, payload: Mapping[str, Any],
             job_id: int) -> str:
    task = tasks.get(payload["task"])
    if task is None:
        raise UnknownServiceTask(Text("There is no service task named {name}.", name=payload["task"]))
    record = (payload["entity"], payload["record"]) if payload["record"] is not None else None
    errand = Errand(f"job-{job_id}", payload["instance"], payload["node"], record)
    return engine.write_values(task(errand, **engine.read_values(payload["parameters"])) or {})


def _settle(runtime: Runtime, _database: Database, payload: Mapping[str, Any], _job: int) -> None:
    try:
        with runtime.writing(SYSTEM) as context:
            settle(context, queue.get(context.unit, payload["job"]))
    except StepFailed:
        return          # the runtime has noted the incident; its retry tells the answer again


def settle(context: Context, job: queue.Job) -> bool:
    """Tells the process how its job has ended; whether anybody was still waiting for it."""
    step = _waiting(context, job)
    if step is None:
        return False
    step.job_id = job.id
    if job.status == "done":
        step.answer(job.token, job.node, engine.read_values(job.result or "{}"))
    elif not (job.error_code and step.refuse(job.token, job.node, job.error_code)):
        _incident(context, step.definition.key, job)
    return True


def _waiting(context: Context, job: queue.Job) -> steps.Step | None:
    """The instance, locked, if the token is still away."""
    if job.status not in ("done", "failed") or job.instance_id is None:
        return None
    status = context.unit.connection.scalar(
        sa.select(t.fl_instance.c.status).where(t.fl_instance.c.id == job.instance_id).with_for_update())
    if status not in ("running", "incident"):
        return None
    step = steps.open_instance(context, job.instance_id)
    return step if job.token in step.away() else None


def _incident(context: Context, process: str, job: queue.Job) -> None:
    """The instance itself goes on where it can: its timers run, its other branches move."""
    context.unit.connection.execute(sa.insert(t.fl_incident).values(
        instance_id=job.instance_id, key=process, node=job.node, error=job.error, said=job.said, at=context.now,
        status="open", job_id=job.id, attempts=job.attempts))
    trail.note(context, job.instance_id or 0, "incident", [(job.node, context.now)], None, {"error": job.error})
