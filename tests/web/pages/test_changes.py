"""Drafts and versions in the browser: looking, publishing, review, going back, and who may."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from formloom.design import coming_and_going, publishing_job
from formloom.jobs import runner
from formloom.policy.actor import SYSTEM
from formloom.records import actions
from formloom.records.query import Query
from formloom.runtime import Runtime
from formloom.storage import change_sets as stored
from formloom.web.settling import settle
from tests.conftest import work

from .conftest import PACKS, SignIn, installed, sign_in_to, token


@pytest.fixture
def runtime(tmp_path: Path) -> Iterator[Runtime]:
    yield from installed(PACKS / "approval", tmp_path, meg="sales_manager", ada="administrator", bo="administrator")


@pytest.fixture
def people(runtime: Runtime) -> SignIn:
    return sign_in_to(runtime)


def edited(client: FlaskClient, **fields: Any) -> str:
    """A draft with one more field; its address."""
    read = client.get("/design/entity/contract/tree").json
    assert read
    read["tree"]["fields"] |= fields
    sent = client.post("/design/entity/contract/tree", json={"tree": read["tree"], "draft": read["draft"]},
                       headers={"X-CSRFToken": token(client, "/profile")})
    assert sent.json
    return f"/changes/{sent.json['draft']['id']}"


def press(client: FlaskClient, page: str, verb: str, **more: str) -> Any:
    number = re.search(r'name="number" value="(\d+)"', client.get(page).text)
    return client.post(f"{page}/{verb}", follow_redirects=True, data={
        "csrf_token": token(client, page), "number": number[1] if number else "", **more})


def test_draft_shows_its_lines(people: SignIn) -> None:
    ada = people("ada")
    page = ada.get(edited(ada, note={"type": "text"})).text
    assert "note: {type: text}" in page
    assert "Add the column" in page


def test_published_draft_is_a_version(people: SignIn, runtime: Runtime) -> None:
    ada = people("ada")
    page = edited(ada, note={"type": "text"})
    assert "Published." in press(ada, page, "publish", reason="Notes for sales").text
    assert "note" in runtime.model().catalog.entity("contract").fields
    listed = ada.get("/changes").text
    assert "Notes for sales" in listed
    version = re.findall(r'href="(/changes/published/\d+)"', listed)[0]
    assert "Add the column note" in ada.get(version).text


def test_going_back_and_forward_again(people: SignIn, runtime: Runtime) -> None:
    ada = people("ada")
    press(ada, edited(ada, note={"type": "text"}), "publish")
    newest, first = re.findall(r'href="(/changes/published/\d+)"', ada.get("/changes").text)
    ada.post(f"{first}/restore", data={"csrf_token": token(ada, first)})
    assert "note" not in runtime.model().catalog.entity("contract").fields
    ada.post(f"{newest}/restore", data={"csrf_token": token(ada, newest)})
    assert "note" in runtime.model().catalog.entity("contract").fields


def test_mistakes_are_told_and_nothing_published(people: SignIn, runtime: Runtime) -> None:
    ada = people("ada")
    page = edited(ada, note={"type": "txt"})
    assert "Cannot be published yet" in ada.get(page).text
    assert press(ada, page, "publish").status_code == 422
    assert "note" not in runtime.model().catalog.entity("contract").fields


def test_file_is_taken_back_and_undone(people: SignIn) -> None:
    ada = people("ada")
    page = edited(ada, note={"type": "text"})
    assert "Nothing is changed yet" in press(ada, page, "reset", path="entities/contract.yaml").text
    assert "note: {type: text}" in press(ada, page, "undo").text


def test_stale_page_publishes_nothing(people: SignIn, runtime: Runtime) -> None:
    ada = people("ada")
    page = edited(ada, note={"type": "text"})
    sent = ada.post(f"{page}/publish", data={"csrf_token": token(ada, page), "number": "1"})
    assert sent.status_code == 409
    assert "note" not in runtime.model().catalog.entity("contract").fields


def test_two_drafts_at_a_time(people: SignIn) -> None:
    ada = people("ada")
    first = edited(ada, note={"type": "text"})
    made = ada.post("/changes", data={"csrf_token": token(ada, "/changes"), "title": "Another"})
    assert edited(ada, other={"type": "text"}) == made.headers["Location"]
    press(ada, first, "enter")
    assert edited(ada, third={"type": "text"}) == first


def test_published_meanwhile_is_brought_in(people: SignIn, runtime: Runtime) -> None:
    ada, bo = people("ada"), people("bo")
    mine, other = edited(ada, note={"type": "text"}), edited(bo, remark={"type": "text"})
    press(bo, other, "publish")
    assert "Somebody else published meanwhile" in ada.get(mine).text
    assert press(ada, mine, "publish").status_code == 409
    assert "Brought in." in press(ada, mine, "merge").text
    assert "Published." in press(ada, mine, "publish").text
    assert {"note", "remark"} <= runtime.model().catalog.entity("contract").fields.keys()


def test_contradiction_with_published_is_decided(people: SignIn, runtime: Runtime) -> None:
    ada, bo = people("ada"), people("bo")
    mine, other = edited(ada, note={"type": "text"}), edited(bo, note={"type": "integer"})
    press(bo, other, "publish")
    asked = press(ada, mine, "merge")
    assert asked.status_code == 409
    name = re.search(r'<input type="radio" name="([^"]+)" value="theirs"', asked.text)
    assert name
    assert "Take the published one" in asked.text
    assert "Brought in." in press(ada, mine, "merge", **{name[1]: "theirs"}).text
    assert "Nothing is changed yet" in ada.get(mine).text
    assert runtime.model().catalog.entity("contract").fields["note"].type.name == "integer"


def test_long_publication_is_left_to_a_worker(
        people: SignIn, runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(publishing_job, "SLOW_SECONDS", 0.0)
    publishing_job.register(runtime, settle)
    ada = people("ada")
    page = edited(ada, note={"type": "text"})
    assert 'name="slow" value="1"' in ada.get(page).text
    assert "It is being published" in press(ada, page, "publish", slow="1").text
    assert "A worker takes it up." in ada.get(f"{page}/progress").text
    with runtime.database.read() as unit:
        number = str(stored.get(unit, int(page.rsplit("/", 1)[1])).number)
    assert ada.post(f"{page}/publish", data={"csrf_token": token(ada, page), "number": number}).status_code == 409
    assert "Everybody goes on working meanwhile." in ada.get(page).text
    with runtime.database.read() as unit:
        job = stored.get(unit, int(page.rsplit("/", 1)[1])).job_id
    runner.run(runtime.database, job or 0, runtime.job_handlers, runtime.now())
    assert ada.get(f"{page}/progress").headers["HX-Redirect"] == "/changes"
    assert "Published." in ada.get("/changes").text
    assert "note" in runtime.model().catalog.entity("contract").fields


def test_long_way_back_is_left_to_a_worker(
        people: SignIn, runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(publishing_job, "SLOW_SECONDS", 0.0)
    coming_and_going.register(runtime, settle)
    ada = people("ada")
    press(ada, edited(ada, note={"type": "text"}), "publish")
    _, first = re.findall(r'href="(/changes/published/\d+)"', ada.get("/changes").text)
    sent = {"csrf_token": token(ada, first), "slow": "1"}
    assert 'name="slow" value="1"' in ada.get(first).text
    assert "A worker is at it" in ada.post(f"{first}/restore", data=sent, follow_redirects=True).text
    progress = f"/undertakings/restore/{first.rsplit('/', 1)[1]}"
    assert "A worker takes it up." in ada.get(progress).text
    assert "It stops as soon as it can." in ada.post(f"{progress}/stop", data=sent, follow_redirects=True).text
    work(runtime, "restore")
    assert ada.get(progress).headers["HX-Redirect"] == first
    assert "note" in runtime.model().catalog.entity("contract").fields
    ada.post(f"{first}/restore", data=sent)
    work(runtime, "restore")
    assert ada.get(progress).headers["HX-Redirect"] == "/changes"
    assert "The earlier version is in force again." in ada.get("/changes").text
    assert "note" not in runtime.model().catalog.entity("contract").fields


@pytest.mark.parametrize("address", ["/undertakings/restore/1", "/undertakings/else/1"])
def test_what_nobody_began_is_not_found(people: SignIn, address: str) -> None:
    assert people("ada").get(address).status_code == 404
    assert people("meg").get(address).status_code == 403


def test_stopped_publication_says_so(people: SignIn, runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(publishing_job, "SLOW_SECONDS", 0.0)
    publishing_job.register(runtime, settle)
    ada = people("ada")
    page = edited(ada, note={"type": "text"})
    press(ada, page, "publish", slow="1")
    assert "It stops as soon as it can." in ada.post(
        f"{page}/stop", data={"csrf_token": token(ada, page)}, follow_redirects=True).text
    with runtime.database.read() as unit:
        job = stored.get(unit, int(page.rsplit("/", 1)[1])).job_id
    runner.run(runtime.database, job or 0, runtime.job_handlers, runtime.now())
    assert ada.get(f"{page}/progress").headers["HX-Redirect"] == page
    assert "It was not published." in ada.get(page).text
    assert "Publishing was stopped." in ada.get(page).text


def test_second_administrator_approves(people: SignIn, runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runtime, "settings", replace(runtime.settings, review=True))
    ada, bo = people("ada"), people("bo")
    page = edited(ada, note={"type": "text"})
    assert press(ada, page, "publish").status_code == 409
    press(ada, page, "ask")
    assert "Who edited a draft cannot approve it." in press(ada, page, "approve").text
    assert "Approved." in press(bo, page, "approve", note="Fine").text
    assert "Published." in press(ada, page, "publish").text


def test_others_may_not_look(people: SignIn) -> None:
    meg = people("meg")
    assert [meg.get(page).status_code for page in ("/changes", "/changes/1", "/changes/published/1")] == [403] * 3
    assert meg.post("/changes", data={"csrf_token": token(meg, "/profile"), "title": "x"}).status_code == 403


def filled(runtime: Runtime, **grades: str) -> None:
    with runtime.writing(SYSTEM) as context:
        for name, grade in grades.items():
            actions.create(context, "contract", {"name": name, "grade": grade})


def grades(runtime: Runtime) -> list[Any]:
    with runtime.reading(SYSTEM) as context:
        listed = actions.list(context, "contract", Query(sort=("name",)))
        return [record.values.get("grade") for record in listed.records]


CHOICE = {"type": "choice", "choices": [{"value": "gold", "label": "Gold"}, {"value": "base", "label": "Base"}]}


def test_text_becomes_choice_and_returns(people: SignIn, runtime: Runtime) -> None:
    ada = people("ada")
    press(ada, edited(ada, grade={"type": "text"}), "publish")
    filled(runtime, a="gold", b="Golden", c="what")
    page = edited(ada, grade=CHOICE)
    shown = ada.get(page).text
    assert "Golden" in shown
    assert "Decide what becomes of the values that do not fit." in shown
    assert press(ada, page, "publish").status_code == 422
    field = "approval.contract.grade"
    press(ada, page, "choices", **{f"field:{field}": "empty", f"map:{field}:Golden": "gold"})
    assert "Published." in press(ada, page, "publish").text
    assert grades(runtime) == ["gold", "gold", None]
    filled(runtime, d="base")
    before = re.findall(r'href="(/changes/published/\d+)"', ada.get("/changes").text)[1]
    ada.post(f"{before}/restore", data={"csrf_token": token(ada, before)})
    assert grades(runtime) == ["gold", "Golden", "what", "base"]
