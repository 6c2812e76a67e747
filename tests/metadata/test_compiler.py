from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from formloom.errors import BadConfiguration
from formloom.metadata import compiler, loader
from formloom.metadata.builtin_types import TYPES
from formloom.metadata.sources import Source

MINI = Path(__file__).parents[1] / "packs" / "mini"


def test_mini_pack_compiles_with_ordered_formulas() -> None:
    catalog = compiler.compile(loader.read_pack(MINI), TYPES)
    deal = catalog.entity("deal")
    assert deal.computed == ("subtotal", "total")
    assert deal.fields["subtotal"].options["returns"] == "money"
    assert catalog.entity("deal_line").fields["parent"].target == "deal"


def test_equal_sources_give_equal_versions() -> None:
    sources = loader.read_pack(MINI)
    assert compiler.compile(sources, TYPES).version == compiler.compile(sources[::-1], TYPES).version


def test_misspelt_key_names_line_and_neighbour() -> None:
    sources = [replace(s, text=s.text.replace("max_length: 100, required", "max_length: 100, requird"))
               for s in loader.read_pack(MINI)]
    with pytest.raises(BadConfiguration) as caught:
        compiler.compile(sources, TYPES)
    assert [(p.code, p.place.line, p.near) for p in caught.value.problems] == [("unknown-key", 7, "required")]


def test_workspaces_stand_at_their_places() -> None:
    sources = [Source("shop", "pack.yaml", "pack: shop\nversion: 1.0.0\n"), *(
        Source("shop", f"workspaces/{name}.yaml", f"workspace: {name}\nitems: []\n{more}")
        for name, more in (("a", ""), ("b", "position: 20\n"), ("c", ""), ("d", "position: 5\n")))]
    assert [one.name for one in compiler.compile(sources, TYPES).workspaces] == ["d", "b", "a", "c"]
