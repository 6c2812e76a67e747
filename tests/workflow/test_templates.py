"""Every process to begin with can be published as it is, for every kind of record of the CRM."""

from __future__ import annotations

from pathlib import Path

import pytest

from formloom.metadata import compiler, loader
from formloom.metadata.builtin_types import TYPES
from formloom.metadata.catalog import Catalog
from formloom.workflow import copying, differences, drawn, reader, sketches
from formloom.workflow.templates import TEMPLATES, Wish

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return compiler.compile(loader.read_pack(ROOT / "config"), TYPES)


def written(catalog: Catalog, template: str, entity: str, starts: str = "created") -> str:
    wish = Wish("wanted", "Wanted", "想要的", catalog.entity(entity), next(iter(catalog.roles)), starts)
    return sketches.write(TEMPLATES[template].sketch(wish))


@pytest.mark.parametrize("template", [name for name in TEMPLATES if name != "blank"])
def test_template_runs_for_every_entity(catalog: Catalog, template: str) -> None:
    fitting = [name for name, entity in catalog.entities.items() if TEMPLATES[template].fits(entity)]
    assert fitting
    for entity in fitting:
        assert reader.read(written(catalog, template, entity), "wanted.bpmn", catalog)[1] == []


@pytest.mark.parametrize("template", TEMPLATES)
def test_every_element_of_a_template_is_drawn(catalog: Catalog, template: str) -> None:
    text = written(catalog, template, "contract")
    drawing = drawn.read(text)
    for part in drawing.parts:
        assert f'bpmnElement="{part}"' in text
    assert drawing.label == {"en": "Wanted", "zh": "想要的"}


def test_amount_is_asked_only_where_there_is_one(catalog: Catalog) -> None:
    assert not TEMPLATES["by_amount"].fits(catalog.entity("activity"))
    assert "amount >= 100000" in written(catalog, "by_amount", "contract").replace("&gt;", ">")


def test_copy_differs_in_names_only(catalog: Catalog) -> None:
    text = written(catalog, "two_steps", "contract")
    copy = copying.copied(text, "wanted.bpmn", "third", "2")
    assert drawn.read(copy).key == "third"
    assert drawn.read(copy).label == {"en": "Wanted 2", "zh": "想要的 2"}
    assert reader.read(copy, "third.bpmn", catalog)[1] == []
    assert [(one.kind, one.id) for one in differences.compare(text, copy)] == [("added", "third"),
                                                                               ("removed", "wanted")]
