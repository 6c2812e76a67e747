"""Fills a field from what it was before, or from other fields: in batches, so that others work between two of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import regex
import sqlalchemy as sa

from formloom import feel
from formloom.errors import FormloomError, Text
from formloom.metadata import builtin_types
from formloom.metadata.catalog import Field
from formloom.storage import choices, conversion
from formloom.storage.archive import Archived
from formloom.storage.choices import AS_IT_IS, Conversion, Sourced
from formloom.storage.conversion import Converted, Lookup, is_empty, key_of
from formloom.storage.database import Unit
from formloom.storage.holding import Held
from formloom.storage.plain_text import text_of

BATCH = 2000
_MOST_KNOWN = 50_000
_PATTERN_SECONDS = 0.2
_TEXT = Field(id="", name="", type=builtin_types.TYPES["text"], label={})


class DoesNotConvert(FormloomError):
    """A value has no place in the new type, and nobody said what should become of it. Nothing was applied."""

    code, status = "does-not-convert", 422

    def __init__(self, field: Field, words: str, why: Text) -> None:
        super().__init__(
            Text("{value} of {field} does not convert: {why}", value=words, field=field.label or field.name, why=why),
            Text("Look at the preview and say what should become of such values."))


class Known(dict[str, Converted]):
    """What values became in one fill: equal ones convert alike. By `repr`, which tells 1 from True and takes lists."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fill:
    """`source`: whose values become those of `target`. `back`: archived forms on the way to one that is in force
    again, nearest first; the last of them is what `target` holds already. `others`: of a merge or a split, which fill
    only what is empty.
    """

    source: Held
    target: Held
    chosen: Conversion
    back: tuple[Archived, ...] = ()
    others: tuple[Held, ...] = ()

    def at(self, table: str) -> Fill:
        return replace(self, source=self.source.at(table), target=self.target.at(table),
                       others=tuple(held.at(table) for held in self.others))

    @property
    def read_from(self) -> tuple[Held, ...]:
        if self.others:
            return self.others
        return (self.source, *(held_by(entry).at(self.source.table) for entry in self.back))

    def ids(self, after: int, limit: int) -> sa.Select[Any]:
        """The next records that have anything to convert."""
        table = sa.table(self.source.table, sa.column("id", sa.Integer))
        some = sa.or_(*(held.filled() for held in self.read_from))
        return sa.select(table.c.id).where(table.c.id > after, some).order_by(table.c.id).limit(limit)


def fill(unit: Unit, job: Fill, lookup: Lookup) -> int:
    """All of it; how many values were written. Raises `DoesNotConvert`."""
    written, after, known = 0, 0, Known()
    while (ids := list(unit.connection.scalars(job.ids(after, BATCH)))):
        written += batch(unit, job, lookup, ids, known)
        after = ids[-1]
    return written


def batch(unit: Unit, job: Fill, lookup: Lookup, ids: Sequence[int], known: Known, again: bool = False) -> int:
    """`again`: they were converted before, and written since."""
    found = outcomes(unit, job, lookup, ids, known)
    present = job.target.read(unit, ids) if job.back or job.others or again else {}
    values = {}
    for id, (before, after) in found.items():
        if job.others and id in present and not again:
            continue
        if after.why is not None and job.chosen.otherwise == choices.STOP:
            raise DoesNotConvert(job.target.field, key_of(before, job.source.field, lookup), after.why)
        if after.value != present.get(id):
            values[id] = after.value
    job.target.write(unit, values)
    return len(values)


def outcomes(
    unit: Unit, job: Fill, lookup: Lookup, ids: Sequence[int], known: Known,
) -> dict[int, tuple[Any, Converted]]:
    """By record: what is in force, and what becomes of it."""
    if job.others:
        return _sourced(unit, job, lookup, ids)
    held = [one.read(unit, ids) for one in job.read_from]
    return {id: (held[0].get(id), _once(known, job, lookup, tuple(values.get(id) for values in held))) for id in ids}


