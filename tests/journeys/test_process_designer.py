"""An administrator draws a two-step approval from nothing; sales people and approvers work by it at once."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, expect

from formloom.workflow import differences
from tests.cli.conftest import ROOT
from tests.journeys.conftest import SignIn
from tests.journeys.person import Person

KEY = "task_request"
SUBJECT = "为山河重工准备样机"


class Designer:
    """The designer as somebody uses it: tools beside a shape, the panel at the right, the list of problems."""

    def __init__(self, person: Person, stem: str) -> None:
        self.page = person.open(f"/workflows/{stem}").page
        expect(self.page.locator("main[data-ready]")).to_be_attached()
        expect(self.page.locator("[data-counts]")).not_to_be_empty()

    def shape(self, name: str) -> Locator:
        return self.page.locator(f".djs-shape[data-element-id='{name}'] .djs-hit").first

    def pick(self, name: str) -> None:
        selected = self.page.locator(f".djs-element.selected[data-element-id='{name}']")
        if not selected.count():        # a click on what is selected lets go of it
            self.shape(name).click(force=True)
        expect(selected).to_be_attached()
        expect(self.page.locator(f"[data-panel][data-about='{name}']")).to_be_attached()

    def then(self, kind: str) -> str:
        """The next element behind what is selected; its id."""
        before = self.ids()
        self.page.locator(f".djs-context-pad [data-action='{kind}']").click()
        expect(self.page.locator(".djs-element.selected.djs-shape")).to_be_attached()
        (made,) = self.ids() - before
        return made

    def ids(self) -> set[str]:
        found = self.page.locator(".djs-shape:not(.djs-label)").evaluate_all("all => all.map(e => e.dataset.elementId)")
        return set(found)

    def field(self, label: str) -> Locator:
        return self.page.locator("[data-panel]").get_by_label(label, exact=True)

    def name(self, words: str) -> None:
        self.field("名称").fill(words)
        self.field("名称").press("Tab")

    def join(self, source: str, target: str) -> None:
        self.pick(source)
        self.page.locator(".djs-context-pad [data-action='connect']").click()
        box = self.shape(target).bounding_box()
        assert box
        x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        self.page.mouse.move(x - 4, y - 4)
        self.page.mouse.move(x, y)
        self.page.mouse.click(x, y)

    def problems(self) -> Locator:
        return self.page.locator("[data-findings] li:has(.t-stop)")

    def settled(self) -> None:
        """The draft is on the server and was looked at."""
        expect(self.page.locator("[data-state]")).not_to_contain_text("保存")

    def publish(self, reason: str) -> None:
        self.settled()
        self.page.keyboard.press("Control+s")
        self.page.locator("#reason").fill(reason)
        with self.page.expect_response(lambda answer: answer.url.endswith("/publish")) as answer:
            self.page.locator("[data-do=confirm]").click()
        assert answer.value.ok, answer.value.text()


def begin(person: Person) -> None:
    page = person.open("/workflows/new").page
    page.locator(".fl-wf-template", has_text="从空白开始").click()
    for name, words in (("name", "Task request"), ("name_zh", "任务申请"), ("key", KEY)):
        page.locator(f"#f-{name}").fill(words)
    page.select_option("#f-entity", "task")
    page.select_option("#f-starts", "created")
    page.get_by_role("button", name="建立草稿").click()
    page.wait_for_url(f"**/workflows/{KEY}")


def draw(designer: Designer) -> tuple[str, str]:
    """Both steps, a split behind each, two ends; the ids of the steps."""
    designer.pick("begin")
    first = designer.then("userTask")
    designer.name("经理审批")
    designer.pick(first)
    split = designer.then("exclusiveGateway")
    second = designer.then("userTask")
    designer.name("总监审批")
    designer.pick(second)
    end = designer.then("endEvent")
    designer.name("已受理")
    designer.pick(split)
    refused = designer.then("endEvent")
    designer.name("不受理")
    assert end != refused
    return first, second


@pytest.fixture
def admin(sign_in: SignIn) -> Person:
    return sign_in("admin")


def test_two_step_approval_is_drawn_and_works(admin: Person, sign_in: SignIn) -> None:
    begin(admin)
    designer = Designer(admin, KEY)
    first, second = draw(designer)
    designer.settled()

    # Nobody was named for either step, and the split does not know where to go: the shapes say so.
    expect(designer.problems()).not_to_have_count(0)
    expect(designer.page.locator(".fl-pin.stop").first).to_be_visible()
    expect(designer.page.locator("[data-findings]")).to_contain_text("审批步骤“经理审批”")
    admin.shot("process-designer-problems")

    designer.pick(first)
    designer.field("办理人").select_option("user.manager")
    designer.field("没有这个人时，由有这个角色的人办").select_option("sales_manager")
    designer.page.locator(".fl-wf-more summary", has_text="字段").click()
    for label in ("任务", "客户", "优先级"):
        designer.field(label).select_option("show")
    designer.pick(second)
    designer.field("有这个角色的人").select_option("director")

    # The way to the director holds when the manager agrees; the other one is for everything else.
    designer.settled()
    designer.page.keyboard.press("F8")
    expect(designer.page.locator("[data-panel] .fl-wf-way")).to_have_count(2)
    designer.page.locator(".fl-wf-way", has_text="总监审批").click()
    designer.page.get_by_role("button", name="加一条").click()
    expect(designer.page.locator("[data-panel] .fl-feel")).to_have_text(f'{first}.outcome = "approve"')
    designer.settled()
    designer.page.locator("[data-findings] .btn", has_text="不受理").first.click()
    expect(designer.page.locator("[data-counts]")).to_contain_text("可以发布")

    # A reload loses nothing.
    designer = Designer(admin, KEY)
    expect(designer.page.locator("[data-state]")).to_contain_text("草稿")
    designer.pick(first)
    expect(designer.field("办理人")).to_have_value("user.manager")
    admin.shot("process-designer")
    designer.publish("新任务都要经理和总监看过")
    expect(designer.page.locator("[data-state]")).to_contain_text("第 1 版")

    sales = sign_in("sales1")
    sales.open("/records/task/new").type("subject", SUBJECT)
    sales.save()
    manager = sign_in("sales_manager")
    manager.decide(SUBJECT, "approve")
    director = sign_in("director")
    director.open_task(SUBJECT)
    expect(director.page.locator("main")).to_contain_text("总监审批")
    director.decide(SUBJECT, "approve")

    # Retired, it starts for no task any more.
    designer.page.locator("summary[aria-label='更多']").click()
    designer.page.get_by_role("button", name="停用").click()
    admin.agree()
    expect(designer.page.locator("tr", has_text=KEY)).to_contain_text("已停用")


def test_changes_are_compared_before_publishing(admin: Person) -> None:
    designer = Designer(admin, "contract_approval")
    version = re.compile(r"第 \d+ 版")
    expect(designer.page.locator("[data-state]")).to_contain_text(version)
    in_force = designer.page.locator("[data-state]").inner_text()
    designer.pick("legal_review")
    designer.name("法务与合规审核")
    designer.page.locator(".djs-element.selected").first.wait_for()
    designer.settled()
    designer.page.keyboard.press("Control+s")
    dialog = designer.page.locator("#publishing")
    expect(dialog.locator("[data-changes]")).to_contain_text("法务与合规审核")
    expect(dialog.locator(".djs-element.is-changed[data-element-id=legal_review]")).to_have_count(2)
    admin.shot("process-publishing")
    dialog.get_by_role("button", name="继续画").click()

    designer.page.locator("summary[aria-label='更多']").click()
    designer.page.get_by_role("button", name="丢弃草稿").click()
    admin.agree()
    expect(designer.page.locator("[data-state]")).to_contain_text(in_force)


def test_drawing_goes_into_the_draft_of_the_model(admin: Person) -> None:
    designer = Designer(admin, "activity_logged")
    page = designer.page
    designer.pick("touch_account")
    designer.name("记下最近一次互动")
    designer.settled()
    page.keyboard.press("Control+s")
    page.locator("#publishing").get_by_role("button", name="放入草稿").click()
    page.wait_for_url(re.compile(r"/changes/\d+$"))
    expect(page.locator("main")).to_contain_text("记下最近一次互动")
    admin.shot("changes-process-zh")
    designer = Designer(admin, "activity_logged")
    expect(page.locator(".fl-wf-bar a.fl-tag")).to_be_visible()
    page.locator(".fl-wf-bar a.fl-tag").click()
    page.locator("[data-act=dialog][data-dialog=publishing]").click()
    with page.expect_navigation():
        page.locator("#publishing button.btn-primary").click()
    admin.open("/workflows/activity_logged")
    expect(page.locator("[data-canvas]")).to_contain_text("记下最近一次互动")
    expect(page.locator(".fl-wf-bar a.fl-tag")).to_have_count(0)


def test_typing_survives_the_servers_answer(admin: Person) -> None:
    """The answer to one change comes while the next field is being filled in, and is left by pressing a button."""
    designer = Designer(admin, "activity_logged")
    designer.pick("touch_account")
    designer.field("英文名称").fill("Remember the last contact")
    with designer.page.expect_response("**/activity_logged/draft"):
        designer.field("英文名称").press("Tab")
        designer.field("名称").fill("还没完")
        designer.page.keyboard.press("ArrowLeft")
    designer.settled()
    designer.page.keyboard.type("写")
    expect(designer.field("名称")).to_have_value("还没写完")
    designer.page.locator("[data-panel] button").first.click()
    expect(designer.page.locator("[data-canvas]")).to_contain_text("还没写完")


def test_undo_takes_back_what_was_drawn(admin: Person) -> None:
    designer = Designer(admin, "activity_logged")
    before = designer.ids()
    designer.page.locator("[data-toolbox] [data-kind=userTask]").focus()
    designer.page.keyboard.press("Enter")
    expect(designer.page.locator(".djs-element.selected.djs-shape")).to_be_attached()
    assert designer.ids() != before
    designer.page.locator("[data-do=undo]").click()
    assert designer.ids() == before
    designer.settled()


NOVELTY = '<formloom:novelty a="1"><formloom:inner/></formloom:novelty><formloom:binding c="2" '
ROUND_TRIP = """async ([texts, folder]) => {
    const { formloom } = await import(`${folder}/process/moddle.js`);
    const { inward, outward } = await import(`${folder}/process/names.js`);
    const moddle = new BpmnJS({ moddleExtensions: { formloom } }).get("moddle");
    const trip = async (text) => (await moddle.toXML((await moddle.fromXML(text)).rootElement)).xml;
    return Promise.all(texts.map(async (text) => outward(await trip(inward(text)))));
}"""


def test_drawings_are_written_as_they_were_read(admin: Person) -> None:
    """By the modeler with our extension elements, and through the names in Chinese; what it does not know is kept."""
    designer = Designer(admin, "contract_approval")
    files = [*sorted((ROOT / "config/workflows").glob("*.bpmn")),
             *sorted((ROOT / "tests/workflow/conformance").glob("*.bpmn"))]
    files = [path for path in files if path.stem != "unknown_element"]      # is no BPMN, and never in force
    texts = [path.read_text() for path in files]
    texts.append(texts[0].replace("<formloom:binding ", NOVELTY))
    script = designer.page.locator("script[src*='/js/process.js']").get_attribute("src") or ""
    again = designer.page.evaluate(ROUND_TRIP, [texts, script.removesuffix("/process.js")])
    for text, written in zip(texts, again, strict=True):
        assert [(one.id, one.aspects) for one in differences.compare(text, written)] == []
    assert "novelty" in again[-1]


def test_phone_shows_and_does_not_draw(sign_in: SignIn) -> None:
    person = sign_in("admin", width=390, height=844)
    designer = Designer(person, "contract_approval")
    expect(designer.page.locator("[data-toolbox] button")).to_have_count(0)
    expect(designer.page.locator("[data-panel] fieldset")).to_have_attribute("disabled", "")
    assert designer.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    person.shot("process-designer-phone")
