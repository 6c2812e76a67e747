"""Publishing while people work: requests that fail, the longest stall, and what adding a field costs.

    python benchmarks/live_publish.py --postgresql postgresql://postgres@127.0.0.1/ --rows 1000000

Four clients read and write against two web processes while twenty publications add, rename, retype and index fields of
a table with a million rows. Before that, adding a field is timed against a bare ALTER TABLE.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import random
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from statistics import median

from http_ratio import HERE, PASSWORD, database, login, wait_for
from sqlalchemy import create_engine, text

from formloom import settings
from formloom.metadata.sources import Source
from formloom.runtime import Runtime
from formloom.storage.choices import Choices, Conversion

PORT, CLIENTS = 9111, 4
CODE, CITY = "code: {type: text, id: the-code}", "city: {type: text, max_length: 60}"
NUMBER = "code: {type: integer, id: the-code}"
TOWN = "town: {type: text, max_length: 60, id: bench.deal.city}"
EMPTIED = Choices(fields={"the-code": Conversion(otherwise="empty")})

# What is taken out of deal.yaml and what comes in its place; the twenty publications, in order.
Step = tuple[str, str, str]
ROUND: tuple[Step, ...] = (
    ("add a field", "  due: {type: date}\n", "  due: {type: date}\n  note{n}: {type: text}\n"),
    ("add with default and index", "  note{n}: {type: text}\n",
     "  note{n}: {type: text}\n  grade{n}: {type: text, default: '\"b\"', indexed: true}\n"),
    ("rename", CITY, TOWN),
    ("index", "indexes: [[owner, amount]]", "indexes: [[owner, amount], [status, due]]"),
    ("retype text to integer", CODE, NUMBER),
    ("rename back", TOWN, CITY),
    ("retype back", NUMBER, CODE),
    ("drop index", "indexes: [[owner, amount], [status, due]]", "indexes: [[owner, amount]]"),
    ("remove a field", "  note{n}: {type: text}\n", ""),
    ("make it required", "  grade{n}: {type: text,", "  grade{n}: {type: text, required: true,"),
)


@dataclass
class Seen:
    """What clients met."""

    times: list[float] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    slowest: tuple[float, str] = (0.0, "")


def client(port: int, token: str, rows: int, seen: Seen, ended: threading.Event, number: int) -> None:
    pick, connection = random.Random(number), http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    base = "/api/v1/records/deal"
    while not ended.is_set():
        one = pick.randrange(rows // 2) * 2 + 1
        method, path, body = pick.choice((
            ("GET", f"{base}?filter=status%20%3D%20%22open%22&sort=-amount&page_size=25", None),
            ("GET", f"{base}/{one}", None),
            ("PATCH", f"{base}/{one}", {"amount": pick.randrange(10**6), "due": "2026-12-01"}),
            ("POST", base, {"name": "New deal", "amount": 5}),
        ))
        started = time.monotonic()
        try:
            connection.request(method, path, json.dumps(body) if body else None, headers)
            response = connection.getresponse()
            answer = response.read()
            if response.status >= 400:
                seen.failed.append(f"{method} {path} {response.status} {answer[:300]!r}")
        except (OSError, http.client.HTTPException) as error:
            seen.failed.append(f"{method} {path} {error!r}")
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        took = time.monotonic() - started
        seen.times.append(took)
        seen.slowest = max(seen.slowest, (took, f"{method} {path}"))


@contextmanager
def web(environment: dict[str, str]) -> Iterator[None]:
    command = [sys.executable, "-m", "gunicorn", "--workers", "2", "--threads", "4", "--bind", f"127.0.0.1:{PORT}",
               "--log-level", "error", "--timeout", "120", "formloom.web.wsgi:app"]
    process = subprocess.Popen(command, env=environment)
    try:
        wait_for(PORT)
        yield
    finally:
        process.terminate()
        process.wait()


def fill(url: str, rows: int) -> None:
    engine = create_engine(url)
    with engine.begin() as connection:
        owner = connection.execute(text("select id from ab_user where username = 'bench'")).scalar_one()
        connection.execute(text(
            "insert into e_deal (name, amount, status, city, code, owner, version, created_at, created_by, updated_at,"
            " updated_by) select 'Deal ' || i, (i::bigint * 7919) % 1000000,"
            " (array['open', 'won', 'lost'])[1 + i % 3],"
            " 'Suzhou', case when i % 1000 = 0 then 'n/a' else (i % 5000)::text end, :owner, 1, now(), :owner, now(),"
            " :owner from generate_series(1, :rows) i"), {"owner": owner, "rows": rows})
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("vacuum analyze e_deal"))
    engine.dispose()


def edited(runtime: Runtime, old: str, new: str) -> list[Source]:
    held: Sequence[Source] = runtime.model().catalog.sources
    found = [replace(s, text=s.text.replace(old, new)) if s.path == "entities/deal.yaml" else s for s in held]
    assert tuple(found) != tuple(held), f"{old!r} is not there"
    return found


def timed(work: Callable[[], object]) -> float:
    started = time.monotonic()
    work()
    return time.monotonic() - started


def bare(url: str, rounds: int) -> float:
    engine = create_engine(url)

    def alter(number: int) -> None:
        with engine.begin() as connection:
            connection.execute(text(f"alter table e_deal add column bare{number} text"))

    times = [timed(lambda n=number: alter(n)) for number in range(rounds)]
    with engine.begin() as connection:
        for number in range(rounds):
            connection.execute(text(f"alter table e_deal drop column bare{number}"))
    engine.dispose()
    return median(times)


def additions(runtime: Runtime, rounds: int) -> float:
    anchor = "  due: {type: date}\n"
    wanted = (f"{anchor}  extra{number}: {{type: text}}\n" for number in range(rounds))
    return median(timed(lambda new=new: runtime.publish(edited(runtime, anchor, new))) for new in wanted)


def publications(runtime: Runtime, count: int) -> Iterator[tuple[str, float]]:
    for number in range(count):
        name, old, new = ROUND[number % len(ROUND)]
        n = str(number // len(ROUND))
        sources = edited(runtime, old.replace("{n}", n), new.replace("{n}", n))
        yield name, timed(lambda sources=sources: runtime.publish(sources, choices=EMPTIED))
        time.sleep(1)


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--postgresql", required=True, help="server URL; a database is created and dropped")
    arguments.add_argument("--rows", type=int, default=1_000_000)
    arguments.add_argument("--publications", type=int, default=20)
    options = arguments.parse_args()
    with tempfile.TemporaryDirectory() as home, database(options.postgresql, home) as url:
        environment = {**os.environ, "FORMLOOM_HOME": home, "FORMLOOM_DATABASE_URL": url,
                       "FORMLOOM_SECRET_KEY": "benchmark-secret-key-0123456789abcdef"}
        formloom = [sys.executable, "-m", "formloom"]
        subprocess.run([*formloom, "init"], env=environment, check=True)
        subprocess.run([*formloom, "apply", "--yes", str(HERE / "pack")], env=environment, check=True)
        person = ["bench", "--name", "Bench", "--email", "bench@company.example", "--password", PASSWORD,
                  "--role", "seller"]
        subprocess.run([*formloom, "user", "create", *person], env=environment, check=True)
        runtime = Runtime(settings.from_environment(environment))
        runtime.publish(edited(runtime, f"  {CITY}\n", f"  {CITY}\n  {CODE}\n"))
        server = url.replace("postgresql://", "postgresql+psycopg://")
        fill(server, options.rows)
        plain, ours = bare(server, 5), additions(runtime, 5)
        print(f"{options.rows} rows. Add a field: {ours:.2f} s, a bare ALTER TABLE: {plain:.3f} s"
              f" (aim {plain * 1.5 + 1:.2f} s)", flush=True)
        with web(environment):
            measure(runtime, options)
        runtime.close()


def measure(runtime: Runtime, options: argparse.Namespace) -> None:
    token, ended = login(PORT, "bench"), threading.Event()
    seen = [Seen() for _ in range(CLIENTS)]
    threads = [threading.Thread(target=client, args=(PORT, token, options.rows, one, ended, n))
               for n, one in enumerate(seen)]
    for thread in threads:
        thread.start()
    try:
        time.sleep(3)
        quiet = [t for one in seen for t in one.times]
        for name, took in publications(runtime, options.publications):
            failed, longest = sum(len(one.failed) for one in seen), max(one.slowest for one in seen)[0]
            print(f"  {name:30} {took:6.1f} s   so far: {sum(len(one.times) for one in seen)} requests,"
                  f" {failed} failed, longest {longest:.2f} s", flush=True)
        time.sleep(2)
    finally:
        ended.set()
        for thread in threads:
            thread.join()
    times, failed = [t for one in seen for t in one.times], [f for one in seen for f in one.failed]
    print(f"{len(times)} requests, {len(failed)} failed; median {median(times) * 1000:.0f} ms"
          f" ({median(quiet) * 1000:.0f} ms before), longest {max(one.slowest for one in seen)}")
    for one in failed[:10]:
        print(" ", one)


if __name__ == "__main__":
    main()
