"""How a record comes to another column of a board, what a board adds up, and whom it tells."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

import pytest

from formloom.errors import Forbidden, NotFound, UnknownField, ValidationFailed
from formloom.records import actions, moves
from formloom.records.actions.totals import Total
from formloom.records.moves import Move
from formloom.records.record import Query, Record
from tests.conftest import ROOT, Bench, _settled
from tests.records.conftest import Desk, refused


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def boards_bench(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    yield from _settled(request.param, ROOT / "tests" / "packs" / "boards", tmp_path_factory.mktemp("boards"))


@pytest.fixture
def bench(boards_bench: Bench) -> Bench:
    boards_bench.clear()
    return boards_bench


@pytest.fixture
def rita(bench: Bench) -> Desk:
    return Desk(bench, "rita")


@pytest.fixture
def mona(bench: Bench) -> Desk:
    return Desk(bench, "mona")


def visit(desk: Desk, **values: Any) -> Record:
    return desk.create("visit", **{"name": "Visit", **values})


def ways(desk: Desk, record: Record, name: str = "status") -> Mapping[str | None, Move]:
    with desk.bench.reading(desk.who) as context:
        field = context.catalog.entity("visit").field(name)
        found = moves.offered(context, actions.read(context, "visit", record.id), field)
    return {move.value: move for move in found}


def moved(desk: Desk, record: Record, value: str | None, name: str = "status") -> tuple[Record, Any]:
    """The record after the move, and what takes it back."""
    with desk.bench.writing(desk.who) as context:
        field = context.catalog.entity("visit").field(name)
        before = actions.read(context, "visit", record.id)
        after = moves.move(context, before, field, moves.way(context, before, field, value), before.version)
        return after, moves.undoing(context, before, after)


def totals(desk: Desk, by: str, measured: str = "", **asked: Any) -> Mapping[Any, Total]:
    with desk.bench.reading(desk.who) as context:
        return actions.totals(context, "visit", Query(**asked), by, measured)


def test_declared_action_leads_to_its_value(rita: Desk) -> None:
    record = visit(rita, status="under_way")
    found = ways(rita, record)
    assert {value: (bool(m.decision), m.action and m.action.name, m.asks) for value, m in found.items()} == {
        "planned": (True, None, False), "done": (True, "finish", False), "dropped": (True, "drop", True)}


def test_refused_action_says_its_reason(rita: Desk) -> None:
    move = ways(rita, visit(rita))["done"]
    assert (bool(move.decision), str(move.decision.reason)) == (False, "Only what is under way can be finished.")
    error = refused(Forbidden, moved, rita, visit(rita), "done")
    assert str(error.message) == "Only what is under way can be finished."


def test_action_sets_all_that_it_says(rita: Desk) -> None:
    after, _ = moved(rita, visit(rita, status="under_way"), "done")
    assert (after.values["status"], after.values["closed"]) == ("done", True)
    assert rita.bench.events[-1].action == "finish"


def test_plain_move_is_an_ordinary_change(rita: Desk) -> None:
    after, back = moved(rita, visit(rita), "under_way")
    assert (after.values["status"], back) == ("under_way", {"status": "planned"})
    assert rita.update("visit", after.id, after.version, **back).values["status"] == "planned"


def test_choice_that_may_be_empty_is_emptied(rita: Desk) -> None:
    record = visit(rita, level="high")
    assert set(ways(rita, record, "level")) == {"low", None}
    assert moved(rita, record, None, "level")[0].values["level"] is None


def test_state_that_is_closed_takes_no_move(rita: Desk) -> None:
    after, back = moved(rita, visit(rita, status="under_way"), "done")
    assert back is None      # no rule lets rita change a visit that is done
    assert {str(m.decision.reason) for v, m in ways(rita, after).items() if v != "dropped"} == {
        "A visit that is done no longer changes."}


def test_undo_brings_back_all_that_an_action_set(mona: Desk) -> None:
    after, back = moved(mona, visit(mona, status="under_way"), "done")
    assert back == {"status": "under_way", "closed": False}
    assert mona.update("visit", after.id, after.version, **back).values["closed"] is False


def test_move_that_asks_is_refused_without_answers(rita: Desk) -> None:
    assert refused(ValidationFailed, moved, rita, visit(rita), "dropped")


def test_record_of_another_is_not_moved(rita: Desk, mona: Desk) -> None:
    record = visit(mona, owner=mona.bench.actor("rita").user_id)
    assert moved(rita, record, "under_way")[0].version == 2
    assert refused(NotFound, moved, rita, visit(mona), "under_way")


def test_field_that_may_not_be_written_is_not_offered(rita: Desk) -> None:
    assert not any(move.decision for move in ways(rita, visit(rita), "rank").values())


def test_totals_count_and_sum_by_currency(rita: Desk) -> None:
    visit(rita, amount=Decimal("10.50"), amount_currency="CNY")
    visit(rita, amount=Decimal("2"), amount_currency="CNY")
    visit(rita, amount=Decimal("7"), amount_currency="USD")
    visit(rita, status="under_way")
    assert totals(rita, "status", "amount") == {
        "planned": Total(3, {"CNY": Decimal("12.50"), "USD": Decimal("7.00")}), "under_way": Total(1, {})}


def test_totals_are_of_the_records_one_may_read(rita: Desk, mona: Desk) -> None:
    visit(rita, level="high")
    visit(mona, level="high")
    assert totals(rita, "level") == {"high": Total(1)}
    assert totals(mona, "level") == {"high": Total(2)}


def test_totals_follow_filter_and_search(rita: Desk) -> None:
    visit(rita, name="Alpha", level="high")
    visit(rita, name="Beta", level="low")
    assert totals(rita, "level", filter='level = "low"') == {"low": Total(1)}
    assert totals(rita, "level", search="alp") == {"high": Total(1)}


def test_totals_tell_nothing_of_hidden_fields(rita: Desk, mona: Desk) -> None:
    visit(mona, cost=Decimal(5), owner=mona.bench.actor("rita").user_id)
    assert refused(UnknownField, totals, rita, "status", "cost")
    assert refused(UnknownField, totals, rita, "rank")
    assert refused(UnknownField, totals, rita, "phone")      # masked: equal values would be told apart
    assert totals(mona, "status", "cost")["planned"].sums == {"": Decimal("5.00")}
