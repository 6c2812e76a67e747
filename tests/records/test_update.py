"""Changing records: merging concurrent edits, what stays, what others refuse."""

from __future__ import annotations

from decimal import Decimal

import pytest

from formloom.errors import Conflict, Forbidden, NotFound, StaleVersion, UnknownAction
from tests.conftest import Bench
from tests.records.conftest import Desk, findings, refused


def test_only_what_is_sent_changes(rita: Desk) -> None:
    made = rita.deal(start_date="2026-03-01", lines=[{"product": "a", "price": "1"}])
    now = rita.update("deal", made.id, name="New")
    assert {n for n in now.values if now.values[n] != made.values[n]} == {"name", "version"}
    assert now.version == 2


def test_what_changes_nothing_writes_nothing(rita: Desk) -> None:
    made = rita.deal()
    rita.bench.events.clear()
    assert rita.update("deal", made.id, name="Deal").version == 1
    assert rita.update("deal", made.id).version == 1
    assert rita.bench.events == []


def test_empty_clears_a_field(rita: Desk) -> None:
    made = rita.deal(start_date="2026-03-01", end_date="2026-03-02")
    now = rita.update("deal", made.id, start_date="", end_date=None)
    assert (now.values["start_date"], now.values["end_date"]) == (None, None)


def test_edits_of_other_fields_merge(rita: Desk, mona: Desk) -> None:
    made = rita.deal()
    mona.update("deal", made.id, 1, discount="10")
    merged = rita.update("deal", made.id, 1, name="Mine")
    assert (merged.values["name"], merged.values["discount"], merged.version) == ("Mine", 10, 3)


def test_edits_of_one_field_conflict_with_both_values(rita: Desk, mona: Desk) -> None:
    made = rita.deal(name="Base")
    mona.update("deal", made.id, 1, name="Between")
    mona.update("deal", made.id, 2, name="Theirs", start_date="2026-03-01")
    error = refused(StaleVersion, rita.update, "deal", made.id, 1, name="Mine", end_date="2026-03-09")
    assert isinstance(error, StaleVersion)
    (conflict,) = error.conflicts
    assert (conflict.field, conflict.base, conflict.theirs, conflict.mine) == ("name", "Base", "Theirs", "Mine")
    assert (error.version, error.by) == (3, "Mona")
    assert rita.read("deal", made.id).values["end_date"] is None
    assert rita.update("deal", made.id, 3, name="Mine").values["name"] == "Mine"


def test_same_edit_twice_is_no_conflict(rita: Desk, mona: Desk) -> None:
    made = rita.deal()
    mona.update("deal", made.id, 1, name="Same")
    assert rita.update("deal", made.id, 1, name="Same", start_date="2026-03-01").version == 3


def test_edits_of_one_table_conflict(rita: Desk, mona: Desk) -> None:
    made = rita.deal(lines=[{"product": "a", "price": "1"}])
    mona.update("deal", made.id, 1, lines=[{"product": "b", "price": "2"}])
    error = refused(StaleVersion, rita.update, "deal", made.id, 1, lines=[])
    assert isinstance(error, StaleVersion)
    (conflict,) = error.conflicts
    assert [row["product"] for row in conflict.base] == ["a"]
    assert [row["product"] for row in conflict.theirs] == ["b"]
    assert conflict.mine == []


def test_currency_conflicts_like_its_amount(claims_bench: Bench) -> None:
    clerk = Desk(claims_bench, "system")
    made = clerk.create("claim", name="x", amount="1", amount_currency="CNY")
    clerk.update("claim", made.id, 1, amount_currency="USD")
    error = refused(StaleVersion, clerk.update, "claim", made.id, 1, amount_currency="CNY", name="y")
    assert isinstance(error, StaleVersion)
    (conflict,) = error.conflicts
    assert (conflict.field, conflict.base, conflict.theirs) == ("amount_currency", "CNY", "USD")


def test_version_of_the_future_is_stale(rita: Desk) -> None:
    made = rita.deal()
    refused(StaleVersion, rita.update, "deal", made.id, 2, name="x")
    assert rita.update("deal", made.id, name="x").version == 2


def test_unreadable_record_is_not_found(mini: Bench, rita: Desk) -> None:
    made, ron = rita.deal(), Desk(mini, "ron")
    texts = {str(refused(NotFound, what, "deal", number, **sent)).replace(str(number), "N")
             for what, sent in ((ron.read, {}), (ron.update, {"name": "x"}), (ron.delete, {}))
             for number in (made.id, 4711, 10**30, 0, -1)}
    assert texts == {"There is no Deal number N, or you may not see it."}
    assert rita.read("deal", made.id).version == 1


def test_locked_state_refuses_with_its_reason(rita: Desk, mona: Desk) -> None:
    made = rita.deal(end_date="2026-03-09")
    assert rita.run("deal", made.id, "win").values["status"] == "won"
    for what in (rita.delete, rita.update):
        assert str(refused(Forbidden, what, "deal", made.id)) == "A won deal no longer changes."
    refused(Forbidden, rita.create, "deal_line", parent=made.id, product="a", price="1")
    assert mona.update("deal", made.id, name="Corrected").values["name"] == "Corrected"


def test_action_sets_and_is_refused_twice(rita: Desk) -> None:
    made = rita.deal()
    assert findings(rita.run, "deal", made.id, "win") == {"end_date": "required"}
    rita.update("deal", made.id, end_date="2026-03-09")
    assert findings(rita.run, "deal", made.id, "win", name="x") == {"name": "forbidden-field"}
    rita.run("deal", made.id, "win")
    assert str(refused(Conflict, rita.run, "deal", made.id, "win")) == "Only a draft can be won."
    refused(UnknownAction, rita.run, "deal", made.id, "wni")


def test_owner_may_give_a_record_away(rita: Desk, mini: Bench) -> None:
    made = rita.deal()
    with pytest.raises(NotFound):
        rita.read("deal", rita.update("deal", made.id, owner=2).id)
    assert Desk(mini, "ron").read("deal", made.id).values["owner"] == 2


def test_formula_and_rollup_follow(mona: Desk) -> None:
    made = mona.deal(discount="10", lines=[{"product": "a", "quantity": "3", "price": "9.99"},
                                           {"product": "b", "price": "0.05"}])
    assert (made.values["subtotal"], made.values["total"]) == (Decimal("30.02"), Decimal("27.02"))
    assert mona.update("deal", made.id, discount="50").values["total"] == Decimal("15.01")
    first, second = made.values["lines"]
    mona.update("deal_line", second["id"], price="10")
    mona.delete("deal_line", first["id"])
    now = mona.read("deal", made.id)
    assert (now.values["subtotal"], now.values["total"]) == (Decimal("10.00"), Decimal("5.00"))
    assert findings(mona.update, "deal", made.id, total="1") == {"total": "computed-field"}


def test_condition_freezes_a_field(claims_bench: Bench) -> None:
    system, clerk = Desk(claims_bench, "system"), Desk(claims_bench, "admin")
    made = system.create("claim", name="x", fixed="a", owner=1)
    assert clerk.update("claim", made.id, fixed="b").values["fixed"] == "b"
    assert findings(clerk.update, "claim", made.id, fixed="c", status="paid") == {"fixed": "forbidden-field"}
    system.update("claim", made.id, status="paid", fixed="d")
    assert findings(clerk.update, "claim", made.id, fixed="c") == {"fixed": "forbidden-field"}
    assert clerk.update("claim", made.id, fixed="d", name="y").values["name"] == "y"
