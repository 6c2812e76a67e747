"""An administrator changes the model and roles of a live system; a consultant upgrades a pack over changes."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from formloom.metadata import archives
from formloom.metadata.archives import Archive
from tests.cli.conftest import ROOT, Server
from tests.journeys.person import Person, drag

Enter = Callable[[str], Person]
SLOW = 15_000       # a draft is compiled after each edit


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """An installation of its own: what is published here would be in the way of others."""
    pack = Path(shutil.copytree(ROOT / "config", tmp_path_factory.mktemp("pack") / "config"))
    server = Server(tmp_path_factory.mktemp("model"), pack, {})
    assert server.ready(), "".join(server.lines)
    yield server
    assert server.stop() == 0


@pytest.fixture
def enter(browser: Browser, own: Server) -> Iterator[Enter]:
    windows = []

    def signed_in(username: str) -> Person:
        window = browser.new_context(base_url=f"http://127.0.0.1:{own.port}", locale="zh-CN",
                                     viewport={"width": 1440, "height": 900}, reduced_motion="reduce")
        windows.append(window)
        found = window.new_page()
        found.set_default_timeout(15_000)
        return Person(found).sign_in(username)

    yield signed_in
    for window in windows:
        window.close()


@pytest.fixture
def page(enter: Enter) -> Page:
    return enter("admin").page


def edit(page: Page, entity: str, change: str) -> None:
    """What a designer keeps, with `tree` changed by a line of script."""
    page.goto("/design/entities")
    kept = page.evaluate("""async () => {
      const address = "/design/entity/ENTITY/tree";
      const { tree, draft } = await (await fetch(address)).json();
      CHANGE
      const token = document.querySelector("meta[name=csrf-token]").content;
      const sent = await fetch(address, { method: "POST", body: JSON.stringify({ tree, draft }),
        headers: { "Content-Type": "application/json", "X-CSRFToken": token } });
      return sent.ok;
    }""".replace("ENTITY", entity).replace("CHANGE", change))
    assert kept


def publish(page: Page, reason: str) -> None:
    page.goto("/changes/current")
    page.get_by_role("button", name="发布", exact=True).click()
    page.get_by_label("为什么").fill(reason)
    page.get_by_role("dialog").get_by_role("button", name="发布", exact=True).click()
    expect(page.locator(".fl-toast")).to_contain_text("已发布")


def test_text_becomes_choice_and_comes_back(page: Page, own: Server) -> None:
    token = own.token("admin")
    records = "/api/v1/records/lead?fields=company&page_size=100"
    before = {one["id"]: one["company"] for one in own.ask(records, token=token)["items"]}
    page.goto("/design/entities/lead")
    expect(page.locator("main[data-ready]")).to_be_visible()
    with page.expect_response(lambda one: one.url.endswith("/tree") and one.request.method == "POST"):
        page.locator("[data-type=date]").first.click()
    names = [str(one.get_attribute("data-name")) for one in page.locator("[data-fields] > li").all()]
    added = names[-1]
    edit(page, "lead", f"""
      tree.fields.company = {{ type: "choice", label: tree.fields.company.label,
        choices: [{{ value: "big", label: "大客户" }}, {{ value: "small", label: "小客户" }}] }};
      tree.form.sections.push({{ name: "later", label: {{ en: "Later", zh: "后续" }}, fields: ["{added}"],
        visible_when: 'company = "big"' }});""")
    page.goto("/changes/current")
    expect(page.get_by_role("heading", name="对数据的影响")).to_be_visible()
    expect(page.locator("#why-not")).to_contain_text("请决定不符合的值怎么处理")
    Person(page).shot("change-preview-zh")
    first = page.locator("select[name^='map:']").first
    named = str(first.get_attribute("name")).split(":", 2)[2]
    first.select_option("big")
    page.get_by_label("清空，原值保留").check()
    page.get_by_role("button", name="保存决定，重新计算").click()
    publish(page, "公司改为选项")
    after = {one["id"]: one["company"] for one in own.ask(records, token=token)["items"]}
    assert {after[id] for id, company in before.items() if company == named} == {"big"}

    versions = page.locator("a[href^='/changes/published/']")
    page.goto(str(versions.nth(1).get_attribute("href")))
    page.get_by_role("button", name="退回到这个版本").click()
    page.get_by_role("dialog").get_by_role("button", name="退回", exact=True).click()
    expect(page.locator(".fl-toast")).to_contain_text("已恢复为")
    assert {one["id"]: one["company"] for one in own.ask(records, token=token)["items"]} == before


def test_pack_is_upgraded_over_local_changes(page: Page, own: Server, tmp_path: Path) -> None:
    edit(page, "account", 'tree.label.zh = "我们的客户"; tree.fields.note = { type: "text", label: "备注" };')
    publish(page, "客户改名")
    held = archives.from_folder(ROOT / "config")
    account = held.files["entities/account.yaml"].decode()
    newer = account.replace("label: {en: Account, zh: 客户}", "label: {en: Account, zh: 客户档案}", 1).replace(
        "max_length: 160", "max_length: 180", 1)
    assert newer != account
    manifest = held.files["pack.yaml"].decode().replace(f"version: {held.version}", "version: 0.9.0")
    file = tmp_path / "crm-0.9.0.formloom"
    file.write_bytes(Archive("crm", "0.9.0", {**held.files, "entities/account.yaml": newer.encode(),
                                              "pack.yaml": manifest.encode()}).packed())
    page.goto("/packs")
    page.locator("input[type=file]").set_input_files(file)
    page.get_by_role("button", name="查看内容").click()
    conflict = page.locator(".fl-conflict")
    expect(conflict).to_have_count(1)
    Person(page).shot("pack-upgrade-zh")
    expect(conflict).to_contain_text("我们的客户")
    expect(conflict).to_contain_text("客户档案")
    expect(page.get_by_role("button", name="使其生效")).to_have_attribute("aria-disabled", "true")
    conflict.get_by_label("保留我的").check()
    page.get_by_role("button", name="在副本上演练").click()
    expect(page.locator("#rehearsal")).to_contain_text("已在副本上发布，并打开了每个列表", timeout=60_000)
    expect(conflict.get_by_label("保留我的")).to_be_checked()
    Person(page).shot("pack-rehearsed-zh")
    page.get_by_role("button", name="重新查看").click()
    page.get_by_role("button", name="使其生效").click()
    expect(page.locator(".fl-toast")).to_contain_text("已生效")
    tree = page.evaluate("async () => (await (await fetch('/design/entity/account/tree')).json())")
    assert tree["tree"]["label"]["zh"] == "我们的客户"
    assert tree["pack"]["label"]["zh"] == "客户档案"
    assert "note" in tree["tree"]["fields"]
    assert tree["tree"]["fields"]["company"]["max_length"] == 180
    assert re.search(r"crm\s*·?.*0\.9\.0|0\.9\.0", page.locator(".fl-packs").inner_text())


def begin(page: Page, title: str) -> str:
    """Another draft, in which this administrator works from now on; its address."""
    page.goto("/changes")
    page.get_by_label("草稿名称").fill(title)
    page.get_by_role("button", name="新建草稿").click()
    page.wait_for_url(re.compile(r"/changes/\d+$"))
    return page.url


def test_draft_takes_in_what_was_published(page: Page) -> None:
    mine = begin(page, "产品改名")
    edit(page, "product", 'tree.label.zh = "我的产品"; tree.fields.colour = { type: "text", label: "颜色" };')
    begin(page, "产品目录")
    edit(page, "product", 'tree.label.zh = "产品目录"; tree.fields.weight = { type: "decimal", label: "重量" };')
    publish(page, "产品目录")
    page.goto(mine)
    expect(page.locator("#moved")).to_contain_text("期间有他人发布了")
    page.locator("#moved").get_by_role("button", name="并入").click()
    conflict = page.locator(".fl-conflict")
    expect(conflict).to_have_count(1)
    Person(page).shot("draft-merge-zh")
    conflict.get_by_label("保留我的").check()
    page.get_by_role("button", name="并入", exact=True).click()
    expect(page.locator(".fl-toast")).to_contain_text("已并入")
    page.get_by_role("button", name="在此草稿中修改").click()
    publish(page, "产品改名")
    fields = page.evaluate("async () => (await (await fetch('/design/entity/product/tree')).json()).tree")
    assert fields["label"]["zh"] == "我的产品"
    assert {"colour", "weight"} <= fields["fields"].keys()


def test_form_is_laid_out_for_a_role(enter: Enter) -> None:
    admin = enter("admin")
    page = admin.open("/design/entities/product/form").page
    expect(page.locator("main[data-ready]")).to_be_visible()
    page.locator("[data-new-layout]").click()
    panel = page.locator("[data-panel]")
    panel.get_by_label("客服", exact=True).check()
    expect(page.locator("[data-layouts] [aria-current]")).to_contain_text("客服")
    page.locator("[data-field=cost]").focus()
    page.keyboard.press("Delete")
    expect(page.locator("[data-palette]")).to_contain_text("成本")

    page.locator("[data-new-section]").click()
    panel.get_by_label("中文标题").fill("停售说明")
    page.keyboard.press("Tab")
    section = page.locator(".fl-form-section").last
    expect(section).to_contain_text("停售说明")
    page.wait_for_timeout(100)      # the panel is drawn again
    panel.get_by_label("英文标题").fill("Why it is not sold")       # and left by the drag
    section.scroll_into_view_if_needed()
    drag(page, page.locator("[data-field=description]"), section.locator("[data-fields-of]"))
    expect(section.locator("[data-field=description]")).to_be_visible()
    section.locator(".head").click()
    expect(panel.get_by_label("英文标题")).to_have_value("Why it is not sold")
    panel.get_by_role("button", name="加一条").click()
    panel.get_by_label("比较什么").select_option("active")
    panel.get_by_label("值", exact=True).select_option("false")
    expect(section).to_contain_text("有条件")
    expect(page.locator("[data-draft-state=saved]")).to_be_visible(timeout=SLOW)
    admin.shot("form-designer")
    publish(page, "客服用的产品表单")

    agent = enter("agent1").open("/records/product?filter=active%20%3D%20true").page
    agent.locator("tbody tr a").first.click()
    expect(agent.locator("main")).to_contain_text("标准价")
    expect(agent.locator("main")).not_to_contain_text("停售说明")
    page.goto(agent.url)
    expect(page.locator("main")).to_contain_text("成本")
    expect(page.locator("main")).not_to_contain_text("停售说明")


def test_menu_gets_a_workspace(enter: Enter) -> None:
    admin = enter("admin")
    page = admin.open("/design/menus").page
    expect(page.locator("main[data-ready]")).to_be_visible()
    page.locator("[data-new-workspace]").click()
    panel = page.locator("[data-panel]")
    panel.get_by_label("中文名称").fill("前台")
    page.keyboard.press("Tab")
    page.keyboard.press("Control+a")
    page.keyboard.type("Front desk")
    page.keyboard.press("Tab")
    expect(panel.get_by_label("英文名称")).to_have_value("Front desk")
    page.locator("[data-add]").select_option("contact/")
    page.locator("[data-add]").select_option("ticket/")
    expect(page.locator("[data-items] > li")).to_have_count(2)
    page.locator("[data-workspaces] [data-key=workspace] .grip").focus()
    for _ in range(3):
        page.keyboard.press("ArrowUp")
    expect(page.locator("[data-workspaces] > li").first).to_contain_text("前台")
    page.locator("[data-as-role]").select_option("agent")
    expect(page.locator("[data-menu]")).to_contain_text("前台")
    expect(page.locator("[data-draft-state=saved]")).to_be_visible(timeout=SLOW)
    admin.shot("menu-designer")
    publish(page, "前台的菜单")
    agent = enter("agent1").open("/").page
    expect(agent.locator(".fl-nav-group").first).to_contain_text("前台")


def test_day_off_is_put_into_the_calendar(enter: Enter) -> None:
    admin = enter("admin")
    page = admin.open("/design/calendars").page
    expect(page.locator("main[data-ready]")).to_be_visible()
    for _ in range(2):
        page.locator("[data-after]").click()
    day, panel = page.locator("[data-day$='-11-26']"), page.locator("[data-panel]")
    expect(day).to_be_visible()
    day.click()
    panel.locator("[data-kind=holiday]").click()
    panel.get_by_label("叫什么（中文）").fill("厂庆")
    panel.locator("[data-apply]").click()
    expect(day).to_have_class("holiday on", timeout=SLOW)
    expect(day).to_have_attribute("title", "厂庆")
    day.click()
    saturday = panel.get_by_label("星期六")
    saturday.fill("9-12")
    page.keyboard.press("Tab")
    expect(saturday).to_have_js_property("validity.customError", True)
    saturday.fill("09:00-12:00")
    page.keyboard.press("Tab")
    expect(page.locator("[data-draft-state=saved]")).to_be_visible(timeout=SLOW)
    panel.get_by_role("button", name="哪些时钟会变？").click()
    expect(panel).to_contain_text("时钟", timeout=SLOW)
    admin.shot("calendar-designer")
    publish(page, "厂庆放假")
    page.goto("/design/calendars")
    expect(page.locator("[data-panel]").get_by_label("星期六")).to_have_value("09:00-12:00")


def cell(page: Page, role: str, row: str, chip: str) -> Locator:
    return page.locator(f"[data-cell='{role} {row} {chip}']")


def test_rule_is_tried_and_published(enter: Enter) -> None:
    admin = enter("admin")
    page = admin.open("/design/roles").page
    expect(page.locator("main[data-ready]")).to_be_visible()
    page.locator("[data-see-menu] summary").click()
    page.locator("[data-see]").fill("agent1")
    page.locator("[data-person]", has_text="客服").filter(has_not_text="客服经理").click()
    expect(page.locator("[data-seen]")).to_contain_text("客服")

    cell(page, "agent", "product", "read").click()
    expect(page.locator("[data-answer]")).to_contain_text("可以")
    panel = page.locator("[data-panel]")
    panel.locator("[data-level=some]").click()
    panel.locator("[data-whose]").select_option("condition")
    panel.get_by_role("button", name="加一条").click()
    panel.get_by_label("比较什么").select_option("active")
    panel.get_by_label("值", exact=True).select_option("true")
    expect(panel.locator("code.fl-feel", has_text="active = true").first).to_be_visible()
    expect(cell(page, "agent", "product", "read")).to_have_class("some sel")
    expect(page.locator("[data-draft-state=saved]")).to_be_visible(timeout=SLOW)
    expect(page.locator(".fl-roles-answer")).to_have_count(2, timeout=SLOW)       # now, and in the draft
    admin.shot("role-designer")

    page.locator("[data-tab=fields]").click()
    page.locator("[data-entity]").select_option("product")
    cell(page, "agent", "unit", "read").click()
    panel.get_by_label("字段").select_option("hidden")
    expect(cell(page, "agent", "unit", "read")).to_have_class("none sel")
    expect(page.locator("[data-draft-state=saved]")).to_be_visible(timeout=SLOW)
    page.get_by_role("link", name="看到的").click()
    expect(page.locator("main")).to_contain_text("假如你的草稿已经生效")
    expect(page.locator("main")).to_contain_text("看不到的字段")

    publish(page, "客服只看在售产品")
    agent = enter("agent1").open("/records/product").page
    agent.locator("tbody tr").first.locator("a").first.click()
    expect(agent.locator("main")).not_to_contain_text("单位")
