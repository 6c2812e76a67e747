"""A person's language reaches every word of a page, and the keyboard is seen wherever it goes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest
import yaml
from babel.messages.pofile import read_po
from playwright.sync_api import Page, expect

from tests.cli.conftest import ROOT
from tests.journeys.conftest import SignIn
from tests.journeys.person import Person

PAGES = {
    "home": "/", "list": "/records/contract", "board": "/records/contract?view=board",
    "calendar": "/records/task?view=schedule",
    "record": "/records/contract/1", "form": "/records/quote/new", "inbox": "/inbox?box=offered",
    "profile": "/profile", "notifications": "/notifications",
}
SIZES = {"desk": (1440, 900), "phone": (390, 844)}
PO = ROOT / "platform" / "web" / "translations" / "zh" / "LC_MESSAGES" / "messages.po"
TAB_STOPS = 8
FEWEST_STOPS = 5
UNFILLED = re.compile(r"%\(\w+\)s|\{\w+\}|^None$|^Undefined$")

SAID = """() => {
  const said = new Set(), walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode())
    if (!node.parentElement.closest("script, style, template, kbd, [lang]:not(html)")) said.add(node.data.trim());
  for (const one of document.querySelectorAll("[aria-label], [title], [placeholder]"))
    for (const name of ["aria-label", "title", "placeholder"]) said.add((one.getAttribute(name) ?? "").trim());
  return [...said].filter(Boolean);
}"""
# What the person sees of the focused element that is not there without focus.
FOCUS = """() => {
  const one = document.activeElement, look = () => { const s = getComputedStyle(one);
    return [s.outlineStyle === "none" ? "" : s.outlineWidth + s.outlineColor, s.boxShadow, s.borderColor].join("|"); };
  const box = one.getBoundingClientRect(), focused = look();
  one.blur();
  const plain = look();
  one.focus();
  return { name: one.outerHTML.slice(0, 120), body: one === document.body, marked: focused !== plain,
           inside: box.width > 0 && box.height > 0 && box.right > 0 && box.bottom > 0
                   && box.left < innerWidth && box.top < innerHeight };
}"""


def _labels(node: Any) -> Iterator[tuple[str, str]]:
    """Words of the pack in both languages."""
    if isinstance(node, dict):
        if {"en", "zh"} <= node.keys():
            yield str(node["en"]), str(node["zh"])
        else:
            for value in node.values():
                yield from _labels(value)
    elif isinstance(node, list):
        for value in node:
            yield from _labels(value)


@cache
def _words() -> tuple[frozenset[str], frozenset[str]]:
    """What only a page in English says, and what only a page in Chinese says."""
    with PO.open("rb") as file:
        pairs = {(str(m.id), str(m.string)) for m in read_po(file) if isinstance(m.id, str) and m.id and m.string}
    for folder in ("entities", "roles", "workspaces"):
        for path in (ROOT / "config" / folder).glob("*.yaml"):
            pairs |= set(_labels(yaml.safe_load(path.read_text(encoding="utf-8"))))
    english, chinese = {en for en, _ in pairs}, {zh for _, zh in pairs}
    return frozenset(english - chinese), frozenset(chinese - english)


def _speak(person: Person, locale: str) -> None:
    """Chooses the language the way a person does: in the menu under the own picture."""
    person.open("/")
    menu = person.page.locator("details.fl-menu", has=person.page.locator("button[name=locale]"))
    menu.locator("summary").click()
    with person.page.expect_navigation():
        menu.locator(f"button[name=locale][value={locale}]").click()
    expect(person.page.locator("html")).to_have_attribute("lang", "zh-CN" if locale == "zh" else "en")


def _tab(page: Page) -> list[dict[str, Any]]:
    """The first stops; fewer only where the page ends and the keyboard leaves it."""
    stops = []
    for _ in range(TAB_STOPS):
        page.keyboard.press("Tab")
        stop = page.evaluate(FOCUS)
        if stop["body"]:
            break
        stops.append(stop)
    return stops


@pytest.mark.parametrize("locale", ["zh", "en"])
@pytest.mark.parametrize("size", SIZES)
def test_pages_speak_one_language(sign_in: SignIn, size: str, locale: str) -> None:
    width, height = SIZES[size]
    person = sign_in("director", width=width, height=height)
    foreign = _words()[1 if locale == "en" else 0]
    try:
        _speak(person, locale)
        for name, path in PAGES.items():
            person.open(path)
            person.page.wait_for_load_state("networkidle")
            said = set(person.page.evaluate(SAID))
            assert len(said) > 10, f"{name} says too little to judge: {said}"
            assert said & foreign == set(), name
            assert [words for words in said if UNFILLED.search(words)] == [], name
    finally:
        _speak(person, "zh")


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("size", SIZES)
def test_keyboard_focus_is_seen(sign_in: SignIn, size: str, dark: bool) -> None:
    width, height = SIZES[size]
    person = sign_in("director", width=width, height=height, dark=dark)
    for name, path in PAGES.items():
        person.open(path)
        person.page.wait_for_load_state("networkidle")
        stops = _tab(person.page)
        assert len(stops) >= FEWEST_STOPS, f"{name}: the keyboard is nowhere after {stops}"
        for stop in stops:
            assert stop["inside"], f"{name}: {stop['name']} is out of sight"
            assert stop["marked"], f"{name}: {stop['name']} looks the same with focus"
