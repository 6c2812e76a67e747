"""Editing a DMN file: what is not edited stays, what is edited means the same to every reader."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import TypeVar

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from formloom.errors import BadConfiguration, BadRequest
from formloom.workflow.decisions import drafting, layout, model
from formloom.workflow.decisions.editing import Document, Grid, InputColumn, OutputColumn, Row, read
from formloom.workflow.decisions.rewriting import write

Item = TypeVar("Item")
DISH = (Path(__file__).parent / "dish.dmn").read_text(encoding="utf-8")
STEP = 1 if os.environ.get("FORMLOOM_EXAMPLES") else 6       # every file, or every sixth
KIT = sorted(Path(os.environ.get("DMN_TCK", "/nowhere")).rglob("*.dmn"))[::STEP]


def canonical(text: str) -> bytes:
    return bytes(etree.tostring(etree.fromstring(text.encode()), method="c14n", with_comments=True))


def grid_of(document: Document) -> Grid:
    grid = document.parts[0].grid
    assert grid is not None
    return grid


def with_grid(document: Document, grid: Grid) -> Document:
    return replace(document, parts=(replace(document.parts[0], grid=grid), *document.parts[1:]))


def edited(text: str, grid: Grid) -> str:
    return write(text, "dish.dmn", with_grid(read(text, "dish.dmn"), grid))


def dish(text: str, **inputs: object) -> object:
    return model.read(text, "dish.dmn").evaluate("Dish", inputs)


def test_nothing_edited_changes_no_byte() -> None:
    assert write(DISH, "dish.dmn", read(DISH, "dish.dmn")) == DISH


def test_one_cell_changes_one_line() -> None:
    grid = grid_of(read(DISH, "dish.dmn"))
    rows = (replace(grid.rows[0], tests=('"Winter"', "> 8")), *grid.rows[1:])
    before, after = (text.replace(" />", "/>").splitlines() for text in (
        DISH, edited(DISH, replace(grid, rows=rows))))
    assert [(a.strip(), b.strip()) for a, b in zip(before, after, strict=True) if a != b] == [
        ("<text><![CDATA[<= 8]]></text>", "<text>&gt; 8</text>")]


def test_rules_move_with_their_cells_and_comments_stay() -> None:
    grid = grid_of(read(DISH, "dish.dmn"))
    text = edited(DISH, replace(grid, rows=tuple(reversed(grid.rows))))
    assert [row.key for row in grid_of(read(text, "")).rows] == [row.key for row in reversed(grid.rows)]
    assert "<!-- winter is easy -->" in text
    assert 'camunda:historyTimeToLive="P30D"' in text
    assert dish(text, season="Winter", guestCount=Decimal(4)) == dish(DISH, season="Winter", guestCount=Decimal(4))


def test_columns_take_their_cells_along() -> None:
    grid = grid_of(read(DISH, "dish.dmn"))
    swapped = replace(grid, inputs=tuple(reversed(grid.inputs)),
                      rows=tuple(replace(row, tests=tuple(reversed(row.tests))) for row in grid.rows))
    text = edited(DISH, swapped)
    rules = etree.fromstring(text.encode()).iter("{*}rule")
    assert [[one.get("id") for one in rule.iter("{*}inputEntry")] for rule in rules] == [
        ["w_guests", "w_season"], ["s_guests", "s_season"]]
    assert dish(text, season="Summer", guestCount=Decimal(9)) == "Salad"


def test_new_column_brings_its_input() -> None:
    grid = grid_of(read(DISH, "dish.dmn"))
    column = InputColumn("new", "vegetarian", "Vegetarian", "素食", "boolean")
    text = edited(DISH, replace(grid, inputs=(*grid.inputs, column),
                                rows=tuple(replace(row, tests=(*row.tests, "true")) for row in grid.rows)))
    assert dish(text, season="Summer", guestCount=Decimal(9), vegetarian=True) == "Salad"
    assert dish(text, season="Summer", guestCount=Decimal(9), vegetarian=False) is None
    drawing = layout.draw(etree.fromstring(text.encode()))
    assert {shape.name for shape in drawing.shapes} == {"Dish", "season", "guestCount", "vegetarian"}
    assert len(drawing.edges) == 3


def test_removed_rule_and_column_are_gone() -> None:
    grid = grid_of(read(DISH, "dish.dmn"))
    text = edited(DISH, replace(grid, inputs=grid.inputs[1:],
                                rows=(replace(grid.rows[1], tests=grid.rows[1].tests[1:]),)))
    assert dish(text, guestCount=Decimal(9)) == "Salad"
    assert "w_season" not in text


def test_labels_notes_and_policy_are_written() -> None:
    document = read(DISH, "dish.dmn")
    grid = grid_of(document)
    wanted = replace(
        grid, policy="COLLECT", aggregation="COUNT",
        inputs=(replace(grid.inputs[0], label="Time of year", label_zh="季节"), grid.inputs[1]),
        rows=(replace(grid.rows[0], note="for the cold"), grid.rows[1]))
    text = write(DISH, "dish.dmn", replace(with_grid(document, wanted), parts=(
        replace(document.parts[0], grid=wanted, label_zh="菜", type="number"),)))
    found = read(text, "dish.dmn")
    assert (grid_of(found), found.parts[0].label_zh) == (wanted, "菜")
    assert dish(text, season="Winter", guestCount=Decimal(4)) == 1


def test_foreign_decision_is_refused() -> None:
    document = read(DISH, "dish.dmn")
    with pytest.raises(BadRequest):
        write(DISH, "dish.dmn", replace(document, parts=(replace(document.parts[0], key="other"),)))


@pytest.mark.parametrize("text", ["<definitions/>", "no xml", '<!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>'])
def test_hostile_files_are_refused(text: str) -> None:
    with pytest.raises(BadConfiguration):
        read(text, "bad.dmn")


def test_new_file_is_complete() -> None:
    text = drafting.draft("discount", "Discount", "折扣", [InputColumn("a", "order total", "Total", "总额", "number")],
                          [OutputColumn("b", "rate", type="number")])
    grid = grid_of(read(text, ""))
    text = edited(text, replace(grid, rows=(Row("", ("> 100",), ("0.1",)), *grid.rows)))
    found = model.read(text, "discount.dmn")
    assert found.problems == []
    assert found.evaluate("Discount", {"order total": Decimal(101)}) == Decimal("0.1")
    assert len(layout.draw(etree.fromstring(text.encode())).edges) == text.count("DMNEdge ") == 1
    assert read(text, "").parts[0].label_zh == "折扣"


@pytest.mark.skipif(not KIT, reason="DMN_TCK does not name the conformance kit")
def test_kit_files_survive() -> None:
    """Every table and expression is changed and changed back: the file is what it was."""
    for file in KIT:
        text = file.read_text(encoding="utf-8-sig")
        document = read(text, file.name)
        touched = write(text, file.name, _touched(document))
        assert model.read(touched, file.name).nodes.keys() == model.read(text, file.name).nodes.keys()
        back = write(touched, file.name, document)
        assert canonical(back) == canonical(text), file.name


def _touched(document: Document) -> Document:
    parts = []
    for part in document.parts:
        grid = part.grid and replace(part.grid, rows=tuple(
            replace(row, tests=tuple(f"{test} " + "// seen" for test in row.tests)) for row in part.grid.rows))
        parts.append(replace(part, grid=grid, expression=part.expression and part.expression + " // seen"))
    return replace(document, parts=tuple(parts))


CELLS = st.sampled_from(["-", "> 5", "1, 2", "not(3)", "[1..9]", "<= 1 // why", "\"a & b < c\""])
RESULTS = st.sampled_from(['"x"', "1 + 1", '"]]>"', "", "{a: 1}"])


@st.composite
def grids(draw: st.DrawFn) -> Grid:
    """The rules and columns of the dish, in any order, some gone, some new, with other cells."""
    base = grid_of(read(DISH, ""))
    inputs = _some(draw, (*base.inputs, InputColumn("n1", "mood", type="string"), InputColumn("n2", "1 + 1")))
    outputs = _some(draw, (*base.outputs, OutputColumn("n3", "side", label_zh="配菜")))
    rows = _some(draw, (*base.rows, Row("r1", (), ()), Row("r2", (), ())))
    return replace(base, inputs=inputs, outputs=outputs, rows=tuple(
        replace(row, tests=tuple(draw(CELLS) for _ in inputs), results=tuple(draw(RESULTS) for _ in outputs),
                note=draw(st.sampled_from(["", "a <note>"])), note_zh=draw(st.sampled_from(["", "备注"])))
        for row in rows))


def _some(draw: st.DrawFn, items: Sequence[Item]) -> tuple[Item, ...]:
    count = draw(st.integers(1, len(items)))
    return tuple(draw(st.permutations(items))[:count])


@given(grids())
def test_every_edit_reads_back(wanted: Grid) -> None:
    text = edited(DISH, wanted)
    found = grid_of(read(text, ""))
    assert [(c.expression, c.type) for c in found.inputs] == [(c.expression, c.type) for c in wanted.inputs]
    assert [(c.name, c.label_zh) for c in found.outputs] == [(c.name, c.label_zh) for c in wanted.outputs]
    assert [(r.tests, r.results, r.note, r.note_zh) for r in found.rows] == [
        (r.tests, r.results, r.note, r.note_zh) for r in wanted.rows]
    ids = [one.get("id") for one in etree.fromstring(text.encode()).iter(etree.Element) if one.get("id")]
    assert len(ids) == len(set(ids))
    assert edited(text, found) == text
