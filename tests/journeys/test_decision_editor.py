"""An administrator changes the approval matrix in the browser, and contracts are decided by it at once."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Locator, expect

from tests.cli.conftest import Server
from tests.journeys.conftest import SignIn
from tests.journeys.person import Person

MATRIX = "/decisions/approval_matrix"


class Editor:
    """The table of rules, by the number of the rule and of the column."""

    def __init__(self, person: Person, address: str = MATRIX) -> None:
        self.page = person.open(address).page
        expect(self.page.locator("[data-counts]")).not_to_be_empty()

    def cell(self, rule: int, column: int) -> Locator:
        return self.page.locator(f".fl-dec-table tbody tr:nth-child({rule}) td:nth-of-type({column})")

    def write(self, rule: int, column: int, words: str) -> None:
        self.cell(rule, column).click()
        self.page.keyboard.press("Enter")
        self.page.keyboard.press("Control+a")
        self.page.keyboard.insert_text(words)
        with self.page.expect_response(lambda answer: answer.url.endswith("/check")):
            self.page.keyboard.press("Enter")

    def rules(self) -> Locator:
        return self.page.locator(".fl-dec-table tbody tr")

    def publish(self, *words: str) -> None:
        self.page.keyboard.press("Control+s")
        for word in words:
            expect(self.page.locator("#publishing")).to_contain_text(word)
        with self.page.expect_response(lambda answer: answer.url.endswith("/publish")) as answer:
            self.page.locator("[data-do=confirm]").click()
        assert answer.value.ok


@pytest.fixture
def admin(sign_in: SignIn) -> Iterator[Person]:
    """The decisions are those of the pack again afterwards."""
    person = sign_in("admin")
    yield person
    person.speak("zh")
    person.open(MATRIX)
    person.page.locator("#tab-history").click()
    back = person.page.get_by_role("button", name="退回配置包的版本")
    expect(person.page.locator(".fl-dec-versions")).to_be_visible()
    if back.count():
        back.click()
        person.agree()


def matrix(demo: Server, amount: int, discount: int = 0) -> dict[str, bool]:
    """What the running server decides, asked over the API."""
    answer = demo.ask("/api/v1/decisions/approval_matrix/evaluate",
                      {"inputs": {"amount": amount, "discount": discount, "grade": "low"}}, demo.token("admin"))
    result: dict[str, bool] = answer["result"]
    return result


def test_new_rule_decides_without_a_restart(admin: Person, demo: Server, crm: Path) -> None:
    assert matrix(demo, 60_000) == {"departments": True, "director": False}
    admin.open("/decisions")
    expect(admin.page.locator("tbody tr").first).to_contain_text("合同审批")
    admin.shot("decisions-desk-zh")
    editor = Editor(admin)
    page = editor.page
    for rule in (3, 4, 5):
        editor.write(rule, 1, "(8万..50万]")
    expect(editor.cell(3, 1)).to_have_text("> 80,000 … ≤ 500,000")

    gap = page.locator("[data-findings] li").filter(has_text="没有规则符合")
    expect(gap.first).to_contain_text("例如：合同金额")
    gap.first.get_by_role("button", name="试一下").click()
    expect(page.locator(".fl-dec-result")).to_contain_text("没有结果")
    admin.shot("decision-gap-desk-zh")
    gap.first.get_by_role("button", name="为它加规则").click()
    expect(editor.rules()).to_have_count(7)
    expect(editor.cell(7, 3)).to_have_text("–")       # any; writing that would change nothing
    for column, words in ((4, "否"), (5, "否"), (6, "8 万以下只需销售经理")):
        editor.write(7, column, words)
    expect(editor.rules().nth(6)).to_have_class(re.compile("hit"))
    admin.shot("decision-desk-zh")

    editor.publish("新增规则 7", "合同审批 · 谁来审批")
    expect(page.locator("[data-state]")).to_have_text("已生效")
    assert matrix(demo, 60_000) == {"departments": False, "director": False}
    assert "stays in force" in demo.command("apply", "--yes", str(crm))
    assert matrix(demo, 60_000) == {"departments": False, "director": False}


def test_contract_goes_the_way_of_the_new_rule(admin: Person, sign_in: SignIn) -> None:
    """From now on the sales manager alone decides about 90 000."""
    editor = Editor(admin)
    for rule in range(1, 6):
        editor.write(rule, 1, "≤ 100,000" if rule < 3 else "(10万..50万]")
    expect(admin.page.locator("[data-counts]")).to_contain_text("没有遗漏")
    editor.publish("规则 1 · 合同金额：≤ 50,000 → ≤ 100,000")

    sales, name = sign_in("sales1"), "按新矩阵审批的合同"
    sales.open("/records/contract/new")
    sales.type("name", name)
    sales.pick("account", "武汉")
    for field, words in (("amount", "90000"), ("start_date", "2026-12-01"), ("end_date", "2027-11-30")):
        sales.type(field, words)
    number = sales.save()
    sales.press("提交审批")
    sign_in("sales_manager").decide(name, "approve")
    sales.open(f"/records/contract/{number}")
    expect(sales.page.locator(".fl-rhead .fl-state")).to_contain_text("已签订")


def test_rules_are_edited_by_keyboard_in_english(admin: Person) -> None:
    admin.speak("en")
    editor, page = Editor(admin), admin.page
    editor.write(1, 1, ">> 5")
    expect(editor.cell(1, 1)).to_have_class(re.compile("bad"))
    editor.cell(1, 1).click()
    page.keyboard.press("F2")
    expect(page.locator(".fl-dec-help .err")).to_contain_text("FEEL")
    page.keyboard.press("Escape")
    page.keyboard.press("Control+z")
    expect(editor.cell(1, 1)).to_have_text("≤ 50,000")

    editor.cell(6, 1).click()
    page.keyboard.press("Control+Enter")
    expect(editor.rules()).to_have_count(7)
    page.keyboard.type("42")
    page.keyboard.press("Tab")
    expect(editor.cell(7, 2)).to_be_focused()
    page.keyboard.press("Control+d")
    expect(editor.rules()).to_have_count(8)
    expect(editor.cell(8, 1)).to_have_text("42")
    page.keyboard.press("Alt+ArrowUp")
    page.keyboard.press("Control+Delete")
    expect(editor.rules()).to_have_count(7)
    for _ in range(5):
        page.keyboard.press("Control+z")
    expect(page.locator("[data-state]")).to_have_text("In force")
    page.locator("[data-do=redo]").click()
    expect(editor.rules()).to_have_count(7)
    page.keyboard.press("Control+z")

    page.locator("[data-menu]").first.click()
    page.get_by_role("menuitem", name="Insert above").click()
    expect(editor.cell(1, 1)).to_have_text("–")
    page.reload()
    page.get_by_role("button", name="Bring it back").click()
    expect(editor.rules()).to_have_count(7)
    admin.shot("decision-desk-en")
    page.keyboard.press("Control+z")


def test_cells_go_to_a_spreadsheet_and_back(admin: Person) -> None:
    editor, page = Editor(admin), admin.page
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    editor.cell(1, 1).click()
    page.keyboard.press("Shift+ArrowDown")
    page.keyboard.press("Shift+ArrowRight")
    page.keyboard.press("Control+c")
    assert page.evaluate("navigator.clipboard.readText()") == "<= 50000\t<= 25\n<= 50000\t> 25"
    page.evaluate("navigator.clipboard.writeText('≥ 7万\\t5\\n8万\\t6\\n')")
    editor.cell(6, 1).click()
    with page.expect_response(lambda answer: answer.url.endswith("/check")):
        page.keyboard.press("Control+v")
    expect(editor.rules()).to_have_count(7)
    for cell, words in ((editor.cell(6, 1), "≥ 70,000"), (editor.cell(7, 1), "80,000"), (editor.cell(7, 2), "6")):
        expect(cell).to_have_text(words)
    page.keyboard.press("Control+z")


def test_second_publisher_sees_both_versions(admin: Person, sign_in: SignIn) -> None:
    other = Editor(sign_in("admin"))
    editor = Editor(admin)
    other.write(1, 2, "<= 20")
    other.publish("规则 1")
    editor.write(1, 2, "<= 30")
    admin.page.keyboard.press("Control+s")
    admin.page.locator("[data-do=confirm]").click()
    dialog = admin.page.locator("#overtaken")
    for words in ("系统管理员", "≤ 25 → ≤ 20", "≤ 25 → ≤ 30", "仍保留"):
        expect(dialog).to_contain_text(words)
    expect(dialog.locator("li")).to_have_count(2)
    admin.shot("decision-conflict-desk-zh")
    with admin.page.expect_response(lambda answer: answer.url.endswith("/publish")):
        dialog.get_by_role("button", name="发布我的").click()
    expect(admin.page.locator("[data-state]")).to_have_text("已生效")
    expect(editor.cell(1, 2)).to_have_text("≤ 30")
    admin.page.locator("#tab-history").click()
    expect(admin.page.locator(".fl-dec-versions li").first).to_contain_text("系统管理员")


def test_columns_and_hit_policy_are_changed_beside_the_table(admin: Person) -> None:
    editor, page = Editor(admin), admin.page
    page.locator("#tab-columns").click()
    page.get_by_role("button", name="加条件列").click()
    column = page.locator(".fl-dec-column[open]")
    column.get_by_label("中文标题").fill("付款方式")
    column.get_by_label("取什么值").fill("payment")
    column.get_by_label("允许的值").fill("cash\ncredit")
    column.get_by_label("允许的值").blur()
    expect(page.locator(".fl-dec-table thead")).to_contain_text("付款方式")
    editor.cell(1, 4).click()
    page.keyboard.press("Enter")
    page.locator(".fl-dec-chip", has_text="credit").click()
    page.keyboard.press("Enter")
    expect(editor.cell(1, 4)).to_have_text("credit")
    page.locator(".fl-dec-policy summary").click()
    page.get_by_role("radio", name="取第一条符合的").check()
    expect(page.locator("[data-policy-help]")).to_contain_text("从上到下")
    page.locator("#tab-trial").click()
    page.locator("#side-trial [name=payment]").select_option("credit")
    page.locator("#side-trial [name=amount]").fill("5万")
    page.locator("#side-trial [name=discount]").fill("3")
    expect(editor.rules().first).to_have_class(re.compile("hit"))
    page.locator("[data-do=publish]").click()
    page.locator("[data-do=confirm]").click()
    expect(page.locator("[data-trouble]")).to_contain_text("payment")      # the process does not give it
    expect(page.locator("[data-state]")).to_have_text("尚未发布")


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_phone_shows_rules_as_cards(admin: Person, sign_in: SignIn, dark: bool) -> None:
    person = sign_in("admin", width=390, height=844, dark=dark)
    editor, page = Editor(person), person.page
    assert page.evaluate("document.scrollingElement.scrollWidth") <= 390
    person.shot("decision-phone-zh-dark" if dark else "decision-phone-zh")
    editor.cell(1, 1).click()
    page.locator("#cell-words").fill("≤ 6万")
    page.locator("#cell").get_by_role("button", name="确定").click()
    expect(editor.cell(1, 1)).to_contain_text("60,000")
    page.locator("#side-trial [name=amount]").fill("55000")
    page.locator("#side-trial [name=discount]").fill("1")
    expect(page.locator(".fl-dec-result")).to_contain_text("规则 1")


def test_parts_of_a_file_are_drawn_and_opened(admin: Person) -> None:
    editor = Editor(admin, "/decisions/lead_scoring")
    graph = admin.page.locator("[data-graph]")
    expect(graph).to_be_visible()
    admin.shot("decision-graph-desk-zh")
    graph.get_by_role("link", name="线索评分").click()
    expect(editor.rules().first).to_be_visible()
    expect(admin.page.locator("[data-title]")).to_have_text("线索评分")
