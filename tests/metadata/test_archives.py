"""Packs as files: the same bytes for the same content, and nothing hostile gets in."""

from __future__ import annotations

import stat
import zipfile
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from formloom.errors import BadConfiguration
from formloom.metadata import archives, loader
from formloom.metadata.archives import Archive

CRM = Path(__file__).parents[2] / "config"
MANIFEST = b"pack: thing\nversion: 1.0.0\n"


def zipped(*entries: tuple[str, bytes], mode: int = 0, flags: int = 0) -> bytes:
    held = BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as file:
        for name, data in (("pack.yaml", MANIFEST), *entries):
            entry = zipfile.ZipInfo(name)
            entry.compress_type = zipfile.ZIP_DEFLATED
            if mode and name != "pack.yaml":
                entry.external_attr = mode << 16
            file.writestr(entry, data)
    return held.getvalue()


def codes(data: bytes) -> list[str]:
    with pytest.raises(BadConfiguration) as caught:
        archives.unpacked(data, "x.formloom")
    return [p.code for p in caught.value.problems]


def test_crm_comes_back_to_the_byte(tmp_path: Path) -> None:
    packed = archives.from_folder(CRM).packed()
    archives.unpacked(packed, "crm").write(tmp_path / "out")
    again = archives.from_folder(tmp_path / "out")
    assert dict(again.files) == dict(archives.from_folder(CRM).files)
    assert again.packed() == packed
    assert again.sources() == loader.read_pack(CRM)


NAMES = st.sampled_from(["a.yaml", "data/b.csv", "entities/c.yaml", "读我.md"])


@given(st.dictionaries(NAMES, st.binary(max_size=200)))
def test_any_pack_comes_back(files: dict[str, bytes]) -> None:
    pack = Archive("thing", "1.0.0", {"pack.yaml": MANIFEST, **files})
    found = archives.unpacked(pack.packed(), "x")
    assert (found.name, found.version, dict(found.files)) == ("thing", "1.0.0", dict(pack.files))
    assert found.digest == pack.digest


@pytest.mark.parametrize("name", ["../evil", "/etc/passwd", "a/../../b", "a\\b", "C:/x", ".git/config", "a/.ssh/key",
                                  "x\n"])
def test_names_that_lead_elsewhere_are_refused(name: str) -> None:
    assert codes(zipped((name, b"x"))) == ["unsafe-name"]


def test_links_and_devices_are_refused() -> None:
    for kind in (stat.S_IFLNK, stat.S_IFCHR, stat.S_IFIFO):
        assert codes(zipped(("a", b"/etc/passwd"), mode=kind | 0o777)) == ["unsafe-name"]


def test_names_alike_are_refused() -> None:
    assert codes(zipped(("A.yaml", b""), ("a.yaml", b""))) == ["unsafe-name"]


def test_bombs_are_refused() -> None:
    assert codes(zipped(("a", b"0" * 5_000_000))) == ["too-large"]


def test_what_is_no_archive_is_told() -> None:
    assert codes(b"PK nothing") == ["not-an-archive"]
    assert codes(archives.from_folder(CRM).packed()[:-200]) == ["not-an-archive"]


def test_pack_needs_name_and_version(tmp_path: Path) -> None:
    (tmp_path / "pack.yaml").write_text("pack: x\n")
    with pytest.raises(BadConfiguration) as caught:
        archives.from_folder(tmp_path)
    assert [p.code for p in caught.value.problems] == ["no-pack"]


def test_links_in_folders_are_refused(tmp_path: Path) -> None:
    (tmp_path / "pack.yaml").write_bytes(MANIFEST)
    (tmp_path / "secret").symlink_to("/etc/passwd")
    with pytest.raises(BadConfiguration) as caught:
        archives.from_folder(tmp_path)
    assert [p.code for p in caught.value.problems] == ["outside-pack"]


def test_folders_are_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("x")
    with pytest.raises(BadConfiguration):
        Archive("thing", "1.0.0", {"pack.yaml": MANIFEST}).write(tmp_path)
