"""The grid of the browser: cells in words, and back without changing what nobody touched."""

from __future__ import annotations

import json
import os
from copy import deepcopy
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from formloom.errors import BadRequest
from formloom.workflow.decisions import cells, sheet, trial
from formloom.workflow.decisions.editing import read
from formloom.workflow.decisions.rewriting import write

DISH = (Path(__file__).parent / "dish.dmn").read_text(encoding="utf-8")
STEP = 1 if os.environ.get("FORMLOOM_EXAMPLES") else 6       # every file, or every sixth
KIT = sorted(Path(os.environ.get("DMN_TCK", "/nowhere")).rglob("*.dmn"))[::STEP]
NOW = datetime(2026, 11, 20, 8, tzinfo=UTC)


def rows(data: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = data["parts"][0]["grid"]["rows"]
    return found


def sent(**changes: Any) -> dict[str, Any]:
    """The dish as the browser sends it, with other cells in its first rule."""
    data = deepcopy(sheet.to_json(read(DISH, "")))
    rows(data)[0] |= changes
    return data


def test_cells_are_words() -> None:
    assert rows(sheet.to_json(read(DISH, "")))[0] == {
        "key": "winter", "tests": ["Winter", "<= 8"], "results": ["Roast"], "note": "stays in the kitchen",
        "note_zh": ""}


def test_words_become_feel() -> None:
    document = sheet.from_json(sent(tests=["Winter、Summer", "5至8"], results=["Roast, and wine"]), read(DISH, ""))
    grid = document.parts[0].grid
    assert grid is not None
    assert grid.rows[0].tests == ('"Winter", "Summer"', "[5..8]")
    assert grid.rows[0].results == ('"Roast, and wine"',)


def test_another_type_reads_the_words_again() -> None:
    data = sent(tests=["3", "<= 8"])
    data["parts"][0]["grid"]["inputs"][0] |= {"type": "number", "values": []}
    grid = sheet.from_json(data, read(DISH, "")).parts[0].grid
    assert grid is not None
    assert grid.rows[0].tests[0] == "3"


@pytest.mark.skipif(not KIT, reason="DMN_TCK does not name the conformance kit")
def test_kit_files_pass_through_unchanged() -> None:
    for file in KIT:
        document = read(file.read_text(encoding="utf-8-sig"), file.name)
        assert sheet.from_json(json.loads(json.dumps(sheet.to_json(document))), document) == document


@pytest.mark.parametrize("broken", [
    None, {"parts": None}, {"parts": [{"key": "dish"}]}, {"parts": [{"key": 1}]},
])
def test_what_no_grid_sends_is_refused(broken: Any) -> None:
    with pytest.raises(BadRequest):
        sheet.from_json(broken, read(DISH, ""))


def test_cells_must_fit_their_columns() -> None:
    with pytest.raises(BadRequest):
        sheet.from_json(sent(tests=["Winter"]), read(DISH, ""))


NOISE = st.text(st.sampled_from([*'ab1 ,"()[]<>=-.', "万", "至"]), max_size=8)


@given(NOISE, NOISE, NOISE)
def test_whatever_is_typed_is_kept_or_told(season: str, guests: str, dish: str) -> None:
    """No text of a cell breaks the file; it is shown again as it reads, and mistakes are told at that cell."""
    before = read(DISH, "")
    document = sheet.from_json(sent(tests=[season, guests], results=[dish]), before)
    text = write(DISH, "dish.dmn", document)
    again = read(text, "")
    assert _rows(again)[0].tests == tuple(test or "-" for test in _rows(document)[0].tests)
    _, findings = cells.check(text, "dish.dmn", {})
    assert {one.path.rpartition("/")[0] for one in findings if one.problem.severity == "error"} <= {
        "parts/dish/rows/0/tests", "parts/dish/rows/0/results"}


def _rows(document: Any) -> Any:
    return document.parts[0].grid.rows


def test_findings_name_their_cells_in_files_on_one_line() -> None:
    flat = " ".join(DISH.split())
    document = read(flat, "")
    grid = document.parts[0].grid
    assert grid is not None
    wrong = replace(grid, rows=(grid.rows[0], replace(grid.rows[1], tests=('"Summer"', "> > 1"))),
                    inputs=(grid.inputs[0], replace(grid.inputs[1], expression="guest +")))
    text = write(flat, "", replace(document, parts=(replace(document.parts[0], grid=wrong),)))
    found = cells.check(text, "dish.dmn", {})[1]
    assert {one.path for one in found} == {"parts/dish/rows/1/tests/1", "parts/dish/inputs/guests_column"}


def test_trial_reads_what_is_typed() -> None:
    asked = trial.decision(cells.check(DISH, "dish.dmn", {})[0], DISH, "dish.dmn", "dish")
    kinds = {"season": "string", "guestCount": "number"}
    done = trial.ask(asked, {"season": "Winter", "guestCount": "4"}, kinds, NOW)
    assert (done.answer.value, done.hits) == ("Roast", {"dish": (0,)})
    wrong = trial.ask(asked, {"season": "Winter", "guestCount": "four"}, kinds, NOW)
    assert [error.path for error in wrong.errors] == ["guestCount"]


def test_gap_offers_the_cells_of_a_rule() -> None:
    read_, _ = cells.check(DISH, "dish.dmn", {})
    gap = next(one for one in cells.examine(read_) if one.problem.code == "dmn-gap")
    assert gap.region is not None
    assert gap.region.tests == ('"Winter"', "> 8")
    asked = trial.decision(read_, DISH, "dish.dmn", "dish")
    example = dict(gap.region.values)
    assert asked.evaluate({"season": example["season"], "guestCount": Decimal(example["guestCount"])}).value is None
