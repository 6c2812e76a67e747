"""Every kind of page at a desk and on a phone, by day and by night, in both languages."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.journeys.conftest import SignIn

PAGES = {
    "home": "/", "list": "/records/contract", "board": "/records/opportunity?view=pipeline",
    "calendar": "/records/task?view=schedule",
    "record": "/records/contract/1", "form": "/records/quote/new", "inbox": "/inbox",
    "profile": "/profile", "notifications": "/notifications", "search": "/search?q=a",
}
KEPT = frozenset({
    "home-desk-zh", "list-desk-zh", "record-desk-en", "board-desk-en-dark", "inbox-desk-zh", "form-desk-zh",
    "list-phone-zh", "record-phone-en", "inbox-phone-zh-dark",
})
SIZES = {"desk": (1440, 900), "phone": (390, 844)}


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("size", SIZES)
def test_pages_fit_their_window(sign_in: SignIn, size: str, language: str, dark: bool) -> None:
    width, height = SIZES[size]
    person = sign_in("sales_manager", width=width, height=height, dark=dark)
    person.speak(language)
    for name, path in PAGES.items():
        person.open(path)
        expect(person.page.locator("h1, .fl-inbox").first).to_be_attached()
        across = person.page.evaluate("document.scrollingElement.scrollWidth")
        assert across <= width, f"{name} is {across} px wide"
        picture = "-".join((name, size, language, *(["dark"] if dark else [])))
        if picture in KEPT:
            person.shot(picture)
    person.speak("zh")


WHOLE = """() => {
    const menu = [...document.querySelectorAll(".fl-bar details[open] .fl-menu-body")].pop().getBoundingClientRect();
    const inside = (x, y) => document.elementFromPoint(x, y)?.closest(".fl-menu-body") !== null;
    return menu.left >= 0 && menu.right <= innerWidth
        && inside(menu.left + 8, menu.top + 8) && inside(menu.right - 8, menu.top + menu.height / 2); }"""


@pytest.mark.parametrize("path", [
    "/inbox", "/design/entities/contract", "/design/roles", "/workflows/contract_approval"])
def test_menus_open_whole_on_a_phone(sign_in: SignIn, path: str) -> None:
    person = sign_in("sales_manager" if path == "/inbox" else "admin", width=390, height=844)
    person.open(path)
    if path.startswith(("/design/", "/workflows/")):
        expect(person.page.locator("main[data-ready]")).to_be_attached()
    for menu in person.page.locator(".fl-bar > details.fl-menu > summary:visible").all():
        menu.click()
        assert person.page.evaluate(WHOLE), path
        menu.click()


def test_record_offers_to_be_edited(sign_in: SignIn) -> None:
    person = sign_in("sales1")
    person.open("/records/account")
    person.page.locator("tbody a.name, tbody .name a, tbody a").first.click()
    person.page.get_by_role("link", name="编辑").first.click()
    person.page.wait_for_url("**/edit")


def test_keyboard_reaches_the_work_first(sign_in: SignIn) -> None:
    person = sign_in("sales1")
    person.open("/records/contract")
    person.page.keyboard.press("Tab")
    skip = person.page.locator(":focus")
    expect(skip).to_be_visible()
    expect(skip).to_have_attribute("href", re.compile("#"))
    person.page.keyboard.press("n")
    person.page.wait_for_url("**/records/contract/new")
    expect(person.page.locator("#f-name")).to_be_focused()
