"""Somebody else's server: idempotent as it should be, and as unreliable as it may be."""

from __future__ import annotations

import json
import random
import threading
from collections import Counter, defaultdict
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

FAILS, HANGS_UP = 0.08, 0.05        # of all calls: answers 503; does the work and never says so


class Receiver(ThreadingHTTPServer):
    """Counts by idempotency key, and by the contract that a call is about."""

    daemon_threads = True

    def __init__(self, seed: int) -> None:
        super().__init__(("127.0.0.1", 0), _Call)
        self.calls: Counter[str] = Counter()
        self.done: dict[tuple[str, int], set[str]] = defaultdict(set)
        self.chance = random.Random(seed)
        self.lock = threading.Lock()
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    @property
    def repeated(self) -> int:
        return sum(self.calls.values()) - len(self.calls)

    def close(self) -> None:
        self.shutdown()
        self.server_close()

    def take(self, path: str, key: str, contract: int) -> str:
        """answer | refuse | hang up"""
        with self.lock:
            draw = self.chance.random()
            if draw < FAILS:
                return "refuse"
            self.calls[key] += 1
            self.done[path, contract].add(key)
            return "hang up" if draw < FAILS + HANGS_UP else "answer"


class _Call(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        body: Any = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        outcome = self.server.take(self.path, self.headers["Idempotency-Key"], int(body["id"]))
        if outcome == "hang up":
            self.close_connection = True
            return
        answer = json.dumps({"receipt": f"R{body['id']}"}).encode()
        self.send_response(200 if outcome == "answer" else 503)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_: Any) -> None:
        """Quiet."""
