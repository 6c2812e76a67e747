"""A simulation replays real cases: every case is accounted for, equal diagrams give equal figures, nothing leaves."""

from __future__ import annotations

import dataclasses
import os
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from formloom.calendars.working_time import Calendar
from formloom.records import actions
from formloom.workflow import instances, reader, tasks, timers
from formloom.workflow.definition import ProcessDefinition
from formloom.workflow.simulation import history
from formloom.workflow.simulation.assumptions import Assumptions, Given
from formloom.workflow.simulation.comparison import Wish, compare
from formloom.workflow.simulation.course import Conditions, Run, follow
from formloom.workflow.simulation.history import Case, Visit
from formloom.workflow.simulation.summary import Load, summarise, to_json

from .conftest import Draw, World
from .test_rehearsal import embedded, untouched

KEY = "contract_approval"
REVIEWS = {"manager_review": "boss", "legal_review": "lawyer", "finance_review": "treasurer",
           "director_review": "director"}
EXAMPLES = int(os.environ.get("FORMLOOM_EXAMPLES", "25"))
tried = settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
START = datetime(2026, 3, 2, 9, tzinfo=UTC)


def live(world: World, cases: int, seed: int = 7, left_open: int = 0) -> None:
    """Cases as people would have worked on them: amounts, outcomes and waits differ."""
    chance = Random(seed)
    for number in range(cases):
        with world.writing("sales") as context:
            amount = chance.choice((10_000, 60_000, 600_000))
            record = actions.create(context, "contract", {"name": f"Case {number}", "amount": amount, "owner": 1})
            actions.run(context, "contract", record.id, "submit")
        for _ in range(10 if number >= left_open else 1):
            world.clock += timedelta(minutes=chance.randint(5, 3000))
            if not _decide_next(world, record.id, chance):
                break


def _decide_next(world: World, record_id: int, chance: Random) -> bool:
    with world.reading() as context:
        found = [task for task in tasks.of_record(context, "contract", record_id) if task.open]
    if not found:
        return False
    task = chance.choice(found)
    with world.writing(REVIEWS[task.node]) as context:
        outcome = "reject" if chance.random() < 0.2 else "approve"
        values = {"risk": "low"} if task.node == "legal_review" else {}
        tasks.complete(context, task.id, outcome, "Because", values)
    return True


def changed(world: World, draw: Draw, old: str, new: str) -> ProcessDefinition:
    text = world.definitions[KEY].text
    assert old in text
    found, problems = reader.read(text.replace(old, new), "draft.bpmn", world.catalog,
                                  world.extensions.service_tasks.items, world.decisions)
    assert found is not None, problems
    return found


def real_durations(world: World) -> list[float]:
    with world.reading() as context:
        rows = context.unit.connection.execute(sa.text(
            "SELECT id, started_at, ended_at FROM fl_instance WHERE ended_at IS NOT NULL")).all()
        cases = history.cases(context, KEY, 1000)
    ended = [(case.ended_at - case.started_at).total_seconds() / 3600 for case in cases if case.ended_at]
    assert len(rows) == len(ended)
    return sorted(ended)


def test_history_alone_gives_what_really_happened(world: World) -> None:
    live(world, 12, left_open=3)
    with untouched(world), world.reading("admin") as context:
        found = compare(context, world.definitions[KEY], world.definitions[KEY], Wish(cases=50))
    assert found.current.durations == pytest.approx(real_durations(world))
    assert (found.current.assumed, found.current.failed) == (0, 0)
    assert found.current == found.draft
    with world.reading() as context:
        real = Counter(context.unit.connection.scalars(sa.text(
            "SELECT node FROM fl_history WHERE kind = 'passed' AND node IN ('sign', 'return_draft')")))
        still_open = context.unit.connection.scalar(sa.text("SELECT count(*) FROM fl_instance WHERE ended_at IS NULL"))
    assert {node: found.current.passed.get(node, 0) for node in ("sign", "return_draft")} == {
        node: real.get(node, 0) for node in ("sign", "return_draft")}
    assert found.current.waiting == still_open > 0


@embedded
def test_records_are_as_they_were_when_the_case_began(world: World) -> None:
    live(world, 4)
    with world.reading() as context:
        cases = history.cases(context, KEY, 10)
        now = [context.store.get(context.unit, "contract", case.row["id"]) for case in cases if case.row]
    assert {case.row["status"] for case in cases if case.row} == {"in_approval"}
    assert {row["status"] for row in now if row} <= {"signed", "draft"}


