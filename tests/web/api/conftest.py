"""The CRM with its demo data on SQLite and on PostgreSQL, behind the real application."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from formloom import installation, settings
from formloom.metadata import loader
from formloom.runtime import Runtime
from formloom.web.app import create_app

ROOT = Path(__file__).parents[3]
PACK = ROOT / "config"
SERVER = "postgresql://postgres@127.0.0.1:5432/"

Login = Callable[[str], dict[str, str]]


@dataclass(frozen=True)
class Installed:
    """An installation with its demo data that nobody runs; what runs are copies of it."""

    home: Path
    database: str = ""      # on PostgreSQL

    @contextmanager
    def copied(self, home: Path) -> Iterator[Runtime]:
        shutil.copytree(self.home, home, dirs_exist_ok=True)
        if not self.database:
            yield from opened(home, "")
            return
        with fresh_database(self.database) as name:
            yield from opened(home, name)


@contextmanager
def fresh_database(template: str = "template1") -> Iterator[str]:
    name = f"fl_test_{uuid4().hex}"
    server = sa.create_engine(SERVER.replace("://", "+psycopg://") + "postgres", isolation_level="AUTOCOMMIT")
    with server.connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name} TEMPLATE {template}")
        try:
            yield name
        finally:
            connection.exec_driver_sql(f"DROP DATABASE {name} WITH (FORCE)")
    server.dispose()


def opened(home: Path, database: str) -> Iterator[Runtime]:
    runtime = Runtime(settings.from_environment({
        "FORMLOOM_HOME": str(home), "FORMLOOM_DEMO": "1", "FORMLOOM_PLUGINS": str(ROOT / "plugins"),
        "FORMLOOM_DATABASE_URL": SERVER + database if database else ""}))
    yield runtime
    runtime.close()


def install(home: Path, database: str) -> None:
    for runtime in opened(home, database):
        installation.prepare(runtime)
        installation.apply(runtime, PACK, loader.read_pack(PACK))
        installation.load_demo(runtime, PACK)


def without_limits(runtime: Runtime) -> Flask:
    app = create_app(runtime)
    app.extensions["appbuilder"].sm.limiter.enabled = False
    return app


def bearer(app: Flask, username: str) -> dict[str, str]:
    answer: Any = app.test_client().post("/api/v1/security/login", json={
        "username": username, "password": installation.DEMO_PASSWORD, "provider": "db"})
    return {"Authorization": f"Bearer {answer.json['access_token']}", "Accept-Language": "en"}


@pytest.fixture(scope="session", params=["sqlite", "postgresql"])
def installed(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installed]:
    home = tmp_path_factory.mktemp("installed")
    if request.param == "sqlite":
        install(home, "")
        yield Installed(home)
        return
    with fresh_database() as name:
        install(home, name)
        yield Installed(home, name)


@pytest.fixture(scope="session")
def crm(installed: Installed, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Runtime]:
    with installed.copied(tmp_path_factory.mktemp("crm")) as runtime:
        yield runtime


@pytest.fixture(scope="session")
def app(crm: Runtime) -> Flask:
    return without_limits(crm)


@pytest.fixture(scope="session")
def fuzzed(installed: Installed, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """An installation of its own, to be written to at random."""
    with installed.copied(tmp_path_factory.mktemp("fuzzed")) as runtime:
        yield without_limits(runtime)


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture(scope="session")
def login(app: Flask) -> Login:
    """The headers of a person; one login each."""
    known: dict[str, dict[str, str]] = {}

    def headers(username: str) -> dict[str, str]:
        if username not in known:
            known[username] = bearer(app, username)
        return known[username]

    return headers
