"""Running instances moved in the database: people notice nothing but the new process."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from formloom.errors import BadRequest, Conflict, Forbidden
from formloom.storage import platform_tables as t
from formloom.workflow import engine, instances, migration, steps, tasks, timers
from formloom.workflow.definition import ProcessDefinition
from tests.workflow.conftest import World

Define = Callable[..., ProcessDefinition]
HOUR = timedelta(hours=1)


class Story:
    """One instance of a small process at its first step, and another version of the process in force."""

    def __init__(self, world: World, old: ProcessDefinition, new: ProcessDefinition) -> None:
        self.world, self.old, self.new = world, old, new
        world.use(old)
        with world.writing("sales") as context:
            self.id = instances.start(context, old).id
        world.use(new)

    def look(self, **moves: str) -> migration.Outlook:
        with self.world.reading("admin") as context:
            return migration.outlook(context, "tiny", self.old.hash, self.new.hash, moves)

    def go(self, **moves: str) -> list[migration.Outcome]:
        return migration.migrate(self.world, self.world.actor("admin"), "tiny", self.old.hash, self.new.hash, moves)

    def tasks(self) -> list[tasks.Task]:
        with self.world.reading() as context:
            return tasks.of_instance(context, self.id)

    def rows(self, table: sa.Table, *columns: str) -> list[Any]:
        with self.world.reading() as context:
            query = sa.select(*(table.c[name] for name in columns)).where(table.c.instance_id == self.id)
            return [tuple(row) for row in context.unit.connection.execute(query.order_by(table.c.id))]

    def do(self, who: str, task_id: int) -> None:
        with self.world.writing(who) as context:
            tasks.complete(context, task_id, "done")

    @property
    def instance(self) -> instances.Instance:
        with self.world.reading() as context:
            return instances.get(context, self.id)


@pytest.fixture
def story(world: World, definition: Define, draw: Any) -> Story:
    """Step `a` with an escalation after four hours; then, in the new version, called `x` and followed by `b`."""
    tail = draw.end() + draw.end("x_end")
    old = definition(draw.start() + draw.person("a") + tail + draw.chain("s", "a", "e")
                     + draw.timer("late", "timeDuration", "PT4H", "a") + draw.flow("late", "x_end"))
    new = definition(draw.start() + draw.person("x") + draw.person("b") + tail + draw.chain("s", "x", "b", "e")
                     + draw.timer("late", "timeDuration", "PT9H", "x") + draw.flow("late", "x_end"))
    return Story(world, old, new)


def test_dry_run_tells_and_changes_nothing(story: Story) -> None:
    before = story.rows(t.fl_task, "id", "node", "status"), story.instance
    found = story.look()
    assert (found.count("mapping"), [gap.node for gap in found.gaps], found.gaps[0].suggested) == (1, ["a"], "x")
    assert story.look(a="x").count("moves") == 1
    assert (story.rows(t.fl_task, "id", "node", "status"), story.instance) == before


def test_claims_and_due_times_stay(story: Story, world: World) -> None:
    offered, = story.tasks()
    with world.writing("lawyer") as context:
        tasks.claim(context, offered.id)
    before = story.rows(t.fl_timer, "due_at", "token")
    world.clock += HOUR
    assert [outcome.done for outcome in story.go(a="x")] == [True]
    task, = story.tasks()
    assert (task.node, task.status, task.assignee) == ("x", "claimed", 3)
    assert story.rows(t.fl_timer, "due_at", "token") == before


def test_moved_instance_runs_the_new_process(story: Story) -> None:
    story.go(a="x")
    story.do("lawyer", story.tasks()[0].id)
    story.do("lawyer", story.tasks()[1].id)
    assert (story.instance.status, story.instance.hash) == ("done", story.new.hash)


def test_timer_of_old_version_still_fires(story: Story, world: World) -> None:
    story.go(a="x")
    world.clock += 5 * HOUR
    assert timers.fire_due(world, world.clock) == 1
    assert story.instance.status == "done"


def test_without_mapping_nothing_moves(story: Story) -> None:
    outcome, = story.go()
    assert not outcome.done
    assert "a" in str(outcome.reasons[0])
    assert story.instance.hash == story.old.hash


def test_undo_brings_back_what_was(story: Story, world: World) -> None:
    before = story.rows(t.fl_task, "id", "node", "status", "due_at"), story.rows(t.fl_timer, "due_at", "node")
    story.go(a="x")
    with world.writing("admin") as context:
        migration.undo(context, story.id)
    assert (story.rows(t.fl_task, "id", "node", "status", "due_at"),
            story.rows(t.fl_timer, "due_at", "node")) == before
    story.do("lawyer", story.tasks()[0].id)
    assert (story.instance.status, story.instance.hash) == ("done", story.old.hash)


def test_undo_is_refused_after_a_step(story: Story, world: World) -> None:
    story.go(a="x")
    story.do("lawyer", story.tasks()[0].id)
    with world.writing("admin") as context, pytest.raises(Conflict):
        migration.undo(context, story.id)
    assert migration.undo_all(world, world.actor("admin"), "tiny", story.old.hash, story.new.hash)[0].done is False


def test_finished_tasks_keep_their_words(story: Story, world: World, definition: Define, draw: Any) -> None:
    story.go(a="x")
    story.do("lawyer", story.tasks()[0].id)
    newest = definition(draw.start() + draw.person("b") + draw.end() + draw.chain("s", "b", "e"))
    world.use(newest)
    migration.migrate(world, world.actor("admin"), "tiny", story.new.hash, newest.hash, {})
    assert [task.node for task in story.tasks()] == ["x", "b"]
    with world.reading() as context:
        kinds = [visit.kind for visit in instances.diagram(context, story.id).history]
    assert kinds.count("migrated") == 2


def test_incident_waits_for_its_repair(story: Story, world: World) -> None:
    with world.writing() as context:
        context.unit.connection.execute(sa.update(t.fl_instance).values(status="incident"))
    story.go(a="x")
    assert (story.instance.status, story.instance.hash) == ("incident", story.new.hash)


def test_only_administrators_move_processes(story: Story, world: World) -> None:
    with world.reading("lawyer") as context, pytest.raises(Forbidden):
        migration.outlook(context, "tiny", story.old.hash, story.new.hash, {})
    with world.writing("lawyer") as context, pytest.raises(Forbidden):
        migration.move(context, story.id, story.old.hash, story.new.hash, {"a": "x"})
    with world.writing("lawyer") as context, pytest.raises(Forbidden):
        migration.undo(context, story.id)


def test_mapping_names_elements_of_the_versions(story: Story) -> None:
    with pytest.raises(BadRequest):
        story.look(a="nowhere")
    with pytest.raises(BadRequest):
        story.look(nobody="x")


def test_versions_count_what_runs(story: Story, world: World) -> None:
    with world.reading("admin") as context:
        found = migration.versions(context, "tiny")
    assert [(v.hash, v.running, v.current) for v in found] == [
        (story.new.hash, 0, True), (story.old.hash, 1, False)]


def test_one_that_could_not_begin_moves_and_begins(world: World, definition: Define, draw: Any) -> None:
    def drawn(text: str) -> ProcessDefinition:
        return definition(draw.start() + draw.script("a", text) + draw.person("b") + draw.end()
                          + draw.chain("s", "a", "b", "e"))

    old, new = drawn("x = 1"), drawn("x = 2")
    world.use(old)
    with world.writing("sales") as context:
        number = instances.start(context, old).id
        state = engine.dump_start("", {})
        context.unit.connection.execute(sa.update(t.fl_instance).values(state=state, status="incident"))
        context.unit.connection.execute(sa.delete(t.fl_task))
    world.use(new)
    outcome, = migration.migrate(world, world.actor("admin"), "tiny", old.hash, new.hash, {})
    assert outcome.done, outcome.reasons
    with world.writing("admin") as context:
        migration.undo(context, number)
        assert instances.get(context, number).hash == old.hash
        migration.move(context, number, old.hash, new.hash, {})
        steps.open_instance(context, number).fire()
    with world.reading() as context:
        assert [task.node for task in tasks.of_instance(context, number)] == ["b"]
