"""Lists through the real application: what a person sees, filters, saves and does to many at once."""

from __future__ import annotations

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient

from .conftest import SignIn, token

pytestmark = pytest.mark.usefixtures("deals")


def names(page: str) -> list[str]:
    return re.findall(r'<a class="clip d-block name"[^>]*>([^<]*)</a>', page)


@pytest.fixture
def rita(sign_in: SignIn) -> FlaskClient:
    return sign_in("rita")


def test_list_shows_own_records(rita: FlaskClient) -> None:
    page = rita.get("/records/deal?sort=name")
    assert page.status_code == 200
    assert names(page.text) == ["=Gamma()", "Alpha deal", "Beta deal"]


def test_list_hides_records_of_others(sign_in: SignIn) -> None:
    assert names(sign_in("ron").get("/records/deal").text) == []


def test_stranger_is_sent_to_login_and_back(mini_app: Flask) -> None:
    answer = mini_app.test_client().get("/records/deal?q=a&sort=name")
    assert answer.status_code == 302
    assert answer.location == "/login/?next=/records/deal%3Fq%3Da%26sort%3Dname"


def test_filter_of_the_address_is_applied(rita: FlaskClient) -> None:
    page = rita.get("/records/deal", query_string={"filter": "total >= 1000", "sort": "-total"})
    assert names(page.text) == ["=Gamma()", "Beta deal"]


def test_quick_search_finds_by_part_of_name(rita: FlaskClient) -> None:
    assert names(rita.get("/records/deal?q=beta").text) == ["Beta deal"]


def test_wrong_filter_shows_where_over_empty_list(rita: FlaskClient) -> None:
    page = rita.get("/records/deal", query_string={"filter": "total >== 3"})
    assert page.status_code == 400
    assert "At character" in page.text
    assert "total &gt;== 3" in page.text
    assert names(page.text) == []


def test_filter_over_unknown_field_is_refused(rita: FlaskClient) -> None:
    page = rita.get("/records/deal", query_string={"filter": "salary > 3"})
    assert (page.status_code, "salary" in page.text) == (400, True)


def test_builder_rows_become_feel(rita: FlaskClient) -> None:
    answer = rita.get("/records/deal?f=total&o=%3E%3D&v=1%2C000&f=status&o=in&v=draft%2Cwon&f=name&o=%3D&v=")
    assert answer.status_code == 302
    assert answer.location == "/records/deal?filter=total+%3E%3D+1000+and+status+in+%28%22draft%22%2C+%22won%22%29"


def test_chip_leads_to_list_without_it(rita: FlaskClient) -> None:
    page = rita.get("/records/deal", query_string={"filter": 'total >= 1000 and status = "draft"'})
    assert 'href="/records/deal?filter=status+%3D+%22draft%22"' in page.text


def test_sorted_column_says_so(rita: FlaskClient) -> None:
    page = rita.get("/records/deal?sort=-total,name").text
    assert page.count('aria-sort="descending"') == 1
    assert page.count('aria-sort="ascending"') == 1


def test_unknown_view_is_not_found(rita: FlaskClient) -> None:
    assert rita.get("/records/deal?view=nope").status_code == 404


def test_partial_update_carries_no_frame(rita: FlaskClient) -> None:
    part = rita.get("/records/deal", headers={"HX-Request": "true"}).text
    assert "<html" not in part
    assert 'id="rows"' in part


def test_saved_view_shows_its_filter_to_its_owner_alone(rita: FlaskClient, sign_in: SignIn) -> None:
    made = rita.post("/records/deal/views?filter=total+%3E%3D+1000", data={
        "name": "Large", "csrf_token": token(rita, "/records/deal")})
    assert names(rita.get(made.location + "&sort=name").text) == ["=Gamma()", "Beta deal"]
    assert "Large" not in sign_in("mona").get("/records/deal").text
    gone = made.location.split("=")[1]
    rita.post(f"/records/deal/views/{gone}", data={"delete": "1", "csrf_token": token(rita, "/records/deal")})
    assert rita.get(made.location).status_code == 404


