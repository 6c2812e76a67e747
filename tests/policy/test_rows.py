"""Which records an actor reaches: deny by default, union of roles, rules over rows."""

from __future__ import annotations

from dataclasses import replace

import pytest

from formloom.errors import UnknownAction, UnknownEntity
from formloom.policy.actor import SYSTEM
from formloom.policy.policy import Policy
from tests.conftest import person
from tests.policy.conftest import Given

RITA = person(1, "rita", "rep", team_members=frozenset({1, 2}), reports=frozenset({7}), team_names=frozenset({"sales"}))
OWN = "deal: {create: true, read: owner = user.id, update: owner = user.id}"
ACTIONS = ("create", "read", "update", "delete", "win")


@pytest.mark.parametrize("roles", [(), ("janitor",), ("Rep",)])
def test_without_known_role_nothing(given: Given, roles: tuple[str, ...]) -> None:
    policy, actor = given(rep="deal: {read: true, create: true}"), person(1, "rita", *roles)
    for action in ACTIONS:
        assert not policy.decide(actor, action, "deal", {"owner": 1})
        assert not policy.decide(actor, action, "deal")
        assert policy.row_rules(actor, "deal", action).nothing
    access = policy.access(actor, "deal", {"owner": 1})
    assert (access.readable, access.writable, dict(access.masks)) == (frozenset(), frozenset(), {})
    assert policy.list_access(actor, "deal").readable == frozenset()


def test_what_a_role_omits_is_denied(given: Given) -> None:
    policy = given(rep=OWN)
    assert not policy.decide(RITA, "delete", "deal", {"owner": 1})
    assert not policy.decide(RITA, "win", "deal", {"owner": 1, "status": "draft"})
    assert not policy.decide(RITA, "read", "customer", {"owner": 1})


@pytest.mark.parametrize(("rule", "owners"), [
    ("owner = user.id", {1}), ("owner in user.team", {1, 2}), ("owner in user.reports", {7}),
    ("owner in user.team or owner in user.reports", {1, 2, 7}), ("true", {1, 2, 3, 7, None}),
    ("owner = null", {None}), ("owner != user.id", {2, 3, 7, None}), ("not(owner = user.id)", {2, 3, 7, None}),
    ("list contains(user.roles, \"rep\") and owner = 3", {3}), ("has role(\"rep\") and owner = 3", {3}),
    ("is manager of(owner)", {7}), ("in team(\"sales\") and owner = 2", {2}), ("in team(\"legal\")", set()),
    ("number(name) > 3", set()), ("false", set()),
])
def test_row_rule_reaches_these_owners(given: Given, rule: str, owners: set[int | None]) -> None:
    policy = given(rep=f"deal:\n  read: {rule}")
    reached = {owner for owner in (1, 2, 3, 7, None) if policy.decide(RITA, "read", "deal", {"owner": owner})}
    assert reached == owners


def test_rule_that_fails_denies(given: Given) -> None:
    policy = given(rep="deal: {read: number(name) > 3, update: date(name) > start_date}")
    assert not policy.decide(RITA, "read", "deal", {"name": "x"})
    assert not policy.decide(RITA, "update", "deal", {"name": "x"})


def test_roles_add_up(given: Given) -> None:
    policy = given(rep=OWN, closer="deal: {read: status = \"won\", delete: status = \"won\"}")
    both = person(1, "rita", "rep", "closer")
    assert policy.decide(both, "read", "deal", {"owner": 1, "status": "draft"})
    assert policy.decide(both, "read", "deal", {"owner": 2, "status": "won"})
    assert not policy.decide(both, "read", "deal", {"owner": 2, "status": "draft"})
    assert policy.decide(both, "delete", "deal", {"owner": 2, "status": "won"})
    assert not policy.decide(both, "update", "deal", {"owner": 2, "status": "won"})
    assert len(policy.row_rules(both, "deal").expressions) == 2


def test_anything_in_one_role_is_anything(given: Given) -> None:
    policy = given(rep=OWN, boss="deal: {read: true}")
    rules = policy.row_rules(person(1, "rita", "rep", "boss"), "deal")
    assert (rules.everything, rules.nothing, rules.expressions) == (True, False, ())
    assert not policy.row_rules(RITA, "deal").everything


