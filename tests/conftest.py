"""A small pack on a real database, with people in it: what records, policy and forms are tested on."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import sqlalchemy as sa
from playwright.sync_api import Browser, sync_playwright

from formloom import installation, settings
from formloom.jobs import runner
from formloom.metadata import builtin_types, compiler, loader
from formloom.metadata.catalog import Catalog
from formloom.policy.actor import SYSTEM, Actor
from formloom.policy.policy import Policy
from formloom.records.context import Context
from formloom.records.events import Event, Listener
from formloom.runtime import Runtime
from formloom.storage import tables
from formloom.storage.database import Database, Unit
from formloom.storage.platform_tables import fl_job
from formloom.storage.platform_tables import metadata as platform_metadata
from formloom.storage.store import Store
from formloom.workflow.decisions import library

_SERVER = "postgresql+psycopg://postgres@127.0.0.1:5432/"
_ACCOUNTS = (
    "CREATE TABLE ab_user (id INTEGER PRIMARY KEY, first_name TEXT, last_name TEXT, username TEXT, password TEXT,"
    " active BOOLEAN, email TEXT)",
    "CREATE TABLE ab_role (id INTEGER PRIMARY KEY, name TEXT)",
    "CREATE TABLE ab_user_role (user_id INTEGER, role_id INTEGER)",
    "CREATE TABLE ab_user_group (user_id INTEGER, group_id INTEGER)",
    "CREATE TABLE ab_group_role (group_id INTEGER, role_id INTEGER)",
)
ROOT = Path(__file__).parents[1]
Open = Callable[[], Runtime]
CHROMIUM_FLAGS = ("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
                  "--disable-background-networking", "--disable-component-update", "--disable-sync")


def person(user_id: int, username: str, *roles: str, **more: Any) -> Actor:
    return Actor(user_id=user_id, username=username, name=username.title(), roles=frozenset(roles),
                 **{"team_members": frozenset({user_id}), "timezone": "UTC", **more})


PEOPLE = {
    1: person(1, "rita", "rep"), 2: person(2, "ron", "rep"), 3: person(3, "mona", "manager"),
    4: person(4, "nobody"), 5: person(5, "rex", "rep", "manager"),
}


@dataclass(repr=False)
class Bench:
    """One pack on one database; each `reading` and `writing` is a transaction of its own."""

    database: Database
    catalog: Catalog
    files: Path
    now: datetime = datetime(2026, 3, 2, 9, tzinfo=UTC)
    events: list[Event] = field(default_factory=list)
    listeners: list[Listener] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.tables = tables.build(self.catalog)
        self.store, self.policy = Store(self.catalog, self.tables), Policy(self.catalog)
        self.decisions = library.read_all(self.catalog)[0]
        self.listeners.append(lambda _, event: self.events.append(event))

    def actor(self, who: str) -> Actor:
        if who == "system":
            return SYSTEM
        if who == "admin":
            return replace(PEOPLE[4], admin=True)
        return next(actor for actor in PEOPLE.values() if actor.username == who)

    @contextmanager
    def reading(self, who: str | Actor = "system") -> Iterator[Context]:
        with self.database.read() as unit:
            yield self._context(unit, who)

    @contextmanager
    def writing(self, who: str | Actor = "system") -> Iterator[Context]:
        with self.database.write() as unit:
            yield self._context(unit, who)

    def _context(self, unit: Unit, who: str | Actor) -> Context:
        return Context(
            catalog=self.catalog, store=self.store, policy=self.policy, unit=unit, now=self.now, files=self.files,
            actor=who if isinstance(who, Actor) else self.actor(who), listeners=tuple(self.listeners),
            definitions={}, service_tasks={}, decisions=self.decisions)

    def settle_in(self) -> None:
        """Tables, accounts and people."""
        self.database.upgrade()
        with self.database.write() as unit:
            for statement in _ACCOUNTS:
                unit.connection.exec_driver_sql(statement)
            self.tables.metadata.create_all(unit.connection)
            for actor in PEOPLE.values():
                unit.connection.execute(
                    sa.text("INSERT INTO ab_user VALUES (:id, :name, '', :username, 'x', true, '')"),
                    {"id": actor.user_id, "name": actor.name, "username": actor.username})

    def clear(self) -> None:
        """No records and nothing about them; the people stay."""
        self.events.clear()
        with self.database.write() as unit:
            for table in reversed(self.tables.metadata.sorted_tables):
                if table.name.startswith(("e_", "j_")):
                    unit.connection.execute(sa.delete(table))
            for table in reversed(platform_metadata.sorted_tables):
                unit.connection.execute(sa.delete(table))


@contextmanager
def fresh_database(dialect: str, folder: Path) -> Iterator[Database]:
    if dialect == "sqlite":
        yield from _opened(f"sqlite:///{folder / 'test.db'}")
        return
    name = f"fl_test_{uuid4().hex}"
    server = sa.create_engine(_SERVER + "postgres", isolation_level="AUTOCOMMIT")
    with server.connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name}")
        try:
            yield from _opened(_SERVER + name)
        finally:
            connection.exec_driver_sql(f"DROP DATABASE {name} WITH (FORCE)")
    server.dispose()


def _opened(url: str) -> Iterator[Database]:
    database = Database(url)
    try:
        yield database
    finally:
        database.engine.dispose()


def _settled(dialect: str, pack: Path, folder: Path) -> Iterator[Bench]:
    with fresh_database(dialect, folder) as database:
        bench = Bench(database, compiler.compile(loader.read_pack(pack), builtin_types.TYPES), folder / "files")
        bench.settle_in()
        yield bench


@pytest.fixture(scope="session", params=["sqlite", "postgresql"])
def mini_bench(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    yield from _settled(request.param, ROOT / "tests" / "packs" / "mini", tmp_path_factory.mktemp("mini"))


@pytest.fixture(scope="session", params=["sqlite", "postgresql"])
def crm_bench(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    yield from _settled(request.param, ROOT / "config", tmp_path_factory.mktemp("crm_bench"))


@pytest.fixture
def mini(mini_bench: Bench) -> Bench:
    """The pack tests/packs/mini on SQLite and on PostgreSQL, empty: rita and ron are reps, mona is the manager."""
    mini_bench.clear()
    return mini_bench


@pytest.fixture
def crm(crm_bench: Bench) -> Bench:
    """The CRM pack, empty."""
    crm_bench.clear()
    return crm_bench


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One Chromium for all tests of pages: Playwright runs once in a process."""
    with sync_playwright() as playwright:
        chromium = os.environ.get("FORMLOOM_TEST_CHROMIUM", "/usr/bin/chromium")
        opened = playwright.chromium.launch(executable_path=chromium, args=list(CHROMIUM_FLAGS))
        yield opened
        opened.close()


