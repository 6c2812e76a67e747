"""What the cards of a dashboard say, for whoever looks: numbers told from the records that they may read."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any, Final
from zoneinfo import ZoneInfo

from formloom import feel
from formloom.errors import NotFound, Text, UnknownField
from formloom.feel import FeelSyntaxError, syntax
from formloom.metadata.catalog import Entity, Field
from formloom.metadata.dashboards import Dashboard, DashboardCard
from formloom.metadata.view_checks import kind_of
from formloom.records import actions, presentation
from formloom.records.actions.list import matching, readable
from formloom.records.actions.measure import Key, Question, Tally
from formloom.records.context import Context
from formloom.reports import periods
from formloom.reports.periods import Period

ALL: Final = "all"
NO_VALUE: Final = Text("No value")
OTHERS: Final = Text("Others")
_QUARTER: Final = 92     # days
_OF_FIELD: Final = ("sum", "average", "minimum", "maximum")
_FLAT: Final = (syntax.And, syntax.Comparison, syntax.Between, syntax.In, syntax.Call, syntax.Name, syntax.Path)
Words = Text | Mapping[str, str] | str


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What somebody chose above a dashboard. `mine`: only records that they are responsible for, where an entity knows
    of that. Days are those of the time zone.
    """

    period: str
    today: date
    timezone: ZoneInfo
    mine: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Slice:
    """One bar, column or point. `day` is the first of a part of time; `filter` finds the records behind it, and is
    empty where no list can.
    """

    words: Words
    value: Any
    before: Any = None
    day: date | None = None
    filter: str = ""
    share: Decimal | None = None        # of a funnel: of the one before, in percent


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """`count` records were told from, `elsewhere` more are in another currency. `period` is None for all of time.

    `change` is against the period before up to the same day: in percent, of a share in points.
    """

    card: DashboardCard
    count: int
    elsewhere: int
    currency: str
    value: Any
    before: Any = None
    change: Decimal | None = None
    slices: tuple[Slice, ...] = ()
    trend: tuple[Any, ...] = ()
    every: str = ""
    period: Period | None = None
    filter: str = ""


def named(context: Context, name: str) -> Dashboard:
    """Raises NotFound."""
    found = context.catalog.dashboards.get(name)
    if found is None:
        raise NotFound(Text("There is no {kind} {name}.", kind="dashboard", name=name))
    return found


def asked(context: Context, period: str, mine: bool) -> Asked:
    """By the clock and in the time zone of the actor."""
    timezone = ZoneInfo(context.actor.timezone)
    return Asked(period=period, mine=mine, timezone=timezone, today=context.now.astimezone(timezone).date())


def result(context: Context, card: DashboardCard, asked: Asked) -> Result:
    """Raises what `records.actions.measure` does for what this actor may not know."""
    making = _Making(context, card, asked)
    if card.kind == "number":
        return making.number()
    if card.kind == "line":
        return making.line()
    return making.groups()


