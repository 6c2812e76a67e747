"""What expressions mean."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from formloom import feel
from formloom.feel import YearMonthDuration

TRUTH = (True, False, None)


def value(text: str, **scope: Any) -> Any:
    return feel.compile(text, frozenset(scope)).evaluate(scope)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0.1 + 0.2 = 0.3", True),
        ("1 / 3", Decimal("0." + "3" * 34)),
        ("-2 ** 2", Decimal(4)),
        ("1 / 0", None),
        ("null > 5", None),
        ("null = null", True),
        ('1 = "1"', None),
        ("true = 1", None),
        ('"a" + 1', None),
        ("not(null)", None),
        ("if null then 1 else 2", Decimal(2)),
        ("5 in [1..5)", False),
        ("5 in (<3, >4)", True),
        ("2 between 1 and 3", True),
        ("[1, 2, 3][item > 1]", [2, 3]),
        ("[][true]", []),
        ("[1, 2, 3][-1]", Decimal(3)),
        ("[1][2]", None),
        ("{a b: 1, c: a b + 1}.c", Decimal(2)),
        ("for i in 1..3 return i * i", [1, 4, 9]),
        ("for i in 3..1 return i", [3, 2, 1]),
        ("for i in 1..4 return if i = 1 then 1 else i * partial[-1]", [1, 2, 6, 24]),
        ("sum([])", None),
        ("count([])", Decimal(0)),
        ("some x in [1, 2] satisfies x > 1", True),
        ("every x in [] satisfies x", True),
        ("合计([1, 2])", Decimal(3)),
        ("(function(x, y) x - y)(y: 1, x: 5)", Decimal(4)),
        ('@"2024-01-31" + @"P1M"', date(2024, 2, 29)),
        ('@"2024-03-01" - @"2024-02-01"', timedelta(days=29)),
        ('@"P1Y" + @"P2M"', YearMonthDuration(14)),
        ('@"2025-03-30T01:30:00@Europe/Paris" + @"PT1H" = @"2025-03-30T03:30:00@Europe/Paris"', True),
        ("1 instance of number", True),
        ("[1] instance of list<string>", False),
        ('string(@"PT90M")', "PT1H30M"),
        ('substring("合同审批", -2)', "审批"),
        ('replace("abc", "(b)", "[$1]")', "a[b]c"),
        ("decimal(2.5, 0)", Decimal(2)),
        ("round half up(2.5, 0)", Decimal(3)),
        ("modulo(-7, 2)", Decimal(1)),
        ("1 // comment\n + /* another */ 2", Decimal(3)),
    ],
)
def test_expression_has_value(text: str, expected: Any) -> None:
    assert value(text) == expected


@pytest.mark.parametrize(
    ("tests", "given_", "expected"),
    [
        ("-", None, True),
        ("< 5", 4, True),
        ("< 5, > 7", 6, False),
        ("[1..5]", 5, True),
        ('not("a", "b")', "c", True),
        ("not([1..5))", 5, True),
        ("not(false) and ? > 3", 5, True),
        ("? > 5 and ? < 10", 7, True),
        ('"a"', "a", True),
        ("< 5", None, None),
        ("true", False, False),
        ("limit", 3, True),
    ],
)
def test_unary_tests_judge_the_input(tests: str, given_: Any, expected: bool | None) -> None:
    assert feel.compile(tests, unary=True).evaluate({"?": given_, "limit": 3}) is expected


def test_names_hold_spaces_operators_and_chinese() -> None:
    scope = {"monthly pay": 10, "a-b": 2, "合同 金额": 5, "in review": 1}
    assert value("monthly pay * a-b + 合同 金额 + in review", **scope) == 26


def test_field_called_like_a_function_keeps_both() -> None:
    assert value("count(lines) + count", lines=[1, 2], count=5) == 7


def test_reference_is_a_number_with_paths() -> None:
    class Link(int):
        def feel_path(self, name: str) -> Any:
            return {"name": "Acme", "status": None}[name]

    scope = {"account": Link(7), "name": "outer"}
    assert value('account = 7 and account.name = "Acme" and account.missing = null', **scope) is True
    assert value('[account][name = "Acme"]', **scope) == [7]


def test_clock_is_the_one_given() -> None:
    now = datetime(2026, 3, 4, tzinfo=UTC)
    assert feel.compile("[now(), today()]").evaluate({}, now) == [now, now.date()]


def test_references_list_names_and_paths() -> None:
    expression = feel.compile("sum(lines[amount > limit].amount) + account.credit", {"lines", "limit", "account"})
    assert expression.names == {"lines", "limit", "account"}
    assert expression.paths == {("lines", "amount"), ("limit",), ("account", "credit")}


def test_loop_variables_are_no_outer_names() -> None:
    expression = feel.compile("for l in lines return l.amount * rate")
    assert expression.names == {"lines", "rate"}
    assert ("lines", "amount") in expression.paths


@pytest.mark.parametrize("plain", [True, None, 5, Decimal("1.50"), 'a "b"\n', date(2024, 1, 2), timedelta(hours=3)])
def test_literal_reads_back(plain: Any) -> None:
    constant = feel.literal(plain)
    assert constant.evaluate() == constant.constant == plain == feel.compile(constant.text).evaluate()


def test_compiling_twice_gives_one_expression() -> None:
    assert feel.compile("a + 1", ["a"]) is feel.compile("a + 1", {"a"})


@pytest.mark.parametrize("a", TRUTH)
@pytest.mark.parametrize("b", TRUTH)
def test_de_morgan_holds_in_three_values(a: bool | None, b: bool | None) -> None:
    assert value("not(a and b)", a=a, b=b) is value("not(a) or not(b)", a=a, b=b)
    assert value("not(a or b)", a=a, b=b) is value("not(a) and not(b)", a=a, b=b)


numbers = st.decimals(allow_nan=False, allow_infinity=False, places=4, min_value=-(10**12), max_value=10**12)


@given(numbers, numbers)
def test_order_is_total_over_numbers(a: Decimal, b: Decimal) -> None:
    verdicts = [value(f"a {relation} b", a=a, b=b) for relation in ("<", "=", ">")]
    assert sorted(verdicts) == [False, False, True]


@given(numbers, numbers)
def test_modulo_completes_the_quotient(a: Decimal, b: Decimal) -> None:
    assert value("if b = 0 then true else modulo(a, b) = a - b * floor(a / b)", a=a, b=b) is True


@given(
    st.recursive(
        st.none() | st.booleans() | numbers | st.text(max_size=8) | st.dates(), lambda s: st.lists(s, max_size=4)
    )
)
def test_every_value_equals_itself(a: Any) -> None:
    assert value("a = a", a=a) is True


@given(st.text(max_size=60))
def test_any_text_is_value_or_syntax_error(text: str) -> None:
    position = 0
    try:
        feel.compile(text).evaluate({})
    except feel.FeelSyntaxError as error:
        position = error.position
    assert 0 <= position <= len(text)


@pytest.mark.parametrize("pattern", ["ab{e<=1}", "{", "a}", "a{,2}", "(ab){s}", "a{b}"])
def test_braces_of_patterns_only_count(pattern: str) -> None:
    assert value(f'matches("ax", "{pattern}")') is None
    assert value('matches("aaa", "^a{3}$")') is True
