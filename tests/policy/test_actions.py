"""Declared actions, and why an answer is what it is."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from formloom.records import actions
from formloom.records.scope import Scope
from tests.conftest import person
from tests.policy.conftest import Given

RITA = person(1, "rita", "rep")
CLOSER = "deal: {read: true, actions: {win: owner = user.id}}"


def test_action_needs_its_rule_and_its_state(given: Given) -> None:
    policy = given(rep=CLOSER)
    assert policy.decide(RITA, "win", "deal", {"owner": 1, "status": "draft"})
    assert not policy.decide(RITA, "win", "deal", {"owner": 2, "status": "draft"})
    assert not policy.decide(RITA, "win", "deal", {"owner": 1, "status": "won"})
    assert policy.decide(RITA, "win", "deal")


def test_unfit_action_tells_its_reason_first(given: Given) -> None:
    policy = given(rep=CLOSER)
    assert str(policy.decide(RITA, "win", "deal", {"owner": 2, "status": "won"}).reason) == "Only a draft can be won."
    assert str(policy.decide(RITA, "win", "deal", {"owner": 2, "status": "draft"}).reason) == (
        "Your roles do not allow this on this record of Deal: Won. Ask its owner or a manager.")


def test_rows_of_an_action_meet_its_condition(given: Given) -> None:
    policy = given(rep=CLOSER)
    (rule,) = policy.row_rules(RITA, "deal", "win").expressions
    assert rule.names == {"owner", "status", "user"}
    (condition,) = policy.row_rules(person(9, "root", admin=True), "deal", "win").expressions
    assert condition.text == 'status = "draft"'


def test_explanation_names_rule_place_and_values(given: Given) -> None:
    policy = given(rep="customer: {read: true}\n" + CLOSER, boss="deal: {read: true}")
    boss, rep = policy.explain(person(1, "rita", "rep", "boss", "janitor"), "win", "deal",
                               {"owner": 2, "status": "draft"})
    assert (boss.role, boss.rule, boss.place, boss.allowed) == ("boss", "", "roles/boss.yaml:4", False)
    assert (rep.role, rep.place, rep.allowed) == ("rep", "roles/rep.yaml:5", False)
    assert "owner = user.id" in rep.rule
    assert 'status = "draft"' in rep.rule
    assert rep.values == {"owner": 2, "status": "draft", "user.id": Decimal(1)}


def test_explanation_tells_what_is_in_the_way(given: Given) -> None:
    policy = given(rep=CLOSER, boss="""deal:
    read: owner = user.id
    update: owner = user.id
    states: {won: {update: false, reason: {en: It is won.}}, draft: {update: false}}""")
    boss = person(1, "b", "boss")

    def reasons(actor: Any, action: str, record: Any = None) -> list[str]:
        return [str(step.reason) for step in policy.explain(actor, action, "deal", record)]

    assert reasons(boss, "read", {"owner": 1}) == ["Allowed."]
    assert reasons(boss, "read", {"owner": 2}) == ["Its rule does not hold for this record."]
    assert reasons(boss, "update", {"owner": 1, "status": "won"}) == ["It is won."]
    assert reasons(boss, "update", {"owner": 2, "status": "won"}) == ["Its rule does not hold for this record."]
    assert reasons(boss, "update", {"owner": 1, "status": "draft"}) == ["This role does not allow it in this state."]
    assert reasons(boss, "delete") == ["This role does not allow it on any record."]
    assert reasons(RITA, "win", {"owner": 1, "status": "won"}) == ["Only a draft can be won."]
    assert reasons(person(9, "root", admin=True), "win", {"status": "won"}) == ["Only a draft can be won."]


def test_explanation_and_decision_agree(given: Given) -> None:
    policy = given(rep=CLOSER, boss='deal: {read: status = "won", update: true, states: {won: {update: false}}}')
    for actor in (RITA, person(2, "bob", "boss"), person(1, "b", "rep", "boss"), person(3, "n"),
                  person(9, "root", admin=True)):
        for action in ("create", "read", "update", "delete", "win"):
            for record in (None, {}, {"owner": 1, "status": "draft"}, {"owner": 1, "status": "won"}):
                explained = any(step.allowed for step in policy.explain(actor, action, "deal", record))
                assert explained is bool(policy.decide(actor, action, "deal", record)), (actor.roles, action, record)


def test_explanation_reads_across_references(mini: Any) -> None:
    with mini.writing() as context:
        customer = actions.create(context, "customer", {"name": "Acme", "owner": 2}).id
        made = actions.create(context, "deal", {
            "name": "D", "customer": customer, "owner": 1, "lines": [{"product": "a", "price": "1"}]})
    with mini.reading("rita") as context:
        entity = mini.catalog.entity("deal_line")
        row = context.store.get(context.unit, "deal_line", made.values["lines"][0]["id"])
        (step,) = context.policy.explain(context.actor, "update", entity, Scope(context, entity, row), context.now)
    assert step.values == {"parent.owner": 1, "parent.status": "draft", "user.id": Decimal(1)}
    assert step.allowed
