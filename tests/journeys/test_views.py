"""A board whose cards are moved, a calendar whose days change, and the designer that makes a board of a list."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.journeys.conftest import SignIn

PIPELINE = "/records/opportunity?view=pipeline"
SLOW = 15_000       # a draft is compiled after each edit


def lane(page: Page, value: str) -> Locator:
    return page.locator(f".fl-lane[data-value={value}]")


def standing(page: Page, card: str) -> str:
    found: str = page.locator(f".fl-kcard[data-id='{card}']").evaluate("e => e.closest('.fl-lane').dataset.value")
    return found


def first(page: Page, value: str) -> str:
    """Id of the first card of a column, once the board is alive."""
    expect(page.locator("#board[data-ready]")).to_be_visible()
    return lane(page, value).locator(".fl-kcard").first.get_attribute("data-id") or ""


def drag(page: Page, card: str, value: str) -> None:
    page.locator(f".fl-kcard[data-id='{card}'] .top").hover()
    page.mouse.down()
    goal = lane(page, value).locator(".fl-lane-cards").bounding_box()
    assert goal
    across = min(80, goal["width"] / 2)
    page.mouse.move(goal["x"] + across, goal["y"] + 40, steps=12)
    there = lane(page, value).locator(f".fl-kcard[data-id='{card}']")
    for nudge in range(40):     # a hand lets go once the column has made room; the browser tells of moves 50 ms late
        page.mouse.move(goal["x"] + across + nudge % 3, goal["y"] + 44)
        page.wait_for_timeout(50)
        if there.count():
            break
    page.mouse.up()


def toast(page: Page, words: str) -> Locator:
    found = page.locator(".fl-toast", has_text=words)
    expect(found).to_be_visible()
    return found


def test_card_is_dragged_and_brought_back(sign_in: SignIn) -> None:
    page = sign_in("sales_manager").open(PIPELINE).page
    card = first(page, "discover")
    number = lane(page, "propose").locator("[data-number]")
    expect(number).not_to_have_text("")
    before = int(number.inner_text())
    drag(page, card, "propose")
    said = toast(page, "方案报价")
    assert standing(page, card) == "propose"
    expect(number).to_have_text(str(before + 1))
    said.get_by_role("button").click()
    toast(page, "已移回")
    assert standing(page, card) == "discover"
    expect(number).to_have_text(str(before))


def test_refused_card_goes_back_with_the_reason(sign_in: SignIn) -> None:
    """Nobody archives a contract that is still a draft."""
    page = sign_in("sales_manager").open("/records/contract?view=board").page
    card = first(page, "draft")
    drag(page, card, "active")
    expect(page.locator(".fl-toast")).to_be_visible()
    assert standing(page, card) == "draft"
    page.reload()
    assert standing(page, card) == "draft"


def test_card_moves_by_keys_alone(sign_in: SignIn) -> None:
    page = sign_in("sales_manager").open(PIPELINE).page
    card = first(page, "propose")
    link = page.locator(f".fl-kcard[data-id='{card}'] a.name")
    link.focus()
    page.keyboard.press("Space")
    page.keyboard.press("ArrowRight")
    expect(page.locator("[data-live]")).to_contain_text("商务谈判")
    page.keyboard.press("Escape")
    assert standing(page, card) == "propose"
    expect(link).to_be_focused()
    page.keyboard.press("Space")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Space")
    toast(page, "商务谈判")
    assert standing(page, card) == "negotiate"
    page.keyboard.press("m")
    menu = page.get_by_role("menu")
    expect(menu.get_by_role("menuitem", name="方案报价")).to_be_visible()
    menu.get_by_role("menuitem", name="方案报价").click()
    toast(page, "方案报价")
    assert standing(page, card) == "propose"


def test_column_that_asks_leads_to_its_question(sign_in: SignIn) -> None:
    page = sign_in("sales_manager").open(PIPELINE).page
    card = first(page, "negotiate")
    drag(page, card, "lost")
    page.wait_for_url(re.compile(rf"/records/opportunity/{card}\?do=lose"))
    dialog = page.locator("dialog[open]")
    dialog.locator("#f-lost_reason").fill("预算取消")
    dialog.locator("button.btn-primary").click()
    page.wait_for_url(re.compile(r"view=pipeline$"))
    expect(page.locator(f".fl-kcard[data-id='{card}']")).to_have_count(0)     # the column of the lost ones is folded
    lane(page, "lost").locator(".fl-lane-fold").click()
    expect(lane(page, "lost").locator(".fl-kcard").first).to_be_visible()


def quiet(page: Page, but: str) -> Locator:
    """The day of this month with the fewest events: on a full one the calendar hides what does not fit."""
    days = page.locator("[data-date].fc-daygrid-day:not(.fc-day-other)")
    counts: list[list[object]] = days.evaluate_all(
        "all => all.map((day, n) => [day.querySelectorAll('[data-event]').length, n, day.dataset.date])")
    return days.nth(int(str(min(one for one in counts[1:-1] if one[2] != but)[1])))


def test_event_is_dragged_to_another_day(sign_in: SignIn) -> None:
    page = sign_in("sales_manager").open("/records/task?view=schedule").page
    event = page.locator(".fc-daygrid-event[data-event]").first
    name = event.get_attribute("data-event")
    day = "e => e.closest('[data-date]').dataset.date"
    from_day = event.evaluate(day)
    box = event.bounding_box()
    cell = quiet(page, from_day)
    goal = cell.bounding_box()
    assert box
    assert goal
    page.mouse.move(box["x"] + 30, box["y"] + 8)
    page.mouse.down()
    page.mouse.move(goal["x"] + 40, goal["y"] + 50, steps=15)
    page.mouse.up()
    to_day = cell.get_attribute("data-date") or ""
    said = toast(page, to_day)
    moved = page.locator(f".fc-daygrid-event[data-event='{name}']")
    assert (moved.evaluate(day), from_day != to_day) == (to_day, True)
    page.reload()
    assert page.locator(f".fc-daygrid-event[data-event='{name}']").evaluate(day) == to_day
    assert said.count() == 0
    page.locator(f".fc-daygrid-event[data-event='{name}']").focus()
    page.keyboard.press("Alt+ArrowRight")
    toast(page, to_day[:-2])
    assert page.locator(f".fc-daygrid-event[data-event='{name}']").evaluate(day) > to_day
    cell.hover()
    cell.locator(".fl-day-new").click()
    page.wait_for_url(re.compile(r"/records/task/new"))
    expect(page.locator("#f-due_date")).to_have_value(to_day)


def test_board_is_designed_and_published(sign_in: SignIn) -> None:
    page = sign_in("admin").open("/design/entities/quote/views").page
    page.get_by_role("button", name="新建视图").click()
    page.locator("[data-name=zh]").fill("报价看板")
    page.locator("[data-name=en]").fill("Quote board")
    page.locator("[data-kind=kanban]").click()
    expect(page.locator("[data-preview] .fl-lane").first).to_be_visible()
    page.get_by_label("卡片上显示: 添加字段…").select_option("account")
    page.get_by_label("每列合计").select_option("total")
    expect(page.locator("[data-preview] .fl-kcard .line").first).to_be_visible()
    expect(page.locator("[data-preview] [data-sums]").first).to_contain_text("¥")
    page.locator("[data-open-filter]").click()
    row = page.locator("[data-conditions] .fl-cond").first
    row.locator("[name=f]").select_option("total")
    row.locator("[name=o]").select_option(">=")
    row.locator("[name=v]").fill("10000")
    expect(page.locator("code.fl-feel")).to_have_text("total >= 10000")
    expect(page.locator("[data-draft-state=saved]")).to_be_visible(timeout=SLOW)
    grip = page.locator("[data-views] [data-key=view] .grip")
    grip.focus()
    page.keyboard.press("ArrowUp")
    order = "es => es.map((e) => e.dataset.key)"
    rows = page.locator("[data-views] > li")
    assert rows.evaluate_all(order)[-1] != "view"
    expect(page.locator("[data-draft-state=saved]")).to_be_visible(timeout=SLOW)
    page.locator("[data-draft=undo]").click()
    expect(rows.last).to_have_attribute("data-key", "view", timeout=SLOW)
    page.locator("[data-draft=review]").click()
    page.wait_for_url(re.compile(r"/changes/\d+"))
    page.locator("button[data-dialog=publishing]").click()
    with page.expect_navigation():
        page.locator("form[action$='/publish'] button.btn-primary").click()
    page.goto("/records/quote?view=view")
    expect(page.locator("#board .fl-kcard").first).to_be_visible()
    expect(page.locator("#views [aria-current=true]")).to_have_text("报价看板")


@pytest.mark.parametrize("dark", [False, True])
def test_boards_and_calendars_fit_a_phone(sign_in: SignIn, dark: bool) -> None:
    person = sign_in("sales_manager", width=390, height=844, dark=dark)
    for address, marker in ((PIPELINE, ".fl-kcard"), ("/records/task?view=schedule", ".fc-list-event, .fc-event")):
        page = person.open(address).page
        expect(page.locator(marker).first).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
    person.shot(f"board-phone-{'dark' if dark else 'light'}")
