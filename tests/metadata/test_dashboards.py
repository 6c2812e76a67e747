"""Dashboards: what they mean where they say little, what is told about wrong ones, and how they follow a rename."""

from __future__ import annotations

import pytest

from formloom.design import renaming
from formloom.metadata import compiler, references
from formloom.metadata.builtin_types import TYPES
from formloom.metadata.catalog import Catalog
from formloom.metadata.dashboards import DashboardCard
from formloom.metadata.references import Name
from formloom.metadata.sources import Source

BASE = [
    Source("shop", "pack.yaml", "pack: shop\nversion: 1.0.0\n"),
    Source("shop", "workspaces/desk.yaml", "workspace: desk\nitems: [{entity: deal}]\n"),
    Source("shop", "entities/deal.yaml", """\
entity: deal
fields:
  name: {type: text}
  stage: {type: choice, choices: [{value: open}, {value: won}]}
  due: {type: date}
  amount: {type: money}
  notes: {type: long_text}
"""),
]
HEAD = "dashboard: numbers\nworkspace: desk\ncards:\n"
OVERLAY = Source(
    "local", "dashboards/numbers.yaml", "extend: numbers\ncards:\n  - {name: won, filter: amount > 100}\n")


def dashboard(cards: str) -> Source:
    return Source("shop", "dashboards/numbers.yaml", HEAD + cards)


def compiled(cards: str, *more: Source) -> Catalog:
    return compiler.compile([*BASE, dashboard(cards), *more], TYPES)


def told(cards: str) -> list[tuple[str, int]]:
    """Codes with how many lines below `cards:` they are."""
    found = compiler.check([*BASE, dashboard(cards)], TYPES)
    return [(p.code, p.place.line - HEAD.count("\n")) for p in found]


def test_card_counts_unless_it_says() -> None:
    [found] = compiled("  - {name: all, entity: deal}\n").dashboards.values()
    assert found.cards == (DashboardCard(name="all", label={"en": "All"}, kind="number", entity="deal", width=3),)
    assert (found.label, found.icon, found.period) == ({"en": "Numbers"}, "chart-bar", "this_month")


@pytest.mark.parametrize(("card", "code"), [
    ("{name: c, entity: dael}", "unknown-entity"), ("{name: c, entity: deal, filter: stag = 1}", "unknown-name"),
    ('{name: c, entity: deal, filter: stage = "lost"}', "unknown-choice"),
    ("{name: c, entity: deal, filter: amount + 1}", "not-a-condition"),
    ("{name: c, entity: deal, measure: sum}", "missing-key"),
    ("{name: c, entity: deal, measure: sum, field: name}", "wrong-field-type"),
    ("{name: c, entity: deal, measure: sum, field: amuont}", "unknown-field"),
    ("{name: c, entity: deal, measure: share}", "missing-key"),
    ("{name: c, entity: deal, kind: line}", "missing-key"),
    ("{name: c, entity: deal, kind: line, date: stage}", "wrong-field-type"),
    ("{name: c, entity: deal, kind: bar}", "missing-key"),
    ("{name: c, entity: deal, kind: column, group_by: notes}", "wrong-field-type"),
    ("{name: c, entity: deal, kind: funnel, group_by: name}", "wrong-field-type"),
    ("{name: c, entity: deal, kind: pie}", "unknown-value"), ("{name: c, entity: deal, width: 1}", "unknown-value"),
])
def test_wrong_card_is_told_where_it_is(card: str, code: str) -> None:
    assert told(f"  - {card}\n") == [(code, 1)]


def test_card_of_a_taken_name_is_told() -> None:
    assert told("  - {name: c, entity: deal}\n  - {name: c, entity: deal}\n") == [("duplicate-card", 2)]


def test_unknown_workspace_is_told() -> None:
    source = Source("shop", "dashboards/numbers.yaml", HEAD.replace("desk", "dsek") + "  - {name: c, entity: deal}\n")
    [found] = compiler.check([*BASE, source], TYPES)
    assert (found.code, found.place.line, found.near) == ("unknown-workspace", 2, "desk")


def test_overlay_changes_one_card() -> None:
    cards = "  - {name: all, entity: deal}\n  - {name: won, entity: deal, filter: stage = \"won\"}\n"
    [found] = compiled(cards, OVERLAY).dashboards.values()
    assert [(card.name, card.filter) for card in found.cards] == [("all", ""), ("won", "amount > 100")]


def test_uses_and_renames_reach_cards() -> None:
    """Also the card of an overlay, which does not say again whose records it counts."""
    cards = ("  - {name: won, entity: deal, filter: amount > 5, measure: share, where: amount > 9, date: due}\n"
             "  - {name: sums, entity: deal, kind: bar, measure: sum, field: amount, group_by: stage}\n")
    catalog = compiled(cards, OVERLAY)
    target = Name("field", "amount", "deal")
    used = [use.path for use in references.uses(references.found(catalog, TYPES), catalog, target)
            if use.definition == "dashboard/numbers"]
    assert used == [("cards", 0, "filter"), ("cards", 0, "where"), ("cards", 1, "field")]
    renamed = renaming.rename(catalog.sources, TYPES, target, "price")
    texts = {one.pack: one.text for one in renamed.sources if one.path == "dashboards/numbers.yaml"}
    assert "amount" not in texts["shop"] + texts["local"]
    assert "price > 100" in texts["local"]
