"""Decisions in the browser: who may, what a draft is told, and what publishing does to what is in force."""

from __future__ import annotations

import re
from collections.abc import Iterator
from copy import deepcopy
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from formloom import installation
from formloom.metadata import layers, loader
from formloom.metadata.sources import Source
from formloom.runtime import Runtime

from .conftest import PACKS, SignIn, page_data, token

PACK = PACKS / "approval"
PAGE = "/decisions/approvers"
DECISION = "approvers"


@pytest.fixture
def runtime(approval: Runtime) -> Iterator[Runtime]:
    """As the pack has it, before and after."""
    yield approval
    approval.publish(loader.read_pack(PACK))
    approval.refresh()


@pytest.fixture
def ada(runtime: Runtime, approval_sign_in: SignIn) -> FlaskClient:
    return approval_sign_in("ada")


def state(client: FlaskClient, page: str = PAGE) -> dict[str, Any]:
    """What the scripts of the page begin with."""
    data: dict[str, Any] = page_data(client, page, "decision-data")
    return data


def post(client: FlaskClient, what: str, body: dict[str, Any], page: str = PAGE) -> Any:
    return client.post(f"{page}/{what}", json=body, headers={"X-CSRFToken": token(client, page)})


def form(client: FlaskClient, what: str, **fields: str) -> Any:
    return client.post(f"{PAGE}/{what}", data={"csrf_token": token(client, PAGE), **fields})


def draft(data: dict[str, Any], row: int, test: str) -> dict[str, Any]:
    sheet = deepcopy(data["sheet"])
    sheet["parts"][0]["grid"]["rows"][row]["tests"][0] = test
    return {"was": data["was"], "sheet": sheet}


def legal(runtime: Runtime, amount: int) -> Any:
    runtime.refresh()
    return runtime.model().decisions[DECISION].decide({"amount": Decimal(amount)}).value["legal"]


def outcomes(findings: list[dict[str, Any]]) -> set[tuple[str, str]]:
    return {(one["code"], one["path"]) for one in findings}


ADDRESSES = ["/decisions", "/decisions/new", PAGE, f"{PAGE}/history", f"{PAGE}/file.dmn"]
CHANGES = ["check", "try", "publish", "collect", "restore", "return", "duplicate", "delete"]


@pytest.mark.parametrize("address", ADDRESSES)
def test_others_may_not_look(approval_sign_in: SignIn, ada: FlaskClient, address: str) -> None:
    assert ada.get(address).status_code == 200
    assert approval_sign_in("meg").get(address).status_code == 403


@pytest.mark.parametrize("what", [f"{PAGE}/{one}" for one in CHANGES] + ["/decisions/new"])
def test_others_may_not_change(runtime: Runtime, approval_sign_in: SignIn, what: str) -> None:
    meg, version = approval_sign_in("meg"), runtime.model().catalog.version
    refused = meg.post(what, json={}, headers={"X-CSRFToken": token(meg, "/")})
    assert refused.status_code == 403
    assert runtime.model().catalog.version == version


@pytest.mark.parametrize("what", CHANGES)
def test_forged_requests_are_refused(runtime: Runtime, ada: FlaskClient, what: str) -> None:
    version = runtime.model().catalog.version
    assert ada.post(f"{PAGE}/{what}", json={}).status_code == 400
    assert runtime.model().catalog.version == version


def test_strangers_are_sent_to_sign_in(approval_sign_in: SignIn) -> None:
    answer = approval_sign_in("ada").application.test_client().get("/decisions")
    assert (answer.status_code, answer.headers["Location"]) == (302, "/login/?next=/decisions")


def test_list_says_what_is_there(ada: FlaskClient) -> None:
    page = ada.get("/decisions?_l_=zh").text
    for words in ("审批人", "只有一条符合", "approval"):
        assert words in page


def test_problem_is_told_at_its_cell(ada: FlaskClient) -> None:
    told = post(ada, "check", draft(state(ada), 1, "> > 5")).get_json()
    assert ("dmn-expression", f"parts/{DECISION}/rows/1/tests/0") in outcomes(told["findings"])


def test_gap_is_told_with_an_example_that_has_no_rule(ada: FlaskClient) -> None:
    body = draft(state(ada), 1, "(60000..500000]")
    told = post(ada, "check", body).get_json()
    gap = next(one for one in told["findings"] if one["code"] == "dmn-gap")
    assert gap["tests"] == ["(50000..60000]"]
    tried = post(ada, "try", body | {"decision": DECISION, "inputs": gap["example"]}).get_json()
    assert (tried["empty"], tried["hits"][DECISION]) == (True, [])


