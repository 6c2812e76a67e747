"""The designer of roles: who may, what is asked about others, and answers of a draft that is not in force."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from formloom.policy import people as people_of_policy
from formloom.policy.actor import SYSTEM
from formloom.records import actions
from formloom.runtime import Runtime

from .conftest import PACKS, SignIn, installed, page_data, sign_in_to, token

PATH = "/design/roles"


@pytest.fixture(scope="module")
def runtime(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Runtime]:
    """Rita's visits; Nil is a clerk, who may nothing."""
    pack = Path(shutil.copytree(PACKS / "boards", tmp_path_factory.mktemp("pack") / "pack"))
    (pack / "roles" / "clerk.yaml").write_text("role: clerk\nlabel: {en: Clerk, zh: 文员}\n")
    made = installed(pack, tmp_path_factory.mktemp("roles"), ada="administrator", rita="rep", nil="clerk")
    runtime = next(made)
    with runtime.writing(SYSTEM) as context:
        (rita,) = people_of_policy.find(context.unit, "rita")
        for name in ("Alpha", "Beta"):
            actions.create(context, "visit", {"name": name, "day": "2026-11-02", "owner": rita})
    yield runtime
    yield from made


@pytest.fixture(scope="module")
def people(runtime: Runtime) -> SignIn:
    return sign_in_to(runtime)


@pytest.fixture
def ada(people: SignIn) -> Iterator[FlaskClient]:
    """No draft is left behind."""
    client = people("ada")
    yield client
    client.delete_cookie("draft")


def shown(client: FlaskClient) -> dict[str, Any]:
    data: dict[str, Any] = page_data(client, PATH)
    return data


def number(client: FlaskClient, name: str) -> int:
    (found,) = client.get(f"/design/seeing/people?q={name}").json["people"]
    return int(found["id"])


def put(client: FlaskClient, rule: Any) -> None:
    """The rep reads visits by this rule, in the draft."""
    data = shown(client)
    tree = data["roles"]["rep"]
    tree["entities"]["visit"]["read"] = rule
    csrf = {"X-CSRFToken": token(client, PATH)}
    answer = client.post("/design/role/rep/tree", json={"tree": tree, "draft": data["draft"]}, headers=csrf)
    assert answer.status_code == 200, answer.text


def test_only_administrators_design_roles(people: SignIn) -> None:
    rita = people("rita")
    addresses = (PATH, f"{PATH}/new", f"{PATH}/rep/uses", "/design/seeing/people", "/design/seeing/people/1",
                 "/design/seeing/visit?person=1", "/design/seeing/visit/read?person=1", "/design/seeing/visit/records")
    assert {address: rita.get(address).status_code for address in addresses} == dict.fromkeys(addresses, 403)


def test_page_holds_every_role(ada: FlaskClient) -> None:
    data = shown(ada)
    assert data["roles"]["rep"]["entities"]["visit"]
    assert data["held"]["rep"] == 1
    visit = next(one for one in data["entities"] if one["name"] == "visit")
    assert {"name", "cost"} <= {field["name"] for field in visit["fields"]}


def test_draft_answers_beside_what_holds(ada: FlaskClient) -> None:
    rita = number(ada, "rita")
    address = f"/design/seeing/visit/read?person={rita}"
    told = ada.get(address).json
    assert told["now"]["allowed"] is True
    assert told["draft"] is None
    put(ada, 'name = "Beta"')
    records = {one["label"]: one["id"] for one in ada.get("/design/seeing/visit/records").json["records"]}
    told = ada.get(f"{address}&record={records['Alpha']}").json
    assert told["now"]["allowed"] is True
    assert told["draft"]["allowed"] is False
    (rule,) = told["draft"]["rules"]
    assert rule["rule"] == 'name = "Beta"'
    assert rule["values"] == {"name": "Alpha"}
    assert rule["reason"] == "Its rule does not hold for this record."
    page = ada.get(f"/design/seeing/visit?person={rita}").text
    assert "Beta" in page
    assert "Alpha" not in page


def test_broken_draft_is_told(ada: FlaskClient) -> None:
    put(ada, "no_such_field = 1")
    told = ada.get(f"/design/seeing/visit/read?person={number(ada, 'rita')}").json
    assert told["draft"] is None
    assert told["broken"] is True
    assert told["now"]["allowed"] is True


def test_person_without_roles_sees_nothing(ada: FlaskClient) -> None:
    page = ada.get(f"/design/seeing/visit?person={number(ada, 'nil')}").text
    assert "None of the roles of this person lets any record be seen." in page
    assert "Alpha" not in page


@pytest.mark.parametrize("address", [
    "/design/seeing/visit/read", "/design/seeing/visit/read?person=99999", "/design/seeing/nothing/read?person=1",
    "/design/seeing/visit/nap?person=1", "/design/seeing/visit/read?person=1&record=99999"])
def test_unknown_things_are_refused(ada: FlaskClient, address: str) -> None:
    assert ada.get(address).status_code in {400, 404}


def test_role_begins_like_another(ada: FlaskClient) -> None:
    form = {"label": "Trainee", "label_zh": "实习生", "key": "trainee", "like": "rep",
            "csrf_token": token(ada, f"{PATH}/new")}
    assert ada.post(f"{PATH}/new", data=form).status_code == 302
    roles = shown(ada)["roles"]
    assert roles["trainee"]["entities"] == roles["rep"]["entities"]
    assert roles["trainee"]["label"] == {"en": "Trainee", "zh": "实习生"}
    again = ada.post(f"{PATH}/new", data=form)
    assert again.status_code == 422
    assert "There is such a role already." in again.text


def test_removed_role_says_who_has_it(ada: FlaskClient) -> None:
    assert ada.get(f"{PATH}/rep/uses").json["people"] == ["Rita"]
    assert ada.post(f"{PATH}/rep/remove", data={"csrf_token": token(ada, PATH)}).status_code == 302
    assert "rep" not in shown(ada)["roles"]
