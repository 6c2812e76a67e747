"""Making records: everything that is wrong is told at once, and nothing is written unless nothing is."""

from __future__ import annotations

from decimal import Decimal
from threading import Event, Thread
from typing import Any

import pytest
import sqlalchemy as sa

from formloom.errors import Forbidden, FormloomError, UnknownEntity, ValidationFailed
from formloom.records import actions
from tests.conftest import Bench
from tests.records.conftest import Desk, findings, refused


def test_record_gets_defaults_number_and_owner(rita: Desk) -> None:
    made = rita.deal(name="Roof")
    values = made.values
    assert (values["number"], values["status"], values["owner"]) == ("D-2026-0001", "draft", 1)
    assert (values["discount"], values["subtotal"], values["total"]) == (Decimal(0), Decimal(0), Decimal(0))
    assert (values["created_by"], values["updated_by"], values["created_at"]) == (1, 1, rita.bench.now)
    assert (made.version, made.label) == (1, "Roof")
    assert rita.read("deal", made.id).values == values


def test_everything_wrong_is_told_at_once(mona: Desk) -> None:
    found = findings(
        mona.create, "deal", name="", status="lost", start_date="yesterday", end_date="2026-13-01", discount="120",
        customer=99, nmae="x", total=5, number="D-1", owner=77,
        lines=[{"product": "a", "price": "-1"}, {"quantity": "many", "price": 1, "colour": "red"}])
    assert found == {
        "name": "required", "status": "invalid-value", "start_date": "invalid-value", "end_date": "invalid-value",
        "discount": "invalid-value", "customer": "unknown-reference", "nmae": "unknown-field",
        "total": "computed-field", "number": "computed-field", "owner": "unknown-reference",
        "lines/0/price": "invalid-value", "lines/1/product": "required", "lines/1/quantity": "invalid-value",
        "lines/1/colour": "unknown-field"}
    with mona.bench.reading() as context:
        assert context.store.count(context.unit, "deal") == 0
        assert context.store.count(context.unit, "deal_line") == 0


def test_unknown_field_names_the_near_one(rita: Desk) -> None:
    error = refused(ValidationFailed, rita.deal, nmae="x")
    assert isinstance(error, ValidationFailed)
    assert str(error.errors[0].message) == "There is no field nmae. Did you mean name?"
    refused(UnknownEntity, rita.create, "deel", name="x")


def test_field_closed_by_role_is_refused(rita: Desk, mona: Desk) -> None:
    assert findings(rita.deal, discount="5") == {"discount": "forbidden-field"}
    assert mona.deal(discount="5").values["discount"] == 5


def test_system_fields_cannot_be_sent(mona: Desk) -> None:
    sent: dict[str, Any] = {"id": 7, "created_by": 2, "updated_at": "2020-01-01T00:00:00Z"}
    assert findings(mona.deal, **sent) == dict.fromkeys(sent, "forbidden-field")


def test_constraint_is_told_at_its_field(rita: Desk) -> None:
    assert findings(rita.deal, start_date="2026-03-02", end_date="2026-03-01") == {"end_date": "constraint-dates"}
    assert rita.deal(start_date="2026-03-02").values["end_date"] is None


def test_condition_makes_field_required(mona: Desk) -> None:
    assert findings(mona.deal, status="won") == {"end_date": "required"}
    assert mona.deal(status="won", end_date="2026-03-01").values["status"] == "won"


def test_stranger_creates_nothing(mini: Bench) -> None:
    error = refused(Forbidden, Desk(mini, "nobody").create, "deal", name="x")
    assert str(error) == "None of your roles allows this on Deal: create. Ask an administrator for a role that does."


def test_reference_must_exist_and_be_readable(rita: Desk, mini: Bench) -> None:
    foreign = Desk(mini, "ron").customer()
    texts = []
    for number in (foreign, 4711):
        error = refused(ValidationFailed, rita.create, "deal", name="x", customer=number)
        assert isinstance(error, ValidationFailed)
        texts.append(str(error.errors[0].message).replace(str(number), "N"))
    assert texts == ["There is no Customer number N. Choose another."] * 2


