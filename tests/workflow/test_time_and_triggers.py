"""Processes that start by themselves, and timers that fire once, late if nothing ran, never twice."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest

from formloom.errors import Conflict, Forbidden
from formloom.records import actions
from formloom.workflow import incidents, instances, repairs, tasks, timers, triggers

HOUR = timedelta(hours=1)


@pytest.fixture
def waiting(definition: Callable[..., Any], draw: Any) -> Callable[..., Any]:
    """A process with one task that is interrupted after an hour."""
    body = (draw.start() + draw.person("t") + draw.timer("late", "timeDuration", "PT1H", "t") + draw.person("boss")
            + draw.end() + draw.end("e2") + draw.chain("s", "t", "e") + draw.chain("late", "boss", "e2"))
    return lambda trigger: definition(body, f"<formloom:trigger {trigger}/>")


def create(world: Any, amount: int = 1) -> int:
    with world.writing("sales") as context:
        return int(actions.create(context, "contract", {"name": "A", "amount": amount, "owner": 1}).id)


def running(world: Any, record_id: int) -> list[Any]:
    with world.reading() as context:
        return [i for i in instances.of_record(context, "contract", record_id) if i.key == "tiny"]


def open_nodes(world: Any, record_id: int) -> list[str]:
    with world.reading() as context:
        return [x.node for x in tasks.of_record(context, "contract", record_id) if x.open]


def test_created_record_starts_a_process_when_it_fits(world: Any, waiting: Callable[..., Any]) -> None:
    world.use(waiting('on="created" when="amount &gt; 10"'))
    assert running(world, create(world, 10)) == []
    assert [i.status for i in running(world, create(world, 11))] == ["running"]


def test_update_compares_with_the_record_before(world: Any, waiting: Callable[..., Any]) -> None:
    world.use(waiting('on="updated" when="amount &gt; 10 and not(old.amount &gt; 10)"'))
    record_id = create(world)
    for amount, count in ((5, 0), (11, 1), (12, 1)):
        with world.writing("sales") as context:
            actions.update(context, "contract", record_id, {"amount": amount})
        assert len(running(world, record_id)) == count


def test_process_that_cannot_start_does_not_hold_up_the_change(
    world: Any, definition: Callable[..., Any], draw: Any
) -> None:
    body = draw.start() + draw.timer("w", "timeDate", "signed_on") + draw.end() + draw.chain("s", "w", "e")
    world.use(definition(body, '<formloom:trigger on="created"/>'))
    record_id = create(world)
    with world.reading() as context:
        assert context.store.get(context.unit, "contract", record_id) is not None
        incident = incidents.listed(context).items[0]
        assert "signed_on" in incident.error
    assert [(i.id, i.status) for i in running(world, record_id)] == [(incident.instance_id, "incident")]
    with world.writing("admin") as context:
        repairs.retry(context, incident.id, repairs.Edits(fields={"signed_on": date(2026, 4, 1)}))
        assert [w.node for w in instances.diagram(context, incident.instance_id).waiting] == ["w"]
    assert [i.status for i in running(world, record_id)] == ["running"]


def test_due_timer_fires_once(world: Any, waiting: Callable[..., Any]) -> None:
    world.use(waiting('on="created"'))
    record_id = create(world)
    assert timers.fire_due(world, world.now()) == 0
    world.clock += 50 * HOUR
    assert timers.fire_due(world, world.now()) == 1
    assert timers.fire_due(world, world.now()) == 0
    assert open_nodes(world, record_id) == ["boss"]


def test_deadline_wins_over_a_late_decision(world: Any, waiting: Callable[..., Any]) -> None:
    world.use(waiting('on="created"'))
    record_id = create(world)
    world.clock += 2 * HOUR
    with world.reading("lawyer") as context:
        task = tasks.inbox(context, "offered").tasks[0]
    with pytest.raises(Conflict), world.writing("lawyer") as context:
        tasks.complete(context, task.id, "done")
    timers.fire_due(world, world.now())
    assert open_nodes(world, record_id) == ["boss"]


def test_message_starts_with_its_payload(world: Any, waiting: Callable[..., Any]) -> None:
    world.use(waiting('on="message" message="signed"'))
    record_id = create(world)
    with world.writing() as context:
        assert not triggers.deliver(context, "other", ("contract", record_id))
        assert len(triggers.deliver(context, "signed", ("contract", record_id), {"by": "post"}).started) == 1


def test_only_manual_processes_are_started_by_hand(world: Any, waiting: Callable[..., Any]) -> None:
    world.use(waiting('on="manual"'))
    record_id = create(world)
    with world.writing("sales") as context:
        triggers.start_manually(context, "tiny", ("contract", record_id))
        with pytest.raises(Forbidden):
            triggers.start_manually(context, "contract_approval", ("contract", record_id))
    assert len(running(world, record_id)) == 1


def test_schedule_starts_one_for_each_record_that_has_none(world: Any, waiting: Callable[..., Any]) -> None:
    world.use(waiting('on="schedule" every="PT1H" for-each="amount &gt; 10"'))
    small, large = create(world, 1), create(world, 20)
    assert triggers.scheduled(world, world.now()) == 0
    world.clock += 5 * HOUR
    assert triggers.scheduled(world, world.now()) == 1
    assert triggers.scheduled(world, world.now()) == 0
    world.clock += HOUR
    assert triggers.scheduled(world, world.now()) == 0
    assert (len(running(world, small)), len(running(world, large))) == (0, 1)


def test_cancelled_process_leaves_no_task(world: Any, waiting: Callable[..., Any]) -> None:
    world.use(waiting('on="created"'))
    record_id = create(world)
    instance = running(world, record_id)[0]
    with pytest.raises(Forbidden), world.writing("lawyer") as context:
        instances.cancel(context, instance.id)
    with world.writing("sales") as context:
        assert instances.cancel(context, instance.id, "a mistake").status == "cancelled"
    world.clock += 2 * HOUR
    assert timers.fire_due(world, world.now()) == 0
    assert open_nodes(world, record_id) == []


def test_instance_stays_on_its_version(world: Any, waiting: Callable[..., Any], definition: Callable[..., Any],
                                       draw: Any) -> None:
    world.use(waiting('on="created"'))
    record_id = create(world)
    world.use(definition(draw.start() + draw.person("other") + draw.end() + draw.chain("s", "other", "e")))
    world.clock += 2 * HOUR
    assert timers.fire_due(world, world.now()) == 1
    assert open_nodes(world, record_id) == ["boss"]
