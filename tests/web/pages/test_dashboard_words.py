"""Numbers of dashboards in words: of every type of field, short where they are long, in two languages."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from formloom.forms.display import Display
from formloom.metadata import builtin_types, compiler, loader
from formloom.metadata.dashboards import DashboardCard
from formloom.reports import periods
from formloom.reports.dashboards import Result, Slice
from formloom.web.pages.dashboard_words import Told

from .conftest import PACKS

CLAIM = compiler.compile(loader.read_pack(PACKS / "claims"), builtin_types.TYPES).entity("claim")
NOW = datetime(2026, 11, 27, 12, tzinfo=UTC)
COUNT = {"measure": "count", "field": ""}


def told(value: Any = None, locale: str = "en", asked: str = "this_month", slices: tuple[Slice, ...] = (),
         every: str = "", **more: Any) -> Told:
    shown = {name: more.pop(name) for name in ("before", "change", "currency", "trend") if name in more}
    card = DashboardCard(**{"name": "c", "label": {}, "kind": "number", "entity": "claim", "measure": "sum",
                            "field": "amount", **more})
    result = Result(card=card, count=3, elsewhere=0, value=value, slices=slices, every=every,
                    period=periods.named(asked, NOW.date()), **{"currency": "CNY", **shown})
    return Told(result, CLAIM, Display(locale, ZoneInfo("UTC"), NOW, compact=True), asked)


@pytest.mark.parametrize(("field", "measure", "value", "words"), [
    ("amount", "sum", Decimal("1234.5"), "¥1,234.50"), ("amount", "average", Decimal("10.6666666"), "¥10.67"),
    ("days", "average", Decimal("2.333333"), "2.33"), ("share", "maximum", Decimal("12.5"), "12.5%"),
    ("took", "average", timedelta(hours=26), "1 d 2 h"), ("took", "sum", 0, "0 min"), ("amount", "sum", None, "–"),
    ("", "count", 1200, "1,200"), ("", "share", Decimal("33.33333"), "33.3%"), ("amount", "sum", 0, "¥0")])
def test_values_are_told_as_their_field(field: str, measure: str, value: Any, words: str) -> None:
    assert told(field=field, measure=measure).value(value) == words


@pytest.mark.parametrize(("value", "english", "chinese"), [
    (Decimal(99_999), "¥99,999", "¥99,999"), (Decimal(123_456), "¥123.5K", "¥12.3 万"),
    (Decimal(18_460_000), "¥18.5M", "¥1,846 万"), (Decimal(-2_000_000_000), "-¥2B", "-¥20 亿")])
def test_long_numbers_are_told_short(value: Decimal, english: str, chinese: str) -> None:
    assert (told().brief(value), told(locale="zh").brief(value)) == (english, chinese)


@pytest.mark.parametrize(("change", "better", "words", "tone"), [
    (Decimal("12.44"), "more", "↑ 12.4%", "up"), (Decimal("12.44"), "less", "↑ 12.4%", "down"),
    (Decimal(-4), "more", "↓ 4%", "down"), (Decimal(0), "more", "→ 0%", ""), (None, "more", "", ""),
    (Decimal(12345), "more", "↑ 12,345%", "up")])
def test_change_is_told_with_its_way(change: Decimal | None, better: str, words: str, tone: str) -> None:
    found = told(change=change, better=better)
    assert (found.change, found.tone) == (words, tone)


def test_target_of_durations_is_in_hours() -> None:
    found = told(timedelta(hours=3), field="took", measure="average", target=Decimal(4))
    assert (found.target, found.reached, found.unit) == ("4 h", 75, "h")
    assert (told(Decimal(5), target=Decimal(10)).reached, told(None, target=Decimal(10)).reached) == (50, None)


def test_small_line_needs_two_values() -> None:
    assert told(trend=(1, None, 3)).spark == "0.0,26.0 72.0,2.0"
    assert told(trend=(1, 1)).spark == told(trend=(1,)).spark == ""


@pytest.mark.parametrize(("every", "day", "english", "chinese"), [
    ("month", date(2026, 3, 1), "Mar", "3月"), ("month", date(2025, 3, 1), "Mar 2025", "2025年3月"),
    ("quarter", date(2026, 10, 1), "2026 Q4", "2026 Q4"), ("year", date(2026, 1, 1), "2026", "2026年"),
    ("day", date(2026, 11, 2), "Nov 2", "11月2日"), ("week", date(2025, 12, 29), "2025-12-29", "2025-12-29")])
def test_parts_of_time_have_names(every: str, day: date, english: str, chinese: str) -> None:
    assert (told(every=every).part(day), told(every=every, locale="zh").part(day)) == (english, chinese)


def test_nothing_leads_from_others_to_a_list() -> None:
    bars = told(kind="bar", slices=(
        Slice(words="A", value=Decimal(4), filter='name = "A"'), Slice(words="Others", value=Decimal(1)))).bars
    assert [(bar.part, bar.href) for bar in bars] == [
        (1.0, "/records/claim?filter=name+%3D+%22A%22&layout=list"), (0.25, "")]
