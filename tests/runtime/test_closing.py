"""What ends lets go of files and connections, and ends without complaint."""

from __future__ import annotations

import gc
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from time import monotonic, sleep

import pytest
import redis

from formloom import installation, settings
from formloom.jobs import queue
from formloom.metadata import loader
from formloom.runtime import Runtime
from formloom.storage import state
from formloom.wakeup import queue_name

REDIS = os.environ.get("FORMLOOM_TEST_REDIS", "redis://127.0.0.1:6379/15")


def held() -> set[str]:
    """Files and sockets that this process has open."""
    gc.collect()        # what earlier tests left
    links = (descriptor for descriptor in Path("/proc/self/fd").iterdir() if descriptor.is_symlink())
    return {os.readlink(link) for link in links if os.path.lexists(link)}


@pytest.fixture(params=["", REDIS], ids=["database", "redis"])
def environ(request: pytest.FixtureRequest, url: str, tmp_path: Path) -> Iterator[dict[str, str]]:
    made = {"FORMLOOM_HOME": str(tmp_path / "home"), "FORMLOOM_DATABASE_URL": url, "FORMLOOM_PLUGINS": "",
            "FORMLOOM_REDIS_URL": request.param}
    yield made
    if request.param:
        with redis.Redis.from_url(REDIS) as server:
            server.delete("huey.redis." + queue_name(settings.from_environment(made)))


def test_closed_runtime_holds_nothing(environ: dict[str, str], pack: Path) -> None:
    before = held()
    runtime = Runtime(settings.from_environment(environ))
    installation.prepare(runtime)
    installation.apply(runtime, pack, loader.read_pack(pack))
    for _ in range(2):
        with runtime.database.write() as unit:
            queue.enqueue(unit, "nothing", {})
        assert held() - before
        runtime.close()
        assert held() - before == set()


def test_worker_ends_without_complaint(environ: dict[str, str], pack: Path, tmp_path: Path) -> None:
    runtime = Runtime(settings.from_environment(environ))
    installation.prepare(runtime)
    installation.apply(runtime, pack, loader.read_pack(pack))
    said = tmp_path / "said"
    with said.open("w") as output:
        process = subprocess.Popen([sys.executable, "-W", "default::ResourceWarning", "-m", "formloom", "worker"],
                                   stdout=output, stderr=output, env={**os.environ, **environ})
        end = monotonic() + 40
        while not (heartbeat(runtime) and heeds_term(process)) and monotonic() < end:
            sleep(0.1)
        sleep(1)        # its threads have begun to read
        process.send_signal(signal.SIGTERM)
        try:
            assert process.wait(20) == 0, said.read_text()
        finally:
            process.kill()
            process.wait()
    runtime.close()
    lines = said.read_text().splitlines()
    assert not [line for line in lines if "ERROR" in line or "Traceback" in line or "ResourceWarning" in line], lines


def heeds_term(process: subprocess.Popen[bytes]) -> bool:
    """Whether the worker has begun to run; before, SIGTERM just ends it."""
    status = Path(f"/proc/{process.pid}/status").read_text()
    caught = next(line.split()[1] for line in status.splitlines() if line.startswith("SigCgt"))
    return bool(int(caught, 16) >> (signal.SIGTERM - 1) & 1)


def heartbeat(runtime: Runtime) -> str | None:
    with runtime.database.read() as unit:
        return state.values(unit).get(state.HEARTBEAT)
