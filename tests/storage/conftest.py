from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
import sqlalchemy as sa

from formloom.storage.database import Database

SERVER = "postgresql+psycopg://postgres@127.0.0.1:5432/"


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """An upgraded database of its own, on each dialect."""
    if request.param == "sqlite":
        yield from _opened(f"sqlite:///{tmp_path / 'test.db'}")
        return
    name = f"fl_test_{uuid4().hex}"
    server = sa.create_engine(SERVER + "postgres", isolation_level="AUTOCOMMIT")
    with server.connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name}")
        try:
            yield from _opened(SERVER + name)
        finally:
            connection.exec_driver_sql(f"DROP DATABASE {name} WITH (FORCE)")
    server.dispose()


def _opened(url: str) -> Iterator[Database]:
    database = Database(url)
    database.upgrade()
    yield database
    database.engine.dispose()