def test_test_tells_which_rule_fits(ada: FlaskClient) -> None:
    data = state(ada)
    told = post(ada, "try", draft(data, 1, "5万 至 50万") | {"decision": DECISION, "inputs": {"amount": "60,000"}})
    assert told.get_json()["hits"] == {DECISION: [1]}
    assert told.get_json()["values"] == [["legal", "Yes"], ["director", "No"]]
    wrong = post(ada, "try", draft(data, 0, "-") | {"decision": DECISION, "inputs": {"amount": "much"}})
    assert list(wrong.get_json()["errors"]) == ["amount"]


def test_words_are_tidied(ada: FlaskClient) -> None:
    told = post(ada, "check", draft(state(ada), 2, "大于 50万")).get_json()
    assert told["tidy"] == [[DECISION, 2, "tests", 0, "大于 50万", "> 500000"]]


def test_published_rule_decides(runtime: Runtime, ada: FlaskClient) -> None:
    data = state(ada)
    body = draft(data, 0, "<= 70000")
    body["sheet"]["parts"][0]["grid"]["rows"][1]["tests"][0] = "(70000..500000]"
    assert legal(runtime, 60_000) is True
    assert post(ada, "publish", body).status_code == 200
    assert legal(runtime, 60_000) is False
    assert "Changed here" in ada.get("/decisions").text
    assert "Ada" in ada.get(f"{PAGE}/history").text


def test_mistakes_publish_nothing(runtime: Runtime, ada: FlaskClient) -> None:
    version = runtime.model().catalog.version
    refused = post(ada, "publish", draft(state(ada), 1, "> > 5"))
    assert (refused.status_code, refused.get_json()["findings"][0]["path"]) == (422, f"parts/{DECISION}/rows/1/tests/0")
    assert runtime.model().catalog.version == version


def test_second_publisher_is_told_and_may_insist(runtime: Runtime, ada: FlaskClient) -> None:
    data = state(ada)
    assert post(ada, "publish", draft(data, 0, "<= 40000")).status_code == 200
    mine = draft(data, 0, "<= 45000")
    assert post(ada, "check", mine).status_code == 200
    overtaken = post(ada, "publish", mine)
    theirs = overtaken.get_json()
    assert (overtaken.status_code, theirs["by"]) == (409, "Ada")
    assert theirs["sheet"]["parts"][0]["grid"]["rows"][0]["tests"] == ["<= 40000"]
    assert post(ada, "publish", mine | {"over": theirs["was"]}).status_code == 200
    assert state(ada)["sheet"]["parts"][0]["grid"]["rows"][0]["tests"] == ["<= 45000"]


def test_other_publications_do_not_disturb(runtime: Runtime, ada: FlaskClient) -> None:
    data = state(ada)
    extra = Source("approval", "roles/extra.yaml", "role: extra\nlabel: Extra\n")
    runtime.publish([*runtime.model().catalog.sources, extra])
    assert post(ada, "publish", draft(data, 0, "<= 40000")).status_code == 200
    runtime.refresh()
    assert {"extra", "sales"} <= runtime.model().catalog.roles.keys()


def test_apply_merges_the_edit_and_one_may_return(runtime: Runtime, ada: FlaskClient, tmp_path: Path) -> None:
    post(ada, "publish", draft(state(ada), 0, "<= 40000"))
    installation.apply(runtime, tmp_path, loader.read_pack(PACK))
    assert state(ada)["sheet"]["parts"][0]["grid"]["rows"][0]["tests"] == ["<= 40000"]
    newer = [Source(s.pack, s.path, s.text.replace("500000", "600000")) if s.path.endswith(".dmn") else s
             for s in loader.read_pack(PACK)]
    installation.apply(runtime, tmp_path, newer)
    rows = [row["tests"] for row in state(ada)["sheet"]["parts"][0]["grid"]["rows"]]
    assert rows == [["<= 40000"], ["(50000..600000]"], ["> 600000"]]
    assert "the pack has a new version" not in ada.get("/decisions").text
    assert form(ada, "return").status_code == 302
    assert state(ada)["sheet"]["parts"][0]["grid"]["rows"][2]["tests"] == ["> 600000"]


def test_earlier_version_is_restored(runtime: Runtime, ada: FlaskClient) -> None:
    for test in ("<= 40000", "<= 30000"):
        post(ada, "publish", draft(state(ada), 0, test))
    versions = re.findall(r'name="version" value="(\d+)"', ada.get(f"{PAGE}/history").text)
    assert form(ada, "restore", version=versions[0]).status_code == 302
    assert state(ada)["sheet"]["parts"][0]["grid"]["rows"][0]["tests"] == ["<= 40000"]
    assert form(ada, "restore", version="0").status_code == 400


def test_copy_stands_beside_the_original(runtime: Runtime, ada: FlaskClient) -> None:
    made = form(ada, "duplicate")
    assert made.headers["Location"] == "/decisions/approvers_2"
    runtime.refresh()
    copies = runtime.model().decisions
    assert copies["approvers_2"].decide({"amount": Decimal(9)}).value == copies[DECISION].decide(
        {"amount": Decimal(9)}).value


