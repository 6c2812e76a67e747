"""Times of a cycle or schedule that passed while nothing ran: one is made up for, or all, or none, as declared."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from formloom.records import actions
from formloom.workflow import incidents, tasks, timers, triggers
from formloom.workflow.definition import ProcessDefinition

HOUR = timedelta(hours=1)
POLICIES = [("once", 1), ("all", 5), ("skip", 0)]


def cyclic(definition: Callable[..., ProcessDefinition], draw: Any, policy: str) -> ProcessDefinition:
    """Every hour, as long as the task is open, somebody is asked to look."""
    said = f'<bpmn:extensionElements><formloom:cycle missed="{policy}"/></bpmn:extensionElements>'
    tick = draw.timer("tick", "timeCycle", "R/PT1H", "t", False).replace("<bpmn:timer", f"{said}<bpmn:timer")
    body = (draw.start() + draw.person("t") + tick + draw.person("look") + draw.end() + draw.end("e2")
            + draw.chain("s", "t", "e") + draw.chain("tick", "look", "e2"))
    return definition(body, '<formloom:trigger on="created"/>')


def looks(world: Any, record: int) -> int:
    """How often somebody is asked to, once everything that is due has fired."""
    for _ in range(50):
        if not timers.fire_due(world, world.now()):
            break
    with world.reading() as context:
        return sum(t.node == "look" and t.open for t in tasks.of_record(context, "contract", record))


@pytest.mark.parametrize(("policy", "count"), POLICIES)
def test_cycle_makes_up_for_downtime_as_declared(
    world: Any, definition: Callable[..., Any], draw: Any, policy: str, count: int
) -> None:
    world.use(cyclic(definition, draw, policy))
    with world.writing("sales") as context:
        record = actions.create(context, "contract", {"name": "A", "amount": 1, "owner": 1}).id
    world.clock += HOUR
    assert looks(world, record) == 1        # in time: every policy takes it
    world.clock += 5 * HOUR + timedelta(minutes=30)
    assert looks(world, record) == 1 + count
    world.clock += timedelta(minutes=30)
    assert looks(world, record) == 2 + count


@pytest.mark.parametrize(("policy", "count"), POLICIES)
def test_schedule_makes_up_for_downtime_as_declared(
    world: Any, definition: Callable[..., Any], draw: Any, policy: str, count: int
) -> None:
    body = draw.start() + draw.end() + draw.chain("s", "e")
    world.use(definition(body, f'<formloom:trigger on="schedule" every="PT1H" missed="{policy}"/>'))
    triggers.scheduled(world, world.now())
    world.clock += 5 * HOUR + timedelta(minutes=30)
    assert sum(triggers.scheduled(world, world.now()) for _ in range(8)) == count
    world.clock += timedelta(minutes=30) if policy == "all" else HOUR    # one keeps step, the others restart
    assert triggers.scheduled(world, world.now()) == 1


def test_policy_that_is_none_is_refused(read: Callable[..., Any], draw: Any) -> None:
    body = draw.start() + draw.end() + draw.chain("s", "e")
    _, problems = read(body, '<formloom:trigger on="schedule" every="PT1H" missed="twice"/>')
    assert [p.code for p in problems] == ["bpmn-timer"]


def test_timer_in_working_time_needs_a_calendar(world: Any, definition: Callable[..., Any], draw: Any) -> None:
    body = (draw.start() + draw.timer("w", "timeDate", 'add working time(now(), @"PT1H")') + draw.end()
            + draw.chain("s", "w", "e"))
    world.use(definition(body, '<formloom:trigger on="created"/>'))
    with world.writing("sales") as context:
        actions.create(context, "contract", {"name": "A", "amount": 1, "owner": 1})
    with world.reading() as context:
        assert "add working time" in incidents.listed(context).items[0].error