def test_unique_value_is_refused_at_its_field(rita: Desk, mini: Bench) -> None:
    made = rita.create("customer", name="Acme")
    assert findings(Desk(mini, "ron").create, "customer", name="Acme") == {"name": "not-unique"}
    assert rita.update("customer", made.id, name="Acme", email="a@example.com").version == 2


def test_lost_race_for_unique_value_is_told_at_its_field(rita: Desk, mini: Bench) -> None:
    """The second writer has checked before the first commits, wherever the database lets both in."""
    inserting, ended = Event(), list[FormloomError | None]()

    def second() -> None:
        try:
            with mini.writing("ron") as context:
                @sa.event.listens_for(context.unit.connection, "before_cursor_execute")
                def seen(_connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
                    if statement.startswith("INSERT INTO e_customer"):
                        inserting.set()

                actions.create(context, "customer", {"name": "Acme"})
            ended.append(None)
        except FormloomError as error:
            ended.append(error)

    other = Thread(target=second)
    with mini.writing("rita") as context:
        actions.create(context, "customer", {"name": "Acme"})
        other.start()
        assert inserting.wait(0.5 if context.unit.dialect == "sqlite" else 10) is (context.unit.dialect != "sqlite")
    other.join(30)
    (error,) = ended
    assert isinstance(error, ValidationFailed)
    assert [(e.path, e.code) for e in error.errors] == [("name", "not-unique")]


def test_numbers_have_no_gap_after_rollback(rita: Desk) -> None:
    customer = rita.customer()
    assert rita.deal().values["number"] == "D-2026-0001"
    assert findings(rita.deal, name=None) == {"name": "required"}
    numbers: list[str] = []

    def interrupted() -> None:
        with rita.bench.writing("rita") as context:
            numbers.append(actions.create(context, "deal", {"name": "x", "customer": customer}).values["number"])
            raise RuntimeError

    with pytest.raises(RuntimeError):
        interrupted()
    assert numbers == ["D-2026-0002"]
    assert rita.deal().values["number"] == "D-2026-0002"


def test_hostile_values_are_findings(mona: Desk) -> None:
    for value in ("a\x00b", "\ud800", ["a"], {"a": 1}, "x" * 201):
        assert findings(mona.deal, name=value) == {"name": "invalid-value"}
    for number in ("NaN", "Infinity", "1e400", True, "1,5", [5]):
        assert findings(mona.deal, discount=number) == {"discount": "invalid-value"}
    for reference in (10**30, -1, True, "1; DROP TABLE e_deal", [1]):
        assert findings(mona.deal, customer=reference) in (
            {"customer": "invalid-value"}, {"customer": "unknown-reference"})


def test_child_made_alone_needs_its_parent(mona: Desk, rita: Desk) -> None:
    deal = mona.deal(lines=[{"product": "a", "price": "1"}])
    assert findings(mona.create, "deal_line", product="b", price="1") == {"parent": "required"}
    assert findings(mona.create, "deal_line", product="b", price="1", parent=99) == {"parent": "unknown-reference"}
    refused(Forbidden, rita.create, "deal_line", product="b", price="1", parent=deal.id)
    made = mona.create("deal_line", product="b", price="2", parent=deal.id)
    assert made.values["position"] == 1
    now = mona.read("deal", deal.id)
    assert [line["product"] for line in now.values["lines"]] == ["a", "b"]
    assert now.values["subtotal"] == 3


def test_currency_is_one_of_those_offered(claims_bench: Bench) -> None:
    assert findings(Desk(claims_bench, "system").create, "claim", name="x", amount="1", amount_currency="XXX") == {
        "amount_currency": "invalid-value"}
    made = Desk(claims_bench, "system").create("claim", name="x", amount="1", amount_currency="USD")
    assert made.values["amount_currency"] == "USD"
