from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import pytest
from click.testing import CliRunner, Result

from formloom.cli import main

ROOT = Path(__file__).parents[2]
READY_SECONDS = 120

Run = Callable[..., Result]


class Server:
    """One `formloom serve` in demo mode; what it prints is kept."""

    def __init__(self, home: Path, pack: Path, environ: dict[str, str]) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.environ = {k: v for k, v in os.environ.items() if not k.startswith("FORMLOOM_")} | {
            "FORMLOOM_HOME": str(home), "FORMLOOM_DEMO": "1", "PORT": str(self.port), "FORMLOOM_PLUGINS": ""} | environ
        self.process = subprocess.Popen(
            [sys.executable, "-m", "formloom", "serve", "--init", "--pack", str(pack)], env=self.environ, cwd=ROOT,
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
        return children_of(self.process.pid)

    def ask(self, path: str, body: Any = None, token: str = "") -> Any:
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}{path}", data=None if body is None else json.dumps(body).encode(),
            headers={"Content-Type": "application/json"} | ({"Authorization": f"Bearer {token}"} if token else {}))
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.load(answer)

    def token(self, username: str) -> str:
        return str(self.ask("/api/v1/security/login", {
            "username": username, "password": "formloom-demo", "provider": "db"})["access_token"])

    def command(self, *words: str) -> str:
        """What another process of the same installation prints."""
        done = subprocess.run([sys.executable, "-m", "formloom", *words], env=self.environ, cwd=ROOT,
                              capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def stop(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        status = self.process.wait(20)
        self.reader.join(5)
        return status


Serve = Callable[..., Server]


def children_of(parent: int) -> list[int]:
    found = subprocess.run(["ps", "-o", "pid=", "--ppid", str(parent)], capture_output=True, text=True)
    return [int(pid) for pid in found.stdout.split()]


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
def serve(tmp_path: Path) -> Iterator[Serve]:
    """Starts the installation in this test's folder, again and again if need be."""
    started: list[Server] = []

    def start(pack: Path = ROOT / "config", **environ: str) -> Server:
        started.append(Server(tmp_path / "home", pack, environ))
        return started[-1]

    yield start
    for server in started:
        if server.process.poll() is None:
            server.process.kill()
            server.process.wait()
        server.reader.join(5)


@pytest.fixture
def pack(tmp_path: Path) -> Path:
    return Path(shutil.copytree(ROOT / "tests" / "packs" / "mini", tmp_path / "pack"))


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("FORMLOOM_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("FORMLOOM_PLUGINS", str(ROOT / "plugins"))
    for name in ("FORMLOOM_DATABASE_URL", "FORMLOOM_REDIS_URL", "FORMLOOM_DEMO", "FORMLOOM_SMTP_URL", "PORT", "HOST"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path / "home"


@pytest.fixture
def run(home: Path) -> Run:
    def command(*words: str, given: str = "", status: int = 0) -> Result:
        result = CliRunner().invoke(main, words, input=given)
        assert result.exit_code == status, result.output + repr(result.exception)
        return result

    return command
