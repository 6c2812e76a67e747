"""The main job: a contract is drafted, submitted, decided by several people, and signed or returned."""

from __future__ import annotations

import threading
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa

from formloom.errors import Conflict, Forbidden, NotFound, ValidationFailed
from formloom.exchange import notifications
from formloom.records import actions, timeline
from formloom.storage import platform_tables as t
from formloom.workflow import incidents, instances, tasks


def submit(world: Any, amount: int) -> int:
    with world.writing("sales") as context:
        record = actions.create(context, "contract", {"name": "Line 4", "amount": amount, "owner": 1})
        actions.run(context, "contract", record.id, "submit")
    return int(record.id)


def decide(world: Any, who: str, outcome: str = "approve", comment: str = "", **values: Any) -> None:
    with world.writing(who) as context:
        box = [*tasks.inbox(context, "mine").tasks, *tasks.inbox(context, "offered").tasks]
        tasks.complete(context, box[0].id, outcome, comment, values)


def contract(world: Any, record_id: int) -> Any:
    with world.reading() as context:
        return context.store.get(context.unit, "contract", record_id)


def open_tasks(world: Any, record_id: int) -> list[str]:
    with world.reading() as context:
        return [x.node for x in tasks.of_record(context, "contract", record_id) if x.open]


def test_small_contract_needs_only_the_manager(world: Any) -> None:
    record_id = submit(world, 50_000)
    assert contract(world, record_id)["status"] == "in_approval"
    assert open_tasks(world, record_id) == ["manager_review"]
    decide(world, "boss")
    row = contract(world, record_id)
    assert (row["status"], row["signed_on"]) == ("signed", date(2026, 3, 2))
    with world.reading() as context:
        payments = context.store.children(context.unit, "contract", record_id)["payments"]
        assert [(p["name"], p["amount"]) for p in payments] == [("first", Decimal(15_000)), ("last", Decimal(35_000))]
        assert instances.of_record(context, "contract", record_id)[0].status == "done"


def test_large_contract_needs_all_four(world: Any) -> None:
    record_id = submit(world, 600_000)
    decide(world, "boss")
    assert open_tasks(world, record_id) == ["legal_review", "finance_review"]
    decide(world, "treasurer")
    assert open_tasks(world, record_id) == ["legal_review"]
    decide(world, "lawyer", risk="low")
    assert contract(world, record_id)["risk"] == "low"
    assert open_tasks(world, record_id) == ["director_review"]
    decide(world, "director")
    assert contract(world, record_id)["status"] == "signed"


def test_rejection_returns_the_draft_with_the_comment(world: Any) -> None:
    record_id = submit(world, 100_000)
    decide(world, "boss")
    decide(world, "treasurer", "reject", "No budget")
    decide(world, "lawyer", risk="high")
    row = contract(world, record_id)
    assert (row["status"], row["rejection"]) == ("draft", "No budget")
    with world.reading("sales") as context:
        entry = next(e for e in timeline.of(context, "contract", record_id)
                     if e.kind == "task" and e.values["outcome"] == "reject")
        assert (entry.text, entry.actor_name) == ("No budget", "treasurer")
    with world.writing("sales") as context:
        actions.run(context, "contract", record_id, "submit")
    assert open_tasks(world, record_id) == ["manager_review"]


def test_manager_of_the_initiator_is_asked_and_told(world: Any) -> None:
    submit(world, 1)
    with world.reading("boss") as context:
        task = tasks.inbox(context, "mine").tasks[0]
        assert (task.assignee, task.due_at, task.record_title) == (2, world.clock + timedelta(days=2), "Line 4")
        assert tasks.counts(context) == {"mine": 1, "offered": 0, "overdue": 0, "copied": 0}
        told = notifications.of_user(context.unit, 2)
        assert [(n.text, n.link) for n in told] == [("Manager reviews：Line 4（合同审批）", f"/inbox/{task.id}")]
    with world.reading("sales") as context:
        assert [x.id for x in tasks.inbox(context, "started").tasks] == [task.id]


def test_wrong_person_cannot_decide(world: Any) -> None:
    submit(world, 100_000)
    decide(world, "boss")
    with world.reading("lawyer") as context:
        task = tasks.inbox(context, "offered").tasks[0]
    with pytest.raises(NotFound), world.writing("director") as context:
        tasks.complete(context, task.id, "approve")
    for name in ("admin", "sales"):
        with pytest.raises(Forbidden), world.writing(name) as context:
            tasks.complete(context, task.id, "approve", values={"risk": "x"})


