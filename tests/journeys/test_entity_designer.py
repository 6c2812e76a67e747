"""An administrator who never saw YAML adds a field, a list and a link to contracts, and takes them back."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager

import pytest
from playwright.sync_api import Locator, expect

from tests.journeys.conftest import SignIn
from tests.journeys.person import Person, drag

CONTRACT = "/design/entities/contract"
PASTE = """text => {
  const clipboardData = new DataTransfer();
  clipboardData.setData("text/plain", text);
  document.activeElement.dispatchEvent(new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true }));
}"""


class Designer:
    """The fields, the panel and the preview of one entity."""

    def __init__(self, person: Person, address: str = CONTRACT) -> None:
        self.page = person.open(address).page
        expect(self.page.locator("main[data-ready]")).to_be_visible()

    @property
    def panel(self) -> Locator:
        return self.page.locator("[data-panel]")

    @property
    def fields(self) -> Locator:
        return self.page.locator("[data-fields] > li")

    @property
    def form(self) -> Locator:
        return self.page.locator("[data-preview] [data-shown=form]")

    def names(self) -> list[str]:
        return [str(one.get_attribute("data-name")) for one in self.fields.all()]

    def add(self, kind: str) -> None:
        with self.kept():
            self.page.locator(f"[data-type={kind}]").click()

    def kept(self) -> AbstractContextManager[object]:
        return self.page.expect_response(lambda one: one.url.endswith("/tree") and one.request.method == "POST")

    def write(self, label: str, words: str) -> None:
        with self.kept():
            self.panel.get_by_label(label, exact=True).first.fill(words)
            self.page.keyboard.press("Tab")


@pytest.fixture
def admin(sign_in: SignIn) -> Iterator[Person]:
    """No draft is left behind."""
    person = sign_in("admin")
    yield person
    expect(person.page.locator("[data-draft-state=saving]:visible")).to_have_count(0)      # leaving would ask
    person.open("/changes/current")
    discard = person.page.locator("form[action$='/discard'] button")
    if discard.count():
        person.page.locator(".fl-head .fl-menu summary").click()
        discard.click()
        person.agree()


def test_fields_are_added_and_taken_back(admin: Person) -> None:
    admin.open("/design/entities")
    admin.page.get_by_role("link", name="合同", exact=True).last.click()
    designer = Designer(admin)
    page, before = designer.page, designer.names()
    assert before[:3] == ["number", "name", "account"]

    designer.add("text")
    designer.write("中文名称", "违约责任")
    expect(designer.form.locator("[data-for=field]")).to_contain_text("违约责任")
    expect(page.locator("[data-draft-state=saved]")).to_be_visible()

    designer.add("choice")
    designer.write("中文名称", "续签意向")
    with designer.kept():
        designer.panel.get_by_role("button", name="加一个选项").click()
    expect(designer.form.locator("[data-for=choice] option")).to_have_count(4)

    designer.add("reference")
    with designer.kept():
        designer.panel.get_by_label("指向").select_option("product")
    expect(page.locator("[data-name=reference]")).to_contain_text("关联一条记录")
    admin.shot("entity-designer-zh")
    assert designer.names() == [*before, "field", "choice", "reference"]

    page.locator("[data-name=reference] .what").focus()
    with designer.kept():
        page.keyboard.press("Alt+ArrowUp")
    assert designer.names()[-2:] == ["reference", "choice"]
    with page.expect_response(lambda answer: answer.url.endswith("/undo")):
        page.locator("[data-draft=undo]").click()
    expect(designer.fields.last).to_have_attribute("data-name", "reference")
    with page.expect_response(lambda answer: answer.url.endswith("/redo")):
        page.locator("[data-draft=redo]").click()
    expect(designer.fields.last).to_have_attribute("data-name", "choice")


def test_dragging_a_kind_adds_it_there(admin: Person) -> None:
    designer = Designer(admin)
    with designer.kept():
        drag(designer.page, designer.page.locator("[data-type=date]"), designer.page.locator("[data-name=account]"))
    assert "date" in designer.names()[:4]


def test_removing_says_what_uses_it(admin: Person) -> None:
    designer = Designer(admin)
    page = designer.page
    page.locator("[data-name=amount] .what").focus()
    page.keyboard.press("Delete")
    expect(page.locator("#removing")).to_contain_text("已填的内容会保留")
    expect(page.locator("#removing li").first).to_be_visible()
    expect(page.locator("#removing")).to_contain_text("合同审批")
    with designer.kept():
        page.locator("[data-do=removed]").click()
    expect(page.locator("[data-draft=problems]")).to_be_visible()
    assert "amount" not in designer.names()


def test_formulas_follow_a_new_name(admin: Person) -> None:
    designer = Designer(admin)
    page = designer.page
    page.locator("[data-name=payments] .what").click()
    page.locator("details[data-open=key] summary").click()
    with page.expect_response(lambda one: one.url.endswith("/rename")) as answer:
        designer.panel.get_by_label("技术名").fill("instalments")
        page.keyboard.press("Tab")
    assert answer.value.ok
    expect(page.locator("[data-name=instalments].on")).to_be_visible()
    page.locator("[data-name=planned] .what").click()
    expect(designer.panel.get_by_label("明细表")).to_have_value("instalments")
    expect(page.locator("[data-draft=problems]")).to_be_hidden()


def test_entity_is_called_otherwise(admin: Person) -> None:
    page = Designer(admin).page
    page.locator(".fl-design-top > .fl-menu > summary").last.click()
    page.get_by_role("button", name="修改技术名").click()
    dialog = page.locator("#renaming-entity")
    expect(dialog.locator("[data-uses] li")).not_to_have_count(0)
    dialog.get_by_label("技术名", exact=True).fill("account")
    page.keyboard.press("Enter")
    expect(dialog.locator("[data-wrong]")).not_to_be_empty()
    admin.shot("entity-rename-zh")
    dialog.get_by_label("技术名", exact=True).fill("deal")
    page.keyboard.press("Enter")
    page.wait_for_url("**/design/entities/deal")
    expect(page.locator("main[data-ready]")).to_be_visible()
    expect(page.locator("[data-name=amount]")).to_be_visible()
    expect(page.locator("[data-draft=problems]")).to_be_hidden()


def test_links_are_drawn_in_the_diagram(admin: Person) -> None:
    page = admin.open("/design/model").page
    expect(page.locator("main[data-ready]")).to_be_visible()
    page.locator("[data-entity=ticket]").hover()
    drag(page, page.locator("[data-entity=ticket] .grip"), page.locator("[data-entity=price_book]"), across=6)
    expect(page.locator("#linking h2")).to_have_text("把工单关联到价目表")
    page.locator("[name=en]").fill("Prices")
    with page.expect_navigation():
        page.locator("[data-do=link]").click()
    expect(page.locator("path[data-source=ticket][data-target=price_book]")).to_have_count(1)
    admin.shot("model-diagram-zh")
    page.locator("[data-find]").fill("合同")
    expect(page.locator(".box.out")).not_to_have_count(0)
    page.locator("[data-entity=contract]").click()
    page.wait_for_url("**/design/entities/contract")
    expect(page.locator("h1[data-title]")).to_have_text("合同")


def test_missing_translations_are_pasted(admin: Person) -> None:
    designer = Designer(admin)
    designer.add("text")
    designer.add("text")
    page = admin.open("/design/translations?show=missing&q=field").page
    cell = page.locator("tr[data-name=contract] [data-language=en]").first
    cell.focus()
    with page.expect_response(lambda one: one.url.endswith("/design/translations") and one.request.method == "POST"):
        page.evaluate(PASTE, "Penalty\nPenalty limit\n")
    expect(page.locator("td.missing")).to_have_count(0)
    Designer(admin)
    expect(page.locator("[data-name=field]")).to_contain_text("单行文字")
    page.locator("[data-name=field_2] .what").click()
    expect(page.locator("[data-panel]").get_by_label("英文名称", exact=True)).to_have_value("Penalty limit")
