"""What docs/expressions.md says can be asked of the database can, and what it says cannot is refused."""

from __future__ import annotations

import re

import pytest

from formloom import feel
from formloom.metadata import compiler, loader
from formloom.metadata.builtin_types import TYPES
from formloom.storage import query
from tests.conftest import ROOT

SECTION = (ROOT / "docs" / "expressions.md").read_text().partition("## What can be asked")[2].partition("\n## ")[0]
ASKED = [text for row in re.findall(r"^\| \w.* \| (`.*) \|$", SECTION, re.MULTILINE)
         for text in re.findall(r"`([^`]+)`", row)]
REFUSED = re.findall(r"`([^`]+)`", SECTION.partition("These cannot")[2])
CATALOG = compiler.compile(loader.read_pack(ROOT / "config"), TYPES)
CONTRACT = CATALOG.entity("contract")


def refusals(text: str) -> list[object]:
    return list(query.check(feel.compile(text, frozenset((*CONTRACT.fields, "user"))), CONTRACT, CATALOG))


@pytest.mark.parametrize("text", ASKED)
def test_what_can_be_asked_is_rendered(text: str) -> None:
    assert refusals(text) == []


@pytest.mark.parametrize("text", REFUSED)
def test_what_cannot_be_asked_is_refused(text: str) -> None:
    assert refusals(text) != []


def test_page_tells_both() -> None:
    assert len(ASKED) > 15
    assert len(REFUSED) == 4
