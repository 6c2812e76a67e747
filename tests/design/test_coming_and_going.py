"""Going back, and packs that come and go, by a worker: once and whole, told how it ended, also when workers die."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from formloom.design import coming_and_going, packs, publishing, undertakings
from formloom.design.coming_and_going import INSTALL, REMOVE, RESTORE
from formloom.design.undertakings import Undertaking
from formloom.errors import Text
from formloom.jobs import queue, runner
from formloom.metadata.archives import Archive
from formloom.runtime import Runtime
from formloom.storage import catalogs
from formloom.storage.platform_tables import fl_job
from tests.conftest import work

from .test_change_sets import ADA, add_vat, begin, edit
from .test_packs import visits

Settled = list[tuple[str, ...]]


@pytest.fixture
def settled(runtime: Runtime) -> Settled:
    """What followed, on a runtime whose worker does such things: the packs of each time."""
    found: Settled = []
    coming_and_going.register(runtime, lambda _runtime, brought: found.append(tuple(one.name for one in brought)))
    return found


def asked(runtime: Runtime, kind: str, subject: str, **said: Any) -> None:
    with runtime.writing(ADA) as context:
        undertakings.ask(context, kind, subject, said)


def worked(runtime: Runtime, kind: str, subject: str) -> Undertaking:
    """As it is when the worker has been at it."""
    work(runtime, kind)
    with runtime.reading(ADA) as context:
        found = undertakings.latest(context, kind, subject)
    assert found
    return found


def versions(runtime: Runtime) -> list[int]:
    with runtime.database.read() as unit:
        return [one.id for one in catalogs.publications(unit)]


def with_vat(runtime: Runtime) -> tuple[str, dict[str, str]]:
    """The publication before the one that brought a field, and what going back to it says."""
    first = max(versions(runtime))
    publishing.publish(runtime, ADA, edit(runtime, begin(runtime), "customer", add_vat), "")
    return str(first), {"version": runtime.model().catalog.version, "reason": "Back"}


def uploaded(runtime: Runtime, pack: Archive) -> str:
    folder = packs.uploads(runtime)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / pack.digest).write_bytes(pack.packed())
    return pack.digest


def test_worker_goes_back(runtime: Runtime, settled: Settled) -> None:
    first, said = with_vat(runtime)
    asked(runtime, RESTORE, first, **said)
    assert "vat" in runtime.model().catalog.entity("customer").fields
    assert worked(runtime, RESTORE, first).status == "done"
    assert "vat" not in runtime.model().catalog.entity("customer").fields
    assert settled == [()]


def test_worker_installs_and_removes_a_pack(runtime: Runtime, settled: Settled) -> None:
    digest = uploaded(runtime, visits())
    asked(runtime, INSTALL, digest)
    assert worked(runtime, INSTALL, digest).status == "done"
    assert "visit" in runtime.model().catalog.entities
    assert not list(packs.uploads(runtime).iterdir())
    asked(runtime, REMOVE, "visits")
    assert worked(runtime, REMOVE, "visits").status == "done"
    assert "visit" not in runtime.model().catalog.entities
    assert settled == [("visits",), ()]


def test_why_it_came_to_nothing_is_told(runtime: Runtime, settled: Settled) -> None:
    first, said = with_vat(runtime)
    asked(runtime, RESTORE, first, **said)
    publishing.publish(runtime, ADA, edit(runtime, begin(runtime), "customer", _called_client), "")
    found = worked(runtime, RESTORE, first)
    assert (found.status, settled) == ("failed", [])
    assert "published meanwhile" in str(found.why[0])
    assert "vat" in runtime.model().catalog.entity("customer").fields


def _called_client(tree: dict[str, Any]) -> None:
    tree["label"] = "Client"


def test_stopped_one_changes_nothing(runtime: Runtime, settled: Settled) -> None:
    first, said = with_vat(runtime)
    asked(runtime, RESTORE, first, **said)
    with runtime.writing(ADA) as context:
        undertakings.stop(context, RESTORE, first)
    assert worked(runtime, RESTORE, first).status == "stopped"
    assert "vat" in runtime.model().catalog.entity("customer").fields


def test_stop_reaches_a_worker_that_is_at_it(runtime: Runtime, settled: Settled) -> None:
    def act(runtime: Runtime, one: Undertaking, report: Callable[[int, int, Text], None]) -> Mapping[str, Any]:
        with runtime.writing(ADA) as context:
            undertakings.stop(context, one.kind, one.subject)
        report(1, 2, Text("Half of it."))
        raise AssertionError("it goes on")

    undertakings.register(runtime, "try", act)
    asked(runtime, "try", "x")
    assert worked(runtime, "try", "x").status == "stopped"


@pytest.mark.parametrize("kind", [RESTORE, INSTALL, REMOVE])
def test_what_follows_is_tried_again_alone(runtime: Runtime, kind: str) -> None:
    """The worker died when the model was in force already."""
    tried: list[int] = []

    def settle(_runtime: Runtime, _brought: Any) -> None:
        tried.append(len(versions(runtime)))
        if len(tried) == 1:
            raise OSError("the lights went out")

    coming_and_going.register(runtime, settle)
    subject, said = with_vat(runtime)
    if kind == INSTALL:
        subject, said = uploaded(runtime, visits()), {}
    if kind == REMOVE:
        packs.install(runtime, ADA, [visits()])
        subject, said = "visits", {}
    before = len(versions(runtime))
    asked(runtime, kind, subject, **said)
    with runtime.database.read() as unit:
        job = unit.connection.scalars(sa.select(fl_job.c.id).where(fl_job.c.kind == kind)).one()
    for later in (timedelta(), timedelta(days=1)):
        runner.run(runtime.database, job, runtime.job_handlers, runtime.now() + later)
    with runtime.database.read() as unit:
        assert queue.get(unit, job).status == "done"
    assert tried == [before + 1, before + 1]
