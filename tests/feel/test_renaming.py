"""A renamed name changes where it is meant, and nowhere else."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from formloom import feel
from formloom.feel import static
from formloom.feel.inference import infer
from formloom.feel.renaming import RenameClash, Renaming, rename, renamed
from formloom.feel.static import NUMBER, STRING, Environment, Fixed, Type
from formloom.feel.values import kind

EXAMPLES = int(os.environ.get("FORMLOOM_EXAMPLES", "150"))
LINE = static.context_of({"amount": NUMBER, "label": STRING}, "line")
ACCOUNT = Type("number", members=Fixed({"status": STRING, "amount": NUMBER}, "account"))
DEAL = Fixed({"status": STRING, "amount": NUMBER, "limit": NUMBER, "account": ACCOUNT,
              "lines": static.list_of(LINE)}, "deal")
ENVIRONMENT = Environment({"record": Type("context", members=DEAL), "客户 数": NUMBER}, DEAL)


def after(text: str, owner: str, old: str, new: str) -> str:
    return rename(feel.compile(text, ENVIRONMENT.names()), ENVIRONMENT, Renaming(owner, old, new))


@pytest.mark.parametrize(("text", "owner", "old", "new", "result"), [
    ("account.status = status", "account", "status", "state", "account.state = status"),
    ("account.status = status", "deal", "status", "state", "account.status = state"),
    ("account . status // status\n= status", "account", "status", "state", "account . state // status\n= status"),
    ("lines[amount > 5].amount + amount", "line", "amount", "sum", "lines[sum > 5].sum + amount"),
    ("some l in lines satisfies l.amount > 1", "line", "amount", "sum", "some l in lines satisfies l.sum > 1"),
    ("for amount in lines return amount.amount", "deal", "amount", "sum", "for amount in lines return amount.amount"),
    ("for amount in lines return amount.amount", "line", "amount", "sum", "for amount in lines return amount.sum"),
    ("record.amount", "deal", "amount", "sum", "record.sum"),
    ("record.account.status", "account", "status", "state", "record.account.state"),
    ("{amount: amount, b: amount}.amount", "deal", "amount", "sum", "{amount: sum, b: amount}.amount"),
    ('get value(account, "status")', "account", "status", "the state", 'get value(account, "the state")'),
    ("amount*2", "deal", "amount", "净 额", "净 额*2"),
    ("客户   数 + 1", "", "客户 数", "n", "n + 1"),
    ('"amount" + string(/* amount */ amount)', "deal", "amount", "sum", '"amount" + string(/* amount */ sum)'),
    ("sort(lines, function(a, b) a.amount < b.amount)", "line", "amount", "sum",
     "sort(lines, function(a, b) a.sum < b.sum)"),
    ("for cap in lines return cap.amount + amount", "deal", "amount", "cap",
     "for cap in lines return cap.amount + record.cap"),
    ("lines[amount > limit]", "line", "amount", "limit", "lines[limit > record.limit]"),
    ("lines[limit > 5]", "line", "label", "limit", "lines[record.limit > 5]"),
    ("status", "account", "status", "state", "status"),
])
def test_only_tokens_that_mean_it_change(text: str, owner: str, old: str, new: str, result: str) -> None:
    assert after(text, owner, old, new) == result


@pytest.mark.parametrize(("text", "owner", "old", "new", "position"), [
    ("1 + amount", "deal", "amount", "if", 4),
    ("lines[1].amount", "line", "amount", "a - b", 9),
    ("for n in lines return n.amount + 客户 数", "", "客户 数", "n", 33),
    ("amount + limit", "deal", "amount", "limit", 0),
])
def test_name_that_cannot_stand_there_is_refused(text: str, owner: str, old: str, new: str, position: int) -> None:
    with pytest.raises(RenameClash) as caught:
        after(text, owner, old, new)
    assert caught.value.position == position


# -- any expression ----------------------------------------------------------------------------------------------

MEMBERS = [("", "amount"), ("", "status"), ("", "lines"), ("", "numbers"), ("", "客户 等级"), ("line", "amount"),
           ("line", "quantity"), ("account", "credit"), ("account", "status")]
OWNERS = {"lines": "line", "account": "account"}
NEW = ["zzz", "新 名", "amount2", "status_of_it", "min", "item"]


def type_of(value: Any, owner: str = "") -> Type:
    if isinstance(value, dict):
        return static.context_of({key: type_of(part, OWNERS.get(key, "")) for key, part in value.items()}, owner)
    if isinstance(value, list):
        return static.list_of(static.joined(type_of(item, owner) for item in value))
    return static.SIMPLE[kind(value)]


def scope_after(scope: Mapping[str, Any], change: Renaming, owner: str = "") -> dict[str, Any]:
    """The same values, called otherwise."""
    def value(key: str, part: Any) -> Any:
        if isinstance(part, dict):
            return scope_after(part, change, OWNERS.get(key, ""))
        return [value(key, item) for item in part] if isinstance(part, list) else part

    def name(key: str) -> str:
        return change.new if (owner, key) == (change.owner, change.old) else key

    return {name(key): value(key, part) for key, part in scope.items()}


@settings(max_examples=EXAMPLES, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(seed=st.integers(0, 2**32), member=st.sampled_from(MEMBERS), new=st.sampled_from(NEW))
def test_renamed_expression_has_the_same_value(
    seed: int, member: tuple[str, str], new: str, expressions: Callable[[int, int], list[str]],
    scope: dict[str, Any], now: datetime,
) -> None:
    change = Renaming(*member, new)
    before = Environment({name: type_of(value, OWNERS.get(name, "")) for name, value in scope.items()})
    environment, values = renamed(before, change), scope_after(scope, change)
    for text in expressions(4, seed):
        try:
            made = rename(feel.compile(text, before.names()), before, change)
        except RenameClash:
            continue    # refused, not wrong
        expression = feel.compile(made, environment.names())
        old = feel.compile(text, before.names())
        assert expression.evaluate(values, now) == old.evaluate(scope, now), (text, made)
        if new not in ("min", "item"):
            assert rename(expression, environment, change.back) == text
            assert untouched(expression, environment, change.back) == untouched(old, before, change)


def untouched(expression: feel.Expression, environment: Environment, change: Renaming) -> str:
    """The text without the names that the change is about."""
    text = expression.text
    for use in reversed(infer(expression.ast, environment).uses):
        text = f"{text[:use.start]}{text[use.end:]}" if change.concerns(use) else text
    return text