def test_without_record_asks_for_any(given: Given) -> None:
    policy = given(rep="deal: {read: owner = user.id, update: false}")
    assert policy.decide(RITA, "read", "deal")
    assert not policy.decide(RITA, "update", "deal")


def test_decision_names_role_and_place(given: Given) -> None:
    policy = given(rep="customer: {read: true}\n" + OWN)
    assert policy.decide(RITA, "read", "deal", {"owner": 1}).rule == "rep roles/rep.yaml:5"
    denied = policy.decide(RITA, "read", "deal", {"owner": 2})
    assert denied.rule == ""
    assert str(denied.reason) == (
        "Your roles do not allow this on this record of Deal: read. Ask its owner or a manager.")
    assert denied.reason.render("{entity}：{action}", "zh") == "成交：查看"
    assert str(policy.decide(RITA, "delete", "deal", {"owner": 1}).reason) == (
        "None of your roles allows this on Deal: delete. Ask an administrator for a role that does.")


def test_unknown_names_are_errors(given: Given) -> None:
    policy = given(rep=OWN)
    for ask in (policy.decide, policy.explain):
        with pytest.raises(UnknownAction):
            ask(RITA, "wni", "deal")
        with pytest.raises(UnknownEntity):
            ask(RITA, "read", "deel")


def test_administrator_may_everything_that_fits(given: Given) -> None:
    policy = given(rep=OWN)
    admin = person(9, "root", admin=True)
    for actor in (admin, SYSTEM):
        for action in ("create", "read", "update", "delete"):
            assert policy.decide(actor, action, "deal", {"owner": 2, "status": "won"}).rule == "admin"
        assert policy.row_rules(actor, "deal").everything
        assert policy.decide(actor, "win", "deal", {"status": "draft"})
        assert str(policy.decide(actor, "win", "deal", {"status": "won"}).reason) == "Only a draft can be won."


def test_role_may_be_administrator(given: Given) -> None:
    catalog = given(chief="deal: {read: false}").catalog
    chief = replace(catalog.roles["chief"], admin=True)
    policy = Policy(replace(catalog, roles={"chief": chief}))
    actor = person(1, "rita", "chief")
    assert policy.is_admin(actor)
    assert policy.decide(actor, "delete", "customer", {"owner": 2})
    assert not policy.is_admin(RITA)


def test_child_rows_follow_their_parent(given: Given) -> None:
    policy = given(rep=OWN)
    own, foreign = {"parent": {"owner": 1, "status": "draft"}}, {"parent": {"owner": 2, "status": "draft"}}
    for action in ("create", "read", "update", "delete"):
        assert policy.decide(RITA, action, "deal_line", own)
        assert not policy.decide(RITA, action, "deal_line", foreign)


def test_child_rows_follow_the_state_of_their_parent(given: Given) -> None:
    policy = given(rep="""
        deal:
          read: true
          update: true
          states: {won: {update: false, reason: {en: Won is won.}}}
        """)
    won = {"parent": {"status": "won"}}
    assert policy.decide(RITA, "read", "deal_line", won)
    assert policy.decide(RITA, "update", "deal_line", {"parent": {"status": "draft"}})
    assert str(policy.decide(RITA, "update", "deal_line", won).reason) == "Won is won."
    assert str(policy.decide(RITA, "create", "deal_line", won).reason) == "Won is won."


@pytest.mark.parametrize(("field", "may_read", "may_write"), [
    ("{read: false}", False, False), ("{write: false}", True, False), ("{mask: all}", False, False),
])
def test_child_rows_follow_the_field_that_shows_them(
    given: Given, field: str, may_read: bool, may_write: bool
) -> None:
    policy = given(rep=f"deal: {{read: true, update: true, fields: {{lines: {field}}}}}")
    row = {"parent": {"status": "draft"}}
    assert bool(policy.decide(RITA, "read", "deal_line", row)) is may_read
    assert bool(policy.decide(RITA, "update", "deal_line", row)) is may_write


def test_named_child_entity_stands_alone(given: Given) -> None:
    policy = given(rep="deal: {read: true, update: true}\ndeal_line: {read: quantity > 1}")
    assert policy.decide(RITA, "read", "deal_line", {"quantity": 2})
    assert not policy.decide(RITA, "read", "deal_line", {"quantity": 1})
    assert not policy.decide(RITA, "update", "deal_line", {"quantity": 2})
