"""How long the cards of a dashboard take over many records, beside a GROUP BY written by hand.

    python benchmarks/dashboards.py [--rows 400000] [--postgresql postgresql://postgres@127.0.0.1/]

Each card is told for somebody whose rule lets two thirds of the records through; the GROUP BY counts all by state.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from statistics import median
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from http_ratio import database

from formloom import installation, settings
from formloom.metadata.dashboards import DashboardCard
from formloom.metadata.sources import Source
from formloom.policy.actor import SYSTEM, Actor
from formloom.reports import dashboards
from formloom.reports.dashboards import Asked
from formloom.runtime import Runtime

CHUNK, ROUNDS = 20_000, 5
SOURCES = [
    Source("bench", "pack.yaml", "pack: bench\nversion: 1.0.0\n"),
    Source("bench", "entities/deal.yaml", """\
entity: deal
fields:
  name: {type: text}
  state: {type: choice, choices: [{value: open}, {value: won}, {value: lost}], indexed: true}
  amount: {type: money, currency: CNY}
  due: {type: date, indexed: true}
"""),
    Source("bench", "roles/seller.yaml", 'role: seller\nentities: {deal: {read: state != "lost"}}\n'),
]
SELLER = Actor(user_id=1, username="seller", name="Seller", roles=frozenset({"seller"}))
CARD = DashboardCard(name="card", label={}, kind="number", entity="deal")
CARDS = {
    "count of the year, compared": replace(CARD, date="due", compare=True),
    "sum of all": replace(CARD, measure="sum", field="amount"),
    "share of the won": replace(CARD, measure="share", where='state = "won"', date="due"),
    "columns by state, compared": replace(CARD, kind="column", group_by="state", date="due", compare=True),
    "line of the year, compared": replace(CARD, kind="line", date="due", measure="sum", field="amount", compare=True),
    "bars by a name of its own each": replace(CARD, kind="bar", group_by="name", measure="sum", field="amount"),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=400_000)
    parser.add_argument("--postgresql")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as home, database(options.postgresql, home) as url:
        runtime = Runtime(settings.from_environment({
            "FORMLOOM_HOME": home, "FORMLOOM_DATABASE_URL": url, "FORMLOOM_PLUGINS": ""}))
        installation.prepare(runtime)
        runtime.publish(SOURCES)
        fill(runtime, options.rows)
        measure(runtime)
        runtime.close()


def fill(runtime: Runtime, rows: int) -> None:
    table, now = runtime.model().store.tables["deal"], datetime.now(UTC)
    for first in range(0, rows, CHUNK):
        with runtime.database.write() as unit:
            unit.connection.execute(sa.insert(table), [{
                "version": 1, "name": f"Deal {n}", "state": ("open", "won", "lost")[n % 3], "amount": n % 9000,
                "due": (now - timedelta(days=n % 900)).date(), "created_at": now, "updated_at": now}
                for n in range(first, min(first + CHUNK, rows))])
    if runtime.database.dialect == "postgresql":
        with runtime.database.write() as unit:
            unit.connection.exec_driver_sql("ANALYZE")


def measure(runtime: Runtime) -> None:
    by_hand = sa.text("SELECT state, count(*) FROM e_deal GROUP BY state")
    with runtime.reading(SYSTEM) as context:
        bare = timed(lambda: context.unit.connection.execute(by_hand).all())
    print(f"GROUP BY by hand: {bare:.3f} s")
    asked = Asked(period="this_year", today=datetime.now(UTC).date(), timezone=ZoneInfo("Asia/Shanghai"))
    for name, card in CARDS.items():
        with runtime.reading(SELLER) as context:
            took = timed(lambda card=card: dashboards.result(context, card, asked))
        print(f"{name}: {took:.3f} s, {took / bare:.1f} times")


def timed(act: Callable[[], Any]) -> float:
    """The median of a few, in seconds; the first warms up."""
    times = []
    for _ in range(ROUNDS + 1):
        started = time.perf_counter()
        act()
        times.append(time.perf_counter() - started)
    return median(times[1:])


if __name__ == "__main__":
    main()
