"""The side panel of the process designer in a browser: what is chosen there stands in the draft."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient
from lxml import etree
from playwright.sync_api import Browser, Locator, Page, expect
from werkzeug.serving import make_server

from formloom.metadata import layers
from formloom.runtime import Runtime
from formloom.storage import drafts
from formloom.workflow import differences
from formloom.workflow.markup import FORMLOOM

from .conftest import PASSWORD, SignIn, token

PAGE = "/workflows/panel_seen"
NEW = {"template": "single", "name": "Panel", "name_zh": "面板", "key": "panel_seen", "entity": "contract",
       "role": "sales_manager", "starts": "created"}
EVERYTHING = (
    '<formloom:assignment users="[1]" roles="matrix.roles" line="3" line-until="director" head="initiator" '
    'fallback="legal" due="P2D" unheard="kept"/>'
    '<formloom:approval mode="quorum" order="sequential" needed="60%" weight="1" self="fallback" return="initiator" '
    'resume="choose" forbid="copy urge novel" unheard="kept"/>')
STARTS = (
    '<formloom:trigger on="sla" level="reply" at="75%"/>'
    '<formloom:trigger on="schedule" every="PT1H" missed="skip"/><formloom:trigger on="moonrise" phase="full"/>')


@pytest.fixture(scope="module")
def address(approval_app: Flask) -> Iterator[str]:
    server = make_server("127.0.0.1", 0, approval_app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(scope="module")
def browsing(browser: Browser, address: str) -> Iterator[Page]:
    context = browser.new_context(base_url=address, locale="en-GB", viewport={"width": 1440, "height": 900})
    page = context.new_page()
    page.goto("/login/")
    page.fill("[name=username]", "ada")
    page.fill("[name=password]", PASSWORD)
    page.press("[name=password]", "Enter")
    page.wait_for_url(lambda url: "/login" not in url)
    yield page
    context.close()


@pytest.fixture
def ada(approval: Runtime, approval_sign_in: SignIn) -> Iterator[FlaskClient]:
    """With a draft from a template, gone after the test."""
    client = approval_sign_in("ada")
    client.post("/workflows/new", data={"csrf_token": token(client, "/workflows"), **NEW})
    yield client
    with approval.database.write() as unit:
        drafts.drop(unit, "workflows/panel_seen.bpmn")


def drawn(client: FlaskClient) -> str:
    return client.get(f"{PAGE}/file.bpmn").text


def parts(text: str, name: str) -> list[dict[str, str]]:
    return [{str(key): str(value) for key, value in one.attrib.items()}
            for one in etree.fromstring(text.encode()).iter(f"{{{FORMLOOM}}}{name}")]


@pytest.fixture
def panel(browsing: Page, ada: FlaskClient) -> Locator:
    return opened(browsing)


def opened(page: Page) -> Locator:
    page.goto(PAGE)
    expect(page.locator("main[data-ready]")).to_be_attached()
    return page.locator("[data-panel]")


def pick(page: Page, step: str) -> None:
    page.locator(f".djs-shape[data-element-id='{step}'] .djs-hit").first.click(force=True)
    expect(page.locator(f".djs-element.selected[data-element-id='{step}']")).to_be_attached()


def settled(page: Page) -> None:
    expect(page.locator("[data-state]")).to_contain_text("Draft of")


def redrawn(client: FlaskClient, text: str) -> None:
    held = drawn(client)
    answer = client.post(f"{PAGE}/draft", json={"text": text, "was": layers.digest(""), "seen": 1},
                         headers={"X-CSRFToken": token(client, PAGE)})
    assert (answer.status_code, drawn(client) == held) == (200, text == held)


def test_vote_is_described_in_words(browsing: Page, ada: FlaskClient, panel: Locator) -> None:
    step = re.search(r'<bpmn:userTask id="(\w+)"', drawn(ada))
    assert step
    pick(browsing, step[1])
    panel.get_by_label("Who has to agree").select_option("a number of them")
    panel.get_by_label("How many have to agree").fill("60%")
    panel.get_by_label("How many have to agree").press("Tab")
    panel.get_by_label("When they are asked").select_option("one after the other")
    panel.get_by_label("It may be sent back").select_option("to who asked")
    panel.get_by_label("Urge").uncheck()
    settled(browsing)
    assert parts(drawn(ada), "approval") == [{
        "mode": "quorum", "needed": "60%", "order": "sequential", "return": "initiator", "forbid": "urge"}]
    panel.get_by_label("Who has to agree").select_option("whoever takes it decides alone")
    settled(browsing)
    assert parts(drawn(ada), "approval") == []


def test_what_files_say_is_shown_and_kept(browsing: Page, ada: FlaskClient) -> None:
    text = re.sub(r"<formloom:assignment[^>]*/>", EVERYTHING, drawn(ada), count=1)
    text = re.sub(r"<formloom:trigger[^>]*/>", STARTS, text, count=1)
    redrawn(ada, text)
    panel = opened(browsing)
    kinds = panel.get_by_label("Starts when")
    assert [one.locator("option:checked").inner_text() for one in kinds.all()] == [
        "a promise to the customer comes due", "by the clock", "something else: moonrise"]
    expect(panel.get_by_label("Times that passed while nothing ran")).to_have_value("skip")
    step = re.search(r'<bpmn:userTask id="(\w+)"', text)
    assert step
    pick(browsing, step[1])
    for label, value in (("Managers above who asked", "3"), ("Up to the first with the role", "director"),
                         ("Head of the team", "initiator"), ("If that is nobody, everyone with the role", "legal"),
                         ("What a vote counts", "1"), ("When it comes again", "choose")):
        expect(panel.get_by_label(label, exact=True)).to_have_value(value)
    panel.get_by_role("textbox", name="Name", exact=True).fill("Looked at")
    panel.get_by_role("textbox", name="Name", exact=True).press("Tab")
    settled(browsing)
    again = drawn(ada)
    assert "Looked at" in again
    for name in ("assignment", "approval", "trigger"):
        assert parts(again, name) == parts(text, name)
    assert [one.aspects for one in differences.compare(text, again)] == [("name",)]


def test_start_of_another_kind_keeps_nothing_of_the_first(browsing: Page, ada: FlaskClient) -> None:
    redrawn(ada, re.sub(r"<formloom:trigger[^>]*/>", '<formloom:trigger on="sla" level="reply" at="75%"/>',
                        drawn(ada), count=1))
    panel = opened(browsing)
    expect(panel).to_contain_text("Service level")
    panel.get_by_label("Starts when").select_option("a record is changed")
    settled(browsing)
    assert parts(drawn(ada), "trigger") == [{"on": "updated"}]


def test_taking_back_is_described_in_words(browsing: Page, ada: FlaskClient, panel: Locator) -> None:
    who = panel.get_by_label("Whoever started it may take it back")
    expect(who).to_have_value("")
    who.select_option("as long as it runs")
    panel.get_by_label("Set another field").select_option("Status")
    panel.get_by_label("Status").fill('"draft"')
    panel.get_by_label("Status").press("Tab")
    settled(browsing)
    assert parts(drawn(ada), "withdraw") == [{"while": "always"}]
    assert re.search(r'<formloom:withdraw while="always">\s*<formloom:param name="status">"draft"</formloom:param>',
                     drawn(ada))
    who.select_option("never")
    settled(browsing)
    assert parts(drawn(ada), "withdraw") == []


def test_missed_times_of_a_reminder_are_chosen(browsing: Page, ada: FlaskClient) -> None:
    step = re.search(r'<bpmn:userTask id="(\w+)"', drawn(ada))
    assert step
    reminder = (f'<bpmn:boundaryEvent id="again" attachedToRef="{step[1]}" cancelActivity="false"><bpmn:outgoing>way'
                '</bpmn:outgoing><bpmn:timerEventDefinition><bpmn:timeCycle>R/P1D</bpmn:timeCycle>'
                '</bpmn:timerEventDefinition></bpmn:boundaryEvent><bpmn:endEvent id="told"/>'
                '<bpmn:sequenceFlow id="way" sourceRef="again" targetRef="told"/></bpmn:process>')
    shape = ('<bpmndi:BPMNShape id="again_di" bpmnElement="again"><dc:Bounds x="300" y="162" width="36" height="36"/>'
             '</bpmndi:BPMNShape></bpmndi:BPMNPlane>')
    redrawn(ada, drawn(ada).replace("</bpmn:process>", reminder).replace("</bpmndi:BPMNPlane>", shape))
    panel = opened(browsing)
    pick(browsing, "again")
    expect(panel.get_by_label("Times that passed while nothing ran")).to_have_value("once")
    panel.get_by_label("Times that passed while nothing ran").select_option("left out")
    settled(browsing)
    assert parts(drawn(ada), "cycle") == [{"missed": "skip"}]


def test_drawing_is_tried_beside_it(browsing: Page, ada: FlaskClient) -> None:
    text = re.sub(r"<formloom:assignment[^>]*/>", '<formloom:assignment role="sales_manager"/>', drawn(ada), count=1)
    redrawn(ada, text)
    step = re.search(r'<bpmn:userTask id="(\w+)"', text)
    assert step
    opened(browsing)
    browsing.get_by_role("tab", name="Test run").click()
    side = browsing.get_by_role("tabpanel", name="Test run")
    side.get_by_text("Values for this test").click()
    side.get_by_label("Name", exact=True).fill("Press line")
    side.get_by_label("Amount").fill("9000")
    side.get_by_role("button", name="Start the test run").click()
    here = browsing.locator(f".djs-shape[data-element-id='{step[1]}']")
    expect(here).to_have_class(re.compile("is-now"))
    side.get_by_role("button", name="Approve", exact=True).click()
    expect(side).to_contain_text("Finished")
    expect(here).to_have_class(re.compile("is-past"))
    expect(side.locator("ol").first).to_contain_text("Meg: Approve")
    browsing.get_by_role("tab", name="Properties").click()
    expect(here).not_to_have_class(re.compile("is-past"))


def test_full_test_page_is_one_link_away(ada: FlaskClient) -> None:
    there = ada.get("/workflows/contract_approval").text
    assert 'href="/workflows/contract_approval/test"' in there
    assert 'href="/workflows/contract_approval/simulate"' in there
    drawn = ada.get(PAGE).text
    assert '/test"' in drawn
    assert '/simulate"' not in drawn        # nothing ran yet that could be replayed