def test_new_decision_is_made_and_deleted(runtime: Runtime, ada: FlaskClient) -> None:
    fields = {"name": "Discount", "name_zh": "折扣", "key": "discount", "input": "order total",
              "input_type": "number", "output": "rate", "output_type": "number"}
    send = {"csrf_token": token(ada, PAGE)}
    for key, words in (("", "This is needed."), ("No", "small letters"), (DECISION, "already")):
        refused = ada.post("/decisions/new", data=send | fields | {"key": key})
        assert (refused.status_code, words in refused.text) == (422, True)
        assert 'value="order total"' in refused.text
    made = ada.post("/decisions/new", data=send | fields)
    assert made.headers["Location"] == "/decisions/discount"
    data = state(ada, "/decisions/discount")
    data["sheet"]["parts"][0]["grid"]["rows"][0]["results"] = ["5%"]
    assert post(ada, "publish", {"was": data["was"], "sheet": data["sheet"]}, "/decisions/discount").status_code == 200
    runtime.refresh()
    assert runtime.model().decisions["discount"].decide({"order total": Decimal(1)}).value == Decimal("0.05")
    ada.post("/decisions/discount/delete", data=send)
    assert ada.get("/decisions/discount").status_code == 404


def test_deleted_decision_of_the_pack_comes_back(runtime: Runtime, ada: FlaskClient) -> None:
    back = {"csrf_token": token(ada, PAGE)}
    assert form(ada, "delete").headers["Location"] == "/decisions"
    runtime.refresh()
    assert DECISION not in runtime.model().decisions
    assert "Deleted here" in ada.get("/decisions").text
    ada.post(f"{PAGE}/return", data=back)
    assert ada.get(PAGE).status_code == 200


@pytest.mark.parametrize("body", [
    [], {}, {"was": "x", "sheet": {"parts": []}}, {"sheet": {"parts": 1}}, {"sheet": {"parts": [{"key": "nobody"}]}},
])
def test_nonsense_is_refused_with_words(ada: FlaskClient, body: Any) -> None:
    body = body | {"was": state(ada)["was"]} if isinstance(body, dict) and "was" not in body else body
    for what in ("check", "try", "publish"):
        answer = ada.post(f"{PAGE}/{what}", json=body, headers={"X-CSRFToken": token(ada, PAGE)})
        assert answer.status_code in (400, 409)
        assert answer.get_json()["title"]


@pytest.mark.parametrize("stem", ["nobody", "..%2fpack", "a" * 200, "<b>"])
def test_unknown_files_are_not_found(ada: FlaskClient, stem: str) -> None:
    assert ada.get(f"/decisions/{stem}").status_code == 404


def test_words_of_authors_cannot_break_out(runtime: Runtime, ada: FlaskClient) -> None:
    data = state(ada)
    data["sheet"]["parts"][0]["grid"]["rows"][0]["note"] = "</script><script>alert(1)</script>"
    assert post(ada, "publish", {"was": data["was"], "sheet": data["sheet"]}).status_code == 200
    page = ada.get(PAGE)
    assert "<script>alert(1)" not in page.text
    assert "'unsafe-inline'" not in page.headers["Content-Security-Policy"].split("style-src-attr")[0]
    assert state(ada)["sheet"]["parts"][0]["grid"]["rows"][0]["note"].startswith("</script>")


def test_file_downloads_as_it_is(runtime: Runtime, ada: FlaskClient) -> None:
    found = ada.get(f"{PAGE}/file.dmn")
    assert found.text == layers.at(runtime.model().catalog.sources, "decisions/approvers.dmn").text
    assert found.headers["Content-Disposition"] == 'attachment; filename="approvers.dmn"'


def test_decision_is_published_with_its_draft(runtime: Runtime, ada: FlaskClient) -> None:
    body = draft(state(ada), 0, "<= 70000")
    body["sheet"]["parts"][0]["grid"]["rows"][1]["tests"][0] = "(70000..500000]"
    sent = post(ada, "collect", body)
    assert sent.status_code == 200, sent.text
    assert (legal(runtime, 60_000), state(ada)["collected"]) == (True, True)
    assert "In your draft" in ada.get("/decisions").text
    assert state(ada)["sheet"]["parts"][0]["grid"]["rows"][0]["tests"][0] == "<= 70000"
    assert post(ada, "collect", draft({**body}, 0, "<= 1")).status_code == 409       # from the version before
    assert post(ada, "publish", draft(state(ada), 0, "<= 80000")).status_code == 409
    page = sent.json["page"]
    number = re.search(r'name="number" value="(\d+)"', ada.get(page).text)
    assert number
    ada.post(f"{page}/publish", data={"csrf_token": token(ada, page), "number": number[1]}, follow_redirects=True)
    assert legal(runtime, 60_000) is False
