"""Conditions of the process designer as rows: what they are written as is FEEL, and is read as the same rows."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from formloom import feel
from tests.cli.conftest import ROOT

SCRIPT = Path(__file__).with_name("rows.mjs")
CONDITIONS = ROOT / "platform/web/static/js/process/conditions.js"
NAMES = {"amount": "number", "name": "string", "urgent": "boolean", "due": "date", "review.outcome": "string"}

words = st.text(st.characters(blacklist_categories=("Cs", "Cc"), blacklist_characters=",，"), min_size=1).filter(
    lambda text: text == text.strip() and text)
VALUES = {"number": st.integers(-10**9, 10**9).map(str), "string": words, "boolean": st.sampled_from(["true", "false"]),
          "date": st.dates().map(str)}
OPERATORS = {"number": ["=", "!=", "<", "<=", ">", ">=", "in"], "string": ["=", "!=", "contains", "in"],
             "boolean": ["="], "date": ["=", "!=", "<", "<=", ">", ">="]}


@st.composite
def rows(draw: st.DrawFn) -> dict[str, str]:
    path = draw(st.sampled_from(sorted(NAMES)))
    kind = NAMES[path]
    operator = draw(st.sampled_from([*OPERATORS[kind], "empty", "filled"]))
    if operator in ("empty", "filled"):
        return {"path": path, "operator": operator, "value": "", "kind": ""}
    values = draw(st.lists(VALUES[kind], min_size=1, max_size=3 if operator == "in" else 1))
    return {"path": path, "operator": operator, "value": ", ".join(values), "kind": kind}


@pytest.fixture(scope="module")
def node() -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(["node", str(SCRIPT), str(CONDITIONS)], text=True, stdin=subprocess.PIPE,
                          stdout=subprocess.PIPE) as process:
        yield process
        assert process.stdin
        process.stdin.close()


def asked(node: subprocess.Popen[str], state: dict[str, Any]) -> dict[str, Any]:
    assert node.stdin
    assert node.stdout
    node.stdin.write(json.dumps(state) + "\n")
    node.stdin.flush()
    answer: dict[str, Any] = json.loads(node.stdout.readline())
    return answer


@settings(max_examples=200, deadline=None)
@given(st.lists(rows(), min_size=1, max_size=4), st.sampled_from(["and", "or"]))
def test_rows_are_feel_and_come_back(node: subprocess.Popen[str], state: list[dict[str, str]], joiner: str) -> None:
    told = asked(node, {"joiner": joiner, "rows": state})
    feel.compile(told["text"], frozenset({"amount", "name", "urgent", "due", "review"}))
    assert told["again"]["rows"] == state
    assert told["again"]["joiner"] == (joiner if len(state) > 1 else "and")


@pytest.mark.parametrize("unfinished", [
    {"path": "amount", "operator": ">", "value": "", "kind": "number"},
    {"path": "amount", "operator": ">", "value": "much", "kind": "number"},
    {"path": "due", "operator": "=", "value": "soon", "kind": "date"}])
def test_unfinished_rows_are_left_out(node: subprocess.Popen[str], unfinished: dict[str, str]) -> None:
    assert asked(node, {"joiner": "and", "rows": [unfinished]})["text"] == ""
