"""Why somebody may or may not: told to the person in what they may read, to administrators in full."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from formloom.errors import Forbidden, NotFound, UnknownAction
from formloom.records import explanation
from tests.conftest import Bench
from tests.records.conftest import Desk, refused


def _explain(desk: Desk, *asked: Any) -> explanation.Explanation:
    with desk.bench.reading(desk.who) as context:
        return explanation.explain(context, *asked)


def test_own_rights_are_explained(rita: Desk) -> None:
    made = rita.deal(end_date="2026-03-09")
    rita.run("deal", made.id, "win")
    told = _explain(rita, "deal", made.id, "update")
    assert (bool(told.decision), str(told.decision.reason)) == (False, "A won deal no longer changes.")
    (step,) = told.steps
    assert (step.role, step.place, step.allowed) == ("rep", "roles/rep.yaml:6", False)
    assert step.values == {"owner": 1, "status": "won", "user.id": Decimal(1)}


def test_unreadable_values_are_left_out(mona: Desk) -> None:
    made = mona.deal(lines=[{"product": "a", "price": "1"}])
    mona.update("deal", made.id, owner=1)
    (step,) = _explain(Desk(mona.bench, "rita"), "deal_line", made.values["lines"][0]["id"], "update").steps
    assert step.rule.count("parent.owner")
    assert step.values == {"user.id": Decimal(1)}


def test_administrator_asks_about_others(rita: Desk, mona: Desk, mini: Bench) -> None:
    made = rita.deal()
    with mini.writing() as context:
        context.unit.connection.exec_driver_sql("DELETE FROM ab_user_role")
        context.unit.connection.exec_driver_sql("DELETE FROM ab_role")
        context.unit.connection.exec_driver_sql("INSERT INTO ab_role VALUES (1, 'rep')")
        context.unit.connection.exec_driver_sql("INSERT INTO ab_user_role VALUES (2, 1)")
    told = _explain(Desk(mini, "admin"), "deal", made.id, "read", 2)
    with mini.writing() as context:
        context.unit.connection.exec_driver_sql("DELETE FROM ab_user_role")
        context.unit.connection.exec_driver_sql("DELETE FROM ab_role")
    assert (told.about.username, bool(told.decision)) == ("ron", False)
    assert told.steps[0].values == {"owner": 1, "user.id": Decimal(2)}
    refused(Forbidden, _explain, mona, "deal", made.id, "read", 2)
    refused(NotFound, _explain, Desk(mini, "admin"), "deal", made.id, "read", 4711)


def test_unreadable_record_is_not_explained(rita: Desk, mini: Bench) -> None:
    made = rita.deal()
    refused(NotFound, _explain, Desk(mini, "ron"), "deal", made.id, "read")
    refused(UnknownAction, _explain, rita, "deal", made.id, "wni")
