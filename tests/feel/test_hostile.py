"""No text and no evaluation raises, escapes, or goes on without an end: limits stop it, and say so."""

from __future__ import annotations

import importlib.util
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from formloom import feel
from formloom.feel import functions, limits, wide
from formloom.feel.values import kind

EXAMPLES = int(os.environ.get("FORMLOOM_EXAMPLES", "200"))
_HOSTILE = Path(__file__).with_name("hostile.py")
_SPEC = importlib.util.spec_from_file_location("hostile", _HOSTILE)
assert _SPEC
assert _SPEC.loader
hostile = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(hostile)

SLOW = ("LOOPS", "SIZES")     # once is enough: as unary tests they take the same way
KNOWN = {
    "null", "boolean", "number", "string", "date", "time", "date and time", "days and time duration",
    "years and months duration", "list", "context", "range", "function",
}


def outcome(text: str, unary: bool = False) -> tuple[Any, tuple[feel.FeelWarning, ...]] | None:
    """The value and the warnings; None for what is no FEEL."""
    try:
        expression = feel.compile(text, frozenset({"x", "a b"}), unary)
    except feel.FeelSyntaxError as error:
        check_error(error, text)
        return None
    assert isinstance(expression.json, dict)
    assert expression.names is not None
    return expression.evaluate_with_warnings({"x": {"a": 1}, "?": 5, "a b": [1, "a", None]})


def check_error(error: feel.FeelSyntaxError, text: str) -> None:
    assert str(error)
    assert 0 <= error.position <= len(text)


def sizes(value: Any) -> int:
    """How many parts the value has written out."""
    if isinstance(value, dict):
        return 1 + sum(map(sizes, value.values()))
    return 1 + sum(map(sizes, value)) if isinstance(value, (list, tuple)) else 1


@pytest.mark.parametrize("group", [
    "NESTING", "LOOPS", "FUNCTIONS", "PATTERNS", "SIZES", "MOMENTS", "PYTHON", "LETTERS", "NONSENSE"])
def test_hostile_text_only_gives_values(group: str) -> None:
    for text in getattr(hostile, group):
        for unary in (False, True)[: 1 if group in SLOW else 2]:
            found = outcome(text, unary)
            if found is None:
                continue
            value, warnings = found
            assert kind(value) in KNOWN, text
            assert sizes(value) <= limits.STEPS
            assert len(warnings) <= limits.WARNINGS


def test_corpus_is_large() -> None:
    assert len(set(hostile.HOSTILE)) > 400


@pytest.mark.parametrize("text", hostile.PYTHON)
def test_nothing_of_python_is_reached(text: str) -> None:
    found = outcome(text)
    if found is not None and found[0] is not None:
        assert kind(found[0]) in {"number", "string", "list", "context"}


@pytest.mark.parametrize(("text", "reason"), [
    ("for i in 1..1000000000 return i", "100000 elements"),
    ("for i in 1..99999 return for j in 1..99999 return j", "steps"),
    ("{f: function(n) f(n)}.f(1)", "calling each other"),
    ("{f: function(n) [f(n - 1), f(n - 2)]}.f(40)", "calling each other"),
    (f'matches("{"a" * 60}!", "^(a|a|aa)+$")', "takes too long"),
    (f'replace("{"a" * 9000}", "(a)", "{"$1" * 4000}")', "steps"),
    (f'replace("{"a" * 9000}", "a", "{"b" * 9000}")', "1000000 characters"),
    ("for i in 1..60 return [partial, partial]", "steps"),
    ("distinct values(for i in 1..5000 return {a: i})", "steps"),
    ("some i in 1..100000, j in 1..100000 satisfies i = -j", "steps"),
    ('{a: string join(for i in 1..90000 return "abcdefghij"), b: for i in 1..1000 return upper case(a)}.b', "steps"),
])
def test_a_limit_ends_it_and_says_so(text: str, reason: str) -> None:
    found = outcome(text)
    assert found is not None
    assert found[0] is None
    assert reason in found[1][-1].message


TOKENS = [
    "1", "0", "1.5", "1e6144", "-", "+", "*", "/", "**", "=", "!=", "<", "<=", ">", ">=", "..", "(", ")", "[", "]",
    "{", "}", ",", ":", ".", "?", "@", '"a"', '""', '@"P1D"', '@"2024-02-29"', '@"10:00:00.000000001@Europe/Paris"',
    '@"-999999999-12-31T23:59:59Z"', "null", "true", "false", "x", "a", "a b", "if", "then", "else", "for", "in",
    "return", "some", "every", "satisfies", "function", "external", "instance", "of", "between", "and", "or", "not",
    "list", "<number>", "item", "partial", "count", "sum", "sort", "date", "string", "range", "matches", "replace",
    "split", "is", "context", "😀", "\x00", "\ud800", "\u200b", "//", "/*", "*/", "__class__",
]


