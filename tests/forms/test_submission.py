"""What a browser posts, read as values; what cannot be read stays as it was typed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from formloom.errors import ValidationFailed
from formloom.forms import submission
from formloom.forms.submission import Submission
from formloom.metadata.catalog import Catalog

ZONE = ZoneInfo("Asia/Shanghai")


def _read(claims: Catalog, sent: Mapping[str, str | Sequence[str]], *names: str) -> Submission:
    listed = {key: [text] if isinstance(text, str) else list(text) for key, text in sent.items()}
    entity = claims.entity("claim")
    return submission.read(listed, claims, entity, names or tuple(entity.fields), ZONE)


@pytest.mark.parametrize(("field", "sent", "value"), [
    ("name", "  出差  ", "出差"), ("name", "A trip ", "A trip"),
    ("reason", "first\r\nsecond", "first\nsecond"),
    ("amount", "￥１２，３４５．６０", "12345.60"), ("amount", "$1,234.50", "1234.50"), ("amount", "CN¥ 12", "12"),
    ("days", "１２", "12"), ("days", "1,200", "1200"),
    ("weight", "1 234.5", "1234.5"), ("weight", "-0.25", "-0.25"),
    ("share", "12.5%", "12.5"), ("share", "１２％", "12"),
    ("urgent", ["false", "true"], "true"), ("urgent", "false", "false"),
    ("status", "draft", "draft"),
    ("kinds", ["", "travel", "food"], ["travel", "food"]), ("others", ["", "3", "4"], ["3", "4"]),
    ("follows", "7", "7"), ("owner", "1", "1"), ("team", "2", "2"),
    ("on", "2026-03-02", "2026-03-02"),
    ("at", "2026-03-02T09:30", "2026-03-02T09:30:00+08:00"),
    ("took", "2 天 4 小时", "P2DT4H"), ("took", "2 d 4 h", "P2DT4H"), ("took", "1周", "P7D"),
    ("took", "90 分钟", "P0DT90M"), ("took", "90 min", "P0DT90M"), ("took", "P1D", "P1D"),
    ("email", " a@b.cn ", "a@b.cn"), ("phone", "138 0000 1111", "138 0000 1111"), ("link", "https://b.cn", "https://b.cn"),
    ("tags", "急，差旅;new", ["急", "差旅", "new"]), ("tags", "a, b", ["a", "b"]),
    ("stars", "４", "4"), ("extra", '{"城市": [1]}', {"城市": [1]}),
    ("notes", "<p>好<script>x()</script></p>", "<p>好</p>"),
    ("notes", '<a href="javascript:x" onclick="y">z</a>', '<a rel="noopener noreferrer">z</a>'),
])
def test_text_of_every_type_is_read(claims: Catalog, field: str, sent: Any, value: Any) -> None:
    given = _read(claims, {field: sent})
    assert given.errors == []
    assert given.values == {field: value}
    spec = claims.entity("claim").field(field)
    spec.type.parse(value, spec)


@pytest.mark.parametrize("field", [
    "name", "amount", "days", "weight", "share", "status", "reason", "notes", "on", "at", "took", "follows", "owner",
    "team", "email", "phone", "link", "tags", "stars", "extra"])
def test_empty_input_is_null(claims: Catalog, field: str) -> None:
    assert _read(claims, {field: "  "}).values == {field: None}


def test_empty_choices_are_no_choices(claims: Catalog) -> None:
    assert _read(claims, {"kinds": "", "others": ""}).values == {"kinds": [], "others": []}


def test_address_is_read_by_parts(claims: Catalog) -> None:
    assert _read(claims, {"where/city": " 上海 ", "where/street": ""}).values == {"where": {"city": "上海"}}
    assert _read(claims, {"where/city": ""}).values == {"where": None}


def test_currency_goes_with_its_amount(claims: Catalog) -> None:
    given = _read(claims, {"amount": "10", "amount_currency": "USD"})
    assert given.values == {"amount": "10", "amount_currency": "USD"}


def test_absent_field_is_not_sent(claims: Catalog) -> None:
    assert _read(claims, {"name": "Trip"}).values == {"name": "Trip"}


def test_field_not_asked_for_is_left(claims: Catalog) -> None:
    given = _read(claims, {"name": "Trip", "secret": "forged"}, "name")
    assert (given.values, given.errors) == ({"name": "Trip"}, [])


@pytest.mark.parametrize(("field", "typed"), [
    ("amount", "twelve"), ("days", "十二"), ("at", "tomorrow"), ("took", "soon"), ("on", "三月二日")])
def test_unreadable_text_stays_as_typed(claims: Catalog, field: str, typed: str) -> None:
    given = _read(claims, {field: typed})
    assert given.values == {field: typed}
    spec = claims.entity("claim").field(field)
    with pytest.raises(ValueError, match="must"):
        spec.type.parse(typed, spec)


def test_broken_json_errs_at_its_field(claims: Catalog) -> None:
    given = _read(claims, {"extra": '{"a": ', "name": "Trip"})
    assert [(e.path, e.code) for e in given.errors] == [("extra", "not-json")]
    assert given.values == {"extra": '{"a": ', "name": "Trip"}
    with pytest.raises(ValidationFailed):
        given.check()


def test_rows_keep_their_order_and_ids(claims: Catalog) -> None:
    given = _read(claims, {
        "lines": "", "lines/b/id": "9", "lines/b/what": "Train", "lines/b/count": "２",
        "lines/n1/what": "", "lines/n1/count": "", "lines/a/what": "Bus", "lines/a/price": "¥3"})
    assert given.values == {"lines": [
        {"id": 9, "what": "Train", "count": "2"}, {"what": "Bus", "price": "3"}]}


def test_emptied_table_has_no_rows(claims: Catalog) -> None:
    assert _read(claims, {"lines": ""}).values == {"lines": []}


@pytest.mark.parametrize("name", ["bogus", "bogus_currency", "lines/0/bogus", "where/planet", "name/part"])
def test_unknown_name_is_refused(claims: Catalog, name: str) -> None:
    given = _read(claims, {"name": "Trip", "lines/0/what": "Bus", name: "1", "csrf_token": "x", "version": "3"})
    assert [(e.path, e.code) for e in given.errors] == [(name, "unknown-field")]
    assert given.values["name"] == "Trip"


def test_unchanged_fields_are_found(claims: Catalog) -> None:
    entity = claims.entity("claim")
    was = {"amount": "12.00", "name": "Trip", "at": "2026-03-02T01:30:00+00:00"}
    now = {"amount": "12", "name": "Trips", "at": "2026-03-02T09:30:00+08:00"}
    stored = {name: submission.normal(claims, entity, name, value) for name, value in was.items()}
    assert submission.unchanged(claims, entity, now, stored) == {"amount", "at"}
