"""Messages and signals over the API: who may send which, what they reach, and that sending twice is sending once."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa

from formloom.metadata import layers
from formloom.policy.actor import SYSTEM
from formloom.storage import platform_tables as t

from .conftest import bearer, without_limits

PAID = """<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL"
  xmlns:formloom="https://formloom.org/bpmn/1.0">
<bpmn:message id="m" name="paid"/><bpmn:message id="o" name="ordered"/><bpmn:signal id="g" name="stop_all"/>
<bpmn:process id="shipping" isExecutable="true">
  <bpmn:extensionElements><formloom:trigger on="message" message="ordered"/></bpmn:extensionElements>
  <bpmn:startEvent id="s"/><bpmn:sequenceFlow id="f" sourceRef="s" targetRef="w"/>
  <bpmn:intermediateCatchEvent id="w"><bpmn:extensionElements><formloom:correlation key="message.number"/>
    </bpmn:extensionElements><bpmn:messageEventDefinition messageRef="m"/></bpmn:intermediateCatchEvent>
  <bpmn:sequenceFlow id="g1" sourceRef="w" targetRef="h"/>
  <bpmn:intermediateCatchEvent id="h"><bpmn:signalEventDefinition signalRef="g"/></bpmn:intermediateCatchEvent>
  <bpmn:sequenceFlow id="g2" sourceRef="h" targetRef="e"/><bpmn:endEvent id="e"/>