@given(st.lists(st.sampled_from(TOKENS), max_size=25).map(" ".join), st.booleans())
@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_token_soup_never_raises(text: str, unary: bool) -> None:
    outcome(text, unary)


@given(st.text(max_size=60), st.booleans())
@settings(max_examples=EXAMPLES, deadline=None)
def test_any_text_never_raises(text: str, unary: bool) -> None:
    outcome(text, unary)


LEAVES = [
    "null", "true", "false", "0", "-1", "2.5", "1e6144", "1e-6143", '"a"', '"2024-01-31"', "[]", '[1, null, "a"]',
    "{}", "{a: 1, b: [1, 2]}", '@"2024-02-29"', '@"-999999999-01-01"', '@"9999-12-31T23:59:59.999999999Z"', "x",
    '@"10:00:00"', '@"23:59:59.5@Europe/Paris"', '@"2025-10-26T02:30:00@Europe/Paris"', '@"P1D"', '@"P999999999D"',
    '@"-P999999999Y"', '@"PT0.000000001S"', "[1..3]", "(< 5)", '[@"2024-01-01"..@"2024-02-01"]', "a b", "nothing",
    "(function(a) a)", "(function(a, b) a)", "sum",
]
# `◻` is any expression; the words are one of several.
BRANCHES = [
    "(◻ OPERATOR ◻)", "(◻ OPERATOR ◻)", "[◻, ◻]", "{a: ◻, b: ◻}", "(◻).NAME", "(◻)[◻]", "x(◻)", "(function(a) a)(◻)",
    "(if ◻ then ◻ else ◻)", "(-◻)", "(◻ between ◻ and ◻)", "(◻ instance of TYPE)", "(for i in ◻ return ◻)",
    "(for i in ◻..◻ return i)", "(some i in ◻ satisfies ◻)", "(function(a) ◻)", "(function(a: TYPE) a)(◻)", "[◻..◻]",
    "BUILTIN(◻)", "BUILTIN(◻, ◻)", "BUILTIN(◻, ◻)", "BUILTIN(◻, ◻, ◻)",
]
WORDS = {
    "OPERATOR": ["+", "-", "*", "/", "**", "=", "!=", "<", "<=", ">", ">=", "and", "or", "in"],
    "NAME": ["a", "b", "year", "time offset", "start", "days", "__class__", "seconds", "weekday"],
    "TYPE": ["number", "list<number>", "context<a: string>", "function<number> -> Any", "range<date>", "nothing"],
    "BUILTIN": sorted(name for name in functions.NAMES if name.isascii()),
}


@st.composite
def trees(draw: st.DrawFn, depth: int = 4) -> str:
    if depth == 0 or draw(st.integers(0, 3)) == 0:
        return draw(st.sampled_from(LEAVES))
    text = draw(st.sampled_from(BRANCHES))
    for word, choices in WORDS.items():
        text = text.replace(word, draw(st.sampled_from(choices))) if word in text else text
    first, *rest = text.split("◻")
    return first + "".join(draw(trees(depth - 1)) + part for part in rest)


@given(trees())
@settings(max_examples=2 * EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_random_trees_never_raise(text: str) -> None:
    found = outcome(text)
    if found is not None:
        assert kind(found[0]) in KNOWN


DAYS = st.integers(-wide.YEARS * 365, wide.YEARS * 365)


@given(DAYS)
def test_days_count_back_and_forth(number: int) -> None:
    day = wide.from_day_number(number)
    assert wide.day_number(day) == number
    assert wide.twin(day).month == day.month


@given(st.integers(-wide.YEARS * 365 * wide.DAY, wide.YEARS * 365 * wide.DAY), st.sampled_from([
    None, "Z", "+11:00", "@Europe/Paris", "@Asia/Tokyo"]))
def test_moments_keep_their_instant(count: int, zone: str | None) -> None:
    tz = None if zone is None else _evaluated(f'@"2000-01-01T00:00:00{zone}"').tzinfo
    moment = wide.at_instant(count, tz)
    assert wide.instant(moment) == count or zone == "@Europe/Paris"      # an hour of Paris comes twice a year
    assert wide.instant(_evaluated(f'@"{_evaluated("string(m)", m=moment)}"')) == wide.instant(moment)


@given(st.integers(-6 * 10**25, 6 * 10**25))
def test_durations_have_one_form(count: int) -> None:
    length = wide.make_duration(count)
    assert wide.nanoseconds(length) == count
    assert _evaluated('@"' + _evaluated("string(d)", d=length) + '" = d', d=length) is True


def _evaluated(text: str, **scope: Any) -> Any:
    return feel.compile(text, frozenset(scope)).evaluate(scope)

