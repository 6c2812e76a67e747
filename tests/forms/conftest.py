"""Claims with every type of field, a clerk who may see most of them, and a guest who may only read."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from formloom.forms.display import Display
from formloom.metadata import builtin_types, compiler, loader
from formloom.metadata.catalog import Catalog
from formloom.policy.actor import SYSTEM, Actor
from formloom.policy.policy import Policy
from formloom.records import actions
from formloom.records.context import Context
from formloom.storage import tables
from formloom.storage.database import Database
from formloom.storage.store import Store

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
As = Callable[[str], AbstractContextManager[Context]]


@pytest.fixture(scope="session")
def claims() -> Catalog:
    return compiler.compile(loader.read_pack(Path(__file__).parents[1] / "packs" / "claims"), builtin_types.TYPES)


@pytest.fixture
def acting(claims: Catalog, tmp_path: Path) -> Iterator[As]:
    """A transaction of somebody with this role; `system` may do everything."""
    built = tables.build(claims)
    database = Database(f"sqlite:///{tmp_path / 'claims.db'}")
    database.upgrade()
    with database.write() as unit:
        unit.connection.exec_driver_sql(
            "CREATE TABLE ab_user (id INTEGER PRIMARY KEY, first_name TEXT, last_name TEXT, username TEXT,"
            " active BOOLEAN, email TEXT)")
        unit.connection.exec_driver_sql("INSERT INTO ab_user VALUES (1, 'Clara', 'Clerk', 'clara', true, '')")
        built.metadata.create_all(unit.connection)

    @contextmanager
    def unit_of(role: str) -> Iterator[Context]:
        actor = SYSTEM if role == "system" else Actor(
            user_id=1, username="clara", name="Clara", roles=frozenset({role}), team_members=frozenset({1}))
        with database.write() as unit:
            yield Context(
                catalog=claims, store=Store(claims, built), policy=Policy(claims), unit=unit, actor=actor, now=NOW,
                definitions={}, service_tasks={})

    yield unit_of
    database.engine.dispose()


@pytest.fixture
def show() -> Display:
    return Display("zh", ZoneInfo("Asia/Shanghai"), NOW)


@pytest.fixture
def claim(acting: As) -> int:
    """A draft with one line."""
    values: dict[str, Any] = {
        "name": "Trip", "amount": "1234.5", "amount_currency": "USD", "bank": "62226666", "secret": "plan",
        "lines": [{"what": "Train", "count": 2, "price": "50", "margin": "3"}]}
    with acting("system") as context:
        return actions.create(context, "claim", values).id
