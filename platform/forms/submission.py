"""What a browser sent, as values for actions. What was typed is kept, to be shown again if it is refused."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import nh3

from formloom.metadata.catalog import Catalog, Entity, Field
from formloom.policy.decision import Access

_MANY = ("choices", "references", "tags")
_TAGS = {"p", "br", "b", "strong", "i", "em", "u", "s", "ul", "ol", "li", "blockquote", "code", "pre", "h2", "h3", "a"}


@dataclass(frozen=True, slots=True)
class Submission:
    """`values` go to an action; `typed` go back into the form."""

    values: Mapping[str, Any]
    typed: Mapping[str, Any]
    version: int | None = None


def parse(
    form_data: Mapping[str, Sequence[str]], entity: Entity, access: Access, catalog: Catalog, timezone: str = "UTC"
) -> Submission:
    """Only inputs that the form offered are taken: a browser also posts what it was shown read-only."""
    values = _fields(form_data, "", entity, access.writable, timezone)
    for name, child in catalog.children(entity).items():
        if name in access.writable and f"{name}-#" in form_data:
            values[name] = _rows(form_data, name, child, timezone)
    version = (list(form_data.get("version", ())) or [""])[0]
    return Submission(values, values, int(version) if version.isdecimal() else None)


def _fields(
    data: Mapping[str, Sequence[str]], prefix: str, entity: Entity, names: frozenset[str], timezone: str
) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name in names:
        field, sent = entity.fields[name], data.get(prefix + name)
        if field.type.name == "table" or sent is None:
            continue
        found[name] = _value(field, [text for text in sent if text != ""], timezone)
        currency = data.get(f"{prefix}{name}_currency")
        if currency and field.options.get("currencies"):
            found[f"{name}_currency"] = currency[-1]
    return found


def _value(field: Field, sent: Sequence[str], timezone: str) -> Any:
    """A list for fields of many values; else the last one, because a checkbox follows its hidden "false"."""
    kind = field.type.name
    if kind in _MANY:
        parts = (part for text in sent for part in (text.split(",") if kind == "tags" else [text]))
        return [part.strip() for part in parts if part.strip()]
    if not sent:
        return False if kind == "boolean" else None
    text = sent[-1]
    if kind == "boolean":
        return text in ("true", "on", "1")
    if kind == "datetime":
        return utc(text, timezone)
    return sanitized(text) if kind == "rich_text" else text


def utc(text: str, timezone: str) -> str:
    """A local date and time of the actor's zone as UTC; what is none stays as typed, for validation to refuse."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return text
    local = moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(timezone))
    return local.astimezone(UTC).isoformat()


def sanitized(html: str) -> str:
    """Text with simple formatting; scripts, styles, images and handlers are dropped."""
    return nh3.clean(html, tags=_TAGS, attributes={"a": {"href"}}, url_schemes={"http", "https", "mailto", "tel"})


def _rows(data: Mapping[str, Sequence[str]], table: str, child: Entity, timezone: str) -> list[dict[str, Any]]:
    """Rows in the order of their indexes; a row in which nothing was typed is left out."""
    names = frozenset(n for n, f in child.fields.items() if not f.system and not f.type.computed)
    found = []
    for index in _indexes(data, table):
        prefix = f"{table}-{index}-"
        row = _fields(data, prefix, child, names, timezone)
        number = (list(data.get(f"{prefix}id", ())) or [""])[0]
        if number.isdecimal():
            row["id"] = int(number)
        if "id" in row or any(v not in (None, "", [], False) for v in row.values()):
            found.append(row)
    return found


def _indexes(data: Mapping[str, Sequence[str]], table: str) -> list[int]:
    parts = (name.removeprefix(f"{table}-").split("-")[0] for name in data if name.startswith(f"{table}-"))
    return sorted({int(part) for part in parts if part.isdecimal()})
