"""The DMN Technology Compatibility Kit, where DMN_TCK names its folder; `.ci/run` always does."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path

import pytest
from click.testing import CliRunner

from formloom import cli
from formloom.workflow.decisions import tck

KIT = os.environ.get("DMN_TCK", "")
pytestmark = pytest.mark.skipif(not KIT, reason="DMN_TCK names no folder of the conformance kit")
SMALLEST = {"compliance-level-2": 100, "compliance-level-3": 2700}      # so that a lost folder is seen


@cache
def outcomes() -> list[tck.Outcome]:
    return list(tck.run(Path(KIT)))


@pytest.mark.parametrize("level", SMALLEST)
def test_level_passes_but_for_what_is_meant(level: str) -> None:
    found = [outcome for outcome in outcomes() if outcome.level == level]
    assert len(found) >= SMALLEST[level]
    assert [(o.label, o.expected, o.found) for o in found if o.surprising] == []


def test_folders_not_meant_fail_today() -> None:
    failed = {outcome.folder for outcome in outcomes() if not outcome.passed}
    assert failed == set(tck.NOT_MEANT)


def test_command_counts_levels(tmp_path: Path) -> None:
    (tmp_path / "compliance-level-2").symlink_to(Path(KIT) / "compliance-level-2")
    result = CliRunner().invoke(cli.main, ["feel", "tck", str(tmp_path / "compliance-level-2")])
    assert result.exit_code == 0, result.output
    assert "100.00%  in all" in result.output


def test_command_fails_for_a_surprise(tmp_path: Path) -> None:
    source = Path(KIT) / "compliance-level-2" / "0001-input-data-string"
    copy = tmp_path / "compliance-level-2" / source.name
    copy.mkdir(parents=True)
    for path in source.iterdir():
        text = path.read_text(encoding="utf-8")
        changed = text.replace("Hello", "Bye") if path.suffix == ".xml" else text
        (copy / path.name).write_text(changed, encoding="utf-8")
    result = CliRunner().invoke(cli.main, ["feel", "tck", str(tmp_path)])
    assert result.exit_code == 1
    assert "expected 'Bye" in result.output
