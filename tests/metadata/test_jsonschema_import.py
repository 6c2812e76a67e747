"""A plain JSON Schema is an entity: printed as YAML for an author, or read as it is from a pack."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from formloom import cli
from formloom.metadata import compiler, loader
from formloom.metadata.builtin_types import TYPES
from formloom.metadata.catalog import Catalog
from formloom.metadata.jsonschema_import import BadSchema, entity_from_schema, is_schema
from formloom.metadata.sources import Source

CUSTOMER = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "title": "Customer Account",
    "description": "Who buys.",
    "type": "object",
    "required": ["fullName", "tier"],
    "properties": {
        "id": {"type": "string"},
        "fullName": {"type": "string", "title": "Full name", "maxLength": 80, "description": "As on invoices."},
        "客户": {"type": "string"},
        "notes": {"type": "string", "maxLength": 5000},
        "mail": {"type": "string", "format": "email"},
        "site": {"type": "string", "format": "uri"},
        "since": {"type": "string", "format": "date"},
        "seenAt": {"type": "string", "format": "date-time", "readOnly": True},
        "tier": {"enum": ["gold", "plain silver", None], "default": "plain silver"},
        "phase": {"oneOf": [{"const": 1, "title": "First"}, {"const": 2, "title": "Second"}], "default": 2},
        "regions": {"type": "array", "items": {"enum": ["华东", "华南"]}},
        "words": {"type": "array", "items": {"type": "string"}},
        "count": {"type": ["integer", "null"], "exclusiveMinimum": 0, "maximum": 9, "default": 3},
        "rate": {"type": "number", "multipleOf": 0.001, "minimum": 0},
        "active": {"type": "boolean", "default": True},
        "greeting": {"type": "string", "default": 'a "b"'},
        "manager": {"anyOf": [{"$ref": "#/$defs/person"}, {"type": "null"}]},
        "level": {"$ref": "#/$defs/level", "title": "Level"},
        "loop": {"$ref": "#/$defs/loop"},
        "outside": {"$ref": "https://example.com/x.json"},
        "extra": True,
    },
    "$defs": {
        "person": {"type": "object", "properties": {"name": {"type": "string"}}},
        "level": {"type": "integer", "minimum": 1},
        "loop": {"$ref": "#/$defs/loop"},
    },
}


def imported(schema: Any) -> dict[str, Any]:
    made: dict[str, Any] = yaml.safe_load(entity_from_schema(json.dumps(schema)))
    return made


def compiled(text: str, path: str = "entities/customer.json") -> Catalog:
    return compiler.compile([Source("p", path, text)], TYPES)


def test_entity_is_named_and_described() -> None:
    made = imported(CUSTOMER)
    assert (made["entity"], made["label"], made["help"]) == (
        "customer_account", {"en": "Customer Account"}, {"en": "Who buys."})


@pytest.mark.parametrize(("name", "field"), [
    ("customer_account_id", {"type": "text", "label": {"en": "id"}}),
    ("full_name", {"type": "text", "label": {"en": "Full name"}, "help": {"en": "As on invoices."}, "required": True,
                   "max_length": 80}),
    ("field_3", {"type": "text", "label": {"en": "客户"}}),
    ("notes", {"type": "long_text", "max_length": 5000}),
    ("mail", {"type": "email"}),
    ("site", {"type": "url"}),
    ("since", {"type": "date"}),
    ("seen_at", {"type": "datetime", "label": {"en": "seenAt"}, "readonly": True}),
    ("tier", {"type": "choice", "required": True, "default": '"plain_silver"', "choices": [
        {"value": "gold", "label": {"en": "gold"}}, {"value": "plain_silver", "label": {"en": "plain silver"}}]}),
    ("phase", {"type": "choice", "default": '"2"', "choices": [
        {"value": "1", "label": {"en": "First"}}, {"value": "2", "label": {"en": "Second"}}]}),
    ("regions", {"type": "choices", "choices": [
        {"value": "choice_1", "label": {"en": "华东"}}, {"value": "choice_2", "label": {"en": "华南"}}]}),
    ("words", {"type": "tags"}),
    ("count", {"type": "integer", "minimum": 1, "maximum": 9, "default": 3}),
    ("rate", {"type": "decimal", "minimum": 0, "scale": 3}),
    ("active", {"type": "boolean", "default": True}),
    ("greeting", {"type": "text", "default": '"a \\"b\\""'}),
    ("manager", {"type": "json"}),
    ("level", {"type": "integer", "label": {"en": "Level"}, "minimum": 1}),
    ("loop", {"type": "json"}),
    ("outside", {"type": "json"}),
    ("extra", {"type": "json"}),
])
def test_property_becomes_field(name: str, field: dict[str, Any]) -> None:
    assert imported(CUSTOMER)["fields"][name] == field


def test_every_property_is_kept() -> None:
    assert len(imported(CUSTOMER)["fields"]) == len(CUSTOMER["properties"])


def test_imported_entity_compiles() -> None:
    catalog = compiled(entity_from_schema(json.dumps(CUSTOMER)), "entities/customer.yaml")
    fields = catalog.entity("customer_account").fields
    assert fields["greeting"].default
    assert fields["greeting"].default.evaluate() == 'a "b"'


def test_names_that_fall_together_stay_apart() -> None:
    made = imported({"properties": {"a b": {}, "aB": {}, "a_b": {"type": "string"}}})
    assert list(made["fields"]) == ["a_b", "a_b_2", "a_b_3"]
    assert made["entity"] == "record"


@pytest.mark.parametrize("text", ["", "[1]", "{}", '{"properties": {}}', '{"properties": [1]}', '"a"', "[" * 5000])
def test_what_describes_nothing_is_refused(text: str) -> None:
    with pytest.raises(BadSchema):
        entity_from_schema(text)


UNHURRIED = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
ODD = st.recursive(st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
                   | st.text(max_size=5) | st.sampled_from(["string", "array", "number", "#/properties", "#/"]),
                   lambda inner: st.lists(inner, max_size=3), max_leaves=5)
KEYWORDS = ("type", "enum", "items", "format", "title", "description", "maxLength", "minimum", "maximum", "default",
            "$ref", "anyOf", "oneOf", "allOf", "const", "multipleOf", "exclusiveMinimum", "readOnly")
PROPERTY = st.recursive(ODD, lambda inner: st.dictionaries(
    st.sampled_from(KEYWORDS), inner | st.lists(inner, max_size=3), max_size=4), max_leaves=8)


@UNHURRIED
@given(st.dictionaries(st.text(max_size=6), PROPERTY, min_size=1, max_size=4), ODD, ODD)
def test_any_schema_gives_a_readable_definition(properties: Any, required: Any, title: Any) -> None:
    """What does not go together in it may be told, but its structure is always that of an entity."""
    text = json.dumps({"properties": properties, "required": required, "title": title})
    for source in (Source("p", "entities/a.json", text), Source("p", "entities/a.yaml", entity_from_schema(text))):
        codes = {p.code for p in compiler.check([source], TYPES)}
        assert codes <= {"bad-option", "bad-default", "duplicate-key"}


@pytest.fixture
def pack(tmp_path: Path) -> Path:
    (tmp_path / "entities").mkdir()
    (tmp_path / "roles").mkdir()
    (tmp_path / "pack.yaml").write_text("pack: shop\nversion: 1.0.0\n")
    (tmp_path / "roles" / "clerk.yaml").write_text("role: clerk\nentities: {customer: {read: tier = \"gold\"}}\n")
    (tmp_path / "entities" / "customer.json").write_text(json.dumps(CUSTOMER, indent=1, ensure_ascii=False))
    return tmp_path


def test_pack_may_hold_plain_schema(pack: Path) -> None:
    catalog = compiler.compile(loader.read_pack(pack), TYPES)
    customer = catalog.entity("customer")
    assert customer.label == {"en": "Customer Account"}
    assert customer.fields["full_name"].required
    assert str(customer.fields["rate"].options["scale"]) == "3"


def test_command_checks_plain_schema(pack: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORMLOOM_DATABASE_URL", f"sqlite:///{tmp_path / 'check.db'}")
    good = CliRunner().invoke(cli.main, ["check", str(pack)])
    assert (good.exit_code, good.output) == (0, "No problems.\n")
    (pack / "entities" / "order.json").write_text(
        '{"type": "object",\n "properties": {\n  "size": {"type": "integer",\n   "x-formloom": {\n'
        '    "visible_when": "sise > 1",\n    "wdith": 1}},\n  "n": {"type": "integer", "minimum": 5, "maximum": 4}}}')
    bad = CliRunner().invoke(cli.main, ["check", "--json", str(pack)])
    assert [(p["file"], p["line"], p["code"]) for p in json.loads(bad.output)] == [
        ("entities/order.json", 5, "unknown-name"), ("entities/order.json", 6, "unknown-key"),
        ("entities/order.json", 7, "bad-option")]


def test_own_words_complete_plain_schema() -> None:
    schema = {
        "title": "Order", "type": "object",
        "properties": {
            "state": {"enum": ["open", "done"]},
            "amount": {"type": "number", "x-formloom": {"type": "money", "currency": "CNY", "label": {"zh": "金额"}}},
        },
        "x-formloom": {
            "label": {"en": "Order", "zh": "订单"}, "state": "state", "list": {"columns": ["state", "twice"]},
            "fields": {"twice": {"type": "formula", "formula": "amount * 2"}},
            "actions": {"finish": {"set": {"state": '"done"'}}},
        },
    }
    entity = compiled(json.dumps(schema), "entities/order.json").entity("order")
    assert (entity.label["zh"], entity.state, entity.computed) == ("订单", "state", ("twice",))
    assert (entity.fields["amount"].type.name, entity.fields["amount"].label["zh"]) == ("money", "金额")
    assert list(entity.actions) == ["finish"]


def test_definition_of_ours_is_no_plain_schema() -> None:
    assert not is_schema({"entity": "a", "fields": {}, "properties": {"a": {}}})
    assert is_schema({"properties": {"a": {}}})


def test_command_prints_yaml(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(json.dumps(CUSTOMER))
    result = CliRunner().invoke(cli.main, ["entity", "import", str(tmp_path / "a.json")])
    assert result.output == entity_from_schema(json.dumps(CUSTOMER))
