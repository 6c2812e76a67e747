"""`formloom process`: look at what would happen, move, take back."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from formloom import settings
from formloom.policy.actor import SYSTEM
from formloom.records import actions
from formloom.runtime import Runtime
from formloom.workflow import definitions, instances
from tests.cli.conftest import ROOT, Run

KEY = "contract_approval"


@pytest.fixture
def changed(run: Run, home: Path, tmp_path: Path) -> str:
    """A contract at its first review, a step that a newer version calls otherwise; the version it runs on."""
    pack = Path(shutil.copytree(ROOT / "tests" / "packs" / "approval", tmp_path / "approval"))
    run("apply", str(pack), "--yes")
    runtime = Runtime(settings.from_environment())
    with runtime.writing(SYSTEM) as context:
        record = actions.create(context, "contract", {"name": "Rollout", "amount": 500})
        started = instances.start(context, definitions.current(context, KEY), ("contract", record.id))
    runtime.close()
    drawing = pack / "workflows" / f"{KEY}.bpmn"
    drawing.write_text(drawing.read_text(encoding="utf-8").replace("manager_review", "manager_check"), encoding="utf-8")
    run("apply", str(pack), "--yes")
    return started.hash


def test_dry_run_says_what_is_missing(run: Run, changed: str) -> None:
    told = run("process", "migrate", KEY, "--from", changed[:10], "--dry-run", status=1).output
    assert "needs a mapping" in told
    assert "--map manager_review=manager_check would do" in told
    assert "1 running" in run("process", "versions", KEY).output


def test_mapped_instance_moves_and_comes_back(run: Run, changed: str) -> None:
    words = ("process", "migrate", KEY, "--from", changed, "--map", "manager_review=manager_check")
    assert "1 can move" in run(*words, "--dry-run").output
    assert "1 of 1 moved" in run(*words).output
    assert re.search(rf"{changed[:12]} +0 running", run("process", "versions", KEY).output)
    assert "is back" in run("process", "undo", "1").output
    assert "1 running" in run("process", "versions", KEY).output


@pytest.mark.parametrize("words", [("--from", "ffff"), ("--from", "f", "--map", "nonsense")])
def test_nonsense_is_refused(run: Run, changed: str, words: tuple[str, ...]) -> None:
    run("process", "migrate", KEY, *words, status=2 if "--map" in words else 1)


def test_doctor_tells_of_processes(run: Run, changed: str) -> None:
    assert "processes: 0 stuck, 0 incidents" in run("doctor", status=1).output
