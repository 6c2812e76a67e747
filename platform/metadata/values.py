"""The way of a value in and out: strict, and friendly when it refuses."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import simplejson

from formloom.errors import Text

if TYPE_CHECKING:
    from formloom.metadata.catalog import Field

# Lone surrogates are legal in JSON text, and no encoding can store them.
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
_EMAIL = re.compile(r"[^@\s,;<>\"]{1,64}@[^@\s,;<>\"]+\.[^@\s,;<>\".]{2,63}")
_PHONE = re.compile(r"\+?[0-9][0-9 ()./#-]{1,38}")
_DURATION = re.compile(r"(-)?P(?:(\d{1,9})W)?(?:(\d{1,9})D)?(?:T(?:(\d{1,9})H)?(?:(\d{1,9})M)?(?:(\d{1,9})S)?)?")
_ESCAPE = re.compile(r"\\(?:u[0-9a-f]{4}|.)")
_SCHEMES = ("http", "https", "mailto", "tel")
ADDRESS_PARTS = ("country", "region", "city", "street", "postal_code")
PRECISION, SCALE = 18, 2        # digits of a number in all, and after the point, where a field does not say
MAX_TEXT, MAX_ADDRESS, MAX_JSON = 100_000, 200, 100_000    # characters
MAX_STARS = 5
_MAX_EXPONENT = 300             # of a number in JSON: what others read as a float
LARGEST_ID = 2**31 - 1      # what an integer column of PostgreSQL holds


def digits(field: Field) -> tuple[int, int]:
    """Precision and scale."""
    return int(field.options.get("precision", PRECISION)), int(field.options.get("scale", SCALE))


def same(value: Any, field: Field) -> Any:
    return value


def text(value: Any, field: Field) -> str:
    if not isinstance(value, str):
        raise ValueError(Text("must be text"))
    if _CONTROL.search(value):
        raise ValueError(Text("must not contain control characters"))
    return _short(value, field.options.get("max_length", MAX_TEXT))


def _short(value: str, limit: int) -> str:
    if len(value) > limit:
        raise ValueError(Text("must be at most {limit} characters, not {length}", limit=limit, length=len(value)))
    return value


def integer(value: Any, field: Field) -> int:
    number = _number(value)
    if number != number.to_integral_value() or abs(number) >= 2**63:
        raise ValueError(Text("must be a whole number"))
    return int(_bounded(number, field))


def decimal(value: Any, field: Field) -> Decimal:
    """Trailing zeros are no digits; others beyond the scale are refused, for rounding is the author's choice."""
    number = _number(value)
    precision, scale = digits(field)
    if abs(number) >= Decimal(10) ** (precision - scale):
        raise ValueError(Text("must have at most {digits} digits before the point", digits=precision - scale))
    if number != round(number, scale):
        raise ValueError(Text("must have at most {scale} digits after the point", scale=scale))
    return _bounded(round(number, scale), field)


def _number(value: Any) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal | str):
        raise ValueError(Text("must be a number"))
    try:
        number = Decimal(repr(value) if isinstance(value, float) else value)
    except InvalidOperation:
        raise ValueError(Text("must be a number")) from None
    if not number.is_finite() or abs(number.adjusted()) > 40:
        raise ValueError(Text("must be a number of ordinary size"))
    return number


def _bounded(number: Decimal, field: Field) -> Decimal:
    low, high = field.options.get("minimum"), field.options.get("maximum")
    if low is not None and number < low:
        raise ValueError(Text("must be at least {minimum}", minimum=low))
    if high is not None and number > high:
        raise ValueError(Text("must be at most {maximum}", maximum=high))
    return number


def rating(value: Any, field: Field) -> int:
    stars = integer(value, field)
    most = int(field.options.get("maximum", MAX_STARS))
    if not 0 <= stars <= most:
        raise ValueError(Text("must be a number of stars up to {maximum}", maximum=most))
    return stars


def boolean(value: Any, field: Field) -> bool:
    if value in ("true", "false"):
        return bool(value == "true")
    if not isinstance(value, bool):
        raise ValueError(Text("must be true or false"))
    return value


def day(value: Any, field: Field) -> date:
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    try:
        return date.fromisoformat(value)
    except (TypeError, ValueError):
        raise ValueError(Text("must be a date such as 2026-03-31")) from None


def moment(value: Any, field: Field) -> datetime:
    try:
        made = value if isinstance(value, datetime) else datetime.fromisoformat(value)
        if made.tzinfo is None and "zone" in field.options:
            made = made.replace(tzinfo=ZoneInfo(field.options["zone"]))
        if made.tzinfo is not None:
            return made.astimezone(UTC)
    except (TypeError, ValueError, OverflowError):
        raise ValueError(Text("must be a date and time such as 2026-03-31T09:30:00+08:00")) from None
    raise ValueError(Text("must say its time zone, such as 2026-03-31T09:30:00+08:00"))


