"""The decisions of the CRM answer whatever they are asked, and keep to the rules of the business."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from formloom.metadata import builtin_types, compiler, loader
from formloom.workflow.decisions import library
from formloom.workflow.decisions.library import Decision

PACK = Path(__file__).parents[3] / "config"
CRM = compiler.compile(loader.read_pack(PACK), builtin_types.TYPES)
DECISIONS, PROBLEMS = library.read_all(CRM)
amounts = st.decimals(0, 5_000_000, places=2)
tiers = st.sampled_from([None, "high", "medium", "low"])
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "amount": amounts, "order_amount": amounts, "discount": st.decimals(0, 100, places=1), "grade": tiers,
    "order_count": st.integers(0, 40).map(Decimal), "budget": st.none() | amounts, "urgent": st.booleans(),
    "employees": st.none() | st.integers(0, 5000).map(Decimal),
    "source": st.sampled_from([None, "website", "exhibition", "referral", "advertisement", "cold_call"]),
    "role": st.sampled_from(["sales_rep", "sales_manager", "director"]),
    "product_class": st.sampled_from([None, "equipment", "software", "service", "spare_part"]),
    "category": st.sampled_from([None, "question", "fault", "complaint", "return"]),
    "channel": st.sampled_from([None, "phone", "email", "web", "chat"]),
}


def ask(name: str, **inputs: Any) -> Any:
    return DECISIONS[name].decide(inputs).value


def test_files_are_free_of_problems() -> None:
    assert PROBLEMS == []
    assert set(DECISIONS) == {"approval_matrix", "customer_grade", "discount_limit", "lead_score", "lead_grade",
                              "ticket_routing"}


@pytest.mark.parametrize("decision", DECISIONS.values(), ids=lambda d: d.id)
@given(data=st.data())
def test_every_case_has_one_answer(decision: Decision, data: st.DataObject) -> None:
    answer = decision.decide({name: data.draw(VALUES[name], label=name) for name in decision.inputs})
    assert answer.value is not None
    assert not isinstance(answer.value, dict) or None not in answer.value.values()


@pytest.mark.parametrize("decision", DECISIONS.values(), ids=lambda d: d.id)
def test_every_part_is_said_in_chinese(decision: Decision) -> None:
    table = decision.node.table
    assert table is not None
    parts = [decision.label, *(i.label for i in table.inputs), *(o.label for o in table.outputs),
             *(rule.note for rule in table.rules)]
    assert all(part.get("en") and part.get("zh") for part in parts)


@given(amount=amounts, discount=st.decimals(0, 25, places=1), grade=tiers)
def test_amount_decides_who_approves(amount: Decimal, discount: Decimal, grade: str | None) -> None:
    assert ask("approval_matrix", amount=amount, discount=discount, grade=grade) == {
        "departments": amount > 50_000, "director": amount > 500_000}


@given(amount=amounts, discount=st.decimals(0, 100, places=1), grade=tiers)
def test_no_director_without_the_departments(amount: Decimal, discount: Decimal, grade: str | None) -> None:
    found = ask("approval_matrix", amount=amount, discount=discount, grade=grade)
    assert found["departments"] or not found["director"]


@given(count=st.integers(0, 20), more=st.integers(0, 20), amount=amounts, extra=amounts)
def test_more_orders_never_lower_the_tier(count: int, more: int, amount: Decimal, extra: Decimal) -> None:
    order = ["low", "medium", "high"]
    before = ask("customer_grade", order_count=Decimal(count), order_amount=amount)
    after = ask("customer_grade", order_count=Decimal(count + more), order_amount=amount + extra)
    assert order.index(after) >= order.index(before)


@given(data=st.data())
def test_higher_role_gives_more_discount(data: st.DataObject) -> None:
    rest = {name: data.draw(VALUES[name]) for name in ("grade", "product_class")}
    limits = [ask("discount_limit", role=role, **rest) for role in ("sales_rep", "sales_manager", "director")]
    assert limits == sorted(limits)


@given(data=st.data())
def test_every_ticket_has_an_urgency_that_is_promised_for(data: st.DataObject) -> None:
    found = ask("ticket_routing", **{name: data.draw(VALUES[name]) for name in ("category", "grade", "channel")})
    assert found["priority"] in CRM.entity("ticket").levels["first_response"].targets
