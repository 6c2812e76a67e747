"""How late timers and clocks are, with a hundred thousand waiting and a thousand due.

    python benchmarks/timers.py [--pending 100000] [--due 1000] [--postgresql postgresql://postgres@127.0.0.1/]

One worker's sweep, as `formloom worker` runs it. Three numbers:
- idle: a sweep with everything waiting and nothing due, beside the same sweep over an empty table;
- spread: the due ones come due one after the other over twenty seconds; how late each had fired;
- burst: all come due at one moment; how many fire in a second, beside a bare SELECT and UPDATE of a row each.
"""

from __future__ import annotations

import argparse
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median, quantiles
from uuid import uuid4

import sqlalchemy as sa

from formloom import installation, settings
from formloom.metadata.sources import Source
from formloom.policy.actor import SYSTEM
from formloom.records import actions
from formloom.runtime import Runtime
from formloom.sla import firing
from formloom.storage.platform_tables import fl_instance, fl_sla, fl_timer
from formloom.workflow import timers, triggers

SPREAD = timedelta(seconds=20)
FAR = timedelta(days=3650)
CHUNK = 5_000
SOURCES = [
    Source("bench", "pack.yaml", "pack: bench\nversion: 1.0.0\n"),
    Source("bench", "calendars/always.yaml", "calendar: always\ntimezone: UTC\nweek: {weekdays: [\"00:00-24:00\"], "
                                             "weekend: [\"00:00-24:00\"]}\n"),
    Source("bench", "entities/job.yaml", "entity: job\nfields:\n  name: {type: text}\n  done: {type: boolean}\n"
                                         "  due: {type: datetime}\n"
                                         "sla: {answer: {target: PT1H, stops: done, due: due}}\n"),
    Source("bench", "workflows/wait.bpmn", """<?xml version="1.0" encoding="UTF-8"?>
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL"
 xmlns:formloom="https://formloom.org/bpmn/1.0"><bpmn:process id="wait" isExecutable="true">
<bpmn:extensionElements><formloom:binding entity="job"/><formloom:trigger on="manual"/></bpmn:extensionElements>
<bpmn:startEvent id="s"/><bpmn:sequenceFlow id="a" sourceRef="s" targetRef="t"/>
<bpmn:intermediateCatchEvent id="t"><bpmn:timerEventDefinition><bpmn:timeDuration>PT1H</bpmn:timeDuration>
</bpmn:timerEventDefinition></bpmn:intermediateCatchEvent>
<bpmn:sequenceFlow id="b" sourceRef="t" targetRef="e"/><bpmn:endEvent id="e"/>
</bpmn:process></bpmn:definitions>"""),
]


class Clock:
    """Real time, moved: what waits an hour is due when the benchmark says so."""

    def __init__(self) -> None:
        self.offset = timedelta()

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.offset


@dataclass
class Bench:
    name: str
    runtime: Runtime
    clock: Clock

    def start(self, count: int, apart: timedelta) -> None:
        """So many processes and clocks that come due one `apart` after the other, an hour from now."""
        for first in range(0, count, 100):
            with self.runtime.writing(SYSTEM) as context:
                for _ in range(first, min(first + 100, count)):
                    record = actions.create(context, "job", {"name": "a"}).id
                    triggers.start_manually(context, "wait", ("job", record))
        begin = self.clock()        # later than each was made, so that what a row says is never too early for its timer
        with self.runtime.database.write() as unit:
            for table, column in ((fl_instance, fl_instance.c.next_due), (fl_sla, fl_sla.c.next_at)):
                soon = sa.select(table.c.id).where(column < begin + FAR / 2)
                for index, number in enumerate(list(unit.connection.scalars(soon))):
                    due = begin + timedelta(hours=1) + apart * index
                    unit.connection.execute(sa.update(table).where(table.c.id == number).values({column.name: due}))

    def fill(self, count: int) -> None:
        """Copies of one of each, due in ten years."""
        with self.runtime.writing(SYSTEM) as context:
            record = actions.create(context, "job", {"name": "a"}).id
            triggers.start_manually(context, "wait", ("job", record))
        far = self.clock() + FAR
        with self.runtime.database.write() as unit:
            instance = dict(unit.connection.execute(sa.select(fl_instance)).mappings().first() or {})
            clock = dict(unit.connection.execute(sa.select(fl_sla)).mappings().first() or {})
            unit.connection.execute(sa.delete(fl_timer))
            instance.pop("id")
            clock.pop("id")
            unit.connection.execute(sa.update(fl_instance).values(next_due=far))
            unit.connection.execute(sa.update(fl_sla).values(next_at=far))
            for first in range(0, count, CHUNK):
                numbers = range(first, min(first + CHUNK, count))
                unit.connection.execute(sa.insert(fl_instance), [instance | {"next_due": far} for _ in numbers])
                unit.connection.execute(sa.insert(fl_sla), [
                    clock | {"record_id": 10_000_000 + n, "next_at": far} for n in numbers])
        if unit.dialect == "postgresql":
            with self.runtime.database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                connection.exec_driver_sql("ANALYZE")


