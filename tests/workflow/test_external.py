"""Service tasks that leave the machine: the process waits, each answer moves it once, and none that comes too late."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
import sqlalchemy as sa

from formloom.errors import Text
from formloom.exchange import webhooks
from formloom.jobs import queue, runner
from formloom.records import actions
from formloom.storage import platform_tables as t
from formloom.workflow import incidents, instances, tasks, timers
from formloom.workflow.performing import BusinessError

CREATED = '<formloom:trigger on="created"/>'
CATCH = '<bpmn:boundaryEvent id="b" attachedToRef="charge"><bpmn:errorEventDefinition/></bpmn:boundaryEvent>'


class Bank:
    """An external task that answers as it is told, and counts by idempotency key."""

    def __init__(self) -> None:
        self.keys: list[str] = []
        self.given: list[Any] = []
        self.failure: Exception | None = None

    def charge(self, errand: Any, *, amount: Any, note: Any = None) -> dict[str, Any]:
        self.keys.append(errand.key)
        self.given.append((errand.record, amount, note))
        if self.failure is not None:
            raise self.failure
        return {"paid": amount, "receipt": Decimal("1.50")}


@pytest.fixture
def bank(world: Any) -> Bank:
    made = Bank()
    world.extensions.add_external_task("charge", made.charge)
    return made


def service(*parameters: tuple[str, str], name: str = "charge") -> str:
    given = "".join(f'<formloom:param name="{key}">{value}</formloom:param>' for key, value in parameters)
    return (f'<bpmn:serviceTask id="charge"><bpmn:extensionElements><formloom:action name="{name}">{given}'
            "</formloom:action></bpmn:extensionElements></bpmn:serviceTask>")


@pytest.fixture
def charging(world: Any, drawn: Callable[..., Any], draw: Any, bank: Bank) -> Callable[..., Any]:
    """Charges, then somebody looks; a boundary event leads to another task."""
    def made(boundary: str = CATCH, task: str = "") -> Any:
        work = task or service(("amount", "amount * 2"), ("note", "record"))
        way_out = draw.person("other") + draw.end("e2") + draw.chain("b", "other", "e2") if boundary else ""
        return drawn("pay", draw.start() + work + boundary + draw.script("seen", "receipt = charge.receipt")
                     + draw.person("look") + draw.end() + way_out
                     + draw.chain("s", "charge", "seen", "look", "e"), CREATED)
    return made


def create(world: Any) -> int:
    with world.writing("sales") as context:
        return int(actions.create(context, "contract", {"name": "A", "amount": 21, "owner": 1}).id)


def work(world: Any) -> int:
    """Runs what is due, until nothing is; how many."""
    done = 0
    while jobs := _due(world):
        done += sum(runner.run(world.database, job, world.extensions.job_handlers.items, world.clock) for job in jobs)
    return done


def _due(world: Any) -> list[int]:
    with world.database.read() as unit:
        return queue.due(unit, world.clock)


def exhaust(world: Any) -> None:
    for _ in range(queue.ATTEMPTS):
        work(world)
        world.clock += timedelta(hours=2)
    work(world)


def instance(world: Any, record_id: int) -> Any:
    with world.reading() as context:
        return instances.of_record(context, "contract", record_id)[0]


def open_nodes(world: Any, record_id: int) -> list[str]:
    with world.reading() as context:
        return sorted(x.node for x in tasks.of_record(context, "contract", record_id) if x.open)


def job(world: Any, kind: str = "external-task") -> Any:
    with world.database.read() as unit:
        found = unit.connection.scalars(sa.select(t.fl_job.c.id).where(t.fl_job.c.kind == kind)).all()
        return queue.get(unit, found[-1])


def test_process_waits_for_what_the_worker_brings(world: Any, bank: Bank, charging: Any) -> None:
    charging()
    record_id = create(world)
    number = instance(world, record_id).id
    with world.reading() as context:
        assert [w.kind for w in instances.diagram(context, number).waiting] == ["external"]
    assert (bank.given, open_nodes(world, record_id)) == ([], [])
    work(world)
    (record, amount, note), = bank.given
    assert (record, amount, note["name"]) == (("contract", record_id), 42, "A")
    assert open_nodes(world, record_id) == ["look"]


def broken(*_: Any) -> None:
    raise KeyError


def test_step_that_rolls_back_sends_nothing(world: Any, bank: Bank, charging: Any) -> None:
    charging()
    world.extensions.listeners.append(broken)
    with pytest.raises(KeyError):
        create(world)
    assert work(world) == 0
    assert bank.given == []


def test_repeated_delivery_moves_once(world: Any, bank: Bank, charging: Any) -> None:
    charging()
    record_id = create(world)
    work(world)
    for kind in ("external-task", "settle"):
        known = job(world, kind)
        assert not runner.run(world.database, known.id, world.extensions.job_handlers.items, world.clock)
        world.extensions.job_handlers.items["settle"](world.database, {"job": job(world).id}, 0)
    assert (len(bank.keys), open_nodes(world, record_id)) == (1, ["look"])


def test_lost_lease_answers_once(world: Any, bank: Bank, charging: Any) -> None:
    """The first worker is taken for dead, so a second does the work: one key for the receiver, one answer."""
    charging()
    record_id = create(world)
    known = job(world)
    with world.database.write() as unit:
        first = queue.lease(unit, known.id, world.clock, world.clock)
    with world.database.write() as unit:
        queue.sweep(unit, world.clock, world.clock + 2 * queue.LEASE)
    work(world)
    with world.database.write() as unit:
        assert not queue.finish(unit, first[0], first[1], world.clock, '{"paid":1}')
    assert work(world) == 0
    assert (bank.keys, open_nodes(world, record_id)) == ([f"job-{known.id}"], ["look"])


@pytest.mark.parametrize("end", ["cancelled", "timed out"])
def test_late_result_is_not_heard(world: Any, bank: Bank, charging: Any, draw: Any, end: str) -> None:
    charging(draw.timer("b", "timeDuration", "PT1H", "charge"))
    record_id = create(world)
    known = job(world)
    with world.database.write() as unit:
        leased = queue.lease(unit, known.id, world.clock, world.clock)
    if end == "cancelled":
        number = instance(world, record_id).id
        with world.writing("admin") as context:
            instances.cancel(context, number)
    else:
        world.clock += timedelta(hours=2)
        assert timers.fire_due(world, world.clock) == 1
    with world.database.write() as unit:
        assert not queue.finish(unit, leased[0], leased[1], world.clock, '{"paid":1}')
    assert work(world) == 0
    assert job(world).status == "cancelled"
    assert open_nodes(world, record_id) == ([] if end == "cancelled" else ["other"])


def test_answer_on_its_way_is_dropped_when_the_token_has_gone(world: Any, bank: Bank, charging: Any,
                                                              draw: Any) -> None:
    charging(draw.timer("b", "timeDuration", "PT1H", "charge"))
    record_id = create(world)
    runner.run(world.database, job(world).id, world.extensions.job_handlers.items, world.clock)
    world.clock += timedelta(hours=2)
    assert timers.fire_due(world, world.clock) == 1
    work(world)
    assert open_nodes(world, record_id) == ["other"]


def test_business_error_is_caught_at_once(world: Any, bank: Bank, charging: Any) -> None:
    charging()
    bank.failure = BusinessError("card-declined", Text("no funds"))
    record_id = create(world)
    work(world)
    assert (len(bank.keys), open_nodes(world, record_id)) == (1, ["other"])


def test_uncaught_business_error_is_an_incident(world: Any, bank: Bank, charging: Any) -> None:
    charging(boundary="")
    bank.failure = BusinessError("card-declined", Text("no funds"))
    record_id = create(world)
    work(world)
    with world.reading() as context:
        incident, = incidents.listed(context).items
    assert (incident.exception, incident.cause, incident.node) == ("BusinessError", "no funds", "charge")
    assert (incident.instance_id, incident.attempts) == (instance(world, record_id).id, 1)


def test_failing_work_is_tried_again_later(world: Any, bank: Bank, charging: Any) -> None:
    charging(boundary="")
    bank.failure = OSError("no route")
    record_id = create(world)
    work(world)
    assert (job(world).status, job(world).error) == ("queued", "OSError: no route")
    bank.failure = None
    world.clock += timedelta(hours=1)
    work(world)
    assert open_nodes(world, record_id) == ["look"]
    assert len(set(bank.keys)) == 1


def test_exhausted_work_is_an_incident_and_timers_go_on(world: Any, bank: Bank, charging: Any, draw: Any) -> None:
    charging(draw.timer("b", "timeDuration", "P3D", "charge"))
    bank.failure = OSError("no route")
    record_id = create(world)
    exhaust(world)
    with world.reading() as context:
        incident, = incidents.listed(context).items
    assert (incident.error, incident.attempts) == ("OSError: no route", queue.ATTEMPTS)
    assert instance(world, record_id).status == "running"
    world.clock += timedelta(days=3)
    assert timers.fire_due(world, world.clock) == 1
    assert open_nodes(world, record_id) == ["other"]
    with world.reading() as context:
        assert incidents.listed(context).items == ()
        assert incidents.listed(context, incidents.Filter("resolved")).items[0].resolution == "went on"


def test_rounds_are_not_sent_away_together(world: Any, bank: Bank, charging: Any) -> None:
    charging(boundary="", task=service(("for", "[1, 2]"), ("amount", "item")))
    create(world)
    with world.reading() as context:
        incident, = incidents.listed(context).items
    assert (incident.exception, job_count(world)) == ("LoopedExternal", 0)


def job_count(world: Any) -> int:
    with world.database.read() as unit:
        return int(unit.connection.scalar(sa.select(sa.func.count()).select_from(t.fl_job)) or 0)


class Shop(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        self.server.keys.append(self.headers["Idempotency-Key"])  # type: ignore[attr-defined]
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        status = int(self.path.strip("/"))
        answer = json.dumps({"order": asked["id"], "price": 1.25}).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Retry-After", "7200")
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_: Any) -> None:
        """Quiet."""


@pytest.fixture
def shop() -> Iterator[Any]:
    server = HTTPServer(("127.0.0.1", 0), Shop)
    server.keys = []  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def asking(world: Any, drawn: Callable[..., Any], draw: Any, shop: Any) -> Callable[[int], None]:
    world.extensions.external_tasks.items["webhook"] = webhooks.asker(b"key", ("127.0.0.0/8",))

    def made(status: int) -> None:
        task = service(("url", f'"http://127.0.0.1:{shop.server_port}/{status}"'), ("body", "{id: record.id}"),
                       ("wait", "true"), name="webhook")
        drawn("ask", draw.start() + task + draw.script("seen", "total = charge.body.price * 4\ncode = charge.status")
              + draw.person("look") + draw.end() + draw.chain("s", "charge", "seen", "look", "e"), CREATED)
    return made


def test_webhook_gives_its_answer_to_later_expressions(world: Any, shop: Any, asking: Any) -> None:
    asking(201)
    record_id = create(world)
    work(world)
    assert open_nodes(world, record_id) == ["look"]
    with world.reading() as context:
        state = context.unit.connection.scalar(sa.select(t.fl_instance.c.state))
    assert '"total":5.00' in state
    assert '"code":201' in state


@pytest.mark.parametrize(("answer", "status"), [(404, "failed"), (503, "queued")])
def test_refusal_for_good_is_not_asked_again(world: Any, shop: Any, asking: Any, answer: int, status: str) -> None:
    asking(answer)
    create(world)
    work(world)
    known = job(world)
    assert (known.status, len(shop.keys)) == (status, 1)
    assert status == "failed" or known.run_at >= world.clock + timedelta(hours=1)      # it asked to be left alone