@embedded
def test_new_condition_sends_cases_another_way(world: World, draw: Draw) -> None:
    live(world, 15)
    stricter = changed(world, draw, "amount &gt; 50000", "amount &gt; 5000")
    with world.reading("admin") as context:
        found = compare(context, stricter, world.definitions[KEY], Wish(cases=50))
    assert found.draft.flows["from_large_to_ask"] > found.current.flows["from_large_to_ask"]
    assert found.draft.roles["legal"].tasks > found.current.roles["legal"].tasks
    assert found.draft.assumed > 0
    assert {one.source for one in found.assumptions} == {"step"}


@embedded
def test_new_step_takes_what_was_said(world: World, draw: Draw) -> None:
    live(world, 6)
    extra = draw.person("second_look") + draw.chain("submitted", "second_look", "manager_review")
    longer = changed(
        world, draw, '<bpmn:sequenceFlow id="from_submitted_to_manager_review" sourceRef="submitted" '
        'targetRef="manager_review"/>', extra)
    wish = Wish(cases=50, given={"second_look": Given(hours=10)})
    with world.reading("admin") as context:
        found = compare(context, longer, world.definitions[KEY], wish)
    later = [b - a for a, b in zip(found.current.durations, found.draft.durations, strict=True)]
    assert sum(later) / len(later) == pytest.approx(10, abs=5)
    assert found.draft.steps["second_look"].tasks == 6
    assert [one.source for one in found.assumptions if one.node == "second_look"] == ["given"]


@embedded
def test_approval_by_several_asks_each(world: World, draw: Draw) -> None:
    live(world, 6)
    together = changed(world, draw, '<formloom:assignment assignee="user.manager" role="sales_manager" due="P2D"/>',
                       '<formloom:assignment users="[2, 5]" due="P2D"/><formloom:approval mode="all"/>')
    with world.reading("admin") as context:
        found = compare(context, together, world.definitions[KEY], Wish(cases=50))
    assert (found.draft.failed, found.draft.done) == (0, found.current.done)
    assert found.draft.steps["manager_review"].tasks > found.current.steps["manager_review"].tasks
    assert found.draft.people[5].tasks > found.current.people.get(5, Load(0, 0)).tasks


@embedded
def test_assumed_durations_are_working_time(world: World) -> None:
    office = Calendar("office", ZoneInfo("UTC"), (((9 * 60, 17 * 60),),) * 5 + ((),) * 2)
    assumptions = Assumptions((), world.definitions[KEY], calendar=office)
    friday = datetime(2026, 3, 6, 15, tzinfo=UTC)
    assert assumptions.after(friday, timedelta(hours=4)) == datetime(2026, 3, 9, 11, tzinfo=UTC)


@embedded
def test_seed_decides_everything_that_is_assumed(world: World, draw: Draw) -> None:
    live(world, 8)
    stricter = changed(world, draw, "amount &gt; 50000", "amount &gt; 5000")

    def figures(seed: int) -> Any:
        with world.reading("admin") as context:
            return compare(context, stricter, world.definitions[KEY], Wish(cases=50, seed=seed)).to_json()

    assert figures(3) == figures(3)
    assert figures(3)["draft"] != figures(4)["draft"]
    assert figures(3)["current"] == figures(4)["current"]


@embedded
def test_timers_fire_as_they_did(world: World, draw: Draw) -> None:
    body = (draw.start() + draw.person("a") + draw.timer("late", "timeDuration", "PT2H", "a") + draw.end("in_time")
            + draw.end("too_late") + draw.chain("s", "a", "in_time") + draw.chain("late", "too_late"))
    escalated, problems = reader.read(draw.diagram(body, '<formloom:trigger on="manual"/>'), "tiny.bpmn", world.catalog)
    assert escalated is not None, problems
    patient, problems = reader.read(draw.diagram(body.replace("PT2H", "PT5H")), "tiny.bpmn", world.catalog)
    assert patient is not None, problems
    world.use(escalated)
    for hours in (1, 3, 3):
        with world.writing("sales") as context:
            record = actions.create(context, "contract", {"name": "x", "amount": 1, "owner": 1})
        with world.writing("lawyer") as context:
            started = instances.start(context, escalated, ("contract", record.id)).id
        world.clock += timedelta(hours=hours)
        timers.fire_due(world, world.clock)
        with world.writing("lawyer") as context:
            for task in tasks.of_instance(context, started):
                if task.open:
                    tasks.complete(context, task.id, "done")
    with world.reading("admin") as context:
        found = compare(context, patient, escalated, Wish())
    assert found.current.ends == {"in_time": 1, "too_late": 2}
    assert found.draft.ends == {"in_time": 3}
    assert found.draft.steps["a"].assumed == 2


