from __future__ import annotations

from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from tests.conftest import Bench, _settled
from tests.parity import rows
from tests.parity.browser import Browser, browser


@pytest.fixture(scope="session")
def node() -> Iterator[Browser]:
    with browser() as running:
        yield running


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, sa.Connection]]:
    """A connection to each database, with the same rows in it."""
    found: dict[str, sa.Connection] = {}
    opened: list[Iterator[Bench]] = []
    for dialect in ("sqlite", "postgresql"):
        benches = _settled(dialect, rows.PACK, tmp_path_factory.mktemp("parity"))
        bench = next(benches)
        opened.append(benches)
        rows.fill(bench)
        found[dialect] = bench.database.engine.connect()
    yield found
    for connection in found.values():
        connection.close()
    for benches in opened:
        next(benches, None)
