"""What designers ask of the server: trees, keeping them, undo, and who may."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from formloom.runtime import Runtime

from .conftest import PACKS, SignIn, installed, sign_in_to, token


@pytest.fixture
def runtime(tmp_path: Path) -> Iterator[Runtime]:
    yield from installed(PACKS / "approval", tmp_path, meg="sales_manager", ada="administrator")


@pytest.fixture
def people(runtime: Runtime) -> SignIn:
    return sign_in_to(runtime)


@pytest.fixture
def ada(people: SignIn) -> FlaskClient:
    return people("ada")


def post(client: FlaskClient, address: str, body: dict[str, Any]) -> Any:
    return client.post(address, json=body, headers={"X-CSRFToken": token(client, "/profile")})


def tree(client: FlaskClient, what: str = "entity/contract") -> dict[str, Any]:
    read: dict[str, Any] = client.get(f"/design/{what}/tree").json
    return read


def test_edit_begins_a_draft(ada: FlaskClient, runtime: Runtime) -> None:
    read = tree(ada)
    assert read["draft"] is None
    read["tree"]["fields"]["note"] = {"type": "text"}
    kept = post(ada, "/design/entity/contract/tree", {"tree": read["tree"], "draft": None}).json
    assert (kept["draft"]["edits"], kept["draft"]["undo"], kept["problems"]) == (1, True, [])
    assert "note" in tree(ada)["tree"]["fields"]
    assert "note" not in tree(ada)["pack"]["fields"]
    assert "note" not in runtime.model().catalog.entity("contract").fields


def test_slow_answer_forgets_no_draft(ada: FlaskClient) -> None:
    """An answer that was asked for before the draft began does not write what it knew over the draft."""
    read = tree(ada)
    post(ada, "/design/entity/contract/tree", {"tree": {**read["tree"], "label": "Deal"}, "draft": None})
    ada.get("/design/entities")
    late = ada.get("/design/entities").headers.getlist("Set-Cookie")
    assert not any(cookie.startswith("draft=") for cookie in late)
    with ada.session_transaction() as session:
        assert "draft" not in session


def test_draft_of_another_is_not_entered(ada: FlaskClient) -> None:
    ada.set_cookie("draft", "99999-1")
    assert tree(ada)["draft"] is None
    ada.set_cookie("draft", "x")
    assert tree(ada)["draft"] is None


def test_mistakes_are_told_while_designing(ada: FlaskClient) -> None:
    read = tree(ada)
    read["tree"]["fields"]["note"] = {"type": "txt"}
    kept = post(ada, "/design/entity/contract/tree", {"tree": read["tree"], "draft": None}).json
    assert [(p["code"], p["element"], p["severity"]) for p in kept["problems"]] == [
        ("unknown-type", "contract.note.type", "error")]


def test_undo_and_redo_over_requests(ada: FlaskClient) -> None:
    read = tree(ada)
    read["tree"]["label"] = "Deal"
    kept = post(ada, "/design/entity/contract/tree", {"tree": read["tree"], "draft": None}).json
    undone = post(ada, "/design/undo", {"draft": kept["draft"]}).json
    assert (undone["draft"]["undo"], undone["draft"]["redo"]) == (False, True)
    assert tree(ada)["tree"]["label"] != "Deal"
    post(ada, "/design/redo", {"draft": undone["draft"]})
    assert tree(ada)["tree"]["label"] == "Deal"


def test_stale_page_overwrites_nothing(ada: FlaskClient) -> None:
    read = tree(ada)
    first = {**read["tree"], "label": "One"}
    kept = post(ada, "/design/entity/contract/tree", {"tree": first, "draft": None}).json
    post(ada, "/design/entity/contract/tree", {"tree": {**first, "label": "Two"}, "draft": kept["draft"]})
    for known in (None, kept["draft"]):
        refused = post(ada, "/design/entity/contract/tree", {"tree": {**first, "label": "Old"}, "draft": known})
        assert (refused.status_code, refused.json["code"]) == (409, "change-overtaken")
    assert tree(ada)["tree"]["label"] == "Two"


def test_others_see_and_change_nothing(people: SignIn) -> None:
    meg = people("meg")
    assert meg.get("/design/entity/contract/tree").status_code == 403
    assert post(meg, "/design/entity/contract/tree", {"tree": {}, "draft": None}).status_code == 403
    assert post(meg, "/design/undo", {"draft": None}).status_code == 403


def test_unknown_definitions_are_not_found(ada: FlaskClient) -> None:
    assert ada.get("/design/entity/nothing/tree").status_code == 404
    assert ada.get("/design/secret/contract/tree").status_code == 404
