"""The packs that ship: clean on their own terms, and together."""

from __future__ import annotations

from pathlib import Path

import pytest

from formloom.metadata import compiler, loader
from formloom.metadata.builtin_types import TYPES
from formloom.metadata.sources import Source

ROOT = Path(__file__).parents[2]


def sources(*folders: str) -> list[Source]:
    return [source for folder in folders for source in loader.read_pack(ROOT / folder)]


@pytest.mark.parametrize("folders", [
    ["packs/leave"], ["config", "packs/law_firm"], ["config", "packs/law_firm", "packs/leave"]])
def test_shipped_packs_have_no_problems(folders: list[str]) -> None:
    assert [str(p) for p in compiler.check(sources(*folders), TYPES)] == []


def test_overlay_changes_only_what_it_says() -> None:
    before = compiler.compile(sources("config"), TYPES).entity("contract")
    after = compiler.compile(sources("config", "packs/law_firm"), TYPES).entity("contract")
    assert after.label["en"] == "Engagement"
    assert [name for name in after.fields if name not in before.fields] == ["case_type", "fee_kind"]
    assert {c.value for c in after.fields["type"].choices} == {c.value for c in before.fields["type"].choices}
    assert set(before.actions) == set(after.actions)


def test_overlay_adds_its_cards() -> None:
    before, after = (compiler.compile(sources(*folders), TYPES).dashboards["sales"]
                     for folders in (["config"], ["config", "packs/law_firm"]))
    assert after.label["en"] == "Engagements"
    assert after.cards[:len(before.cards)] == before.cards
    assert [card.name for card in after.cards[len(before.cards):]] == ["signed_by_case", "open_cases"]


def test_overlay_alone_says_what_it_needs() -> None:
    found = {p.code for p in compiler.check(sources("packs/law_firm"), TYPES)}
    assert {"unknown-pack", "unknown-entity", "unknown-role"} <= found
