"""The evaluator in the browser gives what the server gives, digit for digit."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from formloom import feel
from formloom.feel import text
from formloom.feel.values import kind

ROOT = Path(__file__).parents[2]
EVALUATOR = ROOT / "platform/web/static/js/feel.js"
SCRIPT = Path(__file__).with_name("parity.mjs")


class Free:
    def spend(self, steps: int) -> None: ...


def typed(value: Any) -> dict[str, Any]:
    """The value as both sides write it."""
    family = kind(value)
    if family == "list":
        return {"type": family, "value": [typed(item) for item in value]}
    if isinstance(value, Mapping):
        return {"type": family, "value": {key: typed(item) for key, item in value.items()}}
    if value is None or isinstance(value, (bool, str)):
        return {"type": family, "value": value}
    return {"type": family, "value": text.shown(value, Free())}


def in_browser(cases: list[feel.Expression], scope: Mapping[str, Any], now: datetime) -> list[Any]:
    """What Node gives for each, all in one process."""
    encoded = [
        {"tree": case.json, "scope": typed(scope), "now": now.isoformat().replace("+00:00", "Z")} for case in cases
    ]
    finished = subprocess.run(
        ["node", str(SCRIPT), str(EVALUATOR)],
        input=json.dumps(encoded),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert finished.returncode == 0, finished.stderr
    results: list[Any] = json.loads(finished.stdout)
    return results


def differences(
    texts: list[str], scope: Mapping[str, Any], now: datetime, unary: bool = False
) -> list[tuple[str, Any, Any]]:
    cases = [feel.compile(source, frozenset(scope), unary) for source in texts]
    here = [typed(case.evaluate(scope, now)) for case in cases]
    there = in_browser(cases, scope, now)
    return [(case.text, a, b) for case, a, b in zip(cases, here, there, strict=True) if a != b]


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_random_expressions_agree(
    seed: int, expressions: Callable[[int, int], list[str]], scope: dict[str, Any], now: datetime
) -> None:
    assert differences(expressions(600, seed), scope, now) == []


def test_random_expressions_are_not_all_null(
    expressions: Callable[[int, int], list[str]], scope: dict[str, Any], now: datetime
) -> None:
    values = [feel.compile(source, frozenset(scope)).evaluate(scope, now) for source in expressions(600, 1)]
    assert sum(value is not None for value in values) > 300


def test_unary_tests_agree(scope: dict[str, Any], now: datetime) -> None:
    texts = [
        "-",
        "< 1000",
        "[1000..2000)",
        "not(1, 2)",
        "? > 5 and ? < 10",
        "1234.5",
        "count * 2",
        '"a", null',
        "not(> 1)",
    ]
    for value in (Decimal("1234.5"), None, "a", 7):
        assert differences(texts, {**scope, "?": value}, now, unary=True) == []


def test_functions_about_the_person_agree(scope: dict[str, Any], now: datetime) -> None:
    texts = ['has role("legal")', 'not(has role("boss"))', 'in team("sales") and paid', "is manager of(count)",
             '有角色("legal")', "lines[is manager of(quantity)].label", "is manager of(nothing)"]
    user = {"id": 5, "roles": ["legal"], "team_names": ["sales"], "reports": [7, 3]}
    assert differences(texts, {**scope, "user": user}, now) == []
    assert differences(texts, {**scope, "user": {}}, now) == []


FORMS = [
    'if status = "draft" then sum(lines.amount) else 0',
    "sum(for l in lines return l.amount * l.quantity)",
    "amount * rate",
    "round half up(amount * rate, 2)",
    "end_date >= start_date",
    "lines[amount > 1].label",
    "合计(lines.amount)",
    "string length(string: status)",
    "substring(string: status, start position: 2)",
    'contains(match: "ra", string: status)',
    "some l in lines satisfies l.quantity > 2",
    "{a: 1, b: a + 1}.b",
    "[1..3]",
    "(function(x, y) x - y)(y: 1, x: 5)",
    "lines[-1].amount",
    "[[1, 2], [3]][1]",
    "nothing.name",
    "account.missing",
    'matches(status, "^dr")',
    'replace("abc", "b", "[$0]")',
    'split("a;b;;c", ";")',
    'now() > @"2020-01-01T00:00:00Z"',
    "today() - start",
    'start + @"P1M"',
    "last day of month(start)",
    "not(paid)",
    "every x in [] satisfies x",
    "some x in [] satisfies x",
    "sum([])",
    "count(null)",
    "1 in [1, 2]",
    "5 in (> 3)",
    'get value(account, "status")',
    "get entries({a: 1})",
    'context put({a: 1}, "b", 2)',
    "context merge([{a: 1}, {a: 2}])",
    "list replace([1, 2], 1, 9)",
    'number("1,234.5", ",", ".")',
    'number("x")',
    'string([1, "a", null, {b: true}])',
    "before(1, [2..3])",
    "includes([1..5], 3)",
    "during(3, [1..5])",
    "overlaps([1..3], [3..5])",
    "after([5..6], 2)",
    "-7 / 2",
    "0.1 + 0.2",
    "1 / 3",
    "2 ** 0.5",
    "1e10 * 1e10",
    "string(1.10)",
    "amount.x",
    "decimal(1/3, 5)",
    "decimal(2.5, 0)",
    '"é" < "z"',
    '"😀" > "\\uFFFD"',
    "客户 等级",
    "amount >= 1000 and nothing",
    "true or nothing",
    "{}.__proto__",
    "{}.constructor",
]


def test_what_forms_write_agrees(scope: dict[str, Any], now: datetime) -> None:
    assert differences(FORMS, scope, now) == []
