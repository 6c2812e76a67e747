"""The CRM with its demo data on SQLite, behind the real application."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from formloom import installation, settings
from formloom.metadata import loader
from formloom.runtime import Runtime
from formloom.web.app import create_app

ROOT = Path(__file__).parents[3]
PACK = ROOT / "config"

Login = Callable[[str], dict[str, str]]


def installed(home: Path) -> Iterator[Runtime]:
    runtime = Runtime(settings.from_environment({
        "FORMLOOM_HOME": str(home), "FORMLOOM_DEMO": "1", "FORMLOOM_PLUGINS": str(ROOT / "plugins")}))
    installation.prepare(runtime)
    installation.apply(runtime, PACK, loader.read_pack(PACK))
    installation.load_demo(runtime, PACK)
    yield runtime
    runtime.database.engine.dispose()


def without_limits(runtime: Runtime) -> Flask:
    app = create_app(runtime)
    app.extensions["appbuilder"].sm.limiter.enabled = False
    return app


def bearer(app: Flask, username: str) -> dict[str, str]:
    answer: Any = app.test_client().post("/api/v1/security/login", json={
        "username": username, "password": installation.DEMO_PASSWORD, "provider": "db"})
    return {"Authorization": f"Bearer {answer.json['access_token']}", "Accept-Language": "en"}


@pytest.fixture(scope="session")
def crm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Runtime]:
    yield from installed(tmp_path_factory.mktemp("crm"))


@pytest.fixture(scope="session")
def app(crm: Runtime) -> Flask:
    return without_limits(crm)


@pytest.fixture(scope="session")
def fuzzed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """An installation of its own, to be written to at random."""
    for runtime in installed(tmp_path_factory.mktemp("fuzzed")):
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
