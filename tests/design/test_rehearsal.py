"""Trying a model out on a copy of the data: what it shows, and that nobody else notices."""

from __future__ import annotations

import shutil
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import pytest
import sqlalchemy as sa

from formloom.design import publishing, rehearsal, rehearsal_job, undertakings
from formloom.design.rehearsal import Outcome
from formloom.design.undertakings import Undertaking
from formloom.errors import Conflict
from formloom.metadata.sources import Source
from formloom.policy.actor import SYSTEM
from formloom.records import actions
from formloom.runtime import Runtime
from formloom.storage import scratch
from formloom.storage.choices import Choices
from formloom.storage.database import Database
from tests.conftest import work

from .test_change_sets import ADA, add_vat, begin, edit


@pytest.fixture
def filled(runtime: Runtime) -> Runtime:
    """With a field of texts, most of which are numbers."""
    publishing.publish(runtime, ADA, edit(runtime, begin(runtime), "customer", add_vat), "")
    with runtime.writing(SYSTEM) as context:
        for number in range(6):
            actions.create(context, "customer", {"name": f"Customer {number}", "vat": str(number)})
    return runtime


def drafted(runtime: Runtime, change: Any) -> list[Source]:
    draft = edit(runtime, begin(runtime), "customer", change)
    return list(rehearsal_job.of_change(runtime, str(draft.id), {})[0])


def _as_number(tree: dict[str, Any]) -> None:
    tree["fields"]["vat"]["type"] = "integer"


def everything(runtime: Runtime) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table."""
    with runtime.database.read() as unit:
        tables = sa.inspect(unit.connection).get_table_names()
        return {name: sorted(map(tuple, unit.connection.execute(sa.text(f'SELECT * FROM "{name}"'))), key=repr)
                for name in tables}


def left_behind(runtime: Runtime) -> list[str]:
    if runtime.database.dialect == "sqlite":
        return [path.name for path in runtime.settings.home.glob(f"{scratch.PREFIX}*")]
    with runtime.database.read() as unit:
        return [name for name in sa.inspect(unit.connection).get_schema_names() if name.startswith(scratch.PREFIX)]


def test_rehearsal_publishes_on_a_copy_only(filled: Runtime) -> None:
    sources = drafted(filled, _as_number)
    before = everything(filled)
    found = rehearsal.rehearse(filled, sources)
    assert (found.wrong, len(found.steps) > 0) == ((), True)
    assert ("customer", 6, 6) in found.entities
    assert found.labels["customer"]["zh"] == "客户"
    assert everything(filled) == before
    assert left_behind(filled) == []
    assert filled.model().catalog.entity("customer").fields["vat"].type.name == "text"


def test_copy_has_every_row_key_and_index(filled: Runtime) -> None:
    filled.settings.home.mkdir(parents=True, exist_ok=True)
    before = everything(filled)
    with scratch.copied(filled.database, filled.settings.home) as url:
        copy = sa.create_engine(url.replace("postgresql://", "postgresql+psycopg://"))
        with copy.connect() as connection:
            mine, original = sa.inspect(connection), sa.inspect(filled.database.engine)
            for table, rows in before.items():
                found = sorted(map(tuple, connection.execute(sa.text(f'SELECT * FROM "{table}"'))), key=repr)
                assert len(found) == len(rows)
                for what in ("get_indexes", "get_unique_constraints", "get_pk_constraint", "get_columns"):
                    assert _plain(getattr(mine, what)(table)) == _plain(getattr(original, what)(table)), (table, what)
                assert {one["name"] for one in mine.get_foreign_keys(table)} == {
                    one["name"] for one in original.get_foreign_keys(table)}
        copy.dispose()


def _plain(told: Any) -> str:
    """Without the defaults, whose sequences are the copy's own."""
    if isinstance(told, list):
        return repr(sorted(_plain(one) for one in told))
    return repr({k: str(v) for k, v in told.items() if k not in ("default", "comment")})


def test_what_would_fail_is_told(filled: Runtime) -> None:
    with filled.writing(SYSTEM) as context:
        actions.create(context, "customer", {"name": "Seventh", "vat": "not a number"})
    before = everything(filled)
    found = rehearsal.rehearse(filled, drafted(filled, _as_number), Choices())
    assert len(found.wrong) == 1
    assert ("customer", 7, 7) in found.entities
    assert everything(filled).keys() == before.keys()
    assert left_behind(filled) == []


def test_copy_that_cannot_be_made_is_refused(filled: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    database = filled.database
    filled.settings.home.mkdir(parents=True, exist_ok=True)
    if database.dialect == "sqlite":
        monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=1))
        with pytest.raises(Conflict, match="no room"), scratch.copied(database, filled.settings.home):
            pass
        return
    name = f"fl_guest_{uuid4().hex[:8]}"
    with database.write() as unit:
        unit.connection.exec_driver_sql(f"CREATE ROLE {name} LOGIN")
    guest = Database(database.url.set(username=name).render_as_string(hide_password=False))
    try:
        with pytest.raises(Conflict, match="make a schema"), scratch.copied(guest, filled.settings.home):
            pass
    finally:
        guest.engine.dispose()
        with database.write() as unit:
            unit.connection.exec_driver_sql(f"DROP ROLE {name}")


def test_worker_rehearses_a_draft(filled: Runtime) -> None:
    rehearsal_job.register(filled)
    draft = edit(filled, begin(filled), "customer", _as_number)
    with filled.writing(ADA) as context:
        undertakings.ask(context, rehearsal_job.JOB, f"change:{draft.id}", {"number": draft.number})
    assert _latest(filled, draft.id).going
    work(filled, rehearsal_job.JOB)
    found = _latest(filled, draft.id)
    assert (found.status, Outcome.from_json(found.result).wrong) == ("done", ())


def test_stopped_rehearsal_ends(filled: Runtime) -> None:
    rehearsal_job.register(filled)
    draft = edit(filled, begin(filled), "customer", _as_number)
    with filled.writing(ADA) as context:
        undertakings.ask(context, rehearsal_job.JOB, f"change:{draft.id}", {})
        undertakings.stop(context, rehearsal_job.JOB, f"change:{draft.id}")
    work(filled, rehearsal_job.JOB)
    assert _latest(filled, draft.id).status == "stopped"
    assert left_behind(filled) == []


def test_copies_of_the_dead_are_removed(filled: Runtime) -> None:
    if filled.database.dialect == "postgresql":
        with filled.database.write() as unit:
            unit.connection.exec_driver_sql(f"CREATE SCHEMA {scratch.PREFIX}0123456789ab")
    rehearsal.rehearse(filled, drafted(filled, _as_number))
    assert left_behind(filled) == []


def _latest(runtime: Runtime, number: int) -> Undertaking:
    with runtime.reading(ADA) as context:
        found = undertakings.latest(context, rehearsal_job.JOB, f"change:{number}")
    assert found
    return found