def duration(value: Any, field: Field) -> timedelta:
    if isinstance(value, timedelta):
        return value - timedelta(microseconds=value.microseconds)
    found = _DURATION.fullmatch(value) if isinstance(value, str) else None
    if not found or not any(found.groups()[1:]):
        raise ValueError(Text("must be a duration such as P2D or PT1H30M"))
    weeks, days, hours, minutes, seconds = (int(part or 0) for part in found.groups()[1:])
    try:
        made = timedelta(weeks=weeks, days=days, hours=hours, minutes=minutes, seconds=seconds)
        return -made if found[1] else made
    except OverflowError:
        raise ValueError(Text("is too long a duration")) from None


def duration_text(value: timedelta, field: Field) -> str:
    seconds = int(abs(value).total_seconds())
    days, rest = divmod(seconds, 86_400)
    parts = zip((rest // 3600, rest // 60 % 60, rest % 60), "HMS", strict=True)
    clock = "".join(f"{n}{unit}" for n, unit in parts if n)
    body = (f"{days}D" if days else "") + (f"T{clock}" if clock else "")
    return ("-" if value < timedelta() else "") + "P" + (body or "T0S")


def iso(value: Any, field: Field) -> str:
    return str(value.isoformat()).replace("+00:00", "Z")


def choice(value: Any, field: Field) -> str:
    if not isinstance(value, str) or field.choice(value) is None:
        raise ValueError(Text("must be one of {choices}", choices=", ".join(c.value for c in field.choices)))
    return value


def choices(value: Any, field: Field) -> list[str]:
    return list(dict.fromkeys(choice(row, field) for row in _rows(value)))


def tags(value: Any, field: Field) -> list[str]:
    words = (text(row, field).strip() for row in _rows(value))
    return list(dict.fromkeys(word for word in words if word))


def _rows(value: Any) -> list[Any]:
    if not isinstance(value, list | tuple):
        raise ValueError(Text("must be a list"))
    return list(value)


def identity(value: Any, field: Field) -> int:
    try:
        number = int(value) if isinstance(value, str) and value.isascii() and value.isdigit() else value
    except ValueError:
        number = None
    if isinstance(number, Decimal) and number.is_finite() and 0 < number <= LARGEST_ID and number == int(number):
        number = int(number)
    if isinstance(number, bool) or not isinstance(number, int) or not 0 < number <= LARGEST_ID:
        raise ValueError(Text("must be the id of a record"))
    return int(number)


def identities(value: Any, field: Field) -> list[int]:
    return list(dict.fromkeys(identity(row, field) for row in _rows(value)))


def table(value: Any, field: Field) -> list[dict[str, Any]]:
    rows = _rows(value)
    if not all(isinstance(row, dict) for row in rows):
        raise ValueError(Text("must be a list of rows"))
    return rows


def email(value: Any, field: Field) -> str:
    made = text(value, field).strip()
    if not _EMAIL.fullmatch(made):
        raise ValueError(Text("must be an e-mail address such as name@example.com"))
    return made


def phone(value: Any, field: Field) -> str:
    made = text(value, field).strip()
    if not _PHONE.fullmatch(made):
        raise ValueError(Text("must be a telephone number such as +86 21 5555 0100"))
    return made


def url(value: Any, field: Field) -> str:
    made = text(value, field).strip()
    try:
        parts = urlsplit(made)
    except ValueError:
        raise ValueError(Text("must be an address such as https://example.com")) from None
    address = parts.netloc if parts.scheme.startswith("http") else parts.path
    if parts.scheme not in _SCHEMES or not address or any(map(str.isspace, made)):
        raise ValueError(Text("must be an address such as https://example.com"))
    return made


def address(value: Any, field: Field) -> dict[str, str]:
    if not isinstance(value, dict) or not set(value) <= set(ADDRESS_PARTS):
        raise ValueError(Text("must be an address with {parts}", parts=", ".join(ADDRESS_PARTS)))
    return {key: _short(text(part, field), MAX_ADDRESS) for key, part in value.items() if part not in (None, "")}


def structure(value: Any, _field: Field | None = None) -> Any:
    """As a database gives it back: lists, texts as keys, exact numbers."""
    try:
        written = str(simplejson.dumps(value, ensure_ascii=False, allow_nan=False, use_decimal=True, encoding=None))
        written.encode()
        made = simplejson.loads(written, parse_float=_json_number)
    except (TypeError, ValueError, RecursionError):
        raise ValueError(Text("must be JSON")) from None
    if "\\u0000" in _ESCAPE.findall(written):    # PostgreSQL cannot store it
        raise ValueError(Text("must not contain control characters"))
    if len(written) > MAX_JSON:
        raise ValueError(Text("must be at most {limit} characters of JSON", limit=MAX_JSON))
    return made


def _json_number(text: str) -> Decimal:
    number = Decimal(text)
    if abs(number.adjusted()) > _MAX_EXPONENT:
        raise ValueError(text)
    return number


def refused(value: Any, field: Field) -> Any:
    raise ValueError(Text("is computed and cannot be typed"))
