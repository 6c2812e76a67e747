"""A process stops because a partner refuses what it sends; an administrator finds out why and gets it going again."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.cli.conftest import Server
from tests.journeys.person import Person

SignIn = Callable[..., Person]
PROCESS = """<?xml version="1.0" encoding="UTF-8"?>
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL"
    xmlns:bpmndi="http://www.omg.org/spec/BPMN/20100524/DI" xmlns:dc="http://www.omg.org/spec/DD/20100524/DC"
    xmlns:di="http://www.omg.org/spec/DD/20100524/DI" xmlns:formloom="https://formloom.org/bpmn/1.0"
    targetNamespace="https://formloom.org/tests">
  <bpmn:process id="credit_check" name="Credit check" isExecutable="true">
    <bpmn:extensionElements>
      <formloom:label zh="资信检查"/>
      <formloom:binding entity="account"/>
      <formloom:trigger on="created" when="starts with(name, &quot;资信&quot;)"/>
    </bpmn:extensionElements>
    <bpmn:startEvent id="made"/>
    <bpmn:sequenceFlow id="f1" sourceRef="made" targetRef="ask"/>
    <bpmn:serviceTask id="ask" name="Ask the credit bureau">
      <bpmn:extensionElements>
        <formloom:label zh="查询征信"/>
        <formloom:action name="webhook">
          <formloom:param name="url">"http://127.0.0.1:PORT/credit"</formloom:param>
          <formloom:param name="body">{name: name, country: "CHN"}</formloom:param>
          <formloom:param name="wait">true</formloom:param>
        </formloom:action>
      </bpmn:extensionElements>
    </bpmn:serviceTask>
    <bpmn:sequenceFlow id="f2" sourceRef="ask" targetRef="done"/>
    <bpmn:endEvent id="done"/>
  </bpmn:process>
  <bpmndi:BPMNDiagram id="diagram"><bpmndi:BPMNPlane id="plane" bpmnElement="credit_check">
    <bpmndi:BPMNShape id="s1" bpmnElement="made"><dc:Bounds x="100" y="82" width="36" height="36"/></bpmndi:BPMNShape>
    <bpmndi:BPMNShape id="s2" bpmnElement="ask"><dc:Bounds x="190" y="60" width="100" height="80"/></bpmndi:BPMNShape>
    <bpmndi:BPMNShape id="s3" bpmnElement="done"><dc:Bounds x="350" y="82" width="36" height="36"/></bpmndi:BPMNShape>
    <bpmndi:BPMNEdge id="e1" bpmnElement="f1">
      <di:waypoint x="136" y="100"/><di:waypoint x="190" y="100"/></bpmndi:BPMNEdge>
    <bpmndi:BPMNEdge id="e2" bpmnElement="f2">
      <di:waypoint x="290" y="100"/><di:waypoint x="350" y="100"/></bpmndi:BPMNEdge>
  </bpmndi:BPMNPlane></bpmndi:BPMNDiagram>
</bpmn:definitions>
"""


class Bureau(ThreadingHTTPServer):
    """Wants two letters for a country, and keeps what it accepted."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Desk)
        self.accepted: list[dict[str, Any]] = []


class Desk(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        assert isinstance(self.server, Bureau)
        fine = len(asked["country"]) == 2
        if fine:
            self.server.accepted.append(asked)
        answer = {"score": 71} if fine else {"message": "country: two letters, ISO 3166-1 alpha-2"}
        body = json.dumps(answer).encode()
        self.send_response(200 if fine else 422)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture(scope="module")
def bureau(demo: Server, crm: Path) -> Iterator[Bureau]:
    server = Bureau()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    drawing = crm / "workflows" / "credit_check.bpmn"
    drawing.write_text(PROCESS.replace("PORT", str(server.server_address[1])), encoding="utf-8")
    demo.command("apply", str(crm), "--yes")
    yield server
    server.shutdown()
    server.server_close()


def customer(admin: Person, name: str) -> int:
    admin.open("/records/account/new")
    admin.type("name", name)
    return admin.save()


def stopped(admin: Person, address: str, count: int) -> None:
    """As somebody who reloads until the worker has tried."""
    for _ in range(40):
        admin.open(address)
        if admin.page.get_by_role("row").filter(has_text="查询征信").count() == count:
            return
        admin.page.wait_for_timeout(1000)
    raise AssertionError(f"not {count} at {address}")


def test_refused_step_goes_on_with_other_data(sign_in: SignIn, bureau: Bureau) -> None:
    admin = sign_in("admin")
    page = admin.page
    record = customer(admin, "资信：华东轴承有限公司")
    stopped(admin, "/incidents?process=credit_check", 1)
    expect(page.get_by_role("row").nth(1)).to_contain_text("two letters")
    admin.shot("incidents-zh")
    page.get_by_role("link", name="资信检查").first.click()
    expect(page.locator("main")).to_contain_text("对方返回 422")
    expect(page.locator("main")).to_contain_text("country: two letters, ISO 3166-1 alpha-2")
    sent = page.get_by_label("发送的内容")
    wrong = sent.input_value()
    sent.fill(wrong.replace('"CHN"', '"CHINA"'))
    with page.expect_navigation():
        page.get_by_role("button", name="重试").click()
    stopped(admin, "/incidents?process=credit_check", 1)
    page.get_by_role("link", name="资信检查").first.click()
    sent = page.get_by_label("发送的内容")
    sent.fill(wrong.replace('"CHN"', '"CN"'))
    admin.shot("incident-zh")
    with page.expect_navigation():
        page.get_by_role("button", name="重试").click()
    admin.open(f"/records/account/{record}")
    page.locator("a[href^='/processes/']").first.click()
    admin.eventually(page.url, "已结束")
    assert bureau.accepted == [{"name": "资信：华东轴承有限公司", "country": "CN"}]


def test_many_are_cancelled_on_a_phone(sign_in: SignIn, bureau: Bureau) -> None:
    admin = sign_in("admin", width=390, height=844)
    page = admin.page
    for n in ("甲", "乙"):
        customer(admin, f"资信：{n}公司")
    stopped(admin, "/incidents?process=credit_check", 2)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    for box in page.get_by_role("checkbox", name=re.compile("选择异常")).all():
        box.check()
    admin.shot("incidents-phone-zh")
    page.get_by_role("button", name="取消流程").click()
    admin.agree()
    expect(page.locator("main")).to_contain_text("没有停下的流程")
    admin.open("/incidents?process=credit_check&status=resolved")
    expect(page.get_by_role("row").filter(has_text="已取消")).to_have_count(2)
