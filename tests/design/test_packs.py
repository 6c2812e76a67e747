"""Packs under the local layer: installed, upgraded with nothing lost, taken away, exported to the byte."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from formloom.design import change_sets, packs, publishing
from formloom.errors import BadConfiguration, Conflict, NotFound
from formloom.metadata import archives, nodes
from formloom.metadata.archives import Archive
from formloom.policy.actor import SYSTEM, Actor
from formloom.records import actions
from formloom.runtime import Runtime

ADA = Actor(user_id=1, username="ada", name="Ada", admin=True)
VISITS = {
    "pack.yaml": "pack: visits\nversion: 1.0.0\nrequires: [mini >=0.1]\n",
    "entities/visit.yaml": "entity: visit\nfields:\n  subject: {type: text, required: true}\n"
                           "  customer: {type: reference, entity: customer}\n",
    "entities/customer.yaml": "extend: customer\nfields:\n  visited_on: {type: date}\n",
    "data/notes.txt": "kept to the byte\r\n",
}


def visits(version: str = "1.0.0", **files: str) -> Archive:
    held = {**VISITS, **{path.replace("__", "/") + ".yaml": text for path, text in files.items()}}
    held["pack.yaml"] = held["pack.yaml"].replace("1.0.0", version)
    return Archive("visits", version, {path: text.encode() for path, text in held.items()})


def changed(pack: Path, version: str, file: str, old: str, new: str) -> Archive:
    """The small pack with one text replaced."""
    held = archives.from_folder(pack)
    text = held.files[file].decode()
    assert old in text
    manifest = held.files["pack.yaml"].decode().replace(held.version, version)
    return Archive(held.name, version, {**held.files, file: text.replace(old, new).encode(),
                                        "pack.yaml": manifest.encode()})


def edit(runtime: Runtime, change: Any, kind: str = "entity", name: str = "customer") -> None:
    with runtime.writing(ADA) as context:
        draft = change_sets.start(context, "Test")
        tree = change_sets.tree(context, draft, kind, name)
        change(tree)
        draft = change_sets.write(context, draft, kind, name, tree)
    publishing.publish(runtime, ADA, draft, "")


def local_files(runtime: Runtime) -> dict[str, str]:
    return {s.path: s.text for s in runtime.model().catalog.sources if s.pack == "local"}


def test_pack_is_installed_beside_others(runtime: Runtime) -> None:
    packs.install(runtime, ADA, [visits()])
    catalog = runtime.model().catalog
    assert {"deal", "visit"} <= set(catalog.entities)
    assert "visited_on" in catalog.entity("customer").fields
    assert [one.name for one in packs.standing(runtime)] == ["mini", "visits"]


def test_export_is_what_was_installed(runtime: Runtime, pack: Path) -> None:
    packs.install(runtime, ADA, [visits()])
    assert packs.exported(runtime, "visits").packed() == visits().packed()
    assert dict(packs.exported(runtime, "mini").files) == dict(archives.from_folder(pack).files)


def test_missing_requirement_installs_nothing(runtime: Runtime) -> None:
    needing = visits(pack="pack: visits\nversion: 1.0.0\nrequires: [crm]\n")
    with pytest.raises(BadConfiguration):
        packs.install(runtime, ADA, [needing])
    assert "visit" not in runtime.model().catalog.entities


def test_pack_for_another_platform_is_refused(runtime: Runtime) -> None:
    with pytest.raises(BadConfiguration) as caught:
        packs.install(runtime, ADA, [visits(pack="pack: visits\nversion: 1.0.0\nplatform: '>=99'\n")])
    assert [p.code for p in caught.value.problems] == ["platform-version"]


def test_upgrade_keeps_local_changes(runtime: Runtime, pack: Path) -> None:
    edit(runtime, lambda tree: tree["fields"].update(vat={"type": "text"}))
    newer = changed(pack, "9.0.0", "entities/customer.yaml", "email: {type: email}",
                    "email: {type: email}\n  fax: {type: phone}")
    done = packs.install(runtime, ADA, [newer])
    fields = runtime.model().catalog.entity("customer").fields
    assert {"vat", "fax"} <= set(fields)
    assert not done.conflicts
    assert local_files(runtime) == {"entities/customer.yaml": "extend: customer\nfields:\n  vat: {type: text}\n"}


def test_change_that_the_pack_made_too_is_no_longer_local(runtime: Runtime, pack: Path) -> None:
    edit(runtime, lambda tree: tree["fields"]["email"].update(required=True))
    packs.install(runtime, ADA, [changed(pack, "9.0.0", "entities/customer.yaml", "email: {type: email}",
                                         "email: {type: email, required: true}")])
    assert local_files(runtime) == {}


def test_conflict_waits_for_a_decision(runtime: Runtime, pack: Path) -> None:
    edit(runtime, lambda tree: tree["label"].update(en="Client"))
    newer = changed(pack, "9.0.0", "entities/customer.yaml", "en: Customer", "en: Company")
    with pytest.raises(packs.OpenConflicts) as caught:
        packs.install(runtime, ADA, [newer])
    conflict = caught.value.upgrade.open[0]
    assert (conflict.kind, conflict.name, conflict.conflict.path) == ("entity", "customer", ("label", "en"))
    assert runtime.model().catalog.entity("customer").label["en"] == "Client"
    packs.install(runtime, ADA, [newer], {("entity", "customer"): {("label", "en"): "theirs"}})
    assert runtime.model().catalog.entity("customer").label["en"] == "Company"
    assert local_files(runtime) == {}


def test_decided_for_mine_stays_mine(runtime: Runtime, pack: Path) -> None:
    edit(runtime, lambda tree: tree["label"].update(en="Client"))
    newer = changed(pack, "9.0.0", "entities/customer.yaml", "en: Customer", "en: Company")
    packs.install(runtime, ADA, [newer], {("entity", "customer"): {("label", "en"): "mine"}})
    assert runtime.model().catalog.entity("customer").label["en"] == "Client"
    again = packs.prepare(runtime, [newer])
    assert not again.conflicts


def test_uninstalled_pack_takes_what_it_brought(runtime: Runtime) -> None:
    before = runtime.model().catalog.version
    packs.install(runtime, ADA, [visits()])
    with runtime.writing(SYSTEM) as context:
        made = actions.create(context, "visit", {"subject": "First"}).id
    edit(runtime, lambda tree: tree["fields"].update(note={"type": "text"}), name="visit")
    packs.uninstall(runtime, ADA, "visits")
    assert runtime.model().catalog.version == before
    assert [one.name for one in packs.standing(runtime)] == ["mini"]
    with pytest.raises(NotFound):
        packs.exported(runtime, "visits")
    packs.install(runtime, ADA, [visits()])
    with runtime.reading(SYSTEM) as context:
        assert actions.read(context, "visit", made).values["subject"] == "First"


def test_needed_pack_is_not_removed(runtime: Runtime) -> None:
    packs.install(runtime, ADA, [visits()])
    with pytest.raises(Conflict):
        packs.uninstall(runtime, ADA, "mini")


def test_lock_tells_versions_and_digests(runtime: Runtime) -> None:
    packs.install(runtime, ADA, [visits()])
    read, problems = nodes.read(packs.lock(runtime), "packs.lock")
    assert not problems
    assert read["packs"]["visits"] == {"version": "1.0.0", "digest": visits().digest, "requires": ["mini >=0.1"]}


def test_local_changes_move_as_a_pack(runtime: Runtime) -> None:
    edit(runtime, lambda tree: tree["fields"].update(vat={"type": "text"}))
    archive = packs.local_pack(runtime, "ours", "1.0.0")
    first = next(iter(runtime.model().catalog.packs))
    with runtime.reading(ADA) as context:
        version = context.catalog.version
    runtime.publish([s for s in runtime.model().catalog.sources if s.pack == first.name], ADA, version)
    packs.install(runtime, ADA, [archive])
    assert "vat" in runtime.model().catalog.entity("customer").fields
    assert local_files(runtime) == {}
