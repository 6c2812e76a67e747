"""The page of incidents: an administrator sees what stopped, repairs one or many, and keeps what was typed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

from formloom.policy.actor import SYSTEM
from formloom.records import actions
from formloom.runtime import Runtime
from formloom.workflow import incidents, instances, tasks
from formloom.workflow.failure import StepFailed
from formloom.workflow.incidents import Filter

from .conftest import SignIn, token


@pytest.fixture
def stopped(approval: Runtime, monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """A contract whose last step fails; the number of its instance. The printer is repaired once the test asks."""
    def broken(step: Any, *, text: Any = None, **_: Any) -> None:
        raise RuntimeError("paper <jam>")

    monkeypatch.setitem(approval.extensions.service_tasks.items, "notify", broken)
    with approval.writing(SYSTEM) as context:
        made = actions.create(context, "contract", {"name": "Printed", "amount": "10"})
        actions.run(context, "contract", made.id, "submit", {})
        instance = instances.of_record(context, "contract", made.id)[0].id
        task = tasks.of_instance(context, instance)[0]
    with pytest.raises(StepFailed), approval.writing(SYSTEM) as context:
        finish(context, task.id)
    yield instance
    with approval.writing(SYSTEM) as context:
        if instances.get(context, instance).status in ("running", "incident"):
            instances.cancel(context, instance)


def finish(context: Any, task_id: int) -> None:
    context.unit.connection.exec_driver_sql(f"UPDATE fl_task SET assignee_id = 0 WHERE id = {task_id}")
    tasks.complete(context, task_id, "approve")


def number(approval: Runtime) -> int:
    with approval.reading(SYSTEM) as context:
        return incidents.listed(context).items[0].id


def test_list_and_instance_show_the_cause(approval: Runtime, approval_sign_in: SignIn, stopped: int) -> None:
    ada = approval_sign_in("ada")
    page = ada.get("/incidents?cause=JAM").text
    assert "paper &lt;jam&gt;" in page
    assert 'data-stopped="tell"' in ada.get(f"/processes/{stopped}").text
    assert "paper &lt;jam&gt;" in ada.get(f"/processes/{stopped}").text
    assert "paper" not in ada.get("/incidents?cause=fire").text


def test_filter_names_processes_as_people_do(approval_sign_in: SignIn, stopped: int) -> None:
    assert re.search(r'<option value="\w+">Contract approval</option>', approval_sign_in("ada").get("/incidents").text)


def test_others_are_not_told_the_cause(approval_sign_in: SignIn, stopped: int) -> None:
    meg = approval_sign_in("meg")
    assert meg.get("/incidents").status_code == 403
    assert meg.get(f"/processes/{stopped}").status_code == 200
    assert "paper" not in meg.get(f"/processes/{stopped}").text


def test_mistyped_result_is_kept(approval: Runtime, approval_sign_in: SignIn, stopped: int) -> None:
    ada = approval_sign_in("ada")
    address = f"/incidents/{number(approval)}"
    answer = ada.post(f"{address}/skip", data={"csrf_token": token(ada, address), "result": "{pages: 3"})
    assert answer.status_code == 422
    assert "{pages: 3" in answer.text


def test_ticked_incidents_are_cancelled(approval: Runtime, approval_sign_in: SignIn, stopped: int) -> None:
    ada = approval_sign_in("ada")
    found = number(approval)
    answer = ada.post("/incidents", data={"csrf_token": token(ada, "/incidents"), "verb": "cancel", "id": [str(found)]})
    assert answer.status_code == 302
    with approval.reading(SYSTEM) as context:
        assert instances.get(context, stopped).status == "cancelled"
        assert found in [one.id for one in incidents.listed(context, Filter("resolved")).items]


def test_skip_on_the_instance_page_leads_back_to_it(approval: Runtime, approval_sign_in: SignIn, stopped: int) -> None:
    ada = approval_sign_in("ada")
    answer = ada.post(f"/incidents/{number(approval)}/skip", data={
        "csrf_token": token(ada, f"/processes/{stopped}"), "instance": str(stopped)})
    assert answer.location == f"/processes/{stopped}"
    with approval.writing(SYSTEM) as context:
        finish(context, tasks.of_instance(context, stopped)[0].id)
        assert instances.get(context, stopped).status == "done"
