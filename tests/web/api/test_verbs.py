"""What is done to a task over the API besides deciding it."""

from __future__ import annotations

from typing import Any

from .test_story import decide, open_task, submitted


def numbers(client: Any, login: Any) -> dict[str, int]:
    """Ids of people, from tasks and records that they own."""
    legal = submitted(client, login, 60_000)
    decide(client, login("sales_manager"), legal, "approve")
    return {who: open_task(client, login(who), legal)["assignee"] for who in ("legal", "legal2")}


def test_verbs_are_offered_with_reasons(client, login):
    contract = submitted(client, login, 20_000)
    task = open_task(client, login("sales_manager"), contract)["id"]
    found = client.get(f"/api/v1/tasks/{task}/offers", headers=login("sales_manager")).json
    allowed = {offer["verb"]: offer["allowed"] for offer in found["offers"]}
    assert allowed == {"transfer": True, "add_signer": True, "return": True, "delegate": True, "copy": True,
                       "urge": False, "withdraw": False}
    assert all(offer["reason"] for offer in found["offers"] if not offer["allowed"])
    assert client.get(f"/api/v1/tasks/{task}/offers", headers=login("agent1")).status_code == 404


def test_task_goes_from_hand_to_hand(client, login):
    who, contract = numbers(client, login), submitted(client, login, 20_000)
    task = open_task(client, login("sales_manager"), contract)["id"]

    def post(verb: str, person: str, number: int = task, **body: Any) -> Any:
        return client.post(f"/api/v1/tasks/{number}/{verb}", headers=login(person), json=body)

    assert post("signers", "sales_manager", to=[who["legal"]], when="before").json["status"] == "held"
    assert decide(client, login("legal"), contract, "approve").status_code == 200
    assert post("delegate", "sales_manager", to=who["legal2"]).json["status"] == "held"
    assert decide(client, login("legal2"), contract, "advise", "Fine").status_code == 200
    assert post("transfer", "sales_manager", to=who["legal"]).status_code == 422        # who has signed already
    assert post("transfer", "sales_manager", to=who["legal2"]).json["assignee"] == who["legal2"]
    assert post("transfer", "sales_manager", to=who["legal2"]).status_code == 403
    assert post("copies", "legal2", users=[who["legal"]]).json["users"] == [who["legal"]]
    assert client.get("/api/v1/tasks/counts", headers=login("legal")).json["copied"] == 1
    assert post("urge", "sales1").json["urged"] == 1
    assert post("urge", "sales1").status_code == 403
    assert post("return", "legal2", target="initiator", reason="Dates").json["status"] == "held"
    assert post("transfer", "legal2", to="x").status_code == 400


def test_contract_is_taken_back_while_undecided(client, login):
    contract = submitted(client, login, 20_000)
    instance = open_task(client, login("sales_manager"), contract)["instance"]
    address = f"/api/v1/processes/instances/{instance}/withdraw"
    assert client.post(address, headers=login("sales_manager"), json={}).status_code == 403
    assert client.post(address, headers=login("sales1"), json={"reason": "Typo"}).json["status"] == "cancelled"
    record = client.get(f"/api/v1/records/contract/{contract}", headers=login("sales1")).json
    assert record["status"] == "draft"


def test_absence_begins_and_ends(client, login):
    who = numbers(client, login)
    sent = {"deputy": who["legal2"], "from": "2020-01-01", "until": "2100-01-01", "processes": ["contract_approval"]}
    made = client.post("/api/v1/absences", headers=login("legal"), json=sent)
    assert made.status_code == 201, made.json
    assert client.post("/api/v1/absences", headers=login("legal"), json=sent).status_code == 422
    standing = client.get("/api/v1/absences", headers=login("legal2")).json["standing_in"]
    assert [a["user"] for a in standing] == [who["legal"]]
    address = f"/api/v1/absences/{made.json['id']}"
    assert client.delete(address, headers=login("legal2")).status_code == 404
    assert client.delete(address, headers=login("legal")).status_code == 204
    assert client.get("/api/v1/absences", headers=login("legal2")).json["standing_in"] == []
