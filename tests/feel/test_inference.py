"""What is said of an expression before it is evaluated holds whatever it is evaluated with."""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from formloom import feel
from formloom.feel import YearMonthDuration, arithmetic, comparison, functions, members, results, static
from formloom.feel.inference import Inferred, infer
from formloom.feel.runtime import Run
from formloom.feel.static import ANY, DATE, MOMENT, NUMBER, STRING, Environment, Fixed, Type
from formloom.feel.values import kind

OPERATIONS = (feel.ast.Comparison, feel.ast.Arithmetic, feel.ast.Negation)
TESTING = (feel.ast.In, feel.ast.ListOf, feel.ast.Argument)
EXAMPLES = int(os.environ.get("FORMLOOM_EXAMPLES", "150"))
LINE = static.context_of({"amount": NUMBER, "label": STRING, "kind": static.choice_of(("goods", "work"))}, "line")
ACCOUNT = Type("number", members=Fixed({
    "status": static.choice_of(("active", "closed")), "name": STRING, "since": DATE}, "account"))
DEAL = Fixed({
    "name": STRING, "amount": NUMBER, "status": static.choice_of(("draft", "won", "lost")), "account": ACCOUNT,
    "lines": static.list_of(LINE), "at": MOMENT, "due": DATE, "tags": static.list_of(STRING), "other": ANY,
    "count": NUMBER,
}, "deal")
USER = static.context_of({"id": NUMBER, "team": static.list_of(NUMBER)}, "user")
ENVIRONMENT = Environment({"user": USER, "record": Type("context", members=DEAL)}, DEAL)


def inferred(text: str, environment: Environment = ENVIRONMENT) -> Inferred:
    return infer(feel.compile(text, environment.names()).ast, environment)


@pytest.mark.parametrize(("text", "code", "part", "near"), [
    ("amuont > 1", "unknown-name", "amuont", "amount"),
    ("cout(lines)", "unknown-name", "cout", "count"),
    ("account.statos", "unknown-field", "statos", "status"),
    ("lines[amount > 5].lable", "unknown-field", "lable", "label"),
    ("some l in lines satisfies l.amont > 1", "unknown-field", "amont", "amount"),
    ("lines[amont > 1]", "unknown-name", "amont", "amount"),
    ("sort(lines, function(a, b) a.amuont < b.amount)", "unknown-field", "amuont", "amount"),
    ("{total: 1}.totel", "unknown-member", "totel", "total"),
    ("due.yaer", "unknown-member", "yaer", "year"),
    ('get value(account, "statos")', "unknown-field", '"statos"', "status"),
    ("name > 5", "type-mismatch", "name > 5", None),
    ('"a" + 1', "type-mismatch", '"a" + 1', None),
    ("-name", "type-mismatch", "-name", None),
    ("at < today()", "type-mismatch", "at < today()", None),
    ("due = at", "type-mismatch", "due = at", None),
    ("account = user", "type-mismatch", "account = user", None),
    ("amount between 1 and due", "type-mismatch", "amount between 1 and due", None),
    ('amount in ("a", 2)', "type-mismatch", '"a"', None),
    ("due in [1..5]", "type-mismatch", "[1..5]", None),
    ("name in user.team", "type-mismatch", "user.team", None),
    ('[1.."a"]', "type-mismatch", '[1.."a"]', None),
    ("amount(1)", "type-mismatch", "amount", None),
    ('status = "drafd"', "unknown-choice", '"drafd"', "draft"),
    ('"drafd" != status', "unknown-choice", '"drafd"', "draft"),
    ('status in ("won", "lots")', "unknown-choice", '"lots"', "lost"),
    ('list contains(["wonn"], status)', "unknown-choice", '"wonn"', "won"),
    ('lines[kind = "word"]', "unknown-choice", '"word"', "work"),
    ('status = ""', "unknown-choice", '""', None),
    ("if amount then 1 else 2", "not-a-condition", "amount", None),
    ("amount > 1 and name", "not-a-condition", "name", None),
    ("every l in lines satisfies l.label", "not-a-condition", "l.label", None),
    ("lines[label]", "not-a-condition", "label", None),
    ("substring(name)", "wrong-arguments", "substring(name)", None),
    ("contains(amount, name)", "wrong-arguments", "amount", None),
    ("sum(lines.label)", "wrong-arguments", "lines.label", None),
    ("not(name)", "wrong-arguments", "name", None),
    ('substring(string: name, begin: 2)', "wrong-arguments", "begin: 2", None),
    ("{f: function(a) a}.f(1, 2)", "wrong-arguments", "{f: function(a) a}.f(1, 2)", None),
])
def test_mistake_is_found_where_it_is(text: str, code: str, part: str, near: str | None) -> None:
    found = inferred(text).findings
    assert [(f.code, text[f.start:f.end], f.near) for f in found] == [(code, part, near)]


