"""Lists in order: empty values last, pages without gaps, indexes used where no value is empty."""

from __future__ import annotations

import pytest

from formloom import feel
from formloom.metadata.catalog import Sort
from formloom.storage import query
from tests.conftest import Bench


def _deals(bench: Bench) -> None:
    with bench.writing() as context:
        who = context.store.insert(context.unit, "customer", {"name": "A"})
        for number in (5, None, 3, 3, None, 9, 1):
            context.store.insert(context.unit, "deal", {"name": "D", "customer": who, "status": "draft",
                                                        "discount": number})


@pytest.mark.parametrize("down", [False, True])
def test_empty_values_come_last(mini: Bench, down: bool) -> None:
    _deals(mini)
    with mini.reading() as context:
        rows = context.store.list(context.unit, "deal", sort=(Sort("discount", down),))
    found = [None if row["discount"] is None else int(row["discount"]) for row in rows]
    assert found == [*([9, 5, 3, 3, 1] if down else [1, 3, 3, 5, 9]), None, None]


@pytest.mark.parametrize("down", [False, True])
def test_pages_follow_each_other(mini: Bench, down: bool) -> None:
    _deals(mini)
    with mini.reading() as context:
        whole = context.store.list(context.unit, "deal", sort=(Sort("discount", down),))
        found, after = [], None
        while page := context.store.list(context.unit, "deal", sort=(Sort("discount", down),), limit=2, after=after):
            found += [row["id"] for row in page]
            after = (page[-1]["discount"], page[-1]["id"])
    assert found == [row["id"] for row in whole]


@pytest.mark.parametrize(("text", "fields"), [
    ("discount > 3", {"discount"}), ('status = "draft" and discount <= 5', {"status", "discount"}),
    ("discount > 3 or discount < 1", {"discount"}), ("discount > 3 or name = null", set()), ("name = null", set()),
    ("discount between 1 and 2", {"discount"}), ("not(discount > 3)", set()), ("name = user.name", set()),
])
def test_comparison_leaves_no_empty_value(mini: Bench, text: str, fields: set[str]) -> None:
    deal = mini.catalog.entity("deal")
    assert query.filled(feel.compile(text, frozenset((*deal.fields, "user"))).ast, deal) == fields
