"""Approvals as people know them: several signers, handing on, returning, taking back, standing in."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from formloom.errors import Conflict, Forbidden, FormloomError, NotFound, ValidationFailed
from formloom.policy import people
from formloom.records import actions, timeline
from formloom.storage import platform_tables as t
from formloom.workflow import deputies, instances, steps, tasks, undo, verbs

BEGIN = datetime(2026, 3, 2, 9, tzinfo=UTC)
IDS = {"sales": 1, "boss": 2, "lawyer": 3, "treasurer": 4, "director": 5, "admin": 6}
_OUTCOMES = ('<formloom:outcome value="approve" label="Approve"/>'
             '<formloom:outcome value="reject" label="Reject" tone="stop" comment="required"/>')


def step(name: str, who: str, approval: str = "", fields: str = "") -> str:
    inner = f"<formloom:approval {approval}/>" if approval else ""
    return (f'<bpmn:userTask id="{name}" name="{name}"><bpmn:extensionElements><formloom:assignment {who}/>{inner}'
            f"{fields}{_OUTCOMES}</bpmn:extensionElements></bpmn:userTask>")


TAKE_BACK = ('<formloom:trigger on="manual"/><formloom:withdraw while="undecided">'
             '<formloom:param name="status">"draft"</formloom:param></formloom:withdraw>')
THREE = 'users="[3, 4, 5]"'


class Case:
    """One instance of a drawn process, and people who act on it."""

    def __init__(self, world: Any, definition: Any, who: str = "sales") -> None:
        self.world = world
        world.use(definition)
        with world.writing(who) as context:
            record = actions.create(context, "contract", {"name": "Line 4", "amount": 100, "owner": 1})
            self.id = instances.start(context, definition, ("contract", record.id)).id
            self.record = record.id

    def task(self, who: str, node: str = "") -> Any:
        """What this person has to do."""
        with self.world.reading(who) as context:
            found = [x for x in tasks.inbox(context, "open").tasks if x.instance_id == self.id and node in ("", x.node)]
        return found[0] if found else None

    def does(self, who: str, verb: Callable[..., Any], *args: Any, **more: Any) -> Any:
        task = self.task(who)
        assert task is not None, f"{who} has nothing to do"
        with self.world.writing(who) as context:
            return verb(context, task.id, *args, **more)

    def decides(self, who: str, outcome: str = "approve", comment: str = "because") -> Any:
        return self.does(who, tasks.complete, outcome, comment)

    @property
    def open(self) -> list[tuple[str, int | None]]:
        with self.world.reading() as context:
            return [(x.node, x.assignee) for x in tasks.of_instance(context, self.id) if x.open]

    @property
    def status(self) -> str:
        with self.world.reading() as context:
            return instances.get(context, self.id).status

    @property
    def history(self) -> list[str]:
        with self.world.reading() as context:
            return [v.kind for v in instances.diagram(context, self.id).history if v.kind != "passed"]

    def result(self, node: str) -> Any:
        with self.world.reading() as context:
            from_rows = [x for x in tasks.of_instance(context, self.id) if x.node == node and x.status == "done"]
        return [(x.done_by, x.outcome) for x in from_rows]


@pytest.fixture
def world(lasting_world: Any) -> Any:
    """Nobody is away, and only sales has a manager."""
    lasting_world.clock = BEGIN
    with lasting_world.database.write() as unit:
        for table in (t.fl_deputy, t.fl_team_member, t.fl_team):
            unit.connection.execute(sa.delete(table))
        unit.connection.execute(sa.update(t.fl_profile).where(t.fl_profile.c.user_id != 1).values(manager_id=None))
        people.bump(unit)
    return lasting_world


@pytest.fixture
def case(world: Any, definition: Any, draw: Any) -> Callable[..., Case]:
    def made(*steps: str, ends: str = "", who: str = "sales") -> Case:
        names = [f"n{i}" for i in range(len(steps))]
        body = draw.start() + "".join(steps) + draw.end() + draw.chain("s", *names, "e") + ends
        return Case(world, definition(body, TAKE_BACK), who)
    return made


def test_all_must_agree(case: Callable[..., Case]) -> None:
    process = case(step("n0", THREE, 'mode="all"'))
    assert process.open == [("n0", 3), ("n0", 4), ("n0", 5)]
    process.decides("lawyer")
    process.decides("treasurer")
    assert process.status == "running"
    process.decides("director")
    assert (process.status, process.result("n0")) == ("done", [(3, "approve"), (4, "approve"), (5, "approve")])


def test_one_refusal_ends_joint_approval(case: Callable[..., Case]) -> None:
    process = case(step("n0", THREE, 'mode="all"'))
    process.decides("lawyer")
    process.decides("treasurer", "reject")
    assert (process.status, process.open) == ("done", [])
    with process.world.reading() as context:
        assert [x.status for x in tasks.of_instance(context, process.id)] == ["done", "done", "cancelled"]


def test_anyone_decides_for_all(case: Callable[..., Case]) -> None:
    process = case(step("n0", THREE, 'mode="any"'))
    stale = process.task("lawyer")
    process.decides("treasurer")
    assert process.status == "done"
    with pytest.raises(Conflict), process.world.writing("lawyer") as context:
        tasks.complete(context, stale.id, "approve")


@pytest.mark.parametrize(("needed", "votes", "status"), [
    ("2", ["approve", "approve"], "done"), ("2", ["approve", "reject"], "running"), ("2", ["reject", "reject"], "done"),
    ("60%", ["approve", "approve"], "done"), ("100%", ["reject"], "done"), ("3", ["approve", "approve"], "running")])
def test_quorum_decides_once_it_can(case: Callable[..., Case], needed: str, votes: list[str], status: str) -> None:
    process = case(step("n0", THREE, f'mode="quorum" needed="{needed}"'))
    for who, vote in zip(("lawyer", "treasurer", "director"), votes, strict=False):
        process.decides(who, vote)
    assert process.status == status


def test_votes_have_weights(case: Callable[..., Case]) -> None:
    process = case(step("n0", THREE, 'mode="quorum" needed="3" weight="if approver = 5 then 3 else 1"'))
    process.decides("lawyer", "reject")
    process.decides("director")
    assert process.status == "done"


def test_sequential_asks_one_by_one(case: Callable[..., Case]) -> None:
    process = case(step("n0", THREE, 'mode="all" order="sequential"'))
    assert process.open == [("n0", 3)]
    process.decides("lawyer")
    assert process.open == [("n0", 4)]


def test_result_is_read_by_later_steps(draw: Any, definition: Any, world: Any) -> None:
    body = (draw.start() + step("n0", THREE, 'mode="all"') + draw.script("told", "voters = n0.votes.by")
            + draw.person("last") + draw.end() + draw.chain("s", "n0", "told", "last", "e"))
    process = Case(world, definition(body, TAKE_BACK))
    for who in ("lawyer", "treasurer", "director"):
        process.decides(who)
    with world.writing() as context:
        scope = steps.open_instance(context, process.id).running.scope
        assert (scope["n0"]["outcome"], scope["told"]["voters"], scope["n0"]["by"]) == ("approve", [3, 4, 5], 5)


def test_initiator_is_skipped(case: Callable[..., Case]) -> None:
    process = case(step("n0", 'users="[1, 3]"', 'mode="all"'))
    assert process.open == [("n0", 3)]


def test_initiator_is_replaced_by_the_fallback(case: Callable[..., Case]) -> None:
    process = case(step("n0", 'users="[1, 3]" fallback="director"', 'mode="all" self="fallback"'))
    assert process.open == [("n0", 3), ("n0", 5)]


def test_who_approved_before_is_not_asked_again(case: Callable[..., Case]) -> None:
    process = case(step("n0", 'users="[3]"', 'mode="all"'), step("n1", 'users="[3, 4]"', 'mode="all"'))
    process.decides("lawyer")
    assert process.open == [("n1", 4)]


@pytest.mark.parametrize("who", ['users="[]"', 'users="[99]"', 'roles="[]"', 'line="0"', 'head="nowhere"',
                                 'users="[1]"'])
def test_nobody_found_goes_to_administrators(case: Callable[..., Case], who: str) -> None:
    assert case(step("n0", who, 'mode="all"')).open == [("n0", 6)]


def test_nobody_found_goes_to_the_fallback(case: Callable[..., Case]) -> None:
    assert case(step("n0", 'users="[]" fallback="legal"', 'mode="all"')).open == [("n0", 3)]


def test_line_of_managers_ends_at_a_role(case: Callable[..., Case], world: Any) -> None:
    with world.database.write() as unit:
        people.set_profile(unit, 2, manager_id=5)
        people.set_profile(unit, 5, manager_id=6)
    assert case(step("n0", 'line="2"', 'mode="all"')).open == [("n0", 2), ("n0", 5)]
    assert case(step("n0", 'line="9" line-until="director"', 'mode="all"')).open == [("n0", 2), ("n0", 5)]
    assert case(step("n0", 'line="9"', 'mode="all"')).open == [("n0", 2), ("n0", 5), ("n0", 6)]


def test_head_of_a_team_is_found(case: Callable[..., Case], world: Any) -> None:
    with world.database.write() as unit:
        company = people.ensure_team(unit, "company")
        sales = people.ensure_team(unit, "sales", parent_id=company)
        people.add_member(unit, sales, 1)
        unit.connection.execute(sa.update(t.fl_team).where(t.fl_team.c.id == company).values(head_id=5))
    assert case(step("n0", 'head="initiator"', 'mode="any"')).open == [("n0", 5)]
    assert case(step("n0", 'head="sales"', 'mode="any"')).open == [("n0", 5)]


def test_roles_come_from_an_expression(case: Callable[..., Case]) -> None:
    process = case(step("n0", 'roles="if amount &gt; 50 then [&quot;legal&quot;, &quot;finance&quot;] else []"',
                        'mode="all"'))
    assert process.open == [("n0", 3), ("n0", 4)]


def test_transfer_hands_it_over(case: Callable[..., Case]) -> None:
    process = case(step("n0", 'users="[3]"', 'mode="all"'))
    process.does("lawyer", verbs.transfer, IDS["treasurer"], "On leave")
    assert (process.open, process.task("lawyer")) == ([("n0", 4)], None)
    process.decides("treasurer")
    assert (process.status, process.history) == ("done", ["started", "transferred", "decided"])


def test_delegate_gives_it_back(case: Callable[..., Case]) -> None:
    process = case(step("n0", 'users="[3]"', 'mode="all"'))
    process.does("lawyer", verbs.delegate, IDS["treasurer"], "Is the rate right?")
    assert (process.open, process.task("lawyer")) == ([("n0", 4)], None)
    process.does("treasurer", tasks.complete, "advise", "Yes")
    assert process.open == [("n0", 3)]
    process.decides("lawyer")
    assert process.status == "done"


def test_signer_before_decides_first(case: Callable[..., Case]) -> None:
    process = case(step("n0", 'users="[3]"', 'mode="all"'))
    process.does("lawyer", verbs.add_signer, [IDS["treasurer"], IDS["director"]], "before", "Please look")
    assert process.open == [("n0", 4), ("n0", 5)]
    process.decides("treasurer")
    process.decides("director")
    assert (process.open, process.status) == ([("n0", 3)], "running")
    process.decides("lawyer")
    assert process.status == "done"


def test_signer_after_decides_last(case: Callable[..., Case]) -> None:
    process = case(step("n0", 'users="[3]"', 'mode="all"'))
    process.does("lawyer", verbs.add_signer, [IDS["treasurer"]], "after")
    process.decides("lawyer")
    assert (process.open, process.status) == ([("n0", 4)], "running")
    process.decides("treasurer")
    assert process.status == "done"


@pytest.mark.parametrize("when", ["before", "after"])
def test_signer_who_refuses_ends_it(case: Callable[..., Case], when: str) -> None:
    process = case(step("n0", 'users="[3]"', 'mode="all"'))
    process.does("lawyer", verbs.add_signer, [IDS["treasurer"]], when)
    if when == "after":
        process.decides("lawyer")
    process.decides("treasurer", "reject")
    assert (process.status, process.open) == ("done", [])


def test_signers_add_signers(case: Callable[..., Case]) -> None:
    process = case(step("n0", 'users="[3]"', 'mode="all"'))
    process.does("lawyer", verbs.add_signer, [IDS["treasurer"]], "before")
    process.does("treasurer", verbs.add_signer, [IDS["director"]], "after")
    process.decides("treasurer")
    assert process.open == [("n0", 5)]
    process.decides("director")
    assert process.open == [("n0", 3)]


def test_nobody_has_two_votes(case: Callable[..., Case]) -> None:
    process = case(step("n0", THREE, 'mode="all"'))
    process.decides("lawyer")
    for who in (IDS["lawyer"], IDS["director"], IDS["sales"], IDS["treasurer"], 99):
        with pytest.raises(ValidationFailed):
            process.does("treasurer", verbs.transfer, who)
    assert process.open == [("n0", 4), ("n0", 5)]


def test_return_to_an_earlier_step(case: Callable[..., Case]) -> None:
    process = case(step("n0", 'assignee="3"'), step("n1", 'assignee="4"'), step("n2", 'users="[5]"', 'mode="all"'))
    process.decides("lawyer")
    process.decides("treasurer")
    with pytest.raises(ValidationFailed):
        process.does("director", verbs.return_to, "n2", "Why")
    process.does("director", verbs.return_to, "n0", "The price is wrong")
    assert process.task("lawyer").node == "n0"
    process.decides("lawyer")
    assert process.task("treasurer").node == "n1"


def test_return_comes_straight_back(case: Callable[..., Case]) -> None:
    process = case(step("n0", 'assignee="3"'), step("n1", 'assignee="4"', 'mode="all" resume="back"'))
    process.decides("lawyer")
    process.does("treasurer", verbs.return_to, "n0", "Which rate?")
    assert process.open == [("n0", 3)]
    process.does("lawyer", tasks.complete, "resubmit", "13 %")
    assert process.open == [("n1", 4)]
    process.decides("treasurer")
    assert process.status == "done"


def test_return_to_the_initiator_begins_anew(case: Callable[..., Case]) -> None:
    process = case(step("n0", 'assignee="3"'),
                   step("n1", 'users="[4]"', 'mode="all"', '<formloom:field name="amount" revise="true"/>'))
    process.decides("lawyer")
    process.does("treasurer", verbs.return_to, "initiator", "Too dear")
    assert process.open == [("n1", 1)]
    process.does("sales", tasks.complete, "resubmit", "", {"amount": 90})
    assert process.task("lawyer").node == "n0"
    with process.world.reading() as context:
        assert context.store.get(context.unit, "contract", process.record)["amount"] == 90


def test_return_takes_parallel_branches_back(world: Any, definition: Any, draw: Any) -> None:
    steps_ = (step(name, f'assignee="{who}"') for name, who in (("a", 2), ("b", 3), ("c", 4)))
    body = (draw.start() + "".join(steps_) + '<bpmn:parallelGateway id="fork"/><bpmn:parallelGateway id="join"/>'
            + draw.end() + draw.chain("s", "a", "fork", "b", "join") + draw.chain("fork", "c", "join", "e"))
    process = Case(world, definition(body, TAKE_BACK))
    process.decides("boss")
    process.decides("treasurer")
    process.does("lawyer", verbs.return_to, "a", "Again")
    assert process.open == [("a", 2)]
    process.decides("boss")
    process.decides("lawyer")
    assert process.open == [("c", 4)]
    process.decides("treasurer")
    assert process.status == "done"


def test_initiator_withdraws_while_undecided(case: Callable[..., Case]) -> None:
    process = case(step("n0", THREE, 'mode="all"'))
    with process.world.writing("sales") as context:
        verbs.withdraw(context, process.id, "A mistake")
    assert (process.status, process.open, process.history) == ("cancelled", [], ["started", "withdrawn", "cancelled"])
    later = case(step("n0", THREE, 'mode="all"'))
    later.decides("lawyer")
    for who in ("sales", "boss"):
        with pytest.raises(Forbidden), later.world.writing(who) as context:
            verbs.withdraw(context, later.id)


def test_urging_is_counted_and_limited(case: Callable[..., Case]) -> None:
    process = case(step("n0", 'users="[3]"', 'mode="all"'))
    task = process.task("lawyer")

    def urge(who: str) -> Any:
        with process.world.writing(who) as context:
            return verbs.urge(context, task.id)

    assert urge("sales").urged == 1
    for who, error in (("sales", Forbidden), ("boss", NotFound), ("lawyer", Forbidden)):
        with pytest.raises(error):
            urge(who)
    process.world.clock += timedelta(hours=1)
    assert urge("sales").urged == 2


def test_copies_are_for_those_who_may_read(case: Callable[..., Case]) -> None:
    process = case(step("n0", 'users="[3]"', 'mode="all"'))
    assert process.does("lawyer", verbs.copy, [IDS["director"]], "", "Please know") == [5]
    with process.world.reading("director") as context:
        assert tasks.counts(context)["copied"] == 1
        assert [x.unread for x in tasks.inbox(context, "copied").tasks] == [True]
    task = process.task("lawyer")
    with pytest.raises(Forbidden), process.world.writing("director") as context:
        tasks.complete(context, task.id, "approve")


def test_deputy_acts_in_the_name_of(case: Callable[..., Case], world: Any) -> None:
    process = case(step("n0", 'users="[3]"', 'mode="all"'))
    with world.writing("lawyer") as context:
        deputies.appoint(context, IDS["treasurer"], world.clock - timedelta(hours=1), world.clock + timedelta(days=3))
    task = process.task("treasurer")
    assert (task.in_name_of, task.assignee) == (3, 3)
    process.decides("treasurer")
    with world.reading() as context:
        done = tasks.get(context, task.id)
        assert (done.done_by, done.acted_for) == (4, 3)
        entry = next(e for e in timeline.of(context, "contract", process.record) if e.kind == "task")
        assert entry.values["acting_for"] == "lawyer"


def test_absence_ends_with_its_period(case: Callable[..., Case], world: Any) -> None:
    process = case(step("n0", 'users="[3]"', 'mode="all"'))
    with world.writing("lawyer") as context:
        deputies.appoint(context, IDS["treasurer"], world.clock + timedelta(days=1), world.clock + timedelta(days=3),
                         ("tiny",))
    assert process.task("treasurer") is None
    world.clock += timedelta(days=1)
    assert process.task("treasurer") is not None
    world.clock += timedelta(days=2)
    assert process.task("treasurer") is None


def test_deputy_of_the_initiator_is_no_way_around_four_eyes(case: Callable[..., Case], world: Any) -> None:
    process = case(step("n0", 'users="[3]"', 'mode="all"'))
    with world.writing("lawyer") as context:
        deputies.appoint(context, IDS["sales"], world.clock, world.clock + timedelta(days=3))
    with pytest.raises(Forbidden):
        process.decides("sales")


def test_bad_absences_are_refused(world: Any) -> None:
    now, day = world.clock, timedelta(days=1)
    cases: list[tuple[int, Any, Any, tuple[str, ...]]] = [
        (3, now, now + day, ()), (99, now, now + day, ()), (4, now, now, ()), (4, now - 2 * day, now - day, ()),
        (4, now, now + day, ("nothing",))]
    for deputy, since, until, processes in cases:
        with pytest.raises(ValidationFailed), world.writing("lawyer") as context:
            deputies.appoint(context, deputy, since, until, processes)
    with pytest.raises(Forbidden), world.writing("lawyer") as context:
        deputies.appoint(context, 4, now, now + day, (), user_id=5)


def test_decision_is_undone_at_once(case: Callable[..., Case]) -> None:
    process = case(step("n0", THREE, 'mode="any"'), step("n1", 'assignee="2"'))
    done = process.decides("lawyer")
    assert process.open == [("n1", 2)]
    with process.world.writing("lawyer") as context:
        undo.undo(context, done.id)
    assert sorted(process.open) == [("n0", 3), ("n0", 4), ("n0", 5)]
    process.decides("lawyer")
    assert process.open == [("n1", 2)]


def test_decision_is_not_undone_later(case: Callable[..., Case]) -> None:
    process = case(step("n0", THREE, 'mode="all"'), step("n1", 'assignee="2"'))
    first = process.decides("lawyer")
    second = process.decides("treasurer")
    for task, who in ((first, "lawyer"), (second, "lawyer")):
        with pytest.raises(FormloomError), process.world.writing(who) as context:
            undo.undo(context, task.id)
    process.world.clock += timedelta(minutes=1)
    with pytest.raises(Conflict), process.world.writing("treasurer") as context:
        undo.undo(context, second.id)


def test_votes_at_one_instant_are_all_kept(case: Callable[..., Case]) -> None:
    for _ in range(3):
        process = case(step("n0", THREE, 'mode="all"'), step("n1", 'assignee="2"'))
        ready, failures = threading.Barrier(3), list[Exception]()

        def vote(who: str, process: Case = process, ready: Any = ready, failures: list[Any] = failures) -> None:
            task = process.task(who)
            ready.wait()
            try:
                with process.world.writing(who) as context:
                    tasks.complete(context, task.id, "approve", f"from {who}")
            except FormloomError as error:
                failures.append(error)

        threads = [threading.Thread(target=vote, args=[who]) for who in ("lawyer", "treasurer", "director")]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert failures == []
        assert sorted(process.result("n0")) == [(3, "approve"), (4, "approve"), (5, "approve")]
        assert (process.open, process.history.count("decided")) == ([("n1", 2)], 3)


@pytest.mark.parametrize(("approval", "words"), [
    ('mode="some"', "one of all, any, quorum"), ('mode="quorum"', "how much is needed"),
    ('mode="quorum" needed="160%"', "how much is needed"), ('mode="all" needed="2"', "no effect"),
    ('mode="all" forbid="fly"', "names the verb fly"), ('mode="all" resume="later"', "one of steps, back, choose"),
    ('mode="all" kind="x"', "names the attribute kind"), ('mode="quorum" needed="2" weight="nobody"', "nobody")])
def test_mistakes_in_approvals_are_explained(read: Any, draw: Any, approval: str, words: str) -> None:
    found, problems = read(draw.start() + step("n0", THREE, approval) + draw.end() + draw.chain("s", "n0", "e"))
    assert found is None
    assert words in "\n".join(map(str, problems))
