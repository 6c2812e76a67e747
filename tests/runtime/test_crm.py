"""The CRM with its demo data on PostgreSQL: bulk loading, then people act as themselves."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from formloom import installation
from formloom.metadata import loader
from formloom.policy.actor import SYSTEM
from formloom.records import actions
from formloom.web import security_accounts
from formloom.workflow import instances

PACK = Path(__file__).parents[2] / "config"
REP = 1
TEMPLATE = [("C001", "ABC科技"), ("C002", "XYZ制造"), ("C003", "DEF零售")]


@pytest.mark.parametrize("url", ["postgresql"], indirect=True)
def test_crm_demo_loads_and_plays(processes):
    runtime = processes()
    installation.prepare(runtime)
    installation.apply(runtime, PACK, loader.read_pack(PACK))
    people = installation.load_demo(runtime, PACK)
    assert people[0] == "admin"
    with runtime.reading(SYSTEM) as context:
        accounts = context.store.list(context.unit, "account")
        assert [(a["code"], a["company"]) for a in sorted(accounts, key=lambda a: str(a["code"]))[:3]] == TEMPLATE
        assert len(accounts) >= 300
        for account in accounts:
            orders = {"order_count": Decimal(account["order_count"]), "order_amount": account["order_amount"]}
            tier = context.decisions["customer_grade"].decide(orders).value
            assert account["code"] <= "C003" or account["level"] == tier
        states = {c["status"] for c in context.store.list(context.unit, "contract")}
        assert "in_approval" in states
    assert installation.load_demo(runtime, PACK) == people      # a second start changes nothing
    with runtime.reading(SYSTEM) as context:
        assert context.store.count(context.unit, "account", None) == len(accounts)


@pytest.fixture
def crm(processes):
    runtime = processes()
    installation.prepare(runtime)
    installation.apply(runtime, PACK, loader.read_pack(PACK))
    with runtime.database.write() as unit:
        security_accounts.create_user(unit, username="rep", name="Rita", email="rep@example.org", roles=["sales_rep"])
    return runtime


def _create(runtime, entity: str, **values: Any) -> int:
    with runtime.writing(SYSTEM) as context:
        return actions.create(context, entity, values).id


def _act(runtime, entity: str, record: int, action: str) -> None:
    with runtime.writing(SYSTEM) as context:
        actions.run(context, entity, record, action)


def _read(runtime, entity: str, record: int) -> Any:
    with runtime.reading(SYSTEM) as context:
        return actions.read(context, entity, record).values


def _rulings(runtime, entity: str, record: int) -> list[Any]:
    with runtime.reading(SYSTEM) as context:
        return [visit.data for instance in instances.of_record(context, entity, record)
                for visit in instances.diagram(context, instance.id).history if visit.kind == "ruled"]


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
def test_orders_grade_their_customer(crm):
    account = _create(crm, "account", name="Acme", owner=REP)
    product = _create(crm, "product", name="P", code="P1", price=1)
    order = {"name": "O", "account": account, "owner": REP, "lines": [
        {"product": product, "quantity": 1, "price": 1_000_000}]}
    assert _read(crm, "account", account)["level"] is None
    number = _create(crm, "order", **order)
    _act(crm, "order", number, "confirm")
    now = _read(crm, "account", account)
    assert (now["level"], now["order_count"], now["order_amount"]) == ("high", 1, Decimal(1_000_000))
    told = _rulings(crm, "order", number)
    assert [(t["decision"], t["result"], t["rules"][0]["number"]) for t in told] == [("customer_grade", "high", 4)]
    _act(crm, "order", number, "cancel")
    now = _read(crm, "account", account)
    assert (now["level"], now["order_count"], now["order_amount"]) == ("low", 0, Decimal(0))


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
def test_tickets_are_routed(crm):
    account = _create(crm, "account", name="Acme", owner=REP, level="high")
    plain = _read(crm, "ticket", _create(crm, "ticket", subject="How?"))
    assert (plain["team"], plain["priority"], plain["response_due"] - plain["created_at"]) == (
        "desk", "normal", timedelta(hours=24))
    dear = _read(crm, "ticket", _create(crm, "ticket", subject="Bad", account=account, category="complaint"))
    assert (dear["team"], dear["priority"], dear["response_due"] - dear["created_at"]) == (
        "quality", "urgent", timedelta(hours=2))
    chosen = _read(crm, "ticket", _create(crm, "ticket", subject="Bad", category="complaint", priority="low"))
    assert chosen["priority"] == "low"


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(("amount", "discount", "rule"), [
    (50_000, 0, 1), (50_001, 0, 3), (500_001, 0, 6), (60_000, 30, 5),
])
def test_matrix_says_who_approves(crm, amount: int, discount: int, rule: int):
    account = _create(crm, "account", name="Acme", owner=REP)
    with crm.writing(SYSTEM) as context:
        quote = context.store.insert(context.unit, "quote", {
            "name": "Q", "account": account, "discount": discount, "owner": REP, "status": "sent", "version": 1})
    contract = _create(crm, "contract", name="C", account=account, amount=amount, quote=quote, owner=REP,
                       start_date="2026-01-01", end_date="2026-12-31")
    _act(crm, "contract", contract, "submit")
    told = _rulings(crm, "contract", contract)
    assert [(t["decision"], [r["number"] for r in t["rules"]]) for t in told] == [("approval_matrix", [rule])]
