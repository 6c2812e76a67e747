"""Packs in the browser: looking into a file, deciding conflicts, putting it into force, taking it away."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from formloom.design import coming_and_going, publishing_job, rehearsal_job
from formloom.metadata import archives
from formloom.metadata.archives import Archive
from formloom.runtime import Runtime
from formloom.web.settling import settle
from tests.conftest import work

from .conftest import PACKS, installed, sign_in_to, token

FILE = "entities/contract.yaml"


@pytest.fixture
def runtime(tmp_path: Path) -> Iterator[Runtime]:
    yield from installed(PACKS / "approval", tmp_path, meg="sales_manager", ada="administrator")


@pytest.fixture
def ada(runtime: Runtime) -> FlaskClient:
    return sign_in_to(runtime)("ada")


def newer(label: str) -> Archive:
    held = archives.from_folder(PACKS / "approval")
    text = held.files[FILE].replace(b"{en: Contract, zh", f"{{en: {label}, zh".encode())
    manifest = held.files["pack.yaml"].replace(held.version.encode(), b"9.0.0")
    return Archive(held.name, "9.0.0", {**held.files, FILE: text, "pack.yaml": manifest})


def upload(client: FlaskClient, data: bytes) -> Any:
    return client.post("/packs", data={"csrf_token": token(client, "/packs"), "pack": (BytesIO(data), "x.formloom")})


def labelled(client: FlaskClient, label: str) -> None:
    """The administrator calls a contract otherwise."""
    read: Any = client.get("/design/entity/contract/tree").json
    read["tree"]["label"]["en"] = label
    kept: Any = client.post("/design/entity/contract/tree", json={"tree": read["tree"], "draft": read["draft"]},
                            headers={"X-CSRFToken": token(client, "/profile")}).json
    page = f"/changes/{kept['draft']['id']}"
    client.post(f"{page}/publish", data={"csrf_token": token(client, page), "number": kept["draft"]["number"]})


def test_file_is_looked_into_first(ada: FlaskClient, runtime: Runtime) -> None:
    page = upload(ada, newer("Agreement").packed()).headers["Location"]
    assert "9.0.0" in ada.get(page).text
    assert runtime.model().catalog.entity("contract").label["en"] == "Contract"
    ada.post(f"{page}/install", data={"csrf_token": token(ada, page)})
    assert runtime.model().catalog.entity("contract").label["en"] == "Agreement"
    assert ada.get(page).status_code == 404


def test_conflict_is_decided_on_the_page(ada: FlaskClient, runtime: Runtime) -> None:
    labelled(ada, "Deal")
    page = upload(ada, newer("Agreement").packed()).headers["Location"]
    shown = ada.get(page).text
    assert all(words in shown for words in ("Deal", "Agreement", "for you to decide"))
    name, = set(re.findall(r'name="(conflict:[^"]+)"', shown))
    sent = {"csrf_token": token(ada, page)}
    assert ada.post(f"{page}/install", data=sent).status_code == 409
    assert runtime.model().catalog.entity("contract").label["en"] == "Deal"
    assert "decided" in ada.post(page, data={**sent, name: "theirs"}).text
    ada.post(f"{page}/install", data={**sent, name: "theirs"})
    assert runtime.model().catalog.entity("contract").label["en"] == "Agreement"


def test_pack_is_rehearsed_with_what_was_decided(ada: FlaskClient, runtime: Runtime) -> None:
    rehearsal_job.register(runtime)
    labelled(ada, "Deal")
    page = upload(ada, newer("Agreement").packed()).headers["Location"]
    name, = set(re.findall(r'name="(conflict:[^"]+)"', ada.get(page).text))
    asked = ada.post(f"{page}/rehearse", data={"csrf_token": token(ada, page), name: "theirs"},
                     headers={"HX-Request": "true"})
    assert "A worker takes it up." in asked.text or "The data is copied." in asked.text
    work(runtime, rehearsal_job.JOB)
    subject = f"pack:{page.rsplit('/', 1)[1]}"
    done = ada.get(f"/rehearsals/{subject}", headers={"HX-Request": "true"}).text
    assert "It was published on a copy, and every list was opened." in done
    assert "went well" in ada.get(page).text
    assert runtime.model().catalog.entity("contract").label["en"] == "Deal"


def test_hostile_files_are_refused(ada: FlaskClient) -> None:
    assert upload(ada, b"not a pack").headers["Location"] == "/packs"
    assert "This is not a pack" in ada.get("/packs").text


def test_installed_pack_comes_out_as_it_was(ada: FlaskClient) -> None:
    assert ada.get("/packs/approval/file").data == archives.from_folder(PACKS / "approval").packed()


def test_pack_is_removed_after_a_look(ada: FlaskClient, runtime: Runtime) -> None:
    alone = Archive("visits", "1.0.0", {
        "pack.yaml": b"pack: visits\nversion: 1.0.0\n",
        "entities/visit.yaml": b"entity: visit\nfields: {name: {type: text}}\n"})
    page = upload(ada, alone.packed()).headers["Location"]
    ada.post(f"{page}/install", data={"csrf_token": token(ada, page)})
    assert "visit" in runtime.model().catalog.entities
    assert "Hide visit" in ada.get("/packs/visits/remove").text
    ada.post("/packs/visits/remove", data={"csrf_token": token(ada, "/packs")})
    assert "visit" not in runtime.model().catalog.entities


def test_long_installation_is_left_to_a_worker(
        ada: FlaskClient, runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(publishing_job, "SLOW_SECONDS", 0.0)
    coming_and_going.register(runtime, settle)
    labelled(ada, "Deal")
    page = upload(ada, newer("Agreement").packed()).headers["Location"]
    name, = set(re.findall(r'name="(conflict:[^"]+)"', ada.get(page).text))
    sent = {"csrf_token": token(ada, page), "slow": "1"}
    progress = page.replace("/packs/prepared/", "/undertakings/install/")
    ada.post(f"{page}/install", data=sent)
    work(runtime, "install")
    assert ada.get(progress).headers["HX-Redirect"] == page
    assert "contradict each other" in ada.get(page).text
    assert "A worker is at it" in ada.post(
        f"{page}/install", data={**sent, name: "theirs"}, follow_redirects=True).text
    assert "A worker is at it" in ada.get(page).text
    work(runtime, "install")
    assert ada.get(progress).headers["HX-Redirect"] == "/packs"
    assert "The pack is in force." in ada.get("/packs").text
    assert runtime.model().catalog.entity("contract").label["en"] == "Agreement"


def test_only_administrators_see_packs(runtime: Runtime) -> None:
    meg = sign_in_to(runtime)("meg")
    for address in ("/packs", "/packs/approval/file", "/packs/approval/remove", "/packs/prepared/" + "0" * 64):
        assert meg.get(address).status_code == 403
    assert upload_refused(meg)


def upload_refused(client: FlaskClient) -> bool:
    sent = client.post("/packs", data={"csrf_token": token(client, "/profile"),
                                       "pack": (BytesIO(newer("x").packed()), "x.formloom")})
    return sent.status_code == 403


def test_one_person_alone_puts_no_pack_into_force(
        ada: FlaskClient, runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runtime, "settings", replace(runtime.settings, review=True))
    page = upload(ada, newer("Agreement").packed()).headers["Location"]
    version = runtime.model().catalog.version
    for address in (f"{page}/install", "/packs/approval/remove"):
        answer = ada.post(address, data={"csrf_token": token(ada, "/packs")})
        assert (answer.status_code, "has to approve" in answer.text) == (409, True)
    assert runtime.model().catalog.version == version
