from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

import sqlalchemy as sa

from formloom.records.actions.list import condition, matching
from formloom.records.actions.totals import currency_of, summable
from formloom.records.context import Context
from formloom.records.record import Query
from formloom.storage import measuring
from formloom.storage.measuring import Measuring

Moment = date | datetime


@dataclass(frozen=True, slots=True)
class Tally:
    """What is known of some records; two are added up. `field` is what is measured, `known` in how many it says
    something; `met` how many meet the condition.
    """

    count: int = 0
    known: int = 0
    sum: Any = None
    least: Any = None
    most: Any = None
    met: int = 0

    def __add__(self, other: Tally) -> Tally:
        return Tally(
            self.count + other.count, self.known + other.known, _of(sum, self.sum, other.sum),
            _of(min, self.least, other.least), _of(max, self.most, other.most), self.met + other.met)

    def value(self, measure: str) -> Any:
        """None where there is nothing to tell it from; the sum of nothing is 0. A share is in percent."""
        match measure:
            case "count":
                return self.count
            case "share":
                return Decimal(100) * self.met / self.count if self.count else None
            case "average":
                total = Decimal(self.sum) if isinstance(self.sum, int) else self.sum
                return total / self.known if self.known else None
            case "minimum":
                return self.least
            case "maximum":
                return self.most
        return 0 if self.sum is None else self.sum


def _of(combine: Any, *values: Any) -> Any:
    held = [value for value in values if value is not None]
    if not held:
        return None
    return held[0] if len(held) == 1 else held[0] + held[1] if combine is sum else combine(held)


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """`field`: what is measured. `where`: the condition of a share. `by`: told apart by the values of this field.

    `bounds`, in order, are moments of the field `date`: told apart by the part that they fall into, from each bound
    to before the next; what is before the first and from the last on does not count.
    """

    filters: tuple[str, ...] = ()
    field: str = ""
    where: str = ""
    by: str = ""
    date: str = ""
    bounds: Sequence[Moment] = ()
    keys: tuple[Any, ...] | None = None     # of `by`: the other values are told together, as REST


class Rest:
    """All values that were not asked for by name."""


REST: Final = Rest()


@dataclass(frozen=True, slots=True)
class Key:
    """`part` counts from 0; `currency` is empty for what has none."""

    part: int
    value: Any
    currency: str


def measure(context: Context, entity: str, question: Question) -> Mapping[Key, Tally]:
    """What of the records that this actor may read. Every field named has to be readable in full on every record, or
    the answer would tell what a record does not: UnknownField. Forbidden where no record can be read.
    """
    found: dict[Key, Tally] = {}
    named = None if question.keys is None else (*question.keys, None, REST)
    for one in measuring.measured(context.unit, context.store.tables[entity], _measuring(context, entity, question)):
        value, *rest = one.by if question.by else (None, *one.by)
        value = value if named is None else named[value]
        found[Key(one.part, value, str(rest[0] or "") if rest else "")] = Tally(
            one.count, one.known, one.sum, one.least, one.most, one.met)
    return found


def largest(context: Context, entity: str, question: Question, measure: str, currency: str, limit: int) -> list[Any]:
    """The values of `by` that tell most in one currency, the most first. Raises what `measure` does."""
    asked = _measuring(context, entity, question)
    table = context.store.tables[entity]
    if len(asked.by) > 1:
        said = table.c[asked.by[1]]
        here = said == currency if currency else said.is_(None)
        asked = replace(asked, where=here if asked.where is None else sa.and_(asked.where, here))
    return measuring.largest(context.unit, table, asked, measure, limit)


def _measuring(context: Context, entity: str, question: Question) -> Measuring:
    target = context.catalog.entity(entity)
    where = [condition(context, target, Query(filter=text)) for text in question.filters or ("",)]
    for name in (question.field, question.by, question.date):
        if name:
            summable(context, target, name)
    met = matching(context, target, question.where) if question.where else None
    kept = [one for one in where if one is not None]
    by = (*([question.by] if question.by else []), *currency_of(context.store.tables[entity], question.field))
    return Measuring(
        where=sa.and_(*kept) if kept else None, field=question.field, met=met, by=by,
        date=question.date, bounds=tuple(question.bounds), keys=question.keys)
