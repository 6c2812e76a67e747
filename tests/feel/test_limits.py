"""No text and no evaluation is long, escapes, or reaches into Python."""

from __future__ import annotations

from typing import Any

import pytest

from formloom import feel


@pytest.mark.parametrize(
    "text",
    [
        "{}.__class__",
        '"a".__class__.__mro__',
        "[].append",
        "(function(x) x).__globals__",
        "now().__class__",
        "sum.__code__",
        "record.__dict__",
        "record._secret",
        "record.evaluate",
    ],
)
def test_python_attributes_are_out_of_reach(text: str) -> None:
    class Record:
        _secret = "s"

        def evaluate(self) -> str:
            return "called"

    assert feel.compile(text).evaluate({"record": Record()}) in (None, [])


def test_huge_loop_says_why() -> None:
    value, warnings = feel.compile("for i in 1..1000000000 return i").evaluate_with_warnings({})
    assert value is None
    assert "100000 elements" in warnings[0].message


def test_slow_pattern_says_why() -> None:
    value, warnings = feel.compile(f'matches("{"a" * 60}!", "^(a|a|aa)+$")').evaluate_with_warnings({})
    assert (value, warnings[-1].message) == (None, "A regular expression takes too long")


def test_lists_that_hold_themselves_many_times_are_refused() -> None:
    assert feel.compile("for i in 1..60 return [partial, partial]").evaluate({}) is None


@pytest.mark.parametrize(
    ("text", "position"),
    [
        ("amount >", 8),
        ("amount > )", 9),
        ('name = "abc', 7),
        ("a && b", 2),
        ("a == b", 3),
        ("（1）", 0),
        ("[1, 2", 5),
        ("if a then b", 11),
        ("1 2", 2),
        ("", 0),
        ("{a: 1, }", 7),
        ("x between 1 or 2", 12),
    ],
)
def test_syntax_errors_point_at_the_place(text: str, position: int) -> None:
    with pytest.raises(feel.FeelSyntaxError) as caught:
        feel.compile(text)
    assert caught.value.position == position


def test_syntax_error_offers_the_cure() -> None:
    with pytest.raises(feel.FeelSyntaxError) as caught:
        feel.compile("a && b")
    assert str(caught.value.hint) == "Write `and`."


def test_database_errors_of_references_are_not_swallowed() -> None:
    class Broken(int):
        def feel_path(self, name: str) -> Any:
            raise ConnectionError("gone")

    with pytest.raises(ConnectionError):
        feel.compile("account.name").evaluate({"account": Broken(1)})
