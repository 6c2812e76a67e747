"""Differences of definitions in words."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from formloom.metadata import merging
from formloom.metadata.telling import Told, tell, where
from tests.metadata import random_edits
from tests.metadata.random_edits import definitions

BEFORE: dict[str, Any] = {
    "entity": "account", "label": {"en": "Account", "zh": "客户"},
    "fields": {"name": {"type": "text", "label": {"en": "Name", "zh": "名称"}},
               "grade": {"type": "choice", "choices": [{"value": "a", "label": "Best"}, {"value": "b"}]}},
    "views": [{"name": "mine", "filter": "owner = user.id"}],
}


def words(told: Told, locale: str = "en") -> str:
    return " / ".join(part if isinstance(part, str) else part.render(locale=locale) for part in told.what)


def edited(**changes: Any) -> list[tuple[str, str, Any, Any]]:
    return [(t.kind, words(t), t.before, t.after) for t in tell(BEFORE, {**BEFORE, **changes})]


def test_field_is_told_by_its_name() -> None:
    name = {**BEFORE["fields"]["name"], "required": True}
    assert edited(fields={**BEFORE["fields"], "name": name}) == [("added", "Field Name / required", None, True)]
    new = {**BEFORE["fields"], "vat": {"type": "text", "label": "VAT"}}
    assert [line[:2] for line in edited(fields=new)] == [("added", "Field VAT")]
    assert [line[:2] for line in edited(fields={"name": BEFORE["fields"]["name"]})] == [("removed", "Field grade")]


def test_choice_and_view_are_told_within() -> None:
    grade = {"type": "choice", "choices": [{"value": "a", "label": "Top"}, {"value": "c"}]}
    assert [line[:2] for line in edited(fields={**BEFORE["fields"], "grade": grade})] == [
        ("changed", "Field grade / Choice Top / name"), ("removed", "Field grade / Choice b"),
        ("added", "Field grade / Choice c")]
    assert edited(views=[{"name": "mine", "filter": "true"}]) == [
        ("changed", "View mine / filter", "owner = user.id", "true")]


def test_order_is_told_once() -> None:
    assert [line[:2] for line in edited(fields=dict(reversed(BEFORE["fields"].items())))] == [("moved", "fields")]


def test_whole_definitions_are_one_line() -> None:
    assert [t.kind for t in tell(None, BEFORE)] == ["added"]
    assert [t.kind for t in tell(BEFORE, None)] == ["removed"]


@given(st.sampled_from(definitions()), st.integers(0, 10_000), st.integers(0, 4))
def test_whatever_differs_is_told(tree: dict[str, Any], seed: int, times: int) -> None:
    other = random_edits.edited(tree, seed, times)
    assert (tell(tree, other) == ()) == merging.same(merging.plain(tree), other)


def test_paths_are_said_without_a_tree() -> None:
    assert words(Told("changed", (), where(("fields", "fax", "label", "zh")))) == "Field fax / name / Chinese"
    assert words(Told("changed", (), where(("fields",)))) == "fields"
