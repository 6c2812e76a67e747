"""The mini pack behind the real application, with people who sign in through the login page."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.security import generate_password_hash

from formloom import installation, settings
from formloom.metadata import loader
from formloom.policy.actor import SYSTEM
from formloom.records import actions
from formloom.runtime import Runtime
from formloom.web import security_accounts
from formloom.web.app import create_app

PACKS = Path(__file__).parents[2] / "packs"
PACK = PACKS / "mini"
PASSWORD = "a-long-password"

SignIn = Callable[[str], FlaskClient]


def installed(pack: Path, home: Path, **roles: str) -> Iterator[Runtime]:
    runtime = Runtime(settings.from_environment({
        "FORMLOOM_HOME": str(home), "FORMLOOM_PLUGINS": "", "FORMLOOM_LANGUAGE": "en"}))
    installation.prepare(runtime)
    installation.apply(runtime, pack, loader.read_pack(pack))
    with runtime.database.write() as unit:
        for username, role in roles.items():
            security_accounts.create_user(
                unit, username=username, name=username.title(), email=f"{username}@example.com", roles=[role],
                password_hash=generate_password_hash(PASSWORD, "pbkdf2:sha256:1"))
    yield runtime
    runtime.close()


def _app(runtime: Runtime) -> Flask:
    app = create_app(runtime)
    app.extensions["appbuilder"].sm.limiter.enabled = False
    return app


def _sign_in(app: Flask) -> SignIn:
    known: dict[str, FlaskClient] = {}

    def client(username: str) -> FlaskClient:
        if username not in known:
            browser = app.test_client()
            browser.post("/login/", data={
                "username": username, "password": PASSWORD, "csrf_token": token(browser, "/login/")})
            known[username] = browser
        return known[username]

    return client


def page_data(client: FlaskClient, address: str, holder: str = "design-data") -> Any:
    """What a page hands to its script."""
    found = re.search(rf'id="{holder}"[^>]*>(.*?)</script>', client.get(address).text, re.DOTALL)
    assert found
    return json.loads(found[1])


def sign_in_to(runtime: Runtime) -> SignIn:
    return _sign_in(_app(runtime))


@pytest.fixture(scope="session")
def mini(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Runtime]:
    yield from installed(PACK, tmp_path_factory.mktemp("mini"), rita="rep", ron="rep", mona="manager")


@pytest.fixture(scope="session")
def mini_app(mini: Runtime) -> Flask:
    return _app(mini)


@pytest.fixture(scope="session")
def sign_in(mini_app: Flask) -> SignIn:
    return _sign_in(mini_app)


@pytest.fixture(scope="session")
def approval(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Runtime]:
    """Contracts that are approved: Meg is the sales manager, Ada administers."""
    home = tmp_path_factory.mktemp("approval")
    yield from installed(PACKS / "approval", home, meg="sales_manager", ada="administrator")


@pytest.fixture(scope="session")
def approval_app(approval: Runtime) -> Flask:
    return _app(approval)


@pytest.fixture(scope="session")
def approval_sign_in(approval_app: Flask) -> SignIn:
    return _sign_in(approval_app)


@pytest.fixture
def deals(mini: Runtime) -> Iterator[list[int]]:
    """Three drafts of Rita's, gone after the test."""
    with mini.database.read() as unit:
        rita = unit.connection.exec_driver_sql("SELECT id FROM ab_user WHERE username = 'rita'").scalar_one()
    with mini.writing(SYSTEM) as context:
        customer = actions.create(context, "customer", {"name": "Acme", "owner": rita}).id
        made = [actions.create(context, "deal", {
            "name": name, "customer": customer, "owner": rita,
            "lines": [{"product": "Drill", "quantity": "1", "price": price}]}).id
            for name, price in (("Alpha deal", "100"), ("Beta deal", "2000"), ("=Gamma()", "30000"))]
    yield made
    with mini.writing(SYSTEM) as context:
        for page in (actions.list(context, "deal"), actions.list(context, "customer")):
            for record in page.records:
                actions.delete(context, record.entity, record.id)


def token(browser: FlaskClient, address: str) -> str:
    """The token that a page's forms carry."""
    found = re.search(r'name="csrf-token" content="([^"]+)"', browser.get(address).text)
    assert found, address
    return found[1]
