from __future__ import annotations

import pytest

from formloom.metadata import nodes


def test_words_and_dates_stay_text() -> None:
    value, problems = nodes.read("[no, on, yes, 2026-03-31, 012, true]", "a.yaml")
    assert (value, problems) == (["no", "on", "yes", "2026-03-31", 12, True], [])


def test_json_is_read_like_yaml() -> None:
    value, problems = nodes.read('{"entity": "a", "fields": {"b": {"type": "text"}}}', "a.json")
    assert (value["fields"]["b"]["type"], problems) == ("text", [])


BOMB = "a: &a [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{name}: &{name} [{', '.join(['*' + before] * 10)}]\n" for before, name in zip("abcdef", "bcdefg", strict=True))


@pytest.mark.parametrize(("text", "code"), [
    (BOMB, "yaml-too-deep"),
    ("[" * 60 + "]" * 60, "yaml-too-deep"),
    ("a: !!python/object/apply:os.system [ls]", "yaml-tag"),
    ("a: 1\na: 2", "duplicate-key"),
    ("[a]: 1", "yaml-key"),
    ("a: [1", "yaml-syntax"),
])
def test_hostile_text_is_refused(text: str, code: str) -> None:
    assert code in {p.code for p in nodes.read(text, "a.yaml")[1]}
