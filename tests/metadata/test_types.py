"""Every field type gives back what it took, refuses the rest with words, and has its options checked."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
import simplejson
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from formloom.errors import Text
from formloom.metadata import compiler, values
from formloom.metadata.builtin_types import TYPES
from formloom.metadata.catalog import Field
from formloom.metadata.sources import Source
from formloom.storage import tables

OPTIONS: dict[str, str] = {
    "choice": ", choices: [{value: a}, {value: b}]", "choices": ", choices: [{value: a}, {value: b}]",
    "reference": ", entity: e", "references": ", entity: e", "table": ", entity: row",
    "sequence": ", pattern: 'N-{000}'",
    "formula": ", formula: 1 + 1", "rollup": ", of: f_table, function: count",
}
TYPED = [name for name, made in TYPES.items() if not made.computed]
COMPUTED = [name for name, made in TYPES.items() if made.computed]


def _fields(**more: str) -> dict[str, Field]:
    lines = [f"  f_{name}: {{type: {name}{OPTIONS.get(name, '')}}}" for name in TYPES]
    lines += [f"  {name}: {{{text}}}" for name, text in more.items()]
    sources = [Source("p", "entities/e.yaml", "entity: e\nfields:\n" + "\n".join(lines)),
               Source("p", "entities/row.yaml", "entity: row\nparent: e\nfields: {n: {type: text}}")]
    return dict(compiler.compile(sources, TYPES).entity("e").fields)


FIELDS = _fields(
    short="type: text, max_length: 5", bounded="type: integer, minimum: -3, maximum: 7",
    exact="type: decimal, precision: 18, scale: 18", whole="type: decimal, precision: 18, scale: 0",
    local="type: datetime, zone: Asia/Shanghai", stars="type: rating, maximum: 10",
)

UNHURRIED = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
TEXT = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=200)
WORD = st.text("abcdefghijklmnopqrstuvwxyz0123456789", min_size=2, max_size=20)
NUMBER = st.decimals(min_value=-(10**16) + 1, max_value=10**16 - 1, places=2)
ID = st.integers(1, values.LARGEST_ID)
JSON = st.recursive(st.none() | st.booleans() | st.integers() | TEXT, lambda inner: st.lists(inner, max_size=4)
                    | st.dictionaries(TEXT, inner, max_size=4), max_leaves=20)
SPAN = st.integers(-(10**13), 10**13).map(lambda seconds: timedelta(seconds=seconds))
PARTS = st.dictionaries(st.sampled_from(values.ADDRESS_PARTS), st.text(st.characters(categories=["L"]), min_size=1,
                                                                      max_size=200))
GOOD: dict[str, st.SearchStrategy[Any]] = {
    "text": TEXT, "long_text": TEXT, "rich_text": TEXT, "integer": st.integers(-(2**63) + 1, 2**63 - 1),
    "decimal": NUMBER, "money": NUMBER, "percent": NUMBER, "boolean": st.booleans(), "date": st.dates(),
    "datetime": st.datetimes(timezones=st.just(UTC)), "duration": SPAN, "choice": st.sampled_from("ab"),
    "choices": st.lists(st.sampled_from("ab"), unique=True), "tags": st.lists(WORD, unique=True), "reference": ID,
    "references": st.lists(ID, unique=True), "table": st.lists(st.dictionaries(WORD, JSON)), "user": ID, "team": ID,
    "file": ID, "image": ID, "email": st.builds("{}@{}.example".format, WORD, WORD),
    "phone": st.integers(10, 10**30).map("+{}".format), "url": st.builds("https://{}.example/{}".format, WORD, WORD),
    "address": PARTS, "rating": st.integers(0, 5), "json": JSON.filter(lambda value: value is not None),
}
ANYTHING = st.one_of(
    JSON, st.floats(), st.decimals(), st.dates(), st.datetimes(), st.datetimes(timezones=st.just(UTC)),
    st.timedeltas(), st.binary(max_size=4), st.sets(st.integers(), max_size=2), st.text(max_size=40),
    st.text(st.characters(categories=["Cs", "Cc", "Nd"]), max_size=8), st.from_regex(r"-?P\d{1,9}DT\d{1,9}[HMS]"),
    st.from_regex(r"[+-]?\d{1,60}(\.\d{1,60})?(e[+-]?\d{1,9})?", fullmatch=True), st.lists(st.text(max_size=3)),
    st.from_regex(r"(https?|ht\ntp|javascript|mailto)://?\[?[a-z:.\n ]*", fullmatch=True),
    st.dictionaries(st.sampled_from(values.ADDRESS_PARTS), st.integers() | st.text(max_size=3)),
)


def _json(value: Any) -> Any:
    """What a client would send for what it was given."""
    return simplejson.loads(simplejson.dumps(value, use_decimal=True), use_decimal=True)


def test_every_type_is_tried() -> None:
    assert sorted(GOOD) == sorted(TYPED)


@pytest.mark.parametrize("name", TYPED)
@UNHURRIED
@given(data=st.data())
def test_value_survives_the_way_out_and_in(name: str, data: st.DataObject) -> None:
    field = FIELDS[f"f_{name}"]
    value = field.type.parse(data.draw(GOOD[name]), field)
    sent = _json(field.type.dump(value, field))
    assert field.type.parse(sent, field) == value


@pytest.mark.parametrize("name", TYPED)
@UNHURRIED
@given(data=st.data())
def test_dumped_value_fits_schema(name: str, data: st.DataObject) -> None:
    field = FIELDS[f"f_{name}"]
    value = field.type.parse(data.draw(GOOD[name]), field)
    schema = Draft202012Validator(field.type.json_schema(field))
    assert [e.message for e in schema.iter_errors(_json(field.type.dump(value, field)))] == []


@pytest.mark.parametrize("name", [f.name for f in FIELDS.values() if not f.system and not f.type.computed])
@UNHURRIED
@given(value=ANYTHING)
def test_anything_is_taken_or_refused_with_words(name: str, value: Any) -> None:
    field = FIELDS[name]
    made, words = _parsed(value, field)
    if words is None:
        assert field.type.parse(_json(field.type.dump(made, field)), field) == made
        _storable(made, field)
    else:
        assert isinstance(words, Text)


def _parsed(value: Any, field: Field) -> tuple[Any, Any]:
    try:
        return field.type.parse(value, field), None
    except ValueError as error:
        return None, error.args[0]


def _storable(made: Any, field: Field) -> None:
    """Neither database may be asked to keep what it cannot."""
    written = simplejson.dumps(made, use_decimal=True, default=str, ensure_ascii=False)
    written.encode()
    for column in tables.columns_of(field):
        if column.kind == "text" and column.length and isinstance(made, str):
            assert len(made) <= column.length
        if column.kind == "integer" and isinstance(made, int):
            assert -(2**63) < made < 2**63
        if column.kind == "decimal":
            assert len(made.scaleb(column.scale).to_integral_value().as_tuple().digits) <= 18


@pytest.mark.parametrize("name", COMPUTED)
@UNHURRIED
@given(value=ANYTHING)
def test_computed_field_takes_nothing(name: str, value: Any) -> None:
    field = FIELDS[f"f_{name}"]
    with pytest.raises(ValueError, match="is computed and cannot be typed"):
        field.type.parse(value, field)


@pytest.mark.parametrize(("name", "value"), [
    ("short", "123456"), ("f_text", 1), ("f_text", "a\x00b"), ("f_text", "\ud800"), ("bounded", 8), ("bounded", -4),
    ("f_integer", 1.5), ("f_integer", 2**63), ("f_integer", True), ("f_integer", float("nan")), ("f_decimal", "0.001"),
    ("f_decimal", "1e400"), ("exact", 1), ("whole", "0.5"), ("whole", 10**18), ("f_boolean", 1), ("f_boolean", []),
    ("f_date", "2026-02-30"), ("f_date", datetime(2026, 1, 1, tzinfo=UTC)), ("f_datetime", "2026-01-01T00:00:00"),
    ("f_datetime", "0001-01-01T00:00:00+14:00"), ("f_duration", "P"), ("f_duration", "-P999999999DT1S"),
    ("f_duration", "P1Y"), ("f_choice", "c"), ("f_choice", ["a"]), ("f_choices", "a"), ("f_choices", ["c"]),
    ("f_tags", [1]), ("f_reference", 0), ("f_reference", "one"), ("f_reference", "9" * 5000),
    ("f_reference", Decimal("1E+999999")), ("f_references", [1, None]), ("f_table", [1]), ("f_email", "me@home"),
    ("f_phone", "call me"), ("f_url", "javascript:alert(1)"), ("f_url", "https://a b"), ("f_url", "https://[::1"),
    ("f_address", {"planet": "Earth"}), ("f_address", {"city": "x" * 201}), ("f_rating", 6), ("f_rating", -1),
    ("stars", 11), ("f_json", float("inf")), ("f_json", {"a": "\x00"}), ("f_json", "x" * values.MAX_JSON),
    ("f_json", {"a": date(2026, 1, 1)}), ("f_json", b"a"), ("f_json", [Decimal("1E+999999")]),
    ("f_json", Decimal("NaN")),
])
def test_wrong_value_is_refused(name: str, value: Any) -> None:
    field = FIELDS[name]
    with pytest.raises(ValueError) as caught:  # noqa: PT011 - the words differ
        field.type.parse(value, field)
    assert isinstance(caught.value.args[0], Text)


@pytest.mark.parametrize(("name", "value", "made"), [
    ("local", "2026-01-01T08:00:00", datetime(2026, 1, 1, tzinfo=UTC)),
    ("f_integer", "12", 12), ("f_decimal", "1.50000", Decimal("1.50")), ("f_decimal", 0.1, Decimal("0.10")),
    ("f_boolean", "true", True), ("f_duration", "P1W", timedelta(days=7)), ("f_email", " a@b.example ", "a@b.example"),
    ("f_duration", timedelta(seconds=1, microseconds=5), timedelta(seconds=1)), ("f_tags", [" a", "a ", " "], ["a"]),
    ("f_reference", "7", 7), ("f_address", {"city": "X", "street": None}, {"city": "X"}),
    ("f_json", {"a": (1, 0.1)}, {"a": [1, Decimal("0.1")]}), ("f_json", "back\\u0000slash", "back\\u0000slash"),
])
def test_value_is_understood(name: str, value: Any, made: Any) -> None:
    field = FIELDS[name]
    assert field.type.parse(value, field) == made


BAD_OPTIONS = [
    ("integer", "minimum: 5; maximum: 4", "bad-option", "minimum"),
    ("rating", "minimum: 6", "bad-option", "minimum"),
    ("decimal", "maximum: 0.1; minimum: 0.2", "bad-option", "minimum"),
    ("decimal", "precision: 4; scale: 5", "bad-option", "scale"),
    ("percent", "precision: 1", "bad-option", "precision"),
    ("money", "currencies: [CNY, USD]; currency: EUR", "bad-option", "currency"),
    ("formula", "formula: 1; currency: EUR; currencies: [CNY]", "bad-option", "currency"),
    ("datetime", "zone: Mars/Olympus", "bad-option", "zone"),
    ("datetime", "zone: ../etc", "bad-option", "zone"),
    ("datetime", "zone: Asia", "bad-option", "zone"),
    ("decimal", "scale: 2; precision: 19", "bad-value", "precision"),
    ("decimal", "scale: -1", "bad-value", "scale"),
    ("decimal", "scale: 1.5", "wrong-type", "scale"),
    ("text", "max_length: 0", "bad-value", "max_length"),
    ("text", "max_length: 100001", "bad-value", "max_length"),
    ("text", "scale: 2", "unknown-key", "scale"),
    ("money", "currency: yuan", "bad-name", "currency"),
    ("money", "currencies: []", "bad-value", "currencies"),
    ("rating", "maximum: 11", "bad-value", "maximum"),
    ("sequence", "pattern: 'N-{XX}'", "bad-pattern", "pattern"),
    ("integer", "maximum: 4; default: 5", "bad-default", "default"),
    ("date", """default: '"tomorrow"'""", "bad-default", "default"),
    ("text", """max_length: 2; default: '"long"'""", "bad-default", "default"),
    ("boolean", "default: 1", "bad-default", "default"),
    ("choice", """choices: [{value: a}]; default: '"z"'""", "unknown-choice", "default"),
    ("choices", "choices: [{value: a}, {value: a}]", "duplicate-choice", "choices"),
]


@pytest.mark.parametrize(("kind", "options", "code", "key"), BAD_OPTIONS)
def test_bad_option_is_told_at_its_line(kind: str, options: str, code: str, key: str) -> None:
    lines = ["entity: e", "fields:", "  f:", f"    type: {kind}", *(f"    {o}" for o in options.split("; "))]
    problems = compiler.check([Source("p", "entities/e.yaml", "\n".join(lines))], TYPES)
    assert [(p.code, p.place.file) for p in problems] == [(code, "entities/e.yaml")]
    assert lines[problems[0].place.line - 1].startswith(f"    {key}: ")
