"""People at their browsers, before one demo installation that all journeys share."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, ConsoleMessage

from tests.cli.conftest import ROOT, Server
from tests.journeys.person import Person

SignIn = Callable[..., Person]


@pytest.fixture(scope="session")
def crm(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The CRM pack in a folder of its own, where a test may add to it."""
    return Path(shutil.copytree(ROOT / "config", tmp_path_factory.mktemp("pack") / "config"))


@pytest.fixture(scope="session")
def demo(crm: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    server = Server(tmp_path_factory.mktemp("journeys"), crm, {"FORMLOOM_WEBHOOK_ALLOW": "127.0.0.1"})
    assert server.ready(), "".join(server.lines)
    yield server
    assert server.stop() == 0


@pytest.fixture
def sign_in(browser: Browser, demo: Server) -> Iterator[SignIn]:
    """Opens a browser window of its own for a person; errors of any script fail the test."""
    wrong: list[str] = []
    windows = []

    def heard(message: ConsoleMessage) -> None:
        # What the server refuses is told as a failed page, too; that is no error of a script.
        if message.type == "error" and not any(code in message.text for code in ("403", "409", "422")):
            wrong.append(f"{message.location.get('url')}: {message.text}")

    def enter(username: str, locale: str = "zh-CN", width: int = 1440, height: int = 900, dark: bool = False) -> Person:
        window = browser.new_context(
            base_url=f"http://127.0.0.1:{demo.port}", locale=locale, viewport={"width": width, "height": height},
            color_scheme="dark" if dark else "light", timezone_id="Asia/Shanghai", reduced_motion="reduce")
        windows.append(window)
        page = window.new_page()
        page.set_default_timeout(15_000)
        page.on("console", heard)
        page.on("pageerror", lambda error: wrong.append(f"{page.url}: {error.stack}"))
        return Person(page).sign_in(username)

    yield enter
    for window in windows:
        window.close()
    assert wrong == []