def _once(known: Known, job: Fill, lookup: Lookup, values: tuple[Any, ...]) -> Converted:
    key = repr(values)
    found = known.get(key)
    if found is None:
        if len(known) >= _MOST_KNOWN:
            known.clear()
        found = known[key] = _through(job, lookup, values)
    return found


def _through(job: Fill, lookup: Lookup, values: tuple[Any, ...]) -> Converted:
    """An archived original stands if what it was converted to is still there; else the newer value goes back."""
    now, was = Converted(values[0]), job.source.field
    for entry, original in zip(job.back, values[1:], strict=True):
        own = held_by(entry).field
        chosen = job.chosen if entry is job.back[-1] else replace(AS_IT_IS, otherwise=choices.EMPTIED)
        now = (Converted(original) if _unchanged(entry, original, now.value, lookup)
               else conversion.convert(now.value, was, own, chosen, lookup))
        was = own
    return now if job.back else conversion.convert(values[0], was, job.target.field, job.chosen, lookup)


def _unchanged(entry: Archived, original: Any, value: Any, lookup: Lookup) -> bool:
    """What did not find its record then may find one now: an empty reference says nothing."""
    if is_empty(original) or entry.step is None:
        return is_empty(original) and is_empty(value)
    if is_empty(value) and entry.step.to.type.name in conversion.POINTING:
        return True
    after = conversion.convert(original, held_by(entry).field, entry.step.to, entry.step.chosen, lookup).value
    return bool(after == value) or (is_empty(after) and is_empty(value))


def held_by(entry: Archived) -> Held:
    if entry.held is None:
        raise ValueError(f"archive entry {entry.id} holds no field")
    return entry.held


def _sourced(unit: Unit, job: Fill, lookup: Lookup, ids: Sequence[int]) -> dict[int, tuple[Any, Converted]]:
    told = job.chosen.sourced
    if told is None:
        raise ValueError("a fill from other fields needs to be told how")
    held = [one.read(unit, ids) for one in job.others]
    found = {}
    for id in ids:
        row = [values.get(id) for values in held]
        filled = [(value, one.field) for value, one in zip(row, job.others, strict=True) if not is_empty(value)]
        found[id] = (next((value for value, _ in filled), None), _made(job, told, row, filled, lookup))
    return found


def _made(job: Fill, told: Sourced, row: Sequence[Any], filled: Sequence[tuple[Any, Field]],
          lookup: Lookup) -> Converted:
    now = job.target.field
    if told.how == choices.FORMULA:
        scope = {one.field.name: value for one, value in zip(job.others, row, strict=True)}
        value = feel.compile(told.formula, frozenset(scope)).evaluate(scope)
        return conversion.convert(None if value is None else text_of(value, _TEXT), _TEXT, now, job.chosen, lookup)
    if not filled or (told.how == choices.UNMERGED and (len(filled) > 1 or filled[0][1] is not job.others[0].field)):
        return Converted(None)
    if told.how in (choices.FIRST, choices.UNMERGED):
        value, was = filled[0]
        return conversion.convert(value, was, now, job.chosen, lookup)
    words = [key_of(value, was, lookup) for value, was in filled]
    text = told.separator.join(words) if told.how == choices.JOINED else piece(told, words[0])
    return conversion.convert(text, _TEXT, now, job.chosen, lookup)


def piece(told: Sourced, text: str) -> str | None:
    """The part of a text that a split gives to one of its fields."""
    if told.how == choices.PATTERN:
        try:
            found = regex.search(told.separator, text, timeout=_PATTERN_SECONDS)
        except TimeoutError:
            return None
        return found[told.part] if found and told.part <= len(found.groups()) else None
    pieces = text.split(told.separator) if told.separator else [text]
    chosen = pieces[told.part:told.part + 1] if told.part >= 0 else pieces[-told.part:]
    return told.separator.join(chosen).strip() or None
