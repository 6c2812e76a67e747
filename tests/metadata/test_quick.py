"""The quick ways say nothing that the thorough ones do not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from formloom.metadata import builtin_types, language, nodes, quick_check

ROOT = Path(__file__).parents[2]
FILES = sorted(path for folder in ("config", "tests/packs") for path in (ROOT / folder).rglob("*.yaml"))
SCHEMAS = language.schemas(builtin_types.TYPES)
WORDS = st.sampled_from(["text", "choice", "formula", "table", "a", "en", "zh", "draft", "Bad Name", "true", ""])
KEYS = st.sampled_from([
    "entity", "role", "fields", "entities", "type", "label", "choices", "value", "formula", "required", "read", "form",
    "sections", "columns", "name", "create", "states", "views", "filter", "decision", "max_length", "a", "Bad Name",
])
VALUES = st.recursive(
    st.one_of(WORDS, st.booleans(), st.none(), st.integers(-2, 300), st.decimals(allow_nan=False, places=1)),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=5), max_leaves=20)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_files_are_read_alike(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    thorough, problems = nodes._thoroughly(text, path.name)
    quick, told = nodes.read(text, path.name)
    assert (_with_places(quick), told) == (_with_places(thorough), problems)


@given(st.text(alphabet="ab:-[]{}?,#&*!|>'\"% \n\t01.~e", max_size=60))
def test_texts_are_read_alike(text: str) -> None:
    try:
        quick = nodes._quickly(text, "a.yaml")
    except (nodes._Unusual, yaml.YAMLError, ValueError, RecursionError):
        return
    thorough, problems = nodes._thoroughly(text, "a.yaml")
    if not problems:
        assert _with_places(quick) == _with_places(thorough)


@given(st.sampled_from(sorted(SCHEMAS)), VALUES)
def test_what_holds_quickly_is_valid(kind: str, value: Any) -> None:
    for schema in (SCHEMAS[kind], *SCHEMAS[kind]["properties"].values()):
        if quick_check.compiled(schema)(value):
            assert Draft202012Validator(schema).is_valid(value)


@pytest.mark.parametrize("folder", ["config", "benchmarks/pack"])
def test_right_definitions_hold_quickly(folder: str) -> None:
    rules = quick_check.compiled(SCHEMAS["entity"])
    files = sorted((ROOT / folder / "entities").glob("*.yaml"))
    definitions = [nodes.read(path.read_text(encoding="utf-8"), path.name)[0] for path in files]
    assert definitions
    assert all(rules(definition) for definition in definitions if "extend" not in definition)


@pytest.mark.parametrize(("schema", "value"), [
    ({"enum": [1]}, True), ({"const": 1}, True), ({"type": "integer"}, True), ({"type": "number"}, False),
    ({"minLength": 1}, ""), ({"uniqueItems": True}, ["a", "a"]), ({"required": ["a"]}, {}), (False, 1),
    ({"format": "unheard-of", "type": "text"}, "a"), ({"if": {"type": "string"}, "then": {"minLength": 2}}, "a"),
    ({"allOf": [{"if": {"properties": {"k": {"const": "a"}}, "required": ["k"]}, "then": {"required": ["b"]}}]},
     {"k": "a"}),
])
def test_what_is_wrong_does_not_hold(schema: Any, value: Any) -> None:
    assert not quick_check.compiled(schema)(value)


def _with_places(value: Any) -> Any:
    if isinstance(value, nodes.Mapping):
        inner = {key: _with_places(held) for key, held in value.items()}
        return value.place, inner, value.keys_at, value.values_at
    if isinstance(value, nodes.Sequence):
        return value.place, [_with_places(held) for held in value], value.items_at
    return type(value), value
