"""What a form posted, as the values that actions take: the same as in the API's JSON.

A field that is not in the form is not in the result. Inputs of a row are called `lines/<key>/<field>`; rows keep the
order in which the page sent them.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import nh3
import simplejson
from werkzeug.datastructures import MultiDict

from formloom.errors import FieldError, Text
from formloom.forms.submission import sanitized
from formloom.metadata.catalog import Catalog, Entity, Field
from formloom.metadata.values import ADDRESS_PARTS

_NOISE = re.compile(r"[\s,_'’]|(?:CN)?[¥￥$€£%]")
_TIME = re.compile(r"(\d+)\s*(w|周|d|天|日|h|小时|时|min|m|分钟|分)", re.IGNORECASE)
_UNITS = {"w": "W", "周": "W", "d": "D", "天": "D", "日": "D", "h": "H", "小时": "H", "时": "H",
          "min": "M", "m": "M", "分钟": "M", "分": "M"}


@dataclass(slots=True)
class Posted:
    """`values` go to an action as they are; `errors` are texts that could not even be read as JSON."""

    values: dict[str, Any] = field(default_factory=dict)
    errors: list[FieldError] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Source:
    form: MultiDict[str, str]
    zone: ZoneInfo
    catalog: Catalog
    errors: list[FieldError]


def read(form: MultiDict[str, str], catalog: Catalog, entity: Entity, names: Iterable[str], zone: ZoneInfo) -> Posted:
    """The fields called `names`, as far as the form has them."""
    result = Posted()
    source = _Source(form, zone, catalog, result.errors)
    for name in names:
        spec = entity.field(name)
        if _present(source, name):
            result.values[name] = _value(source, spec, name, name)
        if f"{name}_currency" in form and spec.options.get("currencies"):
            result.values[f"{name}_currency"] = form[f"{name}_currency"]
    return result


def unchanged(catalog: Catalog, entity: Entity, values: Mapping[str, Any], was: Mapping[str, Any]) -> set[str]:
    """Fields that hold what the page showed: they are not sent, so that nobody's edit of them is undone."""
    return {name for name, value in values.items()
            if name in was and normal(catalog, entity, name, value) == was[name]}


def normal(catalog: Catalog, entity: Entity, name: str, value: Any) -> Any:
    """A stored or a posted value in the form in which the two can be compared."""
    spec = entity.fields.get(name)
    if spec is None or value is None or value == "":
        return value or None
    if spec.type.name == "table":
        child = catalog.entity(spec.target or "")
        return [{n: normal(catalog, child, n, v) for n, v in row.items() if v not in (None, "", [])} for row in value]
    try:
        return simplejson.loads(simplejson.dumps(spec.type.dump(spec.type.parse(value, spec), spec), default=str))
    except (ValueError, TypeError, ArithmeticError):
        return value


def _present(source: _Source, key: str) -> bool:
    return key in source.form or any(k.startswith(key + "/") for k in source.form)


def _value(source: _Source, spec: Field, key: str, path: str) -> Any:
    kind = spec.type.name
    if kind == "table":
        return _rows(source, spec, key)
    if kind == "address":
        parts = {part: source.form.get(f"{key}/{part}", "").strip() for part in ADDRESS_PARTS}
        return {part: words for part, words in parts.items() if words} or None
    if kind in ("choices", "references"):
        return [v for v in source.form.getlist(key) if v]
    text = source.form.getlist(key)[-1] if key in source.form else ""
    if kind == "json":
        return _json(source, text, path)
    return _READERS.get(kind, _text)(text, source.zone) if text.strip() else None


def _rows(source: _Source, spec: Field, key: str) -> list[dict[str, Any]]:
    child = source.catalog.entity(spec.target or "")
    keys = dict.fromkeys(k.split("/")[1] for k in source.form if k.startswith(key + "/"))
    rows: list[dict[str, Any]] = []
    for row_key in keys:
        row = _row(source, child, f"{key}/{row_key}", f"{key}/{len(rows)}")
        if any(value not in (None, "", []) for value in row.values()):
            rows.append(row)
    return rows


def _row(source: _Source, child: Entity, key: str, path: str) -> dict[str, Any]:
    row = {name: _value(source, spec, f"{key}/{name}", f"{path}/{name}")
           for name, spec in child.fields.items() if name != "id" and _present(source, f"{key}/{name}")}
    number = source.form.get(f"{key}/id", "")
    return {"id": int(number), **row} if number.isdigit() else row


def _json(source: _Source, text: str, path: str) -> Any:
    if not text.strip():
        return None
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        message = Text("This is not JSON: line {line}, column {column}.", line=error.lineno, column=error.colno)
        source.errors.append(FieldError(path, "not-json", message))
        return text


def _text(text: str, _zone: ZoneInfo) -> str:
    return text.replace("\r\n", "\n").strip()


def _number(text: str, _zone: ZoneInfo) -> str:
    """Takes what people paste: full-width digits, separators, a currency sign, a per cent sign."""
    return _NOISE.sub("", unicodedata.normalize("NFKC", text).replace("，", ","))


def _moment(text: str, zone: ZoneInfo) -> str:
    try:
        made = datetime.fromisoformat(text.strip())
    except ValueError:
        return text
    return (made if made.tzinfo else made.replace(tzinfo=zone)).isoformat()


def _duration(text: str, _zone: ZoneInfo) -> str:
    """`2 d 4 h`, `2 天 4 小时`, `90 min`; ISO 8601 and what is neither go on as they are."""
    parts: dict[str, int] = {}
    for amount, unit in _TIME.findall(text):
        parts[_UNITS[unit.lower()]] = parts.get(_UNITS[unit.lower()], 0) + int(amount)
    if not parts or _TIME.sub("", text).strip():
        return text.strip()
    days = parts.get("W", 0) * 7 + parts.get("D", 0)
    clock = "".join(f"{parts[u]}{u}" for u in "HM" if u in parts)
    return f"P{days}D" + (f"T{clock}" if clock else "")


def _tags(text: str, _zone: ZoneInfo) -> list[str]:
    return [word.strip() for word in re.split(r"[,，;；\n]", text) if word.strip()]


def rich(text: str, _zone: ZoneInfo | None = None) -> str | None:
    """Only what the editor can make; nothing else of what was pasted or forged stays."""
    cleaned = sanitized(text)
    return cleaned if nh3.clean(cleaned, tags=set()).strip() else None


_READERS: Mapping[str, Callable[[str, ZoneInfo], Any]] = {
    "integer": _number, "decimal": _number, "money": _number, "percent": _number, "rating": _number,
    "datetime": _moment, "duration": _duration, "tags": _tags, "rich_text": rich,
}
