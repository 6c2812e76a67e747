"""Results of dashboards as people read them: numbers in their field's words, parts of time, what changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, Final
from urllib.parse import urlencode

from babel.dates import format_date
from babel.numbers import format_percent, get_currency_symbol

from formloom.errors import Text
from formloom.forms.display import Display
from formloom.metadata import view_checks
from formloom.metadata.catalog import Entity
from formloom.reports import dashboards
from formloom.reports.dashboards import Result, Slice
from formloom.web.i18n import label, said, t

PERIODS: Final[Mapping[str, Text]] = {
    "today": Text("Today"), "this_week": Text("This week"), "this_month": Text("This month"),
    "this_quarter": Text("This quarter"), "this_year": Text("This year"), "last_month": Text("Last month"),
    "last_quarter": Text("Last quarter"), "last_year": Text("Last year"), "last_30_days": Text("Last 30 days"),
    "last_12_months": Text("Last 12 months"), "all": Text("All time"),
}
BEFORE: Final[Mapping[str, Text]] = {
    "today": Text("on yesterday"), "this_week": Text("on last week to date"),
    "this_month": Text("on last month to date"), "this_quarter": Text("on last quarter to date"),
    "this_year": Text("on last year to date"), "last_month": Text("on the month before"),
    "last_quarter": Text("on the quarter before"), "last_year": Text("on the year before"),
    "last_30_days": Text("on the 30 days before"), "last_12_months": Text("on the 12 months before"),
}
_EARLIER: Final[Mapping[str, Text]] = {
    "today": Text("Yesterday"), "this_week": Text("Last week"), "this_month": Text("Last month"),
    "this_quarter": Text("Last quarter"), "this_year": Text("Last year"), "last_month": Text("The month before"),
    "last_quarter": Text("The quarter before"), "last_year": Text("The year before"),
    "last_30_days": Text("The 30 days before"), "last_12_months": Text("The 12 months before"),
}
_LONG: Final = 100_000      # from here on a number is told in thousands, millions or 万
_SPARK: Final = (72, 28)
_ROUND: Final = Decimal("0.1")


@dataclass(frozen=True, slots=True)
class Bar:
    """`part` of the largest, from 0 to 1; `share` of the one before, in words. `href` is empty where no list can be."""

    words: str
    text: str
    before: str
    part: float
    share: str
    href: str


class Told:
    """One result in words."""

    def __init__(self, result: Result, entity: Entity, show: Display, asked: str) -> None:
        self.result, self.card, self.entity, self.show, self.asked = result, result.card, entity, show, asked
        self.field, self.beside = dashboards.shown_as(result, entity)

    # -- values ------------------------------------------------------------------------------------------------------

    def value(self, value: Any) -> str:
        if value is None:
            return "–"
        if self.card.measure == "share":
            return self.percent(value)
        if self.field is None:
            return self.show.number(value)
        if self.kind == "duration":
            return self.show.duration(value or timedelta())
        if self.card.measure == "average" and isinstance(value, Decimal):
            value = round(value, 2)
        if self.kind == "rating":
            return self.show.number(value, 2)
        return self.show.show(self.field, {self.field.name: value, **self.beside}).text

    def brief(self, value: Any) -> str:
        """Few digits of a large number; the whole is told beside."""
        if self.card.measure == "share" or not isinstance(value, (int, Decimal)) or -_LONG < value < _LONG:
            return self.value(value)
        sign, size = ("-" if value < 0 else ""), abs(Decimal(value))
        if self.show.locale == "zh":
            unit, short = (10**8, " 亿") if size >= 10**8 else (10**4, " 万")
        else:
            unit, short = (10**9, "B") if size >= 10**9 else (10**6, "M") if size >= 10**6 else (10**3, "K")
        symbol = get_currency_symbol(self.currency, locale=self.show.locale).replace("CN", "") if self.currency else ""
        return f"{sign}{symbol}{self.show.number(round(size / unit, 1), 1)}{short}"

    @property
    def kind(self) -> str:
        """Of the values; empty for a count."""
        return view_checks.kind_of(self.field) if self.field else ""

    @property
    def currency(self) -> str:
        if self.field is None or self.kind != "money":
            return ""
        return self.result.currency or str(self.field.options.get("currency") or "CNY")

    def percent(self, value: Any) -> str:
        return str(format_percent(Decimal(value) / 100, "#,##0.#%", locale=self.show.locale))

    @property
    def unit(self) -> str:
        if self.card.measure == "share" or self.kind == "percent":
            return "%"
        return "h" if self.kind == "duration" else self.currency

    # -- the number --------------------------------------------------------------------------------------------------

    @property
    def change(self) -> str:
        """With an arrow; empty where there is nothing to compare with."""
        found = self.result.change
        if found is None:
            return ""
        rounded = abs(found).quantize(_ROUND) if abs(found) < 1000 else abs(found).quantize(Decimal(1))
        arrow = "↑" if found > 0 else "↓" if found < 0 else "→"
        if self.card.measure == "share":
            return f"{arrow} {t(Text('{n} points', n=rounded.normalize()))}" if rounded else arrow
        return f"{arrow} {self.percent(rounded)}"

    @property
    def tone(self) -> str:
        found = self.result.change
        if not found:
            return ""
        return "up" if (found > 0) == (self.card.better == "more") else "down"

    @property
    def than(self) -> str:
        return t(BEFORE[self.asked]) if self.asked in BEFORE else ""

    @property
    def reached(self) -> int | None:
        """Of the target, in percent."""
        if not self.card.target or self.result.value is None:
            return None
        return int(100 * _number(self.result.value) / float(self.card.target))

    @property
    def target(self) -> str:
        aim = self.card.target
        if aim is None:
            return ""
        return self.brief(timedelta(hours=float(aim)) if self.kind == "duration" else aim)

    @property
    def spark(self) -> str:
        """Points of a small line, for the attribute of the same name; empty for fewer than two values."""
        found = [None if v is None else _number(v) for v in self.result.trend]
        known = [v for v in found if v is not None]
        if len(known) < 2 or max(known) == min(known):
            return ""
        (wide, high), low, span = _SPARK, min(known), max(known) - min(known)
        step = wide / (len(found) - 1)
        points = ((n * step, 2 + (high - 4) * (1 - (v - low) / span)) for n, v in enumerate(found) if v is not None)
        return " ".join(f"{x:.1f},{y:.1f}" for x, y in points)

    # -- bars and points ---------------------------------------------------------------------------------------------

    @property
    def bars(self) -> list[Bar]:
        values = [_number(one.value) for one in self.result.slices if one.value is not None]
        most = max((abs(v) for v in values), default=0) or 1
        return [Bar(self.words(one), self.value(one.value), self.value(one.before) if self.card.compare else "",
                    max(0.0, _number(one.value or 0)) / most, self.percent(one.share) if one.share is not None else "",
                    self.href(one.filter)) for one in self.result.slices]

    @property
    def chart(self) -> dict[str, Any]:
        """What the browser draws: labels, series, and where a click leads."""
        slices = self.result.slices
        series = [{"name": self.now, "values": [_drawn(one.value) for one in slices],
                   "texts": [self.value(one.value) for one in slices]}]
        if self.card.compare and self.result.period is not None:
            series.append({"name": self.earlier, "values": [_drawn(one.before) for one in slices],
                           "texts": [self.value(one.before) for one in slices]})
        return {
            "kind": self.card.kind, "labels": [self.words(one) for one in slices], "series": series,
            "hrefs": [self.href(one.filter) for one in slices], "unit": self.unit, "locale": self.show.locale,
            "target": None if self.card.target is None else float(self.card.target), "target_name": t(Text("Target"))}

    @property
    def now(self) -> str:
        return t(PERIODS[self.asked]) if self.result.period is not None else label(self.card.label)

    @property
    def earlier(self) -> str:
        return t(_EARLIER[self.asked])

    def words(self, one: Slice) -> str:
        return self.part(one.day) if one.day is not None else said(one.words)

    def part(self, day: date) -> str:
        """The name of a part of time by its first day; the year where it is not this one."""
        this = day.year == self.show.now.astimezone(self.show.timezone).year
        locale, every = self.show.locale, self.result.every
        if every == "year":
            return format_date(day, "yyyy年" if locale == "zh" else "yyyy", locale=locale)
        if every == "quarter":
            return f"{day.year} Q{(day.month + 2) // 3}"
        if every == "month":
            if locale == "zh":
                return f"{day.month}月" if this else f"{day.year}年{day.month}月"
            return format_date(day, "MMM" if this else "MMM yyyy", locale=locale)
        return self.show.day(day, self.show.now.astimezone(self.show.timezone).date())

    def href(self, filter: str) -> str:
        """The list behind a number. Rows of another record have none."""
        if not filter or self.entity.parent:
            return ""
        return f"/records/{self.entity.name}?{urlencode({'filter': filter, 'layout': 'list'})}"


def _number(value: Any) -> float:
    """Durations in hours."""
    return value / timedelta(hours=1) if isinstance(value, timedelta) else float(value)


def _drawn(value: Any) -> float | None:
    return None if value is None else _number(value)
