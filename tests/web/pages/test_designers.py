"""Designers of forms and menus: what they begin with, whom they offer, and the preview of each layout."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from flask.testing import FlaskClient

from .conftest import SignIn, page_data, token

PATH = "/design/entities/contract/form"
LAYOUT = {"name": "short", "label": {"en": "Short"}, "roles": ["legal"], "sections": [{"fields": ["risk"]}]}


@pytest.fixture
def ada(approval_sign_in: SignIn) -> Iterator[FlaskClient]:
    """No draft is left behind."""
    client = approval_sign_in("ada")
    client.delete_cookie("draft")
    yield client
    client.delete_cookie("draft")


def shown(client: FlaskClient) -> dict[str, Any]:
    data: dict[str, Any] = page_data(client, PATH)
    return data


def fields(page: str) -> list[str]:
    form, _, _ = page.partition('data-shown="list"')
    return re.findall(r'data-for="(\w+)"', form)


def test_designer_is_for_administrators(approval_sign_in: SignIn) -> None:
    assert approval_sign_in("meg").get(PATH).status_code == 403


def test_roles_and_steps_are_offered(ada: FlaskClient) -> None:
    data = shown(ada)
    assert {"legal", "finance"} <= {role["name"] for role in data["roles"]}
    assert "administrator" not in {role["name"] for role in data["roles"]}
    assert "contract_approval/legal_review" in {step["name"] for step in data["steps"]}
    assert data["definition"]["tree"]["fields"]["risk"]


def test_layout_is_previewed_from_the_draft(ada: FlaskClient) -> None:
    data = shown(ada)
    tree = {**data["definition"]["tree"], "layouts": [LAYOUT]}
    sent = ada.post("/design/entity/contract/tree", json={"tree": tree, "draft": None},
                    headers={"X-CSRFToken": token(ada, PATH)})
    assert sent.status_code == 200
    assert sent.json["problems"] == []
    assert fields(ada.get("/design/entities/contract/preview?layout=short").text) == ["risk"]
    assert "amount" in fields(ada.get("/design/entities/contract/preview").text)


def test_unknown_entity_is_not_found(ada: FlaskClient) -> None:
    assert ada.get("/design/entities/nothing/form").status_code == 404


def test_menus_know_what_roles_read(ada: FlaskClient, approval_sign_in: SignIn) -> None:
    data = page_data(ada, "/design/menus")
    reads = {role["name"]: role["reads"] for role in data["roles"]}
    assert reads["sales_manager"] == ["contract"]
    assert set(reads["administrator"]) == {one["name"] for one in data["entities"]}
    assert approval_sign_in("meg").get("/design/menus").status_code == 403
