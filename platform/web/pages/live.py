"""What the browser needs to keep a form alive: rules as syntax trees, and the values that are not in inputs.

A rule that asks about another record, or about working time, is not sent: the page keeps what the server found.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import simplejson

from formloom.feel import Expression
from formloom.feel.functions import working
from formloom.forms.form import Sheet, Tab
from formloom.metadata.catalog import Entity, Field

_MARK: dict[str, str | int | None] = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026"}


def script(sheet: Sheet, tabs: tuple[Tab, ...]) -> str:
    """JSON that is safe inside a script element."""
    text = simplejson.dumps(rules(sheet, tabs), ensure_ascii=False, use_decimal=True, default=str)
    return text.translate(str.maketrans(_MARK))


def rules(sheet: Sheet, tabs: tuple[Tab, ...]) -> dict[str, Any]:
    entity, catalog = sheet.entity, sheet.context.catalog
    tables = {f.name: _fields(catalog.entity(f.target or ""), None) for f in entity.fields.values()
              if f.type.name == "table" and f.name in sheet.readable}
    return {
        "now": sheet.show.now.astimezone(sheet.show.timezone).isoformat(timespec="seconds"),
        "locale": sheet.show.locale,
        "user": sheet.context.actor.feel, "fields": _fields(entity, sheet.readable), "tables": tables,
        "given": _given(sheet), "sections": [_tree(entity, s.condition) for tab in tabs for s in tab.sections],
    }


def _fields(entity: Entity, readable: frozenset[str] | None) -> dict[str, Any]:
    return {f.name: _field(entity, f) for f in entity.fields.values() if readable is None or f.name in readable}


def _field(entity: Entity, spec: Field) -> dict[str, Any]:
    found = {
        "type": spec.type.name, "feel": _feel(spec), "visible": _tree(entity, spec.visible_when),
        "required": _tree(entity, spec.required_when), "readonly": _tree(entity, spec.readonly_when),
        "formula": _tree(entity, spec.formula), "always": spec.required, "rollup": _rollup(spec),
        "currency": spec.options.get("currency"), "scale": spec.options.get("scale"),
        "returns": spec.options.get("returns"),
    }
    return {key: value for key, value in found.items() if value}


_RETURNS = {"money": "number", "decimal": "number", "integer": "number", "percent": "number", "rating": "number",
            "boolean": "boolean", "date": "date", "datetime": "date and time", "duration": "days and time duration"}


def _feel(spec: Field) -> str:
    if spec.type.name in ("reference", "user", "team"):
        return "number"
    return _RETURNS.get(str(spec.options.get("returns")), spec.type.feel_type)


def _rollup(spec: Field) -> dict[str, Any] | None:
    if spec.type.name != "rollup" or spec.options.get("where"):
        return None
    return {key: spec.options.get(key) for key in ("of", "function", "field")}


def _tree(entity: Entity, expression: Expression | None) -> Mapping[str, Any] | None:
    if expression is None or working.asked(expression.ast) or any(_leaves(entity, p) for p in expression.paths):
        return None
    return expression.json


def _leaves(entity: Entity, path: tuple[str, ...]) -> bool:
    spec = entity.fields.get(path[0])
    return len(path) > 1 and spec is not None and spec.type.name in ("reference", "references", "user")


def _given(sheet: Sheet) -> dict[str, Any]:
    found = {}
    for name, spec in sheet.entity.fields.items():
        value = sheet.values.get(name)
        if name in sheet.readable and value is not None and spec.type.name not in ("table", "json", "image", "file"):
            found[name] = spec.type.dump(value, spec)
    return found
