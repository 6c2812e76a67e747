"""What stops says why, and goes on once it is repaired: tried again, edited, skipped or cancelled."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa

from formloom.errors import Conflict, Forbidden, Text, ValidationFailed
from formloom.exchange import notifications
from formloom.jobs import queue, runner
from formloom.records import actions
from formloom.storage import platform_tables as t
from formloom.workflow import alarms, incidents, instances, repairs, tasks, timers
from formloom.workflow.incidents import Filter
from formloom.workflow.performing import BusinessError
from formloom.workflow.repairs import Edits

CREATED = '<formloom:trigger on="created"/>'


class Printer:
    """A service task that fails while it is broken."""

    def __init__(self) -> None:
        self.broken = True
        self.printed: list[Any] = []

    def print(self, step: Any, *, text: Any = None) -> dict[str, Any]:
        if self.broken:
            raise RuntimeError("paper jam")
        self.printed.append(text)
        return {"pages": Decimal(3)}

    def send(self, errand: Any, *, text: Any) -> dict[str, Any]:
        if text == "bad":
            raise BusinessError("refused", Text("a bad word"))
        self.printed.append((errand.key, text))
        return {"pages": Decimal(1)}


@pytest.fixture
def printer(world: Any) -> Printer:
    made = Printer()
    world.extensions.add_service_task("print", made.print)
    world.extensions.add_external_task("send", made.send)
    return made


def service(action: str, text: str) -> str:
    return (f'<bpmn:serviceTask id="p"><bpmn:extensionElements><formloom:action name="{action}">'
            f'<formloom:param name="text">{text}</formloom:param></formloom:action></bpmn:extensionElements>'
            "</bpmn:serviceTask>")


@pytest.fixture
def printing(drawn: Callable[..., Any], draw: Any, printer: Printer) -> Callable[..., Any]:
    """Waits an hour, prints, and asks somebody to look if there are pages."""
    def made(action: str = "print", text: str = "name") -> Any:
        ways = ('<bpmn:exclusiveGateway id="g" default="g_e2"/>' + draw.flow("g", "look", "p.pages &gt; 0")
                + draw.flow("g", "e2"))
        return drawn("prints", draw.start() + draw.timer("w", "timeDuration", "PT1H") + service(action, text) + ways
                     + draw.person("look") + draw.end() + draw.end("e2")
                     + draw.chain("s", "w", "p", "g") + draw.chain("look", "e"), CREATED)
    return made


def create(world: Any, name: str = "A") -> int:
    with world.writing("sales") as context:
        return int(actions.create(context, "contract", {"name": name, "amount": 1, "owner": 1}).id)


def an_hour_passes(world: Any) -> None:
    world.clock += timedelta(hours=1)
    timers.fire_due(world, world.clock)


def work(world: Any) -> None:
    while jobs := due(world):
        for job in jobs:
            runner.run(world.database, job, world.extensions.job_handlers.items, world.clock)


def due(world: Any) -> list[int]:
    with world.database.read() as unit:
        return queue.due(unit, world.clock)


def the_incident(world: Any, status: str = "open") -> Any:
    with world.reading() as context:
        found, = incidents.listed(context, Filter(status)).items
    return found


def do(world: Any, verb: Callable[..., Any], incident: Any, *given: Any, who: str = "admin") -> Any:
    with world.writing(who) as context:
        return verb(context, incident.id, *given)


def open_nodes(world: Any, record_id: int) -> list[str]:
    with world.reading() as context:
        return sorted(x.node for x in tasks.of_record(context, "contract", record_id) if x.open)


def status(world: Any, record_id: int) -> str:
    with world.reading() as context:
        return instances.of_record(context, "contract", record_id)[0].status


def told(world: Any, record_id: int) -> list[str]:
    with world.reading() as context:
        instance = instances.of_record(context, "contract", record_id)[0]
        return [v.kind for v in instances.diagram(context, instance.id).history if v.kind not in ("passed", "started")]


def test_stopped_step_says_where_why_and_with_what(world: Any, printing: Any) -> None:
    printing()
    record_id = create(world)
    an_hour_passes(world)
    found = the_incident(world)
    assert (found.node, found.exception, found.cause, found.attempts) == ("p", "RuntimeError", "paper jam", 1)
    assert (found.record, status(world, record_id)) == (("contract", record_id), "incident")
    with world.reading("admin") as context:
        data = repairs.data(context, found.id)
    assert (data.fields["name"], data.hidden) == ("A", ())


def test_repaired_step_goes_on_when_tried_again(world: Any, printer: Printer, printing: Any) -> None:
    printing()
    record_id = create(world)
    an_hour_passes(world)
    printer.broken = False
    do(world, repairs.retry, the_incident(world))
    assert (printer.printed, open_nodes(world, record_id), status(world, record_id)) == (["A"], ["look"], "running")
    closed = the_incident(world, "resolved")
    assert (closed.resolution, closed.resolved_by) == ("retried", 6)
    assert told(world, record_id) == ["incident", "retried"]


def test_step_that_fails_again_stays_one_incident(world: Any, printing: Any) -> None:
    printing()
    create(world)
    an_hour_passes(world)
    with pytest.raises(instances.StepFailed):
        do(world, repairs.retry, the_incident(world))
    assert the_incident(world).attempts == 2


def test_process_that_goes_on_by_itself_closes_its_incident(world: Any, printer: Printer, drawn: Any,
                                                            draw: Any) -> None:
    drawn("prints", draw.start() + draw.person("t") + service("print", "name") + draw.end()
          + draw.chain("s", "t", "p", "e"), CREATED)
    record_id = create(world)
    with pytest.raises(instances.StepFailed):
        pass_on(world)
    printer.broken = False
    pass_on(world)
    assert (status(world, record_id), the_incident(world, "resolved").resolution) == ("done", "went on")


def pass_on(world: Any) -> None:
    with world.writing("lawyer") as context:
        task = tasks.inbox(context, "offered").tasks[0]
        tasks.complete(context, task.id, task.outcomes[0].value if task.outcomes else "done")


def test_skipped_element_gives_the_result_it_is_given(world: Any, printer: Printer, printing: Any) -> None:
    printing()
    record_id = create(world)
    an_hour_passes(world)
    do(world, repairs.skip, the_incident(world), {"pages": 2})
    assert (printer.printed, open_nodes(world, record_id)) == ([], ["look"])
    assert told(world, record_id) == ["incident", "skipped"]


def test_skip_waits_for_whoever_has_to_decide_again(world: Any, printer: Printer, drawn: Any, draw: Any) -> None:
    drawn("prints", draw.start() + draw.person("t") + service("print", "name") + draw.end()
          + draw.chain("s", "t", "p", "e"), CREATED)
    record_id = create(world)
    with pytest.raises(instances.StepFailed):
        pass_on(world)
    do(world, repairs.skip, the_incident(world))
    assert (open_nodes(world, record_id), status(world, record_id)) == (["t"], "running")
    pass_on(world)
    assert (status(world, record_id), printer.printed) == ("done", [])


def test_event_is_not_skipped(world: Any, drawn: Any, draw: Any) -> None:
    drawn("prints", draw.start() + draw.timer("w", "timeDuration", "PT1H") + draw.timer("w2", "timeDate", "signed_on")
          + draw.end() + draw.chain("s", "w", "w2", "e"), CREATED)
    record_id = create(world)
    an_hour_passes(world)
    with pytest.raises(Conflict, match="cannot be skipped"):
        do(world, repairs.skip, the_incident(world))
    do(world, repairs.retry, the_incident(world), Edits(fields={"signed_on": date(2026, 3, 1)}))
    assert status(world, record_id) == "done"


def test_cancelled_incident_ends_the_process(world: Any, printing: Any) -> None:
    printing()
    record_id = create(world)
    an_hour_passes(world)
    do(world, repairs.cancel, the_incident(world), "no printer")
    assert (status(world, record_id), the_incident(world, "resolved").resolution) == ("cancelled", "cancelled")


def test_variables_are_edited_and_tried_again(world: Any, drawn: Any, draw: Any) -> None:
    late = draw.timer("w2", "timeDate", "plan.start")
    drawn("prints", draw.start() + draw.script("plan", 'start = "soon"') + draw.timer("w", "timeDuration", "PT1H")
          + late + draw.end() + draw.chain("s", "plan", "w", "w2", "e"), CREATED)
    record_id = create(world)
    an_hour_passes(world)
    do(world, repairs.retry, the_incident(world), Edits(variables={"plan": {"start": world.clock + timedelta(days=1)}}))
    assert status(world, record_id) == "running"
    world.clock += timedelta(days=1)
    timers.fire_due(world, world.clock)
    assert (status(world, record_id), told(world, record_id)) == ("done", ["incident", "edited"])


def test_parameters_are_edited_under_a_new_key(world: Any, printer: Printer, printing: Any) -> None:
    printing("send", '"bad"')
    record_id = create(world)
    an_hour_passes(world)
    work(world)
    found = the_incident(world)
    assert found.cause == "a bad word"
    with pytest.raises(ValidationFailed):
        do(world, repairs.retry, found, Edits(parameters={"colour": "red"}))
    do(world, repairs.retry, found, Edits(parameters={"text": "good"}))
    work(world)
    (key, text), = printer.printed
    assert (text, open_nodes(world, record_id)) == ("good", ["look"])
    assert key != f"job-{found.job_id}"


def test_work_outside_is_tried_again_under_its_key(world: Any, printer: Printer, printing: Any) -> None:
    printing("send", "name")
    record_id = create(world, "bad")
    an_hour_passes(world)
    work(world)
    found = the_incident(world)
    do(world, repairs.retry, found)
    work(world)
    again = the_incident(world)
    assert (again.id > found.id, again.job_id) == (True, found.job_id)
    do(world, repairs.skip, again, {"pages": 1})
    assert (open_nodes(world, record_id), printer.printed) == (["look"], [])


def test_answer_that_could_not_be_told_is_told_without_asking_again(world: Any, printer: Printer, drawn: Any,
                                                                    draw: Any) -> None:
    drawn("prints", draw.start() + service("send", "name") + service("print", "name").replace('"p"', '"q"')
          + draw.person("look") + draw.end() + draw.chain("s", "p", "q", "look", "e"), CREATED)
    record_id = create(world)
    work(world)
    assert (the_incident(world).node, len(printer.printed)) == ("q", 1)
    printer.broken = False
    do(world, repairs.retry, the_incident(world))
    assert (open_nodes(world, record_id), [x for x in printer.printed if x != "A"]) == (["look"], printer.printed[:1])


def test_job_without_a_process_is_an_incident_too(world: Any) -> None:
    with world.database.write() as unit:
        job = queue.enqueue(unit, "nobody", {"a": 1}, run_at=world.clock)
    for _ in range(queue.ATTEMPTS):
        runner.run(world.database, job, {}, world.clock)
        world.clock += timedelta(hours=2)
    found = the_incident(world)
    assert (found.key, found.instance_id, found.attempts) == ("nobody", None, queue.ATTEMPTS)
    do(world, repairs.retry, found)
    assert due(world) == [job]


def test_endless_loop_is_an_incident(world: Any, drawn: Any, draw: Any) -> None:
    drawn("loops", draw.start() + draw.script("a", "x = 1") + '<bpmn:exclusiveGateway id="g" default="g_a"/>'
          + draw.end() + draw.chain("s", "a", "g") + draw.flow("g", "a") + draw.flow("g", "e", "a.x = 2"), CREATED)
    record_id = create(world)
    assert (the_incident(world).exception, status(world, record_id)) == ("EndlessLoop", "incident")


def test_processes_that_start_each_other_without_end_are_an_incident(world: Any, drawn: Any, draw: Any) -> None:
    again = ('<bpmn:serviceTask id="p"><bpmn:extensionElements><formloom:action name="create_record">'
             '<formloom:param name="entity">"contract"</formloom:param><formloom:param name="name">"B"</formloom:param>'
             "</formloom:action></bpmn:extensionElements></bpmn:serviceTask>")
    drawn("breeds", draw.start() + again + draw.end() + draw.chain("s", "p", "e"), CREATED)
    create(world)
    with world.reading() as context:
        found = incidents.listed(context).items
    assert {i.exception for i in found} == {"EndlessLoop"}


def test_only_administrators_see_and_repair(world: Any, printing: Any) -> None:
    printing()
    create(world)
    an_hour_passes(world)
    found = the_incident(world)
    for act in (repairs.retry, repairs.skip, repairs.cancel, repairs.data, incidents.get):
        with pytest.raises(Forbidden):
            do(world, act, found, who="sales")


def test_data_leaves_out_what_the_viewer_may_not_read(world: Any, printing: Any, drawn: Any, draw: Any) -> None:
    drawn("prints", draw.start() + draw.script("deal", "net = amount * 2") + draw.script("more", "gross = deal.net + 1")
          + draw.script("safe", "x = 1") + draw.timer("w", "timeDuration", "PT1H") + service("print", "name")
          + draw.end() + draw.chain("s", "deal", "more", "safe", "w", "p", "e"), CREATED)
    create(world)
    an_hour_passes(world)
    with world.reading("admin") as context:
        whole = repairs.data(context, the_incident_in(context))
        narrow = replace(context, policy=Narrow(context.policy))
        masked = repairs.data(narrow, the_incident_in(context))
    assert whole.variables["more"] == {"gross": 3}
    assert (set(masked.variables), set(masked.fields) & {"amount"}) == ({"safe"}, set())
    assert masked.hidden == ("amount", "deal", "more")


def the_incident_in(context: Any) -> int:
    return incidents.listed(context).items[0].id


class Narrow:
    """The policy, without the amount."""

    def __init__(self, policy: Any) -> None:
        self._policy = policy

    def __getattr__(self, name: str) -> Any:
        return getattr(self._policy, name)

    def access(self, *given: Any, **named: Any) -> Any:
        found = self._policy.access(*given, **named)
        return replace(found, readable=found.readable - {"amount"})


def test_burst_is_told_once(world: Any, printing: Any) -> None:
    printing()
    for _ in range(3):
        create(world)
    an_hour_passes(world)
    assert alarms.tell(world, world.clock) == 0
    world.clock += alarms.GATHER
    assert (alarms.tell(world, world.clock), alarms.tell(world, world.clock)) == (3, 0)
    create(world)
    an_hour_passes(world)
    world.clock += alarms.GATHER
    assert alarms.tell(world, world.clock) == 1
    with world.reading() as context:
        seen = notifications.of_user(context.unit, 6)
    assert [(n.text, n.link) for n in reversed(seen)] == [
        ("因错误停下 3 项：prints (3)", "/incidents"), ("因错误停下 1 项：prints (1)", "/incidents")]


def test_repairs_are_audited(world: Any, printer: Printer, printing: Any) -> None:
    printing()
    create(world)
    an_hour_passes(world)
    do(world, repairs.skip, the_incident(world), {"pages": 0})
    with world.reading() as context:
        row = context.unit.connection.execute(sa.select(t.fl_audit).where(t.fl_audit.c.kind == "repair")).one()
    assert (row.action, row.actor_id, row.before["element"], row.after) == ("skipped", 6, "p", {"result": {"pages": 0}})
