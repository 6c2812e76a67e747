"""Which box and which task the inbox opens by itself."""

from __future__ import annotations

import re

from formloom.policy.actor import SYSTEM
from formloom.records import actions
from formloom.runtime import Runtime

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
