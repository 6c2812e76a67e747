"""Random walks through schema changes with data, on both databases: nothing is lost that was not foretold, and the way
back is always open."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import UTC, datetime
from random import Random
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from formloom.metadata import compiler
from formloom.metadata.builtin_types import TYPES
from formloom.metadata.catalog import Catalog
from formloom.storage import archive, catalogs, diff, forecast
from formloom.storage.choices import NO_CHOICES, Choices, Conversion
from formloom.storage.database import Database
from tests.conftest import fresh_database
from tests.storage import model_walk
from tests.storage.model_walk import Model, Rows

NOW = datetime(2026, 11, 20, 8, tzinfo=UTC)
WALKS = int(os.environ.get("FORMLOOM_WALKS", "4"))
STEPS = 5
walks = settings(max_examples=WALKS, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True,
                 phases=(Phase.explicit, Phase.generate))      # shrinking a walk takes longer than reading it


@pytest.fixture(scope="module", params=["sqlite", "postgresql", "online"])
def ground(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """`online`: every table of PostgreSQL counts as large, so that it is converted while work goes on."""
    dialect = "sqlite" if request.param == "sqlite" else "postgresql"
    with fresh_database(dialect, tmp_path_factory.mktemp("walk")) as database, pytest.MonkeyPatch.context() as patch:
        if request.param == "online":
            patch.setattr(catalogs, "ONLINE_ROWS", 1)
        database.upgrade()
        with database.write() as unit:
            unit.connection.execute(sa.text("CREATE TABLE ab_user (id INTEGER PRIMARY KEY, username TEXT)"))
            for number in range(1, model_walk.USERS + 1):
                unit.connection.execute(sa.text("INSERT INTO ab_user VALUES (:id, :name)"),
                                        {"id": number, "name": f"user{number}"})
        yield database


class Walk:
    """One database, one model, and what was there after each publication."""

    def __init__(self, database: Database, random: Random) -> None:
        self.database, self.random, self.model = database, random, Model()
        model_walk.reset(database)
        self.model.add_entity(random)
        self.model.add_field(random)
        self.catalog: Catalog | None = None
        self.publish(self.model.catalog(), NO_CHOICES)

    def publish(self, new: Catalog, choices: Choices) -> None:
        catalogs.publish(self.database, new, TYPES, 0, NOW, choices=choices)
        self.catalog = new
        with self.database.read() as unit:
            assert model_walk.drift(unit, new) == []

    def fill(self, count: int = 3) -> None:
        assert self.catalog is not None
        with self.database.write() as unit:
            model_walk.insert(unit, self.catalog, self.random, count)

    def rows(self) -> Rows:
        assert self.catalog is not None
        with self.database.read() as unit:
            return model_walk.rows(unit, self.catalog)

    def forecast(self, new: Catalog, choices: Choices) -> forecast.Forecast:
        with self.database.read() as unit:
            plan = diff.plan(self.catalog, new, choices, archive.load(unit, TYPES, new))
            return forecast.forecast(unit, plan)

    def step(self) -> None:
        """Changes the model and publishes it if the forecast lets it."""
        wanted = self.model.copy()
        wanted.change(self.random)
        new = wanted.catalog()
        choices = choices_for(new)
        if self.forecast(new, choices).blocked:
            before = self.rows()
            with pytest.raises(sa.exc.IntegrityError):
                catalogs.publish(self.database, new, TYPES, 0, NOW, choices=choices)
            assert self.rows() == before
            return
        self.model = wanted
        self.publish(new, choices)

    def newest(self) -> int:
        with self.database.read() as unit:
            return catalogs.publications(unit, 1)[0].id

    def back_to(self, publication: int) -> None:
        with self.database.read() as unit:
            was = catalogs.earlier(unit, publication, TYPES)
        self.publish(compiler.compile(was.sources, TYPES), was.choices)


def choices_for(catalog: Catalog) -> Choices:
    fields = {f.id: Conversion(otherwise="empty") for e in catalog.entities.values() for f in e.fields.values()}
    return Choices(fields=fields)


@walks
@given(random=st.randoms(use_true_random=False))
def test_forecast_loss_is_real_loss(ground: Database, random: Random) -> None:
    walk = Walk(ground, random)
    for _ in range(STEPS):
        walk.fill(2)
        wanted = walk.model.copy()
        wanted.change(random)
        new = wanted.catalog()
        found = walk.forecast(new, choices_for(new))
        if found.blocked:
            continue
        before = walk.rows()
        walk.model = wanted
        walk.publish(new, choices_for(new))
        assert walk.forecast(new, NO_CHOICES).steps == ()
        told = {s.conversion.field_id: s.conversion.lost for s in found.steps
                if s.conversion and not s.conversion.bringing_back}
        assert {id: n for id, n in lost(before, walk.rows()).items() if id in told} == {
            id: n for id, n in told.items() if n}


def lost(before: Rows, after: Rows) -> dict[str, int]:
    """Fields that are still there: how many of their values are not."""
    found: dict[str, int] = {}
    for entity, records in before.items():
        for id, row in records.items():
            now = after.get(entity, {}).get(id, {})
            for name, value in row.items():
                if name in now and value is not None and now[name] is None:
                    found[name] = found.get(name, 0) + 1
    return found


@walks
@given(random=st.randoms(use_true_random=False))
def test_going_back_restores_every_row(ground: Database, random: Random) -> None:
    walk = Walk(ground, random)
    walk.fill()
    seen: list[tuple[int, Catalog | None, Rows]] = [(walk.newest(), walk.catalog, walk.rows())]
    for _ in range(STEPS):
        walk.step()
        seen.append((walk.newest(), walk.catalog, walk.rows()))
    publication, catalog, before = random.choice(seen[:-1])
    latest = seen[-1]
    walk.back_to(publication)
    assert walk.catalog is not None
    assert catalog is not None
    assert walk.catalog.version == catalog.version
    assert walk.rows() == before
    walk.back_to(latest[0])
    assert walk.rows() == latest[2]


@walks
@given(random=st.randoms(use_true_random=False))
def test_newer_records_survive_going_back(ground: Database, random: Random) -> None:
    walk = Walk(ground, random)
    walk.fill()
    publication, before = walk.newest(), walk.rows()
    for _ in range(STEPS):
        walk.step()
    walk.fill(2)
    walk.back_to(publication)
    after = walk.rows()
    for entity, records in before.items():
        assert {id: after[entity][id] for id in records} == records


@walks
@given(random=st.randoms(use_true_random=False), data=st.data())
def test_crash_anywhere_leaves_old(ground: Database, random: Random, data: st.DataObject) -> None:
    walk = Walk(ground, random)
    walk.fill()
    walk.step()
    wanted = walk.model.copy()
    wanted.change(random)
    wanted.change(random)
    new = wanted.catalog()
    if walk.forecast(new, choices_for(new)).blocked:
        return
    before, old = walk.rows(), walk.catalog
    assert old is not None
    crash = Crash(walk.database, data.draw(st.integers(0, 120)))
    with crash.armed():
        try:
            catalogs.publish(walk.database, new, TYPES, 0, NOW, choices=choices_for(new))
        except PowerCut:
            with walk.database.read() as unit:
                assert model_walk.drift(unit, old, prepared=True) == []
                assert catalogs.version(unit) == old.version
            assert walk.rows() == before
    crash.disarm()
    if catalogs_version(walk.database) != new.version:
        walk.publish(new, choices_for(new))


def catalogs_version(database: Database) -> str | None:
    with database.read() as unit:
        return catalogs.version(unit)


class PowerCut(Exception):
    pass


class Crash:
    """Ends the transaction before its statement number `after`."""

    def __init__(self, database: Database, after: int) -> None:
        self.engine, self.left, self.on = database.engine, after, False

    def armed(self) -> Crash:
        sa.event.listen(self.engine, "before_cursor_execute", self._count)
        return self

    def __enter__(self) -> None:
        self.on = True

    def __exit__(self, *_: object) -> None:
        self.on = False

    def disarm(self) -> None:
        sa.event.remove(self.engine, "before_cursor_execute", self._count)

    def _count(self, *_: Any) -> None:
        if self.on:
            self.left -= 1
            if self.left < 0:
                self.on = False
                raise PowerCut
