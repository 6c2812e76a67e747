"""An administrator publishes a changed process and moves what runs; then looks at where processes wait."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.cli.conftest import Server
from tests.journeys.person import IMAGES, Person

SignIn = Callable[..., Person]
KEY = "contract_approval"


@pytest.fixture(scope="module")
def renamed(demo: Server, crm: Path) -> str:
    """The first review of contracts has another id since what runs was started."""
    drawing = next(crm.glob(f"workflows/{KEY}.bpmn"))
    before = drawing.read_text(encoding="utf-8")
    drawing.write_text(before.replace("manager_review", "manager_check"), encoding="utf-8")
    demo.command("apply", str(crm), "--yes")
    return before


def _keep(person: Person, name: str) -> None:
    if os.environ.get("FORMLOOM_IMAGES"):
        person.page.wait_for_timeout(600)
        person.page.screenshot(path=IMAGES / f"{name}.png")


def test_running_processes_move_and_come_back(sign_in: SignIn, renamed: str) -> None:
    admin = sign_in("admin", locale="en-US").open(f"/monitoring/{KEY}/migrate")
    page = admin.page
    expect(page.get_by_role("heading", name="Steps that are gone")).to_be_visible()
    expect(page.get_by_role("combobox", name="Manager")).to_have_value("manager_check")
    _keep(admin, "migration-desk-en")
    page.get_by_role("button", name="Look again").click()
    page.get_by_role("button", name="Move", exact=False).last.click()
    expect(page.get_by_text("moved.")).to_be_visible()
    _keep(admin, "migration-done-desk-en")
    page.get_by_role("button", name="Undo").first.click()
    expect(page.get_by_text("back on the earlier version").first).to_be_attached()
    expect(page.get_by_role("link", name="Move", exact=True)).to_be_visible()


def test_map_shows_where_processes_wait(sign_in: SignIn, renamed: str) -> None:
    admin = sign_in("admin", locale="en-US").open("/monitoring")
    page = admin.page
    _keep(admin, "monitoring-desk-en")
    page.locator(f"a[href^='/monitoring/{KEY}']").first.click()
    page.get_by_label("Version").select_option(index=2)
    page.get_by_label("Show").select_option("count")
    expect(page.locator(".fl-heat-count").first).to_be_visible()
    expect(page.locator(".djs-element[class*=heat-]").first).to_be_attached()
    expect(page.get_by_role("row", name="Manager").first).to_be_visible()
    _keep(admin, "heat-desk-en")


@pytest.mark.skipif(not os.environ.get("FORMLOOM_IMAGES"), reason="takes pictures only")
def test_pages_in_other_sizes(sign_in: SignIn, renamed: str) -> None:
    for name, how in {"phone-zh": {"width": 390, "height": 844}, "dark-zh": {"dark": True}}.items():
        admin = sign_in("admin", **how)     # type: ignore[arg-type]  # sizes and a flag
        for path, what in {"/monitoring": "monitoring", f"/monitoring/{KEY}": "heat",
                           f"/monitoring/{KEY}/migrate": "migration", "/processes/1": "instance"}.items():
            admin.open(path)
            _keep(admin, f"{what}-{name}")
