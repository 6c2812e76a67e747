"""Two people on one record, and totals that follow what is typed."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.journeys.conftest import SignIn


def test_edits_of_different_fields_merge(sign_in: SignIn) -> None:
    first = sign_in("sales1")
    first.open("/records/account/new")
    first.type("name", "孙合并")
    first.type("company", "合并有限公司")
    number = first.save()
    second = sign_in("admin")
    for person in (first, second):
        person.open(f"/records/account/{number}/edit")
    first.type("phone", "13800000001")
    first.save()
    second.type("email", "merge@company.example")
    second.save()
    for words in ("13800000001", "merge@company.example"):
        expect(second.page.locator("main")).to_contain_text(words)


def test_conflict_shows_both_sides_and_loses_nothing(sign_in: SignIn) -> None:
    first = sign_in("sales1")
    first.open("/records/account/new")
    first.type("name", "李冲突")
    first.type("company", "冲突有限公司")
    number = first.save()
    second = sign_in("admin")
    for person in (first, second):
        person.open(f"/records/account/{number}/edit")
    first.type("phone", "13800000002")
    first.save()
    second.type("phone", "13900000003")
    second.type("email", "kept@company.example")
    second.page.locator("[data-save]").click()
    page = second.page.locator("main")
    for words in ("13800000002", "13900000003", "林晓雯"):
        expect(page).to_contain_text(words)
    expect(page.locator("[data-summary]")).to_contain_text("已保留：电子邮箱。")
    second.shot("conflict")
    second.page.get_by_role("radio", name="你的").check()
    second.press("保存")
    second.page.wait_for_url(f"**/records/account/{number}")
    for words in ("13900000003", "kept@company.example"):
        expect(page).to_contain_text(words)


def test_totals_follow_typing_and_are_what_is_stored(sign_in: SignIn) -> None:
    sales = sign_in("sales1")
    sales.open("/records/quote/new")
    sales.type("name", "现场报价")
    sales.pick("account", "武汉")
    for row, (quantity, price, discount) in enumerate((("3", "1234.55", "10"), ("0.333", "999.99", "0"))):
        sales.press("加一行")
        line = sales.page.locator("table.fl-lines tbody tr").nth(row)
        product = line.get_by_role("combobox").first
        product.click()
        sales.page.get_by_role("option").nth(row).click()
        line.locator("[name$='/quantity']").fill(quantity)
        line.locator("[name$='/price']").fill(price)
        line.locator("[name$='/discount']").fill(discount)
    # 3 x 1234.55 less a tenth is 3333.29 (half a cent goes up), 0.333 x 999.99 is 333.00; 13 % tax on each line.
    shown = sales.page.locator("[data-total-value]")
    expect(shown).to_contain_text("4,142.91")
    sales.shot("quote-lines")
    sales.save()
    expect(sales.page.locator(".fl-rhead")).to_contain_text("4,142.91")


def test_errors_keep_what_was_typed(sign_in: SignIn) -> None:
    sales = sign_in("sales1")
    sales.open("/records/contract/new")
    sales.type("name", "缺客户的合同")
    sales.type("amount", "-5")
    sales.type("start_date", "2026-12-31")
    sales.type("end_date", "2026-12-01")
    sales.page.locator("[data-save]").click()
    found = sales.page.locator("#errors li")
    expect(found).to_have_count(3)
    for n, words in enumerate(("客户", "合同金额", "结束日期")):      # in the order of the page
        expect(found.nth(n)).to_contain_text(words)
    expect(sales.page.locator("#f-name")).to_have_value("缺客户的合同")
    expect(sales.field("account").locator(".err")).to_be_visible()
    expect(sales.field("amount").locator(".err")).to_be_visible()
    sales.shot("form-errors")
