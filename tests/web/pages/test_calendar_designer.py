"""The designer of calendars: the year as the draft makes it, names of special days, and clocks that would move."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from flask.testing import FlaskClient

from formloom.runtime import Runtime

from .conftest import PACKS, SignIn, installed, page_data, sign_in_to, token

PATH = "/design/calendars"
OFFICE = {
    "calendar": "office", "label": {"en": "Office"}, "timezone": "Europe/Berlin", "default": True,
    "week": {"weekdays": ["09:00-17:00"]},
    "holidays": [{"on": "12-25", "label": {"en": "Christmas"}},
                 {"dates": ["2026-05-01..2026-05-02"], "label": {"en": "Labour Day"}}],
    "worked": [{"dates": ["2026-05-09"], "label": {"en": "Made up"}, "like": "monday"}]}


@pytest.fixture(scope="module")
def runtime(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Runtime]:
    yield from installed(PACKS / "approval", tmp_path_factory.mktemp("calendars"), ada="administrator",
                         meg="sales_manager")


@pytest.fixture(scope="module")
def people(runtime: Runtime) -> SignIn:
    return sign_in_to(runtime)


@pytest.fixture
def ada(people: SignIn) -> Iterator[FlaskClient]:
    """No draft is left behind."""
    client = people("ada")
    client.delete_cookie("draft")
    yield client
    client.delete_cookie("draft")


def drafted(client: FlaskClient, draft: Any = None, **tree: Any) -> Any:
    sent = client.post(f"/design/calendar/{tree['calendar']}/tree", json={"tree": tree, "draft": draft},
                       headers={"X-CSRFToken": token(client, PATH)})
    assert sent.status_code == 200, sent.text
    assert sent.json["problems"] == []
    return sent.json["draft"]


def days(client: FlaskClient, name: str = "office", year: int = 2026) -> dict[str, tuple[int, str | None]]:
    return {one["date"]: (one["minutes"], one["special"]) for one in client.get(f"{PATH}/{name}/{year}").json["days"]}


def test_year_shows_what_comes_of_it(ada: FlaskClient) -> None:
    drafted(ada, **OFFICE)
    year = days(ada)
    assert len(year) == 365
    assert year["2026-03-02"] == (480, None)
    assert year["2026-03-01"] == (0, None)
    assert year["2026-05-01"] == year["2026-05-02"] == (0, "Labour Day")
    assert year["2026-05-09"] == (480, "Made up")
    assert days(ada, year=2027)["2027-12-25"] == (0, "Christmas")


def test_calendar_like_another_has_its_days(ada: FlaskClient) -> None:
    draft = drafted(ada, **OFFICE)
    drafted(ada, draft, calendar="night", like="office", week={"weekdays": ["20:00-24:00"]})
    year = days(ada, "night")
    assert year["2026-03-02"] == (240, None)
    assert year["2026-12-25"] == (0, "Christmas")


def test_page_says_who_uses_it(ada: FlaskClient) -> None:
    drafted(ada, **OFFICE)
    data = page_data(ada, PATH)
    assert data["calendars"]["office"]["label"] == {"en": "Office"}
    assert data["uses"]["office"] == []
    assert ada.get(f"{PATH}/moves").json == {"count": 0, "more": False, "moves": [], "drafted": True}


@pytest.mark.parametrize("address", [f"{PATH}/nothing/2026", f"{PATH}/office/1"])
def test_unknown_years_are_not_found(ada: FlaskClient, address: str) -> None:
    assert ada.get(address).status_code == 404


def test_calendars_are_for_administrators(people: SignIn) -> None:
    meg = people("meg")
    assert {meg.get(one).status_code for one in (PATH, f"{PATH}/office/2026", f"{PATH}/moves")} == {403}
    assert meg.post(f"{PATH}/moves", data={"csrf_token": token(meg, "/profile")}).status_code == 403
