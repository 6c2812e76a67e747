"""`formloom serve` as a person starts it: ready, restarted, with its data, gone without a trace."""

from __future__ import annotations

import os
import signal
import urllib.error

import pytest

from .conftest import gone, until


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
