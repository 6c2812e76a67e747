"""Overlays: what one layer says of a definition of a lower one."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from formloom.errors import Place
from formloom.metadata import canonical, compiler, nodes, overlays
from formloom.metadata.builtin_types import TYPES
from formloom.metadata.sources import Source

PACK = Source("crm", "pack.yaml", "pack: crm\nversion: 1.0.0\n")
ACCOUNT = Source("crm", "entities/account.yaml", """
entity: account
fields:
  name: {type: text, required: true}
  grade:
    type: choice
    choices: [{value: a, label: A}, {value: b, label: B}]
  fax: {type: phone}
form:
  sections:
    - {name: main, fields: [name, grade]}
    - {label: {en: More, zh: 更多}, fields: [fax]}
""")


def local(text: str, path: str = "entities/account.yaml", pack: str = "local") -> Source:
    return Source(pack, path, text)


def entity(*sources: Source) -> Any:
    return compiler.compile([PACK, ACCOUNT, *sources], TYPES).entity("account")


def codes(*sources: Source) -> list[str]:
    return [p.code for p in compiler.check([PACK, ACCOUNT, *sources], TYPES)]


def test_overlay_adds_changes_and_removes() -> None:
    found = entity(local("""
extend: account
fields:
  fax: null
  name: {label: {en: Company, zh: 公司}}
  vat: {type: text}
  grade: {choices: [{value: b, label: Bad}, {value: a, remove: true}, {value: c}]}
form:
  sections:
    - {label: {en: More}, remove: true}
    - {name: main, fields: [name, vat]}
"""))
    own = [name for name, field in found.fields.items() if not field.system]
    assert own == ["name", "grade", "vat"]
    assert found.fields["name"].required
    assert found.fields["name"].label["zh"] == "公司"
    assert [(c.value, c.label["en"]) for c in found.fields["grade"].choices] == [("b", "Bad"), ("c", "C")]
    assert [s.fields for s in found.form.tabs[0].sections] == [("name", "vat")]


def test_every_attribute_knows_its_file() -> None:
    found = entity(local("extend: account\nfields:\n  vat: {type: text}\n"))
    assert found.fields["vat"].place.file == "local/entities/account.yaml"
    assert found.fields["name"].place.file == "crm/entities/account.yaml"


def test_local_layer_wins_over_packs() -> None:
    other = [local("pack: more\nversion: 1.0.0\nrequires: [crm]\n", "pack.yaml", "more"),
             local("extend: account\nhelp: more\nlabel: more\n", "entities/account.yaml", "more")]
    found = entity(*other, local("extend: account\nlabel: local\n"))
    assert (found.label["en"], found.help["en"]) == ("local", "more")


def test_packs_extend_after_what_they_require() -> None:
    base = [local("pack: zz\nversion: 1.0.0\nrequires: [crm]\n", "pack.yaml", "zz"),
            local("extend: account\nlabel: zz\n", "entities/account.yaml", "zz"),
            local("pack: aa\nversion: 1.0.0\nrequires: ['zz >=1.0']\n", "pack.yaml", "aa"),
            local("extend: account\nlabel: aa\n", "entities/account.yaml", "aa")]
    assert entity(*base).label["en"] == "aa"


def test_removed_definition_is_not_there() -> None:
    assert "account" not in compiler.compile([PACK, ACCOUNT, local("extend: account\nremoved: true\n")], TYPES).entities


def test_what_is_not_there_is_told() -> None:
    assert codes(local("extend: account\nfields: {nothing: null}\n")) == ["overlay-nothing"]
    assert codes(local("extend: acount\nlabel: x\n")) == ["unknown-entity"]
    assert codes(local("extend: account\norder: {/nothing: [a]}\n")) == ["overlay-nothing"]


def test_mistake_is_told_at_the_overlay() -> None:
    found = compiler.check([PACK, ACCOUNT, local("extend: account\nfields:\n  name: {requird: true}\n")], TYPES)
    assert [(p.code, str(p.place)) for p in found] == [("unknown-key", "local/entities/account.yaml:3")]


NAMES = st.sampled_from(["a", "b", "c", "d"])
WORDS = st.sampled_from(["x", "y", "no", "1", "2026-01-01", "a: b", "两", "1e3"])
SCALARS = WORDS | st.booleans() | st.integers(0, 2)
LABELS = WORDS | st.dictionaries(st.sampled_from(["en", "zh"]), WORDS, min_size=1)


def things(key: str) -> st.SearchStrategy[list[dict[str, Any]]]:
    thing = st.fixed_dictionaries({key: NAMES}, optional={"label": LABELS, "tone": SCALARS})
    return st.lists(thing, max_size=4)


SECTIONS = st.lists(st.fixed_dictionaries({"fields": st.lists(NAMES, max_size=3)},
                                          optional={"name": NAMES, "label": LABELS}), max_size=4)
FIELDS = st.dictionaries(NAMES, st.fixed_dictionaries({"type": WORDS}, optional={
    "label": LABELS, "required": SCALARS, "choices": things("value")}), max_size=4)
TREES = st.fixed_dictionaries({"entity": st.just("thing")}, optional={
    "label": LABELS, "fields": FIELDS, "views": things("name"), "search": st.lists(NAMES, max_size=3),
    "form": st.fixed_dictionaries({}, optional={"sections": SECTIONS, "headline": st.lists(NAMES, max_size=2)})})


def told(value: Any) -> Any:
    """With the order of what has one."""
    if isinstance(value, dict):
        return {k: list(v.items()) if k == "fields" and isinstance(v, dict) else told(v) for k, v in value.items()}
    return [told(item) for item in value] if isinstance(value, list) else value


def plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: plain(inner) for key, inner in value.items()}
    return [plain(item) for item in value] if isinstance(value, list) else value


@given(TREES, TREES)
def test_applied_difference_gives_the_edited(lower: dict[str, Any], edited: dict[str, Any]) -> None:
    changes = overlays.difference(lower, edited)
    text = canonical.dump({"extend": "thing", **changes})
    read, problems = nodes.read(text, "x.yaml")
    found, more = overlays.applied(nodes.placed(lower, Place("y.yaml")), read)
    assert not problems
    assert not more
    assert told(plain(found)) == told(edited)
    assert (changes == {}) == (told(lower) == told(edited))


@given(TREES)
def test_canonical_text_reads_back(tree: dict[str, Any]) -> None:
    text = canonical.dump(tree)
    assert plain(nodes.read(text, "x.yaml")[0]) == tree
    assert canonical.dump(plain(nodes.read(text, "x.yaml")[0])) == text


@pytest.mark.parametrize("word", ["no", "on", "012", "1:30", "2026-01-01", "~", "null", "1e3", "0o7", "", "- a", "#x",
                                  "a #b", "yes", "=", "<<", "1_000", " x", "x ", "é", "合同", "a\nb", "a\n", "\ta"])
def test_words_stay_words_everywhere(word: str) -> None:
    text = canonical.dump({"key": word})
    assert yaml.safe_load(text) == {"key": word}
    assert nodes.read(text, "x.yaml")[0] == {"key": word}
