"""The evaluator in the browser gives what the server gives, digit for digit."""

from __future__ import annotations

import json
import os
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings

from formloom import feel
from formloom.feel.functions import BUILTINS, working
from tests.parity.browser import Browser, typed
from tests.parity.language import NOW, SCOPE, expressions

EXAMPLES = int(os.environ.get("FORMLOOM_EXAMPLES", "200"))


def differences(node: Browser, texts: list[str], scope: dict[str, Any], unary: bool = False) -> list[Any]:
    node.keep([scope], NOW)
    cases = [feel.compile(text, frozenset(scope), unary) for text in texts]
    pairs = [(case.text, typed(case.evaluate(scope, NOW)), node.values(case)[0]) for case in cases]
    return [pair for pair in pairs if pair[1] != pair[2]]


@given(text=expressions())
@settings(max_examples=3 * EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
def test_random_expressions_agree(kept: Browser, text: str) -> None:
    case = feel.compile(text, frozenset(SCOPE))
    value = typed(case.evaluate(SCOPE, NOW))
    assert kept.values(case) == [value], text


@given(text=expressions(), value=expressions(depth=1))
@settings(max_examples=max(EXAMPLES // 4, 50), deadline=None, suppress_health_check=list(HealthCheck))
def test_random_unary_tests_agree(node: Browser, text: str, value: str) -> None:
    scope = {**SCOPE, "?": feel.compile(value, frozenset(SCOPE)).evaluate(SCOPE, NOW)}
    assume(not {'"range"', '"function"'} & set(_words(scope["?"])))     # no text reads as these
    for test in (text, f"not({text})", f"? != {text}"):
        assert differences(node, [test], scope, unary=True) == []


def _words(value: Any) -> list[str]:
    return json.dumps(typed(value)).replace(",", "").split(" ")


@pytest.fixture
def kept(node: Browser) -> Browser:
    node.keep([SCOPE], NOW)
    return node


def test_every_built_in_function_is_there(node: Browser) -> None:
    """But those over working time, which need a calendar: the server answers them."""
    here = {each.name for each in BUILTINS.values()} - working.NAMES
    assert node.asked({"functions": True}) == sorted(here)


def test_unary_tests_agree(node: Browser) -> None:
    texts = ["-", "< 1000", "[1000..2000)", "not(1, 2)", "? > 5 and ? < 10", "1234.5", "count * 2", '"a", null',
             "not(> 1)", "[1, 2]", "? + 1", "(function(x) x)(?)", "? in [1..2]"]
    for value in (Decimal("1234.5"), None, "a", 7, date(2026, 1, 1), [1, 2]):
        assert differences(node, texts, {**SCOPE, "?": value}, unary=True) == []


def test_functions_about_the_person_agree(node: Browser) -> None:
    texts = ['has role("legal")', 'not(has role("boss"))', 'in team("sales") and paid', "is manager of(count)",
             '有角色("legal")', "lines[is manager of(quantity)].label", "is manager of(nothing)"]
    user = {"id": 5, "roles": ["legal"], "team_names": ["sales"], "reports": [7, 3]}
    assert differences(node, texts, {**SCOPE, "user": user}) == []
    assert differences(node, texts, {**SCOPE, "user": {}}) == []


FORMS = [
    'if status = "draft" then sum(lines.amount) else 0', "sum(for l in lines return l.amount * l.quantity)",
    "amount * rate", "round half up(amount * rate, 2)", "end_date >= start_date", "lines[amount > 1].label",
    "合计(lines.amount)", "string length(string: status)", "substring(string: status, start position: 2)",
    'contains(match: "ra", string: status)', "some l in lines satisfies l.quantity > 2", "{a: 1, b: a + 1}.b",
    "[1..3]", "(function(x, y) x - y)(y: 1, x: 5)", "lines[-1].amount", "[[1, 2], [3]][1]", "nothing.name",
    "account.missing", 'matches(status, "^dr")', 'replace("abc", "b", "[$0]")', 'split("a;b;;c", ";")',
    'now() > @"2020-01-01T00:00:00Z"', "today() - start", 'start + @"P1M"', "last day of month(start)", "not(paid)",
    "every x in [] satisfies x", "some x in [] satisfies x", "sum([])", "count(null)", "1 in [1, 2]", "5 in (> 3)",
    'get value(account, "status")', "get entries({a: 1})", 'context put({a: 1}, "b", 2)',
    "context merge([{a: 1}, {a: 2}])", "list replace([1, 2], 1, 9)", 'number("1,234.5", ",", ".")', 'number("x")',
    'string([1, "a", null, {b: true}])', "before(1, [2..3])", "includes([1..5], 3)", "during(3, [1..5])",
    "overlaps([1..3], [3..5])", "after([5..6], 2)", "-7 / 2", "0.1 + 0.2", "1 / 3", "2 ** 0.5", "1e10 * 1e10",
    "string(1.10)", "amount.x", "decimal(1/3, 5)", "decimal(2.5, 0)", '"é" < "z"', '"😀" > "\\uFFFD"', "客户 等级",
    "amount >= 1000 and nothing", "true or nothing", "{}.__proto__", "{}.constructor",
]


def test_what_forms_write_agrees(node: Browser) -> None:
    assert differences(node, FORMS, SCOPE) == []


@pytest.mark.parametrize("text", [
    "(function(f, n) f(f, n + 1))(function(f, n) f(f, n + 1), 0)", "for i in 1..1000000 return i",
    "for i in 1..400, j in 1..400 return i",
    '(for i in 1..30 return if i = 1 then "ab" else partial[-1] + partial[-1])',
    "count(for i in 1..1000 return for j in 1..1000 return j)",
])
def test_endless_expressions_give_nothing(node: Browser, text: str) -> None:
    assert differences(node, [text], {}) == []
