"""Clocks of a ticket over the API: exact, with their ledger, for those who may read the ticket."""

from __future__ import annotations

from typing import Any

from flask.testing import FlaskClient

from tests.web.api.conftest import Login


def test_ticket_answers_with_its_clocks(client: FlaskClient, login: Login) -> None:
    agent = login("agent1")
    made: Any = client.post("/api/v1/records/ticket", headers=agent, json={"subject": "No power"}).json
    assert made["sla"] == "running"
    assert made["response_due"]
    base = f"/api/v1/records/ticket/{made['id']}"
    paused: Any = client.post(f"{base}/actions/wait", headers=agent, json={})
    assert paused.status_code == 200, paused.json
    assert (paused.json["sla"], paused.json["response_due"]) == ("paused", None)
    client.post(f"{base}/actions/resume", headers=agent, json={})
    found: Any = client.get(f"{base}/sla", headers=agent).json["clocks"]
    assert [(c["name"], c["state"], c["target"], c["calendar"]) for c in found] == [
        ("first_response", "running", 86400, "round_the_clock"), ("resolution", "running", 144000, "china")]
    assert found[0]["consumed"] + found[0]["remaining"] == 86400
    assert [e["kind"] for e in found[0]["ledger"]] == ["started", "paused", "resumed"]


def test_clocks_are_of_those_who_may_read_the_record(client: FlaskClient, login: Login) -> None:
    made: Any = client.post("/api/v1/records/ticket", headers=login("agent1"), json={"subject": "Leak"}).json
    answer = client.get(f"/api/v1/records/ticket/{made['id']}/sla", headers=login("legal"))
    assert answer.status_code in (403, 404)


def test_only_administrators_recompute(client: FlaskClient, login: Login) -> None:
    for ask in (client.get, client.post):
        assert ask("/api/v1/sla/recompute", headers=login("agent1")).status_code == 403
    preview: Any = client.get("/api/v1/sla/recompute", headers=login("admin"))
    assert preview.json == {"moves": [], "more": False}
    started: Any = client.post("/api/v1/sla/recompute", headers=login("admin"))
    assert (started.status_code, started.json["job"] > 0) == (202, True)
