"""Boards and calendars of lists through the real application: what they show, to whom, and what moving does."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest
from flask.testing import FlaskClient

from formloom.policy.actor import SYSTEM
from formloom.records import actions
from formloom.runtime import Runtime

from .conftest import PACKS, SignIn, installed, sign_in_to, token

BOARD = "/records/visit?view=board"
DAYS = "/records/visit/calendar?view=days&start=2026-11-01&end=2026-12-01"


@pytest.fixture(scope="module")
def runtime(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Runtime]:
    yield from installed(PACKS / "boards", tmp_path_factory.mktemp("boards"), rita="rep", ron="rep", mona="manager")


@pytest.fixture(scope="module")
def people(runtime: Runtime) -> SignIn:
    return sign_in_to(runtime)


@pytest.fixture
def visits(runtime: Runtime) -> Iterator[dict[str, int]]:
    """By name; gone after the test."""
    with runtime.database.read() as unit:
        ids = dict(unit.connection.exec_driver_sql("SELECT username, id FROM ab_user").all())
    given: list[dict[str, Any]] = [
        {"name": "Alpha", "day": "2026-11-30", "last": "2026-12-02", "amount": 1200, "amount_currency": "CNY",
         "cost": 777, "phone": "13812345678", "rank": "first", "at": "2026-11-30T01:30:00Z"},
        {"name": "Beta", "status": "under_way", "day": "2026-11-03", "level": "high"},
        {"name": "Gamma", "status": "done", "day": "2026-10-31", "last": "2026-11-01"},
        {"name": "Delta", "status": "dropped", "reason": "Ill", "day": "2026-12-01"},
        {"name": "Theirs", "owner": ids["mona"], "day": "2026-11-10"},
    ]
    with runtime.writing(SYSTEM) as context:
        made = {v["name"]: actions.create(context, "visit", {"owner": ids["rita"], **v}).id for v in given}
    yield made
    with runtime.writing(SYSTEM) as context:
        for record in actions.list(context, "visit").records:
            actions.delete(context, "visit", record.id)


@pytest.fixture
def rita(people: SignIn, visits: dict[str, int]) -> FlaskClient:
    return people("rita")


@pytest.fixture
def mona(people: SignIn, visits: dict[str, int]) -> FlaskClient:
    return people("mona")


def lanes(page: str) -> dict[str, list[str]]:
    """Names of the cards by column."""
    parts = re.split(r'<section class="fl-lane[^"]*"[^>]*data-value="', page)[1:]
    return {part.split('"')[0]: re.findall(r'data-name="([^"]*)"', part) for part in parts}


def move(client: FlaskClient, record: int, to: str, by: str = "status", query: str = "view=board", **more: str) -> Any:
    answer = client.post(f"/records/visit/{record}/move?{query}", data={"by": by, "to": to, **more},
                         headers={"X-CSRFToken": token(client, "/profile")})
    return answer.status_code, answer.json


def days(client: FlaskClient, address: str = DAYS) -> dict[str, Any]:
    answer = client.get(address)
    assert answer.status_code == 200, answer.text
    return {event["extendedProps"]["name"]: event for event in answer.json["events"]}


# ---------- boards ----------

def test_columns_are_choices_in_order(rita: FlaskClient) -> None:
    assert lanes(rita.get(BOARD).text) == {
        "planned": ["Alpha"], "under_way": ["Beta"], "done": ["Gamma"], "dropped": []}


def test_folded_column_is_asked_for_later(rita: FlaskClient) -> None:
    page = rita.get(BOARD).text
    more = re.search(r'fl-lane folded"[^>]*data-more="([^"]*)"', page)
    assert more
    assert re.findall(r'data-name="(\w+)"', rita.get(more[1].replace("&amp;", "&")).text) == ["Delta"]


def test_any_list_is_looked_at_as_board(rita: FlaskClient) -> None:
    assert set(lanes(rita.get("/records/visit?layout=kanban").text)) == {"planned", "under_way", "done", "dropped"}
    assert lanes(rita.get("/records/visit?layout=kanban&by=level").text) == {
        "-": ["Delta", "Gamma", "Alpha"], "high": ["Beta"], "low": []}


def test_empty_columns_are_left_out_where_said(rita: FlaskClient) -> None:
    assert lanes(rita.get("/records/visit?view=levels").text) == {"-": ["Gamma", "Alpha"], "high": ["Beta"]}


def test_hidden_fields_reach_no_card(rita: FlaskClient, mona: FlaskClient) -> None:
    page = rita.get(BOARD).text
    assert ("777" in page, "13812345678" in page, "5678" in page) == (False, False, True)
    assert "777" in mona.get(BOARD).text


def test_columns_by_a_hidden_field_are_refused(rita: FlaskClient, mona: FlaskClient) -> None:
    assert list(lanes(rita.get("/records/visit?view=secret_board").text)) == [
        "planned", "under_way", "done", "dropped"]
    assert "first" in lanes(mona.get("/records/visit?view=secret_board").text)
    assert "by=rank" not in rita.get(BOARD).text


def test_totals_are_of_own_records_and_open_fields(rita: FlaskClient, mona: FlaskClient) -> None:
    mine = rita.get("/records/visit/board/totals?view=board").json
    assert mine["planned"] == {"count": "1", "sums": ["¥1,200"]}
    assert mona.get("/records/visit/board/totals?view=board").json["planned"]["count"] == "2"
    assert "777" not in rita.get("/records/visit/board/totals?view=secret_board").text
    assert "777" in mona.get("/records/visit/board/totals?view=secret_board").text


def test_filter_and_search_hold_on_boards(rita: FlaskClient) -> None:
    assert lanes(rita.get(f"{BOARD}&q=alp").text)["under_way"] == []
    found = lanes(rita.get(f"{BOARD}&filter=" + quote('level = "high"')).text)
    assert (found["planned"], found["under_way"]) == ([], ["Beta"])


def test_wrong_filter_is_told_over_the_board(rita: FlaskClient) -> None:
    answer = rita.get(f"{BOARD}&filter={quote('day >> 3')}")
    assert (answer.status_code, "At character" in answer.text) == (400, True)


def test_column_pages_on_its_own(rita: FlaskClient, runtime: Runtime, visits: dict[str, int]) -> None:
    with runtime.writing(SYSTEM) as context:
        owner = actions.read(context, "visit", visits["Alpha"]).values["owner"]
        for n in range(35):
            actions.create(context, "visit", {"name": f"More {n:02}", "owner": owner})
    page = rita.get(BOARD).text
    assert len(lanes(page)["planned"]) == 30
    seen = lanes(page)["planned"]
    [more] = re.findall(r'data-href="([^"]*)"', page)
    rest = rita.get(more.replace("&amp;", "&")).text
    seen += re.findall(r'data-name="([^"]*)"', rest)
    assert seen == ["Alpha", *(f"More {n:02}" for n in range(35))]
    assert "data-href" not in rest


def test_unknown_column_is_refused(rita: FlaskClient) -> None:
    assert rita.get("/records/visit/board?view=board&lane=nope").status_code == 400


def test_saved_view_remembers_its_kind(rita: FlaskClient) -> None:
    made = rita.post("/records/visit/views?layout=kanban&by=level", data={
        "name": "Levels", "csrf_token": token(rita, "/records/visit")})
    assert set(lanes(rita.get(made.location).text)) == {"-", "high", "low"}
    assert '<table class="fl-table' in rita.get(f"{made.location}&layout=list").text


def test_old_address_of_boards_still_leads_there(rita: FlaskClient) -> None:
    assert "planned" in lanes(rita.get("/records/visit?layout=board").text)


# ---------- moves ----------

def test_move_answers_with_the_card(rita: FlaskClient, visits: dict[str, int]) -> None:
    status, told = move(rita, visits["Alpha"], "under_way", version="1")
    assert (status, told["said"], told["undo"]) == (200, "Alpha is now: Under way", {"status": "planned"})
    assert 'data-version="2"' in told["card"]
    assert "777" not in told["card"]


def test_refused_move_says_why(rita: FlaskClient, visits: dict[str, int]) -> None:
    status, told = move(rita, visits["Alpha"], "done")
    assert (status, told["said"]) == (403, "Only what is under way can be finished.")


def test_move_that_asks_leads_to_the_question(rita: FlaskClient, visits: dict[str, int]) -> None:
    assert move(rita, visits["Alpha"], "dropped") == (200, {"ask": f"/records/visit/{visits['Alpha']}?do=drop"})
    page = rita.get(f"/records/visit/{visits['Alpha']}?do=drop&next=/records/visit").text
    asked = page[page.index('id="do-drop"'):]
    assert 'name="next" value="/records/visit"' in asked
    assert re.search(r'data-for="reason"(?! hidden)', asked)


def test_answered_question_leads_back_to_the_board(rita: FlaskClient, visits: dict[str, int]) -> None:
    answer = rita.post(f"/records/visit/{visits['Alpha']}/actions/drop", data={
        "reason": "Ill", "next": BOARD, "csrf_token": token(rita, "/profile")})
    assert (answer.status_code, answer.location) == (302, BOARD)


def test_undo_goes_through_the_rules(rita: FlaskClient, visits: dict[str, int]) -> None:
    def change(values: dict[str, Any], version: int) -> Any:
        return rita.post(f"/records/visit/{visits['Alpha']}/change?view=board", headers={
            "X-CSRFToken": token(rita, "/profile")}, json={"values": values, "version": version, "by": "status"})

    _, told = move(rita, visits["Alpha"], "under_way")
    assert change(told["undo"], told["version"]).json["version"] == 3
    assert change({"cost": 1}, 3).status_code == 422
    assert change({"status": "under_way"}, 1).status_code == 409


def test_record_of_another_is_not_found(rita: FlaskClient, visits: dict[str, int]) -> None:
    assert move(rita, visits["Theirs"], "under_way")[0] == 404
    assert rita.get(f"/records/visit/{visits['Theirs']}/moves?by=status").status_code == 404


def test_hidden_column_field_is_not_moved_by(rita: FlaskClient, visits: dict[str, int]) -> None:
    assert move(rita, visits["Alpha"], "second", "rank")[0] == 400


def test_move_needs_the_token(rita: FlaskClient, visits: dict[str, int]) -> None:
    address = f"/records/visit/{visits['Alpha']}/move"
    assert rita.post(address, data={"by": "status", "to": "under_way"}).status_code == 400


def test_moves_tell_what_each_column_would_do(rita: FlaskClient, visits: dict[str, int]) -> None:
    ways = {way["to"]: way for way in rita.get(f"/records/visit/{visits['Alpha']}/moves?by=status").json}
    assert {to: (way["allowed"], way["action"], way["asks"]) for to, way in ways.items()} == {
        "under_way": (True, "", False), "done": (False, "Finish", False), "dropped": (True, "Drop", True)}


# ---------- calendars ----------

def test_only_the_asked_days_are_answered(rita: FlaskClient) -> None:
    """Gamma began before and reaches into the first day; Delta begins on the day after the last."""
    assert set(days(rita)) == {"Alpha", "Beta", "Gamma"}


def test_last_day_is_shown_whole(rita: FlaskClient) -> None:
    event = days(rita)["Alpha"]
    assert (event["start"], event["end"], event["allDay"]) == ("2026-11-30", "2026-12-03", True)


def test_events_hide_what_the_person_may_not_read(rita: FlaskClient, mona: FlaskClient) -> None:
    mine, hers = days(rita)["Alpha"], days(mona)["Alpha"]
    assert (mine["title"][-4:], "13812345678" in mine["title"], hers["title"]) == ("5678", False, "13812345678")
    assert (mine["extendedProps"]["choice"], hers["extendedProps"]["choice"]) == ("", "first")
    assert "Theirs" in days(mona)


def test_event_that_may_not_change_is_fixed(rita: FlaskClient) -> None:
    found = days(rita)
    assert (found["Alpha"]["startEditable"], found["Gamma"]["startEditable"]) == (True, False)


def test_calendar_by_a_hidden_date_is_another(rita: FlaskClient, mona: FlaskClient) -> None:
    asked = "/records/visit?layout=calendar&by=paid"
    assert 'data-by="paid"' in mona.get(asked).text
    assert 'data-by="paid"' not in rita.get(asked).text


def test_times_are_clocks_of_the_person(people: SignIn, rita: FlaskClient, visits: dict[str, int]) -> None:
    csrf, mona = token(rita, "/profile"), people("mona")
    rita.post("/preferences", data={"timezone": "Asia/Shanghai", "csrf_token": csrf})
    mona.post("/preferences", data={"timezone": "UTC", "csrf_token": token(mona, "/profile")})
    hours = "/records/visit/calendar?view=hours&start=2026-11-30&end=2026-12-01"
    assert days(rita, hours)["Alpha"]["start"] == "2026-11-30T09:30:00"
    answer = rita.post(f"/records/visit/{visits['Alpha']}/days", headers={"X-CSRFToken": csrf}, data={
        "by": "at", "start": "2026-11-30T23:00"})
    assert answer.json["undo"] == {"at": "2026-11-30T01:30:00Z"}
    assert days(rita, hours)["Alpha"]["start"] == "2026-11-30T23:00:00"
    assert days(mona, hours)["Alpha"]["start"] == "2026-11-30T15:00:00"


def test_dragged_days_are_an_ordinary_change(rita: FlaskClient, visits: dict[str, int]) -> None:
    def drag(name: str, **values: str) -> Any:
        return rita.post(f"/records/visit/{visits[name]}/days", data={"by": "day", **values}, headers={
            "X-CSRFToken": token(rita, "/profile")})

    told = drag("Alpha", start="2026-11-20", until="last", end="2026-11-23").json
    assert (told["said"], told["undo"]) == (
        "Alpha is now on 2026-11-20", {"day": "2026-11-30", "last": "2026-12-02"})
    refused = drag("Alpha", start="2026-11-25")
    assert (refused.status_code, refused.json["said"]) == (422, "Last: Must not be before the day.")
    fixed = drag("Gamma", start="2026-11-25")
    assert (fixed.status_code, fixed.json["said"]) == (403, "A visit that is done no longer changes.")
    assert drag("Theirs", start="2026-11-25").status_code == 404


@pytest.mark.parametrize("span", [
    "start=x&end=y", "start=2026-11-02&end=2026-11-01", "start=2020-01-01&end=2026-01-01"])
def test_impossible_spans_are_refused(rita: FlaskClient, span: str) -> None:
    assert rita.get(f"/records/visit/calendar?view=days&{span}").status_code == 400
