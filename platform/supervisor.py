"""One parent for the web server and the worker: starts both, restarts what dies, stops both.

A child that dies is started again after a pause that doubles while it keeps dying. SIGTERM and SIGINT stop the children
first; on Linux the kernel ends them too if the parent is killed outright.
"""

from __future__ import annotations

import ctypes
import logging
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from time import monotonic

log = logging.getLogger(__name__)

_PR_SET_PDEATHSIG = 1
_STOP_SECONDS = 8.0
_FIRST_PAUSE, _LONGEST_PAUSE = 0.5, 30.0
_HEALTHY_SECONDS = 20.0
_TICK = 0.2

WEB = (sys.executable, "-m", "gunicorn", "--config", "python:formloom.web.wsgi", "formloom.web.wsgi:app")
WORKER = (sys.executable, "-m", "formloom", "worker")


@dataclass(slots=True)
class Child:
    name: str
    command: Sequence[str]
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    start_again: float = 0.0
    pause: float = _FIRST_PAUSE

    def start(self) -> None:
        self.started = monotonic()
        self.process = subprocess.Popen(  # noqa: S603 - fixed commands, no shell
            self.command, preexec_fn=_die_with_parent(os.getpid()), start_new_session=True)
        log.info("%s started as process %s", self.name, self.process.pid)

    def look_after(self) -> None:
        """Starts the child if it is due, and sees when it has died."""
        if self.process is None:
            if monotonic() >= self.start_again:
                self.start()
        elif (status := self.process.poll()) is not None:
            self._died(status)

    def _died(self, status: int) -> None:
        lived = monotonic() - self.started
        self.pause = _FIRST_PAUSE if lived >= _HEALTHY_SECONDS else min(self.pause * 2, _LONGEST_PAUSE)
        log.error("%s ended with status %s after %.0f s; starting it again in %.1f s",
                  self.name, status, lived, self.pause)
        self.process, self.start_again = None, monotonic() + self.pause

    def signal(self, number: int) -> None:
        """To the whole group: the web server has workers of its own."""
        if self.process is not None and self.process.poll() is None:
            os.killpg(self.process.pid, number)

    def stop(self, deadline: float) -> None:
        if self.process is None:
            return
        try:
            self.process.wait(max(0.1, deadline - monotonic()))
        except subprocess.TimeoutExpired:
            log.warning("%s did not stop in time and is killed", self.name)
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()


@dataclass(slots=True)
class Supervisor:
    children: Sequence[Child]
    stopping: threading.Event = field(default_factory=threading.Event)

    def run(self, on_tick: Callable[[], None] = lambda: None) -> None:
        """Returns when a signal or `stopping` ends it, with every child gone."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: self.stopping.set())
        try:
            while not self.stopping.is_set():
                for child in self.children:
                    child.look_after()
                on_tick()
                self.stopping.wait(_TICK)
        finally:
            self._stop()

    def _stop(self) -> None:
        for child in self.children:
            child.signal(signal.SIGTERM)
        deadline = monotonic() + _STOP_SECONDS
        for child in self.children:
            child.stop(deadline)


def _die_with_parent(parent: int) -> Callable[[], None] | None:
    """What a child does before it runs, so that the kernel ends it with its parent; None where that is not possible."""
    if not sys.platform.startswith("linux"):
        return None
    libc = ctypes.CDLL(None, use_errno=True)

    def ask() -> None:
        libc.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:      # it was gone before we asked
            os._exit(1)

    return ask
