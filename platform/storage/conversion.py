"""One value of a field as a value of what the field becomes: pure, typed, and total.

A value converts, or there is a reason why not; then the person's choice says what becomes of it. Nothing here knows a
database: references are named and found through a `Lookup`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import ROUND_HALF_UP, Decimal
from difflib import get_close_matches
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from formloom.errors import Text
from formloom.metadata import values
from formloom.metadata.catalog import Field
from formloom.storage import choices, plain_text
from formloom.storage.choices import Conversion
from formloom.storage.plain_text import NUMBERS, Amount, kind, text_of, typed

POINTING = frozenset(("reference", "references", "user", "team", "file", "image"))
_FILES = frozenset(("file", "image"))
_TEXTS = frozenset(("text", "long_text"))
_PLAIN = frozenset(("text", "long_text", "choice", "email", "phone", "url", "sequence"))
_EXACT = frozenset(("decimal", "money", "percent"))
_LISTS = frozenset(("choices", "tags"))
_NO_LINK = Text("There is no {name} here, or more than one.", name="{name}")
_KEPT_WIDENING: Mapping[str, frozenset[str]] = {
    "text": _PLAIN, "long_text": _PLAIN, "sequence": _PLAIN, "integer": frozenset(("integer", "rating")),
    "tags": _LISTS, "file": _FILES, "image": _FILES,
    **dict.fromkeys(_EXACT, _EXACT),
}


class Lookup(Protocol):
    """What a reference is called, and who is called so; one per fill, for it may keep what it read."""

    def title(self, field: Field, id: int) -> str | None: ...

    def find(self, field: Field, name: str) -> int | None:
        """The one record of this title or number; None where there is none, or several."""
        ...

    def near(self, field: Field, name: str) -> str | None: ...


@dataclass(frozen=True, slots=True)
class Converted:
    """`why`: it does not convert by itself; `value` is then what the choice makes of it."""

    value: Any
    why: Text | None = None


@dataclass(frozen=True, slots=True)
class Suggestion:
    """What a value that does not convert was probably meant to be; `label` is how a person reads it."""

    value: Any
    label: Any


def keeps_values(was: Field, now: Field) -> bool:
    """Whether every stored value is a value of the new type as it stands, in columns of the same form."""
    before, after = kind(was), kind(now)
    same = before == after or before in _KEPT_WIDENING.get(after, ())
    return same and was.options.get("currencies") == now.options.get("currencies")


def convert(value: Any, was: Field, now: Field, chosen: Conversion, lookup: Lookup) -> Converted:
    """Empty stays empty. The mapping wins, then the value itself, then what the choice says of the rest."""
    if is_empty(value):
        return Converted(None)
    if chosen.mapping:
        key = key_of(value, was, lookup)
        if key in chosen.mapping:
            return _given(chosen.mapping[key], now)
    try:
        return Converted(_carried(value, was, now, lookup))
    except ValueError as error:
        why = error.args[0] if error.args and isinstance(error.args[0], Text) else Text(
            "This is not a value of the type {type}.", type=now.type.name)
    return Converted(_otherwise(value, was, now, chosen, lookup), why)


def is_empty(value: Any) -> bool:
    return value is None or value == "" or value == [] or value == {} or value == Amount(None, None)


def key_of(value: Any, was: Field, lookup: Lookup) -> str:
    """The text by which a mapping names a value, and by which a person reads it."""
    if kind(was) in POINTING:
        return ", ".join(lookup.title(was, one) or f"#{one}" for one in (value if isinstance(value, list) else [value]))
    return text_of(value, was)


def suggestion(value: Any, was: Field, now: Field, lookup: Lookup) -> Suggestion | None:
    """The nearest value that the new type has: rounded, within limits, shortened, or called nearly so."""
    if kind(now) in NUMBERS:
        return _rounded(value, was, now)
    words = key_of(value, was, lookup)
    if kind(now) in ("choice", "choices"):
        return _near_choice(words, now)
    if kind(now) in ("reference", "references", "user", "team"):
        name = lookup.near(now, words)
        found = lookup.find(now, name) if name is not None else None
        return None if found is None else Suggestion([found] if kind(now) == "references" else found, name)
    limit = now.options.get("max_length")
    if kind(now) in _TEXTS and limit is not None and len(words) > limit:
        return Suggestion(words[:limit], words[:limit])
    return None


def _given(stored: Any, now: Field) -> Converted:
    """A value that a person typed into the mapping table."""
    if is_empty(stored):
        return Converted(None)
    try:
        return Converted(plain_text.read(stored, now) if isinstance(stored, str) and kind(now) not in POINTING
                         else typed(now).parse(stored, now))
    except ValueError as error:
        return Converted(None, error.args[0] if isinstance(error.args[0], Text) else Text("{error}", error=str(error)))


def _otherwise(value: Any, was: Field, now: Field, chosen: Conversion, lookup: Lookup) -> Any:
    if chosen.otherwise == choices.DEFAULT:
        return _given(chosen.default, now).value
    if chosen.otherwise == choices.NEAREST:
        found = suggestion(value, was, now, lookup)
        return found.value if found else None
    return None


def _carried(value: Any, was: Field, now: Field, lookup: Lookup) -> Any:
    if kind(was) in POINTING or kind(now) in POINTING:
        return _pointed(value, was, now, lookup)
    if kind(was) in NUMBERS and kind(now) in NUMBERS:
        return _counted(value, was, now)
    if isinstance(value, bool) and kind(now) in NUMBERS:
        return typed(now).parse(int(value), now)
    if isinstance(value, datetime) and kind(now) == "date":
        return value.astimezone(ZoneInfo(was.options["zone"]) if "zone" in was.options else UTC).date()
    if isinstance(value, date) and not isinstance(value, datetime) and kind(now) == "datetime":
        return plain_text.midnight(value, now)
    if isinstance(value, list):
        return _listed(value, was, now)
    if kind(was) == kind(now):
        return typed(now).parse(value, now)
    return plain_text.read(text_of(value, was), now)


def _counted(value: Any, was: Field, now: Field) -> Any:
    amount, code = value if isinstance(value, Amount) else (value, was.options.get("currency"))
    if now.options.get("currencies"):
        return plain_text.in_currency(Decimal(amount or 0), code, now)
    own = now.options.get("currency")
    if isinstance(value, Amount) and own and code != own:
        raise ValueError(Text("is in {currency}, not in {own}", currency=code, own=own))
    return typed(now).parse(amount, now)


def _listed(value: Sequence[Any], was: Field, now: Field) -> Any:
    if kind(now) in ("choices", "tags"):
        texts = [str(one) for one in value]
        known = [plain_text.named(now, text) or text for text in texts] if kind(now) == "choices" else texts
        return typed(now).parse(known, now)
    if kind(now) == "json":
        return typed(now).parse(list(value), now)
    if len(value) > 1 and kind(now) not in ("text", "long_text", "rich_text"):
        raise ValueError(Text("has {count} values; one can be kept", count=len(value)))
    return plain_text.read(text_of(list(value), was), now)


def _pointed(value: Any, was: Field, now: Field, lookup: Lookup) -> Any:
    ids = list(value) if isinstance(value, list) else [value]
    if kind(was) in POINTING and kind(now) in POINTING:
        found = ids if _same_target(was, now) else [_found(lookup.title(was, one), now, lookup) for one in ids]
        if kind(now) == "references":
            return list(dict.fromkeys(found))
        if len(found) > 1:
            raise ValueError(Text("has {count} values; one can be kept", count=len(found)))
        return found[0]
    if kind(was) in POINTING:
        names = [lookup.title(was, one) or f"#{one}" for one in ids]
        return _listed(names, was, now) if kind(now) in ("choices", "tags") else plain_text.read(", ".join(names), now)
    words = text_of(value, was)
    if kind(now) in _FILES:
        raise ValueError(Text("This is not a value of the type {type}.", type=now.type.name))
    if kind(now) == "references":
        names = value if isinstance(value, list) else plain_text.pieces(words)
        return list(dict.fromkeys(_found(name, now, lookup) for name in names))
    return _found(words, now, lookup)


def _same_target(was: Field, now: Field) -> bool:
    one_of = {"references": "reference"}
    before, after = one_of.get(kind(was), kind(was)), one_of.get(kind(now), kind(now))
    return before == after and was.target == now.target


def _found(name: str | None, now: Field, lookup: Lookup) -> int:
    found = lookup.find(now, name) if name else None
    if found is None:
        raise ValueError(_NO_LINK.saying(name=name or ""))
    return found


def _rounded(value: Any, was: Field, now: Field) -> Suggestion | None:
    try:
        amount = value.amount if isinstance(value, Amount) else value
        number = Decimal(amount or 0) if kind(was) in NUMBERS else plain_text.number(text_of(value, was))
        scale = 0 if kind(now) in ("integer", "rating") else values.digits(now)[1]
        near = number.quantize(Decimal(1).scaleb(-scale), ROUND_HALF_UP)
        low, high = now.options.get("minimum"), now.options.get("maximum")
        near = near if low is None else max(near, Decimal(str(low)))
        near = near if high is None else min(near, Decimal(str(high)))
        found = (plain_text.in_currency(near, None, now) if now.options.get("currencies")
                 else typed(now).parse(near, now))
    except (ValueError, ArithmeticError, TypeError):
        return None
    return Suggestion(found, text_of(found, now))


def _near_choice(words: str, now: Field) -> Suggestion | None:
    names = {name.casefold(): c for c in reversed(now.choices) for name in (c.value, *c.label.values())}
    word = words.strip().casefold()
    close = get_close_matches(word, list(names), n=1, cutoff=0.6)
    close = close or [name for name in names if len(word) > 1 and (word in name or name in word)][:1]
    if not close:
        return None
    found = names[close[0]]
    return Suggestion([found.value] if kind(now) == "choices" else found.value, found.label)
