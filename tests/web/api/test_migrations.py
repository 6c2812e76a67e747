"""The move of running instances over the API: for administrators, with a reason for each that stays."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from flask.testing import FlaskClient

from formloom.metadata import loader
from formloom.policy.actor import SYSTEM
from formloom.records import actions
from formloom.runtime import Runtime
from formloom.workflow import definitions, instances
from tests.web.api.conftest import without_limits
from tests.web.pages import conftest as pages

KEY, PACK = "contract_approval", pages.PACKS / "approval"
BASE = f"/api/v1/processes/{KEY}"
Ask = Callable[..., Any]


@pytest.fixture
def runtime(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Runtime]:
    """Two contracts at their first review; since then the step was renamed."""
    for made in pages.installed(PACK, tmp_path_factory.mktemp("migrations"), ada="administrator", lena="legal"):
        with made.writing(SYSTEM) as context:
            for name in ("one", "two"):
                record = actions.create(context, "contract", {"name": name, "amount": 500})
                instances.start(context, definitions.current(context, KEY), ("contract", record.id))
        made.publish([replace(source, text=source.text.replace("manager_review", "manager_check"))
                      for source in loader.read_pack(PACK)])
        yield made


@pytest.fixture
def ask(runtime: Runtime) -> Ask:
    browser: FlaskClient = without_limits(runtime).test_client()

    def asked(who: str, path: str, body: Any = None) -> Any:
        token: Any = browser.post("/api/v1/security/login", json={
            "username": who, "password": pages.PASSWORD, "provider": "db"}).json
        headers = {"Authorization": f"Bearer {token['access_token']}", "Accept-Language": "en"}
        if body is None:
            return browser.get(path, headers=headers)
        return browser.post(path, headers=headers, json=body)

    return asked


def _old(ask: Ask) -> str:
    return str(next(v["hash"] for v in ask("ada", f"{BASE}/versions").json["items"] if v["running"]))


def test_dry_run_says_what_is_missing(ask: Ask) -> None:
    told = ask("ada", f"{BASE}/migrations", {"from": _old(ask)[:12], "dry_run": True}).json
    assert told["counts"] == {"moves": 0, "mapping": 2, "cannot": 0}
    assert told["missing"][0]["suggested"] == "manager_check"
    assert told["items"][0]["reasons"][0]["code"] == "missing"


def test_chosen_instance_moves_and_comes_back(ask: Ask) -> None:
    body = {"from": _old(ask), "map": {"manager_review": "manager_check"}, "instances": [2]}
    assert ask("ada", f"{BASE}/migrations", body).json["items"] == [{"instance": 2, "moved": True, "reasons": []}]
    assert [v["running"] for v in ask("ada", f"{BASE}/versions").json["items"]] == [1, 1]
    assert ask("ada", "/api/v1/processes/instances/2/migrations/undo", {}).json == {"instance": 2, "undone": True}
    assert ask("ada", "/api/v1/processes/instances/2/migrations/undo", {}).status_code == 409
    assert [v["running"] for v in ask("ada", f"{BASE}/versions").json["items"]] == [0, 2]


def test_statistics_are_told_by_element(ask: Ask) -> None:
    found = {item["node"]: item for item in ask("ada", f"{BASE}/statistics?days=1").json["items"]}
    assert (found["manager_review"]["now"], found["submitted"]["count"]) == (2, 2)


@pytest.mark.parametrize(("path", "body"), [
    ("versions", None), ("statistics", None), ("migrations", {"from": "a", "dry_run": True}),
    ("migrations", {"from": "a"})])
def test_others_learn_nothing(ask: Ask, path: str, body: Any) -> None:
    given = body and {**body, "from": _old(ask)}
    assert ask("lena", f"{BASE}/{path}", given).status_code == 403


def test_others_take_nothing_back(ask: Ask) -> None:
    assert ask("lena", "/api/v1/processes/instances/1/migrations/undo", {}).status_code == 403


@pytest.mark.parametrize("body", [
    {}, [], {"from": 7}, {"from": "a", "more": 1}, {"from": "ffffffff"}, {"from": "", "map": {}},
    {"from": "a", "map": {"nowhere": "manager_check"}}])
def test_nonsense_is_refused(ask: Ask, body: Any) -> None:
    assert ask("ada", f"{BASE}/migrations", body).status_code in (400, 415)


@pytest.mark.parametrize("days", ["0", "-1", "x", "99999", "³"])
def test_period_is_a_number_of_days(ask: Ask, days: str) -> None:
    assert ask("ada", f"{BASE}/statistics?days={days}").status_code == 400


def test_unknown_process_is_not_found(ask: Ask) -> None:
    assert ask("ada", "/api/v1/processes/nothing/versions").status_code == 404
