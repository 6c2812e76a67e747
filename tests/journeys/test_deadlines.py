"""Time passes: a ticket nobody answered, a customer nobody called."""

from __future__ import annotations

from datetime import date, timedelta

from playwright.sync_api import expect

from tests.cli.conftest import Server
from tests.journeys.conftest import SignIn


def test_breached_ticket_is_escalated(sign_in: SignIn, demo: Server) -> None:
    agent, subject = sign_in("agent1"), "设备停机，急需支持"
    agent.open("/records/ticket/new")
    agent.type("subject", subject)
    agent.pick("account", "武汉")
    agent.page.select_option("#f-category", "fault")
    ticket = agent.save()
    expect(agent.page.locator("main")).to_contain_text("计时中")

    demo.command("clock", "advance", "PT25H")
    agent.eventually(f"/records/ticket/{ticket}", "已超时")
    expect(agent.page.locator("#timeline")).to_contain_text("优先级")
    agent.shot("ticket-breached")
    manager = sign_in("service_manager")
    manager.eventually("/notifications", subject)

    agent.open_task(subject)
    agent.type("response", "工程师两小时内到场。")
    with agent.page.expect_navigation():
        agent.page.locator("button[name=outcome][value=responded]").click()
    agent.eventually(f"/records/ticket/{ticket}", "处理中")


def test_neglected_customer_reaches_the_manager(sign_in: SignIn, demo: Server) -> None:
    sales, company = sign_in("sales1"), "无人问津精密有限公司"
    sales.open("/records/account/new")
    sales.type("name", "钱多多")
    sales.type("company", company)
    sales.field("type").get_by_text("潜在客户").click()
    number = sales.save()
    done = sales.page.request.patch(
        f"/api/v1/records/account/{number}",
        data={"last_interaction": (date.today() - timedelta(days=8)).isoformat()},
        headers={"Authorization": f"Bearer {demo.token('admin')}"})
    assert done.ok, done.text()

    demo.command("clock", "advance", "PT2H")
    sales.eventually("/inbox?box=mine", company)
    demo.command("clock", "advance", "P3D")
    manager = sign_in("sales_manager")
    manager.eventually("/inbox?box=mine", company)
    manager.open_task(company)
    expect(manager.page.locator("#work")).to_contain_text("经理跟进")
    with manager.page.expect_navigation():
        manager.page.locator("button[name=outcome][value=contacted]").click()
    sales.open("/inbox?box=mine")
    expect(sales.page.locator("#inbox")).not_to_contain_text(company)
