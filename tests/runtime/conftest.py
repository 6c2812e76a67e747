from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import uuid4

import pytest
import sqlalchemy as sa

from formloom import installation, settings
from formloom.metadata import loader
from formloom.runtime import Runtime

ROOT = Path(__file__).parents[2]
SERVER = "postgresql://postgres@127.0.0.1:5432/"

Open = Callable[[], Runtime]


@pytest.fixture
def pack(tmp_path: Path) -> Path:
    """A copy of the small pack, to be edited."""
    return Path(shutil.copytree(ROOT / "tests" / "packs" / "mini", tmp_path / "pack"))


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'runtime.db'}"
        return
    name = f"fl_test_{uuid4().hex}"
    server = sa.create_engine(SERVER.replace("://", "+psycopg://") + "postgres", isolation_level="AUTOCOMMIT")
    with server.connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name}")
        yield SERVER + name
        connection.exec_driver_sql(f"DROP DATABASE {name} WITH (FORCE)")
    server.dispose()


@pytest.fixture
def processes(url: str, tmp_path: Path) -> Iterator[Open]:
    """Opens the same installation again and again, each as another process would."""
    opened: list[Runtime] = []

    def another() -> Runtime:
        opened.append(Runtime(settings.from_environment({
            "FORMLOOM_HOME": str(tmp_path / "home"), "FORMLOOM_DATABASE_URL": url, "FORMLOOM_DEMO": "1",
            "FORMLOOM_PLUGINS": str(ROOT / "plugins")})))
        return opened[-1]

    yield another
    for runtime in opened:
        runtime.close()


@pytest.fixture
def runtime(processes: Open, pack: Path) -> Runtime:
    """The small pack in force."""
    runtime = processes()
    installation.prepare(runtime)
    installation.apply(runtime, pack, loader.read_pack(pack))
    return runtime