</bpmn:process></bpmn:definitions>"""


@pytest.fixture(scope="module")
def shop(installed: Any, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """An installation in which finance may say that something is paid, and nothing else."""
    with installed.copied(tmp_path_factory.mktemp("messages")) as runtime:
        sources = layers.put(runtime.model().catalog.sources, "workflows/shipping.bpmn", PAID)
        runtime.publish(layers.put(sources, "roles/finance.yaml", "extend: finance\nmessages: [paid]\n"), SYSTEM)
        app = without_limits(runtime)
        yield app.test_client(), {who: bearer(app, who) for who in ("admin", "finance", "sales1")}, runtime


def send(shop: Any, who: str, kind: str, key: str = "", **body: Any) -> Any:
    client, headers, _ = shop
    repeated = {"Idempotency-Key": key} if key else {}
    return client.post(f"/api/v1/{kind}", json=body, headers=headers[who] | repeated)


def ordered(shop: Any, number: str) -> int:
    started = send(shop, "admin", "messages", name="ordered", payload={"number": number}).json["started"]
    assert [one["process"] for one in started] == ["shipping"]
    return int(started[0]["id"])


def instances(shop: Any) -> int:
    with shop[2].reading(SYSTEM) as context:
        return int(context.unit.connection.scalar(sa.select(sa.func.count()).select_from(t.fl_instance)))


def test_role_names_what_may_be_sent(shop):
    client, headers, _ = shop
    listed = {who: [one["name"] for one in client.get("/api/v1/messages", headers=headers[who]).json["items"]]
              for who in headers}
    assert listed == {"admin": ["ordered", "paid"], "finance": ["paid"], "sales1": []}
    assert client.get("/api/v1/signals", headers=headers["finance"]).json["items"] == []


@pytest.mark.parametrize(("who", "kind", "name"), [
    ("sales1", "messages", "paid"), ("finance", "messages", "ordered"), ("finance", "signals", "paid"),
    ("finance", "signals", "stop_all"), ("sales1", "messages", "no_such_message"),
])
def test_what_no_role_names_is_refused(shop, who, kind, name):
    before = instances(shop)
    answer = send(shop, who, kind, name=name)
    assert (answer.status_code, answer.json["code"]) == (403, "forbidden")
    assert instances(shop) == before


def test_stranger_sends_nothing(shop):
    before = instances(shop)
    assert shop[0].get("/api/v1/messages").status_code == 401
    assert shop[0].post("/api/v1/messages", json={"name": "ordered"}).status_code in (400, 401)
    assert shop[0].post("/api/v1/signals", json={"name": "stop_all"}).status_code in (400, 401)
    assert instances(shop) == before


def test_message_starts_then_continues_by_key(shop):
    first, second = ordered(shop, "A-1"), ordered(shop, "A-2")
    answer = send(shop, "finance", "messages", name="paid", key="", payload={"sum": 12.50})
    assert (answer.status_code, answer.json["code"]) == (409, "conflict")       # which of the two
    client, headers, _ = shop
    reached = client.post("/api/v1/messages", headers=headers["finance"], json={"name": "paid", "key": "A-2"}).json
    assert reached == {"name": "paid", "started": [],
                       "continued": [{"id": second, "process": "shipping", "status": "running"}]}
    assert first != second


def test_signal_tells_whom_it_reached(shop):
    number, (client, headers, _) = ordered(shop, "S-1"), shop
    client.post("/api/v1/messages", headers=headers["finance"], json={"name": "paid", "key": "S-1"})
    reached = send(shop, "admin", "signals", name="stop_all").json
    assert {"id": number, "process": "shipping", "status": "done"} in reached["continued"]
    assert send(shop, "admin", "signals", name="stop_all").json == {
        "name": "stop_all", "continued": [], "started": []}


def test_repeated_request_changes_nothing_more(shop):
    once = send(shop, "admin", "messages", "order-7", name="ordered", payload={"number": "R-7"})
    count = instances(shop)
    again = send(shop, "admin", "messages", "order-7", name="ordered", payload={"number": "R-7"})
    assert (again.status_code, again.json) == (200, once.json)
    assert instances(shop) == count
    other = send(shop, "admin", "messages", "order-7", name="ordered", payload={"number": "R-8"})
    assert (other.status_code, instances(shop)) == (409, count)
    send(shop, "admin", "messages", "order-8", name="ordered", payload={"number": "R-7"})
    assert instances(shop) == count + 1


def test_refused_request_may_be_repeated(shop):
    client, headers, _ = shop
    paid = {"name": "paid", "key": "L-1"}
    early = client.post("/api/v1/messages", json=paid, headers=headers["finance"] | {"Idempotency-Key": "pay-1"})
    number = ordered(shop, "L-1")
    late = client.post("/api/v1/messages", json=paid, headers=headers["finance"] | {"Idempotency-Key": "pay-1"})
    assert (early.status_code, late.status_code) == (409, 200)
    assert [one["id"] for one in late.json["continued"]] == [number]


@pytest.mark.parametrize(("body", "status", "words"), [
    ({"name": "payd"}, 404, "Did you mean paid?"), ({}, 400, "name"), ({"name": "x" * 201}, 400, "200"),
    ({"name": "a\0"}, 400, "name"), ({"name": "paid", "payload": []}, 400, "payload"),
    ({"name": "paid", "payload": {"a": "b\0"}}, 422, "control"), ({"name": "paid", "keys": "1"}, 400, "keys"),
    ({"name": "paid", "record": {"entity": "contract"}}, 400, "record"),
    ({"name": "paid", "record": {"entity": "contract", "id": 999_999}}, 404, "999999"),
    ({"name": "paid", "payload": {"text": "x" * 200_000}}, 422, "at most"),
])
def test_mistaken_message_is_told(shop, body, status, words):
    answer = send(shop, "admin", "messages", **body)
    assert (answer.status_code, words in answer.get_data(as_text=True)) == (status, True), answer.text


def test_record_one_may_not_read_is_none(shop):
    client, headers, _ = shop
    hidden = client.get("/api/v1/records/ticket", headers=headers["admin"]).json["items"][0]["id"]
    answer = send(shop, "finance", "messages", name="paid", record={"entity": "ticket", "id": hidden})
    assert answer.status_code == 404


def test_misspelt_message_of_a_role_is_told(shop):
    runtime = shop[2]
    sources = layers.put(runtime.model().catalog.sources, "roles/legal.yaml", "extend: legal\nsignals: [stop_al]\n")
    found = [p for p in runtime.check(sources) if p.code == "unknown-signal"]
    assert [(p.severity, p.element, str(p.hint)) for p in found] == [("warning", "legal", "Did you mean stop_all?")]