visit_times = st.integers(min_value=1, max_value=60 * 24 * 9)


@st.composite
def drawn_cases(draw_: Any) -> list[Case]:
    """Cases whose history need not fit the diagram: steps without history, open ones, unknown outcomes."""
    cases = []
    for number in range(draw_(st.integers(1, 6))):
        began = START + timedelta(hours=draw_(st.integers(0, 500)))
        visits = {node: _visits(draw_, node, began) for node in REVIEWS if draw_(st.booleans())}
        row = {"id": 1, "name": "x", "owner": 1, "status": "in_approval",
               "amount": Decimal(draw_(st.sampled_from((1, 50_001, 500_001))))}
        cases.append(Case(id=number, started_by=1, started_at=began, ended_at=began, row=row, visits=visits))
    return cases


def _visits(draw_: Any, node: str, began: datetime) -> Sequence[Visit]:
    outcomes = st.sampled_from(("approve", "reject", "postpone"))
    return [Visit(node, began, None if draw_(st.integers(0, 9)) == 0 else began + timedelta(minutes=draw_(visit_times)),
                  draw_(outcomes), "", 2) for _ in range(draw_(st.integers(1, 2)))]


def followed(world: World, definition: ProcessDefinition, cases: list[Case], seed: int) -> list[Run]:
    with world.reading("admin") as context:
        conditions = Conditions(context, definition, Assumptions(cases, definition), seed)
        return [follow(conditions, case) for case in cases]


@embedded
@tried
@given(drawn_cases(), st.integers(0, 5))
def test_every_case_is_accounted_for(world: World, cases: list[Case], seed: int) -> None:
    definition = world.definitions[KEY]
    runs = followed(world, definition, cases, seed)
    found = summarise(runs, START + timedelta(days=99))
    assert found.done + found.waiting + found.failed == found.cases == len(cases)
    assert sum(found.ends.values()) == found.done
    assert found.failed == 0
    for run in runs:
        assert (run.status == "done") == (run.end in ("done", "rejected")) == (not run.waits_at)
        _conserved(definition, run)


def _conserved(definition: ProcessDefinition, run: Run) -> None:
    """What goes into an element comes out of it, or waits there; a parallel gateway makes one of many."""
    for node in definition.nodes.values():
        into = sum(run.flows[flow.id] for flow in definition.incoming(node.id)) + (node.kind == "startEvent")
        out = sum(run.flows[flow.id] for flow in definition.outgoing(node.id))
        if node.kind == "parallelGateway":
            assert out == run.passed[node.id] * len(definition.outgoing(node.id))
            assert into - run.passed[node.id] * max(1, len(definition.incoming(node.id))) in (0, 1)
        elif node.kind == "endEvent":
            assert (into, out) == (run.passed[node.id], 0)
        else:
            assert out == run.passed[node.id] == into - run.waits_at.count(node.id)


@embedded
@tried
@given(drawn_cases(), st.integers(0, 3))
def test_equal_draft_gives_equal_figures(world: World, cases: list[Case], seed: int) -> None:
    current = world.definitions[KEY]
    draft = dataclasses.replace(current, hash="another", nodes=dict(reversed(current.nodes.items())))
    now = START + timedelta(days=99)
    before, after = (to_json(summarise(followed(world, one, cases, seed), now)) for one in (current, draft))
    assert before == after
    shuffled = [case for _, case in sorted(zip((2, 0, 1, 5, 3, 4), cases, strict=False), key=lambda pair: pair[0])]
    assert to_json(summarise(followed(world, current, shuffled, seed), now)) == before


@embedded
def test_case_that_goes_round_for_ever_is_told(world: World, draw: Draw) -> None:
    body = (draw.start() + draw.person("a") + '<bpmn:exclusiveGateway id="g" default="g_a"/>' + draw.end()
            + draw.chain("s", "a", "g") + draw.flow("g", "a") + draw.flow("g", "e", "amount > 5"))
    forever, problems = reader.read(draw.diagram(body), "tiny.bpmn", world.catalog)
    assert forever is not None, problems
    case = Case(id=1, started_by=1, started_at=START, ended_at=START, row={"id": 1, "amount": Decimal(1)})
    run = followed(world, forever, [case], 1)[0]
    assert (run.status, run.failed_at) == ("failed", "a")
