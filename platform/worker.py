"""The background process: does jobs as they are woken, and looks every second for what is due."""

from __future__ import annotations

import ctypes
import logging
import os
import signal
import sys
import threading
import time
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Protocol

from formloom.jobs import queue, runner
from formloom.policy.actor import Actor
from formloom.settings import Settings
from formloom.sla import firing
from formloom.storage import state
from formloom.wakeup import Waker
from formloom.workflow import alarms, timers, triggers

log = logging.getLogger(__name__)

SWEEP_SECONDS = 1.0
_AGAIN = 30.0           # a job that was woken is not woken again before this many seconds
_BATCH = 200
_BEAT_SECONDS = 5.0
_AWAY_SECONDS = 2.0     # before a queue that cannot be opened is tried once more
_PR_SET_PDEATHSIG = 1


class Runtime(Protocol):
    """What the worker needs of the composition root."""

    @property
    def settings(self) -> Settings: ...
    @property
    def database(self) -> Any: ...
    @property
    def job_handlers(self) -> Mapping[str, runner.Handler]: ...
    def now(self) -> datetime: ...
    def reading(self, actor: Actor) -> Any: ...
    def writing(self, actor: Actor) -> Any: ...


class Sweeper:
    """What no wake-up is needed for: due jobs and timers, schedules, jobs of workers that died."""

    def __init__(self, runtime: Runtime, waker: Waker) -> None:
        self._runtime, self._waker = runtime, waker
        self._woken: dict[int, float] = {}
        self._stopping = threading.Event()
        self._beaten = float("-inf")
        self._pause = SWEEP_SECONDS

    def run(self) -> None:
        while not self._stopping.is_set():
            started = time.monotonic()
            for part in (self.beat, self.wake_due, self.fire_timers, self.fire_clocks, self.start_scheduled,
                         self.tell_incidents):
                self._guarded(part)
            self._guarded(self.await_due)
            self._stopping.wait(max(0.05, self._pause - (time.monotonic() - started)))

    def stop(self) -> None:
        self._stopping.set()

    def _guarded(self, part: Any) -> None:
        """A database that is away for a while must not end the worker; the next sweep makes up for it."""
        try:
            part()
        except Exception:
            log.exception("sweep failed in %s; trying again", part.__name__)

    def beat(self) -> None:
        """A sign of life, for `formloom doctor` and /readyz."""
        if time.monotonic() - self._beaten >= _BEAT_SECONDS:
            with self._runtime.database.write() as unit:
                state.put(unit, state.HEARTBEAT, runner.wall_clock().isoformat())
            self._beaten = time.monotonic()

    def wake_due(self) -> None:
        now = self._runtime.now()
        runner.sweep(self._runtime.database, now)
        with self._runtime.database.read() as unit:
            due = queue.due(unit, now, _BATCH)
        moment = time.monotonic()
        self._woken = {job: at for job, at in self._woken.items() if moment - at < _AGAIN}
        for job_id in due:
            if job_id not in self._woken:
                self._woken[job_id] = moment
                self._waker.wake(job_id)

    def fire_timers(self) -> None:
        while not self._stopping.is_set() and timers.fire_due(self._runtime, self._runtime.now()):
            pass

    def fire_clocks(self) -> None:
        while not self._stopping.is_set() and firing.fire_due(self._runtime, self._runtime.now()):
            pass

    def await_due(self) -> None:
        """The next sweep comes when the next timer does, where that is sooner."""
        self._pause, now = SWEEP_SECONDS, self._runtime.now()
        coming = timers.next_due(self._runtime, now)
        if coming is not None:
            self._pause = min(SWEEP_SECONDS, (coming - now).total_seconds())

    def start_scheduled(self) -> None:
        triggers.scheduled(self._runtime, self._runtime.now())

    def tell_incidents(self) -> None:
        alarms.tell(self._runtime, self._runtime.now())


def run(runtime: Runtime) -> None:
    """Until SIGTERM or SIGINT, or until the parent process dies."""
    die_with_parent()

    def work(job_id: int) -> None:
        runner.run(runtime.database, job_id, runtime.job_handlers, runtime.now())

    waker = Waker(runtime.settings, work)
    sweeper = Sweeper(runtime, waker)
    thread = threading.Thread(target=sweeper.run, name="sweep", daemon=True)
    thread.start()
    try:
        _consumer(waker, runtime.settings.workers).run()
    finally:
        sweeper.stop()
        thread.join(timeout=20)
        waker.close()


def _consumer(waker: Waker, workers: int) -> Any:
    """A worker that is started while the database restarts waits for it, as one that runs does."""
    while True:
        try:
            return waker.consumer(workers)
        except Exception:
            log.exception("the queue cannot be opened; trying again in %.0f s", _AWAY_SECONDS)
            time.sleep(_AWAY_SECONDS)


def die_with_parent() -> None:
    """On Linux the kernel ends us when the parent is killed, so that no worker is left behind."""
    if sys.platform != "linux":
        return
    parent = os.getppid()
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent:      # it died before the call
        os.kill(os.getpid(), signal.SIGTERM)
