"""A job is done once its transaction committed, and not twice, whoever dies on the way."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from formloom.jobs import queue, runner
from formloom.settings import Settings
from formloom.storage.database import Database
from formloom.wakeup import JsonSerializer, Waker

NOW = datetime(2026, 1, 1, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def add(database: Database, kind: str = "note", key: str | None = None, run_at: datetime | None = None) -> int:
    with database.write() as unit:
        return queue.enqueue(unit, kind, {"text": "好"}, key, run_at)


def state(database: Database, job_id: int) -> queue.Job:
    with database.read() as unit:
        return queue.get(unit, job_id)


def due(database: Database, now: datetime = NOW) -> list[int]:
    with database.read() as unit:
        return queue.due(unit, now)


def test_job_of_a_rolled_back_change_never_was(database: Database) -> None:
    woken: list[int] = []
    database.wake = woken.append

    def change() -> None:
        with database.write() as unit:
            queue.enqueue(unit, "note", {})
            raise KeyError

    with pytest.raises(KeyError):
        change()
    assert (due(database), woken) == ([], [])
    assert add(database) in woken


def test_same_key_is_the_same_job(database: Database) -> None:
    assert add(database, key="a") == add(database, key="a") != add(database, key="b")


def test_job_gets_its_payload_and_id(database: Database) -> None:
    got: list[tuple[Any, int]] = []

    def note(_: Database, payload: Mapping[str, Any], job_id: int) -> None:
        got.append((payload, job_id))

    job_id = add(database)
    assert runner.run(database, job_id, {"note": note}, NOW)
    assert not runner.run(database, job_id, {"note": note}, NOW)
    assert got == [({"text": "好"}, job_id)]
    assert state(database, job_id).status == "done"


def test_job_waits_for_its_time(database: Database) -> None:
    job_id = add(database, run_at=NOW + SECOND)
    assert due(database) == []
    assert not runner.run(database, job_id, {}, NOW)
    assert due(database, NOW + SECOND) == [job_id]


def test_failing_job_is_retried_later_and_then_given_up(database: Database) -> None:
    def fail(*_: Any) -> None:
        raise ValueError("no route")

    job_id, now = add(database), NOW
    for attempt in range(1, queue.ATTEMPTS + 1):
        assert runner.run(database, job_id, {"note": fail}, now)
        assert state(database, job_id).attempts == attempt
        assert due(database, now) == []
        now += timedelta(hours=2)
    job = state(database, job_id)
    assert (job.status, job.error) == ("failed", "ValueError: no route")
    with database.write() as unit:
        assert queue.retry(unit, job_id, now)
    assert due(database, now) == [job_id]


def test_unknown_kind_fails_visibly(database: Database) -> None:
    job_id = add(database, "nobody")
    runner.run(database, job_id, {}, NOW)
    assert "nobody" in state(database, job_id).error


def test_lost_lease_is_taken_back(database: Database) -> None:
    job_id, wall = add(database), NOW
    with database.write() as unit:
        leased = queue.lease(unit, job_id, NOW, wall)
    assert leased is not None
    assert runner.sweep(database, NOW, lambda: wall + queue.LEASE - SECOND) == 0
    assert runner.sweep(database, NOW, lambda: wall + queue.LEASE + SECOND) == 1
    assert due(database) == [job_id]
    with database.write() as unit:
        assert not queue.finish(unit, leased[0], leased[1], NOW)


def test_moving_the_business_clock_takes_no_lease(database: Database) -> None:
    job_id = add(database)
    with database.write() as unit:
        queue.lease(unit, job_id, NOW, NOW)
    assert runner.sweep(database, NOW + timedelta(days=9), lambda: NOW) == 0


def test_of_many_workers_one_gets_the_job(database: Database) -> None:
    job_id, done = add(database), []
    barrier = threading.Barrier(6)

    def work() -> None:
        barrier.wait()
        runner.run(database, job_id, {"note": lambda *_: done.append(1)}, NOW)

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert done == [1]


@given(st.integers(1, 60))
def test_delay_grows_to_a_bound(attempts: int) -> None:
    full = min(5 * 2 ** (attempts - 1), 3600)
    assert 0.5 * full <= queue.delay(attempts).total_seconds() <= 1.5 * full


_WORKER = """
import sys, time
from datetime import UTC, datetime
from pathlib import Path
from formloom.jobs import runner
from formloom.storage.database import Database
def slow(database, payload, job_id):
    Path(sys.argv[3]).touch()
    time.sleep(60)
runner.run(Database(sys.argv[1]), int(sys.argv[2]), {"note": slow}, datetime.now(UTC))
"""


def test_killed_worker_loses_nothing_and_doubles_nothing(database: Database, tmp_path: Path) -> None:
    job_id, started = add(database), tmp_path / "started"
    url = database.url.render_as_string(hide_password=False)
    process = subprocess.Popen([sys.executable, "-c", _WORKER, url, str(job_id), str(started)])
    deadline = time.monotonic() + 20
    while not started.exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    assert state(database, job_id).status == "leased"
    later = datetime.now(UTC) + queue.LEASE + SECOND
    assert runner.sweep(database, later, lambda: later) == 1
    done: list[int] = []
    for _ in range(3):
        runner.run(database, job_id, {"note": lambda *_: done.append(1)}, later)
    assert done == [1]


def settings(database: Database, home: Path) -> Settings:
    url = database.url.render_as_string(hide_password=False)
    return Settings(home=home, database_url=url, secret_key="x", public_url="")


def test_wake_up_reaches_a_consumer(database: Database, tmp_path: Path) -> None:
    got: list[int] = []
    sender, receiver = Waker(settings(database, tmp_path)), Waker(settings(database, tmp_path), got.append)
    sender.wake(7)
    consumer = receiver.consumer(1)
    consumer.start()
    deadline = time.monotonic() + 5
    while not got and time.monotonic() < deadline:
        time.sleep(0.02)
    consumer.stop(graceful=True)
    sender.close()
    receiver.close()
    assert got == [7]


def test_wake_up_that_fails_is_no_error(tmp_path: Path) -> None:
    url = "postgresql+psycopg://postgres@127.0.0.1:1/nowhere"
    Waker(Settings(home=tmp_path, database_url=url, secret_key="x", public_url="")).wake(1)


def test_queue_never_unpickles() -> None:
    with pytest.raises(ValueError, match=r"Expecting value|utf-8"):
        JsonSerializer().deserialize(b"cos\nsystem\n(S'id'\ntR.")
