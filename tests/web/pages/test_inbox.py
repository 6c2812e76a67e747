"""Which box and which task the inbox opens by itself."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from werkzeug.security import generate_password_hash

from formloom import installation, settings
from formloom.metadata import loader
from formloom.policy.actor import SYSTEM
from formloom.records import actions
from formloom.runtime import Runtime
from formloom.web import security_accounts
from formloom.web.app import create_app

PACK = Path(__file__).parents[2] / "packs" / "approval"
PASSWORD = "a-long-password"


@pytest.fixture(scope="module")
def approval(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Runtime]:
    runtime = Runtime(settings.from_environment({
        "FORMLOOM_HOME": str(tmp_path_factory.mktemp("approval")), "FORMLOOM_PLUGINS": "", "FORMLOOM_LANGUAGE": "en"}))
    installation.prepare(runtime)
    installation.apply(runtime, PACK, loader.read_pack(PACK))
    with runtime.database.write() as unit:
        security_accounts.create_user(
            unit, username="meg", name="Meg", email="meg@example.com", roles=["sales_manager"],
            password_hash=generate_password_hash(PASSWORD, "pbkdf2:sha256:1"))
    yield runtime
    runtime.database.engine.dispose()


@pytest.fixture(scope="module")
def meg(approval: Runtime) -> FlaskClient:
    app = create_app(approval)
    app.extensions["appbuilder"].sm.limiter.enabled = False
    browser = app.test_client()
    page = browser.get("/login/").text
    browser.post("/login/", data={"username": "meg", "password": PASSWORD, "csrf_token": _token(page)})
    return browser


def _token(page: str) -> str:
    found = re.search(r'name="csrf-token" content="([^"]+)"', page)
    assert found
    return found[1]


def _shown(page: str) -> tuple[str, str]:
    """The box that is open, and what the task that is open is about."""
    box = re.search(r'href="/inbox\?box=(\w+)" aria-pressed="true"', page)
    title = re.search(r'data-work=.*?<h1 class="fl-title">([^<]*)</h1>', page, re.DOTALL)
    return box[1] if box else "", title[1] if title else ""


def test_inbox_opens_what_waits(approval: Runtime, meg: FlaskClient) -> None:
    assert _shown(meg.get("/inbox").text) == ("mine", "")
    with approval.writing(SYSTEM) as context:
        for name in ("First", "Second"):
            made = actions.create(context, "contract", {"name": name, "amount": "10"})
            actions.run(context, "contract", made.id, "submit", {})
    page = meg.get("/inbox").text
    assert _shown(page) == ("offered", "First")
    numbers = re.findall(r'data-task="(\d+)"', page)
    meg.post(f"/tasks/{numbers[1]}/claim", data={"csrf_token": _token(page)})
    assert _shown(meg.get("/inbox").text) == ("mine", "Second")
    assert _shown(meg.get(f"/inbox/{numbers[0]}").text) == ("offered", "First")