def test_decision_is_checked_before_anything_is_written(world: Any) -> None:
    record_id = submit(world, 100_000)
    decide(world, "boss")
    with world.reading("lawyer") as context:
        task = tasks.inbox(context, "offered").tasks[0]
    cases: list[tuple[str, str, dict[str, Any], str]] = [
        ("reject", " ", {"risk": "x"}, "comment"), ("sign", "", {"risk": "x"}, "outcome"), ("approve", "", {}, "risk"),
        ("approve", "", {"risk": "x", "amount": 1}, "amount"), ("approve", "", {"risk": "x", "status": "signed"},
                                                                "status"),
    ]
    for outcome, comment, values, path in cases:
        with pytest.raises(ValidationFailed) as refused, world.writing("lawyer") as context:
            tasks.complete(context, task.id, outcome, comment, values)
        assert [e.path for e in refused.value.errors] == [path]
    assert open_tasks(world, record_id) == ["legal_review", "finance_review"]
    assert contract(world, record_id)["risk"] is None


def test_claiming_takes_the_task_from_others(world: Any) -> None:
    submit(world, 100_000)
    decide(world, "boss")
    with world.writing("lawyer") as context:
        task = tasks.claim(context, tasks.inbox(context, "offered").tasks[0].id)
        assert task.assignee == 3
        assert tasks.inbox(context, "offered").tasks == ()
        assert tasks.release(context, task.id).status == "ready"
    with pytest.raises(Forbidden), world.writing("admin") as context:
        tasks.claim(context, task.id)


def test_deciding_twice_is_a_conflict(world: Any) -> None:
    submit(world, 100_000)
    with world.reading("boss") as context:
        task = tasks.inbox(context).tasks[0]
    decide(world, "boss")
    with pytest.raises(Conflict), world.writing("boss") as context:
        tasks.complete(context, task.id, "approve")


def test_simultaneous_decisions_are_all_kept(world: Any) -> None:
    for _ in range(5):
        record_id = submit(world, 100_000)
        decide(world, "boss")
        barrier, failures = threading.Barrier(2), []

        def vote(who: str, values: dict[str, Any], record_id: int = record_id, barrier: Any = barrier,
                 failures: list[Any] = failures) -> None:
            with world.reading(who) as context:
                mine = [x for x in tasks.inbox(context, "offered").tasks if x.record_id == record_id]
            barrier.wait()
            try:
                with world.writing(who) as context:
                    tasks.complete(context, mine[0].id, "approve", "", values)
            except Exception as error:
                failures.append(error)

        threads = [threading.Thread(target=vote, args=a) for a in (("lawyer", {"risk": "low"}), ("treasurer", {}))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert failures == []
        assert contract(world, record_id)["status"] == "signed"


def test_deleted_record_ends_its_process(world: Any) -> None:
    record_id = submit(world, 100_000)
    with world.writing() as context:
        actions.delete(context, "contract", record_id)
    with world.reading() as context:
        assert [i.status for i in instances.of_record(context, "contract", record_id)] == ["cancelled"]
        assert [x.status for x in tasks.of_record(context, "contract", record_id)] == ["cancelled"]


def test_failed_step_leaves_nothing_but_an_incident(world: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    record_id = submit(world, 1)

    def broken(step: Any, *, text: Any, user: Any = None) -> Any:
        raise RuntimeError("the printer is on fire")

    with monkeypatch.context() as patch:
        patch.setitem(world.extensions.service_tasks.items, "notify", broken)
        with pytest.raises(instances.StepFailed):
            decide(world, "boss")
    assert contract(world, record_id)["status"] == "in_approval"
    assert open_tasks(world, record_id) == ["manager_review"]
    with world.reading() as context:
        incident = incidents.listed(context).items[0]
        assert (incident.node, "on fire" in incident.error) == ("tell", True)
        assert context.unit.connection.scalar(sa.select(sa.func.count()).select_from(t.fl_mail)) == 0
    decide(world, "boss")
    assert contract(world, record_id)["status"] == "signed"


def test_diagram_shows_where_it_stands(world: Any) -> None:
    record_id = submit(world, 100_000)
    decide(world, "boss")
    with world.reading() as context:
        seen = instances.diagram(context, instances.of_record(context, "contract", record_id)[0].id)
    assert sorted(w.node for w in seen.waiting) == ["finance_review", "legal_review"]
    assert seen.passed == ("submitted", "manager_review", "manager_decided", "large", "ask")
    assert "from_large_to_ask" in seen.flows
    assert [(v.kind, v.actor_id) for v in seen.history if v.kind != "passed"] == [("started", 1), ("decided", 2)]
