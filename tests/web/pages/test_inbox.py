"""Which box and which task the inbox opens by itself."""

from __future__ import annotations

import re

import sqlalchemy as sa

from formloom.policy import people
from formloom.policy.actor import SYSTEM
from formloom.records import actions
from formloom.runtime import Runtime
from formloom.storage import platform_tables

from .conftest import SignIn, token


def _shown(page: str) -> tuple[str, str]:
    """The box that is open, and what the task that is open is about."""
    box = re.search(r'href="/inbox\?box=(\w+)" aria-pressed="true"', page)
    title = re.search(r'data-work=.*?<h1 class="fl-title">([^<]*)</h1>', page, re.DOTALL)
    return box[1] if box else "", title[1] if title else ""


def test_inbox_opens_what_waits(approval: Runtime, approval_sign_in: SignIn) -> None:
    meg = approval_sign_in("meg")
    assert _shown(meg.get("/inbox").text) == ("mine", "")
    with approval.writing(SYSTEM) as context:
        for name in ("First", "Second"):
            made = actions.create(context, "contract", {"name": name, "amount": "10"})
            actions.run(context, "contract", made.id, "submit", {})
    page = meg.get("/inbox").text
    assert _shown(page) == ("offered", "First")
    numbers = re.findall(r'data-task="(\d+)"', page)
    meg.post(f"/tasks/{numbers[1]}/claim", data={"csrf_token": token(meg, "/inbox")})
    assert _shown(meg.get("/inbox").text) == ("mine", "Second")
    assert _shown(meg.get(f"/inbox/{numbers[0]}").text) == ("offered", "First")


def test_inbox_is_narrowed_to_who_started(approval: Runtime, approval_sign_in: SignIn) -> None:
    meg = approval_sign_in("meg")
    with approval.reading(SYSTEM) as context:
        who = {name: i for i, name in people.find(context.unit, "").items()}
        ada = people.load_actor(context.unit, who["Ada"])
    with approval.writing(ada) as context:
        made = actions.create(context, "contract", {"name": "Of Ada", "amount": "10"})
        actions.run(context, "contract", made.id, "submit", {})
    listed = meg.get(f"/inbox?box=offered&starter={ada.user_id}").text
    assert "Of Ada" in listed
    assert "Ada started it" in listed
    assert f'name="starter" value="{ada.user_id}" data-picked' in listed
    assert "No task here matches the filter." in meg.get(f"/inbox?box=offered&starter={who['Meg']}").text


def test_copy_goes_to_everyone_with_a_role(approval: Runtime, approval_sign_in: SignIn) -> None:
    meg = approval_sign_in("meg")
    with approval.writing(SYSTEM) as context:
        made = actions.create(context, "contract", {"name": "To be known", "amount": "10"})
        actions.run(context, "contract", made.id, "submit", {})
    number = max(re.findall(r'data-task="(\d+)"', meg.get("/inbox?box=offered").text), key=int)
    page = meg.get(f"/inbox/{number}").text
    assert re.search(r'<select [^>]*id="p-copy-role".*?<option value="administrator">', page, re.DOTALL)
    meg.post(f"/tasks/{number}/copies", data={"csrf_token": token(meg, "/inbox"), "role": "administrator"})
    with approval.reading(SYSTEM) as context:
        told = context.unit.connection.scalars(
            sa.select(platform_tables.fl_copy.c.user_id).where(platform_tables.fl_copy.c.task_id == int(number))).all()
        assert list(told) == people.with_role(context.unit, "administrator") != []