class _Making:
    def __init__(self, context: Context, card: DashboardCard, asked: Asked) -> None:
        self.context, self.card, self.asked = context, card, asked
        self.entity: Entity = context.catalog.entity(card.entity)
        self.period = periods.named(asked.period, asked.today) if card.date else None
        self.previous = periods.before(asked.period, asked.today) if card.date and card.compare else None
        dated = self.entity.fields.get(card.date)
        self.timed = dated is not None and kind_of(dated) == "datetime"
        owner = self.entity.owner if asked.mine else None
        self.currency = ""
        self.elsewhere: int | None = None       # records in other currencies; None until the first question
        self.filters = tuple(text for text in (card.filter, f"{owner} = user.id" if owner else "") if text)

    # -- kinds -------------------------------------------------------------------------------------------------------

    def number(self) -> Result:
        cuts = periods.bounds_of(self.period, self.previous, self.asked.today) if self.period else ()
        found = self.tallies(cuts)
        parts = _summed(found, lambda key: key.part)
        first = 2 if self.previous else 0
        now, later = parts.get(first, Tally()), parts.get(first + 1, Tally())
        every, trend = self.trend()
        before = parts.get(0, Tally()) if self.previous else None
        was = before.value(self.card.measure) if before else None
        return self.told(now + later, before=was, change=self.change(now.value(self.card.measure), was), trend=trend,
                         every=every, filter=self.filter(self.period))

    def trend(self) -> tuple[str, tuple[Any, ...]]:
        """The course of the number, up to today."""
        if self.period is None:
            return "", ()
        passed = Period(self.period.start, self.period.until(self.asked.today))
        if passed.end <= passed.start:
            return "", ()
        every = periods.fitting(passed, "week" if (passed.end - passed.start).days <= _QUARTER else "month")
        cuts = periods.parts(passed, every)
        parts = _summed(self.tallies(cuts), lambda key: key.part)
        return every, tuple(parts.get(n, Tally()).value(self.card.measure) for n in range(len(cuts) - 1))

    def line(self) -> Result:
        period = self.period or periods.latest(self.card.every, self.asked.today)
        every = periods.fitting(period, self.card.every)
        cuts = periods.parts(period, every)
        found = self.tallies(cuts)
        parts = _summed(found, lambda key: key.part)
        earlier: Mapping[int, Tally] = {}
        if self.previous:
            earlier = _summed(self.tallies(periods.parts(self.previous, every)), lambda key: key.part)
        slices = []
        for n, day in enumerate(cuts[:-1]):
            value = parts.get(n, Tally()).value(self.card.measure) if day <= self.asked.today or n in parts else None
            slices.append(Slice(
                words="", day=day, value=value, filter=self.filter(Period(day, cuts[n + 1])),
                before=earlier.get(n, Tally()).value(self.card.measure) if self.previous else None))
        return self.told(_total(parts.values()), slices=tuple(slices), every=every, period=period,
                         filter=self.filter(period))

    def groups(self) -> Result:
        cuts = periods.bounds_of(self.period, self.previous, self.asked.today) if self.period else ()
        keys = None if self.in_order else self.largest(cuts[-3:])
        found = self.tallies(cuts, self.card.group_by, keys)
        first = 2 if self.previous else 0
        now = _summed({k: v for k, v in found.items() if k.part >= first}, lambda key: key.value)
        was = _summed({k: v for k, v in found.items() if k.part < first}, lambda key: key.value)
        if self.card.kind == "funnel":
            return self.told(_total(now.values()), slices=tuple(self.funnel(self.defined(now.keys()), now)),
                             filter=self.filter(self.period))
        held = {*now, *was}
        shown = self.defined(held) if keys is None else list(keys)
        shown = [*shown, *([None] if None in held else [])][:self.card.limit]
        rest = held.difference(shown)
        names = self.names(shown)
        slices = [self.slice(key, names, now.get(key, Tally()), was.get(key, Tally())) for key in shown]
        if rest:
            others = _total(now[key] for key in rest if key in now)
            earlier = _total(was[key] for key in rest if key in was)
            slices.append(Slice(words=OTHERS, value=others.value(self.card.measure),
                                before=earlier.value(self.card.measure) if self.previous else None))
        return self.told(_total(now.values()), slices=tuple(slices), filter=self.filter(self.period))

    def funnel(self, keys: Sequence[Any], now: Mapping[Any, Tally]) -> Iterable[Slice]:
        """Each choice with those that come after it: what got so far."""
        before: Any = None
        field = self.entity.fields[self.card.group_by]
        for n, key in enumerate(keys):
            value = _total(now[one] for one in keys[n:] if one in now).value(self.card.measure)
            share = Decimal(100) * value / before if before and value is not None else None
            choice = field.choice(key)
            behind = ", ".join(json.dumps(one) for one in keys[n:])
            yield Slice(words=choice.label if choice else str(key), value=value, share=share,
                        filter=self.filter(self.period, f"{field.name} in ({behind})"))
            before = value

    # -- parts -------------------------------------------------------------------------------------------------------

    def question(self, cuts: Sequence[date], by: str = "", keys: tuple[Any, ...] | None = None) -> Question:
        bounds = [self.moment(day) for day in cuts] if self.timed else cuts
        return Question(
            filters=self.filters, field=self.card.field if self.card.measure in _OF_FIELD else "",
            where=self.card.where if self.card.measure == "share" else "", by=by,
            date=self.card.date if cuts else "", bounds=tuple(bounds), keys=keys)

    def tallies(self, cuts: Sequence[date], by: str = "", keys: tuple[Any, ...] | None = None) -> Mapping[Key, Tally]:
        """In one currency, that of most records: amounts in several do not add up."""
        found = actions.measure(self.context, self.entity.name, self.question(cuts, by, keys))
        if self.elsewhere is None:
            self.currency, self.elsewhere = _currency(found)
        return {key: tally for key, tally in found.items() if key.currency == self.currency}

    def told(self, whole: Tally, **more: Any) -> Result:
        given = {"period": self.period, **more}
        return Result(card=self.card, count=whole.count, elsewhere=self.elsewhere or 0, currency=self.currency,
                      value=whole.value(self.card.measure), **given)

    def change(self, now: Any, was: Any) -> Decimal | None:
        if now is None or was is None or (not was and self.card.measure != "share"):
            return None
        if self.card.measure == "share":
            return Decimal(now - was)
        return Decimal(100) * _plain(now - was) / _plain(abs(was))

    @property
    def in_order(self) -> bool:
        """Choices of columns and funnels stand as they are defined; everything else has the largest first."""
        field = self.entity.fields.get(self.card.group_by)
        return field is not None and bool(field.choices) and self.card.kind in ("column", "funnel")

    def largest(self, cuts: Sequence[date]) -> tuple[Any, ...]:
        """Of this period, and as many as are shown: there may be very many values."""
        if self.card.measure in _OF_FIELD:
            self.tallies(cuts)      # in which currency
        return tuple(actions.largest(self.context, self.entity.name, self.question(cuts, self.card.group_by),
                                     self.card.measure, self.currency, self.card.limit))

    def defined(self, held: Collection[Any]) -> list[Any]:
        """Choices in their order: those that some record has; of a funnel also those that one could."""
        known = [choice.value for choice in self.entity.fields[self.card.group_by].choices]
        return [value for value in known
                if value in held or (self.card.kind == "funnel" and self.reachable(value))]

    def reachable(self, value: str) -> bool:
        """Whether the filter lets through a record with this choice, so far as it says something of it alone."""
        return not self.card.filter or _lets(self.card.filter, self.entity, self.card.group_by, value)

    def names(self, keys: Iterable[Any]) -> Mapping[Any, Words]:
        field = self.entity.fields[self.card.group_by]
        if field.choices:
            return {choice.value: choice.label for choice in field.choices}
        if field.type.name == "boolean":
            return {True: Text("Yes"), False: Text("No")}
        ids = {key for key in keys if isinstance(key, int)}
        if ids and field.type.name in ("reference", "user", "team"):
            return dict(presentation.titles(self.context, field, ids))
        return {}

    def slice(self, key: Any, names: Mapping[Any, Words], now: Tally, was: Tally) -> Slice:
        return Slice(
            words=NO_VALUE if key is None else names.get(key, str(key)), value=now.value(self.card.measure),
            before=was.value(self.card.measure) if self.previous else None,
            filter=self.filter(self.period, f"{self.card.group_by} = {_literal(key)}"))

    def filter(self, period: Period | None, more: str = "") -> str:
        """The same records as a list finds them."""
        said = [*map(_enclosed, self.filters), *([more] if more else [])]
        if period and self.card.date:
            said += [f"{self.card.date} >= {self.said(period.start)}", f"{self.card.date} < {self.said(period.end)}"]
        return " and ".join(said) or "true"

    def said(self, day: date) -> str:
        if not self.timed:
            return f'date("{day.isoformat()}")'
        return f'date and time("{self.moment(day).isoformat()}")'

    def moment(self, day: date) -> datetime:
        return datetime.combine(day, time(), self.asked.timezone)


