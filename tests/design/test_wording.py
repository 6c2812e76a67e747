"""Edits are told by what they did."""

from __future__ import annotations

from typing import Any

import pytest

from formloom.design import wording

DEAL: dict[str, Any] = {
    "label": {"en": "Deal", "zh": "交易"}, "fields": {"a": {"type": "text", "label": "Alpha"}, "b": {}}}


def deal(**fields: Any) -> dict[str, Any]:
    kept = {**DEAL["fields"], **fields}
    return {**DEAL, "fields": {name: spec for name, spec in kept.items() if spec is not None}}


@pytest.mark.parametrize(("after", "words"), [
    (None, "Deal was removed."), (deal(c={"label": "Gamma"}), "Deal: Gamma was added."),
    (deal(a=None), "Deal: Alpha was removed."), (deal(b={"required": True}), "Deal: b was changed."),
    (deal(b=None, c={"id": "x"}), "Deal: b is called c now."),
    (deal(b=None, c={"id": "x", "type": "text"}), "Deal was changed."),
    ({**DEAL, "fields": {"b": {}, "a": DEAL["fields"]["a"]}}, "Deal: the order of the fields was changed."),
    ({**DEAL, "icon": "box"}, "Deal was changed."), ({**DEAL, "fields": []}, "Deal was changed.")])
def test_edits_are_told_by_what_they_did(after: dict[str, Any] | None, words: str) -> None:
    assert str(wording.told("deal", DEAL, after)) == words


def test_languages_of_labels_stay() -> None:
    assert wording.told("deal", DEAL, None).render(locale="zh") == "交易 was removed."


def test_new_definition_was_made() -> None:
    assert str(wording.told("deal", {}, DEAL)) == "Deal was made."
