"""Three-way merge of definitions: what must hold for every three, and what becomes of the usual cases.

`FORMLOOM_EXAMPLES=20000 pytest tests/metadata/test_merging.py` looks at that many triples.
"""

from __future__ import annotations

import copy
import json
import os
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from formloom.metadata import keys, merging, overlays
from formloom.metadata.merging import BOTH, MINE, MISSING, THEIRS, merge, resolved
from tests.metadata.random_edits import definitions, edited

EXAMPLES = int(os.environ.get("FORMLOOM_EXAMPLES", "60"))
sweep = settings(max_examples=EXAMPLES, deadline=None, derandomize="FORMLOOM_EXAMPLES" not in os.environ)
SEEDS = st.integers(0, 2**32)
EDITS = st.integers(1, 12)
Flat = dict[keys.Path, Any]


@st.composite
def triples(draw: st.DrawFn) -> tuple[Any, Any, Any]:
    base = draw(st.sampled_from(definitions()))
    return base, edited(base, draw(SEEDS), draw(EDITS)), edited(base, draw(SEEDS), draw(EDITS))


@sweep
@given(triples())
def test_nothing_done_on_either_side_is_lost(three: tuple[Any, Any, Any]) -> None:
    base, ours, theirs = three
    merged = merge(base, ours, theirs)
    told = {conflict.path for conflict in merged.conflicts}
    was, result = flat(base), flat(merged.tree)
    for side in (flat(ours), flat(theirs)):
        for path in was.keys() | side.keys():
            if was.get(path, MISSING) != side.get(path, MISSING) and not placed_by_us(path, base, ours, theirs):
                assert side.get(path, MISSING) == result.get(path, MISSING) or below(path, told), path
    mine = flat(ours)
    for path in (path for path in was.keys() | mine.keys() if was.get(path, MISSING) != mine.get(path, MISSING)):
        assert mine.get(path, MISSING) == result.get(path, MISSING)     # ours holds until somebody decides


@sweep
@given(triples())
def test_what_only_we_turned_round_stays_turned(three: tuple[Any, Any, Any]) -> None:
    base, ours, theirs = three
    merged = merge(base, ours, theirs)
    told = {conflict.path for conflict in merged.conflicts}
    found = dict(orders(merged.tree, ()))
    other = dict(orders(theirs, ()))
    was = dict(orders(base, ()))
    for path, names in orders(ours, ()):
        shared = [set(side.get(path, ())) for side in (was, other, found)]
        common = [name for name in names if all(name in there for there in shared)]
        if below(path, told):
            continue
        for one, another in pairwise(common):
            if was[path].index(one) > was[path].index(another):
                assert found[path].index(one) < found[path].index(another), path


@sweep
@given(triples())
def test_merging_again_changes_nothing(three: tuple[Any, Any, Any]) -> None:
    base, ours, theirs = three
    once = merge(base, ours, theirs).tree
    assert exact(merge(base, once, theirs).tree) == exact(once)
    assert exact(merge(theirs, once, theirs).tree) == exact(once)
    assert exact(merge(base, ours, theirs).tree) == exact(once)


@sweep
@given(triples())
def test_side_that_did_nothing_gives_way(three: tuple[Any, Any, Any]) -> None:
    base, ours, _ = three
    assert_clean(merge(base, ours, base), ours)
    assert_clean(merge(base, base, ours), ours)
    assert_clean(merge(base, ours, ours), ours)


