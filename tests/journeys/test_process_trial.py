"""An administrator tries a process with a real contract and simulates a draft; nobody notices, for nothing happens."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import expect

from tests.cli.conftest import Server
from tests.journeys.conftest import SignIn

TEST, SIMULATE = "/processes/contract_approval/test", "/processes/contract_approval/simulate"


def unread(demo: Server, username: str) -> int:
    return len(demo.ask("/api/v1/tasks?box=open", token=demo.token(username))["items"])


def test_contract_is_tried_to_the_end(sign_in: SignIn, demo: Server) -> None:
    before = unread(demo, "sales_manager")
    admin = sign_in("admin")
    admin.speak("zh")
    page = admin.open(TEST).page
    page.select_option("#record", index=1)
    with page.expect_navigation():
        admin.press("开始试运行")
    expect(page.locator(".fl-trial-task").first).to_contain_text("销售经理审批")
    expect(page.locator(".djs-element.is-now").first).to_be_visible()
    admin.shot("test-run-desk-zh")
    with page.expect_navigation():
        page.locator(".fl-trial-clock button", has_text="往后拨").click()
    with page.expect_navigation():
        page.locator("button[value^='complete:'][value$=':approve']").first.click()
    with page.expect_navigation():
        admin.press("退一步")
    expect(page.locator(".fl-trial-task").first).to_contain_text("销售经理审批")
    with page.expect_navigation():
        admin.press("运行到底")
    expect(page.locator("main")).to_contain_text("本来会对外发生什么")
    expect(page.locator(".fl-trial-list li").first).to_contain_text("通知")
    assert unread(demo, "sales_manager") == before


def test_draft_is_simulated_on_a_phone(sign_in: SignIn, crm: Path) -> None:
    admin = sign_in("admin", width=390, height=844)
    admin.speak("zh")
    page = admin.open(SIMULATE).page
    page.set_input_files("#draft", crm / "workflows" / "contract_approval.bpmn")
    page.select_option("#versions", "all")
    with page.expect_navigation():
        admin.press("开始模拟")
    expect(page.locator(".fl-sim-kpi").first).to_contain_text("和现在一样")
    expect(page.locator(".fl-sim-count").first).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert page.locator("#main").evaluate("main => main.scrollWidth <= main.clientWidth")
    admin.shot("simulation-phone-zh")
