"""What the database says of many instances is what counting them one by one says."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from formloom.errors import Forbidden
from formloom.storage import platform_tables as t
from formloom.workflow import instances, monitoring, tasks, timers
from formloom.workflow.definition import ProcessDefinition
from tests.workflow.conftest import World

HOUR = timedelta(hours=1)


@pytest.fixture
def tiny(world: World, definition: Callable[..., ProcessDefinition], draw: Any) -> ProcessDefinition:
    made = definition(draw.start() + draw.person("a") + draw.timer("w", "timeDuration", "PT2H") + draw.end()
                      + draw.chain("s", "a", "w", "e"))
    world.use(made)
    return made


def started(world: World, tiny: ProcessDefinition, count: int) -> list[int]:
    with world.writing("sales") as context:
        return [instances.start(context, tiny).id for _ in range(count)]


def done(world: World, instance_id: int) -> None:
    with world.reading() as context:
        task = tasks.of_instance(context, instance_id)[0].id
    with world.writing("lawyer") as context:
        tasks.complete(context, task, "done")


def test_waiting_times_are_nearest_ranks(world: World, tiny: ProcessDefinition) -> None:
    begun = world.clock
    for number in started(world, tiny, 20):
        world.clock += HOUR
        done(world, number)
    with world.reading("admin") as context:
        heat = monitoring.heat(context, "tiny", begun)["a"]
    half, most = heat.half, heat.most
    assert half is not None
    assert most is not None
    assert (round(half / HOUR, 3), round(most / HOUR, 3), heat.count) == (10, 19, 20)


def test_events_are_timed_from_the_step_before(world: World, tiny: ProcessDefinition) -> None:
    begun = world.clock
    number, = started(world, tiny, 1)
    done(world, number)
    world.clock += 3 * HOUR
    timers.fire_due(world, world.clock)
    with world.reading("admin") as context:
        half = monitoring.heat(context, "tiny", begun)["w"].half
    assert half is not None
    assert round(half / HOUR, 3) == 3


def test_map_tells_who_waits_and_what_failed(world: World, tiny: ProcessDefinition) -> None:
    first, *_ = started(world, tiny, 3)
    done(world, first)
    with world.writing() as context:
        context.unit.connection.execute(sa.insert(t.fl_incident).values(
            instance_id=first, key="tiny", node="w", error="x", at=context.now, status="open"))
    with world.reading("admin") as context:
        found = monitoring.heat(context, "tiny", context.now - HOUR)
        other = monitoring.heat(context, "tiny", context.now - HOUR, "another-version")
    assert (found["a"].now, found["w"].now, found["w"].failures) == (2, 1, 1)
    assert other == {}


def test_old_steps_are_outside_the_period(world: World, tiny: ProcessDefinition) -> None:
    number, = started(world, tiny, 1)
    done(world, number)
    world.clock += 48 * HOUR
    with world.reading("admin") as context:
        assert monitoring.heat(context, "tiny", context.now - HOUR)["w"].count == 0


def test_overview_counts_beginnings_and_ends(world: World, tiny: ProcessDefinition) -> None:
    first, second, _ = started(world, tiny, 3)
    with world.writing("admin") as context:
        instances.cancel(context, second)
    done(world, first)
    world.clock += 3 * HOUR
    timers.fire_due(world, world.clock)
    with world.reading("admin") as context:
        line = monitoring.overview(context, context.now - 24 * HOUR)["tiny"]
    assert (line.running, line.started, line.finished, line.cancelled) == (1, 3, 1, 1)
    assert line.median is not None
    assert round(line.median / HOUR, 3) == 3


def test_only_what_nothing_can_move_is_stuck(world: World, tiny: ProcessDefinition) -> None:
    first, second = started(world, tiny, 2)
    done(world, first)      # waits for its timer
    with world.reading() as context:
        assert monitoring.stuck(context.unit) == []
    with world.writing() as context:
        context.unit.connection.execute(sa.delete(t.fl_task).where(t.fl_task.c.instance_id == second))
    with world.reading() as context:
        assert [one.id for one in monitoring.stuck(context.unit)] == [second]


def test_measures_tell_counts_and_lags(world: World, tiny: ProcessDefinition) -> None:
    first, _ = started(world, tiny, 2)
    done(world, first)
    world.clock += 5 * HOUR
    with world.reading() as context:
        found = {measure.name: measure.samples for measure in monitoring.measures(context.unit, context.now)}
    assert found["formloom_process_instances"] == (({"process": "tiny", "state": "running"}, 2.0),)
    assert found["formloom_tasks_open"] == (({"process": "tiny"}, 1.0),)
    assert found["formloom_timers_due"] == (({}, 1.0),)
    assert found["formloom_timer_lag_seconds"] == (({}, 3 * 3600.0),)


def test_statistics_are_for_administrators(world: World) -> None:
    with world.reading("lawyer") as context:
        with pytest.raises(Forbidden):
            monitoring.overview(context, context.now)
        with pytest.raises(Forbidden):
            monitoring.heat(context, "tiny", context.now)
