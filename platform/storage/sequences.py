"""Numbers without gaps: a counter row per field and period, advanced inside the transaction that uses the number."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime

import sqlalchemy as sa

from formloom.storage.database import Unit
from formloom.storage.platform_tables import fl_sequence as sequence

_PART = re.compile(r"\{(YYYY|YY|MM|DD|0+)\}")
_DATES = {"YYYY": "%Y", "YY": "%y", "MM": "%m", "DD": "%d"}


def take(unit: Unit, entity: str, field: str, pattern: str, now: datetime) -> str:
    """The next number of the pattern, `CT-{YYYY}-{0000}`; counting starts anew when the dates in it change."""
    period = "-".join(now.strftime(_DATES[part]) for part in _PART.findall(pattern) if part in _DATES)
    key = {"entity": entity, "field": field, "period": period}
    unit.insert_once(sequence, {**key, "value": 0}, *key)
    mine = sa.and_(*(sequence.c[name] == value for name, value in key.items()))
    value = unit.connection.scalar(
        sa.update(sequence).where(mine).values(value=sequence.c.value + 1).returning(sequence.c.value))
    return _PART.sub(lambda match: _written(match.group(1), int(value or 0), now), pattern)


def _written(part: str, value: int, now: datetime) -> str:
    return now.strftime(_DATES[part]) if part in _DATES else str(value).zfill(len(part))


def continue_after(unit: Unit, entity: str, field: str, pattern: str, numbers: Iterable[str]) -> None:
    """Numbers that were given, not taken: counting goes on after the highest of each period."""
    shape = re.compile("".join(_shape(piece) for piece in re.split(r"(\{[^}]*\})", pattern)))
    highest: dict[str, int] = {}
    for number in numbers:
        if found := shape.fullmatch(number):
            parts = list(zip(_names(pattern), found.groups(), strict=True))
            period = "-".join(text for name, text in parts if name in _DATES)
            value = next(int(text) for name, text in parts if name not in _DATES)
            highest[period] = max(value, highest.get(period, 0))
    for period, value in highest.items():
        key = {"entity": entity, "field": field, "period": period}
        unit.insert_once(sequence, {**key, "value": 0}, *key)
        mine = sa.and_(*(sequence.c[name] == part for name, part in key.items()), sequence.c.value < value)
        unit.connection.execute(sa.update(sequence).where(mine).values(value=value))


def _names(pattern: str) -> list[str]:
    return _PART.findall(pattern)


def _shape(piece: str) -> str:
    """Dates have as many digits as letters, so that the year and the month of `{YY}{MM}` are told apart."""
    part = _PART.fullmatch(piece)
    if part is None:
        return re.escape(piece)
    return rf"(\d{{{len(part[1])}}})" if part[1] in _DATES else rf"(\d{{{len(part[1])},}})"
