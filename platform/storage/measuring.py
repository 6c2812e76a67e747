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
    `date`, from each one to before the next.
    """

    where: sa.ColumnElement[bool] | None = None
    field: str = ""
    met: sa.ColumnElement[bool] | None = None
    by: tuple[str, ...] = ()
    date: str = ""
    bounds: tuple[Any, ...] = ()


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
    by, field = [table.c[name] for name in asked.by], table.c[asked.field] if asked.field else None
    of_field: list[Any] = [sa.null()] * 4 if field is None else [
        sa.func.count(field), sa.func.sum(field), sa.func.min(field), sa.func.max(field)]
    met = sa.literal(0) if asked.met is None else sa.func.sum(sa.case((asked.met, 1), else_=0))
    query = sa.select(part, *by, sa.func.count(), *of_field, met).select_from(table)
    query = query.where(*(one for one in (asked.where, within) if one is not None))
    for first, *rest in unit.connection.execute(query.group_by(*([_PART] if asked.bounds else []), *by)):
        count, known, total, least, most, matched = rest[len(by):]
        if count:       # a sum of no rows is a row all the same
            yield Measured(int(first), tuple(rest[:len(by)]), count, known or 0, total, least, most, int(matched or 0))


def _part(column: sa.ColumnElement[Any], bounds: Sequence[Any]
          ) -> tuple[sa.ColumnElement[int], sa.ColumnElement[bool]]:
    inner = bounds[1:-1]
    cases = [(column < bound, sa.literal(n)) for n, bound in enumerate(inner)]
    part = sa.case(*cases, else_=sa.literal(len(inner))) if cases else sa.literal(0)
    return part, sa.and_(column >= bounds[0], column < bounds[-1])
