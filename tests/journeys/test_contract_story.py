"""A salesperson drafts a contract, four people of three departments approve it, and it is signed."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.journeys.conftest import SignIn
from tests.journeys.person import Person

NAME = "年度设备维保合同 · 旅程"


def _draft(sales: Person, name: str, amount: str) -> int:
    sales.open("/records/contract/new")
    sales.type("name", name)
    sales.pick("account", "武汉")
    sales.type("amount", amount)
    sales.type("start_date", "2026-12-01")
    sales.type("end_date", "2027-11-30")
    return sales.save()


def _state(person: Person, words: str) -> None:
    expect(person.page.locator(".fl-rhead .fl-state")).to_contain_text(words)


def test_contract_is_approved_and_signed(sign_in: SignIn) -> None:
    sales = sign_in("sales1")
    number = _draft(sales, NAME, "600000")
    sales.shot("contract-draft")
    sales.press("提交审批")
    _state(sales, "审批中")

    for username in ("sales_manager", "legal", "finance", "director"):
        approver = sign_in(username)
        approver.decide(NAME, "approve", f"{username} 同意")

    sales.open(f"/records/contract/{number}")
    _state(sales, "已签订")
    timeline = sales.page.locator("#timeline")
    for username in ("sales_manager", "legal", "finance", "director"):
        expect(timeline).to_contain_text(f"{username} 同意")
    plan = sales.page.locator("section.fl-card", has_text="付款计划")
    shares = (("合同生效", "¥180,000.00"), ("中期验收", "¥240,000.00"), ("终验", "¥180,000.00"))
    for row, (milestone, amount) in enumerate(shares):
        expect(plan.locator("tbody tr").nth(row)).to_contain_text(milestone)
        expect(plan.locator("tbody tr").nth(row)).to_contain_text(amount)
    expect(plan.locator("tfoot")).to_contain_text("¥600,000.00")
    sales.shot("contract-signed")
    sales.open("/notifications")
    expect(sales.page.locator("main")).to_contain_text(f"Contract signed: {NAME}")


def test_rejected_contract_comes_back_with_its_reason(sign_in: SignIn) -> None:
    sales, name = sign_in("sales1"), f"{NAME}（修改）"
    number = _draft(sales, name, "180000")
    sales.press("提交审批")
    sign_in("sales_manager").decide(name, "approve")
    legal = sign_in("legal")
    legal.open_task(name)
    legal.page.locator("button[name=outcome][value=reject]").click()
    expect(legal.page.locator("#f-comment")).to_be_focused()     # a reason is needed
    legal.decide(name, "reject", "请补充违约责任条款")
    sign_in("finance").decide(name, "approve")

    sales.open(f"/records/contract/{number}")
    _state(sales, "起草")
    expect(sales.page.locator("main")).to_contain_text("请补充违约责任条款")
    sales.page.goto(f"/records/contract/{number}/edit")
    sales.type("special_terms", "违约方按合同总额的 10% 支付违约金。")
    sales.type("amount", "45000")
    sales.save()
    sales.press("提交审批")
    sign_in("sales_manager").decide(name, "approve")
    sales.open(f"/records/contract/{number}")
    _state(sales, "已签订")
