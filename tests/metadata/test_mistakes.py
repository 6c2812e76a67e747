from __future__ import annotations

from pathlib import Path

import pytest

from formloom.errors import BadConfiguration
from formloom.metadata import compiler, loader
from formloom.metadata.builtin_types import TYPES
from formloom.metadata.sources import Source

MISTAKES = loader.read_pack(Path(__file__).parents[1] / "packs" / "mistakes")
FOUND = [
    ("unknown-key", "entities/misspelt.yaml", 3, "required"),
    ("unknown-entity", "entities/order.yaml", 4, "customer"),
    ("feel-syntax", "entities/order.yaml", 5, None),
    ("unknown-name", "entities/order.yaml", 6, "status"),
    ("unknown-choice", "entities/order.yaml", 9, None),
    ("formula-cycle", "entities/order.yaml", 11, None),
    ("duplicate-key", "entities/twice.yaml", 3, None),
    ("unknown-type", "entities/untyped.yaml", 3, "text"),
    ("unknown-action", "roles/clerk.yaml", 5, None),
    ("unknown-view", "workspaces/desk.yaml", 2, None),
]


def test_each_mistake_is_told_once() -> None:
    problems = compiler.check(MISTAKES, TYPES)
    assert [(p.code, p.place.file, p.place.line, p.near) for p in problems] == FOUND


def test_nothing_compiles_while_mistakes_remain() -> None:
    with pytest.raises(BadConfiguration) as caught:
        compiler.compile(MISTAKES, TYPES)
    assert len(caught.value.problems) == len(FOUND)


def test_document_type_in_bpmn_is_refused() -> None:
    bpmn = '<!DOCTYPE d [<!ENTITY a "b">]><d>&a;</d>'
    assert _codes(Source("p", "workflows/hostile.bpmn", bpmn)) == ["xml-doctype"]


def test_two_packs_of_one_name_are_refused() -> None:
    text = "pack: one\nversion: 1.0.0\n"
    assert _codes(Source("one", "pack.yaml", text), Source("two", "pack.yaml", text)) == ["duplicate-pack"]


def _codes(*sources: Source) -> list[str]:
    return [p.code for p in compiler.check(sources, TYPES)]
