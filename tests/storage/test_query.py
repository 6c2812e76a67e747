"""One expression, two answers that must be one: rows that SQL finds, and rows for which FEEL says true."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from formloom import feel
from formloom.metadata import builtin_types, compiler, loader
from formloom.metadata.catalog import Catalog
from formloom.records.context import Context
from formloom.records.scope import Scope
from formloom.storage import query
from tests.conftest import ROOT, Bench, _settled

USER = {"id": 2, "name": "rita", "limit": Decimal("100.5"), "team": None, "team_members": [1, 2, None],
        "tags": ["a", "b"], "since": date(2026, 3, 1), "roles": ["rita", "new"], "team_names": ["sales"],
        "reports": [1, 3]}
NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
ROWS = 40
EXAMPLES = int(os.environ.get("FORMLOOM_EXAMPLES", "100"))
_POOLS: dict[str, list[Any]] = {
    "name": [None, "", "Ann", "ann", "Émile", "张三", "a%b_", "zoë", "rita"],
    "note": [None, "Ann", "a", "三", "long text\nof lines"],
    "status": [None, "new", "old"],
    "tags": [None, [], ["a"], ["a", "张三"], ["2"]],
    "count": [None, 0, 1, 2, -7, 10**15],
    "size": [None, *map(Decimal, ("0", "1.5", "0.001", "-2", "99999999999.999"))],
    "price": [None, *map(Decimal, ("0", "100.5", "100.49", "9999999999999999.99", "-0.01"))],
    "share": [None, *map(Decimal, ("0", "5", "12.5"))],
    "active": [None, True, False],
    "day": [None, date(2026, 3, 1), date(2026, 3, 2), date(1999, 12, 31)],
    "other_day": [None, date(2026, 3, 2), date(2026, 3, 3)],
    "moment": [None, NOW, NOW - timedelta(days=1), NOW + timedelta(microseconds=1)],
    "span": [None, timedelta(), timedelta(hours=4), timedelta(days=-1)],
    "data": [None, 1, "a", {"a": 1}],
    "place": [None, {"city": "武汉"}, {"city": "Ann", "country": "CN"}, {"street": "a"}],
    "owner": [None, 1, 2, 3],
}


def _catalog() -> Catalog:
    return compiler.compile(loader.read_pack(ROOT / "tests" / "packs" / "kinds"), builtin_types.TYPES)


CATALOG = _catalog()
THING = CATALOG.entity("thing")


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def things(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    folder: Path = tmp_path_factory.mktemp("kinds")
    for bench in _settled(request.param, ROOT / "tests" / "packs" / "kinds", folder):
        _fill(bench, Random(20260302))
        yield bench


def _fill(bench: Bench, chance: Random) -> None:
    with bench.writing() as context:
        for number in range(1, ROWS + 1):
            row = {name: chance.choice(pool) for name, pool in _POOLS.items()}
            row["friend"] = chance.choice([None, *range(1, number)])
            row["friends"] = chance.sample(range(1, number), min(number - 1, chance.choice([0, 1, 3])))
            made = context.store.insert(context.unit, "thing", row)
            parts = [{"name": chance.choice(["a", None, "b"]), "fragile": chance.choice([True, False, None]),
                      "weight": chance.choice([None, Decimal("1.25"), Decimal(3)])}
                     for _ in range(chance.choice([0, 1, 2]))]
            context.store.replace_children(context.unit, "thing", made, "parts", parts)


# -- expressions -------------------------------------------------------------------------------------------------

_NUMBERS = st.sampled_from([
    "count", "size", "price", "share", "friend.size", "friend.count", "friend", "owner", "count(parts)",
    "sum(parts.weight)", "string length(name)", "0", "2", "-7", "1.5", "100.5", "0.0001", "12345678901234567890123",
    "1e30", "user.limit", "user.id", "user.team", "null", "-size", "size * count", "price * size", "price - share",
    "count + 1", "user.limit + price", "id", "price * price", "version"])
_STRINGS = st.sampled_from([
    "name", "note", "status", "friend.name", "friend.friend.status", "user.name", '"Ann"', '"a"', '""', '"张三"',
    '"new"', "null", "record.name",
    "place.city"])
_DAYS = st.sampled_from(["day", "other_day", 'date("2026-03-02")', "today()", "user.since", "friend.day", "null"])
_MOMENTS = st.sampled_from(["moment", "now()", 'date and time("2026-03-02T10:00:00+01:00")', "friend.moment",
                            'date and time("2026-03-02T09:00:00")', 'now() - duration("P1D")', "null",
                            'date and time("0001-01-01T00:00:00+14:00")'])
_SPANS = st.sampled_from(["span", 'duration("PT4H")', "friend.span", 'duration("P999999999D")', "null"])
_TRUTHS = st.sampled_from(["active", "friend.active", "true", "false", "null"])
_KINDS = (_NUMBERS, _STRINGS, _DAYS, _MOMENTS, _SPANS, _TRUTHS)
_ANY = st.one_of(*_KINDS)
_TYPED = st.sampled_from(_KINDS)


@st.composite
def _comparison(draw: st.DrawFn) -> str:
    same = draw(st.integers(0, 9)) > 0
    kind = draw(_TYPED)
    other = kind if same else _ANY
    relation = draw(st.sampled_from(["=", "!=", "<", "<=", ">", ">="]))
    return f"{draw(kind)} {relation} {draw(other)}"


@st.composite
def _membership(draw: st.DrawFn) -> str:
    kind = draw(_TYPED)
    item, a, b = draw(kind), draw(kind), draw(kind)
    shape = draw(st.sampled_from([
        "{item} in ({a}, {b})", "{item} in [{a}, {b}]", "{item} in [{a}..{b}]", "{item} in ({a}..{b})",
        "{item} in [ [{a}..{b}], {a} ]", "{item} in (< {a}, {b})", "{item} in (>= {a})", "{item} in {a}",
        "{item} between {a} and {b}", "{item} in [{a}, null]", "list contains([{a}, {b}], {item})"]))
    return shape.format(item=item, a=a, b=b)


_LISTS = st.sampled_from([
    'list contains(tags, "a")', 'list contains(tags, null)', '"张三" in tags', "2 in friends",
    "list contains(friends, 3)", "user.id in friends", "name in tags", "owner in user.team_members",
    "list contains(user.tags, name)", "is manager of(owner)", "has role(name)", "has role(status)",
    'in team("sales") and owner = 1', "not(is manager of(owner))", 'has role("boss") or owner = 1',
    "2 in tags",
    "list contains(friends, 1.5)", "list contains(friends, 1e30)", "list contains(tags, 2)", "owner in friends",
    "list contains(user.team, owner)", "owner in user.team", "tags = null", "friend in friends", "friends = null",
    "status in user.tags", "price in friends", "data = null", "count in [[1..5], 7, null]",
    "list contains(friends, null)",
])
_CHILDREN = st.sampled_from([
    "some p in parts satisfies p.fragile", "every p in parts satisfies p.fragile",
    "some p in parts satisfies p.weight > 1",
    "every p in parts satisfies p.weight > 1", 'every p in parts satisfies p.name = "a"',
    "some p in parts satisfies p.weight = size", "some p in parts satisfies not(p.fragile)", "count(parts) = 0",
    "every p in parts satisfies p.name != name",
])


@st.composite
def _words(draw: st.DrawFn) -> str:
    name = draw(st.sampled_from(["contains", "starts with", "ends with"]))
    return f"{name}({draw(_STRINGS)}, {draw(_STRINGS)})"


_CONDITIONS = st.recursive(
    st.one_of(_comparison(), _membership(), _words(), _LISTS, _CHILDREN, _TRUTHS, _ANY.map("({} = null)".format)),
    lambda inner: st.one_of(
        inner.map("not({})".format), st.tuples(inner, inner).map(lambda p: f"({p[0]}) and ({p[1]})"),
        st.tuples(inner, inner).map(lambda p: f"({p[0]}) or ({p[1]})"),
        st.tuples(inner, inner, inner).map(lambda p: f"if ({p[0]}) then ({p[1]}) else ({p[2]})")),
    max_leaves=4)


@given(text=_CONDITIONS)
@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_list_finds_what_feel_confirms(things: Bench, text: str) -> None:
    expression = feel.compile(text, frozenset((*THING.fields, "user", "record")))
    if refused := query.check(expression, THING, CATALOG):
        assert 0 <= refused[0][0] < len(text)
        return
    with things.reading() as context:
        rows = context.store.list(context.unit, "thing")
        confirmed = {row["id"] for row in rows if expression.test(_Seen(context, row), NOW)}
        assert _found(context, expression) == confirmed, text


def _found(context: Context, expression: feel.Expression) -> set[int]:
    where = context.store.condition(context.unit, THING, expression, USER, NOW)
    return {row["id"] for row in context.store.list(context.unit, "thing", where=where)}


def test_kept_condition_follows_the_user(things: Bench) -> None:
    expression = feel.compile("owner = user.id", frozenset((*THING.fields, "user")))
    with things.reading() as context:
        for person in (1, 2, "2", True, 1, None):
            where = context.store.condition(context.unit, THING, expression, {"id": person}, NOW)
            owners = {row["owner"] for row in context.store.list(context.unit, "thing", where=where)}
            assert owners == ({person} if type(person) is int or person is None else set())


def test_product_has_all_digits(things: Bench) -> None:
    expression = feel.compile("price * price > 1e20 or not(price * price > 1e20)", frozenset(THING.fields))
    with things.reading() as context:
        rows = context.store.list(context.unit, "thing")
        assert _found(context, expression) == {row["id"] for row in rows if row["price"] is not None}


def test_kept_condition_follows_the_user_inside_rows(things: Bench) -> None:
    expression = feel.compile("some p in parts satisfies p.weight > user.limit", frozenset((*THING.fields, "user")))
    with things.reading() as context:
        for limit, found in ((Decimal(2), True), (Decimal(100), False), (None, False)):
            where = context.store.condition(context.unit, THING, expression, {"limit": limit}, NOW)
            assert bool(context.store.list(context.unit, "thing", where=where)) is found


class _Seen(Scope):
    def __init__(self, context: Context, row: dict[str, Any]) -> None:
        super().__init__(context, THING, row)

    def __getitem__(self, name: str) -> Any:
        return USER if name == "user" else super().__getitem__(name)


REFUSED = {
    "name > replace(note, \"a\", \"b\")": 7, "data = 1": 0, "count ** 2 > 1": 0, "2 > sqrt(count)": 4,
    "owner.name = name": 0, 'name = "a\\u0000"': 7, "friend.friends = null": 0, "nonsense(name)": 0,
    "count(data) > 1": 0, "sum(parts.name) > 1": 4, "price * 1e400 > 1": 0,
}


@pytest.mark.parametrize("text", REFUSED)
def test_refusal_tells_the_position(text: str) -> None:
    (position, reason), = query.check(feel.compile(text, frozenset((*THING.fields, "user"))), THING, CATALOG)
    assert position == REFUSED[text]
    assert str(reason)


@pytest.mark.parametrize("text", [
    "owner = user.id", "owner in user.team_members", 'status = "new" and price > user.limit * 2', "friend.active",
    'has role("boss") or is manager of(owner)',
])
def test_usual_rules_pass_the_check(text: str) -> None:
    assert query.check(feel.compile(text, frozenset((*THING.fields, "user"))), THING, CATALOG) == []


def test_owner_rule_uses_the_index(things: Bench) -> None:
    expression = feel.compile("owner = user.id", frozenset((*THING.fields, "user")))
    with things.reading() as context:
        where = query.render(expression, THING, CATALOG, things.tables, context.unit.dialect, user=USER, now=NOW)
        if context.unit.dialect == "postgresql":
            context.unit.connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
        table = things.tables["thing"]
        statement = sa.select(table.c.id).where(where)
        text = str(statement.compile(context.unit.connection, compile_kwargs={"literal_binds": True}))
        explain = "EXPLAIN QUERY PLAN " if context.unit.dialect == "sqlite" else "EXPLAIN "
        plan = " ".join(str(row) for row in context.unit.connection.exec_driver_sql(explain + text))
    assert "ix_e_thing_owner" in plan
