"""Child tables: in order, replaced as a whole, and row by row where a role names the child entity."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest

from formloom.metadata import builtin_types, compiler, loader
from formloom.metadata.sources import Source
from formloom.policy.policy import Policy
from formloom.records import actions, timeline
from formloom.records.context import Context
from tests.conftest import ROOT, Bench
from tests.records.conftest import Desk, findings

A, B, C = ({"product": name, "price": "1"} for name in "abc")


def _products(record: Any) -> list[tuple[int, str]]:
    return [(line["position"], line["product"]) for line in record.values["lines"]]


def test_rows_keep_the_order_sent(rita: Desk) -> None:
    made = rita.deal(lines=[B, A, C])
    assert _products(made) == [(0, "b"), (1, "a"), (2, "c")]
    first, second, third = (line["id"] for line in made.values["lines"])
    turned = rita.update("deal", made.id, lines=[{"id": third}, {"id": first}, {"id": second}])
    assert _products(turned) == [(0, "c"), (1, "b"), (2, "a")]
    assert _products(rita.read("deal", made.id)) == _products(turned)


def test_rows_change_come_and_go(rita: Desk) -> None:
    made = rita.deal(lines=[A, B])
    second = made.values["lines"][1]["id"]
    now = rita.update("deal", made.id, lines=[C, {"id": second, "quantity": "2"}])
    assert _products(now) == [(0, "c"), (1, "b")]
    assert [(line["quantity"], line["net"]) for line in now.values["lines"]] == [(1, 1), (2, 2)]
    assert now.values["lines"][1]["id"] == second
    assert rita.update("deal", made.id, lines=[]).values["lines"] == []
    assert rita.update("deal", made.id, name="x").values["lines"] == []


def test_rows_not_sent_stay(rita: Desk) -> None:
    made = rita.deal(lines=[A, B])
    assert _products(rita.update("deal", made.id, name="x")) == [(0, "a"), (1, "b")]


@pytest.mark.parametrize("number", [4711, True, "1", [1], {"a": 1}, 1.0, -1])
def test_foreign_row_is_refused(rita: Desk, number: Any) -> None:
    made, other = rita.deal(lines=[A]), rita.deal(lines=[B])
    assert "lines/0/id" in findings(rita.update, "deal", made.id, lines=[{**A, "id": number}])
    stolen = other.values["lines"][0]["id"]
    assert findings(rita.update, "deal", made.id, lines=[{**A, "id": stolen}]) == {"lines/0/id": "unknown-row"}
    assert _products(rita.read("deal", other.id)) == [(0, "b")]


def test_row_sent_twice_is_refused(rita: Desk) -> None:
    made = rita.deal(lines=[A])
    row = {**A, "id": made.values["lines"][0]["id"]}
    assert findings(rita.update, "deal", made.id, lines=[row, row]) == {"lines/1/id": "unknown-row"}


@pytest.mark.parametrize("rows", [None, "x", {}, [1], [[A]]])
def test_what_is_no_list_of_rows_is_refused(rita: Desk, rows: Any) -> None:
    assert findings(rita.deal, lines=rows) == {"lines": "invalid-value"}


def test_rows_cannot_choose_parent_or_stamps(rita: Desk) -> None:
    other = rita.deal()
    made = rita.deal(lines=[{**A, "parent": other.id, "position": 7, "created_by": 2, "version": 9}])
    (line,) = made.values["lines"]
    assert (line["parent"], line["position"], line["created_by"], line["version"]) == (made.id, 0, 1, 1)


# -- a role that names the child entity --------------------------------------------------------------------------

NAMED = """
role: rep
label: {en: Representative}
entities:
  customer: {create: true, read: true}
  deal: {create: true, read: true, update: true}
  deal_line:
    create: quantity < 10
    read: quantity < 100
    update: true
    delete: quantity < 5
    fields: {price: {write: false}, net: {read: false}}
"""


@contextmanager
def _as_named(bench: Bench, role: str = NAMED) -> Iterator[Context]:
    pack = [s for s in loader.read_pack(ROOT / "tests" / "packs" / "mini") if not s.path.startswith("roles/")]
    catalog = compiler.compile([*pack, Source("mini", "roles/rep.yaml", role)], builtin_types.TYPES)
    with bench.writing("rita") as context:
        yield replace(context, catalog=catalog, policy=Policy(catalog))


def _refusals(bench: Bench, number: int, rows: list[dict[str, Any]]) -> dict[str, str]:
    with _as_named(bench) as context:
        return dict(findings(actions.update, context, "deal", number, {"lines": rows}))


def test_named_rows_are_asked_one_by_one(mona: Desk) -> None:
    made = mona.deal(lines=[{**A, "quantity": "1"}, {**B, "quantity": "7"}])
    one, seven = ({"id": line["id"]} for line in made.values["lines"])
    assert _refusals(mona.bench, made.id, [one]) == {"lines": "forbidden-row"}
    assert _refusals(mona.bench, made.id, [one, {**seven, "price": "5"}]) == {"lines/1/price": "forbidden-field"}
    assert "lines/2" in _refusals(mona.bench, made.id, [one, seven, {"product": "c", "quantity": "10"}])
    with _as_named(mona.bench) as context:
        actions.update(context, "deal", made.id, {"lines": [{**seven, "product": "z"}]})
    assert _products(mona.read("deal", made.id)) == [(0, "z")]


def test_unseen_rows_stay_when_left_out(mona: Desk) -> None:
    made = mona.deal(lines=[{**A, "quantity": "500"}, {**B, "quantity": "1"}])
    with _as_named(mona.bench) as context:
        actions.update(context, "deal", made.id, {"lines": []})
    assert _products(mona.read("deal", made.id)) == [(0, "a")]


@pytest.mark.parametrize(("read", "seen"), [
    ("quantity < 100", set()), ("true", {"parent", "position", "product", "quantity", "price"}),
])
def test_timeline_hides_what_rows_hide(mona: Desk, read: str, seen: set[str]) -> None:
    made = mona.deal(lines=[A])
    with _as_named(mona.bench, NAMED.replace("quantity < 100", read)) as context:
        told = timeline.of(context, "deal", made.id)
    (change,) = (c for entry in told for c in entry.changes if c.field == "lines")
    (row,) = change.new
    assert row.keys() <= seen
    assert ("product" in row) is ("product" in seen)


def test_unreadable_rows_are_not_shown(mona: Desk) -> None:
    made = mona.deal(lines=[{**A, "quantity": "500"}, {**B, "quantity": "1"}])
    with _as_named(mona.bench) as context:
        shown = actions.read(context, "deal", made.id).values["lines"]
    assert [row["product"] for row in shown] == ["b"]
    assert "net" not in shown[0]
