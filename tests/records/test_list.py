"""Lists: who sees which rows, filters, order, pages."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from decimal import Decimal
from random import Random
from typing import Any

import pytest
import sqlalchemy as sa

from formloom.errors import BadExpression, BadRequest, Forbidden, UnknownField
from formloom.records import actions
from formloom.records.record import Page, Query
from tests.conftest import Bench
from tests.records.conftest import Desk, refused


def _list(desk: Desk, entity: str = "deal", **asked: Any) -> Page:
    with desk.bench.reading(desk.who) as context:
        return actions.list(context, entity, Query(**asked))


def _names(desk: Desk, **asked: Any) -> list[str]:
    return [record.values["name"] for record in _list(desk, **asked).records]


@pytest.fixture
def ten(rita: Desk) -> Desk:
    """Deals 0 to 9 of Rita; a third has no end date."""
    for number in range(10):
        rita.deal(name=str(number), end_date=None if number % 3 == 0 else f"2026-03-{20 - number}",
                  lines=[{"product": "a", "price": str(number % 4)}])
    return rita


def test_list_holds_what_may_be_read(rita: Desk, mona: Desk, mini: Bench) -> None:
    rita.deal(name="rita's")
    Desk(mini, "ron").deal(name="ron's")
    assert _names(rita) == ["rita's"]
    assert sorted(_names(mona)) == ["rita's", "ron's"]
    assert str(refused(Forbidden, _list, Desk(mini, "nobody"))).startswith("None of your roles")


@pytest.mark.parametrize(("filter", "names"), [
    ('name = "4"', "4"), ('name in ("1", "2")', "12"), ("end_date = null", "0369"), ("not(end_date != null)", "0369"),
    ('end_date > date("2026-03-15")', "124"), ("subtotal >= 2 and subtotal < 3", "26"), ("total = 3", "37"),
    ("owner = user.id", "0123456789"), ("owner in user.reports", ""), ("false", ""), ("  ", "0123456789"),
    ('customer.name = "Customer of rita" and name < "2"', "01"),
    ('starts with(number, "D-2026-000") and name > "7"', "8"),
    ("count(lines) = 0", ""), ("some l in lines satisfies l.price = 1", "159"),
])
def test_filter_is_feel(ten: Desk, filter: str, names: str) -> None:
    wide = filter.startswith("customer.")
    asked = Desk(ten.bench, "mona") if wide else ten
    assert _names(asked, filter=filter, sort=("name",)) == list(names)


@pytest.mark.parametrize(("filter", "position"), [
    ("name = ", 7), ('name = "a', 7), ("owner ==", 7), ("matches(name, \"x\")", 0), ('name = "a\x00"', 7),
    ("subtotal + ) > 1", 11),
])
def test_mistake_in_filter_is_told_by_position(rita: Desk, filter: str, position: int) -> None:
    error = refused(BadExpression, _list, rita, filter=filter)
    assert isinstance(error, BadExpression)
    assert (error.position, error.text) == (position, filter)


@pytest.mark.parametrize("asked", [
    {"filter": "nmae = 1"}, {"sort": ("nmae",)}, {"fields": ("nmae",)}, {"filter": "record.nmae = 1"},
    {"filter": "customer.nmae = 1"}, {"sort": ("--name",)},
])
def test_unknown_field_is_refused(mona: Desk, asked: dict[str, Any]) -> None:
    refused(UnknownField, _list, mona, **asked)


@pytest.mark.parametrize("asked", [
    {"page": 0}, {"page": 10**30}, {"page_size": 0}, {"page_size": 1001}, {"after": "x"}, {"after": "MQ"},
    {"after": "é"}, {"sort": ("lines",)}, {"after": base64.urlsafe_b64encode(b'["2026", 1, 2]').decode()},
])
def test_impossible_page_is_refused(rita: Desk, asked: dict[str, Any]) -> None:
    refused(BadRequest, _list, rita, **asked)


@pytest.mark.parametrize(("words", "names"), [
    ("4", {"3", "4"}), ("D-2026-0003", {"2"}), ("2026 7", {"6", "7"}), ("", set("0123456789")), ("%", set()),
    ("_", set()),
    ("a\x00", set()), ("\ud800", set()), ("' OR 1=1", set()),
])
def test_search_finds_every_word(ten: Desk, words: str, names: set[str]) -> None:
    assert set(_names(ten, search=words)) == names


def test_fields_are_those_asked_for(ten: Desk) -> None:
    (record, *_) = _list(ten, fields=("name", "customer"), sort=("name",)).records
    assert dict(record.values) == {"name": "0", "customer": ten.customer()}
    assert record.titles == {"customer": {ten.customer(): "Customer of rita"}}


def test_count_is_made_only_when_asked(ten: Desk) -> None:
    with ten.bench.reading("rita") as context:
        seen: list[str] = []

        @sa.event.listens_for(context.unit.connection, "before_cursor_execute")
        def note(_connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
            seen.append(statement)

        assert actions.list(context, "deal", Query(page_size=3)).count is None
        assert not any("count(" in statement for statement in seen)
        assert actions.list(context, "deal", Query(page_size=3, count=True)).count == 10
        assert any("count(" in statement for statement in seen)
        found = actions.list(context, "deal", Query(page_size=3, count="capped", filter='name < "4"'))
        assert (found.count, len(found.records), found.more) == (4, 3, True)


def test_pages_by_number(ten: Desk) -> None:
    pages = [_names(ten, sort=("name",), page=page, page_size=4) for page in (1, 2, 3, 4)]
    assert pages == [list("0123"), list("4567"), list("89"), []]


# -- order and cursors -------------------------------------------------------------------------------------------

def _walk(desk: Desk, entity: str = "deal", **asked: Any) -> Iterator[Page]:
    page = _list(desk, entity, **asked)
    yield page
    while page.next:
        page = _list(desk, entity, **asked, after=page.next)
        yield page


@pytest.mark.parametrize("sort", [
    ("name",), ("-name",), ("end_date",), ("-end_date",), ("subtotal", "-name"), ("-total",), ("number",), ("-number",),
    ("discount",), ("created_at",), ("owner", "-id"), ("updated_by", "start_date", "-end_date"), (), ("-version", "id"),
])
@pytest.mark.parametrize("page_size", [1, 3, 10])
def test_cursor_walks_every_row_once(ten: Desk, sort: tuple[str, ...], page_size: int) -> None:
    whole = [record.id for record in _list(ten, sort=sort, page_size=100).records]
    pages = list(_walk(ten, sort=sort, page_size=page_size))
    assert [record.id for page in pages for record in page.records] == whole
    assert len(whole) == 10
    assert [page.more for page in pages] == [True] * (len(pages) - 1) + [False]


def test_cursor_stays_in_place_while_rows_come_and_go(ten: Desk) -> None:
    first = _list(ten, sort=("name",), page_size=4)
    for name in ("00", "000"):
        ten.deal(name=name)
    ten.delete("deal", first.records[0].id)
    ten.deal(name="45")
    assert _names(ten, sort=("name",), page_size=4, after=first.next) == ["4", "45", "5", "6"]
    assert _names(ten, sort=("name",), page_size=4, page=2) != ["4", "45", "5", "6"]


def test_empty_values_come_last_either_way(ten: Desk) -> None:
    for sort in ("end_date", "-end_date"):
        dates = [record.values["end_date"] for record in _list(ten, sort=(sort,)).records]
        assert [value is None for value in dates] == [False] * 6 + [True] * 4
        assert dates[:6] == sorted(dates[:6], reverse=sort.startswith("-"))


def test_references_sort_by_their_titles(mona: Desk) -> None:
    for name in ("beta", "gamma", "alpha"):
        mona.deal(name=name, customer=mona.create("customer", name=f"customer {name}").id)
    assert _names(mona, sort=("customer",)) == ["alpha", "beta", "gamma"]
    page = _list(mona, sort=("-customer",), page_size=2)
    assert [record.values["name"] for record in page.records] == ["gamma", "beta"]
    assert (page.more, page.next) == (True, None)
    assert _names(mona, sort=("-customer",), page_size=2, page=2) == ["alpha"]


def test_forged_cursor_reaches_no_foreign_row(ten: Desk, mini: Bench) -> None:
    Desk(mini, "ron").deal(name="zz")
    forged = base64.urlsafe_b64encode(json.dumps(["", 0]).encode()).decode()
    assert _names(ten, sort=("name",), page_size=100, after=forged) == list("0123456789")


def test_every_kind_of_field_pages(claims_bench: Bench) -> None:
    claims_bench.clear()
    desk, chance = Desk(claims_bench, "system"), Random(1)
    for number in range(12):
        desk.create("claim", name=str(number), amount=chance.choice((None, "1.5", "2")),
                    days=chance.choice((None, 1, 2)), weight=chance.choice((None, Decimal("0.125"))),
                    share=chance.choice((None, 5)), urgent=chance.choice((True, False)), reason="r",
                    on=chance.choice((None, date(2026, 1, 2))), took=chance.choice((None, "PT4H", "P2D")),
                    at=chance.choice((None, "2026-01-02T03:04:05.678901Z", "2026-01-02T03:04:05Z")),
                    email=chance.choice((None, "a@example.com")), stars=chance.choice((None, 3)),
                    tags=chance.choice((None, ["a"], ["b", "c"])), kinds=chance.choice((None, ["food"])),
                    where=chance.choice((None, {"city": "X"})), extra=chance.choice((None, 1, {"a": 1})))
    table = claims_bench.tables["claim"]
    for name, field in claims_bench.catalog.entity("claim").fields.items():
        if name in table.c and field.type.name != "reference":
            for sort in ((name,), (f"-{name}",)):
                walked = [r.id for page in _walk(desk, "claim", sort=sort, page_size=5) for r in page.records]
                assert walked == [r.id for r in _list(desk, "claim", sort=sort).records], sort


# -- what may not be read tells nothing --------------------------------------------------------------------------

@pytest.mark.parametrize("asked", [
    {"filter": 'secret = "x"'}, {"filter": 'bank = "6222"'}, {"sort": ("secret",)}, {"sort": ("bank",)},
    {"fields": ("secret",)}, {"filter": "some l in lines satisfies l.margin > 1"},
    {"filter": 'follows.secret = "x"'},
])
def test_hidden_fields_cannot_be_asked_for(claims_bench: Bench, asked: dict[str, Any]) -> None:
    clerk = Desk(claims_bench, _clerk(claims_bench))
    refused(UnknownField, _list, clerk, "claim", **asked)


def test_masked_fields_are_masked_in_lists(claims_bench: Bench) -> None:
    Desk(claims_bench, "system").create("claim", name="masked", bank="62220001", secret="s3cret")
    clerk = Desk(claims_bench, _clerk(claims_bench))
    (record,) = _list(clerk, "claim", filter='name = "masked"').records
    assert record.values["bank"] == "•••0001"
    assert "secret" not in record.values


def _clerk(bench: Bench) -> Any:
    return replace(bench.actor("rita"), roles=frozenset({"clerk"}))
