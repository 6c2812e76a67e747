"""Functions about the person who asks say what the paths of `user` say."""

from __future__ import annotations

import pytest

from formloom import feel

SCOPE = {"user": {"roles": ["legal"], "team_names": ["sales", "company"], "reports": [3, 4]}, "owner": 4, "team": [1],
         "rows": [{"owner": 3}, {"owner": 9}]}


@pytest.mark.parametrize(("text", "long", "value"), [
    ('has role("legal")', 'list contains(user.roles, "legal")', True),
    ('有角色("boss")', 'list contains(user.roles, "boss")', False),
    ('in team("sales") and true', 'list contains(user.team_names, "sales") and true', True),
    ("if is manager of(owner) then 1 else 2", "if list contains(user.reports, owner) then 1 else 2", 1),
    ("rows[is manager of(owner)]", "rows[list contains(user.reports, owner)]", [{"owner": 3}]),
    ("is manager of(null)", "list contains(user.reports, null)", False),
])
def test_function_is_short_for_a_path(text: str, long: str, value: object) -> None:
    short = feel.compile(text, SCOPE)
    assert short.evaluate(SCOPE) == feel.compile(long, SCOPE).evaluate(SCOPE) == value
    assert short.paths == feel.compile(long, SCOPE).paths
    assert short.json == feel.compile(long, SCOPE).json


def test_nobody_has_no_role() -> None:
    assert feel.compile('has role("legal")').evaluate({}) is None
    assert feel.compile("is manager of(null)").evaluate({}) is None


def test_operator_in_is_still_one() -> None:
    assert feel.compile("owner in team", SCOPE).evaluate(SCOPE) is False


@pytest.mark.parametrize("text", ["has role()", "in team(1, 2)", "is manager of(person: 1)"])
def test_other_arguments_are_refused(text: str) -> None:
    with pytest.raises(feel.FeelSyntaxError, match="takes one argument"):
        feel.compile(text)
