from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from formloom.cli import main

ROOT = Path(__file__).parents[2]

Run = Callable[..., Result]


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
