from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from formloom.errors import BadConfiguration
from formloom.exchange import data
from formloom.policy.actor import SYSTEM
from formloom.records import actions
from formloom.runtime import Runtime

DEMO = """
anchor: "2026-01-10"
order: [customer, deal, deal_line]
"""
CUSTOMERS = "@key,name,email\nc1,Anna,anna@example.com\nc2,Ben,\n"
DEALS = ("number,name,customer,start_date,created_at\n"
         "D-2026-0041,First,@c1,2026-01-12,2026-01-08T08:00:00Z\n"
         "D-2026-0007,Second,Ben,,2026-01-09T08:00:00Z\n")


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'data.db'}"


def write(pack: Path, **files: str) -> None:
    folder = pack / "data" / "demo"
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (folder / (f"{name}.yaml" if name == "demo" else f"{name}.csv")).write_text(text, encoding="utf-8")


def load(runtime: Runtime, pack: Path, today: date = date(2026, 3, 11)) -> int:
    with runtime.writing(SYSTEM) as context:
        return data.load_demo(context, pack, today)


@pytest.fixture
def demo(pack: Path) -> Path:
    write(pack, demo=DEMO, customer=CUSTOMERS, deal=DEALS,
          deal_line="parent,position,product,quantity,price\nD-2026-0041,1,Bolt,2,10.50\nD-2026-0041,2,Nut,1,4\n")
    return pack


def test_dates_move_from_anchor_to_today(runtime, demo):
    assert load(runtime, demo) == 6
    with runtime.reading(SYSTEM) as context:
        deal = next(r for r in context.store.list(context.unit, "deal") if r["name"] == "First")
    assert deal["start_date"] == date(2026, 3, 13)      # sixty days later
    assert deal["created_at"].date() == date(2026, 3, 9)
    assert deal["number"] == "D-2026-0041"              # words are no dates


def test_references_find_key_number_and_title(runtime, demo):
    load(runtime, demo)
    with runtime.reading(SYSTEM) as context:
        names = {c["id"]: c["name"] for c in context.store.list(context.unit, "customer")}
        assert {d["name"]: names[d["customer"]] for d in context.store.list(context.unit, "deal")} == {
            "First": "Anna", "Second": "Ben"}


def test_totals_are_computed_from_lines(runtime, demo):
    load(runtime, demo)
    with runtime.reading(SYSTEM) as context:
        totals = {d["name"]: d["total"] for d in context.store.list(context.unit, "deal")}
    assert totals == {"First": 25, "Second": 0}


def test_numbers_go_on_after_the_highest(runtime, demo):
    load(runtime, demo)
    with runtime.writing(SYSTEM) as context:
        customer = context.store.list(context.unit, "customer")[0]["id"]
        made = actions.create(context, "deal", {"name": "Third", "customer": customer})
        year = context.now.year
    assert made.values["number"] == (f"D-{year}-0042" if year == 2026 else f"D-{year}-0001")


def test_demo_data_is_loaded_once(runtime, demo):
    assert load(runtime, demo)
    assert load(runtime, demo) == 0


@pytest.mark.parametrize(("customers", "line"), [
    ("name,email\nAnna,not a mail\n", 2), ("name,nonsense\nAnna,x\n", 2), ("name,email\nAnna,\nBen,b@\n", 3),
])
def test_bad_row_is_named_and_nothing_loaded(runtime, demo, customers, line):
    write(demo, customer=customers)
    with pytest.raises(BadConfiguration) as refused:
        load(runtime, demo)
    assert {p.place.line for p in refused.value.problems if p.place.file.endswith("customer.csv")} == {line}
    with runtime.reading(SYSTEM) as context:
        assert context.store.count(context.unit, "customer") == 0


def test_unknown_reference_is_named(runtime, demo):
    write(demo, deal="name,customer\nFirst,Nobody\n")
    with pytest.raises(BadConfiguration, match="no customer called Nobody"):
        load(runtime, demo)


def test_missing_required_field_is_named(runtime, demo):
    write(demo, demo="order: [customer]\n", customer="name,email\nAnna,\n,b@example.com\n")
    with pytest.raises(BadConfiguration) as refused:
        load(runtime, demo)
    assert [(p.place.line, str(p.message)) for p in refused.value.problems] == [(3, "name: Fill this in.")]
