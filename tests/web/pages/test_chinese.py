"""Pages in Chinese say nothing in English: words in text and attributes, apart from data."""

from __future__ import annotations

import re

import pytest
from lxml import html

from .conftest import SignIn

SAID = ("title", "placeholder", "aria-label", "alt")
# Keys, the product, the language that one may change to, FEEL, and what the people and roles here are called.
DATA = re.compile(
    r"Formloom|English|Ctrl|Shift|Esc|Enter|FEEL|UTC|[A-Z]\w+/[\w/+-]+|\S+@\S+|\b(?:Ada|Meg|ada|meg|System|true|https?)\b"
    r"|administrator|director|finance|legal|public|sales_manager|sales|\d{4}-\d\d-\d\d\S*|amount > 10000 .*")


def _words(page: str) -> set[str]:
    tree = html.fromstring(page)
    for hidden in tree.xpath("//script | //style | //template | //kbd | //input[@type='hidden']"):
        hidden.drop_tree()
    said = [*tree.itertext(), *(e.get(a, "") for e in tree.iter("*") for a in SAID if e.tag != "option")]
    return {text.strip() for text in said if re.search(r"[A-Za-z]{3,}", DATA.sub("", text))}


# Flask-AppBuilder's many-choices field; pyproject.toml keeps WTForms below the version that removes it.
@pytest.mark.filterwarnings("ignore:Yielding raw tuples:DeprecationWarning")
@pytest.mark.parametrize("address", [
    "/", "/inbox", "/inbox?box=done", "/profile", "/notifications", "/search?q=x", "/nowhere", "/resetmypassword/form",
    "/users/list/", "/users/add", "/users/show/1", "/roles/list/", "/groups/list/", "/groups/add"])
def test_page_speaks_only_chinese(approval_sign_in: SignIn, address: str) -> None:
    page = approval_sign_in("ada").get(f"{address}{'&' if '?' in address else '?'}_l_=zh")
    assert max(page.text) >= "一"
    contracts = {"Contracts", "Contract", "Payment", "Administrator"}       # this pack has no Chinese for them
    assert _words(page.text) - contracts == set()
