"""The CRM pack: what it computes is right to the cent."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from formloom.errors import ValidationFailed
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


@pytest.mark.parametrize(("given", "score", "grade"), [
    ({"budget": 500_000, "employees": 200, "urgent": True, "source": "referral"}, 100, "A"),
    ({"budget": 100_000, "employees": 50, "source": "website"}, 40, "B"),
    ({"source": "exhibition"}, 10, "C"),
])
def test_lead_is_scored_and_graded(crm: Any, given: dict[str, Any], score: int, grade: str) -> None:
    with crm.writing() as context:
        lead = actions.create(context, "lead", {"name": "L", "owner": 1, **given})
    assert (lead.values["score"], lead.values["grade"]) == (score, grade)


@pytest.mark.parametrize(("tier", "category", "discount", "refused"), [
    ("low", "equipment", 10, []), ("low", "equipment", 11, ["lines/0/discount"]), ("low", "service", 15, []),
    ("high", "equipment", 15, []), ("high", "spare_part", 21, ["lines/0/discount"]),
])
def test_discount_over_the_limit_is_refused(
    crm: Any, tier: str, category: str, discount: int, refused: list[str],
) -> None:
    with crm.writing() as context:
        account = actions.create(context, "account", {"name": "Acme", "owner": 1, "level": tier}).id
        product = actions.create(context, "product", {"name": "P", "code": "P1", "price": "1", "category": category}).id
        quote = {"name": "Q", "account": account, "owner": 1,
                 "lines": [{"product": product, "quantity": 1, "price": 1, "discount": discount}]}
        found = []
        try:
            actions.create(context, "quote", quote)
        except ValidationFailed as error:
            found = [e.path for e in error.errors]
    assert found == refused
