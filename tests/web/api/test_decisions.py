"""Decisions over the API: who may ask which, what they answer, how mistakes are told."""

from __future__ import annotations

from typing import Any

import pytest

QUESTION = {"inputs": {"amount": 600_000, "discount": 0, "grade": "high"}}


def ask(client: Any, headers: Any, name: str, body: Any) -> Any:
    return client.post(f"/api/v1/decisions/{name}/evaluate", json=body, headers=headers)


@pytest.mark.parametrize(("who", "names"), [
    ("admin", {"approval_matrix", "customer_grade", "discount_limit", "lead_score", "lead_grade", "ticket_routing"}),
    ("service_manager", {"ticket_routing"}), ("agent1", set()),
])
def test_roles_say_who_may_ask(client, login, who, names):
    items = client.get("/api/v1/decisions", headers=login(who)).json["items"]
    assert {item["id"] for item in items} == names
    for name in {"approval_matrix", "ticket_routing"} - names:
        assert client.get(f"/api/v1/decisions/{name}", headers=login(who)).status_code == 404
        assert ask(client, login(who), name, QUESTION).status_code == 404


def test_stranger_is_sent_to_sign_in(client):
    assert client.get("/api/v1/decisions").status_code == 401
    assert client.get("/api/v1/decisions/approval_matrix").status_code == 401
    assert ask(client, {"Authorization": "Bearer no"}, "approval_matrix", QUESTION).status_code in (400, 401)


def test_decision_tells_its_inputs(client, login):
    found = client.get("/api/v1/decisions/approval_matrix", headers=login("director")).json
    assert [(i["name"], i["type"]) for i in found["inputs"]] == [
        ("amount", "number"), ("discount", "number"), ("grade", "string")]
    assert [(o["name"], o["type"]) for o in found["outputs"]] == [("departments", "boolean"), ("director", "boolean")]


def test_answer_says_which_rules_held(client, login):
    answer = ask(client, login("director"), "approval_matrix", QUESTION)
    assert answer.status_code == 200
    assert answer.json["result"] == {"departments": True, "director": True}
    assert [(r["decision"], r["number"]) for r in answer.json["rules"]] == [("approval_matrix", 6)]
    assert answer.json["warnings"] == []


@pytest.mark.parametrize(("body", "status", "words"), [
    ({"inputs": {"amount": 1, "discount": 0}}, 422, "grade"),
    ({"inputs": {"amount": "much", "discount": 0, "grade": None}}, 422, "much"),
    ({"inputs": {"amount": None, "discount": 0, "grade": None}}, 422, "amount"),
    ({"inputs": {"amount": 1, "discount": 0, "grade": None, "grad": 1}}, 422, "grad"),
    ({"input": {}}, 400, "input"), ({"inputs": []}, 400, "inputs"),
])
def test_mistaken_question_is_told(client, login, body, status, words):
    headers: dict[str, str] = {**login("director"), "Accept-Language": "en"}
    answer = ask(client, headers, "approval_matrix", body)
    assert answer.status_code == status
    assert words.lower() in answer.get_data(as_text=True).lower()
