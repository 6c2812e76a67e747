"""What a large model costs: 1 000 entities of 30 fields, against one of 20 where it should make no difference.

    python benchmarks/scale.py                                                     SQLite
    python benchmarks/scale.py --postgresql postgresql://postgres@127.0.0.1:5432/

Checks, compiles and publishes both packs, starts a web server of one worker for each with and without the kept catalog,
and sends both the same requests in turns, so that a slow moment of the machine hits both. Memory is the worker's, after
the requests. Prints what was measured beside what is aimed at.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

import scale_pack
from http_ratio import database, login

from formloom import settings
from formloom.metadata import builtin_types, compiler, loader
from formloom.runtime import Runtime

SMALL, LARGE = 20, 1000
PORTS = {SMALL: 9121, LARGE: 9122}
ROLE, ENTITY = "sales_officer", "sales_request"
PASSWORD = "Bench-mark-2026"
RECORDS = 50


def timed(act: Callable[[], object]) -> float:
    start = time.perf_counter()
    act()
    return time.perf_counter() - start


def report(what: str, measured: str, aim: str = "") -> None:
    print(f"{what:48} {measured:>20}   {aim}", flush=True)


def prepared(entities: int, home: Path, url: str) -> dict[str, str]:
    """The environment of an installation that has the pack, a person and some records."""
    pack = home / "pack"
    scale_pack.write(pack, entities)
    environment = {**os.environ, "FORMLOOM_HOME": str(home), "FORMLOOM_DATABASE_URL": url,
                   "FORMLOOM_WEB_PROCESSES": "1",
                   "FORMLOOM_SECRET_KEY": "benchmark-secret-key-0123456789abcdef", "PORT": str(PORTS[entities])}
    formloom = [sys.executable, "-m", "formloom"]
    subprocess.run([*formloom, "init"], env=environment, check=True, stdout=subprocess.DEVNULL)
    sources = loader.read_pack(pack)
    if entities == LARGE:
        before = time.process_time()
        waited = timed(lambda: compiler.compile(sources, builtin_types.TYPES))
        used = time.process_time() - before
        report("check and compile: wall, processor", f"{waited:.1f} s, {used:.1f} s", "below 5 s")
    runtime = Runtime(settings.from_environment(environment))
    if entities == LARGE:
        report("check, with rules asked of both databases", f"{timed(lambda: runtime.check(sources)):.1f} s")
        report("publish, every table new", f"{timed(lambda: runtime.publish(sources)):.1f} s")
        changed = [*sources[:-1], loader.read_pack(pack)[-1]]
        report("plan when nothing changes", f"{timed(lambda: runtime.plan(changed)):.1f} s")
    else:
        runtime.publish(sources)
    runtime.close()
    subprocess.run([*formloom, "apply", "--yes", str(pack)], env=environment, check=True, stdout=subprocess.DEVNULL)
    person = ["bench", "--name", "bench", "--email", "bench@company.example", "--password", PASSWORD, "--role", ROLE]
    subprocess.run([*formloom, "user", "create", *person], env=environment, check=True, stdout=subprocess.DEVNULL)
    return environment


@contextmanager
def server(environment: dict[str, str]) -> Iterator[tuple[float, int]]:
    """The seconds until /readyz says yes, and the process of the server."""
    start = time.perf_counter()
    command = [sys.executable, "-m", "gunicorn", "--config", "python:formloom.web.wsgi", "formloom.web.wsgi:app",
               "--log-level", "error"]
    process = subprocess.Popen(command, env=environment)
    try:
        while not ready(int(environment["PORT"])):
            if time.perf_counter() - start > 120:
                sys.exit("the server does not get ready")
            time.sleep(0.02)
        yield time.perf_counter() - start, process.pid
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait()


def ready(port: int) -> bool:
    try:
        connection = http.client.HTTPConnection("127.0.0.1", port)
        connection.request("GET", "/readyz")
        return connection.getresponse().status == 200
    except OSError:
        return False


def started(environment: dict[str, str], entities: int) -> None:
    cache = Path(environment["FORMLOOM_HOME"]) / "cache"
    kept = cache.with_name("kept")
    cache.rename(kept)
    with server(environment) as (seconds, _):
        report(f"start without the kept catalog, {entities} entities", f"{seconds:.1f} s")
    shutil.rmtree(cache, ignore_errors=True)
    kept.rename(cache)
    with server(environment) as (seconds, _):
        report(f"start from the kept catalog, {entities} entities", f"{seconds:.1f} s", "below 3 s")
    code = ("import time; from formloom import settings; from formloom.runtime import Runtime; "
            "r = Runtime(settings.from_environment()); t = time.perf_counter(); "
            "r.model(); print(time.perf_counter() - t)")
    told = subprocess.run([sys.executable, "-c", code], env=environment, check=True, capture_output=True, text=True)
    report(f"of which the model, {entities} entities", f"{float(told.stdout):.2f} s")


class Client:
    """One person at one server, with one connection."""

    def __init__(self, port: int) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", port)
        self.headers = {"Authorization": f"Bearer {login(port, 'bench')}", "Content-Type": "application/json"}
        self.cookie = self._signed_in(port)

    def _signed_in(self, port: int) -> str:
        self.connection.request("GET", "/login/")
        page = self.connection.getresponse()
        cookie, text = (page.getheader("Set-Cookie") or "").split(";")[0], page.read().decode()
        token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', text)
        body = f"username=bench&password={PASSWORD}&csrf_token={token[1] if token else ''}"
        self.connection.request("POST", "/login/", body, {
            "Content-Type": "application/x-www-form-urlencoded", "Cookie": cookie,
            "Referer": f"http://127.0.0.1:{port}/login/"})
        answer = self.connection.getresponse()
        answer.read()
        return (answer.getheader("Set-Cookie") or "").split(";")[0]

    def ask(self, method: str, path: str, body: str | None = None) -> float:
        headers = self.headers if path.startswith("/api/") else {"Cookie": self.cookie}
        start = time.perf_counter()
        self.connection.request(method, path, body, headers)
        answer = self.connection.getresponse()
        text = answer.read()
        if answer.status >= 300:
            sys.exit(f"{method} {path}: {answer.status} {answer.getheader('Location')} {text[:300]!r}")
        return time.perf_counter() - start


REQUESTS: dict[str, tuple[str, str, str | None]] = {
    "create": ("POST", f"/api/v1/records/{ENTITY}", json.dumps({"name": "Of the benchmark", "amount": 1234.5})),
    "list": ("GET", f"/api/v1/records/{ENTITY}?sort=-amount&page_size=25", None),
    "get": ("GET", f"/api/v1/records/{ENTITY}/7", None),
    "list page": ("GET", f"/records/{ENTITY}", None),
    "form page": ("GET", f"/records/{ENTITY}/new", None),
}


def asked(rounds: int) -> None:
    clients = {entities: Client(port) for entities, port in PORTS.items()}
    for client in clients.values():
        for _ in range(RECORDS):
            client.ask(*REQUESTS["create"])
    for name, request in REQUESTS.items():
        times: dict[int, list[float]] = {SMALL: [], LARGE: []}
        for round_ in range(rounds + 5):
            for entities, client in clients.items():
                seconds = client.ask(*request)
                if round_ >= 5:
                    times[entities].append(seconds)
        small, large = (median(times[entities]) * 1000 for entities in (SMALL, LARGE))
        report(f"{name}: {SMALL} and {LARGE} entities", f"{small:.1f} ms, {large:.1f} ms",
               f"ratio {large / small:.2f}, aim 1.10")


def memory(pid: int, entities: int) -> None:
    """Of the worker below the server."""
    for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
        rows = dict(line.split(":", 1) for line in Path(f"/proc/{child}/smaps_rollup").read_text().splitlines()[1:])
        rss, pss = (int(rows[key].split()[0]) // 1024 for key in ("Rss", "Pss"))
        report(f"memory of a worker, {entities} entities", f"RSS {rss}, PSS {pss} MB")


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--postgresql", help="server URL that ends with a slash; databases are created and dropped")
    arguments.add_argument("--rounds", type=int, default=40)
    options = arguments.parse_args()
    print(f"{'PostgreSQL' if options.postgresql else 'SQLite'}, {LARGE} entities of 30 fields")
    with (tempfile.TemporaryDirectory() as few, tempfile.TemporaryDirectory() as many,
          database(options.postgresql, few) as small_url, database(options.postgresql, many) as large_url):
        small = prepared(SMALL, Path(few), small_url)
        large = prepared(LARGE, Path(many), large_url)
        started(small, SMALL)
        started(large, LARGE)
        with server(small) as (_, first), server(large) as (_, second):
            asked(options.rounds)
            memory(first, SMALL)
            memory(second, LARGE)


if __name__ == "__main__":
    main()
