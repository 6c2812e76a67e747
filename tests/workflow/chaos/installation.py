"""Two web servers and two workers on one PostgreSQL, each of which dies without warning and is started again."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import sqlalchemy as sa

WEB = (sys.executable, "-m", "gunicorn", "--config", "python:formloom.web.wsgi", "--log-level", "critical",
       "formloom.web.wsgi:app")
WORKER = (sys.executable, "-m", "formloom", "worker")


@dataclass(slots=True)
class Process:
    command: tuple[str, ...]
    environment: dict[str, str]
    running: subprocess.Popen[bytes]
    deaths: int = 0

    @classmethod
    def start(cls, command: tuple[str, ...], environment: dict[str, str]) -> Process:
        return cls(command, environment, _popen(command, environment))

    def kill(self) -> None:
        """With all that it started, and at once a new one in its place."""
        self.stop()
        self.deaths += 1
        self.running = _popen(self.command, self.environment)

    def stop(self) -> None:
        with suppress(ProcessLookupError):
            os.killpg(self.running.pid, signal.SIGKILL)
        self.running.wait()


def _popen(command: tuple[str, ...], environment: dict[str, str]) -> subprocess.Popen[bytes]:
    return subprocess.Popen(command, env=environment, start_new_session=True, stdout=subprocess.DEVNULL,
                            stderr=subprocess.DEVNULL)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def shared_server(url: str) -> Iterator[str]:
    """A database of our own on a server that others use: its connections may be cut, the server must stay."""
    server = sa.create_engine(url.replace("postgresql://", "postgresql+psycopg://"), isolation_level="AUTOCOMMIT")
    name = f"fl_chaos_{uuid4().hex}"
    with server.connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name}")
        try:
            yield server.url.set(drivername="postgresql", database=name).render_as_string(hide_password=False)
        finally:
            connection.exec_driver_sql(f"DROP DATABASE {name} WITH (FORCE)")
    server.dispose()


class Cluster:
    """A PostgreSQL of our own, which may be stopped in the middle of everything."""

    def __init__(self, programs: Path, folder: Path) -> None:
        self._programs, self._folder, self.port = programs, folder, free_port()
        self._user = "postgres" if os.geteuid() == 0 else None      # it refuses to run as root
        if self._user:
            shutil.chown(folder, self._user)
        self._run("initdb", "-D", str(folder), "-U", "postgres", "--auth=trust", "-E", "UTF8", "--locale=C.UTF-8")
        self._control("start")

    @property
    def url(self) -> str:
        return f"postgresql://postgres@127.0.0.1:{self.port}/postgres"

    def restart(self) -> None:
        """As after a power cut."""
        self._control("restart", "-m", "immediate")

    def stop(self) -> None:
        self._control("stop", "-m", "immediate")

    def _control(self, *verb: str) -> None:
        options = f"-p {self.port} -k {self._folder} -c listen_addresses=127.0.0.1 -c shared_buffers=64MB"
        self._run("pg_ctl", "-D", str(self._folder), "-w", "-l", str(self._folder / "log"), "-o", options, *verb)

    def _run(self, program: str, *arguments: str) -> None:
        path = self._programs / program
        subprocess.run([str(path), *arguments], check=True, cwd="/", stdout=subprocess.DEVNULL, user=self._user)


@contextmanager
def own_server() -> Iterator[Cluster | None]:
    """None where no PostgreSQL is installed."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if not found:
        yield None
        return
    with tempfile.TemporaryDirectory(prefix="chaos", ignore_cleanup_errors=True) as folder:
        cluster = Cluster(found[-1].parent, Path(folder))
        try:
            yield cluster
        finally:
            cluster.stop()


def until(condition: object, seconds: float, what: str) -> None:
    """Waits for a callable to be true."""
    deadline = time.monotonic() + seconds
    while not condition():  # type: ignore[operator]  # a callable
        if time.monotonic() > deadline:
            raise AssertionError(f"{what}: not within {seconds:.0f} s")
        time.sleep(0.3)