@sweep
@given(triples(), st.randoms(use_true_random=False))
def test_edits_of_different_parts_commute(three: tuple[Any, Any, Any], random: Any) -> None:
    base, ours, theirs = three
    parts = sorted((of, part) for of, inner in base.items() if isinstance(inner, dict) for part in inner)
    mine = set(random.sample(parts, len(parts) // 2))
    ours, theirs = (taken(base, side, chosen) for side, chosen in ((ours, mine), (theirs, set(parts) - mine)))
    merged = merge(base, ours, theirs)
    wanted = taken(ours, theirs, set(parts) - mine)
    assert_clean(merged, wanted)
    assert_clean(merge(base, theirs, ours), wanted)


@sweep
@given(triples(), st.randoms(use_true_random=False))
def test_choices_settle_what_they_name(three: tuple[Any, Any, Any], random: Any) -> None:
    base, ours, theirs = three
    merged = merge(base, ours, theirs)
    choices = {conflict.path: random.choice(conflict.offers) for conflict in merged.conflicts}
    again = merge(base, ours, theirs, choices)
    assert [c.path for c in again.conflicts] == [c.path for c in merged.conflicts]
    assert exact(resolved(base, ours, theirs, dict.fromkeys(choices, MINE))) == exact(merged.tree)
    found = flat(again.tree)
    for conflict in merged.conflicts:
        if choices[conflict.path] == THEIRS and conflict.kind in ("changed", "removed"):
            for path, value in flat(conflict.theirs, conflict.path).items():
                assert found.get(path, MISSING) == value or placed_by_us(path, base, ours, theirs)


@sweep
@given(triples())
def test_result_is_stored_as_its_difference(three: tuple[Any, Any, Any]) -> None:
    base, ours, theirs = three
    merged = merge(base, ours, theirs).tree
    assert overlays.difference(merged, merged) == {}
    assert bool(overlays.difference(theirs, merged)) == (not merging.same(theirs, merged) and
                                                         exact(theirs) != exact(merged))


BASE = {
    "entity": "account",
    "fields": {"name": {"type": "text", "label": {"en": "Name", "zh": "名称"}, "max_length": 80},
               "grade": {"type": "choice", "choices": [{"value": "a", "label": "A"}, {"value": "b", "label": "B"}]},
               "fax": {"type": "phone"}},
    "list": {"columns": ["name", "grade", "fax"], "sort": ["-name"]},
    "form": {"sections": [{"name": "main", "fields": ["name", "grade"]}, {"name": "more", "fields": ["fax"]}]},
    "constraints": [{"name": "grown", "check": "a > 1", "message": "No"}],
}


def test_attributes_of_one_field_merge() -> None:
    ours, theirs = copies()
    ours["fields"]["name"]["label"]["zh"] = "公司"
    theirs["fields"]["name"]["max_length"] = 120
    merged = merge(BASE, ours, theirs)
    assert merged.tree["fields"]["name"] == {"type": "text", "label": {"en": "Name", "zh": "公司"}, "max_length": 120}
    assert not merged.conflicts


def test_choices_of_both_sides_are_there() -> None:
    ours, theirs = copies()
    ours["fields"]["grade"]["choices"].append({"value": "vip"})
    theirs["fields"]["grade"]["choices"].append({"value": "c"})
    theirs["fields"]["grade"]["choices"][0]["label"] = "First"
    merged = merge(BASE, ours, theirs)
    assert [c["value"] for c in merged.tree["fields"]["grade"]["choices"]] == ["a", "b", "c", "vip"]
    assert merged.tree["fields"]["grade"]["choices"][0]["label"] == "First"
    assert not merged.conflicts


def test_field_we_changed_is_not_taken_away() -> None:
    ours, theirs = copies()
    ours["fields"]["fax"]["label"] = "Fax"
    del theirs["fields"]["fax"]
    merged = merge(BASE, ours, theirs)
    [conflict] = merged.conflicts
    assert (conflict.path, conflict.kind, conflict.theirs) == (("fields", "fax"), "removed", MISSING)
    assert merged.tree["fields"]["fax"] == {"type": "phone", "label": "Fax"}
    assert "fax" not in resolved(BASE, ours, theirs, {("fields", "fax"): THEIRS})["fields"]


def test_one_value_changed_twice_is_asked() -> None:
    ours, theirs = copies()
    ours["fields"]["name"]["max_length"], theirs["fields"]["name"]["max_length"] = 100, 120
    [conflict] = merge(BASE, ours, theirs).conflicts
    assert (conflict.base, conflict.ours, conflict.theirs, conflict.offers) == (80, 100, 120, (MINE, THEIRS))
    assert resolved(BASE, ours, theirs, {conflict.path: THEIRS})["fields"]["name"]["max_length"] == 120


def test_two_fields_of_one_name_are_not_mixed() -> None:
    ours, theirs = copies()
    ours["fields"]["vat"] = {"type": "text", "max_length": 20}
    theirs["fields"]["vat"] = {"type": "decimal", "minimum": 0}
    merged = merge(BASE, ours, theirs)
    assert [(c.path, c.kind) for c in merged.conflicts] == [(("fields", "vat"), "added")]
    assert resolved(BASE, ours, theirs, {("fields", "vat"): THEIRS})["fields"]["vat"] == theirs["fields"]["vat"]


@pytest.mark.parametrize(("key", "joined"), [("check", "(a > 2) and (a > 3)")])
def test_both_conditions_may_hold(key: str, joined: str) -> None:
    ours, theirs = copies()
    ours["constraints"][0][key], theirs["constraints"][0][key] = "a > 2", "a > 3"
    [conflict] = merge(BASE, ours, theirs).conflicts
    assert BOTH in conflict.offers
    assert resolved(BASE, ours, theirs, {conflict.path: BOTH})["constraints"][0][key] == joined


def test_both_views_may_stay() -> None:
    ours, theirs = copies()
    ours["views"], theirs["views"] = [{"name": "mine", "filter": "a"}], [{"name": "mine", "filter": "b"}]
    [conflict] = merge(BASE, ours, theirs).conflicts
    found = resolved(BASE, ours, theirs, {conflict.path: BOTH})["views"]
    assert [(view["name"], view["filter"]) for view in found] == [("mine", "b"), ("mine_local", "a")]


def test_columns_are_a_set_in_order() -> None:
    ours, theirs = copies()
    ours["list"]["columns"] = ["fax", "name", "mine", "grade"]
    theirs["list"]["columns"] = ["name", "theirs", "grade"]
    merged = merge(BASE, ours, theirs)
    assert merged.tree["list"]["columns"] == ["name", "theirs", "mine", "grade"]
    assert not merged.conflicts


def test_orders_that_contradict_are_asked() -> None:
    ours, theirs = copies()
    base = {**BASE, "list": {"columns": ["a", "b", "c", "d"]}}
    ours["list"] = {"columns": ["b", "d", "a", "c"]}
    theirs["list"] = {"columns": ["c", "a", "b", "d"]}
    assert merging.woven(list("abcd"), list("bdac"), list("cabd")) is None
    merged = merge(base, ours, theirs)
    assert [(c.path, c.kind) for c in merged.conflicts] == [(("list", "columns"), "order")]
    assert merged.tree["list"]["columns"] == ["b", "d", "a", "c"]
    chosen = resolved(base, ours, theirs, {("list", "columns"): THEIRS})
    assert chosen["list"]["columns"] == ["c", "a", "b", "d"]


def test_field_moved_by_both_stays_where_we_put_it() -> None:
    base = copy.deepcopy(BASE)
    base["form"]["sections"].append({"name": "third", "fields": []})    # type: ignore[index]
    ours, theirs = copy.deepcopy(base), copy.deepcopy(base)
    ours["form"]["sections"] = [{"name": "main", "fields": ["name"]}, {"name": "more", "fields": ["fax", "grade"]},
                                {"name": "third", "fields": []}]
    theirs["form"]["sections"] = [{"name": "main", "fields": ["name"]}, {"name": "more", "fields": ["fax"]},
                                  {"name": "third", "fields": ["grade"]}]
    merged = merge(base, ours, theirs)
    assert [section["fields"] for section in merged.tree["form"]["sections"]] == [["name"], ["fax", "grade"], []]


def copies() -> tuple[Any, Any]:
    return copy.deepcopy(BASE), copy.deepcopy(BASE)


def assert_clean(merged: merging.Merged, wanted: Any) -> None:
    assert merged.conflicts == ()
    assert exact(merged.tree) == exact(wanted)


def exact(tree: Any) -> str:
    """With the order of what has one; `true` is not 1."""
    fields = [list(tree.get(of, ())) for of in ("fields", "actions", "sla")] if isinstance(tree, dict) else []
    return json.dumps([tree, fields], sort_keys=True, default=str)


def flat(value: Any, path: keys.Path = ()) -> Flat:
    """Every value by its path; of a list of things by their names, of other lists each member."""
    if value is MISSING:
        return {}
    if isinstance(value, dict):
        return {path: "{}", **{k: v for key, inner in value.items() for k, v in flat(inner, (*path, key)).items()}}
    names = keys.names(path, value) if isinstance(value, list) else None
    if names:
        found = zip(names, value, strict=True)
        return {k: v for name, inner in found for k, v in flat(inner, (*path, name)).items()}
    if isinstance(value, list) and len(set(map(text, value))) == len(value):
        return {(*path, f"∋{text(item)}"): True for item in value}
    return {path: text(value)}


def text(value: Any) -> str:
    return json.dumps(value, sort_keys=True, default=str)


def below(path: keys.Path, told: set[keys.Path]) -> bool:
    return any(path[:len(there)] == there for there in told)


def placed_by_us(path: keys.Path, base: Any, ours: Any, theirs: Any) -> bool:
    """A field of a form that each side put somewhere else."""
    return path[:1] == ("form",) and "fields" in path and path[-1].startswith("∋")


def orders(value: Any, path: keys.Path) -> Iterator[tuple[keys.Path, list[str]]]:
    if isinstance(value, dict):
        if keys.ordered(path):
            yield path, list(value)
        for key, inner in value.items():
            yield from orders(inner, (*path, key))
    elif isinstance(value, list):
        names = keys.names(path, value)
        if names:
            yield path, names
            for name, item in zip(names, value, strict=True):
                yield from orders(item, (*path, name))
        elif all(isinstance(item, str) for item in value) and len(set(value)) == len(value):
            yield path, value


def taken(base: Any, side: Any, parts: set[tuple[str, str]]) -> Any:
    """The base with these parts as that side has them."""
    result = copy.deepcopy(base)
    for of, part in sorted(parts):
        value = side.get(of, {}).get(part, MISSING) if isinstance(side.get(of), dict) else MISSING
        if value is not MISSING:
            result[of][part] = value
    return result
