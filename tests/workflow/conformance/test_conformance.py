"""Each construct of BPMN does what the standard says: a diagram, what is done to it, and the right trace."""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from formloom.errors import FormloomError, Problem
from formloom.metadata.catalog import Catalog
from formloom.workflow import engine, moments, reader
from formloom.workflow.definition import ProcessDefinition

HERE = Path(__file__).parent
CASES: Mapping[str, Any] = yaml.safe_load((HERE / "cases.yaml").read_text())
START = datetime(2026, 1, 1, tzinfo=UTC)


def read(name: str, catalog: Catalog) -> tuple[ProcessDefinition | None, list[Problem]]:
    texts = {file.stem: file.read_text() for file in HERE.glob("*.bpmn")}
    return reader.read(texts[name], f"{name}.bpmn", catalog, called=texts)


class Play:
    """One instance, stored and restored after every stimulus."""

    def __init__(self, definition: ProcessDefinition, record: Mapping[str, Any]) -> None:
        self.definition, self.record, self.now = definition, dict(record), START
        self.taken = 0
        self.passed: list[str] = []
        self.sent: list[list[Any]] = []
        self.execution = engine.start(definition, self.record, self.now)
        self._keep()

    def _keep(self) -> None:
        self.passed = [step.node for step in self.execution.passed]
        self.sent = [[one.kind, one.name, dict(one.payload)] for one in self.execution.sent]
        text = self.execution.dump()
        self.execution = engine.load(self.definition, text, self.record, self.now)
        assert self.execution.dump() == text

    def token(self, node: str, nth: int = 0) -> engine.Token:
        return [w for w in self.execution.waiting() if w.node == node][nth]

    def apply(self, step: Mapping[str, Any]) -> None:
        payload = step.get("with", {})
        if "do" in step:
            self.execution.complete(self.token(step["do"], step.get("nth", 0)).id, payload, self.now)
        elif "fail" in step:
            assert self.execution.fail(self.token(step["fail"]).id, step["code"], self.now)
        elif "wait" in step:
            self.now += moments.duration(step["wait"]) or pytest.fail(step["wait"])
            self.execution.fire(self.now)
        elif "set" in step:
            self.record.update(step["set"])
            self.execution.fire(self.now)
        else:
            kind = "message" if "message" in step else "signal"
            self.taken = self.execution.deliver(kind, step[kind], payload, self.now, step.get("key"))
        self._keep()

    def found(self) -> dict[str, Any]:
        waiting = self.execution.waiting()
        return {"passed": self.passed, "sent": self.sent, "ended": self.execution.ended,
                "open": sorted(w.node for w in waiting if w.kind in ("user", "service")),
                "awaits": sorted(w.node for w in waiting if w.kind not in ("user", "service"))}


NOTHING = {"passed": [], "sent": [], "ended": False, "open": [], "awaits": []}


@pytest.mark.parametrize("name", CASES["runs"])
def test_trace_is_what_bpmn_asks_for(catalog: Catalog, name: str) -> None:
    case = CASES["runs"][name]
    definition, problems = read(name, catalog)
    assert definition is not None, "\n".join(map(str, problems))
    if "rewritten" in case:
        assert any(case["rewritten"] in str(note.message) for note in definition.rewrites), definition.rewrites
    play: Play | None = None
    for step in case["play"]:
        if "fails" in step:
            with pytest.raises(FormloomError) as raised:
                play.apply(step) if play and "start" not in step else Play(definition, step["start"])
            assert raised.value.code == step["fails"]
            return
        if "start" in step:
            play = Play(definition, step["start"])
        else:
            assert play is not None
            play.apply(step)
        check(play, step)


def check(play: Play, step: Mapping[str, Any]) -> None:
    expected = {**NOTHING, **{key: step[key] for key in NOTHING if key in step}}
    found = play.found()
    if "awaits" not in step:
        found["awaits"] = []            # boundary events that the case is not about
    assert found == expected, step
    assert play.taken == step.get("taken", play.taken)
    for node, result in step.get("knows", {}).items():
        assert play.execution.variables[node] == result
    for node, names in step.get("sees", {}).items():
        seen = play.execution.scope_of(play.token(node).id)
        assert {name: seen[name] for name in names} == names


@pytest.mark.parametrize("name", CASES["refused"])
def test_what_does_not_run_is_refused(catalog: Catalog, name: str) -> None:
    case = CASES["refused"][name]
    definition, problems = read(name, catalog)
    assert definition is None
    assert {problem.code for problem in problems} == {case["code"], *case.get("also", ())}


def test_every_diagram_is_a_case() -> None:
    called = {key for case in CASES["runs"].values() for key in case.get("calls", ())}
    assert {file.stem for file in HERE.glob("*.bpmn")} == {*CASES["runs"], *CASES["refused"], *called}


def test_table_of_elements_is_up_to_date() -> None:
    path = HERE.parents[2] / "tools" / "bpmn_table.py"
    spec = importlib.util.spec_from_file_location("bpmn_table", path)
    assert spec
    assert spec.loader
    tool = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tool)
    assert tool.page() == tool.PAGE.read_text(encoding="utf-8"), "run python tools/bpmn_table.py"
