"""A test run goes as the real thing would, and nothing of it remains: no row, no job, no mail."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa

from formloom.errors import BadRequest, ValidationFailed
from formloom.records import actions
from formloom.storage.platform_tables import metadata as platform_metadata
from formloom.workflow import reader
from formloom.workflow.definition import ProcessDefinition
from formloom.workflow.rehearsal import Move, Sample, Trace, rehearse

from .conftest import Draw, World

MAIL = """<bpmn:serviceTask id="tell"><bpmn:extensionElements><formloom:action name="send_mail">
<formloom:param name="to">"a@example.com"</formloom:param>
<formloom:param name="subject">"Signed: " + name</formloom:param>
<formloom:param name="body">"Done"</formloom:param></formloom:action></bpmn:extensionElements></bpmn:serviceTask>
<bpmn:serviceTask id="call"><bpmn:extensionElements><formloom:action name="webhook">
<formloom:param name="url">"https://example.com/hook"</formloom:param>
<formloom:param name="body">{sum: amount}</formloom:param>
</formloom:action></bpmn:extensionElements></bpmn:serviceTask>
<bpmn:serviceTask id="foreign"><bpmn:extensionElements><formloom:action name="score">
<formloom:param name="sum">amount * 2</formloom:param></formloom:action></bpmn:extensionElements></bpmn:serviceTask>"""

WRONG = """<bpmn:serviceTask id="g"><bpmn:extensionElements><formloom:action name="update_record">
<formloom:param name="status">"nonsense"</formloom:param></formloom:action></bpmn:extensionElements>
</bpmn:serviceTask>"""
embedded = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


def rows(world: World) -> dict[str, list[Any]]:
    """Every row of every table."""
    with world.database.read() as unit:
        tables = [*platform_metadata.sorted_tables, *world.tables.metadata.sorted_tables]
        return {table.name: list(unit.connection.execute(sa.select(table).order_by(*table.primary_key.columns)))
                for table in tables}


@contextmanager
def untouched(world: World) -> Any:
    """Nothing is written, no worker is woken, and what is registered outside is not called."""
    before, woken, heard = rows(world), [], []  # type: ignore[var-annotated]
    world.database.wake = woken.append
    world.extensions.add_listener(lambda _, event: heard.append(event))
    yield
    world.database.wake = None
    assert rows(world) == before
    assert (woken, heard) == ([], [])


def play(world: World, sample: Sample, *moves: Move, definition: ProcessDefinition | None = None,
         who: str = "sales") -> Trace:
    chosen = definition or world.definitions["contract_approval"]
    actor = world.actor(who)
    with world.database.rehearse() as unit:
        return rehearse(world._context(unit, actor), chosen, sample, moves)


def made(world: World, amount: int, **values: Any) -> int:
    with world.writing("sales") as context:
        return actions.create(context, "contract", {"name": "Line 4", "amount": amount, "owner": 1, **values}).id


def kinds(trace: Trace) -> list[str]:
    return [effect.kind for effect in trace.effects]


def decide(node: str, outcome: str = "approve", **more: Any) -> Move:
    return Move(do="complete", node=node, outcome=outcome, **more)


def test_whole_run_leaves_nothing_behind(world: World) -> None:
    record = made(world, 600_000)
    with untouched(world):
        trace = play(world, Sample(record=record, begin="submit"), decide("manager_review"),
                     decide("legal_review", values={"risk": "low"}), decide("finance_review"),
                     decide("director_review"))
    assert trace.status == "done"
    assert trace.record is not None
    assert (trace.record["status"], trace.record["risk"]) == ("signed", "low")
    assert trace.passed[-1] == "done"
    changes = [(e.node, e.what["entity"], e.what["change"]) for e in trace.effects if e.kind == "record"]
    assert changes[-3:] == [("sign", "contract", "updated"), ("plan", "payment", "created"),
                            ("plan", "payment", "created")]
    assert [e.what["user"] for e in trace.effects if e.kind == "notification" and e.node == "tell"] == [1]
    assert trace.variables["director_review"]["by"] == 5


@embedded
def test_step_by_step_says_who_would_get_it(world: World) -> None:
    record = made(world, 100_000)
    with untouched(world):
        first = play(world, Sample(record=record))
        second = play(world, Sample(record=record), decide("manager_review"))
    assert [(x.node, x.assignee, x.role) for x in first.tasks] == [("manager_review", 2, None)]
    assert [(x.node, x.role) for x in second.tasks] == [("legal_review", "legal"), ("finance_review", "finance")]
    assert first.tasks[0].due_at == world.clock + timedelta(days=2)
    assert first.unheld == []


@embedded
def test_typed_values_need_no_record(world: World) -> None:
    with untouched(world):
        trace = play(world, Sample(values={"name": "Draft", "amount": "20", "owner": 1}), Move(do="finish"))
    assert (trace.status, trace.record and trace.record["amount"]) == ("done", Decimal(20))


@embedded
def test_copy_takes_the_typed_values(world: World) -> None:
    record = made(world, 10)
    with untouched(world):
        trace = play(world, Sample(record=record, values={"amount": "600000"}),
                     Move(do="finish", outcomes={"director_review": "reject"}, values={"risk": "high"}))
    assert "director_review" in trace.passed
    assert trace.record is not None
    assert trace.record["status"] == "draft"


@embedded
def test_run_to_the_end_stops_where_a_field_is_missing(world: World) -> None:
    record = made(world, 100_000)
    trace = play(world, Sample(record=record), Move(do="finish"))
    assert trace.status == "running"
    assert trace.unfilled is not None
    assert [error.path for error in trace.unfilled.errors] == ["risk"]


def test_clock_moves_through_timers(world: World, draw: Draw, definition: Any) -> None:
    slow = definition(draw.start() + draw.person("a") + draw.timer("late", "timeDuration", "PT2H", "a", False)
                      + draw.timer("then", "timeDuration", "PT3H") + draw.end() + draw.end("f")
                      + draw.chain("s", "a", "e") + draw.chain("late", "then", "f"))
    record = made(world, 1)
    with untouched(world):
        before = play(world, Sample(record=record), Move(do="wait", duration="PT1H"), definition=slow)
        after = play(world, Sample(record=record), Move(do="wait", duration="P1D"), definition=slow)
        following = play(world, Sample(record=record), Move(do="next"), definition=slow)
    assert [(w.node, w.due_at) for w in before.waiting if w.kind == "timer"] == [
        ("late", world.clock + timedelta(hours=2))]
    assert [(v.node, v.at - world.clock) for v in after.history if v.node in ("late", "then")] == [
        ("late", timedelta(hours=2)), ("then", timedelta(hours=5))]
    assert following.now == world.clock + timedelta(hours=2)


def test_mails_and_webhooks_are_listed_not_sent(world: World, draw: Draw) -> None:
    called: list[Mapping[str, Any]] = []
    world.extensions.add_service_task("score", lambda step, **given: called.append(given) or {"value": 1})
    text = draw.diagram(draw.start() + MAIL + draw.person("a") + draw.end()
                        + draw.chain("s", "tell", "call", "foreign", "a", "e"))
    drawn, problems = reader.read(text, "tiny.bpmn", world.catalog, world.extensions.service_tasks.items,
                                  world.decisions)
    assert drawn is not None, problems
    record = made(world, 7)
    with untouched(world):
        trace = play(world, Sample(record=record, results={"foreign": {"value": 42}}), definition=drawn)
    told = {effect.kind: effect for effect in trace.effects}
    assert told["mail"].what["to"] == "a@example.com"
    assert told["mail"].what["subject"] == "Signed: Line 4"
    assert (told["webhook"].node, '"sum": 7' in told["webhook"].what["payload"]) == ("call", True)
    assert told["call"].what == {"action": "score", "parameters": {"sum": "14"}}
    assert trace.variables["foreign"] == {"value": 42}
    assert called == []


@embedded
def test_answer_from_outside_is_the_one_that_was_said(world: World, draw: Draw, definition: Any) -> None:
    waiting = MAIL.replace("{sum: amount}</formloom:param>",
                           '{sum: amount}</formloom:param><formloom:param name="wait">true</formloom:param>')
    call = waiting[waiting.index('<bpmn:serviceTask id="call">'):waiting.index('<bpmn:serviceTask id="foreign">')]
    asking = definition(draw.start() + call + draw.person("a") + draw.end() + draw.chain("s", "call", "a", "e"))
    record = made(world, 7)
    with untouched(world):
        trace = play(world, Sample(record=record, results={"call": {"status": 200}}), definition=asking)
    assert (trace.variables["call"], [task.node for task in trace.tasks]) == ({"status": 200}, ["a"])
    assert [effect.what["action"] for effect in trace.effects if effect.kind == "call"] == ["webhook"]


@embedded
def test_failing_step_is_told_where_it_stands(world: World, draw: Draw, definition: Any) -> None:
    broken = definition(draw.start() + draw.person("a") + WRONG + draw.end() + draw.chain("s", "a", "g", "e"))
    record = made(world, 1)
    with untouched(world):
        trace = play(world, Sample(record=record), decide("a", "done"), decide("a", "done"), definition=broken)
    assert trace.status == "failed"
    assert trace.failure is not None
    assert trace.failure.node == "g"
    assert [task.node for task in trace.tasks] == ["a"]


@embedded
def test_other_processes_are_told_of(world: World, draw: Draw) -> None:
    other = draw.diagram(draw.start() + draw.person("a") + draw.end() + draw.chain("s", "a", "e"),
                         '<formloom:trigger on="updated"/>').replace('id="tiny"', 'id="other"')
    found, problems = reader.read(other, "other.bpmn", world.catalog)
    assert found is not None, problems
    record = made(world, 1)
    world.use(found)
    with untouched(world):
        trace = play(world, Sample(record=record), decide("manager_review"))
    assert [(e.node, e.what["key"]) for e in trace.effects if e.kind == "process"] == [("sign", "other")]


@embedded
def test_refused_moves_say_why(world: World) -> None:
    record = made(world, 100_000)
    with untouched(world):
        with pytest.raises(ValidationFailed):
            play(world, Sample(record=record), decide("manager_review", "reject"))
        with pytest.raises(BadRequest):
            play(world, Sample(record=record), decide("director_review"))
        with pytest.raises(BadRequest):
            play(world, Sample(record=record), Move(do="dance"))
        with pytest.raises(ValidationFailed):
            play(world, Sample(values={"amount": "1"}))


@embedded
def test_task_that_nobody_could_take_is_told(world: World) -> None:
    record = made(world, 600_000)
    with world.database.write() as unit:
        unit.connection.execute(sa.text("DELETE FROM ab_user_role WHERE user_id = 3"))
    trace = play(world, Sample(record=record), decide("manager_review"))
    assert trace.unheld == ["legal"]


@embedded
def test_only_a_rehearsal_may_rehearse(world: World) -> None:
    definition = replace(world.definitions["contract_approval"])
    with pytest.raises(AssertionError), world.reading() as context:
        rehearse(context, definition, Sample())


