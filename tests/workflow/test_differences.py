"""What changed between two drawings, in aspects that a person names."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from formloom.workflow import differences

TEXT = (Path(__file__).parents[2] / "config/workflows/contract_approval.bpmn").read_text()
FILES = sorted((Path(__file__).parent / "conformance").glob("*.bpmn"))


def told(before: str, after: str) -> list[tuple[str, str, tuple[str, ...]]]:
    return [(one.kind, one.id, one.aspects) for one in differences.compare(before, after)]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_drawing_differs_in_nothing_from_itself(path: Path) -> None:
    assert told(path.read_text(), path.read_text()) == []


@given(st.sampled_from(FILES), st.sampled_from(FILES))
def test_way_back_removes_what_the_way_added(one: Path, other: Path) -> None:
    there, back = told(one.read_text(), other.read_text()), told(other.read_text(), one.read_text())
    opposite = {"added": "removed", "removed": "added", "changed": "changed"}
    assert {(opposite[kind], key) for kind, key, _ in there} == {(kind, key) for kind, key, _ in back}


@pytest.mark.parametrize(("old", "new", "expected"), [
    ('name="Legal reviews"', 'name="Law reviews"', ("changed", "legal_review", ("name",))),
    ('role="legal"', 'role="finance"', ("changed", "legal_review", ("who",))),
    ('mode="any"', 'mode="all"', ("changed", "manager_review", ("approval",))),
    ('default="flow_large_agreed"', 'default="flow_large_ask_departments"', ("changed", "large", ("default",))),
    ('ref="approval_matrix"', 'ref="lead_grade"', ("changed", "who_approves", ("decision",))),
    ('action="submit"', 'action="archive"', ("changed", "contract_approval", ("trigger",))),
])
def test_change_is_called_by_its_aspect(old: str, new: str, expected: tuple[str, str, tuple[str, ...]]) -> None:
    assert old in TEXT
    assert told(TEXT, TEXT.replace(old, new, 1)) == [expected]


def test_moved_shapes_are_no_change() -> None:
    assert told(TEXT, TEXT.replace('x="', 'x="1')) == []


def test_unreadable_drawing_has_no_elements() -> None:
    assert told("<a", "<b") == []
    assert {kind for kind, _, _ in told("<a", TEXT)} == {"added"}