def test_view_of_another_cannot_be_deleted(rita: FlaskClient, sign_in: SignIn) -> None:
    made = rita.post("/records/deal/views", data={"name": "Mine", "csrf_token": token(rita, "/records/deal")})
    ron = sign_in("ron")
    answer = ron.post(f"/records/deal/views/{made.location.split('=')[1]}", data={
        "delete": "1", "csrf_token": token(ron, "/records/deal")})
    assert answer.status_code == 404
    assert rita.get(made.location).status_code == 200


def test_bulk_action_tells_result_per_record(rita: FlaskClient, deals: list[int]) -> None:
    form = {"id": [str(i) for i in (deals[0], 999_999)], "do": "win"}
    page = rita.post("/records/deal/bulk", data=form | {"csrf_token": token(rita, "/records/deal")}).text
    assert "1 of 2 done" in page or "0 of 2 done" in page
    assert page.count("t-stop") >= 1


def test_bulk_without_token_changes_nothing(rita: FlaskClient, deals: list[int]) -> None:
    answer = rita.post("/records/deal/bulk", data={"id": str(deals[0]), "do": "delete"})
    assert answer.status_code == 400
    assert len(names(rita.get("/records/deal").text)) == 3


def test_undeclared_bulk_action_is_not_found(rita: FlaskClient, deals: list[int]) -> None:
    answer = rita.post("/records/deal/bulk", data={
        "id": str(deals[0]), "do": "explode", "csrf_token": token(rita, "/records/deal")})
    assert answer.status_code == 404


def test_export_holds_what_is_shown_and_no_formula(rita: FlaskClient) -> None:
    answer = rita.get("/records/deal/export.csv?columns=name,total&sort=-total&filter=total+%3E+1000")
    assert answer.mimetype == "text/csv"
    lines = answer.text.lstrip("\ufeff").splitlines()
    assert [line.split(",")[0] for line in lines[1:]] == ["'=Gamma()", "Beta deal"]


def test_count_is_asked_for_apart(rita: FlaskClient) -> None:
    assert rita.get("/records/deal/count?q=deal").text.strip() == "2 records"


def test_second_page_holds_the_rest(rita: FlaskClient) -> None:
    assert names(rita.get("/records/deal?size=25&page=2").text) == []


def test_palette_finds_records_and_what_to_make(rita: FlaskClient) -> None:
    part = rita.get("/search?q=beta", headers={"HX-Request": "true"}).text
    assert "<mark>Beta</mark> deal" in part
    assert 'href="/records/customer/new"' in rita.get("/search?q=new+cust").text


def test_palette_finds_nothing_of_others(sign_in: SignIn) -> None:
    assert "Beta deal" not in sign_in("ron").get("/search?q=beta").text


def test_unknown_entity_is_a_page_in_the_frame(rita: FlaskClient) -> None:
    page = rita.get("/records/nothing")
    assert page.status_code == 404
    assert 'class="fl-side"' in page.text


def test_language_chosen_is_kept_in_the_profile(sign_in: SignIn) -> None:
    mona = sign_in("mona")
    mona.post("/preferences", data={"locale": "zh", "next": "/", "csrf_token": token(mona, "/")})
    mona.delete_cookie("locale")
    assert "首页" in mona.get("/").text
    mona.post("/preferences", data={"locale": "en", "next": "/", "csrf_token": token(mona, "/")})


@pytest.mark.parametrize("address", ["https://evil.example", "//evil.example", "/\\evil.example", "javascript:1"])
def test_preferences_never_lead_off_the_site(rita: FlaskClient, address: str) -> None:
    answer = rita.post("/preferences", data={"theme": "dark", "next": address, "csrf_token": token(rita, "/")})
    assert answer.location == "/"


def test_pages_of_a_person_open(rita: FlaskClient) -> None:
    for address in ("/", "/notifications", "/profile", "/search", "/resetmypassword/form"):
        assert rita.get(address).status_code == 200, address
