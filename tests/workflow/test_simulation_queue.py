"""Simulations that a worker does: progress, a result that is kept, and a way to stop them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import sqlalchemy as sa

from formloom.errors import BadConfiguration, NotFound
from formloom.policy.actor import Actor
from formloom.records.context import Context
from formloom.storage import platform_tables as t
from formloom.workflow.simulation import queue
from formloom.workflow.simulation.assumptions import Given
from formloom.workflow.simulation.comparison import Wish

from .conftest import World
from .test_rehearsal import embedded
from .test_simulation import KEY, live

GIVEN = {"manager_review": Given(hours=3, outcomes={"approve": 1.0})}


def asked(world: World, wish: Wish, text: str = "") -> int:
    with world.writing("admin") as context:
        return queue.ask(context, KEY, text, wish)


def got(world: World, number: int) -> queue.Asked:
    with world.reading() as context:
        return queue.get(context, number)


def test_result_is_kept_with_what_was_asked(world: World) -> None:
    live(world, 3)
    number = asked(world, Wish(cases=50, seed=9, rate=2.5, given=GIVEN))
    assert (got(world, number).status, got(world, number).wish.given) == ("queued", GIVEN)
    queue.carry_out(world, number)
    done = got(world, number)
    assert (done.status, done.done, done.total) == ("done", 6, 6)
    assert done.result is not None
    assert done.result["current"] == done.result["draft"]
    queue.carry_out(world, number)
    assert got(world, number) == done


@embedded
def test_many_cases_are_a_job(world: World) -> None:
    numbers = [asked(world, Wish(cases=cases)) for cases in (queue.AT_ONCE, queue.AT_ONCE + 1)]
    with world.reading() as context:
        jobs = list(context.unit.connection.scalars(sa.select(t.fl_job.c.key)))
    assert jobs == [f"simulation:{numbers[1]}"]


class Impatient:
    """Somebody cancels the simulation as soon as there is any progress."""

    def __init__(self, world: World, number: int) -> None:
        self._world, self._number, self.reading = world, number, world.reading

    @contextmanager
    def writing(self, actor: Actor) -> Iterator[Context]:
        with self._world.writing(actor) as context:
            yield context
        with self._world.writing(actor) as context:
            queue.cancel(context, self._number)


@embedded
def test_cancelled_one_stops_where_it_is(world: World) -> None:
    live(world, 3)
    number = asked(world, Wish())
    queue.carry_out(Impatient(world, number), number)
    stopped = got(world, number)
    assert (stopped.status, stopped.done, stopped.total, stopped.result) == ("cancelled", 3, 6, None)
    with world.writing("admin") as context:
        assert not queue.cancel(context, number)


@embedded
def test_draft_that_cannot_run_is_refused(world: World) -> None:
    with world.writing("admin") as context, pytest.raises(BadConfiguration):
        queue.ask(context, KEY, "<nonsense/>", Wish())
    with world.reading() as context, pytest.raises(NotFound):
        queue.get(context, 1)


@embedded
def test_only_the_newest_are_kept(world: World) -> None:
    for _ in range(queue.KEPT + 2):
        last = asked(world, Wish())
    with world.reading() as context:
        kept = [one.id for one in queue.of_process(context, KEY)]
    assert kept == list(range(last, last - queue.KEPT, -1))