Fire = Callable[[Runtime, datetime], int]
KINDS: dict[str, tuple[Fire, sa.Table, str]] = {
    "timers": (timers.fire_due, fl_instance, "next_due"), "clocks": (firing.fire_due, fl_sla, "next_at"),
}


def idle(bench: Bench, fire: Fire) -> float:
    """Milliseconds of a sweep that finds nothing."""
    took = []
    for _ in range(50):
        begin = time.perf_counter()
        if fire(bench.runtime, bench.clock()):
            raise SystemExit("something was due that should not be")
        took.append((time.perf_counter() - begin) * 1000)
    return median(took)


def lateness(bench: Bench, kind: str, due: int) -> list[float]:
    """Seconds between a due time and the end of the sweep that fired it, sweeping once a second like the worker."""
    fire, table, column = KINDS[kind]
    with bench.runtime.database.read() as unit:
        waiting = sorted(unit.connection.scalars(sa.select(table.c[column]).where(
            table.c[column] < bench.clock() + FAR / 2)))
    bench.clock.offset += waiting[0] - bench.clock()
    found: list[float] = []
    while len(found) < due:
        begin = time.perf_counter()
        while fired := fire(bench.runtime, bench.clock()):
            now = bench.clock()
            found += [(now - moment).total_seconds() for moment in waiting[len(found):len(found) + fired]]
        time.sleep(max(0.0, 1 - (time.perf_counter() - begin)))
    return found


def burst(bench: Bench, kind: str) -> float:
    """Fired in a second, with all due at once."""
    fire, fired, begin = KINDS[kind][0], 0, time.perf_counter()
    while more := fire(bench.runtime, bench.clock()):
        fired += more
    return fired / (time.perf_counter() - begin)


def bare(bench: Bench, count: int) -> float:
    """Rows in a second that are read and written in transactions of their own, with nothing decided in between."""
    begin = time.perf_counter()
    for _ in range(count):
        with bench.runtime.database.write() as unit:
            row = unit.connection.execute(sa.select(fl_instance).limit(1)).one()
            mine = fl_instance.c.id == row.id
            unit.connection.execute(sa.update(fl_instance).where(mine).values(version=row.version))
    return count / (time.perf_counter() - begin)


def measure(bench: Bench, pending: int, due: int) -> None:
    empty = {kind: idle(bench, KINDS[kind][0]) for kind in KINDS}
    bench.fill(pending)
    for kind in KINDS:
        took = idle(bench, KINDS[kind][0])
        print(f"{bench.name:<11}{kind}: idle sweep {took:.2f} ms with {pending} pending, "
              f"{empty[kind]:.2f} ms with none: {took / empty[kind]:.2f}")
    for kind in KINDS:
        bench.start(due, SPREAD / due)
        late = lateness(bench, kind, due)
        cuts = quantiles(late, n=100)
        print(f"{bench.name:<11}{kind}: {due} due over {SPREAD.seconds} s: late p50 {cuts[49]:.2f} s, "
              f"p99 {cuts[98]:.2f} s")
        clear(bench)
    base = bare(bench, min(due, 1000))
    for kind in KINDS:
        bench.start(due, timedelta())
        bench.clock.offset += timedelta(hours=1, seconds=1)
        rate = burst(bench, kind)
        print(f"{bench.name:<11}{kind}: {due} due at once: {rate:.0f}/s, all after {due / rate:.2f} s; "
              f"bare transactions {base:.0f}/s: {rate / base:.2f}")
        clear(bench)


def clear(bench: Bench) -> None:
    """What the other kind left due is put far away."""
    far = bench.clock() + FAR
    with bench.runtime.database.write() as unit:
        unit.connection.execute(sa.update(fl_instance).where(fl_instance.c.next_due < far).values(next_due=far))
        unit.connection.execute(sa.update(fl_sla).where(fl_sla.c.next_at < far).values(next_at=far))


@contextmanager
def opened(url: str) -> Iterator[Bench]:
    home, clock = Path(tempfile.mkdtemp()), Clock()
    runtime = Runtime(settings.from_environment({
        "FORMLOOM_HOME": str(home), "FORMLOOM_PLUGINS": "", "FORMLOOM_DATABASE_URL": url}), clock)
    try:
        installation.prepare(runtime)
        runtime.publish(SOURCES)
        yield Bench(runtime.database.dialect, runtime, clock)
    finally:
        runtime.close()
        shutil.rmtree(home)


@contextmanager
def fresh(server: str) -> Iterator[str]:
    name = f"fl_bench_{uuid4().hex}"
    engine = sa.create_engine(server.replace("://", "+psycopg://", 1) + "postgres", isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name}")
        try:
            yield server + name
        finally:
            connection.exec_driver_sql(f"DROP DATABASE {name} WITH (FORCE)")
    engine.dispose()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pending", type=int, default=100_000)
    parser.add_argument("--due", type=int, default=1000)
    parser.add_argument("--postgresql", help="server to measure on instead of SQLite, such as postgresql://postgres@127.0.0.1/")
    given = parser.parse_args()
    with (fresh(given.postgresql) if given.postgresql else nullcontext("")) as url, opened(url) as bench:
        measure(bench, given.pending, given.due)


if __name__ == "__main__":
    main()
