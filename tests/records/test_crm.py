"""The CRM pack: what it computes is right to the cent."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from formloom.records import actions


def _account(context: Any) -> int:
    return actions.create(context, "account", {"name": "Acme", "owner": 1}).id


def test_quote_totals_to_the_cent(crm: Any) -> None:
    with crm.writing() as context:
        product = actions.create(context, "product", {"name": "P", "code": "P1", "price": "9.99"}).id
        made = actions.create(context, "quote", {
            "name": "Q", "account": _account(context), "owner": 1, "discount": "5", "lines": [
                {"product": product, "quantity": "3", "price": "9.99", "discount": "10"},
                {"product": product, "quantity": "0.333", "price": "100.01"}]})
    assert [(r["net"], r["tax"]) for r in made.values["lines"]] == [
        (Decimal("26.97"), Decimal("3.51")), (Decimal("33.30"), Decimal("4.33"))]
    assert made.values["subtotal"] == Decimal("60.27")
    assert made.values["total"] == Decimal("64.70")
    assert made.values["number"] == "BJD-2026-0001"


def test_payments_by_themselves_roll_up(crm: Any) -> None:
    with crm.writing() as context:
        contract = actions.create(context, "contract", {
            "name": "C", "account": _account(context), "amount": "1000", "start_date": "2026-01-01", "owner": 1,
            "end_date": "2026-12-31", "payments": [{"name": "a", "due_date": "2026-02-01", "amount": "400.10"}]})
        assert (contract.values["planned"], contract.values["paid"]) == (Decimal("400.10"), Decimal(0))
        added = actions.create(context, "payment_plan", {
            "parent": contract.id, "name": "b", "due_date": "2026-03-01", "amount": "599.90"})
        actions.update(context, "payment_plan", added.id, {"status": "paid"})
        now = actions.read(context, "contract", contract.id)
    assert (now.values["planned"], now.values["paid"]) == (Decimal("1000.00"), Decimal("599.90"))
    with crm.writing() as context:
        actions.delete(context, "payment_plan", added.id)
        now = actions.read(context, "contract", contract.id)
    assert (now.values["planned"], now.values["paid"]) == (Decimal("400.10"), Decimal(0))
