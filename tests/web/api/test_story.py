"""The contract story by the API: drafted, submitted, approved in three departments, signed."""

from __future__ import annotations

from typing import Any


def open_task(client: Any, headers: dict[str, str], record: int) -> dict[str, Any]:
    found = client.get("/api/v1/tasks?page_size=200", headers=headers).json["items"]
    return next(t for t in found if t["entity"] == "contract" and t["record"] == record)


def decide(client: Any, headers: dict[str, str], record: int, outcome: str, comment: str = "") -> Any:
    task = open_task(client, headers, record)
    return client.post(f"/api/v1/tasks/{task['id']}/complete", headers=headers,
                       json={"outcome": outcome, "comment": comment})


def submitted(client: Any, login: Any, amount: int) -> int:
    account = client.get("/api/v1/records/account?page_size=1", headers=login("sales1")).json["items"][0]["id"]
    made = client.post("/api/v1/records/contract", headers=login("sales1"), json={
        "name": "年度维护合同", "account": account, "amount": amount, "start_date": "2027-01-01",
        "end_date": "2027-12-31"})
    assert made.status_code == 201, made.json
    sent = client.post(f"/api/v1/records/contract/{made.json['id']}/actions/submit", headers=login("sales1"))
    assert (sent.status_code, sent.json.get("status")) == (200, "in_approval"), sent.json
    return int(made.json["id"])


def test_contract_is_approved_and_signed(client, login):
    contract = submitted(client, login, 120_000)
    for person in ("sales_manager", "legal", "finance"):
        assert decide(client, login(person), contract, "approve").status_code == 200
    record = client.get(f"/api/v1/records/contract/{contract}", headers=login("sales1")).json
    assert record["status"] == "signed"


def test_rejection_returns_to_draft(client, login):
    contract = submitted(client, login, 20_000)
    answer = decide(client, login("sales_manager"), contract, "reject", "价格要再谈")
    assert answer.status_code == 200, answer.json
    assert client.get(f"/api/v1/records/contract/{contract}", headers=login("sales1")).json["status"] == "draft"


def test_task_of_another_cannot_be_completed(client, login):
    contract = submitted(client, login, 20_000)
    task = open_task(client, login("sales_manager"), contract)
    answer = client.post(f"/api/v1/tasks/{task['id']}/complete", headers=login("sales2"), json={"outcome": "approve"})
    assert answer.status_code in (403, 404)


def test_instance_tells_where_it_stands(client, login):
    contract = submitted(client, login, 20_000)
    instance = open_task(client, login("sales_manager"), contract)["instance"]
    told = client.get(f"/api/v1/processes/instances/{instance}", headers=login("sales1")).json
    assert (told["status"], told["record"]) == ("running", contract)
    assert told["position"]
    assert client.get(f"/api/v1/processes/instances/{instance}", headers=login("agent1")).status_code in (401, 404)


def test_record_says_why_it_goes_where_it_goes(client, login):
    contract = submitted(client, login, 120_000)
    page = client.get(f"/records/contract/{contract}", headers=login("admin") | {"Accept-Language": "zh"})
    text = page.get_data(as_text=True)
    assert page.status_code == 200
    assert "审批矩阵: 法务和财务 是 · 总监 否" in text
    assert "规则 3: 超过 5 万：还需法务和财务" in text
    task = open_task(client, login("sales_manager"), contract)
    told = client.get(f"/api/v1/processes/instances/{task['instance']}", headers=login("sales_manager")).json
    ruling = next(visit["decision"] for visit in told["history"] if visit["kind"] == "ruled")
    assert (ruling["decision"], ruling["result"]) == ("approval_matrix", {"departments": True, "director": False})
    assert [rule["number"] for rule in ruling["rules"]] == [3]
