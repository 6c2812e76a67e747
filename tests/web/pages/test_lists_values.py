"""Values as people read them, cells that are safe in a spreadsheet, and the words on every page."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from formloom.errors import Text
from formloom.forms.display import EMPTY, Display, Shown
from formloom.metadata import builtin_types
from formloom.metadata.catalog import Choice, Field
from formloom.web.pages.exports import csv_lines, safe
from formloom.web.pages.frame import avatar_tone, initials, marked

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
ZH = Display("zh", ZoneInfo("Asia/Shanghai"), NOW)
LIST = Display("zh", ZoneInfo("Asia/Shanghai"), NOW, compact=True)


def spec(kind: str, **more: Any) -> Field:
    return Field(id=kind, name="f", type=builtin_types.TYPES[kind], label={"en": "F"}, **more)


@pytest.mark.parametrize(("kind", "value", "options", "shown"), [
    ("money", Decimal("2860000"), {"currency": "CNY"}, "¥2,860,000.00"),
    ("money", Decimal("-18240.5"), {"currency": "EUR"}, "-€18,240.50"),
    ("percent", Decimal("12.5"), {}, "12.5%"),
    ("decimal", Decimal("1234567.10"), {}, "1,234,567.1"),
    ("date", date(2026, 11, 30), {}, "2026-11-30"),
    ("datetime", datetime(2026, 3, 2, 1, 30, tzinfo=UTC), {}, "2026-03-02 09:30"),
    ("duration", timedelta(days=2, hours=4, minutes=9), {}, "2 d 4 h"),
])
def test_value_reads_as_people_write_it(kind: str, value: Any, options: dict[str, Any], shown: str) -> None:
    assert ZH.show(spec(kind, options=options), {"f": value}).text == shown


def test_list_leaves_out_needless_decimals() -> None:
    money = spec("money", options={"currency": "CNY"})
    assert LIST.show(money, {"f": Decimal("100.00")}).text == "¥100"
    assert LIST.show(money, {"f": Decimal("100.50")}).text == "¥100.50"


def test_companion_currency_wins() -> None:
    money = spec("money", options={"currencies": ["CNY", "USD"]})
    assert ZH.show(money, {"f": Decimal(5), "f_currency": "USD"}).text in ("US$5.00", "$5.00")


@pytest.mark.parametrize("nothing", [None, "", []])
def test_no_value_is_empty(nothing: Any) -> None:
    assert ZH.show(spec("text"), {"f": nothing}) is EMPTY


def test_zero_and_false_are_values() -> None:
    assert ZH.show(spec("integer"), {"f": 0}).text == "0"
    assert ZH.show(spec("boolean"), {"f": False}).text == "No"


def test_choice_with_tone_is_a_state() -> None:
    field = spec("choice", choices=(Choice("a", {"en": "A", "zh": "甲"}, "wait", 0.5),))
    assert ZH.show(field, {"f": "a"}) == Shown("state", "甲", tone="wait", fill=0.5)


def test_reference_without_title_shows_its_number() -> None:
    assert ZH.show(spec("reference", target="account"), {"f": 7}) == Shown("link", "#7", href="/records/account/7")


def test_script_in_url_or_rich_text_is_dead() -> None:
    assert ZH.show(spec("url"), {"f": "javascript:alert(1)"}).href == ""
    assert "script" not in ZH.show(spec("rich_text"), {"f": "<p onclick=x>a<script>alert(1)</script></p>"}).text


@pytest.mark.parametrize(
    ("hours", "tone", "words"), [(48, "", "2 d left"), (5, "soon", "5 h left"), (-2, "late", "2 h overdue")])
def test_clock_warns_before_and_after(hours: int, tone: str, words: str) -> None:
    shown = ZH.left(NOW + timedelta(hours=hours))
    assert (shown.tone, shown.text) == (tone, words)


@given(st.text(min_size=1))
def test_no_cell_starts_a_formula(cell: str) -> None:
    first = safe(cell)[0]
    assert first not in "=+@\t\r\n"
    assert first != "-" or cell.replace("-", "", 1).replace(",", "").replace(".", "", 1).isdigit()


def test_negative_number_stays_a_number() -> None:
    assert list(csv_lines(["n"], [["-12.50"]])) == ["\ufeffn\r\n", "-12.50\r\n"]


@pytest.mark.parametrize(("name", "shown"), [("林晓雯", "雯"), ("Sarah Whitfield", "SW"), ("admin", "A"), ("", "?")])
def test_initials_tell_people_apart(name: str, shown: str) -> None:
    assert initials(name) == shown
    assert 1 <= avatar_tone(name) <= 6


def test_marked_words_are_escaped() -> None:
    assert str(marked("<b>Beta</b>", "beta")) == "&lt;b&gt;<mark>Beta</mark>&lt;/b&gt;"


def test_prose_says_today_and_yesterday() -> None:
    said: list[Text] = []
    show = Display("zh", ZoneInfo("UTC"), NOW, words=lambda text: said.append(text) or str(text))
    assert show.ago(NOW - timedelta(hours=1)) == "today 08:00"
    assert show.ago(NOW - timedelta(days=1)) == "yesterday 09:00"
    assert show.ago(NOW - timedelta(days=20)) == "2月10日"
