"""A consultant adds an entity while people work; nobody restarts anything."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import expect

from tests.cli.conftest import Server
from tests.journeys.conftest import SignIn

ENTITY = """
entity: visitor
label: {en: Visitor, zh: 访客}
plural: {en: Visitors, zh: 访客}
title: name
fields:
  name: {type: text, required: true, label: {en: Name, zh: 姓名}}
  visits: {type: integer, minimum: 1, label: {en: Visits, zh: 来访次数}}
list: {columns: [name, visits]}
"""
ROLE = """
role: reception
label: {en: Reception, zh: 前台}
entities:
  visitor: {create: true, read: true, update: true}
"""
WORKSPACE = """
workspace: reception
label: {en: Reception, zh: 前台}
icon: door
items: [{entity: visitor}]
"""


def test_new_entity_appears_without_a_restart(sign_in: SignIn, demo: Server, crm: Path) -> None:
    admin, sales = sign_in("admin"), sign_in("sales1")
    admin.open("/")
    expect(admin.page.locator("nav").first).not_to_contain_text("访客")
    for folder, text in (("entities", ENTITY), ("roles", ROLE), ("workspaces", WORKSPACE)):
        (crm / folder / "reception.yaml").write_text(text, encoding="utf-8")
    assert "visitor" in demo.command("plan", str(crm))
    demo.command("apply", "--yes", str(crm))

    admin.eventually("/records/visitor", "访客", seconds=10)
    admin.open("/records/visitor/new")
    admin.type("name", "周来访")
    admin.type("visits", "0")
    admin.page.locator("[data-save]").click()
    expect(admin.field("visits").locator(".err")).to_be_visible()
    admin.type("visits", "2")
    number = admin.save()
    expect(admin.page.locator("h1")).to_contain_text("周来访")
    admin.shot("new-entity")
    assert demo.ask(f"/api/v1/records/visitor/{number}", token=demo.token("admin"))["visits"] == 2
    refused = sales.page.goto("/records/visitor")
    assert refused is not None
    assert refused.status in (403, 404)
