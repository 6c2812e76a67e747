"""Designing entities on the pages: the list, what a draft makes of form and list, new ones, removing, translating."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from formloom.design import publishing
from formloom.policy.actor import SYSTEM, Actor
from formloom.records import actions
from formloom.runtime import Runtime
from formloom.storage import change_sets as stored

from .conftest import PACKS, SignIn, installed, sign_in_to, token

PUBLISHER = Actor(user_id=1, username="ada", name="Ada", admin=True)


@pytest.fixture
def runtime(tmp_path: Path) -> Iterator[Runtime]:
    yield from installed(PACKS / "approval", tmp_path, meg="sales_manager", ada="administrator")


@pytest.fixture
def people(runtime: Runtime) -> SignIn:
    return sign_in_to(runtime)


@pytest.fixture
def ada(people: SignIn) -> FlaskClient:
    return people("ada")


def edited(client: FlaskClient, change: dict[str, Any]) -> Any:
    """Fields of the contract as the designer sends them; None takes one away."""
    read: Any = client.get("/design/entity/contract/tree").json
    fields = {**read["tree"]["fields"], **change}
    tree = {**read["tree"], "fields": {name: spec for name, spec in fields.items() if spec is not None}}
    return client.post("/design/entity/contract/tree", json={"tree": tree, "draft": read["draft"]},
                       headers={"X-CSRFToken": token(client, "/profile")}).json


def sent(client: FlaskClient, address: str, **form: str) -> Any:
    return client.post(address, data={**form, "csrf_token": token(client, "/design/entities/new")})


def test_list_says_what_there_is(ada: FlaskClient) -> None:
    page = ada.get("/design/entities").text
    assert 'href="/design/entities/contract"' in page
    assert "In your draft" not in page
    edited(ada, {"note": {"type": "text"}})
    assert "In your draft" in ada.get("/design/entities").text
    assert "No entity is called that" in ada.get("/design/entities?q=unheard").text


def test_others_design_nothing(people: SignIn) -> None:
    meg = people("meg")
    for address in ("/design/entities", "/design/entities/new", "/design/entities/contract", "/design/model",
                    "/design/entities/contract/preview", "/design/entities/contract/uses",
                    "/design/entities/contract/mentions", "/design/translations",
                    "/design/entities/contract/fields/amount/uses", "/design/entities/contract/offer"):
        assert meg.get(address).status_code == 403
    for address in ("/design/entities/new", "/design/entities/contract/remove", "/design/entities/contract/return",
                    "/design/entities/contract/fields/amount/rename", "/design/entities/contract/rename"):
        assert meg.post(address, data={"csrf_token": token(meg, "/profile")}).status_code == 403
    refused = meg.post("/design/translations", json={}, headers={"X-CSRFToken": token(meg, "/profile")})
    assert refused.status_code == 403


def test_designer_keeps_the_order_of_fields(ada: FlaskClient, runtime: Runtime) -> None:
    page = ada.get("/design/entities/contract").text
    fields = [f'"{f.name}":{{' for f in runtime.model().catalog.entity("contract").fields.values() if not f.system]
    places = [page.index(name) for name in fields]
    assert places == sorted(places)


def test_preview_shows_the_draft(ada: FlaskClient, runtime: Runtime) -> None:
    with runtime.writing(SYSTEM) as context:
        actions.create(context, "contract", {"name": "Drills for Acme", "amount": "5"})
    edited(ada, {"note": {"type": "text", "label": "A note of mine"},
                 "mood": {"type": "choice", "default": '"fine"', "choices": [{"value": "fine", "label": "All fine"}]}})
    page = ada.get("/design/entities/contract/preview").text
    assert 'data-for="note"' in page
    assert "A note of mine" in page
    assert '<option value="fine" selected>All fine' in page
    assert "Drills for Acme" in page
    assert "A note of mine" not in ada.get("/records/contract/new").text


def test_preview_survives_mistakes(ada: FlaskClient) -> None:
    edited(ada, {"note": {"type": "text", "visible_when": "amount >"}, "lines": {"type": "table", "entity": "nothing"},
                 "other": {"type": "reference", "entity": "nowhere"}})
    for address in ("/design/entities/contract/preview", "/design/entities", "/design/model"):
        assert ada.get(address).status_code == 200


def test_renamed_field_shows_its_values(ada: FlaskClient, runtime: Runtime) -> None:
    with runtime.writing(SYSTEM) as context:
        actions.create(context, "contract", {"name": "Drills for Acme", "amount": "5"})
    read: Any = ada.get("/design/entity/contract/tree").json["tree"]
    held = runtime.model().catalog.entity("contract").fields["name"]
    edited(ada, {"name": None, "title": {**read["fields"]["name"], "id": held.id}})
    read = ada.get("/design/entity/contract/tree").json
    tree = {**read["tree"], "title": "title", "list": {"columns": ["title"]}}
    ada.post("/design/entity/contract/tree", json={"tree": tree, "draft": read["draft"]},
             headers={"X-CSRFToken": token(ada, "/profile")})
    assert "Drills for Acme" in ada.get("/design/entities/contract/preview").text


def test_formulas_follow_a_renamed_field(ada: FlaskClient) -> None:
    kept = edited(ada, {"twice": {"type": "formula", "returns": "decimal", "formula": "amount * 2"}})
    headers = {"X-CSRFToken": token(ada, "/profile")}
    address = "/design/entities/contract/fields/amount/rename"
    told: Any = ada.post(address, json={"name": "worth", "draft": kept["draft"]}, headers=headers).json
    assert told["problems"] == []
    read: Any = ada.get("/design/entity/contract/tree").json
    assert read["tree"]["fields"]["twice"]["formula"] == "worth * 2"
    assert "amount" not in read["tree"]["fields"]
    for wrong in ("Big Worth", "name", None):
        refused = ada.post("/design/entities/contract/fields/worth/rename",
                           json={"name": wrong, "draft": read["draft"]}, headers=headers)
        assert refused.status_code in (400, 422)
    assert ada.get("/design/entity/contract/tree").json["tree"] == read["tree"]


def row(page: str, name: str) -> str:
    found = re.search(rf'href="/design/entities/{name}".*?</tr>', page, re.DOTALL)
    assert found
    return found[0]


def test_renamed_entity_is_designed_further(ada: FlaskClient, runtime: Runtime) -> None:
    with runtime.writing(SYSTEM) as context:
        made = actions.create(context, "contract", {"name": "Drills for Acme", "amount": "5"})
    headers = {"X-CSRFToken": token(ada, "/profile")}
    assert ada.get("/design/entities/contract/mentions").json["uses"]
    told: Any = ada.post("/design/entities/contract/rename", json={"name": "deal", "draft": None}, headers=headers).json
    assert told["problems"] == []
    page = ada.get("/design/entities/deal").text
    assert '"amount":"' in page
    assert "Drills for Acme" in ada.get("/design/entities/deal/preview").text
    assert ada.get("/design/entities/contract").headers["Location"] == "/design/entities/deal"
    listed = ada.get("/design/entities").text
    assert "In your draft" in row(listed, "deal")
    assert 'href="/design/entities/deal"' in listed
    assert 'href="/design/entities/contract"' not in listed
    read: Any = ada.get("/design/entity/deal/tree").json
    assert read["pack"]["entity"] == "contract"
    tree = {**read["tree"], "fields": {**read["tree"]["fields"], "note": {"type": "text"}}}
    kept: Any = ada.post("/design/entity/deal/tree", json={"tree": tree, "draft": read["draft"]}, headers=headers).json
    assert kept["problems"] == []
    with runtime.writing(SYSTEM) as context:
        draft = stored.get(context.unit, kept["draft"]["id"])
    publishing.publish(runtime, PUBLISHER, draft, "")
    with runtime.reading(SYSTEM) as context:
        assert actions.read(context, "deal", made.id).values["name"] == "Drills for Acme"
    assert runtime.former.entities["contract"].name == "deal"
    assert "Changed here" in row(ada.get("/design/entities").text, "deal")
    assert 'data-for="note"' in ada.get("/design/entities/deal/preview").text


def test_entity_goes_back_to_its_name(ada: FlaskClient) -> None:
    headers = {"X-CSRFToken": token(ada, "/profile")}
    before = ada.get("/design/entity/contract/tree").json["tree"]
    told: Any = ada.post("/design/entities/contract/rename", json={"name": "deal", "draft": None}, headers=headers).json
    told = ada.post("/design/entities/deal/rename", json={"name": "contract", "draft": told["draft"]},
                    headers=headers).json
    assert (told["problems"], told["draft"]["files"]) == ([], 0)
    assert ada.get("/design/entity/contract/tree").json["tree"] == before


def test_first_name_is_not_given_again(ada: FlaskClient) -> None:
    headers = {"X-CSRFToken": token(ada, "/profile")}
    ada.post("/design/entities/contract/rename", json={"name": "deal", "draft": None}, headers=headers)
    sent(ada, "/design/entities/new", label="Machine", key="machine")
    read: Any = ada.get("/design/entity/machine/tree").json
    for wrong in ("contract", "deal", "Big Machine", None):
        refused = ada.post("/design/entities/machine/rename", json={"name": wrong, "draft": read["draft"]},
                           headers=headers)
        assert refused.status_code in (400, 422)
    assert sent(ada, "/design/entities/new", label="Contract", key="contract").status_code == 422
    moved: Any = ada.post("/design/entities/machine/rename", json={"name": "engine", "draft": read["draft"]},
                          headers=headers).json
    assert moved["problems"] == []
    assert ada.get("/design/entity/engine/tree").json["pack"] is None


def test_new_entity_goes_into_the_draft(ada: FlaskClient, runtime: Runtime) -> None:
    workspace = runtime.model().catalog.workspaces[0].name if runtime.model().catalog.workspaces else ""
    made = sent(ada, "/design/entities/new", label="Machine", label_zh="设备", key="machine", icon="tool",
                workspace=workspace)
    assert made.location == "/design/entities/machine"
    tree: Any = ada.get("/design/entity/machine/tree").json["tree"]
    assert (tree["label"], list(tree["fields"])) == ({"en": "Machine", "zh": "设备"}, ["name"])
    assert ada.get("/design/problems").json["problems"] == []
    assert "machine" not in runtime.model().catalog.entities
    assert "Machine" in ada.get("/design/entities").text


@pytest.mark.parametrize(("given", "told"), [
    ({"key": "machine"}, "This is needed."), ({"label": "M", "key": "Big Machine"}, "Use small letters"),
    ({"label": "M", "key": "contract"}, "There is such an entity already."),
    ({"label": "M", "key": "machine", "parent": "nothing"}, "Choose one of the list."),
    ({"label": "M", "key": "machine", "workspace": "nothing"}, "Choose one of the list.")])
def test_unfit_entities_are_told(ada: FlaskClient, given: dict[str, str], told: str) -> None:
    refused = sent(ada, "/design/entities/new", **given)
    assert refused.status_code == 422
    assert told in refused.text
    assert ada.get("/design/problems").json["draft"] is None


def test_used_entity_is_not_removed(ada: FlaskClient) -> None:
    assert ada.get("/design/entities/contract/uses").json["uses"] != []
    assert sent(ada, "/design/entities/contract/remove").status_code == 409
    assert ada.get("/design/problems").json["draft"] is None


def test_removed_entity_comes_back(ada: FlaskClient) -> None:
    sent(ada, "/design/entities/new", label="Machine", key="machine")
    sent(ada, "/design/entities/machine/remove")
    assert ada.get("/design/entity/machine/tree").status_code == 404
    ada.post("/design/undo", json={"draft": ada.get("/design/problems").json["draft"]},
             headers={"X-CSRFToken": token(ada, "/profile")})
    assert ada.get("/design/entity/machine/tree").status_code == 200


def test_uses_of_a_field_are_told(ada: FlaskClient) -> None:
    found: Any = ada.get("/design/entities/contract/fields/amount/uses").json["uses"]
    assert {"where", "what"} == set(found[0])
    assert len({(use["where"], use["what"]) for use in found}) == len(found)
    assert ada.get("/design/entities/contract/fields/nothing/uses").json["uses"] == []


def test_diagram_shows_what_points_where(ada: FlaskClient) -> None:
    edited(ada, {"twin": {"type": "reference", "entity": "contract", "label": "Twin"}})
    page = ada.get("/design/model").text
    assert 'data-source="contract" data-target="contract"' in page
    assert 'data-entity="contract"' in ada.get("/design/model?around=contract&hops=9").text


def test_translations_are_filled_in(ada: FlaskClient, runtime: Runtime) -> None:
    edited(ada, {"note": {"type": "text", "label": "Note"}})
    assert "Note" in ada.get("/design/translations?show=missing&q=note").text
    draft: Any = ada.get("/design/problems").json["draft"]
    text = {"kind": "entity", "name": "contract", "path": ["fields", "note", "label"], "language": "zh", "text": "备注"}
    headers = {"X-CSRFToken": token(ada, "/profile")}
    kept = ada.post("/design/translations", json={"texts": [text], "draft": draft}, headers=headers).json
    assert kept["draft"]["edits"] == draft["edits"] + 1
    fields: Any = ada.get("/design/entity/contract/tree").json["tree"]["fields"]
    assert fields["note"]["label"] == {"en": "Note", "zh": "备注"}
    for wrong in (["fields", "note"], ["fields", "note", "type"], ["nothing", "label"], []):
        refused = ada.post("/design/translations", json={"texts": [{**text, "path": wrong}], "draft": kept["draft"]},
                           headers=headers)
        assert refused.status_code == 400