@pytest.mark.parametrize("text", [
    "account = 5", "account.name = name", "user.id in user.team", "other.anything.at all > 5", "other + 1",
    "other[amount > 5]", "count(lines)", "due < today()", "date(at) < due", "amount = null", "null < amount",
    'status = "won" or status = null', 'status in ("won", null)', "if other then 1 else name", "max(due, other)",
    'substring(name, 1, null)', "sum(5)", 'sum(lines.amount)', "lines[1].amount + 1", "lines[other]", "lines[-1].label",
    "for l in lines return l.label", "for i in 1..3 return partial[-1]", "[1, name][1]", "record.account.status",
    'if status = "won" then "x" else "y"', 'name in ("a", "b")', 'due in [today()..today() + duration("P30D")]',
    "lines.amount[item > 3]", "function(x) x.whatever", "some x in other satisfies x.y", '"x" in tags',
    'string join(lines.label, ", ")', "get entries(record)[key = name].value", "@\"P1D\" * 2",
    "today() - due > @\"P1D\"",
    "amount in (> 5, <= 3)", "number(name) > 5", "sort(lines, function(a, b) a.amount < b.amount)[1].label",
])
def test_what_can_have_an_answer_is_let_be(text: str) -> None:
    assert inferred(text).findings == ()


@pytest.mark.parametrize(("text", "type_"), [
    ("amount + 1", "number"), ("lines.amount", "list<number>"), ("lines[amount > 1]", "list<context (line)>"),
    ("lines[1].label", "string"), ('due + duration("P1M")', "date"), ("due - due", "days and time duration"),
    ("if amount > 1 then name else null", "string"), ("if amount > 1 then name else 1", "any"),
    ("for l in lines return l.amount", "list<number>"), ("[1..5]", "range<number>"), ("min(lines.amount)", "number"),
    ("(function(a: number) a + 1)(2)", "number"), ("{a: name}.a", "string"), ("count", "number"),
    ("reverse(lines)[1].amount", "number"), ("at.year", "number"), ("null", "null"), ("[]", "list"),
])
def test_type_is_inferred(text: str, type_: str) -> None:
    assert static.shown(inferred(text).type) == type_


def test_uses_tell_whose_member_a_name_is() -> None:
    text = "lines[amount > 5].label + account.name + name"
    assert [(text[u.start:u.end], u.owner) for u in inferred(text).uses] == [
        ("lines", "deal"), ("amount", "line"), ("label", "line"), ("account", "deal"), ("name", "account"),
        ("name", "deal")]


@pytest.mark.parametrize("text", [
    "[" * 99 + "1" + "]" * 99, "a" + ".b" * 198, "if true then " * 99 + "1" + " else 2" * 99,
    "abs(" * 99 + "1" + ")" * 99,
    "sort(" * 90 + "[1]" + ", function(a, b) a < b)" * 90, "a" + "[item > 1]" * 198, "1" + " - 1" * 198,
    "not(" * 90 + "1 = 1" + ")" * 90, "(function(x) " * 30 + "x" + ")" * 30, "[" + ", ".join("a" * 2000) + "]",
])
def test_what_compiles_can_be_inferred(text: str) -> None:
    tree = feel.compile(text).ast

    def deep(frames: int) -> Inferred:
        return deep(frames - 1) if frames else infer(tree, Environment({"a": ANY}))

    assert deep(300).findings == ()


