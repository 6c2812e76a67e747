"""A sales manager looks at the numbers and follows one to its records; an administrator adds a card to them."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.journeys.conftest import SignIn

SLOW = 15_000       # a draft is compiled after each edit
CHART = "[data-chart][data-drawn]"


def drawn(page: Page) -> None:
    """Every card was told, and every chart drawn."""
    expect(page.locator(".fl-dash .fl-skeleton")).to_have_count(0, timeout=SLOW)
    expect(page.locator(".fl-dash [data-chart]:not([data-drawn])")).to_have_count(0, timeout=SLOW)


def card(page: Page, words: str) -> Locator:
    return page.locator(f".fl-dash article[aria-label='{words}']")


def test_manager_follows_a_number_to_its_records(sign_in: SignIn) -> None:
    manager = sign_in("sales_manager")
    page = manager.open("/dashboards/sales").page
    drawn(page)
    expect(page.locator(".fl-dash article")).to_have_count(8)
    expect(page.locator(CHART)).to_have_count(2)
    expect(card(page, "签约金额")).to_contain_text("¥")
    manager.shot("dashboard-sales-zh")
    stage = card(page, "商机漏斗").locator("li", has_text="商务谈判")
    count = stage.locator("b").inner_text()
    stage.locator("a").click()
    page.wait_for_url(re.compile(r"/records/opportunity\?filter="))
    expect(page.locator("main [hx-get*='/count']")).to_contain_text(count)
    page.go_back()
    drawn(page)
    page.locator("select[name=period]").select_option("last_quarter")
    page.wait_for_url(re.compile("period=last_quarter"))
    drawn(page)
    expect(card(page, "签约金额")).to_contain_text("比再上个季度")
    page.locator("select[name=whose]").select_option("mine")
    page.wait_for_url(re.compile("whose=mine"))
    drawn(page)
    expect(card(page, "在谈金额（按负责人）").locator("li")).to_have_count(1)


def test_point_of_a_chart_leads_to_its_list(sign_in: SignIn) -> None:
    page = sign_in("sales_manager").open("/dashboards/sales?period=this_quarter").page
    drawn(page)
    box = card(page, "线索来源").locator(CHART).bounding_box()
    assert box
    page.mouse.click(box["x"] + box["width"] * 0.2, box["y"] + box["height"] * 0.7)
    page.wait_for_url(re.compile(r"/records/lead\?filter="))
    expect(page.locator(".fl-chip").first).to_be_visible()


def test_agent_sees_only_service(sign_in: SignIn) -> None:
    page = sign_in("agent1").open("/").page
    side = page.locator("#side")
    expect(side).to_contain_text("服务看板")
    expect(side).not_to_contain_text("销售看板")
    page.goto("/dashboards/sales")
    expect(page.locator("main")).to_contain_text("这里没有您能看的内容")


@pytest.mark.parametrize(("locale", "width", "dark", "name"), [
    ("en-GB", 1440, True, "dashboard-service-en-dark"), ("zh-CN", 390, False, "dashboard-phone-zh")])
def test_dashboard_fits_every_screen(sign_in: SignIn, locale: str, width: int, dark: bool, name: str) -> None:
    person = sign_in("service_manager", locale=locale, width=width, height=900 if width > 400 else 844, dark=dark)
    person.speak(locale[:2])
    page = person.open("/dashboards/service").page
    drawn(page)
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wide == 0
    person.shot(name)
    person.speak("zh")


def test_administrator_adds_a_card(sign_in: SignIn) -> None:
    admin = sign_in("admin")
    page = admin.open("/design/dashboards/service").page
    expect(page.locator("main[data-ready]")).to_be_visible()
    panel, cards = page.locator("[data-panel]"), page.locator("[data-cards] > li")
    expect(cards).to_have_count(8)
    page.locator("[data-new-card]").click()
    expect(cards).to_have_count(9)
    panel.get_by_label("中文名称").fill("各渠道满意度")
    panel.get_by_label("英文名称").fill("Satisfaction by channel")
    page.keyboard.press("Tab")
    expect(panel.get_by_label("图形")).to_be_focused()
    expect(panel.get_by_label("英文名称")).to_have_value("Satisfaction by channel")
    panel.get_by_label("图形").select_option("bar")
    panel.get_by_label("度量").select_option("average")
    panel.get_by_label("字段", exact=True).select_option("satisfaction")
    panel.get_by_label("按什么分组").select_option("channel")
    panel.get_by_role("button", name="加一条").click()
    mine = page.locator("[data-preview] article.on")
    expect(mine).to_contain_text("各渠道满意度", timeout=SLOW)
    expect(mine.locator("li b").first).to_have_text(re.compile(r"^\d(\.\d+)?$"), timeout=SLOW)
    page.locator("[data-cards] [data-key=card] .grip").focus()
    page.keyboard.press("ArrowUp")
    expect(cards.nth(7)).to_contain_text("各渠道满意度")
    expect(page.locator("[data-draft-state=saved]")).to_be_visible(timeout=SLOW)
    admin.shot("dashboard-designer-zh")
    page.goto("/changes/current")
    expect(page.locator("main")).to_contain_text("服务看板")
    page.get_by_role("button", name="发布", exact=True).click()
    page.get_by_label("为什么").fill("看各渠道的满意度")
    page.get_by_role("dialog").get_by_role("button", name="发布", exact=True).click()
    expect(page.locator(".fl-toast")).to_contain_text("已发布")
    agent = sign_in("service_manager").open("/dashboards/service").page
    drawn(agent)
    expect(card(agent, "各渠道满意度").locator("li").first).to_be_visible()
