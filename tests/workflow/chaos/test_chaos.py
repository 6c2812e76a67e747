"""Contracts are approved while web servers, workers and the database die, clicks come twice, jobs are delivered again
and the clock jumps: nothing is lost, nothing happens twice.

FORMLOOM_CHAOS is how many contracts (10; `make chaos`: 1000), FORMLOOM_CHAOS_SEED what is random.
"""

from __future__ import annotations

import os
import random
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from werkzeug.security import generate_password_hash

from formloom import installation, settings
from formloom.metadata import loader
from formloom.metadata.sources import Source
from formloom.policy.actor import SYSTEM
from formloom.runtime import Runtime
from formloom.storage import platform_tables as t
from formloom.wakeup import Waker
from formloom.web import security_accounts

from .installation import WEB, WORKER, Cluster, Process, free_port, own_server, shared_server, until
from .people import APPROVERS, People
from .receiver import Receiver

COUNT = int(os.environ.get("FORMLOOM_CHAOS", "10"))
SEED = int(os.environ.get("FORMLOOM_CHAOS_SEED", "1"))
SERVER = os.environ.get("FORMLOOM_TEST_POSTGRES", "postgresql://postgres@127.0.0.1:5432/postgres")
PACK = Path(__file__).parents[2] / "packs" / "approval"
PEOPLE = {"seller": "sales", "lawyer": "legal", "treasurer": "finance", "director": "director"}
PASSED = ("s", "ask", "legal", "finance", "director", "agreed", "pause", "charge", "sign", "tell", "e")
HANDS = 24          # contracts at the same time
EVERY = 2.0         # seconds between two blows


@dataclass
class Town:
    """Everything that runs, and what has been done to it."""

    runtime: Runtime
    receiver: Receiver
    webs: list[Process]
    workers: list[Process]
    people: People
    cluster: Cluster | None
    blows: Counter[str] = field(default_factory=Counter)


@pytest.fixture
def town(tmp_path: Path, draw: Any) -> Iterator[Town]:
    with ExitStack() as stack:
        cluster = stack.enter_context(own_server()) if COUNT > 10 else None
        url = cluster.url if cluster else stack.enter_context(shared_server(SERVER))
        environment = {
            **os.environ, "FORMLOOM_HOME": str(tmp_path), "FORMLOOM_SECRET_KEY": "chaos", "FORMLOOM_DEMO": "1",
            "FORMLOOM_DATABASE_URL": url, "FORMLOOM_WEBHOOK_ALLOW": "127.0.0.0/8", "FORMLOOM_PLUGINS": "",
            "FORMLOOM_REDIS_URL": ""}
        runtime = Runtime(settings.from_environment(environment))
        stack.callback(runtime.close)
        receiver = Receiver(SEED)
        stack.callback(receiver.close)
        _install(runtime, _process(draw, receiver.url))
        ports = [free_port(), free_port()]
        webs = [Process.start(WEB, {**environment, "PORT": str(port)}) for port in ports]
        workers = [Process.start(WORKER, environment) for _ in range(2)]
        for process in (*webs, *workers):
            stack.callback(process.stop)
        yield Town(runtime, receiver, webs, workers, People(ports, runtime.database, SEED), cluster)


def _install(runtime: Runtime, process: str) -> None:
    installation.prepare(runtime)
    pack = [one for one in loader.read_pack(PACK) if not one.path.startswith("workflows/")]
    installation.apply(runtime, PACK, [*pack, Source("approval", "workflows/tiny.bpmn", process)])
    with runtime.database.write() as unit:
        for username, role in PEOPLE.items():
            security_accounts.create_user(
                unit, username=username, name=username.title(), email=f"{username}@example.com", roles=[role],
                password_hash=generate_password_hash("chaos-and-order", "pbkdf2:sha256:1"))


def _process(draw: Any, url: str) -> str:
    """Three approve at once, an hour passes, somebody outside is asked, the record is written, somebody is told."""
    people = "".join(
        f'<bpmn:userTask id="{role}"><bpmn:extensionElements><formloom:assignment role="{role}"/>'
        '<formloom:outcome value="approve" label="Approve"/></bpmn:extensionElements></bpmn:userTask>'
        for role in APPROVERS)
    charge = _service("charge", "webhook", url=f'"{url}/charge"', body="{id: record.id}", wait="true")
    sign = _service("sign", "update_record", status='"signed"', risk="charge.body.receipt")
    tell = _service("tell", "webhook", url=f'"{url}/tell"', body="{id: record.id}")
    body = (draw.start() + '<bpmn:parallelGateway id="ask"/>' + people + '<bpmn:parallelGateway id="agreed"/>'
            + draw.timer("pause", "timeDuration", "PT1H") + charge + sign + tell + draw.end() + draw.chain("s", "ask")
            + "".join(draw.chain("ask", role, "agreed") for role in APPROVERS)
            + draw.chain("agreed", "pause", "charge", "sign", "tell", "e"))
    return str(draw.diagram(body, '<formloom:trigger on="action" action="submit"/>'))


def _service(node: str, action: str, **parameters: str) -> str:
    given = "".join(f'<formloom:param name="{name}">{text}</formloom:param>' for name, text in parameters.items())
    return (f'<bpmn:serviceTask id="{node}"><bpmn:extensionElements><formloom:action name="{action}">{given}'
            "</formloom:action></bpmn:extensionElements></bpmn:serviceTask>")


def strike(town: Town, over: threading.Event) -> None:
    """One blow after the other until it is over. A blow that fails because the database is away is a blow all the
    same."""
    chance, waker = random.Random(SEED), Waker(town.runtime.settings)
    blows = [_kill_web, _kill_worker, _cut, _deliver_again, _jump, _jump, _restart]
    while not over.wait(EVERY * chance.uniform(0.5, 1.5)):
        blow = chance.choice(blows)
        with suppress(sa.exc.DBAPIError):
            blow(town, chance, waker)
            town.blows[blow.__name__.strip("_")] += 1
    waker.close()


