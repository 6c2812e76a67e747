"""Workers woken through Redis: each job is done once, however often and by whomever it is announced."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from socket import socket
from time import monotonic, sleep
from typing import Any

import pytest
import redis
import sqlalchemy as sa
from aiosmtpd.controller import Controller

from formloom import installation, settings
from formloom.exchange import mail
from formloom.metadata import loader
from formloom.runtime import Runtime
from formloom.storage import platform_tables as t
from formloom.storage.database import Database
from formloom.wakeup import Waker, queue_name

REDIS = os.environ.get("FORMLOOM_TEST_REDIS", "redis://127.0.0.1:6379/15")
PACK = Path(__file__).parents[1] / "packs" / "mini"
COUNT = 12


class Post:
    def __init__(self) -> None:
        self.subjects: list[str] = []

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        self.subjects += [line for line in envelope.content.decode().splitlines() if line.startswith("Subject:")]
        return "250 OK"


@pytest.fixture
def post() -> Iterator[tuple[Post, int]]:
    with socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    kept = Post()
    controller = Controller(kept, hostname="127.0.0.1", port=port)
    controller.start()
    yield kept, port
    controller.stop()


@pytest.fixture
def environ(database: Database, tmp_path: Path, post: tuple[Post, int]) -> dict[str, str]:
    return {"FORMLOOM_HOME": str(tmp_path), "FORMLOOM_PLUGINS": "", "FORMLOOM_REDIS_URL": REDIS,
            "FORMLOOM_DATABASE_URL": database.url.render_as_string(hide_password=False),
            "FORMLOOM_SMTP_URL": f"smtp://127.0.0.1:{post[1]}?from=crm@example.org"}


@pytest.fixture
def runtime(environ: dict[str, str]) -> Iterator[Runtime]:
    made = Runtime(settings.from_environment(environ))
    installation.prepare(made)
    installation.apply(made, PACK, loader.read_pack(PACK))
    yield made
    made.close()


@pytest.fixture
def waiting(runtime: Runtime) -> Iterator[Any]:
    """How many wake-ups of this installation wait in Redis."""
    server = redis.Redis.from_url(REDIS)
    key = "huey.redis." + queue_name(runtime.settings)
    yield lambda: int(server.llen(key))
    server.delete(key)
    server.close()


def jobs(runtime: Runtime, condition: Any) -> list[int]:
    with runtime.database.read() as unit:
        return list(unit.connection.scalars(sa.select(t.fl_job.c.id).where(condition)))


def until(condition: Any, seconds: float) -> bool:
    end = monotonic() + seconds
    while monotonic() < end:
        if condition():
            return True
        sleep(0.1)
    return False


def heeds_term(process: subprocess.Popen[bytes]) -> bool:
    """Whether the worker has begun to run; before, SIGTERM just ends it."""
    status = Path(f"/proc/{process.pid}/status").read_text()
    caught = next(line.split()[1] for line in status.splitlines() if line.startswith("SigCgt"))
    return bool(int(caught, 16) >> (signal.SIGTERM - 1) & 1)


def test_job_announced_by_redis_runs_once(
        runtime: Runtime, waiting: Any, environ: dict[str, str], post: tuple[Post, int]) -> None:
    with runtime.database.write() as unit:
        for number in range(COUNT):
            mail.enqueue(unit, "jane@example.org", f"mail {number}", "text", now=datetime.now(UTC))
    again = Waker(runtime.settings)
    for job in [*jobs(runtime, sa.true())] * 2:
        again.wake(job)
    again.close()
    assert waiting() == 3 * COUNT

    workers = [subprocess.Popen([sys.executable, "-m", "formloom", "worker"], env={**os.environ, **environ})
               for _ in range(2)]
    assert until(lambda: len(jobs(runtime, t.fl_job.c.status == "done")) == COUNT, 60)
    assert until(lambda: waiting() == 0, 10)
    assert until(lambda: all(heeds_term(worker) for worker in workers), 30)
    for worker in workers:
        worker.send_signal(signal.SIGTERM)
    assert [worker.wait(20) for worker in workers] == [0, 0]
    assert Counter(post[0].subjects) == {f"Subject: mail {number}": 1 for number in range(COUNT)}
    assert jobs(runtime, t.fl_job.c.attempts != 1) == []


def test_installations_share_redis_not_queues(runtime: Runtime, waiting: Any) -> None:
    elsewhere = replace(runtime.settings, database_url="postgresql+psycopg://postgres@127.0.0.1/another")
    other = Waker(elsewhere)
    other.wake(1)
    assert waiting() == 0
    server = redis.Redis.from_url(REDIS)
    assert server.delete("huey.redis." + queue_name(elsewhere)) == 1
    server.close()
    other.close()
