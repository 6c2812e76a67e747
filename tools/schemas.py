"""Publish the definition language: a JSON Schema per kind of definition, and the tables of docs/entities.md.

    python tools/schemas.py            write platform/metadata/schemas/*.json and the generated parts of the reference
    python tools/schemas.py --check    say which of them are not of the code

Between `<!-- generated: name -->` and `<!-- end -->` the reference is of the code; the prose around is by hand.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator
from sqlalchemy.dialects import postgresql, sqlite

from formloom.metadata import form_language, grammar, language, time_language, view_language
from formloom.metadata.builtin_types import TYPES
from formloom.metadata.catalog import Choice, Field
from formloom.metadata.dashboard_language import CARD, DASHBOARD
from formloom.metadata.fieldtypes import FieldType
from formloom.storage import tables

ROOT = Path(__file__).parents[1]
SCHEMAS = ROOT / "platform" / "metadata" / "schemas"
REFERENCE = ROOT / "docs" / "entities.md"
BLOCK = re.compile(r"(?<=<!-- generated: )([a-z-]+)( -->\n).*?(?=<!-- end -->)", re.DOTALL)
# What a field needs for its columns and schema to be shown.
SAMPLE: Mapping[str, Mapping[str, Any]] = {
    "formula": {"returns": "decimal"}, "rollup": {"returns": "integer"},
}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true")
    files = generated()
    stale = [path for path, words in files.items() if not path.is_file() or path.read_text(encoding="utf-8") != words]
    if parser.parse_args().check:
        for path in stale:
            print(f"{path.relative_to(ROOT)} is not of the code: run make schemas", file=sys.stderr)
        return 1 if stale else 0
    SCHEMAS.mkdir(exist_ok=True)
    for path in stale:
        path.write_text(files[path], encoding="utf-8")
        print(path.relative_to(ROOT))
    return 0


def generated() -> dict[Path, str]:
    """Every published file with what it must hold."""
    made = {}
    for kind, schema in language.schemas(TYPES).items():
        Draft202012Validator.check_schema(schema)
        made[SCHEMAS / f"{kind}.json"] = json.dumps(schema, indent=2, ensure_ascii=False) + "\n"
    made[REFERENCE] = reference(REFERENCE.read_text(encoding="utf-8"))
    return made


def reference(text: str) -> str:
    """The reference with its generated parts made anew."""
    parts = blocks()
    return BLOCK.sub(lambda found: f"{found[1]}{found[2]}{parts[found[1]]}", text)


def blocks() -> dict[str, str]:
    entity = language.entity_schema(TYPES)
    parts = {f"keys-{name}": _keys(schema) for name, schema in {
        "entity": entity,
        "field": grammar.record(language.COMMON, ("type",)),
        "choice": language.CHOICE,
        "constraint": language.CONSTRAINT,
        "form": form_language.FORM,
        "section": form_language.SECTION,
        "tab": form_language.TAB,
        "layout": form_language.LAYOUT,
        "list": language.LIST,
        "view": view_language.VIEW,
        "kanban": view_language.KANBAN,
        "calendar-view": view_language.CALENDAR,
        "related": language.RELATED,
        "action": language.ACTION,
        "role": language.role_schema(),
        "permission": language.role_schema()["properties"]["entities"]["additionalProperties"],
        "state-rule": language.STATE_RULE,
        "field-rule": language.FIELD_RULE,
        "workspace": language.workspace_schema(),
        "item": language.workspace_schema()["properties"]["items"]["items"],
        "dashboard": language.document("dashboard", "", DASHBOARD),
        "card": CARD,
        "pack": language.pack_schema(),
        "calendar": time_language.CALENDAR,
        "week": time_language.WEEK,
        "holiday": time_language.HOLIDAY,
        "worked": time_language.WORKED,
        "sla": time_language.SERVICE_LEVEL,
    }.items()}
    return parts | {"types": _types(), "columns": _columns(), "operators": _operators(), "options": _options()}


# tables of the reference

def _table(heads: tuple[str, ...], rows: Iterator[tuple[str, ...]]) -> str:
    lines = [heads, tuple("---" for _ in heads), *rows]
    return "".join(f"| {' | '.join(cell.replace('|', '&#124;') for cell in line)} |\n" for line in lines)


def _keys(schema: Mapping[str, Any]) -> str:
    needed = schema.get("required", ())
    rows = ((f"`{key}`" + (" *" if key in needed else ""), _kind(value), _default(value), _meaning(value))
            for key, value in schema["properties"].items())
    return _table(("key", "value", "default", "meaning"), rows)


def _meaning(schema: Mapping[str, Any]) -> str:
    """The description without what the column `value` says."""
    words: str = schema["description"]
    return words.removesuffix(grammar.PER_LANGUAGE).removesuffix(grammar.IN_FEEL)


def _kind(schema: Mapping[str, Any]) -> str:
    """What is written at a key, in a word or two."""
    bare = {key: value for key, value in schema.items() if key not in ("description", "default", grammar.KEYS)}
    if {**bare, grammar.HOLDS: ""} == {**grammar.NAME, grammar.HOLDS: ""}:
        return "name"
    named = {"label": grammar.LABEL, "FEEL": grammar.FEEL}
    for words, known in named.items():
        about = {**bare, grammar.HOLDS: str(bare.get(grammar.HOLDS, "")).split("@")[0]} if words == "FEEL" else bare
        if about == known:
            return words
    if "enum" in bare:
        return " ".join(f"`{value}`" for value in bare["enum"])
    if bare.get("type") == "array":
        inner = _kind(bare["items"])
        return {"name": "names", "names": "list of names"}.get(inner, f"list of {inner}s")
    if bare.get("type") == "object":
        return "mapping"
    return {"string": "text"}.get(str(bare["type"]), str(bare["type"]))


def _default(schema: Mapping[str, Any]) -> str:
    return f"`{json.dumps(schema['default'])}`" if "default" in schema else ""


def _sample(field_type: FieldType) -> Field:
    """A field of this type with nothing but what it must have."""
    return Field(
        id="f", name="f", type=field_type, label={}, options=SAMPLE.get(field_type.name, {}),
        target="entity" if "entity" in field_type.options else None,
        choices=(Choice("a", {}), Choice("b", {})) if "choices" in field_type.options else ())


def _types() -> str:
    rows = ((f"`{name}`", made.about, _code(made.json_schema(_sample(made))), f"`{made.widget}`", made.feel_type)
            for name, made in TYPES.items())
    return _table(("type", "what it holds", "JSON Schema in the API", "widget", "in FEEL"), rows)


def _columns() -> str:
    rows = ((f"`{name}`", *_stored(made)) for name, made in TYPES.items())
    return _table(("type", "column", "SQLite", "PostgreSQL"), rows)


def _stored(made: FieldType) -> tuple[str, str, str]:
    field = _sample(made)
    columns = tables.columns_of(field)
    if tables.is_link(field):
        return "join table `j_<entity>_<field>`", "INTEGER", "INTEGER"
    if not columns:
        return "none: rows are records of the child", "", ""
    kinds = [tables.sql_type(column, field) for column in columns]
    names = [f"`<field>{column.suffix}`" for column in columns]
    target = f" → `{tables.target_table(columns[0], field)}`".replace("e_entity", "e_<entity>") \
        if columns[0].kind == "reference" else ""
    lite, post = ([str(kind.compile(dialect=module.dialect())) for kind in kinds] for module in (sqlite, postgresql))
    return ", ".join(names) + target, lite[0], post[0]


def _operators() -> str:
    rows = ((f"`{name}`", " ".join(f"`{operator}`" for operator in made.operators) or "none")
            for name, made in TYPES.items())
    return _table(("type", "operators"), rows)


def _options() -> str:
    rows = ((f"`{name}`", f"`{key}`" + (" *" if key in schema.get("required", ()) else ""), _option_kind(option),
             _default(option), _meaning(option))
            for name, made in TYPES.items() for schema in (language.field_schema(made),)
            for key, option in schema["properties"].items() if key not in language.COMMON)
    return _table(("type", "option", "value", "default", "meaning"), rows)


def _option_kind(option: Mapping[str, Any]) -> str:
    low, high = option.get("minimum"), option.get("maximum")
    limits = f" {low} to {high}" if low is not None and high is not None else f" from {low}" if low is not None else ""
    return _kind(option) + limits


def _code(schema: Mapping[str, Any]) -> str:
    return f"`{json.dumps(schema)}`" if schema else "anything"


if __name__ == "__main__":
    sys.exit(main())
