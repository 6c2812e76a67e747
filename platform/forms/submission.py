"""What a form posted, as the values that actions take: the same as in the API's JSON.

A field that is not in the form is not in the result; an empty input is null. Inputs of a row are called
`lines/<key>/<field>`; rows keep the order in which the page sent them, and one in which nothing was typed is left out.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import nh3
import simplejson

from formloom.errors import KINDS, FieldError, Text, ValidationFailed
from formloom.metadata.catalog import Catalog, Entity, Field
from formloom.metadata.values import ADDRESS_PARTS

_NOISE = re.compile(r"[\s,_'’]|(?:CN)?[¥￥$€£%]")
_TIME = re.compile(r"(\d+)\s*(w|周|d|天|日|h|小时|时|min|m|分钟|分)", re.IGNORECASE)
_UNITS = {"w": "W", "周": "W", "d": "D", "天": "D", "日": "D", "h": "H", "小时": "H", "时": "H",
          "min": "M", "m": "M", "分钟": "M", "分": "M"}


# What stands in a form beside fields: the token, what was read, the decision of a task, the sides of a conflict.
ENVELOPE = frozenset({"csrf_token", "version", "was", "next", "pick", "outcome", "comment", "choice", "kept"})
_UPLOAD = ("file", "clear")
_TAGS = {"p", "br", "b", "strong", "i", "em", "u", "s", "ul", "ol", "li", "blockquote", "code", "pre", "h2", "h3", "a"}

Form = Mapping[str, Sequence[str]]      # by input, what was sent for it, as `MultiDict.to_dict(flat=False)` gives it


@dataclass(slots=True)
class Submission:
    """`values` go to an action, and as they are back into the form if it refuses them; `errors` are of inputs that are
    no fields, and of texts that could not even be read."""

    values: dict[str, Any] = field(default_factory=dict)
    errors: list[FieldError] = field(default_factory=list)

    def check(self) -> None:
        """Raises ValidationFailed."""
        if self.errors:
            raise ValidationFailed(self.errors)


@dataclass(frozen=True, slots=True)
class _Source:
    form: Form
    zone: ZoneInfo
    catalog: Catalog
    errors: list[FieldError]


def read(form: Form, catalog: Catalog, entity: Entity, names: Iterable[str], zone: ZoneInfo) -> Submission:
    """The fields called `names`, as far as the form has them: a page also posts what it shows read-only."""
    result = Submission(errors=list(_strangers(form, catalog, entity)))
    source = _Source(form, zone, catalog, result.errors)
    for name in names:
        spec = entity.field(name)
        if _present(source, name):
            result.values[name] = _value(source, spec, name, name)
        if f"{name}_currency" in form and spec.options.get("currencies"):
            result.values[f"{name}_currency"] = _last(form, f"{name}_currency")
    return result


def _last(form: Form, key: str) -> str:
    """A checkbox follows its hidden "false"."""
    return next(reversed(form.get(key, ())), "")


def _strangers(form: Form, catalog: Catalog, entity: Entity) -> Iterator[FieldError]:
    """Inputs that no form of this entity has: told, so that nothing typed is lost in silence."""
    for key in form:
        head, *rest = key.split("/")
        spec = _owner(entity, head)
        if spec is None:
            if head not in ENVELOPE:
                yield _unknown(key, head)
        elif spec.type.name == "table" and len(rest) > 1 and rest[1] != "id":
            child = catalog.entity(spec.target or "")
            if _owner(child, rest[1]) is None:
                yield _unknown(key, rest[1])
        elif rest and spec.type.name != "table" and rest[0] not in (*ADDRESS_PARTS, *_UPLOAD):
            yield _unknown(key, key)


def _owner(entity: Entity, name: str) -> Field | None:
    return entity.fields.get(name) or entity.fields.get(name.removesuffix("_currency"))


def _unknown(path: str, name: str) -> FieldError:
    return FieldError(path, "unknown-field", Text("There is no {kind} {name}.", kind=KINDS["field"], name=name))


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
        found = simplejson.loads(simplejson.dumps(spec.type.dump(spec.type.parse(value, spec), spec), default=str))
        return None if found in ({}, []) else found     # an address without parts reads as none
    except (ValueError, TypeError, ArithmeticError):
        return value


def _present(source: _Source, key: str) -> bool:
    return key in source.form or any(k.startswith(key + "/") for k in source.form)


def _value(source: _Source, spec: Field, key: str, path: str) -> Any:
    kind = spec.type.name
    if kind == "table":
        return _rows(source, spec, key)
    if kind == "address":
        parts = {part: _last(source.form, f"{key}/{part}").strip() for part in ADDRESS_PARTS}
        return {part: words for part, words in parts.items() if words} or None
    if kind in ("choices", "references"):
        return [v for v in source.form.get(key, ()) if v]
    text = _last(source.form, key)
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
    number = _last(source.form, f"{key}/id")
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


def _rich(text: str, _zone: ZoneInfo) -> str | None:
    """Only what the editor can make; scripts, styles, images and handlers are dropped, pasted or forged."""
    schemes = {"http", "https", "mailto", "tel"}
    cleaned = nh3.clean(text, tags=_TAGS, attributes={"a": {"href"}}, url_schemes=schemes)
    return cleaned if nh3.clean(cleaned, tags=set()).strip() else None


_READERS: Mapping[str, Callable[[str, ZoneInfo], Any]] = {
    "integer": _number, "decimal": _number, "money": _number, "percent": _number, "rating": _number,
    "datetime": _moment, "duration": _duration, "tags": _tags, "rich_text": _rich,
}
