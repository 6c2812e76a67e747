"""What packs need of each other."""

from __future__ import annotations

import pytest

from formloom.metadata import compiler, requirements
from formloom.metadata.builtin_types import TYPES
from formloom.metadata.sources import Source


def found(**packs: str) -> list[str]:
    sources = [Source(name, "pack.yaml", f"pack: {name}\nversion: 1.4.0\nrequires: [{needs}]\n")
               for name, needs in packs.items()]
    return [p.code for p in compiler.check(sources, TYPES)]


@pytest.mark.parametrize(("needs", "codes"), [
    ("a", []), ("'a >=1.2,<2'", []), ("'a ~=1.4'", []), ("'a >=2'", ["pack-version"]), ("c", ["unknown-pack"]),
    ("'a at least 1'", ["bad-requirement"]),
])
def test_ranges_of_versions(needs: str, codes: list[str]) -> None:
    assert found(a="", b=needs) == codes


def test_packs_in_a_circle_are_told() -> None:
    assert found(a="b", b="c", c="a") == ["pack-circle"]


def test_no_pack_is_the_local_layer() -> None:
    assert found(local="") == ["reserved-name"]


def test_later_versions_are_known() -> None:
    assert requirements.newer("1.10.0", "1.9.0")
    assert not requirements.newer("1.0.0-rc.1", "1.0.0")


def test_dependants_are_found() -> None:
    assert requirements.dependants("a", {"a": [], "b": ["a >=1"], "c": ["b"]}) == ["b"]
