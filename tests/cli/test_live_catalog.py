"""A pack applied beside running web processes: all of them take it up, and nobody's request fails meanwhile."""

from __future__ import annotations

import json
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection
from pathlib import Path
from time import monotonic
from typing import Any
from uuid import uuid4

import pytest
import sqlalchemy as sa

from .conftest import ROOT, Server, children_of, until

POSTGRES, REDIS = "postgresql://postgres@127.0.0.1:5432/", "redis://127.0.0.1:6379/15"
SECONDS = 10.0
VISIT = """
entity: site_visit
label: {en: Site visit, zh: 现场拜访}
plural: {en: Site visits, zh: 现场拜访}
title: subject
owner: owner
fields:
  subject: {type: text, required: true, label: {en: Visit subject, zh: 拜访主题}}
  account: {type: reference, entity: account, label: {en: Account, zh: 客户}}
  owner: {type: user, default: user.id, label: {en: Owner, zh: 负责人}}
"""
GRANT = "  site_visit: {create: true, read: owner = user.id, update: owner = user.id}\n"


@dataclass
class Door:
    """Connections to a chosen one of several web processes, told apart by who holds the other end."""

    port: int
    workers: frozenset[int]

    @contextmanager
    def to(self, pid: int) -> Iterator[HTTPConnection]:
        """An open connection that this process has accepted; new ones are made until it has."""
        end = monotonic() + SECONDS
        while monotonic() < end:
            with closing(HTTPConnection("127.0.0.1", self.port, timeout=10)) as connection:
                assert say(connection, "GET", "/healthz")[0] == 200
                if self._holder(connection) == pid:
                    yield connection
                    return
        raise AssertionError(f"process {pid} accepts no connection")

    def statuses(self, path: str, token: str) -> set[int]:
        """What the processes answer, each asked once."""
        found = set()
        for pid in self.workers:
            with self.to(pid) as connection:
                found.add(say(connection, "GET", path, token)[0])
        return found

    def _holder(self, connection: HTTPConnection) -> int:
        ours = f":{connection.sock.getsockname()[1]:04X}"
        rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
        inode = next(row[9] for row in rows if row[1].endswith(f":{self.port:04X}") and row[2].endswith(ours))
        return next(pid for pid in self.workers if f"socket:[{inode}]" in held_by(pid))


def held_by(pid: int) -> set[str]:
    found = set()
    for descriptor in Path(f"/proc/{pid}/fd").iterdir():
        try:
            found.add(str(descriptor.readlink()))
        except FileNotFoundError:      # closed while we looked
            continue
    return found


def say(connection: HTTPConnection, method: str, path: str, token: str = "", body: Any = None) -> tuple[int, str]:
    headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {token}"} if token else {})
    connection.request(method, path, None if body is None else json.dumps(body), headers)
    answer = connection.getresponse()
    return answer.status, answer.read().decode()


@dataclass
class Hammer:
    """Somebody who reads a list again and again, on a new connection each time."""

    port: int
    token: str
    answers: list[int] = field(default_factory=list)
    stopping: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        while not self.stopping.wait(0.02):
            with closing(HTTPConnection("127.0.0.1", self.port, timeout=10)) as connection:
                self.answers.append(say(connection, "GET", "/api/v1/records/account?page_size=5", self.token)[0])

    @contextmanager
    def at_work(self) -> Iterator[list[int]]:
        threads = [threading.Thread(target=self.run) for _ in range(2)]
        for thread in threads:
            thread.start()
        try:
            yield self.answers
        finally:
            self.stopping.set()
            for thread in threads:
                thread.join()


@pytest.fixture
def database_url() -> Iterator[str]:
    name = f"fl_test_{uuid4().hex}"
    server = sa.create_engine(POSTGRES.replace("://", "+psycopg://") + "postgres", isolation_level="AUTOCOMMIT")
    with server.connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name}")
        yield POSTGRES + name
        connection.exec_driver_sql(f"DROP DATABASE {name} WITH (FORCE)")
    server.dispose()


@pytest.fixture
def crm_pack(tmp_path: Path) -> Path:
    return Path(shutil.copytree(ROOT / "config", tmp_path / "crm"))


@pytest.fixture
def server(serve: Callable[..., Server], crm_pack: Path, database_url: str) -> Iterator[Server]:
    running = serve(crm_pack, FORMLOOM_DATABASE_URL=database_url, FORMLOOM_REDIS_URL=REDIS, FORMLOOM_WEB_PROCESSES="2")
    assert running.ready(), "".join(running.lines)
    yield running
    assert running.stop() == 0


def web_processes(server: Server) -> frozenset[int]:
    return frozenset(pid for child in server.children() for pid in children_of(child))


def test_new_entity_reaches_every_running_process(server: Server, crm_pack: Path) -> None:
    assert until(lambda: len(web_processes(server)) == 2, SECONDS)
    door, rep, legal = Door(server.port, web_processes(server)), server.token("sales1"), server.token("legal")
    list_path = "/api/v1/records/site_visit"
    assert door.statuses(list_path, rep) == {404}

    (crm_pack / "entities" / "site_visit.yaml").write_text(VISIT)
    role = crm_pack / "roles" / "sales_rep.yaml"
    role.write_text(role.read_text().rstrip() + "\n" + GRANT)
    with Hammer(server.port, rep).at_work() as answers:
        assert until(lambda: len(answers) > 20, SECONDS)
        assert "In force" in server.command("apply", str(crm_pack), "--yes")
        applied = monotonic()
        assert until(lambda: door.statuses(list_path, rep) == {200}, SECONDS)
        print(f"in force everywhere {monotonic() - applied:.2f} s after apply ended")
        so_far = len(answers)
        assert until(lambda: len(answers) > so_far + 20, SECONDS)
    assert set(answers) == {200}

    for pid in door.workers:
        with door.to(pid) as connection:
            check_everything(connection, rep, legal, f"Visit through {pid}")
    for pid in door.workers:
        with door.to(pid) as connection:
            items = json.loads(say(connection, "GET", list_path, rep)[1])["items"]
            assert {item["subject"] for item in items} == {f"Visit through {made_by}" for made_by in door.workers}


def check_everything(connection: HTTPConnection, rep: str, legal: str, subject: str) -> None:
    """Pages, API, rules and description of the new entity, all by one process."""
    status, page = say(connection, "GET", "/records/site_visit", rep)
    assert (status, "现场拜访" in page) == (200, True)
    status, form = say(connection, "GET", "/records/site_visit/new", rep)
    assert (status, "拜访主题" in form) == (200, True)

    status, made = say(connection, "POST", "/api/v1/records/site_visit", rep, {"subject": subject})
    assert status == 201, made
    address = f"/api/v1/records/site_visit/{json.loads(made)['id']}"
    assert json.loads(say(connection, "GET", address, rep)[1])["subject"] == subject

    for path in (address, "/api/v1/records/site_visit", "/records/site_visit"):
        assert say(connection, "GET", path, legal)[0] in (403, 404), path
    assert say(connection, "POST", "/api/v1/records/site_visit", legal, {"subject": subject})[0] in (403, 404)

    described = json.loads(say(connection, "GET", "/api/v1/openapi.json", rep)[1])
    assert {"/api/v1/records/site_visit", "/api/v1/records/site_visit/{id}"} <= set(described["paths"])
    assert "subject" in described["components"]["schemas"]["site_visit"]["properties"]
    hidden = json.loads(say(connection, "GET", "/api/v1/openapi.json", legal)[1])
    assert not [path for path in hidden["paths"] if "site_visit" in path]
