"""`formloom pack`: what a consultant does on a checkout."""

from __future__ import annotations

import shutil
from pathlib import Path

from tests.cli.conftest import ROOT, Run

MINI = ROOT / "tests" / "packs" / "mini"


def test_new_pack_is_clean_and_installs(run: Run, tmp_path: Path) -> None:
    run("pack", "new", "equipment", "--in", str(tmp_path))
    assert "No problems." in run("pack", "check", str(tmp_path / "equipment")).output
    run("init")
    run("pack", "install", str(tmp_path / "equipment"), "--yes")
    assert "equipment 0.1.0" in run("pack", "list").output


def test_built_file_is_what_comes_out_again(run: Run, tmp_path: Path) -> None:
    run("init")
    run("pack", "build", str(MINI), "--to", str(tmp_path))
    file = next(tmp_path.glob("mini-*.formloom"))
    run("pack", "install", str(file), "--yes")
    run("pack", "export", "mini", str(tmp_path / "out"))
    run("pack", "build", str(tmp_path / "out"), "--to", str(tmp_path / "again"))
    assert (tmp_path / "again").read_bytes() == file.read_bytes()


def test_upgrade_merges_under_local_changes(run: Run, tmp_path: Path) -> None:
    pack = Path(shutil.copytree(MINI, tmp_path / "mini"))
    run("init")
    run("pack", "install", str(pack), "--yes")
    lock = tmp_path / "packs.lock"
    lock.write_text(run("pack", "lock").output, encoding="utf-8")
    run("pack", "lock", "--check", str(lock))
    manifest = pack / "pack.yaml"
    manifest.write_text(manifest.read_text(encoding="utf-8").replace("1.0.0", "1.1.0"), encoding="utf-8")
    customer = pack / "entities" / "customer.yaml"
    customer.write_text(customer.read_text(encoding="utf-8").replace(
        "email: {type: email}", "email: {type: email}\n  fax: {type: phone}"), encoding="utf-8")
    assert "upgrade" in run("pack", "install", str(pack), "--yes", status=1).output
    told = run("pack", "upgrade", str(pack), "--rehearse").output
    assert "entity customer: taken" in told
    assert "Add the column fax" in told
    assert "Rehearsed on a copy: copied in" in told
    assert "mini 1.0.0" in run("pack", "list").output
    run("pack", "upgrade", str(pack), "--yes")
    assert "mini 1.1.0" in run("pack", "list").output
    run("pack", "lock", "--check", str(lock), status=1)


def test_uninstalled_pack_is_gone(run: Run, tmp_path: Path) -> None:
    run("pack", "new", "equipment", "--in", str(tmp_path))
    run("init")
    run("pack", "install", str(MINI), str(tmp_path / "equipment"), "--yes")
    assert "Hide equipment" in run("pack", "uninstall", "equipment", "--yes").output
    assert "equipment" not in run("pack", "list").output
