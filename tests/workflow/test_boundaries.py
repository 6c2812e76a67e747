"""Third-party engines stay behind one door each."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

PLATFORM = Path(__file__).parents[2] / "platform"


def importers(package: str) -> set[str]:
    found = set()
    for file in PLATFORM.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            names = [a.name for a in node.names] if isinstance(node, ast.Import) else (
                [node.module or ""] if isinstance(node, ast.ImportFrom) else [])
            if any(name.split(".")[0] == package for name in names):
                found.add(file.relative_to(PLATFORM).as_posix())
    return found


def test_only_the_engine_knows_spiffworkflow() -> None:
    assert {name.rpartition("/")[0] for name in importers("SpiffWorkflow")} == {"workflow/engine"}


@pytest.mark.parametrize("package", ["marshal", "shelve", "dill"])
def test_nothing_is_marshalled(package: str) -> None:
    assert importers(package) == set()


def test_only_the_sealed_catalog_is_pickled() -> None:
    assert importers("pickle") == {"metadata/kept.py"}


def test_only_the_wake_up_knows_huey() -> None:
    assert importers("huey") == {"wakeup.py"}
