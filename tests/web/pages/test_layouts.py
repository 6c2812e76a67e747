"""Forms by role and by step: what is shown to whom, and that nothing hidden is lost."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from formloom.policy import people
from formloom.policy.actor import SYSTEM
from formloom.records import actions
from formloom.runtime import Runtime

from .conftest import PACKS, SignIn, installed, sign_in_to, token

LAYOUTS = """
layouts:
  - name: short
    roles: [sales_manager]
    sections:
      - {label: {en: The short way}, fields: [amount, name]}
  - name: legal
    steps: [contract_approval/legal_review]
    sections:
      - {label: {en: How risky is it}, fields: [risk], visible_when: amount > 1000}
"""


@pytest.fixture(scope="module")
def runtime(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Runtime]:
    pack = Path(shutil.copytree(PACKS / "approval", tmp_path_factory.mktemp("pack") / "pack"))
    entity = pack / "entities" / "contract.yaml"
    entity.write_text(entity.read_text() + LAYOUTS)
    role = pack / "roles" / "sales_manager.yaml"
    role.write_text(role.read_text().replace("{read: true}", "{read: true, create: true, update: true}"))
    yield from installed(pack, tmp_path_factory.mktemp("layouts"), meg="sales_manager", ada="administrator",
                         lea="legal")


@pytest.fixture(scope="module")
def sign_in(runtime: Runtime) -> SignIn:
    return sign_in_to(runtime)


@pytest.fixture
def contract(runtime: Runtime) -> int:
    with runtime.writing(SYSTEM) as context:
        (meg,) = people.find(context.unit, "meg")
        return actions.create(context, "contract", {
            "name": "Crane", "amount": "90000", "risk": "high", "owner": meg}).id


def inputs(page: str) -> list[str]:
    return re.findall(r'data-for="(\w+)"', page)


def test_form_is_that_of_the_role(sign_in: SignIn, contract: int) -> None:
    short = sign_in("meg").get(f"/records/contract/{contract}/edit").text
    assert inputs(short) == ["amount", "name"]
    assert "The short way" in short
    assert "risk" in inputs(sign_in("ada").get(f"/records/contract/{contract}/edit").text)
    assert "high" not in sign_in("meg").get(f"/records/contract/{contract}").text


def test_what_a_layout_leaves_out_is_kept(sign_in: SignIn, runtime: Runtime, contract: int) -> None:
    meg, address = sign_in("meg"), f"/records/contract/{contract}/edit"
    page = meg.get(address).text
    version = re.search(r'name="version" value="(\d+)"', page)
    assert version
    sent = meg.post(address, data={"csrf_token": token(meg, address), "version": version[1], "name": "Crane 2",
                                   "amount": "90000"})
    assert sent.status_code == 302
    with runtime.reading(SYSTEM) as context:
        kept = actions.read(context, "contract", contract).values
    assert (kept["name"], kept["risk"]) == ("Crane 2", "high")
    assert kept["owner"] is not None


def test_task_has_the_layout_of_its_step(sign_in: SignIn, runtime: Runtime, contract: int) -> None:
    with runtime.writing(SYSTEM) as context:
        actions.run(context, "contract", contract, "submit")
    meg = sign_in("meg")
    page = meg.get("/inbox").text
    number = re.search(r'action="/tasks/(\d+)/complete"', page)
    assert number
    done = meg.post(f"/tasks/{number[1]}/complete", data={"csrf_token": token(meg, "/inbox"), "outcome": "approve"})
    assert done.status_code == 302
    task = sign_in("lea").get("/inbox").text
    assert "How risky is it" in task
    assert 'data-for="risk"' in task
