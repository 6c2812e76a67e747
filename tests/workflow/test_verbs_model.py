"""Random people do random things with running approvals; whatever they do, nothing is lost and nothing is stuck."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from random import Random
from typing import Any

import sqlalchemy as sa
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from formloom.errors import FormloomError
from formloom.policy import people
from formloom.storage import platform_tables as t
from formloom.workflow import deputies, instances, steps, tasks, undo, verbs
from formloom.workflow.failure import StepFailed
from tests.workflow.test_verbs import IDS, TAKE_BACK, THREE, step

HOLDER = "holder"                       # whoever has the task; most acts by anybody else are refused
WHO = [HOLDER] * 12 + sorted(IDS)
VERBS = ("agree", "agree", "agree", "refuse", "transfer", "delegate", "signer", "signer", "return", "return", "urge",
         "claim", "copy", "undo")
PERSON = st.sampled_from(sorted(IDS.values()))
ACTS = 15                               # of one seed: long enough to come somewhere
DONE: Counter[str] = Counter()
NAMES = {user_id: name for name, user_id in IDS.items()}
EXAMPLES = int(os.environ.get("FORMLOOM_EXAMPLES", "10"))
STEPS = ('mode="all"', 'mode="any" self="fallback"', 'mode="quorum" needed="2"', 'mode="all" order="sequential"',
         'mode="quorum" needed="60%" resume="choose"', 'mode="all" resume="back"')
_MOVING = {"transferred", "delegated", "signer_added", "returned", "urged", "copied", "withdrawn", "undone", "decided"}


class Approvals(RuleBasedStateMachine):
    """`world` and `definitions` are set by the test."""

    world: Any
    definitions: list[Any]

    @initialize(which=st.integers(0, len(STEPS) - 1), who=st.sampled_from(sorted(IDS)))
    def first(self, which: int, who: str) -> None:
        self.begin(which, who)

    def begin(self, which: int, who: str) -> None:
        self.votes: list[tuple[int, int]] = []
        self.starter = who
        with self.world.writing(who) as context:
            self.id = instances.start(context, self.definitions[which]).id

    def does(self, who: str, pick: int, verb: Callable[[Any, int], Any], moves: bool = True) -> Any:
        """One attempt on one of all tasks of the instance. Refused: nothing changes; done: it leaves a trace."""
        with self.world.reading() as context:
            found = tasks.of_instance(context, self.id)
        found = [task for task in found if task.open] or found if who == HOLDER else found
        task, before = found[pick % len(found)], self.picture()
        who = (NAMES[task.assignee] if task.assignee else "admin") if who == HOLDER else who
        try:
            with self.world.writing(who) as context:
                mine = tasks.get(context, task.id)
                allowed = mine.may_complete(context.actor)
                result = verb(context, task.id)
        except StepFailed:
            raise
        except FormloomError:
            assert self.picture() == before
            return None
        after = self.picture()
        assert not moves or len(after["history"]) > len(before["history"])
        return task, allowed, result, IDS[who]

    def picture(self) -> dict[str, Any]:
        with self.world.reading() as context:
            connection = context.unit.connection
            return {
                "tasks": connection.execute(sa.select(t.fl_task).where(
                    t.fl_task.c.instance_id == self.id).order_by(t.fl_task.c.id)).all(),
                "instance": connection.execute(sa.select(t.fl_instance).where(t.fl_instance.c.id == self.id)).one(),
                "history": [row.kind for row in connection.execute(sa.select(t.fl_history.c.kind).where(
                    t.fl_history.c.instance_id == self.id)) if row.kind in _MOVING],
            }

    @rule(seed=st.integers(0, 2 ** 32))
    def happens(self, seed: int) -> None:
        chance = Random(seed)
        for _ in range(ACTS):
            if self.picture()["instance"].status != "running":
                self.begin(chance.randrange(len(STEPS)), chance.choice(sorted(IDS)))
            self.act(chance.choice(VERBS), chance.choice(WHO), chance.randrange(20),
                     chance.sample(sorted(IDS.values()), chance.randint(1, 2)), chance.choice(["before", "after"]),
                     chance.choice(["initiator", "n0", "n1", "n9"]), chance.choice(["", "", "steps", "back"]))
            self.an_open_instance_waits_for_somebody()
            self.no_vote_is_lost()

    def act(self, verb: str, who: str, pick: int, to: list[int], when: str, goal: str, resume: str) -> None:
        acts: dict[str, Callable[[Any, int], Any]] = {
            "agree": lambda c, i: tasks.complete(c, i, tasks.get(c, i).outcomes[0].value, "because"),
            "refuse": lambda c, i: tasks.complete(c, i, tasks.get(c, i).outcomes[-1].value, "because"),
            "transfer": lambda c, i: verbs.transfer(c, i, to[0]), "delegate": lambda c, i: verbs.delegate(c, i, to[0]),
            "signer": lambda c, i: verbs.add_signer(c, i, to, when), "urge": verbs.urge, "claim": tasks.claim,
            "return": lambda c, i: verbs.return_to(c, i, goal, "please", resume),
            "copy": lambda c, i: verbs.copy(c, i, to), "undo": undo.undo,
            "withdraw": lambda c, i: verbs.withdraw(c, self.id)}
        done = self.does(self.starter if verb in ("urge", "withdraw") else who, pick, acts[verb], moves=verb != "claim")
        if done is None:
            return
        DONE[verb] += 1
        task, allowed, _, actor = done
        if verb in ("agree", "refuse"):
            assert allowed, "somebody outside the candidates decided"
            self.votes.append((task.id, actor))
        elif verb == "undo":
            self.votes.remove((task.id, actor))

    @rule(who=st.sampled_from(sorted(IDS)), deputy=PERSON)
    def be_away(self, who: str, deputy: int) -> None:
        try:
            with self.world.writing(who) as context:
                deputies.appoint(context, deputy, context.now, context.now + timedelta(days=1))
        except FormloomError:
            return

    @rule()
    def take_back(self) -> None:
        self.act("withdraw", HOLDER, 0, [], "", "", "")

    @rule(hours=st.integers(1, 30))
    def wait(self, hours: int) -> None:
        self.world.clock += timedelta(hours=hours)

    @invariant()
    def an_open_instance_waits_for_somebody(self) -> None:
        seen = self.picture()
        live = [row for row in seen["tasks"] if row.status in ("ready", "claimed", "held")]
        acting = [row for row in live if row.status != "held"]
        assert bool(acting) == (seen["instance"].status == "running")
        assert all(row.assignee_id or row.role for row in acting)
        if live:
            with self.world.reading() as context:
                tokens = {w.id for w in steps.look_at(context, self.id).running.waiting() if w.kind == "user"}
            assert tokens == {row.token for row in live}

    @invariant()
    def no_vote_is_lost(self) -> None:
        seen = self.picture()
        kept = {(row.id, row.done_by) for row in seen["tasks"] if row.status == "done"}
        assert set(self.votes) <= kept
        assert seen["history"].count("decided") >= len(self.votes)


def test_nothing_is_lost_or_stuck(lasting_world: Any, draw: Any, definition: Any) -> None:
    with lasting_world.database.write() as unit:
        for who in (2, 3, 4, 5):
            people.set_profile(unit, who, manager_id=6)
    made = []
    for approval in STEPS:
        second = step("n1", THREE, approval)
        body = (draw.start() + step("n0", 'line="1"', 'mode="any" self="skip"') + second + draw.end()
                + draw.chain("s", "n0", "n1", "e"))
        made.append(definition(body, TAKE_BACK))
    Approvals.world, Approvals.definitions = lasting_world, made
    run_state_machine_as_test(Approvals, settings=settings(
        max_examples=EXAMPLES, stateful_step_count=12, deadline=None, derandomize="FORMLOOM_EXAMPLES" not in os.environ,
        suppress_health_check=list(HealthCheck)))
    assert {"agree", "signer", "transfer", "return", "delegate"} <= set(DONE), f"little was tried: {DONE}"
