"""The published schemas are of the code, take the CRM and refuse what an author gets wrong."""

from __future__ import annotations

import importlib.util
import json
import re
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from formloom.metadata import compiler, loader, nodes
from formloom.metadata.builtin_types import TYPES
from formloom.metadata.sources import Source

ROOT = Path(__file__).parents[2]
SCHEMAS = ROOT / "platform" / "metadata" / "schemas"
REFERENCE = ROOT / "docs" / "entities.md"
KINDS = {"entities": "entity", "roles": "role", "workspaces": "workspace", "calendars": "calendar"}
DEFINITIONS = sorted(p for p in (ROOT / "config").glob("*/*.yaml") if p.parent.name in KINDS)


@pytest.fixture(scope="module")
def tool() -> ModuleType:
    spec = importlib.util.spec_from_file_location("schemas", ROOT / "tools" / "schemas.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def validator(kind: str) -> Draft202012Validator:
    schema = json.loads((SCHEMAS / f"{kind}.json").read_text(encoding="utf-8"))
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


def test_committed_files_are_of_code(tool: ModuleType) -> None:
    made = tool.generated()
    assert {path.name for path in made} == {p.name for p in SCHEMAS.glob("*")} | {"entities.md"}
    assert [path.name for path, words in made.items() if path.read_text(encoding="utf-8") != words] == []


def test_reference_has_every_generated_table(tool: ModuleType) -> None:
    named = re.findall(r"<!-- generated: ([a-z-]+) -->", REFERENCE.read_text(encoding="utf-8"))
    assert sorted(named) == sorted(tool.blocks())


def test_stale_file_is_noticed(tool: ModuleType) -> None:
    text = REFERENCE.read_text(encoding="utf-8").replace("Digits in all.", "Digits.")
    assert tool.reference(text) == REFERENCE.read_text(encoding="utf-8")


@pytest.mark.parametrize("path", [*DEFINITIONS, ROOT / "config" / "pack.yaml"], ids=lambda p: p.stem)
def test_definition_of_crm_is_valid(path: Path) -> None:
    value = yaml.load(path.read_text(encoding="utf-8"), Loader=nodes.Core)
    assert [e.message for e in validator(KINDS.get(path.parent.name, "pack")).iter_errors(value)] == []


def test_every_definition_of_crm_is_tried() -> None:
    assert {p.parent.name for p in DEFINITIONS} == set(KINDS)


def keys(schema: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Every key that can be written, with its schema."""
    if isinstance(schema, dict):
        if schema.get("additionalProperties") is False:
            yield from ((f"{path}.{key}", value) for key, value in schema["properties"].items())
        for key, value in schema.items():
            yield from keys(value, f"{path}.{key}")
    elif isinstance(schema, list):
        for item in schema:
            yield from keys(item, path)


@pytest.mark.parametrize("kind", ["entity", "role", "workspace", "pack"])
def test_every_key_is_described(kind: str) -> None:
    found = dict(keys(validator(kind).schema))
    assert kind in {path.rsplit(".")[-1] for path in found}
    assert [path for path, schema in found.items() if not schema.get("description")] == []


FIELD = {"entity": "a", "fields": {"b": {"type": "text"}}}


@pytest.mark.parametrize(("kind", "value", "rule"), [
    ("entity", {"fields": FIELD["fields"]}, "required"),
    ("entity", {"entity": "a", "fields": {}}, "minProperties"),
    ("entity", {**FIELD, "entity": "Order"}, "pattern"),
    ("entity", {**FIELD, "titel": "b"}, "additionalProperties"),
    ("entity", {**FIELD, "search": "b"}, "type"),
    ("entity", {**FIELD, "label": {}}, "anyOf"),
    ("entity", {**FIELD, "form": {"sections": [{"fields": ["b"], "columns": 3}]}}, "enum"),
    ("entity", {**FIELD, "views": [{"label": "All"}]}, "required"),
    ("entity", {"entity": "a", "fields": {"b": {}}}, "required"),
    ("entity", {"entity": "a", "fields": {"B": {"type": "text"}}}, "pattern"),
    ("entity", {"entity": "a", "fields": {"b": {"type": "txt"}}}, "enum"),
    ("entity", {"entity": "a", "fields": {"b": {"type": "text", "scale": 2}}}, "additionalProperties"),
    ("entity", {"entity": "a", "fields": {"b": {"type": "text", "max_length": 0}}}, "minimum"),
    ("entity", {"entity": "a", "fields": {"b": {"type": "decimal", "precision": 19}}}, "maximum"),
    ("entity", {"entity": "a", "fields": {"b": {"type": "money", "currency": "yuan"}}}, "pattern"),
    ("entity", {"entity": "a", "fields": {"b": {"type": "choice"}}}, "required"),
    ("entity", {"entity": "a", "fields": {"b": {"type": "choice", "choices": []}}}, "minItems"),
    ("entity", {"entity": "a", "fields": {"b": {"type": "reference"}}}, "required"),
    ("entity", {"entity": "a", "fields": {"b": {"type": "formula"}}}, "required"),
    ("entity", {"entity": "a", "fields": {"b": {"type": "sequence"}}}, "required"),
    ("entity", {"entity": "a", "fields": {"b": {"type": "rollup", "of": "c", "function": "total"}}}, "enum"),
    ("role", {"role": "a", "entities": {"b": {"write": True}}}, "additionalProperties"),
    ("role", {"role": "a", "entities": {"b": {"fields": {"c": {"mask": "first4"}}}}}, "enum"),
    ("role", {"role": "a", "admin": "yes"}, "type"),
    ("workspace", {"workspace": "a", "items": [{"view": "mine"}]}, "required"),
    ("workspace", {"workspace": "a"}, "required"),
    ("dashboard", {"dashboard": "a", "workspace": "b", "cards": [{"name": "c"}]}, "required"),
    ("dashboard", {"dashboard": "a", "workspace": "b", "cards": [{"name": "c", "entity": "d", "kind": "pie"}]}, "enum"),
    ("pack", {"pack": "a", "version": "one"}, "pattern"),
])
def test_mistake_is_refused(kind: str, value: Any, rule: str) -> None:
    assert [str(e.validator) for e in validator(kind).iter_errors(value)] == [rule]


def test_example_of_reference_compiles() -> None:
    found = re.findall(r"<!-- example: (\S+) -->\n```yaml\n(.*?)```", REFERENCE.read_text(encoding="utf-8"), re.DOTALL)
    assert len(found) == 7
    catalog = compiler.compile([Source("workshop", path, text) for path, text in found], TYPES)
    assert set(catalog.entities) == {"repair", "repair_part"}
    assert catalog.entity("repair").computed == ("cost",)


def test_definition_in_json_may_name_schema(tmp_path: Path) -> None:
    (tmp_path / "entities").mkdir()
    (tmp_path / "pack.yaml").write_text("pack: a\nversion: 1.0.0\n")
    (tmp_path / "entities" / "a.json").write_text(json.dumps({"$schema": "../entity.json", **FIELD}))
    assert set(compiler.compile(loader.read_pack(tmp_path), TYPES).entities) == {"a"}


def test_plain_schema_of_reference_compiles() -> None:
    found = re.findall(r"```json\n(.*?)```", REFERENCE.read_text(encoding="utf-8"), re.DOTALL)
    assert len(found) == 1
    entity = compiler.compile([Source("p", "entities/order.json", found[0])], TYPES).entity("order")
    assert (entity.state, entity.fields["amount"].type.name) == ("state", "money")
