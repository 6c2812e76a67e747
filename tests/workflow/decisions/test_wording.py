"""What people type into cells, and the FEEL it means."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from formloom import feel
from formloom.workflow.decisions import wording

KINDS = ("number", "string", "boolean", "date", "date and time", "time", "days and time duration", "Any", "")


@pytest.mark.parametrize(("words", "kind", "expected"), [
    ("50000", "number", "50000"), ("50,000", "number", "50000"), (">=50,000", "number", ">= 50000"),
    ("≥ 5万", "number", ">= 50000"), ("1.5亿", "number", "150000000"), ("12.5%", "number", "0.125"),
    ("50000..100000", "number", "[50000..100000]"), ("(50000..100000]", "number", "(50000..100000]"),
    ("5万至10万", "number", "[50000..100000]"), ("大于等于 100", "number", ">= 100"),
    (">= 5万 且 < 10万", "number", "[50000..100000)"), ("> 1 … <= 2", "number", "(1..2]"),
    ("< 1, > 9", "number", "< 1, > 9"),
    ("1，2", "number", "1, 2"), ("-", "number", "-"), ("任意", "number", "-"), ("-5", "number", "-5"),
    ("!= 3", "number", "not(3)"), ("budget * 2", "number", "budget * 2"), ("= budget", "number", "budget"),
    ("legal", "string", '"legal"'), ("legal、sales", "string", '"legal", "sales"'),
    ("不是 法务", "string", 'not("法务")'),
    ('"a, b"', "string", '"a, b"'), ("not(legal, sales)", "string", 'not("legal", "sales")'),
    ("=team", "string", "team"), ('starts with(?, "A")', "string", 'starts with(?, "A")'),
    ("是", "boolean", "true"), ("No", "boolean", "false"), ("2026-01-31", "date", 'date("2026-01-31")'),
    ("2026年1月5日", "date", 'date("2026-01-05")'), ("< 2026/2/1", "date", '< date("2026-02-01")'),
    ("2026-01-31 09:30", "date and time", 'date and time("2026-01-31T09:30:00")'),
    ("> 3 天", "days and time duration", '> duration("P3D")'), ("09:30", "time", 'time("09:30:00")'),
    ("x + 1", "", "x + 1"),
])
def test_words_are_understood(words: str, kind: str, expected: str) -> None:
    assert wording.meant(words, kind) == expected
    feel.compile(expected, ("budget", "team", "x"), unary=True)


@pytest.mark.parametrize(("text", "kind", "expected"), [
    ('"legal"', "string", "legal"), ('"a","b"', "string", 'a,b'), ('"a", "b"', "string", "a, b"),
    ("[5..9]", "number", "5..9"), ("legal", "string", "=legal"), ("1,100", "number", "=1,100"),
    ('date("2026-01-31")', "date", "2026-01-31"), ("-", "string", "-"), ("true", "boolean", "true"),
    ('"-"', "string", '"-"'), ("?> 3", "number", "?> 3"),
])
def test_feel_is_shown_in_words(text: str, kind: str, expected: str) -> None:
    assert wording.shown(text, kind) == expected


@pytest.mark.parametrize(("words", "kind", "expected"), [
    ("Ask legal, then sales.", "string", '"Ask legal, then sales."'), ("1,200.50", "number", "1200.50"),
    ('"x" + y', "string", '"x" + y'), ("是", "boolean", "true"),
])
def test_results_are_understood(words: str, kind: str, expected: str) -> None:
    assert wording.meant(words, kind, unary=False) == expected


def test_allowed_values_are_words() -> None:
    assert wording.values_shown('"gold", "silver"', "string") == ["gold", "silver"]
    assert wording.values_meant(["gold", " silver "], "string") == '"gold", "silver"'
    assert wording.values_shown("[1..9]", "number") == ["[1..9]"]


ALPHABET = st.sampled_from([*'abT09 -.,"\\()[]<>=~?:/%', "万", "至", "，",
                            '"legal"', "not(", "..", 'date("2026-01-31")'])


@given(st.lists(ALPHABET, max_size=12).map("".join), st.sampled_from(KINDS), st.booleans())
def test_shown_text_means_itself(text: str, kind: str, unary: bool) -> None:
    found = wording.meant(wording.shown(text, kind, unary), kind, unary)
    assert wording.squeezed(found) == wording.squeezed(text.strip())
