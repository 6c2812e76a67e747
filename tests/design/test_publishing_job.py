"""Publishing by a worker: how far it is, stopping it, what becomes of failures and of workers that die."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa

from formloom.design import change_sets, pacing, publishing, publishing_job
from formloom.errors import Conflict, Text
from formloom.jobs import queue, runner
from formloom.policy.actor import SYSTEM
from formloom.records import actions
from formloom.runtime import Runtime
from formloom.storage import catalogs
from formloom.storage import change_sets as stored
from formloom.storage.change_sets import ChangeSet

from .test_change_sets import ADA, BEN, add_vat, begin, edit


@pytest.fixture
def settled(runtime: Runtime) -> list[str]:
    """What followed, on a runtime whose worker publishes."""
    found: list[str] = []
    publishing_job.register(runtime, lambda one: found.append(one.model().catalog.version))
    return found


def handed_over(runtime: Runtime, draft: ChangeSet) -> ChangeSet:
    with runtime.writing(ADA) as context:
        return publishing_job.begin(runtime, context, draft, "Tax numbers")


def work(runtime: Runtime, seen: ChangeSet) -> str:
    assert seen.job_id is not None
    runner.run(runtime.database, seen.job_id, runtime.job_handlers, runtime.now())
    with runtime.database.read() as unit:
        return queue.get(unit, seen.job_id).status


def now(runtime: Runtime, seen: ChangeSet) -> ChangeSet:
    with runtime.reading(ADA) as context:
        return stored.get(context.unit, seen.id)


def test_worker_publishes(runtime: Runtime, settled: list[str]) -> None:
    seen = handed_over(runtime, edit(runtime, begin(runtime), "customer", add_vat))
    assert "vat" not in runtime.model().catalog.entity("customer").fields
    assert work(runtime, seen) == "done"
    assert "vat" in runtime.model().catalog.entity("customer").fields
    closed = now(runtime, seen)
    assert (closed.state, closed.reason, settled) == (
        stored.PUBLISHED, "Tax numbers", [runtime.model().catalog.version])


def test_publication_that_was_not_reported_is_settled(runtime: Runtime, settled: list[str]) -> None:
    seen = handed_over(runtime, edit(runtime, begin(runtime), "customer", add_vat))
    publishing.publish(runtime, ADA, seen, "")
    work(runtime, seen)
    assert settled == [runtime.model().catalog.version]


def test_nothing_of_it_changes_meanwhile(runtime: Runtime, settled: list[str]) -> None:
    seen = handed_over(runtime, edit(runtime, begin(runtime), "customer", add_vat))
    with pytest.raises(Conflict):
        edit(runtime, seen, "customer", lambda t: t.update(label="Client"))
    with pytest.raises(Conflict), runtime.writing(ADA) as context:
        change_sets.undo(context, seen)
    with pytest.raises(Conflict), runtime.writing(ADA) as context:
        change_sets.discard(context, seen)


def test_stopped_publication_leaves_a_draft(runtime: Runtime, settled: list[str]) -> None:
    seen = handed_over(runtime, edit(runtime, begin(runtime), "customer", add_vat))
    with runtime.writing(BEN) as context:
        publishing_job.stop(context, seen)
    assert work(runtime, seen) == "done"
    given_back = now(runtime, seen)
    assert (given_back.state, settled) == (stored.DRAFT, [])
    assert [str(text) for text in publishing_job.trouble(given_back)] == [
        "Publishing was stopped. Nothing of it is in force."]
    assert "vat" not in runtime.model().catalog.entity("customer").fields
    assert work(runtime, handed_over(runtime, given_back)) == "done"
    assert "vat" in runtime.model().catalog.entity("customer").fields


def test_failure_is_told_and_gives_the_draft_back(runtime: Runtime, settled: list[str]) -> None:
    draft = edit(runtime, begin(runtime, BEN), "customer", lambda t: t.update(label="Client"), BEN)
    seen = handed_over(runtime, draft)
    publishing.publish(runtime, ADA, edit(runtime, begin(runtime), "customer", add_vat), "")
    assert work(runtime, seen) == "done"
    given_back = now(runtime, seen)
    assert (given_back.state, settled) == (stored.DRAFT, [])
    assert "published by somebody else meanwhile" in str(publishing_job.trouble(given_back)[0])


def test_stopping_needs_no_living_worker(runtime: Runtime, settled: list[str]) -> None:
    seen = handed_over(runtime, edit(runtime, begin(runtime), "customer", add_vat))
    with runtime.database.write() as unit:
        queue.cancel(unit, sa.true(), runtime.now())
    with runtime.writing(BEN) as context:
        publishing_job.stop(context, seen)
    assert now(runtime, seen).state == stored.DRAFT


class _Died(BaseException):
    """A worker that is killed tells nobody."""


def test_another_worker_takes_up_what_one_began(
        runtime: Runtime, settled: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(catalogs, "ONLINE_ROWS", 3)
    publishing.publish(runtime, ADA, edit(runtime, begin(runtime), "customer", add_vat), "")
    with runtime.writing(SYSTEM) as context:
        for number in range(8):
            actions.create(context, "customer", {"name": f"Customer {number}", "vat": f"{number}"})
    seen = handed_over(runtime, edit(runtime, begin(runtime), "customer", _as_number))
    steps: list[tuple[int, int, str]] = []

    def dying(database: Any, change_set: int, progress: dict[str, Any]) -> bool:
        steps.append((progress["done"], progress["total"], str(Text.from_json(progress["step"]))))
        if len(steps) == 2:
            raise _Died
        return True

    monkeypatch.setattr(pacing, "SECONDS", 0.0)
    with monkeypatch.context() as once:
        once.setattr(stored, "report", dying)
        if runtime.database.dialect == "postgresql":
            with pytest.raises(_Died):
                work(runtime, seen)
            assert steps[1][1] == 8
        else:
            work(runtime, seen)     # one transaction that writes: there is nothing to take up
    if now(runtime, seen).state == stored.PUBLISHING:
        with runtime.database.write() as unit:      # as if the lease of the dead had run out
            unit.connection.exec_driver_sql("UPDATE fl_job SET status = 'queued'")
        assert work(runtime, seen) == "done"
    assert now(runtime, seen).state == stored.PUBLISHED
    with runtime.reading(SYSTEM) as context:
        assert sorted(r.values["vat"] for r in actions.list(context, "customer").records) == list(range(8))


def _as_number(tree: dict[str, Any]) -> None:
    tree["fields"]["vat"] |= {"type": "integer"}
