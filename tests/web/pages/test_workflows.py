"""Processes in the browser: who may, what a drawing is told, drafts, publishing, versions, retiring."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from formloom.metadata import compiler, layers, loader
from formloom.metadata.builtin_types import TYPES
from formloom.runtime import Runtime
from formloom.storage import drafts
from formloom.web.pages import workflow_files, workflow_words
from formloom.workflow import vocabulary
from formloom.workflow.drawn import Drawing

from .conftest import PACKS, SignIn, page_data, token

PACK = PACKS / "approval"
KEY = "contract_approval"
PAGE = f"/workflows/{KEY}"
PATH = f"workflows/{KEY}.bpmn"
CHANGES = ["check", "draft", "compare", "publish", "collect", "restore", "discard", "return", "duplicate", "retire"]
NEW = {"template": "two_steps", "name": "Second look", "name_zh": "复核", "key": "second_look", "entity": "contract",
       "role": "sales_manager", "starts": "created"}


@pytest.fixture
def runtime(approval: Runtime) -> Iterator[Runtime]:
    """As the pack has it and without drafts, before and after."""
    yield approval
    approval.publish(loader.read_pack(PACK))
    approval.refresh()
    with approval.database.write() as unit:
        for path in drafts.under(unit, "workflows/"):
            drafts.drop(unit, path)


@pytest.fixture
def ada(runtime: Runtime, approval_sign_in: SignIn) -> FlaskClient:
    return approval_sign_in("ada")


def state(client: FlaskClient, page: str = PAGE) -> dict[str, Any]:
    """What the scripts of the page begin with."""
    data: dict[str, Any] = page_data(client, page, "process-data")
    return data


def post(client: FlaskClient, what: str, body: dict[str, Any], page: str = PAGE) -> Any:
    return client.post(f"{page}/{what}", json=body, headers={"X-CSRFToken": token(client, page)})


def form(client: FlaskClient, address: str, **fields: str) -> Any:
    return client.post(address, data={"csrf_token": token(client, "/workflows"), **fields})


def renamed(data: dict[str, Any], name: str = "Chief reviews") -> dict[str, Any]:
    text, count = re.subn(r'(<bpmn:userTask id="\w+" name=")[^"]*', rf"\g<1>{name}", data["text"], count=1)
    assert count
    return {"text": text, "was": data["was"], "seen": data["seen"]}


@pytest.mark.parametrize("address", ["/workflows", "/workflows/new", PAGE, f"{PAGE}/history", f"{PAGE}/file.bpmn"])
def test_others_may_not_look(approval_sign_in: SignIn, ada: FlaskClient, address: str) -> None:
    assert ada.get(address).status_code == 200
    assert approval_sign_in("meg").get(address).status_code == 403


@pytest.mark.parametrize("what", [f"{PAGE}/{one}" for one in CHANGES] + ["/workflows/new"])
def test_others_may_not_change(runtime: Runtime, approval_sign_in: SignIn, what: str) -> None:
    meg, version = approval_sign_in("meg"), runtime.model().catalog.version
    assert meg.post(what, json={}, headers={"X-CSRFToken": token(meg, "/")}).status_code == 403
    assert runtime.model().catalog.version == version


@pytest.mark.parametrize("what", CHANGES)
def test_forged_requests_are_refused(ada: FlaskClient, what: str) -> None:
    assert ada.post(f"{PAGE}/{what}", json={}).status_code == 400


def test_strangers_names_find_nothing(ada: FlaskClient) -> None:
    assert ada.get("/workflows/nobody").status_code == 404
    assert ada.get("/workflows/..%2Fpack").status_code == 404


def test_list_says_what_starts_it(ada: FlaskClient) -> None:
    page = ada.get("/workflows?_l_=zh").text
    for words in ("合同审批", "的“", "已生效", "approval"):
        assert words in page


@pytest.mark.parametrize(("every", "words"), [
    ("PT1H", "every 1 hours"), ("PT90M", "every 90 minutes"), ("P7D", "every 7 days"),
    ("5 8 * * 1-5", "Monday to Friday at 08:05"), ("0 8 1 * *", "0 8 1 * *"), ("", "")])
def test_schedule_is_told_in_words(every: str, words: str) -> None:
    assert str(workflow_words.often(every)) == words


@pytest.mark.parametrize(("given", "words"), [
    ({"on": "sla", "level": "solve", "at": "75%"}, "Request, “Solved”: 75% of the time is used up"),
    ({"on": "sla", "level": "solve", "at": "breached"}, "Request, “Solved”: the promise is broken"),
    ({"on": "sla", "level": "gone", "at": "never"}, "Request, “gone”: never"),
    ({"on": "moonrise"}, "Something else: moonrise")])
def test_start_is_told_as_what_it_is(mini_app: Flask, given: dict[str, str], words: str) -> None:
    catalog = compiler.compile(loader.read_pack(PACKS / "desk"), TYPES)
    with mini_app.test_request_context():
        assert workflow_files.starts(Drawing(entity="request", triggers=(given,)), catalog) == (words,)


def test_every_start_has_its_words(ada: FlaskClient) -> None:
    said = state(ada)
    assert {f"on_{kind}" for kind in vocabulary.EVENTS} <= said["words"].keys()
    assert workflow_words.STARTS.keys() == set(vocabulary.EVENTS)
    assert {name for name, _ in said["offers"]["clock"]} == set(vocabulary.CLOCK)


def test_problem_is_told_at_its_element(ada: FlaskClient) -> None:
    data = state(ada)
    step = re.search(r'<bpmn:userTask id="(\w+)"', data["text"])
    assert step
    broken = re.sub(r"<formloom:assignment[^>]*/>", "", data["text"], count=1)
    told = post(ada, "check", {"text": broken}).get_json()["findings"]
    (found,) = [one for one in told if one["code"] == "bpmn-assignment"]
    assert (found["element"], found["severity"]) == (step[1], "error")
    assert "userTask" not in found["message"]
    assert "formloom:" not in found["hint"]


def test_text_that_is_no_drawing_is_told(ada: FlaskClient) -> None:
    told = post(ada, "check", {"text": "<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>"}).get_json()["findings"]
    assert {one["severity"] for one in told} == {"error"}
    assert post(ada, "check", {"text": 7}).status_code == 400


def test_draft_is_kept_and_not_in_force(runtime: Runtime, ada: FlaskClient) -> None:
    sent, version = renamed(state(ada)), runtime.model().catalog.version
    assert post(ada, "draft", sent).get_json()["seen"] == 1
    assert state(ada)["text"] == sent["text"]
    runtime.refresh()
    assert runtime.model().catalog.version == version


def test_slower_draft_does_not_overwrite(ada: FlaskClient) -> None:
    data = state(ada)
    post(ada, "draft", renamed(data, "First"))
    late = post(ada, "draft", renamed(data, "Second"))
    assert (late.status_code, late.get_json()["by"]) == (409, "Ada")
    assert "First" in late.get_json()["text"]
    assert post(ada, "draft", renamed(data, "Second") | {"over": True}).status_code == 200
    assert "Second" in state(ada)["text"]


def test_comparison_names_what_changed(ada: FlaskClient) -> None:
    data = state(ada)
    told = post(ada, "compare", renamed(data)).get_json()
    assert [one["kind"] for one in told["changes"]] == ["changed"]
    assert "Chief reviews" in told["changes"][0]["words"]
    assert told["before"] == data["text"]
    assert post(ada, "compare", {"text": data["text"]}).get_json()["changes"] == []


def test_publishing_takes_force_with_its_reason(runtime: Runtime, ada: FlaskClient) -> None:
    data = state(ada)
    sent = renamed(data)
    post(ada, "draft", sent)
    assert post(ada, "publish", sent | {"reason": "The chief wants to see them"}).status_code == 200
    runtime.refresh()
    assert "Chief reviews" in runtime.model().definitions[KEY].text
    history = ada.get(f"{PAGE}/history").text
    assert "The chief wants to see them" in history
    assert "Draft" not in history
    again = state(ada)
    assert (again["seen"], again["was"]) == (0, layers.digest(sent["text"]))


def test_broken_drawing_is_not_published(runtime: Runtime, ada: FlaskClient) -> None:
    data, version = state(ada), runtime.model().catalog.version
    broken = data["text"].replace("<formloom:assignment", "<formloom:asignment", 1)
    refused = post(ada, "publish", {"text": broken, "was": data["was"]})
    assert refused.status_code == 422
    assert refused.get_json()["findings"]
    assert runtime.model().catalog.version == version


def test_faster_publisher_is_not_overwritten(ada: FlaskClient) -> None:
    data = state(ada)
    assert post(ada, "publish", renamed(data, "First")).status_code == 200
    late = post(ada, "publish", renamed(data, "Second"))
    theirs = late.get_json()
    assert (late.status_code, "First" in theirs["text"]) == (409, True)
    assert post(ada, "publish", renamed(data, "Second") | {"over": theirs["was"]}).status_code == 200


def test_earlier_version_comes_back_as_draft(runtime: Runtime, ada: FlaskClient) -> None:
    data = state(ada)
    post(ada, "publish", renamed(data))
    earlier = re.search(r'name="version" value="(\d+)"', ada.get(f"{PAGE}/history").text)
    assert earlier
    assert form(ada, f"{PAGE}/restore", version=earlier[1]).status_code == 302
    assert state(ada)["text"] == data["text"]
    runtime.refresh()
    assert "Chief reviews" in runtime.model().definitions[KEY].text
    form(ada, f"{PAGE}/discard")
    assert "Chief reviews" in state(ada)["text"]


def test_new_process_is_a_draft_that_can_be_published(runtime: Runtime, ada: FlaskClient) -> None:
    assert form(ada, "/workflows/new", **NEW).status_code == 302
    page = "/workflows/second_look"
    data = state(ada, page)
    assert (data["number"], data["published"]) == (0, "")
    told = post(ada, "check", {"text": data["text"]}, page).get_json()["findings"]
    assert {one["severity"] for one in told} <= {"note"}
    assert post(ada, "publish", {"text": data["text"], "was": data["was"]}, page).get_json()["number"] == 1
    runtime.refresh()
    assert runtime.model().definitions["second_look"].label == {"en": "Second look", "zh": "复核"}


@pytest.mark.parametrize(("field", "value"), [
    ("key", "Second"), ("key", KEY), ("key", ""), ("key", "review"), ("name", ""),
    ("entity", "nothing"), ("role", "nobody"),
    ("template", "none"), ("starts", "action:nothing")])
def test_unfit_wish_is_told_at_its_field(ada: FlaskClient, field: str, value: str) -> None:
    refused = form(ada, "/workflows/new", **NEW | {field: value})
    assert refused.status_code == 422
    assert f'id="h-{field}"' in refused.text
    assert 'value="Second look"' in refused.text or field == "name"


def test_copy_has_a_name_of_its_own(ada: FlaskClient) -> None:
    answer = form(ada, f"{PAGE}/duplicate")
    assert answer.headers["Location"] == f"/workflows/{KEY}_2"
    text = state(ada, answer.headers["Location"])["text"]
    assert f'<bpmn:process id="{KEY}_2"' in text
    assert f'bpmnElement="{KEY}_2"' in text or "BPMNPlane" not in text


def test_retired_process_starts_nothing_and_comes_back(runtime: Runtime, ada: FlaskClient) -> None:
    before = state(ada)["text"]
    assert form(ada, f"{PAGE}/retire").status_code == 302
    runtime.refresh()
    assert KEY not in runtime.model().definitions
    assert "Retired" in ada.get("/workflows").text
    form(ada, f"{PAGE}/restore")
    data = state(ada)
    assert data["text"] == before
    assert post(ada, "publish", {"text": before, "was": data["was"]}).status_code == 200
    runtime.refresh()
    assert KEY in runtime.model().definitions


def test_called_process_is_not_retired(runtime: Runtime, ada: FlaskClient) -> None:
    form(ada, "/workflows/new", **NEW | {"key": "caller", "template": "single"})
    page = "/workflows/caller"
    data = state(ada, page)
    text = re.sub(r'<bpmn:serviceTask id="tell_yes".*?</bpmn:serviceTask>',
                  f'<bpmn:callActivity id="tell_yes" name="Approve it" calledElement="{KEY}"/>', data["text"],
                  flags=re.DOTALL)
    assert post(ada, "publish", {"text": text, "was": data["was"]}, page).status_code == 200
    assert form(ada, f"{PAGE}/retire").status_code == 409
    runtime.refresh()
    assert KEY in runtime.model().definitions
    assert "Second look" in ada.get(PAGE).text


def collected(client: FlaskClient, data: dict[str, Any], page: str = PAGE) -> str:
    """Puts a drawing into the draft of the model; the address of that."""
    sent = post(client, "collect", data, page)
    assert sent.status_code == 200, sent.text
    return str(sent.json["page"])


def discarded(client: FlaskClient, draft: str) -> None:
    number = re.search(r'name="number" value="(\d+)"', client.get(draft).text)
    assert number
    form(client, f"{draft}/discard", number=number[1])
    client.get("/changes")      # which says so


def test_drawing_is_published_with_its_draft(runtime: Runtime, ada: FlaskClient) -> None:
    post(ada, "draft", renamed(state(ada)))
    draft = collected(ada, renamed(state(ada)))
    assert "Chief reviews" not in layers.at(runtime.model().catalog.sources, PATH).text
    assert (state(ada)["collected"], "Chief reviews" in state(ada)["text"]) == (True, True)
    assert "Chief reviews" in ada.get(draft).text
    assert "In your draft" in ada.get("/workflows").text
    refused = post(ada, "publish", renamed(state(ada), "Somebody"))
    assert (refused.status_code, refused.json["code"]) == (409, "conflict")
    number = re.search(r'name="number" value="(\d+)"', ada.get(draft).text)
    assert number
    assert "Published." in ada.post(f"{draft}/publish", follow_redirects=True, data={
        "csrf_token": token(ada, draft), "number": number[1]}).text
    assert "Chief reviews" in layers.at(runtime.model().catalog.sources, PATH).text
    assert state(ada)["collected"] is False


def test_drawing_may_use_what_is_only_drafted(runtime: Runtime, ada: FlaskClient) -> None:
    read = ada.get("/design/entity/contract/tree").json
    assert read
    read["tree"]["fields"]["risk_class"] = {"type": "integer"}
    ada.post("/design/entity/contract/tree", json={"tree": read["tree"], "draft": read["draft"]},
             headers={"X-CSRFToken": token(ada, "/profile")})
    data = state(ada)
    assert "risk_class" in [one["name"] for one in data["offers"]["entities"][0]["fields"]]
    text, count = re.subn(r'(<bpmn:conditionExpression[^>]*>)[^<]*', r"\g<1>risk_class = 3", data["text"], count=1)
    assert count
    found = post(ada, "check", {"text": text}).json["findings"]
    assert [one["message"] for one in found if one["severity"] == "error"] == []
    discarded(ada, collected(ada, {"text": text, "was": data["was"]}))
    assert post(ada, "check", {"text": text}).json["findings"][0]["severity"] == "error"


def test_faster_draft_is_not_overwritten(ada: FlaskClient) -> None:
    data = state(ada)
    draft = collected(ada, renamed(data))
    late = post(ada, "collect", renamed(data, "Too late"))
    assert (late.status_code, late.json["code"]) == (409, "source-overtaken")
    assert "Chief reviews" in late.json["text"]
    discarded(ada, draft)


def test_retiring_under_review_waits_for_approval(
        runtime: Runtime, ada: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runtime, "settings", replace(runtime.settings, review=True))
    assert post(ada, "publish", renamed(state(ada))).status_code == 409
    gone = form(ada, f"{PAGE}/retire")
    draft = gone.headers["Location"]
    assert re.fullmatch(r"/changes/\d+", draft)
    assert KEY in runtime.model().catalog.processes
    assert "Ask for approval" in ada.get(draft).text
    discarded(ada, draft)
