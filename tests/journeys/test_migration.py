"""An administrator publishes a changed process and moves what runs; then looks at where processes wait."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.cli.conftest import Server
from tests.journeys.person import Person

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


def test_running_processes_move_and_come_back(sign_in: SignIn, renamed: str) -> None:
    admin = sign_in("admin").open(f"/monitoring/{KEY}/migrate")
    page = admin.page
    expect(page.get_by_role("heading", name="已经没有的步骤")).to_be_visible()
    expect(page.get_by_role("combobox", name="销售经理审批")).to_have_value("manager_check")
    admin.shot("migration-desk-zh")
    page.get_by_role("button", name="重新查看").click()
    page.get_by_role("button", name=re.compile(r"^迁移 \d+ 个$")).click()
    expect(page.get_by_text("已迁移 ", exact=False).first).to_be_visible()
    admin.shot("migration-done-desk-zh")
    page.get_by_role("button", name="撤销").first.click()
    expect(page.get_by_role("link", name="迁移", exact=True)).to_be_visible()


def test_map_shows_where_processes_wait(sign_in: SignIn, renamed: str) -> None:
    admin = sign_in("admin").open("/monitoring")
    page = admin.page
    admin.shot("monitoring-desk-zh")
    page.locator(f"a[href^='/monitoring/{KEY}']").first.click()
    page.get_by_label("版本").select_option(index=2)
    page.get_by_label("查看").select_option("now")
    expect(page.locator(".fl-heat-count").first).to_be_visible()
    expect(page.locator(".djs-element[class*=heat-]").first).to_be_attached()
    expect(page.get_by_role("row", name="销售经理审批").first).to_be_visible()
    admin.shot("heat-desk-zh")


def test_pages_fit_phone_and_dark(sign_in: SignIn, renamed: str) -> None:
    for size, how in {"phone-zh": {"width": 390, "height": 844}, "desk-zh-dark": {"dark": True}}.items():
        admin = sign_in("admin", **how)     # type: ignore[arg-type]  # sizes and a flag
        for path, what in {"/monitoring": "monitoring", f"/monitoring/{KEY}?measure=now": "heat",
                           f"/monitoring/{KEY}/migrate": "migration", "/processes/1": "instance"}.items():
            admin.open(path).shot(f"{what}-{size}")
            assert admin.page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"{what}-{size}"
