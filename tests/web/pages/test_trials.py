"""Test runs and simulations in the browser: for administrators only, and nothing is written by looking."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from io import BytesIO
from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from formloom.policy.actor import SYSTEM
from formloom.records import actions
from formloom.runtime import Runtime
from formloom.storage import drafts
from formloom.storage.platform_tables import metadata as platform_metadata
from formloom.workflow import tasks
from formloom.workflow.simulation.queue import AT_ONCE

from .conftest import SignIn, token

TEST, SIMULATE = "/processes/contract_approval/test", "/processes/contract_approval/simulate"
JSON = [f"{TEST}/trace", f"{SIMULATE}/run"]


@pytest.fixture
def ada(approval_sign_in: SignIn) -> FlaskClient:
    return approval_sign_in("ada")


@pytest.fixture
def contract(approval: Runtime) -> Iterator[int]:
    with approval.writing(SYSTEM) as context:
        number = actions.create(context, "contract", {"name": "Press line", "amount": "600000", "status": "draft"}).id
    yield number
    with approval.writing(SYSTEM) as context:
        actions.delete(context, "contract", number)
        context.unit.connection.execute(sa.text("DELETE FROM fl_instance"))
        context.unit.connection.execute(sa.text("DELETE FROM fl_simulation"))


def rows(runtime: Runtime) -> dict[str, int]:
    tables = [*platform_metadata.sorted_tables, *runtime.model().tables.metadata.sorted_tables]
    with runtime.database.read() as unit:
        return {table.name: int(unit.connection.scalar(sa.select(sa.func.count()).select_from(table)) or 0)
                for table in tables}


def send(client: FlaskClient, address: str, **fields: Any) -> Any:
    return client.post(address, data={"csrf_token": token(client, TEST), **fields},
                       content_type="multipart/form-data")


def ask(client: FlaskClient, address: str, body: Any) -> Any:
    return client.post(address, json=body, headers={"X-CSRFToken": token(client, TEST)})


def moves(page: str) -> str:
    found = re.search(r'name="moves" value="([^"]*)"', page)
    assert found
    return found[1].replace("&#34;", '"')


def run_cases(runtime: Runtime, number: int, cases: int) -> None:
    """Small contracts, approved by whoever administers."""
    for index in range(cases):
        with runtime.writing(SYSTEM) as context:
            record = actions.create(
                context, "contract", {"name": f"小额合同 {index}", "amount": "100", "status": "draft"})
            actions.run(context, "contract", record.id, "submit")
            task = next(one for one in tasks.of_record(context, "contract", record.id) if one.open)
            context.unit.connection.execute(sa.text("UPDATE fl_task SET role = 'administrator' WHERE id = :id"),
                                            {"id": task.id})
    with runtime.database.read() as unit:
        ada = unit.connection.exec_driver_sql("SELECT id FROM ab_user WHERE username = 'ada'").scalar_one()
    account = runtime.account(ada)
    assert account is not None
    with runtime.writing(account.actor) as context:
        for task in tasks.inbox(context, "offered", page_size=200).tasks:
            tasks.complete(context, task.id, "approve")


@pytest.mark.parametrize("address", [TEST, SIMULATE])
def test_others_may_not_look(approval_sign_in: SignIn, ada: FlaskClient, address: str) -> None:
    assert ada.get(address).status_code == 200
    assert approval_sign_in("meg").get(address).status_code == 403
    assert approval_sign_in("ada").application.test_client().get(address).status_code == 302


@pytest.mark.parametrize("address", [TEST, SIMULATE, f"{SIMULATE}/1/cancel", *JSON])
def test_others_may_not_try(approval_sign_in: SignIn, ada: FlaskClient, address: str) -> None:
    meg = approval_sign_in("meg")
    assert meg.post(address, json={}, headers={"X-CSRFToken": token(meg, "/")}).status_code == 403
    assert ada.post(address, json={}).status_code == 400        # forged


@pytest.mark.parametrize("address", ["/processes/nothing/test", "/processes/nothing/simulate", f"{SIMULATE}/99/result"])
def test_unknown_addresses_are_not_found(ada: FlaskClient, address: str) -> None:
    assert ada.get(address).status_code == 404


def test_steps_are_pressed_one_by_one(approval: Runtime, ada: FlaskClient, contract: int) -> None:
    before = rows(approval)
    first = send(ada, TEST, record=str(contract), begin="submit", move="start")
    assert "Manager reviews" in first.text
    second = send(ada, TEST, record=str(contract), begin="submit", moves=moves(first.text),
                  move="complete:manager_review:approve")
    assert all(words in second.text for words in ("Legal reviews", "Finance reviews", "t.legal_review.risk"))
    back = send(ada, TEST, record=str(contract), begin="submit", moves=moves(second.text), move="undo")
    assert "Legal reviews" not in re.sub(r"<textarea.*?</textarea>", "", back.text, flags=re.DOTALL)
    ended = send(ada, TEST, record=str(contract), begin="submit", move="finish", **{"v.risk": "low"})
    assert "The process has ended" in ended.text
    assert "Contract would change" in ended.text
    assert rows(approval) == before


def test_refused_move_keeps_what_was_there(ada: FlaskClient, contract: int) -> None:
    refused = send(ada, TEST, record=str(contract), move="complete:manager_review:reject")
    assert refused.status_code == 422
    assert "Say why" in refused.text
    assert json.loads(moves(refused.text)) == []
    assert "Manager reviews" in refused.text
    unknown = send(ada, TEST, record="4711", move="start")
    assert (unknown.status_code, "contract" in unknown.text) == (422, True)
    assert send(ada, TEST, move="start", **{"v.amount": "many"}).status_code == 422


def test_designer_gets_the_trace_as_json(approval: Runtime, ada: FlaskClient, contract: int) -> None:
    before, text = rows(approval), approval.model().definitions["contract_approval"].text
    answer = ask(ada, f"{TEST}/trace", {
        "bpmn": text.replace("amount &gt; 50000", "amount &gt; 5000000"), "record": contract,
        "moves": [{"do": "complete", "node": "manager_review", "outcome": "approve"}]})
    trace = answer.json
    assert (answer.status_code, trace["status"], trace["passed"][-1]) == (200, "done", "done")
    assert {effect["kind"] for effect in trace["effects"]} >= {"record"}
    assert rows(approval) == before


@pytest.mark.parametrize(("body", "status"), [
    ({"bpmn": "<nonsense/>"}, 422), ({"record": "x"}, 400), ({"moves": [{}]}, 400), ({"moves": [{"do": "dance"}]}, 422),
    ({"unknown": 1}, 400), ([], 400), ({"values": {"amount": "many", "name": "x"}}, 422), ({"now": "soon"}, 400)])
def test_json_that_makes_no_sense_says_why(ada: FlaskClient, body: Any, status: int) -> None:
    answer = ask(ada, f"{TEST}/trace", body)
    assert answer.status_code == status
    assert answer.json["title"]


def test_page_speaks_chinese(ada: FlaskClient, contract: int) -> None:
    page = send(ada, f"{TEST}?_l_=zh", record=str(contract), move="start").text
    for words in ("试运行", "合同审批", "同意", "从头开始"):
        assert words in page


def test_few_cases_are_simulated_at_once(approval: Runtime, ada: FlaskClient, contract: int) -> None:
    run_cases(approval, contract, 3)
    text = approval.model().definitions["contract_approval"].text.replace("amount &gt; 50000", "amount &gt; 5")
    answer = send(ada, SIMULATE, cases="50", seed="4", rate="12", versions="current",
                  draft=(BytesIO(text.encode()), "draft.bpmn"), **{"hours:legal_review": "4"})
    assert answer.status_code == 302
    number = int(answer.headers["Location"].rpartition("=")[2])
    state = ada.get(f"{SIMULATE}/{number}").json
    assert (state["status"], state["result"]["cases"]) == ("done", 3)
    assert state["result"]["draft"]["flows"]["from_large_to_ask"] == 3
    assert state["result"]["current"]["flows"]["from_large_to_agreed"] == 3
    page = ada.get(answer.headers["Location"]).text
    assert "Legal reviews" in page
    assert "as you said" in page
    assert ada.get(f"/processes/other/simulate/{number}").status_code == 404


def test_many_cases_wait_for_a_worker_and_can_be_stopped(approval: Runtime, ada: FlaskClient, contract: int) -> None:
    answer = send(ada, SIMULATE, cases=str(AT_ONCE + 1))
    number = int(answer.headers["Location"].rpartition("=")[2])
    assert "Stop it" in ada.get(answer.headers["Location"]).text
    assert send(ada, f"{SIMULATE}/{number}/cancel").status_code == 302
    assert ada.get(f"{SIMULATE}/{number}").json["status"] == "cancelled"


def test_mistakes_in_the_wish_are_told(ada: FlaskClient, contract: int) -> None:
    for fields in ({"cases": "0"}, {"cases": "many"}, {"seed": "-1"}, {"text": "<nonsense/>"}):
        assert send(ada, SIMULATE, **fields).status_code == 422
    assert ask(ada, f"{SIMULATE}/run", {"cases": 3, "given": {"manager_review": 4}}).status_code == 400


def test_empty_history_says_what_to_do(ada: FlaskClient, contract: int) -> None:
    answer = send(ada, SIMULATE, cases="10")
    assert "There is no case yet" in ada.get(answer.headers["Location"]).text




def test_draft_of_the_designer_is_tried(approval: Runtime, ada: FlaskClient, contract: int) -> None:
    text = approval.model().definitions["contract_approval"].text.replace("Manager reviews", "Manager looks again")
    with approval.writing(SYSTEM) as context:
        drafts.save(context.unit, "workflows/contract_approval.bpmn", text, "", 0, 1, context.now)
    found = ada.get("/workflows/contract_approval/test")
    assert found.headers["Location"] == f"{TEST}?draft=contract_approval"
    assert "Manager looks again" in ada.get(found.headers["Location"]).text
    assert "Manager looks again" in ada.get(f"{SIMULATE}?draft=contract_approval").text
    with approval.writing(SYSTEM) as context:
        drafts.drop(context.unit, "workflows/contract_approval.bpmn")
