"""People at browsers: each click may be lost, come twice, or meet a server that has just died. They click again."""

from __future__ import annotations

import http.client
import json
import random
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from formloom.storage import platform_tables as t
from formloom.storage.database import Database

APPROVERS = {"legal": "lawyer", "finance": "treasurer", "director": "director"}
PATIENCE = 180.0        # seconds for one click
TWICE = 0.2             # of all clicks


@dataclass
class People:
    ports: list[int]
    database: Database
    seed: int
    tokens: dict[str, str] = field(default_factory=dict)
    repeats: int = 0
    _signing: threading.Lock = field(default_factory=threading.Lock)

    def approve(self, number: int) -> None:
        """From the draft to three decisions at the same instant."""
        chance = random.Random(self.seed * 100_003 + number)
        record_id = self._draft(f"C{number}", chance)
        open_tasks: list[Any] = []

        def offered() -> bool:
            open_tasks[:] = self._tasks(record_id)
            return bool(open_tasks)

        self._insist(lambda: self._post("seller", f"records/contract/{record_id}/actions/submit", {}, chance), offered)
        ready = threading.Barrier(len(open_tasks))
        with ThreadPoolExecutor(len(open_tasks)) as three:
            votes = [three.submit(self._vote, task, node, ready, random.Random(chance.random()))
                     for task, node, _ in open_tasks]
            for vote in votes:
                vote.result()

    def _vote(self, task: int, node: str, ready: threading.Barrier, chance: random.Random) -> None:
        ready.wait(PATIENCE)
        body = {"outcome": "approve", "comment": f"{node} agrees"}
        self._insist(lambda: self._post(APPROVERS[node], f"tasks/{task}/complete", body, chance),
                     lambda: self._status(task) == "done")

    def _draft(self, name: str, chance: random.Random) -> int:
        """Creating twice would make two: whoever got no answer looks first whether it is there."""
        answers: list[Any] = []

        def look() -> bool:
            answers.append(self._ask("seller", "GET", f"records/contract?filter=name%3D%22{name}%22", None, chance))
            return answers[-1] is not None

        while True:
            self._ask("seller", "POST", "records/contract", {"name": name, "amount": 5}, chance)
            self._insist(lambda: None, look)
            if answers[-1]["items"]:
                return int(answers[-1]["items"][0]["id"])

    def _insist(self, act: Any, done: Any) -> None:
        deadline = time.monotonic() + PATIENCE
        while True:
            act()
            if done():
                return
            if time.monotonic() > deadline:
                raise AssertionError("a click had no effect, however often")
            time.sleep(0.3)

    def _post(self, who: str, address: str, body: Any, chance: random.Random) -> None:
        """Sometimes twice, at the same time."""
        if chance.random() >= TWICE:
            self._ask(who, "POST", address, body, chance)
            return
        self.repeats += 1
        with ThreadPoolExecutor(2) as both:
            for one in [both.submit(self._ask, who, "POST", address, body, random.Random(i)) for i in (1, 2)]:
                one.result()

    def _ask(self, who: str, method: str, address: str, body: Any, chance: random.Random) -> Any:
        """The answer, or None: a server that is gone, a refusal, something twice."""
        headers = {"Authorization": f"Bearer {self._token(who, chance)}", "Content-Type": "application/json"}
        status, answer = self._send(method, f"/api/v1/{address}", body, headers, chance)
        if status == 401:
            self.tokens.pop(who, None)
        return answer if status in (200, 201) else None

    def _token(self, who: str, chance: random.Random) -> str:
        with self._signing:
            deadline = time.monotonic() + PATIENCE
            while who not in self.tokens:
                status, answer = self._send("POST", "/api/v1/security/login", {
                    "username": who, "password": "chaos-and-order", "provider": "db"},
                    {"Content-Type": "application/json"}, chance)
                if status == 200:
                    self.tokens[who] = answer["access_token"]
                elif time.monotonic() > deadline:
                    raise AssertionError(f"{who} cannot sign in: {status} {answer}")
                else:
                    time.sleep(1)
        return self.tokens[who]

    def _send(self, method: str, address: str, body: Any, headers: dict[str, str],
              chance: random.Random) -> tuple[int, Any]:
        connection = http.client.HTTPConnection("127.0.0.1", chance.choice(self.ports), timeout=30)
        try:
            connection.request(method, address, None if body is None else json.dumps(body), headers)
            answer = connection.getresponse()
            return answer.status, json.loads(answer.read() or b"null")
        except (OSError, http.client.HTTPException, ValueError):
            return 0, None
        finally:
            connection.close()

    def _tasks(self, record_id: int) -> list[Any]:
        """Until there are three, the submission has not arrived."""
        task = t.fl_task.c
        query = sa.select(task.id, task.node, task.status).where(task.record_id == record_id).order_by(task.id)
        found = list(self._look(query))
        return found if len(found) == len(APPROVERS) else []

    def _status(self, task_id: int) -> str:
        rows = self._look(sa.select(t.fl_task.c.status).where(t.fl_task.c.id == task_id))
        return str(rows[0].status) if rows else ""

    def _look(self, query: Any) -> list[Any]:
        """The database may be away as well."""
        try:
            with self.database.read() as unit:
                return list(unit.connection.execute(query))
        except sa.exc.DBAPIError:
            return []
