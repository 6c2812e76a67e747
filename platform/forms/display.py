"""A stored value as a person reads it: one `Shown` per field, ready for the macro `value`.

Knows languages, currencies and time zones; knows nothing of requests, so that lists, records and exports agree.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import nh3
import simplejson
from babel.numbers import format_currency, format_decimal, format_percent

from formloom.errors import Text, label_in
from formloom.metadata.catalog import Field

NUMERIC = frozenset({"integer", "decimal", "money", "percent", "rollup", "formula", "rating"})


@dataclass(frozen=True, slots=True)
class Shown:
    """`kind` chooses the markup: empty text number state tag tags person link mail phone html color mono rating."""

    kind: str
    text: str = ""
    title: str = ""
    href: str = ""
    tone: str = "idle"
    fill: float = 0.0
    items: tuple[Shown, ...] = ()


EMPTY = Shown("empty")


@dataclass(frozen=True, slots=True)
class Display:
    """`compact` leaves out decimals of whole amounts, as lists do; `words` translates a message."""

    locale: str
    timezone: ZoneInfo
    now: datetime
    words: Callable[[Text], str] = field(default=str)
    compact: bool = False

    def show(self, spec: Field, values: Mapping[str, Any], titles: Mapping[str, Any] | None = None) -> Shown:
        """`titles` are the names of what references, users, teams and files point at, by field name."""
        value = values.get(spec.name)
        if value is None or value == "" or value == []:
            return EMPTY
        kind = spec.type.name
        if kind in ("formula", "rollup"):
            kind = str(spec.options.get("returns") or _kind_of(value))
        renderer = _RENDERERS.get(kind, _plain)
        return renderer(self, spec, value, values, (titles or {}).get(spec.name))

    def number(self, value: Decimal | int, places: int = 6) -> str:
        return str(format_decimal(value, format="#,##0." + "#" * places, locale=self.locale))

    def money(self, value: Decimal | int, currency: str) -> str:
        whole = self.compact and value == int(value)
        pattern = "¤#,##0;-¤#,##0" if whole else "¤#,##0.00;-¤#,##0.00"
        shown = str(format_currency(value, currency, pattern, locale=self.locale, currency_digits=False))
        return shown.replace("CN¥", "¥")

    def moment(self, value: datetime) -> str:
        return value.astimezone(self.timezone).strftime("%Y-%m-%d %H:%M")

    def ago(self, value: datetime) -> str:
        """In prose: today with the time, this year without the year."""
        local, today = value.astimezone(self.timezone), self.now.astimezone(self.timezone).date()
        clock = local.strftime("%H:%M")
        if local.date() == today:
            return self.words(Text("today {time}", time=clock))
        if local.date() == today - timedelta(days=1):
            return self.words(Text("yesterday {time}", time=clock))
        return self.day(local.date(), today)

    def day(self, value: date, today: date) -> str:
        if value.year != today.year:
            return value.isoformat()
        return f"{value.month}月{value.day}日" if self.locale == "zh" else f"{value:%b} {value.day}"

    def duration(self, value: timedelta) -> str:
        """The two largest units: `2 d 4 h`, `35 min`."""
        minutes = int(abs(value).total_seconds() // 60)
        days, hours, rest = minutes // 1440, minutes // 60 % 24, minutes % 60
        if days:
            largest = [Text("{n} d", n=days), *([Text("{n} h", n=hours)] if hours else [])]
        elif hours:
            largest = [Text("{n} h", n=hours), *([Text("{n} min", n=rest)] if rest else [])]
        else:
            largest = [Text("{n} min", n=rest)]
        return " ".join(map(self.words, largest))

    def left(self, due: datetime) -> Shown:
        """A clock: grey, amber below eight hours, red after."""
        rest = due - self.now
        hours = rest / timedelta(hours=1)
        rough = self._rough(rest)
        text = Text("{time} left", time=rough) if hours >= 0 else Text("{time} overdue", time=rough)
        tone = "late" if hours < 0 else "soon" if hours < 8 else ""
        return Shown("clock", self.words(text), title=self.moment(due), tone=tone, fill=max(0.0, min(1.0, hours / 48)))

    def _rough(self, rest: timedelta) -> str:
        minutes = int(abs(rest).total_seconds() // 60)
        if minutes >= 1440:
            return self.words(Text("{n} d", n=minutes // 1440))
        return self.words(Text("{n} h", n=minutes // 60) if minutes >= 60 else Text("{n} min", n=minutes))


_Renderer = Callable[[Display, Field, Any, Mapping[str, Any], Any], Shown]


def _kind_of(value: Any) -> str:
    kinds: tuple[tuple[type, str], ...] = (
        (bool, "boolean"), (int, "decimal"), (Decimal, "decimal"), (datetime, "datetime"), (date, "date"),
        (timedelta, "duration"), (list, "tags"))
    return next((name for kind, name in kinds if isinstance(value, kind)), "text")


def _plain(_show: Display, _spec: Field, value: Any, _values: Mapping[str, Any], _title: Any) -> Shown:
    return Shown("text", str(value))


def _number(show: Display, spec: Field, value: Any, _values: Mapping[str, Any], _title: Any) -> Shown:
    return Shown("number", show.number(value, int(spec.options.get("scale", 6))))


def _money(show: Display, spec: Field, value: Any, values: Mapping[str, Any], _title: Any) -> Shown:
    currency = values.get(f"{spec.name}_currency") or spec.options.get("currency") or "CNY"
    return Shown("number", show.money(value, str(currency)))


def _percent(show: Display, _spec: Field, value: Any, _values: Mapping[str, Any], _title: Any) -> Shown:
    return Shown("number", str(format_percent(Decimal(value) / 100, "#,##0.##%", locale=show.locale)))


def _boolean(show: Display, _spec: Field, value: Any, _values: Mapping[str, Any], _title: Any) -> Shown:
    return Shown("text", show.words(Text("Yes") if value else Text("No")))


def _date(_show: Display, _spec: Field, value: Any, _values: Mapping[str, Any], _title: Any) -> Shown:
    return Shown("date", str(value))


def _datetime(show: Display, _spec: Field, value: Any, _values: Mapping[str, Any], _title: Any) -> Shown:
    return Shown("date", show.moment(value), title=value.astimezone(show.timezone).isoformat())


def _duration(show: Display, _spec: Field, value: Any, _values: Mapping[str, Any], _title: Any) -> Shown:
    return Shown("text", show.duration(value) if isinstance(value, timedelta) else str(value))


def _choice(show: Display, spec: Field, value: Any, _values: Mapping[str, Any], _title: Any) -> Shown:
    choice = spec.choice(value)
    if choice is None:
        return Shown("text", str(value))
    toned = any(c.tone != "idle" or c.fill for c in spec.choices)
    return Shown("state" if toned else "text", label_in(choice.label, show.locale), tone=choice.tone, fill=choice.fill)


def _choices(show: Display, spec: Field, value: Any, values: Mapping[str, Any], _title: Any) -> Shown:
    return Shown("tags", items=tuple(_choice(show, spec, v, values, None) for v in value))


def _tags(_show: Display, _spec: Field, value: Any, _values: Mapping[str, Any], _title: Any) -> Shown:
    return Shown("tags", items=tuple(Shown("tag", str(v)) for v in value))


def _reference(_show: Display, spec: Field, value: Any, _values: Mapping[str, Any], title: Any) -> Shown:
    return Shown("link", _name(value, title), href=f"/records/{spec.target}/{value}")


def _references(_show: Display, spec: Field, value: Any, _values: Mapping[str, Any], title: Any) -> Shown:
    return Shown("tags", items=tuple(
        Shown("link", _name(v, title), href=f"/records/{spec.target}/{v}") for v in value))


def _person(_show: Display, _spec: Field, value: Any, _values: Mapping[str, Any], title: Any) -> Shown:
    return Shown("person", _name(value, title))


def _team(_show: Display, _spec: Field, value: Any, _values: Mapping[str, Any], title: Any) -> Shown:
    return Shown("text", _name(value, title))


def _file(_show: Display, _spec: Field, value: Any, _values: Mapping[str, Any], title: Any) -> Shown:
    return Shown("link", _name(value, title), href=f"/files/{value}")


def _name(value: Any, title: Any) -> str:
    if isinstance(title, Mapping):
        title = title.get(value)
    return str(title) if title else f"#{value}"


def _mail(_show: Display, _spec: Field, value: Any, _values: Mapping[str, Any], _title: Any) -> Shown:
    return Shown("mail", str(value), href=f"mailto:{value}")


def _phone(_show: Display, _spec: Field, value: Any, _values: Mapping[str, Any], _title: Any) -> Shown:
    return Shown("mail", str(value), href=f"tel:{value}")


def _url(_show: Display, _spec: Field, value: Any, _values: Mapping[str, Any], _title: Any) -> Shown:
    safe = str(value).startswith(("http://", "https://"))
    return Shown("mail" if safe else "text", str(value), href=str(value) if safe else "")


def _rich(_show: Display, _spec: Field, value: Any, _values: Mapping[str, Any], _title: Any) -> Shown:
    """Cleaned again on the way out: what is stored may be older than the cleaner."""
    return Shown("html", nh3.clean(str(value)), title=nh3.clean(str(value), tags=set()))


def _rating(_show: Display, spec: Field, value: Any, _values: Mapping[str, Any], _title: Any) -> Shown:
    return Shown("rating", str(value), fill=float(value) / float(spec.options.get("maximum", 5)))


def _address(_show: Display, _spec: Field, value: Any, _values: Mapping[str, Any], _title: Any) -> Shown:
    parts = value.values() if isinstance(value, Mapping) else [value]
    return Shown("text", ", ".join(str(p) for p in parts if p))


def _json(_show: Display, _spec: Field, value: Any, _values: Mapping[str, Any], _title: Any) -> Shown:
    return Shown("mono", simplejson.dumps(value, ensure_ascii=False, default=str))


def _sequence(_show: Display, _spec: Field, value: Any, _values: Mapping[str, Any], _title: Any) -> Shown:
    return Shown("key", str(value))


_RENDERERS: Mapping[str, _Renderer] = {
    "integer": _number, "decimal": _number, "money": _money, "percent": _percent, "boolean": _boolean, "date": _date,
    "datetime": _datetime, "duration": _duration, "choice": _choice, "choices": _choices, "tags": _tags,
    "reference": _reference, "references": _references, "user": _person, "team": _team, "file": _file, "image": _file,
    "email": _mail, "phone": _phone, "url": _url, "rich_text": _rich, "rating": _rating, "json": _json,
    "address": _address, "sequence": _sequence,
}
