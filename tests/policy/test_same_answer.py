"""The law of the policy: a list holds exactly the records that reading one by one allows."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from datetime import date
from decimal import Decimal
from random import Random
from types import MappingProxyType
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from formloom import feel
from formloom.errors import Forbidden
from formloom.metadata import builtin_types, compiler, loader
from formloom.metadata.catalog import Entity, EntityRule, FieldRule, Role, StateRule
from formloom.policy.actor import Actor
from formloom.policy.policy import Policy
from formloom.policy.rules import known_names
from formloom.records import actions
from formloom.records.context import Context
from formloom.records.record import Query
from formloom.records.scope import Scope
from tests.conftest import ROOT, Bench, person

EXAMPLES = int(os.environ.get("FORMLOOM_EXAMPLES", "120"))
Governed = Callable[..., AbstractContextManager[Context]]
PEOPLE = (
    person(1, "rita", "a", "b", team_members=frozenset({1, 2})), person(2, "ron", "a", "b", manager_id=3),
    person(3, "mona", "a", "b", team_members=frozenset({1, 2, 3}), reports=frozenset({1, 2})), person(4, "nia", "b"),
)


@pytest.fixture(scope="module")
def governed(mini_bench: Bench) -> Governed:
    """Somebody under these roles. Customers and deals of random values; every field that may be null sometimes is."""
    mini_bench.clear()
    chance, owners = Random(20260302), (None, 1, 2, 3, 4)
    with mini_bench.writing() as context:
        insert, unit = context.store.insert, context.unit
        customers = [insert(unit, "customer", {
            "name": f"C{number}", "active": chance.choice((None, True, False)), "owner": chance.choice(owners),
            "email": chance.choice((None, "a@example.com"))}) for number in range(6)]
        for number in range(40):
            deal = insert(unit, "deal", {
                "number": f"D-{number}", "name": chance.choice(("", "Ann", "ann", "张三", "a%b")),
                "customer": chance.choice(customers), "status": chance.choice((None, "draft", "won")),
                "start_date": chance.choice((None, date(2026, 3, 1), date(2026, 3, 2))),
                "end_date": chance.choice((None, date(2026, 3, 2), date(2026, 4, 1))),
                "discount": chance.choice((None, Decimal(0), Decimal("12.5"), Decimal(100))),
                "subtotal": chance.choice((None, Decimal(0), Decimal("99.99"))), "owner": chance.choice(owners)})
            lines = [{"product": chance.choice("ab"), "quantity": Decimal(chance.choice((1, 2))), "price": Decimal(1)}
                     for _ in range(chance.choice((0, 1, 2)))]
            context.store.replace_children(unit, "deal", deal, "lines", lines)

    @contextmanager
    def reading(actor: Actor, *roles: Role) -> Iterator[Context]:
        catalog = replace(mini_bench.catalog, roles={role.name: role for role in roles})
        with mini_bench.reading(actor) as context:
            yield replace(context, catalog=catalog, policy=Policy(catalog))

    return reading


DEAL = compiler.compile(loader.read_pack(ROOT / "tests" / "packs" / "mini"), builtin_types.TYPES).entity("deal")


# -- rules -------------------------------------------------------------------------------------------------------

_PEOPLE = ("owner", "customer.owner", "created_by", "user.id", "user.manager", "1", "2", "null")
_WORDS = ("name", "status", "customer.name", "customer.email", "user.username", '"Ann"', '"draft"', '"won"', '""',
          "null")
_DAYS = ("start_date", "end_date", 'date("2026-03-02")', "today()", "null")
_NUMBERS = ("discount", "subtotal", "0", "12.5", "100", "discount + 1", "subtotal * 2", "null")
_SETS = ("user.team", "user.reports", "[1, 2]", "[1, null]", "[]")
_TRUE = ("true", "false", "null", "customer.active", "record.customer.active", "list contains(user.roles, \"a\")")
_OPERATORS = ("=", "!=", "<", "<=", ">", ">=")


def _one(*texts: str) -> st.SearchStrategy[str]:
    return st.sampled_from(texts)


_COMPARISONS = st.one_of(*(
    st.tuples(_one(*kind), _one(*_OPERATORS), _one(*kind)).map(" ".join)
    for kind in (_PEOPLE, _WORDS, _DAYS, _NUMBERS)))
_MEMBERSHIPS = st.one_of(
    st.tuples(_one(*_PEOPLE), _one(*_SETS)).map(" in ".join),
    st.tuples(_one(*_WORDS), _one('["draft", "won"]', '("Ann", null)')).map(" in ".join),
    st.tuples(_one(*_DAYS[:4]), _one(*_DAYS[:4]), _one(*_DAYS[:4])).map("{0[0]} between {0[1]} and {0[2]}".format))
RULES = st.recursive(
    st.one_of(_COMPARISONS, _MEMBERSHIPS, _one(*_TRUE)),
    lambda inner: st.one_of(
        inner.map("not({})".format), st.tuples(inner, inner).map("({0[0]}) and ({0[1]})".format),
        st.tuples(inner, inner).map("({0[0]}) or ({0[1]})".format)),
    max_leaves=5)
FIELD_RULES = st.dictionaries(
    _one("name", "discount", "lines", "owner"),
    st.builds(FieldRule, st.booleans(), st.booleans(), st.sampled_from((None, "last4", "all"))), max_size=2)


@st.composite
def _entity_rules(draw: st.DrawFn) -> tuple[str | None, dict[str, FieldRule], dict[str, dict[str, FieldRule]]]:
    return (None if draw(st.integers(0, 9)) == 9 else draw(RULES), draw(FIELD_RULES),
            draw(st.dictionaries(_one("draft", "won"), FIELD_RULES, max_size=1)))


def _role(name: str, entity: Entity, drawn: Any) -> Role:
    text, fields, states = drawn
    read = None if text is None else feel.compile(text, known_names(entity))
    rule = EntityRule(read=read, fields=MappingProxyType(fields), states=MappingProxyType(
        {state: StateRule(fields=MappingProxyType(tight)) for state, tight in states.items()}))
    return Role(id=name, name=name, label={"en": name}, pack="mini", rules=MappingProxyType({entity.name: rule}))


# -- the law -----------------------------------------------------------------------------------------------------

@given(first=_entity_rules(), second=_entity_rules(), actor=st.sampled_from(PEOPLE))
@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_list_holds_what_may_be_read(governed: Governed, first: Any, second: Any, actor: Actor) -> None:
    with governed(actor, _role("a", DEAL, first), _role("b", DEAL, second)) as context:
        for entity in (DEAL, context.catalog.entity("deal_line")):
            rows = context.store.list(context.unit, entity.name)
            scopes = {row["id"]: Scope(context, entity, row) for row in rows}
            readable = {i for i, scope in scopes.items()
                        if context.policy.decide(actor, "read", entity, scope, context.now)}
            assert _listed(context, entity) == readable, (entity.name, first[0], second[0])
            _same_fields(context, entity, {i: scopes[i] for i in readable})


def _listed(context: Context, entity: Entity) -> set[int]:
    try:
        return {record.id for record in actions.list(context, entity.name, Query(page_size=1000)).records}
    except Forbidden:
        return set()


def _same_fields(context: Context, entity: Entity, readable: Mapping[int, Scope]) -> None:
    """What a list takes for granted of each row, and lets people filter and sort by, holds for each."""
    common = context.policy.list_access(context.actor, entity)
    for scope in readable.values():
        access = context.policy.access(context.actor, entity, scope, context.now)
        assert common.readable <= access.readable
        assert access.masks.keys() & common.readable <= common.masks.keys()
        if not context.policy.varies(context.actor, entity):
            assert (access.readable, access.masks) == (common.readable, common.masks)