@pytest.fixture
def pack(tmp_path: Path) -> Path:
    """A copy of the small pack, to be edited."""
    return Path(shutil.copytree(ROOT / "tests" / "packs" / "mini", tmp_path / "pack"))


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'runtime.db'}"
        return
    name = f"fl_test_{uuid4().hex}"
    server = sa.create_engine(_SERVER + "postgres", isolation_level="AUTOCOMMIT")
    with server.connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name}")
        yield _SERVER.replace("+psycopg", "") + name
        connection.exec_driver_sql(f"DROP DATABASE {name} WITH (FORCE)")
    server.dispose()


@pytest.fixture
def processes(url: str, tmp_path: Path) -> Iterator[Open]:
    """Opens the same installation again and again, each as another process would."""
    opened: list[Runtime] = []

    def another() -> Runtime:
        opened.append(Runtime(settings.from_environment({
            "FORMLOOM_HOME": str(tmp_path / "home"), "FORMLOOM_DATABASE_URL": url, "FORMLOOM_DEMO": "1",
            "FORMLOOM_PLUGINS": str(ROOT / "plugins")})))
        return opened[-1]

    yield another
    for runtime in opened:
        runtime.close()


@pytest.fixture
def runtime(processes: Open, pack: Path) -> Runtime:
    """The small pack in force."""
    runtime = processes()
    installation.prepare(runtime)
    installation.apply(runtime, pack, loader.read_pack(pack))
    return runtime


def work(runtime: Runtime, kind: str) -> None:
    """What a worker does with the jobs of this kind that wait."""
    with runtime.database.read() as unit:
        jobs = unit.connection.scalars(sa.select(fl_job.c.id).where(fl_job.c.kind == kind).order_by(fl_job.c.id)).all()
    for job in jobs:
        runner.run(runtime.database, job, runtime.job_handlers, runtime.now())
