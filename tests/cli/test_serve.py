"""`formloom serve` as a person starts it: ready, restarted, with its data, gone without a trace."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
READY_SECONDS = 60


class Server:
    """One `formloom serve` in demo mode; what it prints is kept."""

    def __init__(self, home: Path, pack: Path) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        environ = {k: v for k, v in os.environ.items() if not k.startswith("FORMLOOM_")} | {
            "FORMLOOM_HOME": str(home), "FORMLOOM_DEMO": "1", "PORT": str(self.port), "FORMLOOM_PLUGINS": ""}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "formloom", "serve", "--init", "--pack", str(pack)], env=environ, cwd=ROOT,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        self.lines: list[str] = []
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.append(line)
        self.process.stdout.close()

    def ready(self) -> bool:
        return until(lambda: any("Stop with" in line for line in self.lines), READY_SECONDS)

    def children(self) -> list[int]:
        found = subprocess.run(["ps", "-o", "pid=", "--ppid", str(self.process.pid)], capture_output=True, text=True)
        return [int(pid) for pid in found.stdout.split()]

    def ask(self, path: str, body: Any = None, token: str = "") -> Any:
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}{path}", data=None if body is None else json.dumps(body).encode(),
            headers={"Content-Type": "application/json"} | ({"Authorization": f"Bearer {token}"} if token else {}))
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.load(answer)

    def token(self, username: str) -> str:
        return str(self.ask("/api/v1/security/login", {
            "username": username, "password": "formloom-demo", "provider": "db"})["access_token"])

    def stop(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        status = self.process.wait(20)
        self.reader.join(5)
        return status


def until(condition: Callable[[], Any], seconds: float) -> bool:
    end = monotonic() + seconds
    while monotonic() < end:
        if condition():
            return True
        sleep(0.1)
    return False


def gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] == "Z"


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Callable[[], Server]]:
    started: list[Server] = []

    def start() -> Server:
        started.append(Server(tmp_path / "home", ROOT / "config"))
        return started[-1]

    yield start
    for server in started:
        if server.process.poll() is None:
            server.process.kill()
            server.process.wait()
        server.reader.join(5)


def test_served_data_survives_a_restart(serve):
    first = serve()
    assert first.ready(), "".join(first.lines)
    greeting = "".join(first.lines)
    assert f"http://127.0.0.1:{first.port}" in greeting
    assert "formloom-demo" in greeting
    assert "sales1" in greeting
    made = first.ask("/api/v1/records/account", {"company": "测试公司", "name": "王五"}, first.token("sales1"))
    assert until(lambda: first.ask("/readyz")["worker_heartbeat"], 15)

    children = first.children()
    assert len(children) == 2
    assert first.stop() == 0
    assert until(lambda: all(gone(pid) for pid in children), 5)
    with pytest.raises(urllib.error.URLError):
        first.ask("/healthz")

    second = serve()
    assert second.ready(), "".join(second.lines)
    kept = second.ask(f"/api/v1/records/account/{made['id']}", token=second.token("sales1"))
    assert kept["company"] == "测试公司"
    assert second.stop() == 0


def test_killed_child_comes_back(serve):
    server = serve()
    assert server.ready(), "".join(server.lines)
    before = set(server.children())
    for pid in before:
        os.kill(pid, signal.SIGKILL)
    assert until(lambda: len(after := set(server.children())) == 2 and not after & before, 20)

    def answers() -> bool:
        try:
            return bool(server.ask("/readyz")["status"] == "ok")
        except (urllib.error.URLError, ConnectionError):
            return False

    assert until(answers, 30)
    assert server.stop() == 0
