"""Values as people write them, and back: the pivot of conversions between types that have no shorter way.

`text_of` is exact: what it writes, `read` takes. `read` is generous (`1,234.50`, `2026年3月1日`, `是`) and never
guesses: what could mean two things is refused.
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import simplejson

from formloom.errors import Text
from formloom.metadata import values
from formloom.metadata.builtin_types import TYPES
from formloom.metadata.catalog import Field
from formloom.metadata.fieldtypes import FieldType

_TRUE = frozenset(("true", "yes", "y", "1", "on", "是", "对", "真", "有", "√"))
_FALSE = frozenset(("false", "no", "n", "0", "off", "否", "不", "错", "假", "无", "×"))
_GROUPED = re.compile(r"[-+]?\d{1,3}(,\d{3})+(\.\d+)?")
_NUMBER = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d{1,2})?")
_DAY = re.compile(r"(\d{4})(?:[-/.](\d{1,2})[-/.](\d{1,2})|年(\d{1,2})月(\d{1,2})日?|(\d{2})(\d{2}))")
_SEPARATORS = re.compile(r"[,;，；、|\n]")
_TAG = re.compile(r"<(/?)(br|p|div|li|tr|h\d)?[^>]*>", re.IGNORECASE)
_SYMBOLS = {"¥": "CNY", "€": "EUR", "£": "GBP", "$": "USD"}
_CODE = re.compile(r"([A-Z]{3})\s*(.+)|(.+?)\s*([A-Z]{3})")
NUMBERS = frozenset(("integer", "decimal", "money", "percent", "rating"))
WORDS = frozenset(("text", "long_text", "sequence"))


class Amount(NamedTuple):
    """The value of a money field that has several currencies."""

    amount: Decimal | None
    currency: str | None


def kind(field: Field) -> str:
    """The type of its values: of a computed field, what it returns."""
    return str(field.options["returns"]) if field.type.name in ("formula", "rollup") else field.type.name


def typed(field: Field) -> FieldType:
    return TYPES[kind(field)] if field.type.name in ("formula", "rollup") else field.type


def text_of(value: Any, field: Field) -> str:
    """Of one value that is not empty; references are resolved before."""
    if isinstance(value, Amount):
        return f"{_plain(value.amount or Decimal())} {value.currency or ''}".strip()
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return _plain(value)
    if kind(field) == "rich_text":
        return _without_tags(value)
    return _structured(value, field)


def _structured(value: Any, field: Field) -> str:
    if kind(field) == "address":
        return ", ".join(value[part] for part in values.ADDRESS_PARTS if value.get(part))
    if kind(field) == "json":
        return str(simplejson.dumps(value, ensure_ascii=False, use_decimal=True))
    if isinstance(value, list):
        return ", ".join(map(str, value))
    if isinstance(value, date | datetime):
        return values.iso(value, field)
    if isinstance(value, timedelta):
        return values.duration_text(value, field)
    return str(value)


def _plain(number: Decimal) -> str:
    shown = format(number, "f")
    return shown.rstrip("0").rstrip(".") if "." in shown else shown


def _without_tags(text: str) -> str:
    lines = _TAG.sub(lambda found: "\n" if found[2] and (found[1] or found[2].lower() == "br") else "", text)
    return html.unescape(lines).strip()


def read(text: str, field: Field) -> Any:
    """The value that is meant; raises ValueError(Text). Choices by value or by a label in any language."""
    plain = unicodedata.normalize("NFKC", text).strip()
    reader = _READERS.get(kind(field))
    if reader is not None:
        return reader(plain, field)
    if field.options.get("currencies"):
        return _amount(plain, field)
    if kind(field) in NUMBERS:
        return typed(field).parse(_single_currency(plain, field), field)
    if kind(field) == "address":
        return values.address({"street": text.strip()}, field)
    return typed(field).parse(text if kind(field) in WORDS else plain, field)


def number(plain: str) -> Decimal:
    bare = plain.removesuffix("%").strip().replace("−", "-")
    bare = bare.replace(",", "") if _GROUPED.fullmatch(bare) else bare
    if not _NUMBER.fullmatch(bare):
        raise ValueError(Text("must be a number"))
    return Decimal(bare)


def _money(plain: str) -> tuple[Decimal, str | None]:
    for symbol, code in _SYMBOLS.items():
        if symbol in plain:
            return number(plain.replace(symbol, "", 1).strip()), code
    found = _CODE.fullmatch(plain)
    return (number(found[2] or found[3]), found[1] or found[4]) if found else (number(plain), None)


def _single_currency(plain: str, field: Field) -> Decimal:
    amount, code = _money(plain) if kind(field) == "money" else (number(plain), None)
    own = field.options.get("currency")
    if code is not None and own is not None and code != own:
        raise ValueError(Text("is in {currency}, not in {own}", currency=code, own=own))
    return amount


def _amount(plain: str, field: Field) -> Amount:
    amount, code = _money(plain)
    return in_currency(amount, code, field)


def in_currency(amount: Decimal, code: str | None, field: Field) -> Amount:
    allowed = field.options["currencies"]
    chosen = code or field.options.get("currency") or allowed[0]
    if chosen not in allowed:
        raise ValueError(Text("must be one of {choices}", choices=", ".join(allowed)))
    return Amount(values.decimal(amount, field), chosen)


def _boolean(plain: str, field: Field) -> bool:
    word = plain.casefold()
    if word not in _TRUE | _FALSE:
        raise ValueError(Text("must be true or false"))
    return word in _TRUE


def day(plain: str, field: Field) -> date:
    found = _DAY.fullmatch(plain)
    if found:
        month, number = next(pair for pair in (found.group(2, 3), found.group(4, 5), found.group(6, 7)) if pair[0])
        try:
            return date(int(found[1]), int(month), int(number))
        except ValueError:
            pass
    raise ValueError(Text("must be a date such as 2026-03-31"))


def _moment(plain: str, field: Field) -> datetime:
    if _DAY.fullmatch(plain):
        return midnight(day(plain, field), field)
    return values.moment(plain.replace("/", "-"), field)


def midnight(value: date, field: Field) -> datetime:
    """In the zone of the field, UTC where it has none."""
    zone = ZoneInfo(field.options["zone"]) if "zone" in field.options else UTC
    return datetime(value.year, value.month, value.day, tzinfo=zone).astimezone(UTC)


def named(field: Field, plain: str) -> str | None:
    """The one choice that has this value, or this label in some language."""
    if field.choice(plain) is not None:
        return plain
    word = plain.casefold()
    found = {c.value for c in field.choices for name in (c.value, *c.label.values()) if name.casefold() == word}
    return found.pop() if len(found) == 1 else None


def _choice(plain: str, field: Field) -> str:
    return values.choice(named(field, plain) or plain, field)


def pieces(text: str) -> list[str]:
    return [piece.strip() for piece in _SEPARATORS.split(text) if piece.strip()]


def _choices(plain: str, field: Field) -> list[str]:
    return list(dict.fromkeys(_choice(piece, field) for piece in pieces(plain)))


def _tags(plain: str, field: Field) -> list[str]:
    return values.tags(pieces(plain), field)


def _json(plain: str, field: Field) -> Any:
    try:
        return values.structure(simplejson.loads(plain, use_decimal=True), field)
    except ValueError:
        return values.structure(plain, field)


def _rich(plain: str, field: Field) -> str:
    return str(TYPES["rich_text"].parse(html.escape(plain, quote=False).replace("\n", "<br>"), field))


_READERS: Mapping[str, Callable[[str, Field], Any]] = {
    "boolean": _boolean, "date": day, "datetime": _moment, "choice": _choice, "choices": _choices, "tags": _tags,
    "json": _json, "rich_text": _rich,
}