def _kill_web(town: Town, chance: random.Random, _: Waker) -> None:
    chance.choice(town.webs).kill()


def _kill_worker(town: Town, chance: random.Random, _: Waker) -> None:
    chance.choice(town.workers).kill()
    _expire(town)


def _expire(town: Town) -> None:
    """Nobody waits a minute until leases run out, and those of living workers run out as well."""
    with town.runtime.database.write() as unit:
        unit.connection.execute(sa.update(t.fl_job).where(t.fl_job.c.status == "leased").values(
            lease_until=datetime.now(UTC) - timedelta(seconds=1)))


def _cut(town: Town, _: random.Random, __: Waker) -> None:
    with town.runtime.database.read() as unit:
        unit.connection.exec_driver_sql(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()")


def _deliver_again(town: Town, chance: random.Random, waker: Waker) -> None:
    with town.runtime.database.read() as unit:
        known = list(unit.connection.scalars(sa.select(t.fl_job.c.id).order_by(t.fl_job.c.id.desc()).limit(200)))
    for job in chance.sample(known, min(len(known), 40)):
        waker.wake(job)


def _jump(town: Town, _: random.Random, __: Waker) -> None:
    town.runtime.advance_clock("PT90M")


def _restart(town: Town, chance: random.Random, waker: Waker) -> None:
    """Of the whole server, where it is ours."""
    if town.cluster is None:
        _cut(town, chance, waker)
    else:
        town.cluster.restart()


def finished(town: Town) -> bool:
    """Every contract signed and nothing left to be sent."""
    with suppress(sa.exc.DBAPIError), town.runtime.database.read() as unit:
        done = unit.connection.scalar(sa.select(sa.func.count()).where(t.fl_instance.c.status == "done"))
        left = unit.connection.scalar(sa.select(sa.func.count()).where(t.fl_job.c.status.in_(("queued", "leased"))))
        return done == COUNT and left == 0
    return False


def test_nothing_is_lost_or_doubled(town: Town) -> None:
    started, over = time.monotonic(), threading.Event()

    def approve() -> None:
        try:
            with ThreadPoolExecutor(min(COUNT, HANDS)) as hands:
                list(hands.map(town.people.approve, range(COUNT)))
        finally:
            over.set()

    with ThreadPoolExecutor(1) as everybody:
        approving = everybody.submit(approve)
        strike(town, over)      # here, because a process ends with the thread that started it
        approving.result()
    approved = time.monotonic()
    _expire(town)
    town.runtime.advance_clock("P2D")       # the last hour passes, and whatever was to be tried again later is now
    try:
        until(lambda: finished(town), 90 + COUNT / 4, "everything is finished")
    except AssertionError as late:
        raise AssertionError(f"{late}; {_left(town)}") from None
    _report(town, approved - started, time.monotonic() - approved)
    _check(town)


def _left(town: Town) -> str:
    """What is not finished, and where the processes are."""
    with town.runtime.database.read() as unit:
        ask = unit.connection.execute
        counted = {name: [tuple(row) for row in ask(sa.select(*columns, sa.func.count()).group_by(*columns))]
                   for name, columns in {"instances": (t.fl_instance.c.status,),
                                         "jobs": (t.fl_job.c.kind, t.fl_job.c.status),
                                         "incidents": (t.fl_incident.c.node, t.fl_incident.c.error),
                                         "tasks": (t.fl_task.c.node, t.fl_task.c.status)}.items()}
    return f"{counted}, deaths {[process.deaths for process in (*town.webs, *town.workers)]}"


def _check(town: Town) -> None:
    with town.runtime.reading(SYSTEM) as context:
        ask = context.unit.connection.execute
        contracts = ask(sa.select(context.store.tables["contract"])).all()
        history = Counter((r.instance_id, r.node) for r in ask(sa.select(t.fl_history).where(
            t.fl_history.c.kind == "passed")))
        instances = {r.record_id: r.id for r in ask(sa.select(t.fl_instance)).all()}
        votes = Counter((r.record_id, r.node) for r in ask(sa.select(t.fl_task).where(t.fl_task.c.status == "done")))
        jobs = Counter((r.kind, r.status) for r in ask(sa.select(t.fl_job)))
        stopped = ask(sa.select(t.fl_incident)).all()
    assert len(contracts) == len(instances) == COUNT
    assert [(c.id, c.status, c.risk) for c in contracts] == [(c.id, "signed", f"R{c.id}") for c in contracts]
    assert history == Counter((i, node) for i in instances.values() for node in PASSED)
    assert votes == Counter((c.id, role) for c in contracts for role in APPROVERS)
    assert set(town.receiver.done) == {(path, c.id) for path in ("/charge", "/tell") for c in contracts}
    assert {len(keys) for keys in town.receiver.done.values()} == {1}
    assert jobs == Counter({("external-task", "done"): COUNT, ("settle", "done"): COUNT, ("webhook", "done"): COUNT})
    assert [(row.node, row.error) for row in stopped] == []


def _report(town: Town, approving: float, rest: float) -> None:
    """For whoever runs it by hand: pytest -s."""
    deaths = {"web": sum(p.deaths for p in town.webs), "worker": sum(p.deaths for p in town.workers)}
    sys.stdout.write(
        f"\n{COUNT} contracts approved in {approving:.0f} s, finished {rest:.0f} s later\n"
        f"killed: {deaths}; blows: {dict(town.blows)}\nclicks sent twice: {town.people.repeats}; calls that the"
        f" receiver saw again: {town.receiver.repeated}\n")