def type_of(value: Any) -> Type:
    if isinstance(value, dict):
        return static.context_of({key: type_of(part) for key, part in value.items()})
    if isinstance(value, list):
        return static.list_of(static.joined(map(type_of, value)))
    return static.SIMPLE[kind(value)]


def holds(value: Any, type_: Type) -> bool:
    """Whether the value is one that the type admits."""
    if value is None or value == [] or type_.uncertain:     # an index that is null leaves the empty list
        return True
    if type_.name == "list" and isinstance(value, (list, tuple)):
        return all(holds(item, type_.item) for item in value)
    return kind(value) == type_.name and (type_.values is None or value in type_.values)


@settings(max_examples=EXAMPLES, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(seed=st.integers(0, 2**32))
def test_inferred_type_holds_of_the_value(
    seed: int, expressions: Callable[[int, int], list[str]], scope: dict[str, Any], now: datetime,
) -> None:
    environment = Environment({name: type_of(value) for name, value in scope.items()})
    for text in expressions(5, seed):
        expression = feel.compile(text, frozenset(scope))
        found = infer(expression.ast, environment)
        value = expression.evaluate(scope, now)
        assert holds(value, found.type), text
        for finding in found.findings:
            assert finding.code in ("type-mismatch", "not-a-condition", "wrong-arguments"), text
            assert 0 <= finding.start < finding.end <= len(text)


@settings(max_examples=EXAMPLES, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(seed=st.integers(0, 2**32))
def test_mismatched_part_is_always_null(
    seed: int, expressions: Callable[[int, int], list[str]], scope: dict[str, Any], now: datetime,
) -> None:
    environment = Environment({name: type_of(value) for name, value in scope.items()})
    for text in expressions(5, seed):
        expression = feel.compile(text, frozenset(scope))
        spans = {(f.start, f.end) for f in infer(expression.ast, environment).findings}
        nodes = list(expression.ast.walk())
        # What `x in (a, b)` never finds is told at a or b, which have values of their own.
        tested = [test for node in nodes if isinstance(node, TESTING) for test in node.children()]
        for node in nodes:
            if isinstance(node, OPERATIONS) and (node.start, node.end) in spans and node not in tested:
                part = feel.part(expression, node)
                value = part.evaluate(scope, now) if part.names <= scope.keys() else None
                # Whether something is null always has an answer.
                assert value is None or value is (getattr(node, "operator", "") == "!="), (text, part)


# -- the tables are those of the evaluator -----------------------------------------------------------------------

SAMPLES: tuple[Any, ...] = (
    Decimal(2), "a", True, date(2024, 1, 31), time(9, 30), datetime(2024, 5, 6, 7, 8, tzinfo=UTC), timedelta(hours=30),
    YearMonthDuration(14), [1], {"a": 1},
)


@pytest.mark.parametrize(("left", "right"), list(itertools.product(SAMPLES, SAMPLES)))
def test_operators_fit_where_evaluator_takes_them(left: Any, right: Any) -> None:
    for operator in "+", "-", "*", "/", "**":
        found = results.arithmetic(operator, type_of(left), type_of(right))
        try:
            value = arithmetic.calculate(operator, left, right)
        except (TypeError, ArithmeticError):
            value = None
        assert (found is None) == (value is None), (operator, left, right)
        assert found is None or kind(value) == found.name
    for relation in "=", "<":
        verdict = comparison.compare(relation, left, right, Run({}, None))
        assert static.comparable(type_of(left), type_of(right), relation) == (verdict is not None)


@pytest.mark.parametrize("value", SAMPLES, ids=kind)
def test_properties_are_those_of_members(value: Any) -> None:
    if isinstance(value, dict):
        return
    known = static.members_of(type_of(value))
    assert known is not None
    names = set(known.names())
    assert all(members.member(value, name) is not members.MISSING for name in names)
    spelled = {name for properties in static.PROPERTIES.values() for name in properties}
    assert {name for name in spelled if members.member(value, name) is not members.MISSING} == names


def test_every_builtin_has_a_result_type() -> None:
    assert {builtin.name for builtin in functions.BUILTINS.values()} == results.RESULTS.keys()
