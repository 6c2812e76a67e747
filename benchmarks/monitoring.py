"""How long the statistics of processes take over a hundred thousand rows of history.

    python benchmarks/monitoring.py [--rows 100000] [--postgresql postgresql://postgres@127.0.0.1/]

Beside a bare count of the same history, measured in the same run; the median of five.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from typing import Any
from uuid import uuid4

import sqlalchemy as sa

from formloom.storage import platform_tables as t
from formloom.storage.database import Database, Unit
from formloom.workflow import monitoring

NOW = datetime(2026, 6, 1, tzinfo=UTC)
STEPS = 10              # rows of history of one instance
CHUNK = 10_000


class Asked:
    """As much of a context as statistics take."""

    class actor:
        admin = system = True

    def __init__(self, unit: Unit) -> None:
        self.unit, self.now = unit, NOW


@contextmanager
def database(server: str) -> Iterator[Database]:
    with tempfile.TemporaryDirectory() as folder:
        if not server:
            yield Database(f"sqlite:///{Path(folder) / 'bench.db'}")
            return
        name, url = f"fl_bench_{uuid4().hex}", sa.make_url(server).set(drivername="postgresql+psycopg")
        admin = sa.create_engine(url.set(database="postgres"), isolation_level="AUTOCOMMIT")
        with admin.connect() as connection:
            connection.exec_driver_sql(f"CREATE DATABASE {name}")
            made = Database(url.set(database=name).render_as_string(hide_password=False))
            try:
                yield made
            finally:
                made.engine.dispose()
                connection.exec_driver_sql(f"DROP DATABASE {name} WITH (FORCE)")


def fill(unit: Unit, rows: int) -> None:
    """Every second instance has ended; one step of each was done by a person."""
    count, connection = rows // STEPS, unit.connection
    connection.execute(sa.insert(t.fl_definition), [
        {"hash": f"h{n}", "key": f"p{n}", "text": "", "created_at": NOW} for n in range(5)])
    begun = [NOW - timedelta(minutes=n) for n in range(count)]
    insert(connection, t.fl_instance, [
        {"id": n + 1, "key": f"p{n % 5}", "hash": f"h{n % 5}", "status": "done" if n % 2 else "running", "version": 1,
         "state": "", "started_at": at, "ended_at": at + timedelta(hours=2) if n % 2 else None}
        for n, at in enumerate(begun)])
    insert(connection, t.fl_task, [
        {"instance_id": n + 1, "token": "x", "node": "n5", "status": "done" if n % 2 else "ready", "created_at": at,
         "done_at": at + timedelta(minutes=n % 90) if n % 2 else None} for n, at in enumerate(begun)])
    insert(connection, t.fl_history, [
        {"instance_id": n + 1, "kind": "passed", "node": f"n{step}", "at": at + timedelta(minutes=step)}
        for n, at in enumerate(begun) for step in range(STEPS)])


def insert(connection: sa.Connection, table: sa.Table, rows: list[dict[str, Any]]) -> None:
    for start in range(0, len(rows), CHUNK):
        connection.execute(sa.insert(table), rows[start:start + CHUNK])


def timed(what: Callable[[], object]) -> float:
    taken = []
    for _ in range(5):
        began = time.perf_counter()
        what()
        taken.append(time.perf_counter() - began)
    return median(taken)


def main() -> None:
    given = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    given.add_argument("--rows", type=int, default=100_000)
    given.add_argument("--postgresql", default="")
    options = given.parse_args()
    with database(options.postgresql) as made:
        made.upgrade()
        with made.write() as unit:
            fill(unit, options.rows)
            unit.connection.exec_driver_sql("ANALYZE")
        with made.read() as unit:
            report(unit)


def report(unit: Unit) -> None:
    context: Any = Asked(unit)
    since = NOW - timedelta(days=365)
    bare = timed(lambda: unit.connection.scalar(sa.select(sa.func.count()).where(t.fl_history.c.at >= since)))
    print(f"{'a bare count of the history':32} {bare * 1000:8.1f} ms")
    for name, what in {
        "list of processes": lambda: monitoring.overview(context, since),
        "heat map of one process": lambda: monitoring.heat(context, "p1", since),
        "heat map of one version": lambda: monitoring.heat(context, "p1", since, "h1"),
        "what is stuck": lambda: monitoring.stuck(unit),
        "metrics": lambda: monitoring.measures(unit, NOW),
    }.items():
        taken = timed(what)
        print(f"{name:32} {taken * 1000:8.1f} ms  {taken / bare:6.1f} x")


if __name__ == "__main__":
    main()
