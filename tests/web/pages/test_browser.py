"""What only a browser can show: scripts that join two windows, and how wide words stand."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, expect
from werkzeug.serving import make_server

from .conftest import PASSWORD


@pytest.fixture(scope="module")
def address(mini_app: Flask) -> Iterator[str]:
    server = make_server("127.0.0.1", 0, mini_app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def rita(browser: Browser, address: str) -> Iterator[Page]:
    context = browser.new_context(base_url=address, locale="en-GB")
    page = context.new_page()
    page.goto("/login/")
    page.fill("[name=username]", "rita")
    page.fill("[name=password]", PASSWORD)
    page.press("[name=password]", "Enter")
    page.wait_for_url(lambda url: "/login" not in url)
    yield page
    context.close()


def test_new_record_lands_in_its_field(rita: Page) -> None:
    rita.goto("/records/deal/new")
    rita.fill("#f-name", "Big deal")
    rita.fill("#f-customer", "Hinge Works")
    with rita.context.expect_page() as opened:
        rita.click(".fl-offers .make a")
    other = opened.value
    other.wait_for_load_state()
    assert other.input_value("#f-name") == "Hinge Works"
    with other.expect_event("close"):
        other.click("[data-save]")
    expect(rita.locator("[name=customer]")).not_to_have_value("")
    assert rita.input_value("#f-customer") == "Hinge Works"
    assert rita.input_value("#f-name") == "Big deal"
    rita.click("[data-save]")
    rita.wait_for_url("**/records/deal/*")
    assert rita.inner_text("h1") == "Big deal"
    assert rita.locator("a", has_text="Hinge Works").count() >= 1


def test_empty_timeline_stands_on_one_line(rita: Page, deals: list[int]) -> None:
    rita.goto(f"/records/deal/{deals[0]}")
    words = '<li class="fl-quiet muted sm">Nothing has happened yet.</li>'      # a record always has a first event
    rita.evaluate("words => { document.querySelector('.fl-line').innerHTML = words; }", words)
    box = rita.locator(".fl-line > .fl-quiet").bounding_box()
    assert box is not None
    assert box["height"] < 2 * 20 + 24
    assert box["width"] > 200
