"""A desk with office hours and a promise of 16 working hours, four for what is urgent."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from formloom.metadata import builtin_types, compiler, loader
from formloom.records import actions
from formloom.sla import firing, rows
from formloom.sla.rows import Kept
from formloom.storage.database import Database
from tests.workflow.conftest import World, fresh, furnished

PACK = Path(__file__).parents[1] / "packs" / "desk"
SHANGHAI = ZoneInfo("Asia/Shanghai")


def at(day: int, hour: int, minute: int = 0) -> datetime:
    """In March 2026: the 2nd is a Monday, the 5th a holiday, the 8th a Sunday that is worked."""
    return datetime(2026, 3, day, hour, minute, tzinfo=SHANGHAI)


class Desk:
    """Requests on a world whose clock a test sets."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.set(at(2, 9))

    def set(self, moment: datetime) -> None:
        self.world.clock = moment.astimezone(ZoneInfo("UTC"))

    def new(self, **values: Any) -> int:
        with self.world.writing("admin") as context:
            return int(actions.create(context, "request", {"name": "A", **values}).id)

    def change(self, record_id: int, **values: Any) -> None:
        with self.world.writing("admin") as context:
            actions.update(context, "request", record_id, values)

    def row(self, record_id: int) -> dict[str, Any]:
        with self.world.reading() as context:
            return context.store.get(context.unit, "request", record_id) or {}

    def clock(self, record_id: int) -> Kept:
        with self.world.reading() as context:
            return rows.of_records(context, "request", [record_id])[record_id, "solve"]

    def ledger(self, record_id: int) -> list[tuple[str, datetime, timedelta]]:
        with self.world.reading() as context:
            kept = rows.of_records(context, "request", [record_id])[record_id, "solve"]
            return [(e.kind, e.at, e.consumed) for e in rows.entries(context, kept.id)]

    def kinds(self, record_id: int) -> list[str]:
        return [kind for kind, _, _ in self.ledger(record_id)]

    def sweep(self) -> int:
        return firing.fire_due(self.world, self.world.now())


@pytest.fixture
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """SQLite, unless a test asks for both."""
    with fresh(getattr(request, "param", "sqlite"), tmp_path) as made:
        yield made


@pytest.fixture
def desk(database: Database, tmp_path: Path) -> Desk:
    return Desk(furnished(database, compiler.compile(loader.read_pack(PACK), builtin_types.TYPES), tmp_path))
