"""Files as dmn-js and Camunda Modeler save them, with their diagrams and their own attributes."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from formloom.workflow.decisions import coverage, model
from formloom.workflow.decisions.model import Model
from formloom.workflow.decisions.tables import Run

FILES = Path(__file__).parent / "files"
NAMES = sorted(path.name for path in FILES.glob("*.dmn"))


def _read(name: str) -> Model:
    return model.read((FILES / name).read_text(), name)


def _decide(name: str, decision: str, inputs: dict[str, Any]) -> Any:
    read, run = _read(name), Run()
    value = read.ask(read.nodes[decision], inputs, run)
    assert run.failures == []
    return value


@pytest.mark.parametrize("name", NAMES)
def test_file_of_a_modeler_has_no_problems(name: str) -> None:
    assert _read(name).problems == []


@pytest.mark.parametrize(("guests", "season", "dish"), [
    (10, "Summer", "Salad"), (4, "Winter", "Stew"), (4, "Fall", "Spareribs"), (10, "Fall", None),
])
def test_table_of_dmn_js_decides(guests: int, season: str, dish: str | None) -> None:
    assert _decide("dmn_js_table.dmn", "Decision_Dish", {"guests": guests, "season": season}) == dish


def test_gap_in_table_of_dmn_js_is_found() -> None:
    assert [str(one.message) for one in coverage.check([_read("dmn_js_table.dmn")])] == [
        'Dish: No rule holds where guests < 0 and season in ("Spring", "Summer", "Fall"). '
        'For example: guests = -1, season = "Spring".',
        'Dish: No rule holds where guests > 8 and season = "Fall". For example: guests = 9, season = "Fall".']


def test_annotation_and_labels_are_kept() -> None:
    (table,) = _read("dmn_js_table.dmn").tables
    assert [str(item.label["en"]) for item in table.inputs] == ["How many guests are there?", "What season is it?"]
    assert "Save on beef" in table.rules[0].note["en"]


def test_surcharges_of_camunda_7_are_summed() -> None:
    inputs = {"country": "MT", "weight": Decimal(40), "sent": date(2024, 5, 1)}
    assert _decide("camunda7_sum.dmn", "surcharge", inputs) == 42
    assert _decide("camunda7_sum.dmn", "surcharge", {**inputs, "weight": 5}) == 12


def test_date_that_meets_moments_is_told() -> None:
    """Camunda 7 calls a date what FEEL calls a date and time; here such a test would never hold, without a word."""
    (never,) = coverage.check([_read("camunda7_sum.dmn")])
    assert (never.code, str(never.message)) == ("dmn-never", (
        'Surcharge: Rule 3 never holds: no value passes sent: >= date and time("2024-11-15T00:00:00").'))


@pytest.mark.parametrize(("revenue", "discount"), [(2_000_000, Decimal("0.15")), (1, Decimal("0.05"))])
def test_graph_of_camunda_8_decides(revenue: int, discount: Decimal) -> None:
    assert _decide("camunda8_graph.dmn", "discount", {"customer": {"revenue": revenue}}) == discount
