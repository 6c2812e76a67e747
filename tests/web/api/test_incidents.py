"""Incidents over the API: administrators find them, see why, and repair one or many; nobody else knows of them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from formloom.jobs import queue, runner

STOP = timedelta(hours=2)


@pytest.fixture
def stopped(crm: Any) -> Callable[[str], int]:
    """A job of that kind, which nobody can do, tried until it was given up; the id of the job."""
    def made(kind: str) -> int:
        now = crm.now()
        with crm.database.write() as unit:
            job = queue.enqueue(unit, kind, {"to": "x", "count": 1}, run_at=now)
        for attempt in range(queue.ATTEMPTS):
            runner.run(crm.database, job, {}, now + attempt * STOP)
        return int(job)
    return made


def listed(client: Any, headers: Any, **filters: Any) -> Any:
    return client.get("/api/v1/incidents", query_string=filters, headers=headers).json


def post(client: Any, headers: Any, address: str, body: Any = None) -> Any:
    return client.post(f"/api/v1/incidents/{address}", json=body or {}, headers=headers)


def test_incident_says_what_stopped_and_why(client, login, stopped):
    job = stopped("fax")
    found, = listed(client, login("admin"), process="fax")["items"]
    assert (found["job"], found["attempts"], found["status"], found["instance"]) == (job, queue.ATTEMPTS, "open", None)
    assert "fax" in found["cause"]
    whole = client.get(f"/api/v1/incidents/{found['id']}", headers=login("admin")).json
    assert (whole["parameters"], whole["hidden"]) == ({"to": "x", "count": 1}, [])


def test_filters_find_by_process_element_and_cause(client, login, stopped):
    stopped("telex")
    headers = login("admin")
    assert listed(client, headers, cause="of kind TELEX")["count"] == 1
    assert listed(client, headers, cause="100%")["count"] == 0
    assert listed(client, headers, process="telex", element="none")["count"] == 0
    assert client.get("/api/v1/incidents?stat=open", headers=headers).status_code == 400


@pytest.mark.parametrize(("verb", "body", "resolution", "status"), [
    ("retry", {"parameters": {"count": 2}}, "retried", "cancelled"), ("retry", {}, "retried", "queued"),
    ("skip", {}, "skipped", "cancelled"), ("cancel", {"reason": "old"}, "cancelled", "cancelled"),
])
def test_each_way_out(client, login, crm, stopped, verb, body, resolution, status):
    job = stopped(f"way-{verb}-{len(body)}")
    found, = listed(client, login("admin"), process=f"way-{verb}-{len(body)}")["items"]
    done = post(client, login("admin"), f"{found['id']}/{verb}", body)
    assert (done.status_code, done.json["resolution"], done.json["status"]) == (200, resolution, "resolved")
    with crm.database.read() as unit:
        assert queue.get(unit, job).status == status
    assert post(client, login("admin"), f"{found['id']}/{verb}", body).status_code == 409


def test_bulk_tells_what_became_of_each(client, login, stopped):
    for _ in range(3):
        stopped("pigeon")
    headers = login("admin")
    ids = [one["id"] for one in listed(client, headers, process="pigeon")["items"]]
    assert post(client, headers, f"{ids[0]}/skip").status_code == 200
    done = post(client, headers, "bulk", {"verb": "retry", "ids": [*ids, 10**9]}).json
    assert (done["done"], done["failed"]) == (2, 2)
    assert {one["id"]: one.get("problem", {}).get("code") for one in done["results"]} == {
        ids[0]: "conflict", ids[1]: None, ids[2]: None, 10**9: "not-found"}


def test_bulk_takes_what_a_filter_finds(client, login, stopped):
    stopped("drum")
    stopped("smoke")
    headers = login("admin")
    done = post(client, headers, "bulk", {"verb": "cancel", "where": {"process": "drum"}}).json
    assert (done["done"], done["failed"]) == (1, 0)
    assert listed(client, headers, process="smoke")["count"] == 1


@pytest.mark.parametrize("body", [
    {}, {"verb": "burn", "ids": []}, {"verb": "retry"}, {"verb": "retry", "ids": ["1"]}, {"verb": "retry", "ids": [0]},
    {"verb": "retry", "ids": [True]}, {"verb": "retry", "ids": [1] * 501}, {"verb": "retry", "where": {"name": "x"}},
])
def test_mistaken_bulk_is_refused(client, login, body):
    assert post(client, login("admin"), "bulk", body).status_code == 400


def test_only_administrators_come_here(client, login, stopped):
    stopped("flag")
    found = listed(client, login("admin"), process="flag")["items"][0]["id"]
    headers = login("agent1")
    assert client.get("/api/v1/incidents", headers=headers).status_code == 403
    assert client.get(f"/api/v1/incidents/{found}", headers=headers).status_code == 403
    for address in (f"{found}/retry", f"{found}/skip", f"{found}/cancel"):
        assert post(client, headers, address).status_code == 403
    assert post(client, headers, "bulk", {"verb": "cancel", "ids": [found]}).status_code == 403
    assert client.get("/api/v1/incidents").status_code == 401
