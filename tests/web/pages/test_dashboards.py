"""Dashboards through the real application: who sees which card, what it says, and how they are designed."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from formloom.policy.actor import SYSTEM
from formloom.records import actions
from formloom.runtime import Runtime

from .conftest import PACKS, SignIn, installed, page_data, sign_in_to, token

DASHBOARD = """\
dashboard: visits
label: {en: Visits in numbers, zh: 拜访看板}
workspace: desk
period: this_year
cards:
  - {name: all, label: {en: Visits, zh: 拜访}, entity: visit, target: 4}
  - {name: spent, label: {en: Spent, zh: 花费}, entity: visit, measure: sum, field: cost}
  - {name: sold, label: {en: Sold, zh: 成交}, entity: visit, measure: sum, field: amount}
  - {name: states, label: {en: By state, zh: 按状态}, kind: bar, entity: visit, group_by: status}
  - {name: days, label: {en: By day, zh: 按天}, kind: line, entity: visit, date: day, compare: true}
"""
WORKSPACE = "workspace: desk\nlabel: {en: Desk, zh: 桌面}\nitems: [{entity: visit}]\n"


@pytest.fixture(scope="module")
def runtime(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Runtime]:
    home = tmp_path_factory.mktemp("dashboards")
    pack = shutil.copytree(PACKS / "boards", home / "pack")
    for folder, name, text in (("dashboards", "visits", DASHBOARD), ("workspaces", "desk", WORKSPACE)):
        (pack / folder).mkdir()
        (pack / folder / f"{name}.yaml").write_text(text)
    made = installed(Path(pack), home, ada="administrator", mona="manager", rita="rep")
    runtime = next(made)
    with runtime.database.read() as unit:
        ids = dict(unit.connection.exec_driver_sql("SELECT username, id FROM ab_user").all())
    today = runtime.now().date().isoformat()
    with runtime.writing(SYSTEM) as context:
        for name, owner, amount, currency in (("Alpha", "rita", 250_000, "CNY"), ("Beta", "mona", 3_000, "CNY"),
                                              ("Gamma <b>", "mona", 90, "USD")):
            actions.create(context, "visit", {
                "name": name, "owner": ids[owner], "amount": amount, "amount_currency": currency, "cost": 10,
                "day": today})
    yield runtime
    yield from made


@pytest.fixture(scope="module")
def people(runtime: Runtime) -> SignIn:
    return sign_in_to(runtime)


@pytest.fixture
def mona(people: SignIn) -> FlaskClient:
    return people("mona")


@pytest.fixture
def rita(people: SignIn) -> FlaskClient:
    return people("rita")


@pytest.fixture
def ada(people: SignIn) -> FlaskClient:
    return people("ada")


def shown(client: FlaskClient) -> list[str]:
    return re.findall(r"/dashboards/visits/cards/(\w+)", client.get("/dashboards/visits").text)


def card(client: FlaskClient, name: str, **asked: str) -> str:
    answer = client.get(f"/dashboards/visits/cards/{name}", query_string=asked)
    assert answer.status_code == 200, answer.text
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.text))


def test_menu_leads_to_the_dashboard(mona: FlaskClient) -> None:
    page = mona.get("/dashboards/visits").text
    assert '<a href="/dashboards/visits" aria-current="page"' in page
    assert shown(mona) == ["all", "spent", "sold", "states", "days"]


def test_card_of_a_hidden_field_is_not_there(rita: FlaskClient) -> None:
    assert shown(rita) == ["all", "sold", "states", "days"]
    assert rita.get("/dashboards/visits/cards/spent").status_code == 404


def test_numbers_are_of_what_one_may_read(mona: FlaskClient, rita: FlaskClient) -> None:
    assert re.search(r"Visits 3 Target 4", card(mona, "all"))
    assert re.search(r"Visits 1 Target 4", card(rita, "all"))


def test_mine_are_those_i_am_responsible_for(mona: FlaskClient) -> None:
    assert "Visits 2" in card(mona, "all", whose="mine")


def test_amounts_of_several_currencies_are_not_added(mona: FlaskClient) -> None:
    told = card(mona, "sold")
    assert "¥253K" in told
    assert "Only CNY; 1 more in other currencies" in told


def test_bars_lead_to_their_records(mona: FlaskClient) -> None:
    page = mona.get("/dashboards/visits/cards/states").text
    [address] = re.findall(r'<li><a href="([^"]+)"', page)
    listed = mona.get(address.replace("&amp;", "&")).text
    assert all(name in listed for name in ("Alpha", "Beta", "Gamma &lt;b&gt;"))


def test_chart_stands_beside_its_numbers(mona: FlaskClient) -> None:
    page = mona.get("/dashboards/visits/cards/days?period=this_month").text
    assert "data-chart=" in page
    assert re.search(r"<table.*<caption>By day</caption>.*<td>3</td>", page, re.DOTALL)


def test_unknown_period_is_the_usual_one(mona: FlaskClient) -> None:
    assert '<option value="this_year" selected>' in mona.get("/dashboards/visits?period=sometime").text


@pytest.mark.parametrize("address", ["/dashboards/nothing", "/dashboards/visits/cards/nothing"])
def test_what_is_not_there_is_not_found(mona: FlaskClient, address: str) -> None:
    assert mona.get(address).status_code == 404


def test_interface_tells_the_same(mona: FlaskClient, rita: FlaskClient) -> None:
    found: Any = mona.get("/api/v1/dashboards/visits?period=all").json
    values = {one["name"]: one["value"] for one in found["cards"]}
    assert values == {"all": 3, "spent": 30, "sold": 253_000, "states": 3, "days": 3}
    states = next(one for one in found["cards"] if one["name"] == "states")
    assert states["parts"] == [
        {"label": "Planned", "value": 3, "before": None, "filter": 'status = "planned"'}]
    told: Any = rita.get("/api/v1/dashboards/visits").json
    assert [one["name"] for one in told["cards"]] == ["all", "sold", "states", "days"]
    assert [one["name"] for one in rita.get("/api/v1/dashboards").json["items"]] == ["visits"]


@pytest.mark.parametrize("asked", ["period=sometime", "whose=yours", "colour=red"])
def test_interface_refuses_what_it_does_not_know(mona: FlaskClient, asked: str) -> None:
    assert mona.get(f"/api/v1/dashboards/visits?{asked}").status_code == 400


# -- the designer ------------------------------------------------------------------------------------------------------


def sent(client: FlaskClient, address: str, **body: Any) -> Any:
    return client.post(address, json=body, headers={"X-CSRFToken": token(client, "/design/dashboards")})


def test_designer_holds_the_definitions(ada: FlaskClient) -> None:
    data = page_data(ada, "/design/dashboards/visits")
    assert data["chosen"] == "visits"
    assert [one["name"] for one in data["dashboards"]["visits"]["cards"]] == ["all", "spent", "sold", "states", "days"]
    assert ada.get("/design/dashboards/nothing").status_code == 302


def test_designer_is_for_administrators(mona: FlaskClient) -> None:
    for address in ("/design/dashboards", "/design/dashboards/offer/visit"):
        assert mona.get(address).status_code == 403
    refused = mona.post("/design/dashboards/preview", json={"card": {}},
                        headers={"X-CSRFToken": token(mona, "/dashboards/visits")})
    assert refused.status_code == 403


def test_offer_says_what_a_field_fits(ada: FlaskClient) -> None:
    fields = {one["name"]: one["fits"] for one in ada.get("/design/dashboards/offer/visit").json["fields"]}
    assert (fields["cost"], fields["day"], fields["status"], fields["name"]) == (
        ["field"], ["date"], ["group_by"], ["group_by"])
    assert ada.get("/design/dashboards/offer/nothing").status_code == 404


@pytest.mark.parametrize(("drawn", "words"), [
    ({"entity": "visit"}, ">3<"), ({"entity": "visit", "measure": "sum"}, "Something has to be chosen"),
    ({"entity": "visit", "measure": "sum", "field": "name"}, "Something has to be chosen"),
    ({"entity": "planned_one"}, "not in force yet"), ({"entity": "visit", "filter": "nothing = 1"}, "nothing"),
    ({"entity": "visit", "filter": "status ="}, "fl-quiet")])
def test_preview_draws_or_says_why_not(ada: FlaskClient, drawn: dict[str, Any], words: str) -> None:
    answer = sent(ada, "/design/dashboards/preview", card={"name": "new", **drawn})
    assert answer.status_code == 200
    assert words in answer.text


def test_preview_refuses_what_is_no_card(ada: FlaskClient) -> None:
    assert sent(ada, "/design/dashboards/preview", card={"name": "new", "sql": "1"}).status_code == 400