def _summed(found: Mapping[Key, Tally], told_apart: Callable[[Key], Any]) -> dict[Any, Tally]:
    sums: dict[Any, Tally] = defaultdict(Tally)
    for key, tally in found.items():
        sums[told_apart(key)] += tally
    return dict(sums)


def _currency(found: Mapping[Key, Tally]) -> tuple[str, int]:
    """The one of most records, and how many records have another."""
    counts: dict[str, int] = defaultdict(int)
    for key, tally in found.items():
        counts[key.currency] += tally.known
    chosen = max(counts, key=lambda one: (counts[one], one), default="")
    return chosen, sum(counts.values()) - counts.get(chosen, 0)


def _total(tallies: Iterable[Tally]) -> Tally:
    whole = Tally()
    for one in tallies:
        whole += one
    return whole


def _plain(value: Any) -> Decimal:
    if value is None:
        return Decimal("-Infinity")
    return Decimal(value.total_seconds()) if hasattr(value, "total_seconds") else Decimal(value)


def _literal(key: Any) -> str:
    if key is None:
        return "null"
    return json.dumps(key, ensure_ascii=False) if isinstance(key, (str, bool)) else str(key)


def _enclosed(text: str) -> str:
    try:
        flat = isinstance(feel.compile(text).ast, _FLAT)
    except FeelSyntaxError:
        flat = False
    return text if flat else f"({text})"


def _lets(text: str, entity: Entity, field: str, value: str) -> bool:
    try:
        expression = feel.compile(text, frozenset((*entity.fields, "user")))
    except FeelSyntaxError:
        return True
    return expression.evaluate({name: value if name == field else None for name in entity.fields}) is not False


def shown_as(result: Result, entity: Entity) -> tuple[Field | None, Mapping[str, Any]]:
    """How a value of the result is displayed: as the field that was measured, with what accompanies it."""
    card = result.card
    if card.measure not in _OF_FIELD:
        return None, {}
    return entity.fields[card.field], {f"{card.field}_currency": result.currency} if result.currency else {}


def may_see(context: Context, card: DashboardCard) -> bool:
    """Whether this actor may read some record of the entity, and on all of them whatever the card tells from."""
    entity = context.catalog.entities.get(card.entity)
    if entity is None or context.policy.row_rules(context.actor, entity).nothing:
        return False
    known = readable(context, entity)
    if any(name and name not in known for name in (card.field, card.date, card.group_by)):
        return False
    try:
        for text in (card.filter, card.where):
            matching(context, entity, text)
    except UnknownField:
        return False
    return True
