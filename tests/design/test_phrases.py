"""Texts of a definition: each is found once with its languages, and is said otherwise where it stands."""

from __future__ import annotations

import copy
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from formloom.design import phrases
from formloom.design.phrases import Phrase

ENTITY: dict[str, Any] = {
    "entity": "deal", "label": "Deal", "plural": {"en": "Deals", "zh": "交易"},
    "fields": {
        "label": {"type": "text", "label": {"en": "Label"}},
        "state": {"type": "choice", "choices": [{"value": "open", "label": {"zh": "打开"}}, {"value": "shut"}]}},
    "constraints": [{"name": "sane", "check": "true", "message": {"en": "No.", "zh": "不行。"}}],
    "actions": {"close": {"set": {"label": '"x"'}, "reason": "Not yet"}},
}


def by_path(tree: dict[str, Any]) -> dict[phrases.Path, Phrase]:
    found = list(phrases.of(tree))
    assert len({one.path for one in found}) == len(found)
    return {one.path: one for one in found}


def test_texts_are_found_where_they_stand() -> None:
    found = by_path(ENTITY)
    assert found["label",].words == {"en": "Deal"}
    assert found["label",].missing == ("zh",)
    assert found["fields", "label", "label"].words == {"en": "Label"}
    assert found["fields", "state", "choices", 0, "label"].missing == ("en",)
    assert found["constraints", 0, "message"].missing == ()
    assert found["actions", "close", "reason"].words == {"en": "Not yet"}
    assert ("actions", "close", "set", "label") not in found


def test_label_nobody_wrote_is_missing() -> None:
    found = by_path(ENTITY)
    for path in (("fields", "state"), ("fields", "state", "choices", 1), ("actions", "close")):
        assert found[*path, "label"].missing == ("en", "zh")


@given(st.sampled_from(sorted(by_path(ENTITY), key=str)), st.sampled_from(phrases.LANGUAGES),
       st.text("ab 中", max_size=4))
def test_saying_changes_only_that(path: phrases.Path, language: str, text: str) -> None:
    edited = copy.deepcopy(ENTITY)
    phrases.put(edited, path, language, text)
    before, after = by_path(ENTITY), by_path(edited)
    assert after.get(path, Phrase(path, {})).words.get(language, "") == text.strip()
    assert {k: v.words for k, v in after.items() if k != path} == {k: v.words for k, v in before.items() if k != path}
    other = next(one for one in phrases.LANGUAGES if one != language)
    assert after.get(path, Phrase(path, {})).words.get(other) == before[path].words.get(other)
