"""Real worker processes, killed without warning while they work: nothing is lost, nothing happens twice."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from formloom.metadata import loader
from formloom.metadata.sources import Source
from formloom.policy.actor import SYSTEM
from formloom.records import actions
from formloom.runtime import Runtime
from formloom.settings import Settings
from formloom.storage import platform_tables as t
from formloom.storage.database import Database
from formloom.wakeup import Waker
from formloom.web import security_accounts

PACK = Path(__file__).parents[1] / "packs" / "approval"
COUNT = 25
_WORKER = """
from formloom import settings, worker
from formloom.runtime import Runtime
{before}
worker.run(Runtime(settings.from_environment()))
"""


@pytest.fixture
def environment(database: Database, tmp_path: Path) -> dict[str, str]:
    return {**os.environ, "FORMLOOM_HOME": str(tmp_path), "FORMLOOM_SECRET_KEY": "test",
            "FORMLOOM_DATABASE_URL": database.url.render_as_string(hide_password=False)}


@pytest.fixture
def runtime(database: Database, tmp_path: Path, draw: Any) -> Any:
    """Two hours ago, with a process that sends a mail an hour after a record was created, then asks somebody."""
    url = database.url.render_as_string(hide_password=False)
    settings = Settings(home=tmp_path, database_url=url, secret_key="test", public_url="")
    made = Runtime(settings, lambda: datetime.now(UTC) - timedelta(hours=2))
    made.database.wake = None
    with made.database.write() as unit:
        security_accounts.create_tables(unit.connection)
    made.database.upgrade()
    mail = ('<bpmn:serviceTask id="mail"><bpmn:extensionElements><formloom:action name="send_mail">'
            '<formloom:param name="to">"a@example.org"</formloom:param>'
            '<formloom:param name="subject">name</formloom:param>'
            '<formloom:param name="body">"late"</formloom:param></formloom:action></bpmn:extensionElements>'
            "</bpmn:serviceTask>")
    text = draw.diagram(
        draw.start() + draw.person("t") + draw.timer("late", "timeDuration", "PT1H", "t") + mail + draw.person("boss")
        + draw.end() + draw.end("e2") + draw.chain("s", "t", "e") + draw.chain("late", "mail", "boss", "e2"),
        '<formloom:trigger on="created"/>')
    made.publish([*loader.read_pack(PACK), Source("approval", "workflows/tiny.bpmn", text)])
    yield made
    made.database.engine.dispose()


def start_worker(environment: dict[str, str], before: str = "") -> subprocess.Popen[bytes]:
    script = _WORKER.format(before=before)
    return subprocess.Popen([sys.executable, "-c", script], env=environment, stderr=subprocess.DEVNULL)


def count(runtime: Any, table: sa.Table, condition: Any) -> int:
    with runtime.database.read() as unit:
        return int(unit.connection.scalar(sa.select(sa.func.count()).select_from(table).where(condition)) or 0)


def test_killed_workers_lose_and_double_nothing(runtime: Any, environment: dict[str, str]) -> None:
    with runtime.writing(SYSTEM) as context:
        for number in range(COUNT):
            actions.create(context, "contract", {"name": f"C{number}", "amount": 1})
    for pause in (1.2, 1.6, 2.0):
        process = start_worker(environment)
        time.sleep(pause)
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        with runtime.database.write() as unit:      # as if the leases of the dead had run out
            unit.connection.execute(sa.update(t.fl_job).where(t.fl_job.c.status == "leased").values(
                lease_until=datetime.now(UTC) - timedelta(seconds=1)))
    process = start_worker(environment)
    deadline = time.monotonic() + 40
    while count(runtime, t.fl_mail, t.fl_mail.c.state == "unsent") < COUNT and time.monotonic() < deadline:
        time.sleep(0.2)
    time.sleep(2)       # a worker that has just begun has no handler for SIGTERM yet
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=20) == 0
    assert count(runtime, t.fl_mail, t.fl_mail.c.state == "unsent") == COUNT
    assert count(runtime, t.fl_mail, sa.true()) == COUNT
    assert count(runtime, t.fl_job, t.fl_job.c.status == "done") == COUNT
    assert count(runtime, t.fl_history, t.fl_history.c.node == "late") == COUNT
    assert count(runtime, t.fl_task, (t.fl_task.c.node == "boss") & (t.fl_task.c.status == "ready")) == COUNT
    assert count(runtime, t.fl_task, t.fl_task.c.status == "cancelled") == COUNT
    assert count(runtime, t.fl_incident, sa.true()) == 0


_AWAY = """
from formloom import wakeup
opened, tries = wakeup._huey, []
def away(settings):
    tries.append(1)
    if len(tries) < 3:
        raise OSError("the database system is starting up")
    return opened(settings)
wakeup._huey, worker._AWAY_SECONDS = away, 0.1
"""


def test_worker_waits_for_its_queue(runtime: Any, environment: dict[str, str]) -> None:
    with runtime.writing(SYSTEM) as context:
        actions.create(context, "contract", {"name": "C", "amount": 1})
    process = start_worker(environment, _AWAY)
    deadline = time.monotonic() + 40
    while not count(runtime, t.fl_mail, sa.true()) and time.monotonic() < deadline:
        time.sleep(0.2)
    assert (process.poll(), count(runtime, t.fl_mail, sa.true())) == (None, 1)
    process.kill()
    process.wait()


def test_job_starts_at_once_when_woken(runtime: Any, environment: dict[str, str]) -> None:
    """The worker looks for what is due once, when it starts; what comes later it only hears of."""
    process = start_worker(environment, "worker.SWEEP_SECONDS = 3600")
    woken, waker = Runtime(runtime.settings), Waker(runtime.settings)
    woken.database.wake = waker.wake
    for number in range(60):
        with woken.writing(SYSTEM) as context:
            context.service_tasks["send_mail"](_Place(context, f"{number}.x"), to="b@x.org", subject="x", body="y")
        time.sleep(0.5)
        if count(runtime, t.fl_mail, t.fl_mail.c.state == "unsent") > 1:
            break
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=20) == 0
    sent = count(runtime, t.fl_mail, t.fl_mail.c.state == "unsent")
    woken.database.engine.dispose()
    waker.close()
    assert sent > 1


class _Place:
    def __init__(self, context: Any, key: str) -> None:
        self.context, self.key = context, key
