"""The evaluator of the browser, run by one Node for all cases."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO, Any

from formloom import feel
from formloom.feel import text
from formloom.feel.values import kind
from tests.conftest import ROOT

_SCRIPTS = ROOT / "platform/web/static/js"
_SCRIPT = Path(__file__).with_name("evaluator.mjs")


class _Free:
    def spend(self, steps: int) -> None: ...


def typed(value: Any) -> dict[str, Any]:
    """A value as both sides write it."""
    family = kind(value)
    if family == "list":
        return {"type": family, "value": [typed(item) for item in value]}
    if isinstance(value, Mapping):
        return {"type": family, "value": {key: typed(item) for key, item in value.items()}}
    if value is None or isinstance(value, (bool, str)):
        return {"type": family, "value": value}
    return {"type": family, "value": text.shown(value, _Free())}


@dataclass(frozen=True)
class Browser:
    requests: IO[str]
    answers: IO[str]

    def asked(self, request: Mapping[str, Any]) -> Any:
        self.requests.write(json.dumps(request) + "\n")
        self.requests.flush()
        return json.loads(self.answers.readline())

    def keep(self, scopes: Sequence[Mapping[str, Any]], now: datetime) -> None:
        self.asked({"scopes": [typed(scope) for scope in scopes], "now": now.isoformat().replace("+00:00", "Z")})

    def values(self, expression: feel.Expression) -> list[dict[str, Any]]:
        """In each of the scopes that are kept."""
        found: list[dict[str, Any]] = self.asked({"tree": expression.json})
        return found


@contextmanager
def browser() -> Iterator[Browser]:
    command = ["node", str(_SCRIPT), f"{_SCRIPTS}/"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        if process.stdin is None or process.stdout is None:
            raise RuntimeError("no pipes to Node")
        yield Browser(process.stdin, process.stdout)
        process.stdin.close()
