"""Messages, signals, conditions, calls and rounds in a database reach the instances that are meant, and no other."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from formloom.errors import Conflict, Forbidden, Text
from formloom.records import actions
from formloom.workflow import instances, tasks, triggers


def event(element: str, node_id: str, definition: str, inner: str = "") -> str:
    extensions = f"<bpmn:extensionElements>{inner}</bpmn:extensionElements>" if inner else ""
    return f'<bpmn:{element} id="{node_id}">{extensions}{definition}</bpmn:{element}>'


PAID = '<bpmn:messageEventDefinition messageRef="paid"/>'
LARGE = ("<bpmn:conditionalEventDefinition><bpmn:condition>amount > 10</bpmn:condition>"
         "</bpmn:conditionalEventDefinition>")
ALARM = '<bpmn:signalEventDefinition signalRef="alarm"/>'


def create(world: Any, amount: int = 1) -> int:
    with world.writing("sales") as context:
        return int(actions.create(context, "contract", {"name": "A", "amount": amount, "owner": 1}).id)


def status(world: Any, record_id: int, key: str) -> list[str]:
    with world.reading() as context:
        return [i.status for i in instances.of_record(context, "contract", record_id) if i.key == key]


def open_nodes(world: Any, record_id: int) -> list[str]:
    with world.reading() as context:
        return sorted(x.node for x in tasks.of_record(context, "contract", record_id) if x.open)


CREATED = '<formloom:trigger on="created"/>'


def test_message_finds_the_instance_of_its_record(world: Any, drawn: Callable[..., Any], draw: Any) -> None:
    drawn("waits", draw.start() + event("intermediateCatchEvent", "w", PAID) + draw.person("t") + draw.end()
          + draw.chain("s", "w", "t", "e"), CREATED)
    first, second = create(world), create(world)
    with world.writing() as context:
        assert len(triggers.deliver(context, "paid", ("contract", second), {"sum": 7}).continued) == 1
        assert not triggers.deliver(context, "paid", ("contract", second))
    assert (open_nodes(world, first), open_nodes(world, second)) == ([], ["t"])
    create(world)
    with pytest.raises(Conflict), world.writing() as context:
        triggers.deliver(context, "paid")


def test_message_finds_the_instance_of_its_key(world: Any, drawn: Callable[..., Any], draw: Any) -> None:
    catch = event("intermediateCatchEvent", "w", PAID, '<formloom:correlation key="amount"/>')
    drawn("waits", draw.start() + catch + draw.end() + draw.chain("s", "w", "e"), CREATED)
    first, second = create(world, 1), create(world, 2)
    with world.writing() as context:
        assert not triggers.deliver(context, "paid", key="3")
        assert len(triggers.deliver(context, "paid", key="2").continued) == 1
    assert (status(world, first, "waits"), status(world, second, "waits")) == (["running"], ["done"])


def test_sent_message_reaches_another_process_and_its_answer_comes_back(world: Any, drawn: Callable[..., Any],
                                                                        draw: Any) -> None:
    throw = event("intermediateThrowEvent", "x", PAID, '<formloom:param name="sum">amount</formloom:param>')
    thanks = '<bpmn:messageEventDefinition messageRef="thanks"/>'
    drawn("asks", draw.start() + throw + event("intermediateCatchEvent", "w", thanks) + draw.end()
          + draw.chain("s", "x", "w", "e"), CREATED)
    drawn("answers", event("startEvent", "s", PAID) + draw.script("keep", "sum = s.sum")
          + event("endEvent", "e", thanks) + draw.chain("s", "keep", "e"))
    record_id = create(world, 7)
    assert status(world, record_id, "answers") == ["done"]
    assert status(world, record_id, "asks") == ["done"]


def test_signal_reaches_every_instance_and_starts_others(world: Any, drawn: Callable[..., Any], draw: Any) -> None:
    drawn("waits", draw.start() + event("intermediateCatchEvent", "w", ALARM) + draw.end() + draw.chain("s", "w", "e"),
          CREATED)
    drawn("wakes", event("startEvent", "s", ALARM) + draw.person("t") + draw.end() + draw.chain("s", "t", "e"))
    first, second = create(world), create(world)
    with world.writing() as context:
        started = triggers.signal(context, "alarm").started
    assert [i.key for i in started] == ["wakes"]
    assert status(world, first, "waits") + status(world, second, "waits") == ["done", "done"]


def test_condition_is_noticed_when_the_record_changes(world: Any, drawn: Callable[..., Any], draw: Any) -> None:
    drawn("waits", draw.start() + event("intermediateCatchEvent", "w", LARGE) + draw.end()
          + draw.chain("s", "w", "e"), CREATED)
    drawn("starts", event("startEvent", "s", LARGE) + draw.person("t") + draw.end() + draw.chain("s", "t", "e"))
    record_id = create(world, 1)
    for amount, waits, starts in ((10, ["running"], 0), (11, ["done"], 1), (12, ["done"], 1)):
        with world.writing("sales") as context:
            actions.update(context, "contract", record_id, {"amount": amount})
        assert status(world, record_id, "waits") == waits
        assert len(status(world, record_id, "starts")) == starts


def test_condition_may_come_true_by_a_task_of_the_same_process(world: Any, drawn: Callable[..., Any],
                                                               draw: Any) -> None:
    person = draw.person("t").replace("</bpmn:ext", '<formloom:field name="amount" access="edit"/></bpmn:ext')
    drawn("both", draw.start() + '<bpmn:parallelGateway id="f"/>' + person
          + event("intermediateCatchEvent", "w", LARGE) + draw.end() + draw.chain("s", "f", "t", "e")
          + draw.chain("f", "w", "e"), CREATED)
    record_id = create(world, 1)
    with world.writing("lawyer") as context:
        task = next(x for x in tasks.inbox(context, "offered").tasks if x.process == "both")
        tasks.complete(context, task.id, "done", values={"amount": 20})
    assert status(world, record_id, "both") == ["done"]


def test_failed_service_task_is_caught_and_undone(world: Any, drawn: Callable[..., Any], draw: Any) -> None:
    def half(step: Any) -> None:
        actions.update(step.context, "contract", step.record[1], {"amount": 99})
        raise Forbidden(Text("no"))

    world.extensions.service_tasks.add("half", half)
    service = ('<bpmn:serviceTask id="w"><bpmn:extensionElements><formloom:action name="half"/>'
               "</bpmn:extensionElements></bpmn:serviceTask>")
    catch = '<bpmn:boundaryEvent id="b" attachedToRef="w"><bpmn:errorEventDefinition/></bpmn:boundaryEvent>'
    drawn("fails", draw.start() + service + catch + draw.person("t") + draw.end() + draw.end("e2")
          + draw.chain("s", "w", "e") + draw.chain("b", "t", "e2"), CREATED)
    record_id = create(world, 1)
    assert open_nodes(world, record_id) == ["t"]
    with world.reading() as context:
        row = context.store.get(context.unit, "contract", record_id)
    assert row is not None
    assert row["amount"] == 1


def test_each_round_is_a_task_for_its_own_person(world: Any, drawn: Callable[..., Any], draw: Any) -> None:
    task = ('<bpmn:userTask id="t"><bpmn:extensionElements><formloom:assignment assignee="person"/>'
            "</bpmn:extensionElements><bpmn:multiInstanceLoopCharacteristics><bpmn:extensionElements>"
            '<formloom:loop items="[3, 4]" item="person"/></bpmn:extensionElements>'
            "</bpmn:multiInstanceLoopCharacteristics></bpmn:userTask>")
    drawn("each", draw.start() + task + draw.script("sum", "all = t.outcome") + draw.end()
          + draw.chain("s", "t", "sum", "e"), CREATED)
    record_id = create(world)
    for name in ("treasurer", "lawyer"):
        with world.writing(name) as context:
            mine = [x for x in tasks.inbox(context, "mine").tasks if x.process == "each"]
            assert len(mine) == 1
            tasks.complete(context, mine[0].id, "done")
    assert status(world, record_id, "each") == ["done"]


def test_call_stays_on_the_version_it_was_started_with(world: Any, drawn: Callable[..., Any], draw: Any) -> None:
    old = drawn("check", draw.start() + draw.person("review") + draw.end() + draw.chain("s", "review", "e"))
    call = '<bpmn:callActivity id="c" calledElement="check"/>'
    body = draw.start() + call + draw.person("t") + draw.end() + draw.chain("s", "c", "t", "e")
    first = drawn("caller", body, CREATED, {"check": old.text})
    record_id = create(world)
    new = drawn("check", draw.start() + draw.person("other") + draw.end() + draw.chain("s", "other", "e"))
    assert drawn("caller", body, CREATED, {"check": new.text}).hash != first.hash
    with world.writing("lawyer") as context:
        task = next(x for x in tasks.inbox(context, "offered").tasks if x.process == "caller")
        assert task.node == "c/review"
        tasks.complete(context, task.id, "done")
        diagram = instances.diagram(context, task.instance_id)
    assert "c" in diagram.passed
    assert {waiting.node for waiting in diagram.waiting} == {"t"}
    assert open_nodes(world, record_id) == ["t"]
