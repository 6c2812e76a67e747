"""The link in a mail opens one task for one decision, and gives nothing else."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from formloom.exchange.task_links import LIFETIME, Signer
from formloom.policy.actor import SYSTEM
from formloom.records import actions
from formloom.runtime import Runtime
from formloom.storage import platform_tables as t
from formloom.web.app import create_app


@pytest.fixture
def mailed(approval: Runtime) -> Iterator[tuple[int, str]]:
    """A task of Meg's, and the token that she was sent; its record is gone after the test."""
    with approval.writing(SYSTEM) as context:
        made = actions.create(context, "contract", {"name": "By mail", "amount": "10"})
        actions.run(context, "contract", made.id, "submit", {})
        task = context.unit.connection.scalar(sa.select(t.fl_task.c.id).where(t.fl_task.c.record_id == made.id))
        meg = context.unit.connection.exec_driver_sql("SELECT id FROM ab_user WHERE username = 'meg'").scalar_one()
        secret = Signer(approval.settings.secret_key).issue(context.unit, int(task or 0), meg, context.now)
    yield int(task or 0), secret
    with approval.writing(SYSTEM) as context:
        actions.delete(context, "contract", made.id)


def status(approval: Runtime, task: int) -> Any:
    with approval.database.read() as unit:
        return unit.connection.scalar(sa.select(t.fl_task.c.status).where(t.fl_task.c.id == task))


def test_opening_decides_nothing(approval: Runtime, mailed: tuple[int, str]) -> None:
    task, secret = mailed
    browser = create_app(approval).test_client()
    for _ in range(2):
        page = browser.get(f"/approve/{secret}")
        assert (page.status_code, "By mail" in page.text) == (200, True)
    assert status(approval, task) == "ready"
    assert browser.get(f"/inbox/{task}").status_code == 302         # nobody was signed in by it


def test_link_decides_once(approval: Runtime, mailed: tuple[int, str]) -> None:
    task, secret = mailed
    browser = create_app(approval).test_client()
    page = browser.get(f"/approve/{secret}").text
    sent = {"csrf_token": re.findall(r'name="csrf-token" content="([^"]+)"', page)[0], "outcome": "reject"}
    assert browser.post(f"/approve/{secret}", data={"outcome": "approve"}).status_code == 400
    assert browser.post(f"/approve/{secret}", data=sent).status_code == 422     # a reason is needed
    assert status(approval, task) == "ready"
    assert browser.post(f"/approve/{secret}", data={**sent, "comment": "No"}).status_code == 200
    assert status(approval, task) == "done"
    assert browser.get(f"/approve/{secret}").status_code == 404


def test_forged_and_old_links_open_nothing(approval: Runtime, mailed: tuple[int, str]) -> None:
    _, secret = mailed
    signer = Signer(approval.settings.secret_key)
    with approval.database.read() as unit:
        assert signer.find(unit, secret, approval.now()) is not None
        for token in ("", ".", "x", secret[:-1], "a" + secret, secret + "0", "ü" * 300):
            assert signer.find(unit, token, approval.now()) is None
        assert signer.find(unit, secret, approval.now() + LIFETIME + timedelta(seconds=1)) is None
        assert Signer("another secret").find(unit, secret, approval.now()) is None
