"""Pages of operations: how processes do, and the move of what runs to another version."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from formloom.metadata import loader
from formloom.policy.actor import SYSTEM
from formloom.records import actions
from formloom.runtime import Runtime
from formloom.storage import platform_tables as t
from formloom.web.app import create_app
from formloom.workflow import definitions, instances
from tests.web.pages.conftest import PACKS, SignIn, installed, sign_in_to, token

KEY, PACK = "contract_approval", PACKS / "approval"


@pytest.fixture
def runtime(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Runtime]:
    """One contract at its first review; since then the step was renamed."""
    for made in installed(PACK, tmp_path_factory.mktemp("monitoring"), ada="administrator", lena="legal"):
        with made.writing(SYSTEM) as context:
            record = actions.create(context, "contract", {"name": "Rollout", "amount": 500})
            instances.start(context, definitions.current(context, KEY), ("contract", record.id))
        made.publish([replace(source, text=source.text.replace("manager_review", "manager_check"))
                      for source in loader.read_pack(PACK)])
        yield made


@pytest.fixture
def sign_in(runtime: Runtime) -> SignIn:
    return sign_in_to(runtime)


@pytest.fixture
def ada(sign_in: SignIn) -> FlaskClient:
    return sign_in("ada")


def _post(browser: FlaskClient, path: str, **data: str) -> str:
    answer = browser.post(path, data={"csrf_token": token(browser, "/monitoring"), **data}, follow_redirects=True)
    assert answer.status_code == 200, answer.text
    return answer.text


def _versions(page: str) -> dict[str, str]:
    return {name: re.findall(rf'name="{name}".*?value="([0-9a-f]+)" selected', page, re.DOTALL)[0]
            for name in ("from", "to")}


@pytest.mark.parametrize("path", [
    "/monitoring", f"/monitoring/{KEY}", f"/monitoring/{KEY}/migrate", f"/monitoring/{KEY}/diagram.bpmn"])
def test_pages_are_for_administrators(sign_in: SignIn, path: str) -> None:
    assert sign_in("lena").get(path).status_code == 403
    assert sign_in("ada").get(path).status_code == 200


def test_move_and_undo_are_for_administrators(sign_in: SignIn, runtime: Runtime) -> None:
    lena = sign_in("lena")
    given = {"csrf_token": token(lena, "/inbox"), "from": "", "to": ""}
    assert lena.post(f"/monitoring/{KEY}/migrate", data=given).status_code == 403
    assert lena.post(f"/monitoring/{KEY}/migrate/undo", data=given).status_code == 403
    assert lena.post("/processes/1/migration/undo", data=given).status_code == 403


def test_forged_moves_are_refused(ada: FlaskClient) -> None:
    assert ada.post(f"/monitoring/{KEY}/migrate", data={"from": "a", "to": "b"}).status_code == 400


def test_step_that_is_gone_is_suggested_and_moved(ada: FlaskClient, runtime: Runtime) -> None:
    page = ada.get(f"/monitoring/{KEY}/migrate").text
    assert re.search(r'value="manager_check" selected', page)
    chosen = _versions(page)
    looked = ada.get(f"/monitoring/{KEY}/migrate", query_string={**chosen, "map.manager_review": "manager_check"}).text
    assert "Move one" in looked
    assert "One was moved." in _post(ada, f"/monitoring/{KEY}/migrate", **chosen,
                                     **{"map.manager_review": "manager_check"})
    shown = ada.get("/processes/1").text
    assert "moved it to another version" in shown
    assert "Moves between versions" in shown
    assert "back on the earlier version" in _post(ada, f"/monitoring/{KEY}/migrate/undo", **chosen)
    with runtime.reading(SYSTEM) as context:
        assert instances.get(context, 1).hash == chosen["from"]


def test_unknown_version_is_refused(ada: FlaskClient) -> None:
    assert ada.get(f"/monitoring/{KEY}/migrate?from=ffff").status_code == 400


def test_unknown_process_is_not_there(ada: FlaskClient) -> None:
    assert ada.get("/monitoring/nothing").status_code == 404


@pytest.mark.parametrize("measure", ["count", "now", "half", "most", "failures", "nonsense"])
def test_map_says_the_same_in_words(ada: FlaskClient, measure: str) -> None:
    page = ada.get(f"/monitoring/{KEY}?measure={measure}&days=7").text
    assert "Manager reviews" in page
    assert "in another version" in page


def test_stuck_process_is_told_with_a_way_out(ada: FlaskClient, runtime: Runtime) -> None:
    assert "stuck" not in ada.get("/monitoring").text
    with runtime.database.write() as unit:
        unit.connection.execute(sa.delete(t.fl_task))
    page = ada.get("/monitoring").text
    assert "One process is stuck" in page
    assert 'href="/processes/1"' in page


def test_data_is_for_administrators(sign_in: SignIn) -> None:
    assert "Data of the process" in sign_in("ada").get("/processes/1").text
    assert "Data of the process" not in sign_in("lena").get("/processes/1").text


# -- metrics ----------------------------------------------------------------------------------------------------------


def test_metrics_count_what_runs(runtime: Runtime, ada: FlaskClient) -> None:
    told = ada.get("/metrics").text
    assert f'formloom_process_instances{{process="{KEY}",state="running"}} 1\n' in told
    assert f'formloom_tasks_open{{process="{KEY}"}} 1\n' in told
    assert "# TYPE formloom_timer_lag_seconds gauge\n" in told


def test_metrics_are_not_for_others(runtime: Runtime) -> None:
    def asked(settings: dict[str, str], address: str = "127.0.0.1", **headers: str) -> int:
        runtime.settings = replace(runtime.settings, **settings)
        stranger = create_app(runtime).test_client()
        return int(stranger.get("/metrics", headers=headers, environ_base={"REMOTE_ADDR": address}).status_code)

    assert asked({}, "10.0.0.7") == 403
    assert asked({}, **{"X-Forwarded-For": "10.0.0.7"}) == 403
    assert asked({"public_url": "https://crm.example.com"}) == 403
    assert asked({"metrics_token": "secret"}) == 403
    assert asked({}, Authorization="Bearer wrong") == 403
    assert asked({}, "10.0.0.7", Authorization="Bearer secret") == 200
