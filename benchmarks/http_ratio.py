"""Throughput of Formloom's record API against a hand-written endpoint on the same table, in the same run.

    python benchmarks/http_ratio.py                       SQLite, 100 000 rows
    python benchmarks/http_ratio.py --postgresql postgresql://postgres@127.0.0.1/ --rows 100000

Every server is gunicorn with two workers of four threads; rounds are interleaved, so a slow moment of the machine hits
all of them. Prints requests per second (median of the rounds) and the ratio to the hand-written one.
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
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from urllib.parse import quote

from sqlalchemy import create_engine, text

HERE = Path(__file__).parent
PORTS = {"formloom": 9101, "hand": 9102, "fab": 9103}
SECONDS, CLIENTS = 3.0, 4
PASSWORD = "Bench-mark-2026"
WANTED = quote('status = "open" and amount > 500000')

Request = tuple[str, str, str | None]


def requests_of(server: str, operation: str, rows: int) -> Callable[[], Request]:
    """A maker of requests: method, path, body."""
    base = {"formloom": "/api/v1/records/deal", "hand": "/deals", "fab": "/api/v1/deal"}[server]
    pick = random.Random(7)
    if operation == "list":
        query = {
            "formloom": f"?filter={WANTED}&sort=-amount&page_size=25",
            "hand": "?amount=500000",
            "fab": "/?q="
            + quote(
                "(filters:!((col:status,opr:eq,value:open),(col:amount,opr:gt,value:500000),"
                "(col:owner,opr:eq,value:1)),"
                "order_column:amount,order_direction:desc,page:0,page_size:25)"
            ),
        }[server]
        return lambda: ("GET", base + query, None)
    if operation == "get":
        return lambda: ("GET", f"{base}/{pick.randrange(rows // 2) * 2 + 1}", None)
    if operation == "create":
        return lambda: ("POST", base, json.dumps({"name": "Benchmark deal", "amount": 1234.5, "city": "Suzhou"}))
    return lambda: (
        "PATCH",
        f"{base}/{pick.randrange(rows // 2) * 2 + 1}",
        json.dumps({"city": f"City {pick.randrange(10**6)}"}),
    )


def throughput(port: int, token: str, make: Callable[[], Request]) -> float:
    """Successful requests per second of CLIENTS keep-alive connections; an answer that is not 2xx ends the run."""
    counts, lock, end = [0] * CLIENTS, threading.Lock(), time.monotonic() + SECONDS
    wrong: list[str] = []

    def client(index: int) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port)
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        while time.monotonic() < end and not wrong:
            with lock:
                method, path, body = make()
            connection.request(method, path, body, headers)
            response = connection.getresponse()
            answer = response.read()
            if response.status >= 300:
                wrong.append(f"{method} {path}: {response.status} {answer[:300]!r}")
            counts[index] += 1

    threads = [threading.Thread(target=client, args=(i,)) for i in range(CLIENTS)]
    start = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if wrong:
        sys.exit(wrong[0])
    return sum(counts) / (time.monotonic() - start)


def login(port: int, username: str) -> str:
    connection = http.client.HTTPConnection("127.0.0.1", port)
    body = json.dumps({"username": username, "password": PASSWORD, "provider": "db"})
    connection.request("POST", "/api/v1/security/login", body, {"Content-Type": "application/json"})
    return str(json.loads(connection.getresponse().read())["access_token"])


def wait_for(port: int) -> None:
    for _ in range(300):
        try:
            connection = http.client.HTTPConnection("127.0.0.1", port)
            connection.request("GET", "/healthz")
            connection.getresponse().read()
            return
        except OSError:
            time.sleep(0.1)
    sys.exit(f"nothing listens on {port}")


@contextmanager
def servers(environment: dict[str, str]) -> Iterator[None]:
    modules = {"formloom": "formloom.web.wsgi:app", "hand": "hand_app:app", "fab": "fab_app:app"}
    processes = [
        subprocess.Popen(
            [
                sys.executable,
                "-m",
                "gunicorn",
                "--workers",
                "2",
                "--threads",
                "4",
                "--bind",
                f"127.0.0.1:{PORTS[name]}",
                "--log-level",
                "error",
                "--chdir",
                str(HERE),
                module,
            ],
            env=environment,
        )
        for name, module in modules.items()
    ]
    try:
        for port in PORTS.values():
            wait_for(port)
        yield
    finally:
        for process in processes:
            process.terminate()
        for process in processes:
            process.wait()


def fill(url: str, rows: int) -> None:
    """Half of the rows belong to the benchmark's user (odd ids), half to nobody it may see."""
    engine = create_engine(url)
    with engine.begin() as connection:
        owner = connection.execute(text("select id from ab_user where username = 'bench'")).scalar_one()
        other = connection.execute(text("select min(id) from ab_user")).scalar_one()
        pick = random.Random(1)
        scale = 100 if engine.dialect.name == "sqlite" else 1
        statement = text(
            "insert into e_deal (name, amount, status, city, owner, version, created_at, created_by,"
            " updated_at, updated_by)"
            " values (:name, :amount, :status, :city, :owner, 1, :now, :owner, :now, :owner)"
        )
        now = "2026-11-20 08:00:00.000000"
        connection.execute(
            statement,
            [
                {
                    "name": f"Deal {i}",
                    "amount": pick.randrange(1_000_000) * scale,
                    "status": pick.choice(("open", "won", "lost")),
                    "city": "Suzhou",
                    "owner": owner if i % 2 == 0 else other,
                    "now": now,
                }
                for i in range(rows)
            ],
        )
        connection.execute(text("analyze"))
    engine.dispose()


