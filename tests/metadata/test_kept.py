"""The compiled catalog as a file: equal to a fresh one, or not read at all."""

from __future__ import annotations

import os
import platform
from collections.abc import Callable
from pathlib import Path

import pytest

from formloom.metadata import builtin_types, compiler, kept, loader
from formloom.metadata.catalog import Catalog
from formloom.metadata.kept import KeptCatalog

ROOT = Path(__file__).parents[2]
SECRET = "a secret of this installation"
TYPES = builtin_types.TYPES


@pytest.fixture(scope="module", params=["config", "tests/packs/kinds", "tests/packs/desk"])
def catalog(request: pytest.FixtureRequest) -> Catalog:
    return compiler.compile(loader.read_pack(ROOT / request.param), TYPES)


@pytest.fixture
def folder(tmp_path: Path, catalog: Catalog) -> Path:
    KeptCatalog(tmp_path / "cache", SECRET, TYPES).write(catalog)
    return tmp_path / "cache"


def test_a_kept_catalog_is_equal(folder: Path, catalog: Catalog) -> None:
    assert KeptCatalog(folder, SECRET, TYPES).read(catalog.version) == catalog


def test_kept_expressions_still_evaluate(folder: Path, catalog: Catalog) -> None:
    found = KeptCatalog(folder, SECRET, TYPES).read(catalog.version)
    assert found is not None
    pairs = [(a, b) for name, entity in catalog.entities.items() for key, field in entity.fields.items()
             if (a := field.formula) and (b := found.entities[name].fields[key].formula)]
    assert all(a.ast == b.ast and a.paths == b.paths and a.evaluate({}) == b.evaluate({}) for a, b in pairs)


def test_only_its_owner_reads_the_file(folder: Path) -> None:
    assert (folder / "catalog.pickle").stat().st_mode & 0o777 == 0o600


def _cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-100])


def _altered(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(bytes(data))


def _linked(path: Path) -> None:
    path.rename(path.with_suffix(".other"))
    path.symlink_to(path.with_suffix(".other"))


@pytest.mark.parametrize("spoil", [
    _cut, _altered, _linked, Path.unlink, lambda path: path.write_bytes(b""),
    lambda path: path.chmod(0o644), lambda path: path.parent.chmod(0o777),
], ids=["cut", "altered", "linked", "gone", "empty", "readable to others", "in an open folder"])
def test_what_cannot_be_trusted_is_ignored(folder: Path, catalog: Catalog, spoil: Callable[[Path], None]) -> None:
    spoil(folder / "catalog.pickle")
    assert KeptCatalog(folder, SECRET, TYPES).read(catalog.version) is None


def test_another_owner_is_ignored(folder: Path, catalog: Catalog, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: os.getuid() + 1)
    assert KeptCatalog(folder, SECRET, TYPES).read(catalog.version) is None


def test_another_secret_is_ignored(folder: Path, catalog: Catalog) -> None:
    assert KeptCatalog(folder, "another secret", TYPES).read(catalog.version) is None


def test_another_version_is_ignored(folder: Path) -> None:
    assert KeptCatalog(folder, SECRET, TYPES).read("0" * 64) is None


def test_another_python_is_ignored(folder: Path, catalog: Catalog, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platform, "python_version", lambda: "3.99.0")
    assert KeptCatalog(folder, SECRET, TYPES).read(catalog.version) is None


def test_other_code_is_ignored(folder: Path, catalog: Catalog, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept, "_code", lambda: "changed")
    assert KeptCatalog(folder, SECRET, TYPES).read(catalog.version) is None


def test_other_field_types_are_ignored(folder: Path, catalog: Catalog) -> None:
    fewer = {name: kind for name, kind in TYPES.items() if name != "tags"}
    assert KeptCatalog(folder, SECRET, fewer).read(catalog.version) is None
