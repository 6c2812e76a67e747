"""The law of dashboards: a number is what the records behind it add up to, as a list of the same person finds them."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from formloom.errors import Forbidden, Text, UnknownField
from formloom.metadata.dashboard_language import PARTS, PERIODS
from formloom.metadata.dashboards import DashboardCard
from formloom.records import actions
from formloom.records.context import Context
from formloom.records.record import Query
from formloom.reports import dashboards, periods
from formloom.reports.dashboards import Asked
from tests.conftest import Bench

Reading = Callable[[str], AbstractContextManager[Context]]
EXAMPLES = int(os.environ.get("FORMLOOM_EXAMPLES", "120"))
TODAY = date(2026, 3, 17)
ZONE = ZoneInfo("Asia/Shanghai")
FILTERS = ("", 'status = "won"', 'status = "won" or discount > 10', "not(owner = null)", "total > 50", "true")


@pytest.fixture(scope="module")
def deals(mini_bench: Bench) -> Reading:
    """Somebody among ninety deals; every field that may be null sometimes is."""
    mini_bench.clear()
    chance = Random(20260317)
    with mini_bench.writing() as context:
        insert, unit = context.store.insert, context.unit
        customers = [insert(unit, "customer", {"name": f"C{n}", "owner": n or None}) for n in range(4)]
        for number in range(90):
            insert(unit, "deal", {
                "number": f"D-{number}", "name": f"Deal {number % 7}", "customer": chance.choice(customers),
                "status": chance.choice((None, "draft", "won")), "owner": chance.choice((None, 1, 2, 3)),
                "start_date": chance.choice((None, TODAY + timedelta(days=chance.randint(-500, 60)))),
                "discount": chance.choice((None, Decimal(0), Decimal("12.5"), Decimal(100))),
                "total": chance.choice((None, Decimal(0), Decimal("99.99"), Decimal("1234.5"))),
                "created_at": datetime(2026, 3, 17, 15, tzinfo=UTC) - timedelta(hours=chance.randint(0, 9000))})
    return lambda who: mini_bench.reading(who)


@st.composite
def cards(draw: Any) -> DashboardCard:
    kind = draw(st.sampled_from(("number", "bar", "column", "line", "funnel")))
    counted = ("count", "sum") if kind == "funnel" else ("count", "sum", "average", "minimum", "maximum", "share")
    dated = draw(st.sampled_from(("start_date", "created_at", *(() if kind == "line" else ("",)))))
    grouped = {"funnel": ("status",), "number": ("",), "line": ("",)}.get(kind, ("status", "owner", "customer", "name"))
    return DashboardCard(
        name="card", label={"en": "Card"}, kind=kind, entity="deal", filter=draw(st.sampled_from(FILTERS)),
        measure=draw(st.sampled_from(counted)), field=draw(st.sampled_from(("total", "discount"))),
        where='status = "won"', date=dated, group_by=draw(st.sampled_from(grouped)),
        every=draw(st.sampled_from(PARTS)), compare=draw(st.booleans()) and bool(dated), limit=draw(st.integers(2, 5)))


def asked(period: str, mine: bool = False) -> Asked:
    return Asked(period=period, mine=mine, today=TODAY, timezone=ZONE)


def measured(rows: Sequence[Any], card: DashboardCard) -> Any:
    """By hand, from the records of a list."""
    values = [row.values[card.field] for row in rows if row.values.get(card.field) is not None]
    match card.measure:
        case "count":
            return len(rows)
        case "share":
            won = sum(row.values["status"] == "won" for row in rows)
            return Decimal(100) * won / len(rows) if rows else None
        case "sum":
            return sum(values)
        case "average":
            return sum(values) / len(values) if values else None
        case "minimum":
            return min(values, default=None)
    return max(values, default=None)


def found(context: Context, filter: str) -> Sequence[Any]:
    return actions.list(context, "deal", Query(filter=filter, page_size=1000)).records


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
@given(card=cards(), period=st.sampled_from(PERIODS), mine=st.booleans(),
       who=st.sampled_from(("rita", "ron", "mona", "rex")))
def test_number_is_what_its_list_holds(deals: Reading, card: DashboardCard, period: str, mine: bool, who: str) -> None:
    with deals(who) as context:
        told = dashboards.result(context, card, asked(period, mine))
        rows = found(context, told.filter)
        assert told.count == len(rows)
        if card.kind != "funnel":
            assert told.value == measured(rows, card)
        for one in told.slices:
            if one.filter and one.value is not None:
                assert one.value == measured(found(context, one.filter), card)
        if card.kind in ("bar", "column") and card.measure == "count":
            assert sum(one.value for one in told.slices) == told.count
        if card.kind == "bar" and card.measure == "count":
            counted = Counter(row.values[card.group_by] for row in rows if row.values[card.group_by] is not None)
            most = [number for _, number in counted.most_common(card.limit)]
            assert [one.value for one in told.slices][:len(most)] == most


@settings(max_examples=EXAMPLES // 2, deadline=None, suppress_health_check=list(HealthCheck))
@given(card=cards().filter(lambda c: c.date and c.kind == "number"),
       period=st.sampled_from([one for one in PERIODS if one != "all"]))
def test_comparison_is_with_the_same_days(deals: Reading, card: DashboardCard, period: str) -> None:
    card = replace(card, compare=True)
    now, before = periods.named(period, TODAY), periods.before(period, TODAY)
    assert now
    assert before
    cut = min(before.start + (now.until(TODAY) - now.start), before.end)
    with deals("mona") as context:
        told = dashboards.result(context, card, asked(period))
        rows = [row for row in found(context, card.filter) if (day := _day(row.values[card.date]))
                and before.start <= day < cut]
        assert told.before == measured(rows, card)
        assert len(told.trend) == (len(periods.parts(replace(now, end=now.until(TODAY)), told.every)) - 1
                                   if told.every else 0)


def _day(value: Any) -> date | None:
    return value.astimezone(ZONE).date() if isinstance(value, datetime) else value


def test_people_count_what_they_may_read(deals: Reading) -> None:
    card = DashboardCard(name="all", label={}, kind="bar", entity="deal", group_by="owner", measure="count")
    told = {}
    for who in ("rita", "mona"):
        with deals(who) as context:
            assert dashboards.may_see(context, card)
            told[who] = dashboards.result(context, card, asked("all"))
    assert told["mona"].count == 90
    assert [one.words for one in told["rita"].slices] == ["Rita"]
    assert told["mona"].slices[-1].words == Text("No value")


def test_nobody_is_told_of_what_is_hidden(deals: Reading) -> None:
    card = DashboardCard(name="all", label={}, kind="number", entity="deal")
    with deals("nobody") as context:
        assert not dashboards.may_see(context, card)
        with pytest.raises(Forbidden):
            dashboards.result(context, card, asked("all"))
    with deals("mona") as context:
        assert not dashboards.may_see(context, replace(card, filter="secret = 1"))
        with pytest.raises(UnknownField):
            dashboards.result(context, replace(card, group_by="secret", kind="bar"), asked("all"))


def test_change_tells_percent_and_points(deals: Reading) -> None:
    card = DashboardCard(name="n", label={}, kind="number", entity="deal", date="created_at", compare=True)
    with deals("mona") as context:
        told = dashboards.result(context, card, asked("this_month"))
        assert told.change == Decimal(100) * (told.value - told.before) / told.before
        share = dashboards.result(context, replace(card, measure="share", where='status = "won"'), asked("this_month"))
        assert share.change == share.value - share.before


def test_funnel_counts_what_got_so_far(deals: Reading) -> None:
    card = DashboardCard(name="f", label={}, kind="funnel", entity="deal", group_by="status")
    with deals("mona") as context:
        draft, won = dashboards.result(context, card, asked("all")).slices
        assert draft.value == len(found(context, 'status in ("draft", "won")'))
        assert won.value == len(found(context, 'status = "won"'))
        assert won.share == Decimal(100) * won.value / draft.value
