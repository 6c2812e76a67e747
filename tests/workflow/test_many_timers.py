"""Workers that sweep at the same time: each timer happens once, and none waits for one that another holds."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from threading import Barrier, Thread
from typing import Any

import pytest
import sqlalchemy as sa

from formloom.records import actions
from formloom.storage.platform_tables import fl_history, fl_incident, fl_instance
from formloom.workflow import timers

HOUR = timedelta(hours=1)


@pytest.fixture
def due(world: Any, definition: Callable[..., Any], draw: Any) -> list[int]:
    """Twelve processes that end after an hour."""
    body = draw.start() + draw.timer("w", "timeDuration", "PT1H") + draw.end() + draw.chain("s", "w", "e")
    world.use(definition(body, '<formloom:trigger on="created"/>'))
    with world.writing("sales") as context:
        made = [actions.create(context, "contract", {"name": "A", "amount": 1, "owner": 1}).id for _ in range(12)]
    world.clock += HOUR
    return made


def test_workers_at_the_same_time_fire_each_once(world: Any, due: list[int]) -> None:
    start, fired = Barrier(3), []

    def sweep() -> None:
        start.wait()
        while count := timers.fire_due(world, world.now()):
            fired.append(count)

    workers = [Thread(target=sweep) for _ in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    while count := timers.fire_due(world, world.now()):     # what was held by another when it was looked at
        fired.append(count)
    assert sum(fired) == len(due)
    with world.reading() as context:
        passed = sa.select(sa.func.count()).where(fl_history.c.node == "w", fl_history.c.kind == "passed")
        assert context.unit.connection.scalar(passed) == len(due)


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_instance_that_is_held_does_not_hold_up_the_others(world: Any, due: list[int]) -> None:
    """SQLite has one writer at a time, so that there nothing is ever held."""
    with world.database.engine.connect() as other, other.begin():
        first = sa.select(fl_instance.c.id).order_by(fl_instance.c.id).limit(1).with_for_update()
        assert other.scalar(first)
        assert timers.fire_due(world, world.now()) == len(due) - 1
    assert timers.fire_due(world, world.now()) == 1


def test_one_that_cannot_go_on_spoils_no_other(world: Any, due: list[int]) -> None:
    with world.database.write() as unit:
        broken = unit.connection.scalars(sa.select(fl_instance.c.id).order_by(fl_instance.c.id)).all()[5]
        unit.connection.execute(sa.update(fl_instance).where(fl_instance.c.id == broken).values(state="[1]"))
    assert timers.fire_due(world, world.now()) == len(due) - 1
    assert timers.fire_due(world, world.now()) == 0
    with world.reading() as context:
        found = context.unit.connection.execute(sa.select(fl_incident.c.instance_id, fl_incident.c.attempts)).all()
        passed = sa.select(fl_history.c.instance_id).where(fl_history.c.node == "w")
        done = context.unit.connection.scalars(passed).all()
    assert [tuple(row) for row in found] == [(broken, 1)]
    assert len(done) == len(set(done)) == len(due) - 1


def test_next_timer_is_known_before_it_is_due(world: Any, due: list[int]) -> None:
    earlier = world.now() - timedelta(minutes=1)
    found = timers.next_due(world, earlier)
    assert found is not None
    assert earlier < found <= world.now()
    timers.fire_due(world, world.now())
    assert timers.next_due(world, earlier) is None
