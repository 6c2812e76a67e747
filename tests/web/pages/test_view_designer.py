"""The designer of views: drawing with real records, the condition builder, and who may."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from formloom.policy.actor import SYSTEM
from formloom.records import actions
from formloom.runtime import Runtime

from .conftest import PACKS, SignIn, installed, page_data, sign_in_to, token

PATH = "/design/entities/visit/views"


@pytest.fixture(scope="module")
def runtime(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Runtime]:
    made = installed(PACKS / "boards", tmp_path_factory.mktemp("designer"), ada="administrator", rita="rep")
    runtime = next(made)
    with runtime.writing(SYSTEM) as context:
        for name, day, cost in (("Alpha", "2026-11-02", 40), ("Beta", "2026-11-03", 2)):
            actions.create(context, "visit", {"name": name, "day": day, "cost": cost, "rank": "first"})
    yield runtime
    yield from made


@pytest.fixture(scope="module")
def people(runtime: Runtime) -> SignIn:
    return sign_in_to(runtime)


@pytest.fixture
def ada(people: SignIn) -> FlaskClient:
    return people("ada")


def drawn(client: FlaskClient, what: str = "preview", span: str = "", **view: Any) -> TestResponse:
    return client.get(f"{PATH}/{what}", query_string={"view": json.dumps({"name": "v", **view}), **_span(span)})


def _span(span: str) -> dict[str, str]:
    first, _, last = span.partition("/")
    return {"start": first, "end": last} if span else {}


def test_page_holds_the_definition(ada: FlaskClient) -> None:
    data = page_data(ada, PATH, "views-data")
    assert [view["name"] for view in data["definition"]["tree"]["views"]] == [
        "board", "secret_board", "levels", "days", "hours"]


def test_designer_is_for_administrators(people: SignIn) -> None:
    rita = people("rita")
    assert rita.get(PATH).status_code == 403
    assert {drawn(rita, what).status_code for what in ("preview", "totals", "events")} == {403}
    assert rita.get(f"{PATH}/conditions").status_code == 403
    assert "/design/entities/visit/views" not in rita.get("/records/visit").text


def test_list_is_drawn_with_its_columns(ada: FlaskClient) -> None:
    page = drawn(ada, columns=["name", "cost"], sort=["-day"], filter='rank = "first"').text
    assert re.findall(r'<a class="clip d-block name"[^>]*>(\w+)</a>', page) == ["Beta", "Alpha"]
    assert ("¥40" in page, "2026-11-02" in page) == (True, False)


def test_board_that_is_not_kept_is_drawn(ada: FlaskClient) -> None:
    board = {"group_by": "rank", "card": ["cost", "not_there_yet"], "sum": "cost"}
    page = drawn(ada, kind="kanban", kanban=board).text
    assert re.findall(r'data-value="(\w+)"', page) == ["first", "second"]
    assert drawn(ada, "totals", kind="kanban", kanban=board).json == {"first": {"count": "2", "sums": ["¥42"]}}


def test_calendar_that_is_not_kept_is_drawn(ada: FlaskClient) -> None:
    view = {"kind": "calendar", "calendar": {"start": "day", "title": "rank"}}
    assert 'data-events="/design/entities/visit/views/events?view=' in drawn(ada, **view).text
    told = drawn(ada, "events", "2026-11-03/2026-11-04", **view).json
    assert told
    assert [(event["title"], event["start"]) for event in told["events"]] == [("First", "2026-11-03")]


def test_preview_says_what_is_wrong(ada: FlaskClient) -> None:
    assert "alert" in drawn(ada, filter="day >> 3").text
    assert drawn(ada, kind="timeline").status_code == 422
    assert ada.get(f"{PATH}/preview?view=nonsense").status_code == 400


def test_conditions_become_feel_and_back(ada: FlaskClient) -> None:
    answer = ada.post(f"{PATH}/conditions", headers={"X-CSRFToken": token(ada, "/profile")}, data={
        "f": ["cost", "status", "name"], "o": [">=", "in", "="], "v": ["1,000", "planned,done", ""]})
    assert answer.json == {"filter": 'cost >= 1000 and status in ("planned", "done")'}
    page = ada.get(f"{PATH}/conditions", query_string=answer.json).text
    assert re.findall(r'<option value="(\w+)" selected>', page)[:1] == ["cost"]
    assert 'value="1000"' in page


def test_value_that_does_not_fit_is_told(ada: FlaskClient) -> None:
    answer = ada.post(f"{PATH}/conditions", headers={"X-CSRFToken": token(ada, "/profile")}, data={
        "f": "cost", "o": ">=", "v": "much"})
    assert answer.status_code == 422
    assert answer.json
    assert answer.json["said"] == "much does not fit Cost."


def test_what_only_feel_says_is_shown_as_feel(ada: FlaskClient) -> None:
    page = ada.get(f"{PATH}/conditions", query_string={"filter": "count(name) > 1 or cost > 2"}).text
    assert "count(name) &gt; 1 or cost &gt; 2</textarea>" in page
    assert "data-conditions hidden" in page


def test_fields_of_the_draft_are_offered(ada: FlaskClient) -> None:
    read = ada.get("/design/entity/visit/tree").json
    assert read
    read["tree"]["fields"]["mood"] = {"type": "text"}
    csrf = {"X-CSRFToken": token(ada, "/profile")}
    kept = ada.post("/design/entity/visit/tree", json={"tree": read["tree"], "draft": read["draft"]}, headers=csrf)
    assert kept.status_code == 200
    assert '<option value="mood"' in ada.get(f"{PATH}/conditions").text


def test_unknown_entity_is_not_found(ada: FlaskClient) -> None:
    assert ada.get("/design/entities/nope/views").status_code == 404
