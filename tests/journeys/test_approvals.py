"""Approvals at the browser: signers, returning, delegating, many at once, a deputy, taking back."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import expect

from tests.journeys.conftest import SignIn
from tests.journeys.person import Person


def submit(person: Person, name: str, amount: int = 20_000) -> int:
    """A contract in approval, made as a client of the API would; the journey begins at the approver."""
    script = """async ([path, body]) => {
        const token = document.querySelector("meta[name=csrf-token]").content;
        const answer = await fetch(path, {method: "POST", headers: {"Content-Type": "application/json",
            "X-CSRFToken": token}, body: JSON.stringify(body)});
        return answer.json(); }"""
    account = person.page.evaluate("fetch('/api/v1/records/account?page_size=1').then(a => a.json())")["items"][0]["id"]
    made = person.page.evaluate(script, ["/api/v1/records/contract", {
        "name": name, "account": account, "amount": amount, "start_date": "2026-12-01", "end_date": "2027-11-30"}])
    person.page.evaluate(script, [f"/api/v1/records/contract/{made['id']}/actions/submit", {}])
    return int(made["id"])


def choose(person: Person, field: str, name: str) -> None:
    box = person.page.locator(f"[data-pick][data-ready] #{field}")      # once the script of the page has found it
    box.click()
    box.press_sequentially(name, delay=20)
    person.page.get_by_role("option").filter(has_text=name).first.click()


def send(person: Person, verb: str) -> None:
    with person.page.expect_navigation():
        person.page.locator(f"#verb-{verb} footer .btn-primary").click()


def test_signer_is_added_by_a_key(sign_in: SignIn) -> None:
    name = "加签：数控车床采购合同"
    submit(sign_in("sales1"), name)
    manager = sign_in("sales_manager")
    manager.open_task(name)
    manager.page.keyboard.press("s")
    expect(manager.page.locator("#verb-add_signer")).to_be_visible()
    choose(manager, "p-signer", "赵一鸣")
    manager.page.locator("#r-signer").fill("请看付款条件")
    manager.shot("inbox-signer-zh")
    send(manager, "add_signer")
    finance = sign_in("finance")
    finance.decide(name, "approve", "付款条件可以")
    manager.open_task(name)
    expect(manager.page.locator("#work")).to_contain_text("付款条件可以")
    manager.decide(name, "approve")
    expect(manager.page.locator("[data-undo]")).to_contain_text(name)


def test_returned_contract_is_revised_in_english(sign_in: SignIn) -> None:
    name, sales = "Return: spare parts frame", sign_in("sales1", "en-US")
    sales.speak("en")
    record = submit(sales, name)
    manager = sign_in("sales_manager")
    manager.open_task(name)
    manager.page.keyboard.press("b")
    manager.page.locator("#r-return").fill("The end date is missing a month")
    send(manager, "return")
    sales.open_task(name)
    expect(sales.page.locator("#work")).to_contain_text("(returned)")
    sales.page.locator("#f-end_date").fill("2027-12-31")
    sales.shot("inbox-returned-en")
    with sales.page.expect_navigation():
        sales.page.locator("button[name=outcome][value=resubmit]").click()
    sales.open(f"/records/contract/{record}")
    expect(sales.page.locator("main")).to_contain_text("2027-12-31")
    expect(sales.page.locator("#timeline")).to_contain_text("returned it to: the initiator")
    manager.open_task(name)
    sales.speak("zh")


def test_delegate_gives_advice_on_a_phone(sign_in: SignIn) -> None:
    name = "委派：年度维保合同"
    submit(sign_in("sales2"), name)
    manager = sign_in("sales_manager", width=390, height=844)
    manager.open_task(name)
    manager.page.locator(".fl-verbs > summary").click()
    manager.shot("inbox-menu-phone-zh")
    manager.page.locator("[data-verb=delegate]").click()
    choose(manager, "p-delegate", "周敏")
    manager.shot("inbox-delegate-phone-zh")
    send(manager, "delegate")
    legal = sign_in("legal")
    legal.decide(name, "advise", "条款没有问题")
    manager.open_task(name)
    expect(manager.page.locator("#work")).to_contain_text("条款没有问题")
    assert manager.page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_many_are_approved_with_a_result_for_each(sign_in: SignIn) -> None:
    names, sales = [f"批量：补充协议 {n}" for n in (1, 2, 3)], sign_in("sales1")
    for name in names:
        submit(sales, name)
    manager = sign_in("sales_manager")
    manager.open("/inbox?box=mine&q=批量")
    for name in names:
        manager.page.locator(".fl-row", has_text=name).locator(".fl-tick").click()
    expect(manager.page.locator("[data-chosen-count]")).to_have_text("3")
    manager.shot("inbox-bulk-zh")
    with manager.page.expect_navigation():
        manager.page.locator("#bulk-bar .btn-yes").click()
    expect(manager.page.locator(".fl-results li .t-done")).to_have_count(3)


def test_deputy_decides_in_the_name_of(sign_in: SignIn) -> None:
    name, sales = "代理：展会服务合同", sign_in("sales1")
    record = submit(sales, name)
    manager = sign_in("sales_manager")
    manager.open("/absences")
    choose(manager, "p-deputy", "何静")
    with manager.page.expect_navigation():
        manager.page.locator("form[action='/absences'] .btn-primary").click()
    manager.shot("absence-zh")
    deputy = sign_in("service_manager")
    deputy.open_task(name)
    expect(deputy.page.locator("#work")).to_contain_text("你在代 陈嘉豪 决定")
    deputy.shot("inbox-deputy-zh")
    deputy.decide(name, "approve")
    sales.open(f"/records/contract/{record}")
    expect(sales.page.locator("#timeline")).to_contain_text("代 陈嘉豪")
    manager.open("/absences")
    with manager.page.expect_navigation():
        manager.page.locator(".fl-absences button").click()


@pytest.mark.parametrize("decided", [False, True])
def test_initiator_takes_it_back_while_undecided(sign_in: SignIn, decided: Any) -> None:
    name, sales = f"撤回：仓储合同 {decided}", sign_in("sales1")
    record = submit(sales, name, 80_000)
    if decided:
        sign_in("sales_manager").decide(name, "approve")
    sales.open("/inbox?box=started")
    sales.page.locator("#inbox .fl-task", has_text=name).first.click()
    expect(sales.page.locator("#work h1")).to_contain_text(name)
    sales.page.locator(".fl-verbs > summary").click()
    back = sales.page.locator("[data-verb=withdraw]")
    if decided:
        expect(back).to_have_attribute("aria-disabled", "true")
        expect(back).to_contain_text("已有人作出决定")
        return
    back.click()
    send(sales, "withdraw")
    assert sales.page.url.endswith(f"/records/contract/{record}")
    expect(sales.page.locator("main")).to_contain_text("起草")
