"""What a person does on the pages, by the words and places a person goes by."""

from __future__ import annotations

import os
import re
from pathlib import Path

from playwright.sync_api import Locator, Page, expect

PASSWORD = "formloom-demo"
IMAGES = Path(__file__).parents[2] / "docs" / "images"


class Person:
    def __init__(self, page: Page) -> None:
        self.page = page

    def sign_in(self, username: str) -> Person:
        self.open("/login/")
        self.page.fill("input[name=username]", username)
        self.page.fill("input[name=password]", PASSWORD)
        self.page.press("input[name=password]", "Enter")
        expect(self.page.locator("main")).to_be_visible()
        return self

    def open(self, path: str) -> Person:
        self.page.goto(path)
        return self

    def speak(self, language: str) -> None:
        """Chooses the language of the pages, as on the profile page."""
        self.open("/profile")
        self.page.select_option("#locale", language)
        with self.page.expect_navigation():
            self.page.locator("form[action='/preferences'] button.btn-primary").click()
        expect(self.page.locator("html")).to_have_attribute("lang", re.compile(f"^{language}"))

    def field(self, name: str) -> Locator:
        return self.page.locator(f"[data-for={name}]")

    def type(self, name: str, text: str) -> None:
        self.page.locator(f"#f-{name}").fill(text)

    def pick(self, name: str, words: str) -> None:
        """Finds a record by a few letters and takes the first offer."""
        box = self.page.locator(f"#f-{name}")
        box.click()
        box.press_sequentially(words, delay=20)
        self.page.get_by_role("option").filter(has_text=words).first.click()
        expect(self.field(name).locator("[data-picked]")).not_to_have_value("")

    def press(self, words: str) -> None:
        self.page.get_by_role("button", name=words).first.click()

    def agree(self) -> None:
        """To what was asked once more before it cannot be taken back."""
        with self.page.expect_navigation():
            self.page.locator("#sure [value=yes]").click()

    def save(self) -> int:
        """The id of the record that was saved."""
        self.page.locator("[data-save]").click()
        self.page.wait_for_url(re.compile(r"/records/\w+/\d+$"))
        return int(self.page.url.rsplit("/", 1)[1])

    def open_task(self, about: str) -> None:
        """From the inbox, whether the task is this person's or offered to several."""
        self.open("/inbox")
        for box in ("mine", "offered"):
            self.open(f"/inbox?box={box}")
            task = self.page.locator("#inbox .fl-task", has_text=about)
            if task.count():
                with self.page.expect_response(lambda answer: "/inbox/" in answer.url):
                    task.first.click()
                expect(self.page.locator(".htmx-request, .htmx-swapping, .htmx-settling")).to_have_count(0)
                expect(self.page.locator("#work h1")).to_contain_text(about)
                return
        raise AssertionError(f"no task about {about}")

    def decide(self, about: str, outcome: str, comment: str = "") -> None:
        self.open_task(about)
        self.page.locator("#f-comment").fill(comment)
        with self.page.expect_navigation():
            self.page.locator(f"button[name=outcome][value={outcome}]").click()

    def eventually(self, path: str, words: str, seconds: int = 40) -> None:
        """Looks at a page again and again, as somebody who waits for the background worker does."""
        for _ in range(seconds):
            self.open(path)
            if words in self.page.locator("main").inner_text():
                return
            self.page.wait_for_timeout(1000)
        raise AssertionError(f"{words} did not appear at {path}: {self.page.locator('main').inner_text()}")

    def shot(self, name: str) -> None:
        """Keeps a picture for the documentation when pictures are asked for."""
        if os.environ.get("FORMLOOM_SCREENSHOTS"):
            self.page.wait_for_load_state("networkidle")
            IMAGES.mkdir(parents=True, exist_ok=True)
            self.page.screenshot(path=IMAGES / f"{name}.png")


def drag(page: Page, what: Locator, to: Locator, across: int = 20) -> None:
    """As a hand does: slowly enough that things make room."""
    (start, end) = (what.bounding_box(), to.bounding_box())
    assert start
    assert end
    page.mouse.move(start["x"] + across, start["y"] + start["height"] / 2)
    page.mouse.down()
    for part in range(1, 11):
        page.mouse.move(start["x"] + across + (end["x"] + 40 - start["x"]) * part / 10,
                        start["y"] + 10 + (end["y"] + 12 - start["y"]) * part / 10)
        page.wait_for_timeout(30)
    page.mouse.up()
