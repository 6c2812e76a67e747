"""After a renaming: running processes go on, the API answers to old names for a while, pages lead on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from formloom.design import change_sets, local_renaming, publishing
from formloom.metadata.references import Name
from formloom.policy import people
from formloom.policy.actor import Actor
from formloom.records import actions
from formloom.runtime import Runtime
from formloom.storage import platform_tables as t
from formloom.workflow import instances, tasks

from .conftest import PACKS, SignIn, installed, sign_in_to, token


@pytest.fixture
def runtime(tmp_path: Path) -> Iterator[Runtime]:
    yield from installed(PACKS / "approval", tmp_path, sam="sales", meg="sales_manager", ada="administrator")


@pytest.fixture
def client(runtime: Runtime) -> SignIn:
    return sign_in_to(runtime)


def person(runtime: Runtime, username: str) -> Actor:
    user = sa.table("ab_user", sa.column("id"), sa.column("username"))
    with runtime.database.read() as unit:
        number = unit.connection.execute(sa.select(user.c.id).where(user.c.username == username)).scalar_one()
        found = people.load_actor(unit, int(number), runtime.settings)
    assert found
    return replace(found, admin=username == "ada")


def rename(runtime: Runtime, *changes: tuple[Name, str]) -> None:
    ada = person(runtime, "ada")
    for target, new in changes:
        with runtime.writing(ada) as context:
            draft = change_sets.start(context, "Rename")
            draft = local_renaming.rename_in(context, draft, runtime.field_types, target, new, check=runtime.check)
        publishing.publish(runtime, ada, draft, "")


def submitted(runtime: Runtime) -> int:
    sam = person(runtime, "sam")
    with runtime.writing(sam) as context:
        made = actions.create(context, "contract", {"name": "Acme", "amount": 70000, "owner": sam.user_id})
        actions.run(context, "contract", made.id, "submit")
    return made.id


RENAMED = ((Name("field", "amount", "contract"), "sum_total"), (Name("entity", "contract"), "deal"))


def test_running_process_goes_on(runtime: Runtime) -> None:
    number = submitted(runtime)
    rename(runtime, *RENAMED)
    with runtime.writing(person(runtime, "meg")) as context:
        [instance] = instances.of_record(context, "deal", number)
        assert instance.hash == runtime.model().definitions["contract_approval"].hash
        task = context.unit.connection.scalars(
            sa.select(t.fl_task.c.id).where(t.fl_task.c.instance_id == instance.id)).one()
        tasks.complete(context, task, "approve")
        open_tasks = instances.get(context, instance.id)
        assert open_tasks.status == "running"
        assert set(context.unit.connection.scalars(
            sa.select(t.fl_task.c.entity).where(t.fl_task.c.status.in_(("open", "claimed"))))) <= {"deal"}


def test_api_answers_to_old_names_for_a_while(runtime: Runtime, client: SignIn) -> None:
    number = submitted(runtime)
    rename(runtime, *RENAMED)
    ada = client("ada")
    answer = ada.get(f"/api/v1/records/contract/{number}?names=old")
    assert answer.status_code == 200
    assert answer.json
    assert (answer.json["sum_total"], answer.json["amount"]) == (70000, 70000)
    assert answer.headers["Deprecation"].startswith("@")
    assert answer.headers["Link"] == f'</api/v1/records/deal/{number}>; rel="successor-version"'
    sunset = datetime.strptime(answer.headers["Sunset"], "%a, %d %b %Y %H:%M:%S GMT")
    assert sunset.date() == (runtime.now() + timedelta(days=180)).date()
    new = ada.get(f"/api/v1/records/deal/{number}")
    assert "Deprecation" not in new.headers
    assert "amount" not in (new.json or {})


def test_old_field_names_are_taken(runtime: Runtime, client: SignIn) -> None:
    submitted(runtime)
    rename(runtime, *RENAMED)
    ada = client("ada")
    listed = ada.get("/api/v1/records/deal?filter=amount > 50000 and name != null&sort=-amount&fields=name,amount")
    assert listed.json
    assert [item["sum_total"] for item in listed.json["items"]] == [70000]
    assert "Deprecation" in listed.headers
    made = ada.post("/api/v1/records/contract", json={"name": "Next", "amount": 5},
                    headers={"X-CSRFToken": token(ada, "/profile")})
    assert made.status_code == 201
    assert (made.json or {})["sum_total"] == 5


def test_old_names_end(runtime: Runtime, client: SignIn) -> None:
    number = submitted(runtime)
    rename(runtime, *RENAMED)
    ended: Any = replace(runtime.settings, alias_days=0)
    runtime.settings = ended
    assert client("ada").get(f"/api/v1/records/contract/{number}").status_code == 404


def test_page_leads_on(runtime: Runtime, client: SignIn) -> None:
    number = submitted(runtime)
    rename(runtime, *RENAMED)
    moved = client("ada").get(f"/records/contract/{number}?tab=1")
    assert (moved.status_code, moved.headers["Location"]) == (308, f"/records/deal/{number}?tab=1")
    assert client("ada").get(f"/records/contract/{number}", follow_redirects=True).status_code == 200
