"""What the rows of a table add up to, told apart by columns and by the part of time that a date falls into."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa

from formloom.storage.database import Unit

_PART: Final[sa.ColumnElement[int]] = sa.literal_column("1")        # by its place: a name could be that of a column


@dataclass(frozen=True, slots=True, kw_only=True)
class Measuring:
    """Rows for which `where` holds. `met`: a condition that is counted. Parts lie between two `bounds` of the column
    `date`, from each one to before the next. With `keys`, the first column of `by` tells apart its rank among these
    values only: then come rows without a value, then all others.
    """

    where: sa.ColumnElement[bool] | None = None
    field: str = ""
    met: sa.ColumnElement[bool] | None = None
    by: tuple[str, ...] = ()
    date: str = ""
    bounds: tuple[Any, ...] = ()
    keys: tuple[Any, ...] | None = None


@dataclass(frozen=True, slots=True)
class Measured:
    """`known`: in how many of the `count` rows the field has a value; `met`: how many meet the condition."""

    part: int
    by: tuple[Any, ...]
    count: int
    known: int
    sum: Any
    least: Any
    most: Any
    met: int


def measured(unit: Unit, table: sa.Table, asked: Measuring) -> Iterator[Measured]:
    """One for each part and combination of values of `by` that some row has."""
    part, within = _part(table.c[asked.date], asked.bounds) if asked.bounds else (sa.literal(0), None)
    by, field = _told_apart(table, asked), table.c[asked.field] if asked.field else None
    of_field: list[Any] = [sa.null()] * 4 if field is None else [
        sa.func.count(field), sa.func.sum(field), sa.func.min(field), sa.func.max(field)]
    met = sa.literal(0) if asked.met is None else sa.func.sum(sa.case((asked.met, 1), else_=0))
    query = sa.select(part, *by, sa.func.count(), *of_field, met).select_from(table)
    query = query.where(*(one for one in (asked.where, within) if one is not None))
    places: list[sa.ColumnElement[Any]] = [sa.literal_column(str(n + 2)) for n in range(len(by))]
    for first, *rest in unit.connection.execute(query.group_by(*([_PART] if asked.bounds else []), *places)):
        count, known, total, least, most, matched = rest[len(by):]
        if count:       # a sum of no rows is a row all the same
            yield Measured(int(first), tuple(rest[:len(by)]), count, known or 0, total, least, most, int(matched or 0))


def largest(unit: Unit, table: sa.Table, asked: Measuring, measure: str, limit: int) -> list[Any]:
    """The values of the first column of `by` of which the rows tell most, the most first; what says nothing is last."""
    key, field = table.c[asked.by[0]], table.c[asked.field] if asked.field else sa.null()
    _, within = _part(table.c[asked.date], asked.bounds) if asked.bounds else (None, None)
    met = sa.func.sum(sa.case((asked.met, 1.0), else_=0.0)) if asked.met is not None else sa.literal(0)
    told: dict[str, sa.ColumnElement[Any]] = {
        "count": sa.func.count(), "share": met / sa.func.count(), "sum": sa.func.sum(field),
        "average": sa.func.avg(field), "minimum": sa.func.min(field), "maximum": sa.func.max(field)}
    query = sa.select(key).where(key.is_not(None), *(one for one in (asked.where, within) if one is not None))
    ordered = query.group_by(key).order_by(told[measure].desc().nulls_last(), key).limit(limit)
    return list(unit.connection.scalars(ordered))


def _told_apart(table: sa.Table, asked: Measuring) -> list[sa.ColumnElement[Any]]:
    columns: list[sa.ColumnElement[Any]] = [table.c[name] for name in asked.by]
    if asked.keys is None:
        return columns
    key, number = columns[0], len(asked.keys)
    ranks = [(key == value, sa.literal(n)) for n, value in enumerate(asked.keys)]
    return [sa.case(*ranks, (key.is_(None), sa.literal(number)), else_=sa.literal(number + 1)), *columns[1:]]


def _part(column: sa.ColumnElement[Any], bounds: Sequence[Any]
          ) -> tuple[sa.ColumnElement[int], sa.ColumnElement[bool]]:
    inner = bounds[1:-1]
    cases = [(column < bound, sa.literal(n)) for n, bound in enumerate(inner)]
    part = sa.case(*cases, else_=sa.literal(len(inner))) if cases else sa.literal(0)
    return part, sa.and_(column >= bounds[0], column < bounds[-1])
