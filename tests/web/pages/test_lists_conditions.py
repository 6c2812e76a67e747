"""Filters both ways: what a person builds as FEEL, and FEEL as what a person builds."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from formloom.errors import ValidationFailed
from formloom.feel import FeelSyntaxError
from formloom.metadata import builtin_types, compiler, loader
from formloom.web.pages.conditions import Condition, from_feel, to_feel

PACK = Path(__file__).parents[2] / "packs" / "mini"
DEAL = compiler.compile(loader.read_pack(PACK), builtin_types.TYPES).entity("deal")

words = st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=20).filter(
    lambda w: not w.startswith("="))
amounts = st.decimals(-10**9, 10**9, places=2, allow_nan=False).map(lambda d: f"{d:f}")
days = st.dates(date(1900, 1, 1), date(2200, 1, 1)).map(str)
conditions = st.one_of(
    st.builds(lambda o, w: Condition("name", o, (w,)), st.sampled_from(["=", "!=", "contains", "starts with"]), words),
    st.builds(lambda w: Condition("name", "in", tuple(w)), st.lists(words, min_size=2, max_size=4)),
    st.builds(lambda o, n: Condition("discount", o, (n,)), st.sampled_from(["=", "<", ">="]),
              st.integers(0, 10**9).map(str)),
    st.builds(lambda a, b: Condition("start_date", "between", (a, b)), days, days),
    st.builds(lambda o: Condition("end_date", o), st.sampled_from(["is empty", "is not empty"])),
    st.just(Condition("owner", "=", ("=user.id",))),
)


@given(st.lists(conditions, min_size=1, max_size=4))
def test_conditions_survive_the_way_through_feel(built: list[Condition]) -> None:
    assert from_feel(to_feel(built, DEAL), DEAL) == tuple(built)


def test_quotes_and_backslashes_stay_text() -> None:
    built = [Condition("name", "=", ('a" or true or name = "\\',))]
    assert from_feel(to_feel(built, DEAL), DEAL) == tuple(built)


@pytest.mark.parametrize("text", [
    'status = "draft" or discount > 3', "discount + 1 > 3", "not(status = \"draft\")", "true", "customer.name = \"x\""])
def test_what_only_feel_can_say_has_no_rows(text: str) -> None:
    assert from_feel(text, DEAL) is None


def test_empty_filter_is_no_condition() -> None:
    assert from_feel("  ", DEAL) == ()


def test_broken_feel_says_where() -> None:
    with pytest.raises(FeelSyntaxError) as caught:
        from_feel("discount >== 3", DEAL)
    assert caught.value.position == 11


@pytest.mark.parametrize("wrong", [
    Condition("discount", "=", ("many",)), Condition("start_date", "=", ("soon",)), Condition("name", "<", ("a",)),
    Condition("discount", "between", ("1",)), Condition("customer", "=", ("Acme",))])
def test_value_that_does_not_fit_is_named(wrong: Condition) -> None:
    with pytest.raises(ValidationFailed) as caught:
        to_feel([Condition("name", "=", ("fine",)), wrong], DEAL)
    assert caught.value.errors[0].path == "conditions/1"


def test_thousands_separators_are_understood() -> None:
    assert to_feel([Condition("discount", ">", ("15,000",))], DEAL) == "discount > 15000"