def measure(rows: int, rounds: int, tokens: dict[str, str]) -> None:
    for operation in ("list", "get", "create", "update"):
        names = ("formloom", "hand", "fab") if operation == "list" else ("formloom", "hand")
        results: dict[str, list[float]] = {name: [] for name in names}
        for _ in range(rounds):
            for name in names:
                results[name].append(throughput(PORTS[name], tokens[name], requests_of(name, operation, rows)))
        speed = {name: median(values) for name, values in results.items()}
        line = "  ".join(f"{name} {value:7.1f}/s" for name, value in speed.items())
        fab = f"  formloom/fab {speed['formloom'] / speed['fab']:.1f}" if "fab" in speed else ""
        print(f"{operation:7} {line}  formloom/hand {speed['formloom'] / speed['hand']:.2f}{fab}", flush=True)


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--postgresql", help="server URL; a database is created and dropped")
    arguments.add_argument("--rows", type=int, default=100_000)
    arguments.add_argument("--rounds", type=int, default=5)
    options = arguments.parse_args()
    with tempfile.TemporaryDirectory() as home, database(options.postgresql, home) as url:
        environment = {
            **os.environ,
            "FORMLOOM_HOME": home,
            "FORMLOOM_DATABASE_URL": url,
            "FORMLOOM_SECRET_KEY": "benchmark-secret-key-0123456789abcdef",
            "BENCH_SECRET": "benchmark-secret-key-0123456789abcdef",
            "BENCH_DATABASE_URL": url.replace("postgresql://", "postgresql+psycopg://"),
        }
        formloom = [sys.executable, "-m", "formloom"]
        subprocess.run([*formloom, "init"], env=environment, check=True)
        subprocess.run([*formloom, "apply", "--yes", str(HERE / "pack")], env=environment, check=True)
        for name, role in (("other", "seller"), ("bench", "seller")):
            person = [
                name,
                "--name",
                name,
                "--email",
                f"{name}@company.example",
                "--password",
                PASSWORD,
                "--role",
                role,
            ]
            subprocess.run([*formloom, "user", "create", *person], env=environment, check=True)
        fill(environment["BENCH_DATABASE_URL"], options.rows)
        server = "PostgreSQL" if options.postgresql else "SQLite"
        print(f"{server}, {options.rows} rows, {CLIENTS} clients, median of {options.rounds} rounds")
        with servers(environment):
            tokens = {"formloom": login(PORTS["formloom"], "bench"), "fab": login(PORTS["fab"], "bench")}
            measure(options.rows, options.rounds, tokens | {"hand": tokens["formloom"]})


@contextmanager
def database(server: str | None, home: str) -> Iterator[str]:
    if server is None:
        yield f"sqlite:///{home}/bench.db"
        return
    name = f"bench_{uuid.uuid4().hex[:8]}"
    admin = create_engine(
        server.replace("postgresql://", "postgresql+psycopg://") + "postgres", isolation_level="AUTOCOMMIT"
    )
    with admin.connect() as connection:
        connection.execute(text(f"create database {name}"))
    try:
        yield f"{server}{name}"
    finally:
        with admin.connect() as connection:
            connection.execute(text(f"drop database {name} with (force)"))


if __name__ == "__main__":
    main()
